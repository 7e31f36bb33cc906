package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"pitwall/fleet"
)

// standings asks every replica at the same time where it stands. The answers are in configured order.
func (g *gateway) standings(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) []edited {
	out := make([]edited, len(g.replicas))
	var wg sync.WaitGroup
	for i, rep := range g.replicas {
		wg.Go(func() { out[i] = g.standing(ctx, rep, r, e) })
	}
	wg.Wait()
	return out
}

func (g *gateway) standing(ctx context.Context, rep replica, r fleet.RouteSpec, e fleet.RouteEdit) edited {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	s := edited{rep: rep}
	if e.Kind == fleet.EditBlock {
		return g.blockStanding(ctx, s, r, e)
	}
	if e.Kind == fleet.EditAdd || e.Kind == fleet.EditRemove {
		return g.memberStanding(ctx, s, r, e)
	}
	if s.live, s.err = rep.api.routerSettings(ctx); s.err != nil {
		s.err = closedSettings(s.err)
		return s
	}
	var now []fleet.RouteID
	switch {
	case e.Kind == fleet.EditAlias:
		now, s.err = s.live.alias(e.Alias)
	case e.Fallback == fleet.FallbackPolicy:
		now, s.err = rep.api.policyFallbacks(ctx, r.ID)
	default:
		now, s.err = s.live.fallbacks(e.Fallback, r.ID)
	}
	if s.err != nil {
		return s
	}
	s.stand(e, chain(now))
	return s
}

func (s *edited) stand(e fleet.RouteEdit, now string) {
	before, after := wording(e)
	switch s.now = now; now {
	case after:
		s.at = fleet.StandsAfter
	case before:
		s.at = fleet.StandsBefore
	default:
		s.at = fleet.StandsForeign
	}
}

// closedSettings explains the refusal of a key that is no proxy admin's.
func closedSettings(err error) error {
	if kind := fleet.KindOf(err); kind != fleet.KindAuth && kind != fleet.KindNotFound {
		return err
	}
	return &fleet.Error{Kind: fleet.KindOf(err), Op: "read the router settings", Err: err,
		Next: "they cannot be read with this key, and are not changed unread; give the gateway a proxy admin's key for writing"}
}

// settingOf is the router setting that keeps a kind of fallbacks.
func settingOf(kind fleet.FallbackKind) string {
	if kind == fleet.FallbackContext {
		return keyContext
	}
	return keyFallbacks
}

// fallbacks are those of one route, of its own.
func (s routerSettings) fallbacks(kind fleet.FallbackKind, route fleet.RouteID) ([]fleet.RouteID, error) {
	rules, err := s.rules(settingOf(kind))
	if err != nil {
		return nil, err
	}
	for _, rule := range rules {
		if from, to := fallbackRule(rule); from == string(route) {
			return to, nil
		}
	}
	return nil, nil
}

// rules are the entries of a list of fallbacks.
func (s routerSettings) rules(key string) ([]json.RawMessage, error) {
	raw, ok := s[key]
	if !ok {
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "read the router settings",
			Next: fmt.Sprintf("LiteLLM does not tell its %s, and they are not changed unread", key)}
	}
	var rules []json.RawMessage
	if err := json.Unmarshal(raw, &rules); err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the router settings",
			Next: fmt.Sprintf("its %s are no list, and are not changed unread", key)}
	}
	return rules, nil
}

// alias is where a public name leads, none where it is no alias.
func (s routerSettings) alias(name fleet.RouteID) ([]fleet.RouteID, error) {
	all, err := s.aliases()
	if err != nil {
		return nil, err
	}
	if to := modelName(all[string(name)]); to != "" {
		return []fleet.RouteID{fleet.RouteID(to)}, nil
	}
	return nil, nil
}

func (s routerSettings) aliases() (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	raw, ok := s[keyAliases]
	if !ok {
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "read the router settings",
			Next: "LiteLLM does not tell its aliases, and they are not changed unread"}
	}
	if isNull(raw) {
		return all, nil
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the router settings",
			Next: "its aliases are no object, and are not changed unread"}
	}
	return all, nil
}
