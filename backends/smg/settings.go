package smg

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// What every worker has that was given nothing else (crates/protocols/src/worker.rs).
const (
	defaultPriority = 50
	defaultCost     = 1
	defaultTries    = 20
)

// plans are what the configuration says of putting workers back.
type plans struct {
	key      fleet.SecretRef
	keyKnown bool                      // it says which key is sent, if any
	settings map[string]map[string]any // by address; "*" for all others
}

// allOthers is the address that stands for all that are not named.
const allOthers = "*"

// plansOf reads the options.
func plansOf(options map[string]string) (plans, error) {
	var p plans
	kind, name, _ := strings.Cut(strings.TrimSpace(options[OptionKey]), ":")
	switch {
	case kind == "none" && name == "":
		p.keyKnown = true
	case kind == "env" && name != "":
		p.key, p.keyKnown = fleet.SecretRef{Env: name}, true
	case kind == "file" && name != "":
		p.key, p.keyKnown = fleet.SecretRef{File: name}, true
	case kind != "":
		return p, refusedOption(OptionKey, "it is neither none, nor env:NAME, nor file:PATH; a key itself does not belong in the configuration")
	}
	text := strings.TrimSpace(options[OptionSettings])
	if text == "" {
		return p, nil
	}
	doc, err := jsonptr.Decode(fleet.JSON(text))
	all, object := doc.(map[string]any)
	if err != nil || !object {
		return p, refusedOption(OptionSettings, "it is not one JSON object")
	}
	p.settings = map[string]map[string]any{}
	for address, value := range all {
		one, object := value.(map[string]any)
		if !object {
			return p, refusedOption(OptionSettings, "what it has for "+fleet.Quote(address).String()+" is no JSON object")
		}
		for _, name := range []string{"url", "api_key"} {
			if _, named := one[name]; named {
				return p, refusedOption(OptionSettings, name+" does not belong there; the key has the option "+OptionKey)
			}
		}
		p.settings[address] = one
	}
	return p, nil
}

func refusedOption(name, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "use the option " + name, Err: errors.New(why)}
}

// of are the settings that are sent for a worker.
func (p plans) of(id fleet.DeploymentID) map[string]any {
	if own, named := p.settings[string(id)]; named {
		return own
	}
	return p.settings[allOthers]
}

// body is what is sent to put a worker back.
func (p plans) body(ctx context.Context, id fleet.DeploymentID, secret func(context.Context, fleet.SecretRef) (fleet.Secret, error)) (
	body map[string]any, key fleet.Secret, err error,
) {
	body = map[string]any{}
	maps.Copy(body, p.of(id))
	body["url"] = string(id)
	if p.key.IsZero() {
		return body, key, nil
	}
	if key, err = secret(ctx, p.key); err != nil {
		return nil, key, err
	}
	body["api_key"] = key.Reveal()
	return body, key, nil
}

// What a router finds out by itself when it takes a worker, and what it says of its state.
var (
	found = []string{
		"id", "url", "model_id", "models", "connection_mode", "runtime_type", "is_healthy", "status", "load", "job_status", "http2",
	}
	foundLabel = []string{
		"served_model_name", "model_path", "max_model_len", "version", "tp_size", "pp_size", "cp_size", "dp_size", "load_balance_method",
		"disaggregation_mode", "is_embedding", "context_length", "max_total_tokens", "max_running_requests", "weight_version", "tokenizer_path",
		"is_generation", "has_image_understanding", "has_audio_understanding", "model_type", "architectures", "id2label_json", "num_labels",
		"priority", "cost", // sglang-router repeats the settings among its labels
	}
	usual = map[string]float64{"priority": defaultPriority, "cost": defaultCost, "max_connection_attempts": defaultTries}
)

// lost names what the router keeps of a worker that the configuration would not send when it is put back.
func (p plans) lost(w *worker) []string {
	held, _ := w.doc.(map[string]any)
	sent := p.of(w.id)
	var names []string
	for name, value := range held {
		want, named := sent[name]
		switch {
		case name == "models" && !named:
			names = append(names, lostOfModels(value)...)
		case name == "labels" || name == "metadata":
			given, _ := sent["labels"].(map[string]any)
			names = append(names, lostLabels(value, given)...)
		case named && !slices.Contains(found, name):
			if !same(value, want) {
				names = append(names, name)
			}
		case !named && !selfMade(name, value):
			names = append(names, name)
		}
	}
	for i, name := range names {
		names[i] = fleet.Label(name).String()
	}
	slices.Sort(names)
	return names
}

// selfMade tells whether a worker that was given nothing has this setting too.
func selfMade(name string, value any) bool {
	switch {
	case name == "runtime_type":
		return value != external
	case name == "worker_type":
		return value == roleRegular
	case slices.Contains(found, name):
		return true
	}
	return empty(value) || isUsual(name, value)
}

// external is the runtime of a worker that is an API of somebody else, which a router does not find out.
const external = "external"

// givenOfModel is what a router does not find out about a model by itself (crates/protocols/src/model_card.rs).
var givenOfModel = []string{"aliases", "display_name", "provider", "chat_template", "reasoning_parser", "tool_parser", "metadata"}

func lostOfModels(value any) []string {
	cards, _ := value.([]any)
	var names []string
	for _, card := range cards {
		fields, _ := card.(map[string]any)
		for _, name := range givenOfModel {
			if text := name + " of models"; !empty(fields[name]) && !slices.Contains(names, text) {
				names = append(names, text)
			}
		}
	}
	return names
}

func lostLabels(value any, sent map[string]any) []string {
	labels, _ := value.(map[string]any)
	var names []string
	for name, v := range labels {
		want, named := sent[name]
		if named && !same(v, want) || !named && !slices.Contains(foundLabel, name) {
			names = append(names, "label "+name)
		}
	}
	return names
}

func isUsual(name string, value any) bool {
	v, number := value.(json.Number)
	want, known := usual[name]
	if !number || !known {
		return false
	}
	f, err := v.Float64()
	return err == nil && f == want
}

// empty tells that a setting is nothing: what routers say of one that was not given.
func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !empty(inner) {
				return false
			}
		}
		return true
	}
	return false
}

// same compares two values; numbers by what they are, not by how they are written.
func same(a, b any) bool {
	x, isX := a.(json.Number)
	y, isY := b.(json.Number)
	if isX && isY {
		f, err1 := x.Float64()
		g, err2 := y.Float64()
		return err1 == nil && err2 == nil && f == g
	}
	left, isLeft := a.(map[string]any)
	right, isRight := b.(map[string]any)
	if isLeft && isRight {
		return maps.EqualFunc(left, right, same)
	}
	return reflect.DeepEqual(a, b)
}
