package litellm

import (
	"encoding/json"
	"errors"

	"pitwall/fleet"
)

// settings are the live values of the running router (GET /get/config/callbacks). GET /router/settings is
// not used: it re-reads the file and shows values that are not in force.
type settings struct {
	strategy              string
	strategies            map[string]string // per model group, where the version has routing groups (1.96 and later)
	fallbacks             map[fleet.RouteID][]fleet.Fallback
	aliases               map[fleet.RouteID]fleet.RouteID // public name to route
	retries, allowedFails number
	timeout, cooldown     number // seconds
}

type settingsAnswer struct {
	Router *struct {
		Strategy     string                       `json:"routing_strategy"`
		Fallbacks    []map[string]json.RawMessage `json:"fallbacks"`
		Context      []map[string]json.RawMessage `json:"context_window_fallbacks"`
		Policy       []map[string]json.RawMessage `json:"content_policy_fallbacks"` // not told by 1.81 to 1.109
		Retries      number                       `json:"num_retries"`
		AllowedFails number                       `json:"allowed_fails"`
		Timeout      number                       `json:"timeout"`
		Cooldown     number                       `json:"cooldown_time"`
		Aliases      map[string]json.RawMessage   `json:"model_group_alias"`
		Groups       []struct {
			Models   []string `json:"models"`
			Strategy string   `json:"routing_strategy"`
		} `json:"routing_groups"`
	} `json:"router_settings"`
}

func (answer settingsAnswer) settings() (settings, error) {
	if answer.Router == nil {
		return settings{}, errors.New("the answer has no router settings")
	}
	s := settings{
		strategy: answer.Router.Strategy, strategies: map[string]string{},
		fallbacks: map[fleet.RouteID][]fleet.Fallback{}, aliases: map[fleet.RouteID]fleet.RouteID{},
		retries: answer.Router.Retries, allowedFails: answer.Router.AllowedFails,
		timeout: answer.Router.Timeout, cooldown: answer.Router.Cooldown,
	}
	for _, g := range answer.Router.Groups {
		for _, m := range g.Models {
			s.strategies[m] = g.Strategy
		}
	}
	s.addFallbacks(fleet.FallbackFailure, answer.Router.Fallbacks)
	s.addFallbacks(fleet.FallbackContext, answer.Router.Context)
	s.addFallbacks(fleet.FallbackPolicy, answer.Router.Policy)
	for alias, raw := range answer.Router.Aliases {
		if to := modelName(raw); to != "" {
			s.aliases[fleet.RouteID(alias)] = fleet.RouteID(to)
		}
	}
	return s, nil
}

// addFallbacks reads [{"chat": ["backup"]}]: a list of objects of one key.
func (s *settings) addFallbacks(kind fleet.FallbackKind, list []map[string]json.RawMessage) {
	to := map[fleet.RouteID][]fleet.RouteID{}
	for _, entry := range list {
		for from, raw := range entry {
			to[fleet.RouteID(from)] = append(to[fleet.RouteID(from)], fallbackNames(raw)...)
		}
	}
	for from, names := range to {
		s.fallbacks[from] = append(s.fallbacks[from], fleet.Fallback{Kind: kind, To: names})
	}
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
