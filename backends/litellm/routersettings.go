package litellm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"

	"pitwall/fleet"
)

// The router settings that pitwall changes.
const (
	keyFallbacks = "fallbacks"
	keyContext   = "context_window_fallbacks"
	keyAliases   = "model_group_alias"
)

// configPath is the admin UI's own call, which no description names.
const configPath = "/config/update"

// routerSettings are the live router settings, each as the gateway wrote it. They may hold credentials (a fallback can carry
// one), so they are compared and sent back, and never shown or logged.
type routerSettings map[string]json.RawMessage

// routerSettings reads the live router settings as they are.
func (a *api) routerSettings(ctx context.Context) (routerSettings, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/get/config/callbacks", nil)
	if err != nil {
		return nil, err
	}
	var answer settingsAnswer
	if err := reply.JSON(&answer); err != nil {
		return nil, err
	}
	var all routerSettings
	if !isObject(answer.Router) || json.Unmarshal(answer.Router, &all) != nil {
		return nil, a.invalid("read /get/config/callbacks", errors.New("the answer has no router settings"))
	}
	return all, nil
}

// saveSettings stores router settings. LiteLLM's answer may repeat what it stores, so that nothing of it is quoted.
func (a *api) saveSettings(ctx context.Context, set routerSettings) error {
	reply, err := a.client.Do(ctx, http.MethodPost, configPath, map[string]any{"router_settings": set})
	if err == nil || reply == nil {
		return err
	}
	op := "change the router settings"
	if bytes.Contains(reply.Body, []byte("set in the config file and cannot be changed here")) {
		return a.cannot(op, "the config file of LiteLLM holds this setting, and this version takes the file's word: change it "+
			"in the file, or take it out of the file")
	}
	if sentence := modeSentence(reply); sentence != "" {
		return a.cannot(op, sentence)
	}
	return err
}

// wholeSince is the version from which a save keeps what is not sent. Older ones put what is sent in the place of all.
var wholeSince = number3{1, 96, 0}

// keepsOthers tells whether a save leaves settings alone that are not sent.
func keepsOthers(version string) bool {
	v, ok := parseVersion(version)
	return ok && !v.less(wholeSince)
}

// sendable are the settings that a save takes over in every version (UpdateRouterConfig of 1.81).
var sendable = []string{
	"routing_strategy_args", "routing_strategy", "model_group_retry_policy", "allowed_fails", "cooldown_time", "num_retries",
	"timeout", "max_retries", "retry_after", keyFallbacks, keyContext, keyAliases,
}

// wholeNumbers are those that LiteLLM cuts to whole numbers as it takes them over (update_settings).
var wholeNumbers = []string{"timeout", "num_retries", "retry_after", "allowed_fails", "cooldown_time"}

// toSend is what a save of one changed setting must hold. Aliases go along always: LiteLLM takes a save without them for one
// with none. Versions that replace everything get everything; where that cannot be told in full the error says why.
func (s routerSettings) toSend(changed, version string) (routerSettings, error) {
	if _, ok := s[keyAliases]; !ok {
		return nil, errors.New("LiteLLM does not tell its aliases, and a save without them takes them all away")
	}
	set := routerSettings{changed: s[changed], keyAliases: s[keyAliases]}
	if isNull(set[keyAliases]) {
		set[keyAliases] = json.RawMessage("{}")
	}
	if keepsOthers(version) {
		return set, nil
	}
	if _, ok := s["routing_strategy"]; !ok {
		return nil, errors.New("LiteLLM does not tell all of its router settings, and it keeps only those that are sent")
	}
	for key, value := range s {
		switch known := slices.Contains(sendable, key); {
		case isNothing(value): // an empty list would wipe what the config file has
		case known:
			set[key] = value
		case key == "retry_policy": // these versions neither take it nor change it
		default:
			return nil, fmt.Errorf("the setting %s is not known to pitwall, and a save would lose it", fleet.Label(key))
		}
	}
	if err := set.repair(); err != nil {
		return nil, err
	}
	return set, nil
}

// repair brings into the form that a save takes what LiteLLM tells in another.
func (s routerSettings) repair() error {
	var text string
	if args := s["routing_strategy_args"]; json.Unmarshal(args, &text) == nil && len(args) > 0 {
		if !isObject(json.RawMessage(text)) || !json.Valid([]byte(text)) {
			return errors.New("the arguments of the routing strategy cannot be read")
		}
		s["routing_strategy_args"] = json.RawMessage(text)
	}
	for _, key := range wholeNumbers {
		if v, err := strconv.ParseFloat(string(s[key]), 64); err == nil && v != math.Trunc(v) {
			return fmt.Errorf("LiteLLM would cut %s %v to a whole number", key, v)
		}
	}
	return nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// isNothing is what a save leaves out: nothing, or an empty list or object.
func isNothing(raw json.RawMessage) bool {
	var list []json.RawMessage
	var object map[string]json.RawMessage
	return isNull(raw) || json.Unmarshal(raw, &list) == nil && len(list) == 0 ||
		json.Unmarshal(raw, &object) == nil && len(object) == 0
}

// differs names the settings in which two sets differ, those that are only noise in form left out.
func (s routerSettings) differs(other routerSettings) []string {
	var names []string
	for key := range maps.Keys(s) {
		if !sameJSON(s[key], other[key]) {
			names = append(names, key)
		}
	}
	for key := range other {
		if _, ok := s[key]; !ok && !isNothing(other[key]) {
			names = append(names, key)
		}
	}
	slices.Sort(names)
	return names
}

func sameJSON(a, b json.RawMessage) bool {
	if isNothing(a) || isNothing(b) {
		return isNothing(a) == isNothing(b)
	}
	return canonical(a) == canonical(b)
}

// canonical is a JSON value with its keys in order and its numbers as numbers.
func canonical(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(out)
}

// with is a copy with another value of one setting.
func (s routerSettings) with(key string, value any) (routerSettings, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(s)
	out[key] = raw
	return out, nil
}
