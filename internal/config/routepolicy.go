package config

import (
	"fmt"
	"slices"

	"pitwall/fleet"
)

// RoutePolicy is how own GPUs and rented models shall share the work of a route.
type RoutePolicy struct {
	Pattern   string   `yaml:"pattern"`
	Local     *float64 `yaml:"local,omitempty"`
	Tolerance *float64 `yaml:"tolerance,omitempty"`
	Hard      string   `yaml:"hard,omitempty"`
	Fallback  string   `yaml:"fallback,omitempty"`
	Model     string   `yaml:"model,omitempty"`
	Rehearsed string   `yaml:"rehearsed,omitempty"`
}

// What a policy is that does not say it: the share of own GPUs by pattern, and how far the measured one may be off.
var localOf = map[fleet.Pattern]fleet.Ratio{fleet.PatternEasyLocal: 0.8, fleet.PatternAPIPrimary: 0, fleet.PatternCoreLocal: 0.9}

const policyTolerance = fleet.Ratio(0.05)

// routePolicy turns a written policy into what it declares; nil for none.
func routePolicy(p *RoutePolicy) *fleet.RoutePolicy {
	if p == nil {
		return nil
	}
	out := &fleet.RoutePolicy{Pattern: fleet.Pattern(p.Pattern), Hard: fleet.RouteID(p.Hard), Fallback: fleet.RouteID(p.Fallback),
		Model: fleet.ModelName(p.Model)}
	share := func(v float64) fleet.Ratio { return fleet.Ratio(v) }
	out.Local = optional(p.Local, share).Or(localOf[out.Pattern])
	out.Tolerance = optional(p.Tolerance, share).Or(policyTolerance)
	out.Rehearsed, _ = date(p.Rehearsed) // it was checked
	return out
}

// routePolicyOf writes a policy as the file has it.
func routePolicyOf(p *fleet.RoutePolicy) *RoutePolicy {
	if p == nil {
		return nil
	}
	local, tolerance := float64(p.Local), float64(p.Tolerance)
	return &RoutePolicy{Pattern: string(p.Pattern), Local: &local, Tolerance: &tolerance, Hard: string(p.Hard), Fallback: string(p.Fallback),
		Model: string(p.Model), Rehearsed: day(p.Rehearsed)}
}

// policies checks the policies of all routes, which may name each other.
func (c *checker) policies(ctx *Context) {
	routes, hardOf := map[string]*Route{}, map[string]string{}
	for i := range ctx.Routes {
		routes[ctx.Routes[i].ID] = &ctx.Routes[i]
	}
	// Where clusters are searched, routes may be found that the file does not name.
	p := policyChecker{checker: c, ctx: ctx, routes: routes, searched: len(ctx.Clusters) > 0}
	for i := range ctx.Routes {
		r := &ctx.Routes[i]
		if r.Policy == nil {
			continue
		}
		p.check(fmt.Sprintf("route %q: policy", r.ID), r)
		hard := r.Policy.Hard
		if other, taken := hardOf[hard]; hard != "" && taken {
			c.fail("route %q: policy: hard route %q is that of %q already: its requests cannot be told apart", r.ID, hard, other)
		}
		hardOf[hard] = r.ID
	}
}

type policyChecker struct {
	*checker
	ctx      *Context
	routes   map[string]*Route
	searched bool
}

func (c policyChecker) check(of string, r *Route) {
	p := r.Policy
	if !slices.Contains(fleet.Patterns(), fleet.Pattern(p.Pattern)) {
		c.fail("%s: pattern %q is none of %v", of, p.Pattern, fleet.Patterns())
		return
	}
	c.numbers(of, p)
	c.keys(of, r)
	switch fleet.Pattern(p.Pattern) {
	case fleet.PatternEasyLocal:
		c.easyLocal(of, r)
	case fleet.PatternAPIPrimary:
		c.apiPrimary(of, r)
	case fleet.PatternCoreLocal:
		c.coreLocal(of, r)
	}
}

// Bounds of the share of own GPUs by pattern.
const mostTrickle, leastCore = 0.5, 0.5

func (c policyChecker) numbers(of string, p *RoutePolicy) {
	if t := p.Tolerance; t != nil && !(*t >= 0.01 && *t <= 0.3) {
		c.fail("%s: tolerance must lie between 0.01 and 0.3", of)
	}
	if _, err := date(p.Rehearsed); err != nil {
		c.fail("%s: rehearsed: %w", of, err)
	}
	if p.Local == nil {
		return
	}
	v := *p.Local
	switch fleet.Pattern(p.Pattern) {
	case fleet.PatternEasyLocal:
		if !(v > 0 && v < 1) {
			c.fail("%s: local must lie between 0 and 1, such as 0.8: with all on one side there is no split", of)
		}
	case fleet.PatternAPIPrimary:
		if !(v >= 0 && v <= mostTrickle) {
			c.fail("%s: local must lie between 0 and %v: the API is the primary, own GPUs get at most a part that keeps them proven",
				of, mostTrickle)
		}
	case fleet.PatternCoreLocal:
		if !(v >= leastCore && v <= 1) {
			c.fail("%s: local must lie between %v and 1: own GPUs are the core, the API gets the rest at most", of, leastCore)
		}
	}
}

// keys refuses what does not belong to the pattern, and names of routes that there are not.
func (c policyChecker) keys(of string, r *Route) {
	p := r.Policy
	for _, x := range []struct {
		key, value string
		only       fleet.Pattern
	}{{"hard", p.Hard, fleet.PatternEasyLocal}, {"fallback", p.Fallback, fleet.PatternAPIPrimary}, {"model", p.Model, fleet.PatternCoreLocal},
		{"rehearsed", p.Rehearsed, fleet.PatternAPIPrimary}} {
		if x.value != "" && fleet.Pattern(p.Pattern) != x.only {
			c.fail("%s: %s belongs to pattern %s, not to %s", of, x.key, x.only, p.Pattern)
		}
	}
	for _, x := range [][2]string{{"hard", p.Hard}, {"fallback", p.Fallback}} {
		switch key, to := x[0], x[1]; {
		case to == r.ID:
			c.fail("%s: %s names the route itself", of, key)
		case !c.searched:
			c.refers(of+": "+key, "route", to)
		}
	}
}

func (c policyChecker) easyLocal(of string, r *Route) {
	c.needs(of, r, true, "no pool: there are no own GPUs for easy requests")
	if r.Policy.Hard == "" {
		c.needs(of, r, false, "no provider: hard requests have no API; name one, or the route that takes them (hard)")
		return
	}
	hard := c.routes[r.Policy.Hard]
	if hard == nil {
		return
	}
	if hard.Policy != nil {
		c.fail("%s: hard route %q has a policy of its own: its requests would be judged twice", of, hard.ID)
	}
	c.needs(fmt.Sprintf("%s: hard route %q", of, hard.ID), hard, false, "no provider: it is no way to an API")
}

func (c policyChecker) apiPrimary(of string, r *Route) {
	c.needs(of, r, false, "no provider: there is no API that could be the primary")
	to := c.routes[r.Policy.Fallback]
	if to == nil {
		return
	}
	if to.Gateway != r.Gateway {
		c.fail("%s: fallback %q is a route of gateway %q, and a gateway falls back to its own routes only", of, to.ID, to.Gateway)
	}
	c.needs(fmt.Sprintf("%s: fallback %q", of, to.ID), to, true, "no pool: it does not lead to own GPUs")
}

func (c policyChecker) coreLocal(of string, r *Route) {
	c.needs(of, r, true, "no pool: there is no fine-tune of its own that could be the core")
	want := r.Policy.Model
	if want == "" {
		c.fail("%s: model is missing; name the fine-tune that own members serve, as their pools do", of)
		return
	}
	for _, t := range r.Targets {
		i := slices.IndexFunc(c.ctx.Pools, func(p Pool) bool { return p.ID == t.Pool })
		if i < 0 || t.Pool == "" || c.ctx.Pools[i].Model == "" || c.ctx.Pools[i].Model == want {
			continue
		}
		c.fail("%s: target %q is pool %q, which serves %q and not the fine-tune %q", of, t.ID, t.Pool, c.ctx.Pools[i].Model, want)
	}
}

// needs holds the targets that a route declares to a side; a route that declares none gets them from its gateway.
func (c policyChecker) needs(of string, r *Route, own bool, otherwise string) {
	if len(r.Targets) > 0 && !slices.ContainsFunc(r.Targets, func(t Target) bool { return own && t.Pool != "" || !own && t.Provider != "" }) {
		c.fail("%s: among its targets is %s", of, otherwise)
	}
}
