package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pitwall/fleet"
)

// fallbackType is LiteLLM's word for a kind of fallbacks.
func fallbackType(kind fleet.FallbackKind) string {
	switch kind {
	case fleet.FallbackContext:
		return "context_window"
	case fleet.FallbackPolicy:
		return "content_policy"
	case fleet.FallbackFailure, fleet.FallbackDefault:
	}
	return "general"
}

func fallbackAddress(route fleet.RouteID, kind fleet.FallbackKind) string {
	return "/fallback/" + url.PathEscape(string(route)) + "?fallback_type=" + fallbackType(kind)
}

// policyFallbacks asks for the one kind that the router settings do not tell. A 404 with a sentence means that there are
// none, any other one that the version lacks the call.
func (a *api) policyFallbacks(ctx context.Context, route fleet.RouteID) ([]fleet.RouteID, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, fallbackAddress(route, fleet.FallbackPolicy), nil)
	if err != nil {
		if reply != nil && reply.Status == http.StatusNotFound && strings.Contains(string(reply.Body), "fallbacks configured") {
			return nil, nil
		}
		if reply != nil && reply.Status == http.StatusNotFound {
			return nil, a.cannot("read the content policy fallbacks of "+string(route), noPolicyCall)
		}
		return nil, err
	}
	var answer struct {
		To []json.RawMessage `json:"fallback_models"`
	}
	if err := reply.JSON(&answer); err != nil {
		return nil, err
	}
	var to []fleet.RouteID
	for _, raw := range answer.To {
		to = append(to, fallbackNames(raw)...)
	}
	return to, nil
}

const noPolicyCall = "this version of LiteLLM has no call for content policy fallbacks; set them in its config file"

// setFallback stores the fallbacks of one route and leaves all others.
func (a *api) setFallback(ctx context.Context, route fleet.RouteID, kind fleet.FallbackKind, to []fleet.RouteID) error {
	reply, err := a.client.Do(ctx, http.MethodPost, "/fallback", map[string]any{
		"model": route, "fallback_models": to, "fallback_type": fallbackType(kind),
	})
	if err != nil {
		return a.refusal("set fallbacks", reply, err)
	}
	return nil
}

// dropFallback takes them away. none tells that LiteLLM knows of none, which it also says of some that it has (#38425).
func (a *api) dropFallback(ctx context.Context, route fleet.RouteID, kind fleet.FallbackKind) (none bool, err error) {
	reply, err := a.client.Do(ctx, http.MethodDelete, fallbackAddress(route, kind), nil)
	switch {
	case err == nil:
		return false, nil
	case reply != nil && reply.Status == http.StatusNotFound && strings.Contains(string(reply.Body), "fallbacks configured"):
		return true, nil
	}
	return false, a.refusal("take fallbacks away", reply, err)
}

// allowedFallbacks refuses before anything is asked of LiteLLM.
func allowedFallbacks(r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	op := editOp(r, e)
	refuse := func(format string, args ...any) error {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Next: fmt.Sprintf(format, args...) + "; nothing was written"}
	}
	hasCall := p.can.fallback
	switch e.Fallback {
	case fleet.FallbackDefault:
		return unsupported(op, "default fallbacks hold for every route of the gateway; give this route failure fallbacks of its own")
	case fleet.FallbackPolicy:
		if hasCall.OK && !hasCall.V {
			return unsupported(op, noPolicyCall)
		}
	case fleet.FallbackFailure, fleet.FallbackContext:
	default:
		return unsupported(op, "LiteLLM has failure, context window and content policy fallbacks")
	}
	if !p.names[r.ID] {
		return refuse("%s has no member on the gateway", r.ID)
	}
	for i, to := range e.After {
		switch {
		case to == r.ID:
			return refuse("%s would fall back to itself", r.ID)
		case !p.names[to]:
			return refuse("the gateway serves no %s", fleet.Label(string(to)))
		case slices.Contains(e.After[:i], to):
			return refuse("%s is named twice", fleet.Label(string(to)))
		}
	}
	for _, s := range p.stands {
		if s.err == nil && e.Fallback != fleet.FallbackPolicy && s.live.carriesMore(settingOf(e.Fallback), r.ID) {
			return unsupported(op, "its fallbacks have parameters of their own, which the edit would lose; change them in LiteLLM")
		}
	}
	return nil
}

// carriesMore tells whether a fallback of a route is more than a name.
func (s routerSettings) carriesMore(key string, route fleet.RouteID) bool {
	rules, err := s.rules(key)
	if err != nil {
		return false
	}
	for _, raw := range rules {
		var rule map[string][]json.RawMessage
		if json.Unmarshal(raw, &rule) != nil {
			continue
		}
		for _, to := range rule[string(route)] {
			if isObject(to) {
				return true
			}
		}
	}
	return false
}

// editFallbacks sends them to one replica, whose database the others poll. Content policy fallbacks go to every replica:
// they are stored as well, and no replica takes them over from there before it starts again (update_settings of 1.81 to
// 1.106 drops them).
func (w *dbWriter) editFallbacks(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	if e.Fallback == fleet.FallbackPolicy {
		return w.everywhere(ctx, r, e, p)
	}
	if can := p.can.fallback; !can.Or(true) {
		return w.saveFallbacks(ctx, r, e, p)
	}
	rep, none, err := w.firstTaker(ctx, p, func(ctx context.Context, a *api) (bool, error) {
		if len(e.After) > 0 {
			return false, a.setFallback(ctx, r.ID, e.Fallback, e.After)
		}
		return a.dropFallback(ctx, r.ID, e.Fallback)
	})
	if missingCall(err) {
		return w.saveFallbacks(ctx, r, e, p)
	}
	if err != nil {
		return failedEdit(r, e, err)
	}
	now := w.standing(ctx, rep, r, e)
	if none && now.err == nil && now.at != fleet.StandsAfter {
		return w.saveFallbacks(ctx, r, e, p)
	}
	return mustStand(r, e, now)
}

// missingCall tells of a 404 that is about the path.
func missingCall(err error) bool { return fleet.KindOf(err) == fleet.KindNotFound }

// everywhere writes to each replica that answers, and says which did not take it.
func (w *dbWriter) everywhere(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	var left []string
	var first error
	for _, s := range p.stands {
		err := s.err
		if err == nil && s.at != fleet.StandsAfter {
			err = w.policyOn(ctx, r, e, s.rep)
		}
		if err != nil {
			left = append(left, string(s.rep.spec.ID))
			first = cmpOr(first, err)
		}
	}
	if first == nil {
		return nil
	}
	return &fleet.Error{Kind: fleet.KindOf(first), Op: editOp(r, e), Err: first, Retry: fleet.RetryAfter(first),
		Next: fmt.Sprintf("not taken by %s; LiteLLM keeps these fallbacks in each replica, and the others hold what was wanted",
			strings.Join(left, ", "))}
}

func (w *dbWriter) policyOn(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, rep replica) error {
	err := func() error {
		ctx, cancel := context.WithTimeout(ctx, writeTimeout)
		defer cancel()
		if len(e.After) > 0 {
			return rep.api.setFallback(ctx, r.ID, e.Fallback, e.After)
		}
		// The stored list is the same for all: where the first replica has taken the entry away, LiteLLM finds none to take away
		// and leaves this replica as it is. What is set first can be taken away.
		none, err := rep.api.dropFallback(ctx, r.ID, e.Fallback)
		if err != nil || !none {
			return err
		}
		if err := rep.api.setFallback(ctx, r.ID, e.Fallback, e.Before); err != nil {
			return err
		}
		_, err = rep.api.dropFallback(ctx, r.ID, e.Fallback)
		return err
	}()
	if err != nil {
		return err
	}
	return mustStand(r, e, w.standing(ctx, rep, r, e))
}

// saveFallbacks changes one entry in the complete list and sends that.
func (w *dbWriter) saveFallbacks(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	key := settingOf(e.Fallback)
	return w.save(ctx, r, e, p, key, func(s routerSettings) (any, error) {
		rules, err := s.rules(key)
		if err != nil {
			return nil, err
		}
		rules, err = withRule(rules, string(r.ID), e.After)
		if err == nil && len(rules) == 0 {
			err = unsupported(editOp(r, e), "no fallbacks would be left, and an empty list makes LiteLLM forget those of its config file "+
				"too; point them elsewhere instead")
		}
		return rules, err
	})
}

// withRule is a list with another entry of one route, in its place.
func withRule(rules []json.RawMessage, route string, to []fleet.RouteID) ([]json.RawMessage, error) {
	var out []json.RawMessage
	done := len(to) == 0
	entry, err := json.Marshal(map[string][]fleet.RouteID{route: to})
	if err != nil {
		return nil, err
	}
	for _, raw := range rules {
		switch from, _ := fallbackRule(raw); {
		case from != route:
			out = append(out, raw)
		case !done:
			out, done = append(out, entry), true
		}
	}
	if !done {
		out = append(out, entry)
	}
	return out, nil
}
