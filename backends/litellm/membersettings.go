package litellm

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"pitwall/fleet"
)

// What is kept of a member, so that another can be made like it and that it can be made again. LiteLLM leaves keys out of
// what it tells, or masks them, but a credential can stand in any field: only those are kept that hold none by their nature.

const (
	keyModel      = "model"
	keyBase       = "api_base"
	keyWeight     = "weight"
	keyCredential = "litellm_credential_name" //nolint:gosec // the name of a field
	keyAPIKey     = "api_key"
)

// keptParams are fields of litellm_params that are numbers, switches or plain names.
func keptParams() []string {
	return []string{
		keyModel, keyBase, keyWeight, keyCredential, "order", "rpm", "tpm", "itpm", "otpm", "max_parallel_requests", "timeout",
		"stream_timeout", "max_retries", "cooldown_time", "tags", "custom_llm_provider", "api_version", "region_name",
		"aws_region_name", "vertex_project", "vertex_location", "max_budget", "budget_duration", "temperature", "top_p", "max_tokens",
		"seed", "drop_params", "input_cost_per_token", "output_cost_per_token", "input_cost_per_second", "output_cost_per_second",
		"cache_read_input_token_cost", "cache_creation_input_token_cost", "use_in_pass_through", "use_litellm_proxy",
		"merge_reasoning_content_in_choices", "max_file_size_mb",
	}
}

// memberInfo are fields of model_info that an operator sets, and that hold no credential. Prices and limits are left out
// where they may come from the price map, which is nearly always.
type memberInfo struct {
	BaseModel    word            `json:"base_model"`
	Tier         word            `json:"tier"`
	Mode         word            `json:"mode"`
	AccessGroups json.RawMessage `json:"access_groups"`
	Team         word            `json:"team_id"`
}

// memberRow is MemberSettings.Text.
type memberRow struct {
	Params map[string]json.RawMessage `json:"params"`
	Info   map[string]json.RawMessage `json:"info,omitempty"`
}

const (
	mostSetting  = 256 // of one value
	mostSettings = 4 << 10
)

// settingsOf is how a member is made again, or why it cannot be.
func settingsOf(d *deployment, raw json.RawMessage, info memberInfo) *fleet.MemberSettings {
	if why := notRemade(d, info); !why.IsEmpty() {
		return &fleet.MemberSettings{Why: why}
	}
	s := &fleet.MemberSettings{Model: fleet.ModelName(d.model), APIBase: d.apiBase}
	name := fleet.Label(string(d.id))
	refuse := func(parts ...fleet.Safe) *fleet.MemberSettings {
		return &fleet.MemberSettings{Why: fleet.Concat(parts...)}
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return refuse(name, fleet.Text(" has settings of a shape that is not known"))
	}
	row := memberRow{Params: map[string]json.RawMessage{}}
	for key, value := range all {
		switch {
		case emptyValue(value) || key == keyModel || key == keyBase || key == keyWeight || key == keyCredential:
		case !slices.Contains(keptParams(), key), !plainValue(value):
			return refuse(name, fleet.Text(" has the setting "), fleet.Label(key),
				fleet.Text(", which is not kept, since a secret can stand in it"))
		default:
			row.Params[key] = value
		}
	}
	s.Credential = modelName(all[keyCredential])
	if strings.Contains(s.Credential, "*") || credential.MatchString(s.Credential) {
		s.Credential = "" // masked, or no name
	}
	row.Info = info.kept()
	text, err := json.Marshal(row)
	if err != nil || len(text) > mostSettings {
		return refuse(name, fleet.Text(" has more settings than are kept"))
	}
	s.Text = string(text)
	return s
}

// notRemade is why a member cannot be made again whatever its fields are.
func notRemade(d *deployment, info memberInfo) fleet.Safe {
	name := fleet.Label(string(d.id))
	switch {
	case !d.fromDB:
		return fleet.Concat(name, fleet.Text(" comes from the config file, which LiteLLM's API does not change"))
	case info.Team != "":
		return fleet.Concat(name, fleet.Text(" belongs to a team of LiteLLM, whose bonds are not remade here"))
	case isSealed(d.model) || isSealed(d.apiBase):
		return fleet.Concat(name, fleet.Text(" holds values that LiteLLM could not decrypt"))
	case !plainBase(d.apiBase):
		return fleet.Concat(name, fleet.Text(" has an address with a user, a query or a part that may be a secret, which is not kept"))
	}
	return fleet.Safe{}
}

func (i memberInfo) kept() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for key, value := range map[string]word{"base_model": i.BaseModel, "tier": i.Tier, "mode": i.Mode} {
		if raw, err := json.Marshal(string(value)); err == nil && value != "" && plainValue(raw) {
			out[key] = raw
		}
	}
	if !emptyValue(i.AccessGroups) && plainValue(i.AccessGroups) {
		out["access_groups"] = i.AccessGroups
	}
	return out
}

// emptyValue is what a field that nobody set is told as.
func emptyValue(raw json.RawMessage) bool {
	text := string(bytes.TrimSpace(raw))
	return text == "" || text == "null" || text == "false" || text == "{}" || text == "[]" || text == `""`
}

// plainValue is a number, a switch, a text that is no mask and looks like no credential, or a list of such texts.
func plainValue(raw json.RawMessage) bool {
	if len(raw) > mostSetting {
		return false
	}
	var text string
	var list []string
	var number float64
	var on bool
	switch {
	case json.Unmarshal(raw, &number) == nil, json.Unmarshal(raw, &on) == nil:
		return true
	case json.Unmarshal(raw, &text) == nil:
		list = []string{text}
	case json.Unmarshal(raw, &list) != nil:
		return false
	}
	return !slices.ContainsFunc(list, func(s string) bool {
		return strings.Contains(s, "**") || credential.MatchString(s) || isSealed(s)
	})
}

// plainBase is an address in which no secret stands.
func plainBase(base string) bool {
	u, err := url.Parse(base)
	return err == nil && u.User == nil && u.RawQuery == "" && u.Fragment == "" && !credential.MatchString(u.Path)
}
