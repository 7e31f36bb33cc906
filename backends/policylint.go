package backends

import (
	"maps"
	"slices"
	"time"

	"pitwall/fleet"
)

// provenShare is the part of a route that a member must have carried lately for its fallback to count as proven by traffic.
const provenShare = fleet.Ratio(0.5)

// lintPolicy finds what keeps a policy from holding, whether or not its share is as intended now.
func lintPolicy(s *fleet.Snapshot, r *fleet.Route) []fleet.Lint {
	p := r.Spec.Policy
	if p == nil {
		return nil
	}
	list := lintSplit(r)
	switch p.Pattern {
	case fleet.PatternEasyLocal:
		list = append(list, lintEasyLocal(s, r)...)
	case fleet.PatternAPIPrimary:
		list = append(list, lintAPIPrimary(s, r)...)
	case fleet.PatternCoreLocal:
		list = append(list, lintCoreLocal(s, r)...)
	}
	return list
}

// lintSplit compares the weights with the intended share. Where two routes share the work, no weights decide it.
func lintSplit(r *fleet.Route) []fleet.Lint {
	p, set := r.Spec.Policy, ownByWeights(r)
	if p.Hard != "" || !set.OK || p.Holds(set.V, p.Tolerance) {
		return nil
	}
	return policyFault(fleet.LintPolicySplit, "", fleet.Textf("its weights give own GPUs %s%%, and policy %s intends %s%%", set.V.Whole(),
		fleet.Label(string(p.Pattern)), p.Local.Text()))
}

func lintEasyLocal(s *fleet.Snapshot, r *fleet.Route) []fleet.Lint {
	p := r.Spec.Policy
	var list []fleet.Lint
	if !hasSide(r, fleet.SideOwn) {
		list = policyFault(fleet.LintPolicySides, "", fleet.Text("policy easy-local has no own GPUs for easy requests"))
	}
	hard := r
	if p.Hard != "" {
		if hard = s.Route(p.Hard); hard == nil {
			return append(list, policyFault(fleet.LintPolicySides, "", fleet.Textf(
				"policy easy-local sends hard requests to %s, which is on no gateway that is read", fleet.Label(string(p.Hard))))...)
		}
	}
	if !hasSide(hard, fleet.SideRented) {
		list = append(list, policyFault(fleet.LintPolicySides, "", fleet.Textf("policy easy-local has no API for hard requests: no member of %s is rented",
			fleet.Label(string(hard.Spec.ID))))...)
	}
	return list
}

// lintAPIPrimary asks of the fallback that it is there, has been seen to carry the load, is ready, and fails on its own.
func lintAPIPrimary(s *fleet.Snapshot, r *fleet.Route) []fleet.Lint {
	var list []fleet.Lint
	if !hasSide(r, fleet.SideRented) {
		list = policyFault(fleet.LintPolicySides, "", fleet.Text("policy api-primary has no API: no member is rented"))
	}
	takes, byHand := s.OwnFallbacks(r), fleet.TargetID("")
	takes = slices.DeleteFunc(takes, func(x fleet.TakesOver) bool {
		if x.ByHand {
			byHand = x.Target.Spec.ID
		}
		return x.ByHand
	})
	switch wanted := fleet.Label(string(r.Spec.Policy.Fallback)); {
	case len(takes) > 0:
	case byHand != "":
		return append(list, policyFault(fleet.LintPolicyFallback, byHand, fleet.Textf(
			"only %s could take over and it has no weight: when the API fails, people must move the load", fleet.Label(string(byHand))))...)
	case !wanted.IsEmpty():
		return append(list, policyFault(fleet.LintPolicyFallback, "", fleet.Textf(
			"the gateway has no fallback to %s on failures: when the API fails, requests fail", wanted))...)
	default:
		return append(list, policyFault(fleet.LintPolicyFallback, "", fleet.Text(
			"the gateway has no fallback to own GPUs: when the API fails, requests fail"))...)
	}
	list = append(list, lintOwnFit(s, r, takes)...)
	list = append(list, lintReady(s, takes)...)
	list = append(list, lintProven(s, r, takes)...)
	return append(list, lintSharedFate(s, r, takes)...)
}

// lintOwnFit finds members of the route itself that do not take what its API takes; those of other routes are judged as fallbacks.
func lintOwnFit(s *fleet.Snapshot, r *fleet.Route, takes []fleet.TakesOver) []fleet.Lint {
	var list []fleet.Lint
	most := contextOf(s, r, true)
	for _, x := range takes {
		if x.Route != r {
			continue
		}
		if limit := s.ContextLimit(x.Target); limit.OK && most.OK && limit.V < most.V {
			list = append(list, policyFault(fleet.LintContext, x.Target.Spec.ID, fleet.Textf(
				"%s takes %s tokens, and its primary %s: the long ones fail when the API does", fleet.Label(string(x.Target.Spec.ID)), limit.V.Text(), most.V.Text()))...)
		}
		list = append(list, lacking(s, r, r, x.Target)...)
	}
	return list
}

// lintReady finds own members that could not take anything now.
func lintReady(s *fleet.Snapshot, takes []fleet.TakesOver) []fleet.Lint {
	var list []fleet.Lint
	for _, x := range takes {
		pool := s.Pool(x.Target.Spec.Pool)
		name := fleet.Label(string(x.Target.Spec.ID))
		switch {
		case pool == nil:
			list = append(list, policyFault(fleet.LintPolicyCold, x.Target.Spec.ID, fleet.Textf("its fallback %s was not read: whether it is warm is not known", name))...)
		case pool.State.Rank() >= fleet.StateCrit.Rank():
			list = append(list, policyFault(fleet.LintPolicyCold, x.Target.Spec.ID, fleet.Textf("its fallback %s is %s and could not take over now", name, pool.State.Text()))...)
		case pool.Ready == 0 && pool.State != fleet.StateStale && pool.State != fleet.StateUnknown:
			list = append(list, policyFault(fleet.LintPolicyCold, x.Target.Spec.ID, fleet.Textf(
				"its fallback %s has no ready replica: requests wait for a cold start or fail", name))...)
		}
	}
	return list
}

// lintProven finds a fallback of which nobody knows what it carries, and that nobody rehearsed lately.
func lintProven(s *fleet.Snapshot, r *fleet.Route, takes []fleet.TakesOver) []fleet.Lint {
	p := r.Spec.Policy
	var list []fleet.Lint
	carried := fleet.Ratio(0)
	for _, x := range takes {
		if x.Route == r {
			carried += x.Target.Carried.Or(0)
		}
		if pool := s.Pool(x.Target.Spec.Pool); pool != nil && !pool.Rating.OK {
			list = append(list, policyFault(fleet.LintPolicyProven, x.Target.Spec.ID, fleet.Textf(
				"nobody knows what its fallback %s can carry: its pool has no rating, neither measured nor configured", fleet.Label(string(x.Target.Spec.ID))))...)
		}
	}
	if carried >= provenShare {
		return list
	}
	switch age := s.At.Sub(p.Rehearsed); {
	case p.Rehearsed.IsZero():
		list = append(list, policyFault(fleet.LintPolicyProven, "", fleet.Text(
			"its fallback was never rehearsed, as far as the configuration says: let it take over once and note the day (rehearsed)"))...)
	case age > fleet.RehearsalAge:
		list = append(list, policyFault(fleet.LintPolicyProven, "", fleet.Textf("its fallback was rehearsed %s ago, which is more than %s: what worked then may not now",
			fleet.Many(int(age/(24*time.Hour)), "day"), fleet.Many(int(fleet.RehearsalAge/(24*time.Hour)), "day")))...)
	}
	return list
}

// lintSharedFate finds what a fallback and its primary both depend on.
func lintSharedFate(s *fleet.Snapshot, r *fleet.Route, takes []fleet.TakesOver) []fleet.Lint {
	var list []fleet.Lint
	for i := range r.Targets {
		api := &r.Targets[i]
		if api.Spec.Side() != fleet.SideRented || api.Set.OK && api.Set.V <= 0 {
			continue
		}
		theirs := s.FateOf(api)
		for _, x := range takes {
			mine := s.FateOf(x.Target)
			for _, kind := range slices.Sorted(maps.Keys(mine)) {
				if theirs[kind] == mine[kind] {
					list = append(list, policyFault(fleet.LintPolicyFate, x.Target.Spec.ID, fleet.Textf("its fallback %s shares %s %s with its primary %s: both may fail at once",
						fleet.Label(string(x.Target.Spec.ID)), fleet.Label(kind), fleet.Label(mine[kind]), fleet.Label(string(api.Spec.ID))))...)
					break
				}
			}
		}
	}
	return list
}

// lintCoreLocal holds own members to the fine-tune, and asks for an API behind it.
func lintCoreLocal(s *fleet.Snapshot, r *fleet.Route) []fleet.Lint {
	p := r.Spec.Policy
	var list []fleet.Lint
	if !hasSide(r, fleet.SideOwn) {
		list = policyFault(fleet.LintPolicySides, "", fleet.Text("policy core-local has no own GPUs: no member is the core"))
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Spec.Side() != fleet.SideOwn {
			continue
		}
		served, name := t.Spec.Model, fleet.Label(string(t.Spec.ID))
		if pool := s.Pool(t.Spec.Pool); pool != nil && pool.Spec.Model != "" {
			served = pool.Spec.Model
		}
		switch {
		case served == "":
			list = append(list, policyFault(fleet.LintPolicyModel, t.Spec.ID, fleet.Textf("nobody says which model %s serves: whether it is %s is not known", name,
				fleet.Label(string(p.Model))))...)
		case served != p.Model:
			list = append(list, policyFault(fleet.LintPolicyModel, t.Spec.ID, fleet.Textf("%s serves %s, and the core is the fine-tune %s: its answers are of another quality",
				name, fleet.Label(string(served)), fleet.Label(string(p.Model))))...)
		}
	}
	if !hasSide(r, fleet.SideRented) && !fallsBackToAPI(s, r) {
		list = append(list, policyFault(fleet.LintPolicySides, "", fleet.Text(
			"policy core-local has no API for edge cases: no member is rented, and no fallback leads to one"))...)
	}
	return list
}

func fallsBackToAPI(s *fleet.Snapshot, r *fleet.Route) bool {
	for _, f := range r.Routing.Fallbacks {
		for _, to := range f.To {
			if next := s.RouteAt(r.Spec.Gateway, to); next != nil && hasSide(next, fleet.SideRented) {
				return true
			}
		}
	}
	return false
}

func hasSide(r *fleet.Route, side fleet.Side) bool {
	return slices.ContainsFunc(r.Targets, func(t fleet.Target) bool { return t.Spec.Side() == side })
}

func policyFault(rule fleet.LintRule, target fleet.TargetID, text fleet.Safe) []fleet.Lint {
	return []fleet.Lint{{Rule: rule, Target: target, Text: text}}
}
