package litellm

import (
	"encoding/json"
	"errors"

	"pitwall/fleet"
)

// settings are the live values of the running router (GET /get/config/callbacks). GET /router/settings is
// not used: it re-reads the file and shows values that are not in force.
type settings struct {
	read                  bool // false where the key is refused them
	strategy              string
	strategies            map[string]string // per model group, where the version has routing groups (1.96 and later)
	fallbacks             map[fleet.RouteID][]fleet.Fallback
	aliases               map[fleet.RouteID]fleet.RouteID // public name to route
	byDefault             []fleet.RouteID                 // of any route that has no fallbacks of its own
	preCall               fleet.Maybe[bool]               // whether requests are checked before a member is picked
	retries, allowedFails number
	timeout, cooldown     number // seconds
}

// anyRoute is the name under which LiteLLM keeps default_fallbacks among the others (1.81 to 1.106, Router.__init__).
const anyRoute = "*"

// settingsAnswer is GET /get/config/callbacks. What else the answer holds, variables of callbacks with their secrets, is
// left where it is.
type settingsAnswer struct {
	Router json.RawMessage `json:"router_settings"`
}

// liveSettings are the router settings that are read.
type liveSettings struct {
	Strategy     string                     `json:"routing_strategy"`
	Fallbacks    []json.RawMessage          `json:"fallbacks"`
	Context      []json.RawMessage          `json:"context_window_fallbacks"`
	Policy       []json.RawMessage          `json:"content_policy_fallbacks"` // not told by 1.81 to 1.109
	PreCall      *bool                      `json:"enable_pre_call_checks"`   // likewise
	Retries      number                     `json:"num_retries"`
	AllowedFails number                     `json:"allowed_fails"`
	Timeout      number                     `json:"timeout"`
	Cooldown     number                     `json:"cooldown_time"`
	Aliases      map[string]json.RawMessage `json:"model_group_alias"`
	Groups       []struct {
		Models   []string `json:"models"`
		Strategy string   `json:"routing_strategy"`
	} `json:"routing_groups"`
}

func (answer settingsAnswer) settings() (settings, error) {
	if !isObject(answer.Router) {
		return settings{}, errors.New("the answer has no router settings")
	}
	var live liveSettings
	if err := json.Unmarshal(answer.Router, &live); err != nil {
		return settings{}, err
	}
	s := settings{
		strategy: live.Strategy, strategies: map[string]string{},
		fallbacks: map[fleet.RouteID][]fleet.Fallback{}, aliases: map[fleet.RouteID]fleet.RouteID{},
		retries: live.Retries, allowedFails: live.AllowedFails, timeout: live.Timeout, cooldown: live.Cooldown,
	}
	if live.PreCall != nil {
		s.preCall = fleet.Some(*live.PreCall)
	}
	for _, g := range live.Groups {
		for _, m := range g.Models {
			s.strategies[m] = g.Strategy
		}
	}
	s.addFallbacks(fleet.FallbackFailure, live.Fallbacks)
	s.addFallbacks(fleet.FallbackContext, live.Context)
	s.addFallbacks(fleet.FallbackPolicy, live.Policy)
	for alias, raw := range live.Aliases {
		if to := modelName(raw); to != "" {
			s.aliases[fleet.RouteID(alias)] = fleet.RouteID(to)
		}
	}
	return s, nil
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// addFallbacks reads [{"chat": ["backup"]}]: a list of objects of one key. LiteLLM takes the first that names a route; what
// stands for any route is kept apart, since each kind may have its own.
func (s *settings) addFallbacks(kind fleet.FallbackKind, list []json.RawMessage) {
	for _, entry := range list {
		from, to := fallbackRule(entry)
		switch {
		case len(to) == 0 || from == "":
		case from != anyRoute:
			s.addFallback(fleet.RouteID(from), fleet.Fallback{Kind: kind, To: to})
		case kind == fleet.FallbackFailure && s.byDefault == nil:
			s.byDefault = to
		}
	}
}

// addFallback keeps the first of each kind.
func (s *settings) addFallback(route fleet.RouteID, f fleet.Fallback) {
	for _, known := range s.fallbacks[route] {
		if known.Kind == f.Kind {
			return
		}
	}
	s.fallbacks[route] = append(s.fallbacks[route], f)
}

// fallbackRule reads one entry of a list of fallbacks: {"chat": ["backup"]}, or a bare name, which stands for any route.
func fallbackRule(entry json.RawMessage) (from string, to []fleet.RouteID) {
	var rule map[string]json.RawMessage
	if json.Unmarshal(entry, &rule) != nil {
		return anyRoute, fallbackNames(entry)
	}
	if len(rule) != 1 { // LiteLLM would take the first key, which a map does not tell
		return "", nil
	}
	for from, raw := range rule {
		return from, fallbackNames(raw)
	}
	return "", nil
}

// strategyOf is the strategy that picks between the members of a route.
func (s settings) strategyOf(route fleet.RouteID) string {
	if own := s.strategies[string(route)]; own != "" {
		return own
	}
	return s.strategy
}

// fallbackNames reads ["a", {"model": "b"}] or "a".
func fallbackNames(raw json.RawMessage) []fleet.RouteID {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var names []fleet.RouteID
	for _, item := range list {
		if name := modelName(item); name != "" {
			names = append(names, fleet.RouteID(name))
		}
	}
	return names
}

// modelName reads "b" or {"model": "b", …}; anything else has no name.
func modelName(raw json.RawMessage) string {
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return name
	}
	var object struct {
		Model string `json:"model"`
	}
	if json.Unmarshal(raw, &object) == nil {
		return object.Model
	}
	return ""
}
