package backends

import (
	"maps"
	"slices"
	"time"

	"pitwall/fleet"
)

// provenShare is the part of a route that a member must have carried lately for its fallback to count as proven by traffic.
const provenShare = fleet.Ratio(0.5)

// policyFaults gathers what keeps the policy of one route from holding.
type policyFaults struct {
	s    *fleet.Snapshot
	r    *fleet.Route
	list []fleet.Lint
}

func (f *policyFaults) say(rule fleet.LintRule, target fleet.TargetID, text fleet.Safe) {
	f.list = append(f.list, fleet.Lint{Rule: rule, Target: target, Text: text})
}

// lintPolicy finds what keeps a policy from holding, whether or not its share is as intended now.
func lintPolicy(s *fleet.Snapshot, r *fleet.Route) []fleet.Lint {
	p := r.Spec.Policy
	if p == nil {
		return nil
	}
	f := &policyFaults{s: s, r: r}
	f.split()
	switch p.Pattern {
	case fleet.PatternEasyLocal:
		f.easyLocal()
	case fleet.PatternAPIPrimary:
		f.apiPrimary()
	case fleet.PatternCoreLocal:
		f.coreLocal()
	}
	return f.list
}

// split compares the weights with the intended share. Where two routes share the work, no weights decide it.
func (f *policyFaults) split() {
	p, set := f.r.Spec.Policy, ownByWeights(f.r)
	if p.Hard == "" && set.OK && !p.Holds(set.V, p.Tolerance) {
		f.say(fleet.LintPolicySplit, "", fleet.Textf("its weights give own GPUs %s%%, and policy %s intends %s%%", set.V.Whole(),
			fleet.Label(string(p.Pattern)), p.Local.Text()))
	}
}

func (f *policyFaults) easyLocal() {
	if !hasSide(f.r, fleet.SideOwn) {
		f.say(fleet.LintPolicySides, "", fleet.Text("policy easy-local has no own GPUs for easy requests"))
	}
	hard := f.r
	if to := f.r.Spec.Policy.Hard; to != "" {
		if hard = f.s.Route(to); hard == nil {
			f.say(fleet.LintPolicySides, "", fleet.Textf("policy easy-local sends hard requests to %s, which is on no gateway that is read",
				fleet.Label(string(to))))
			return
		}
	}
	if !hasSide(hard, fleet.SideRented) {
		f.say(fleet.LintPolicySides, "", fleet.Textf("policy easy-local has no API for hard requests: no member of %s is rented",
			fleet.Label(string(hard.Spec.ID))))
	}
}

// apiPrimary asks of the fallback that it is there, takes what the API takes, has been seen to carry the load, is ready, and fails
// on its own.
func (f *policyFaults) apiPrimary() {
	if !hasSide(f.r, fleet.SideRented) {
		f.say(fleet.LintPolicySides, "", fleet.Text("policy api-primary has no API: no member is rented"))
	}
	var takes []fleet.TakesOver
	byHand := fleet.TargetID("")
	for _, x := range f.s.OwnFallbacks(f.r) {
		if x.ByHand {
			byHand = x.Target.Spec.ID
		} else {
			takes = append(takes, x)
		}
	}
	switch wanted := fleet.Label(string(f.r.Spec.Policy.Fallback)); {
	case len(takes) > 0:
	case byHand != "":
		f.say(fleet.LintPolicyFallback, byHand, fleet.Textf(
			"only %s could take over, and the gateway does not turn to it by itself: when the API fails, people must move the load",
			fleet.Label(string(byHand))))
	case !wanted.IsEmpty():
		f.say(fleet.LintPolicyFallback, "", fleet.Textf(
			"the gateway has no fallback to %s on failures: when the API fails, requests fail", wanted))
	default:
		f.say(fleet.LintPolicyFallback, "", fleet.Text("the gateway has no fallback to own GPUs: when the API fails, requests fail"))
	}
	if len(takes) == 0 {
		return
	}
	for _, x := range takes {
		f.fits(x)
		f.ready(x.Target)
	}
	f.proven(takes)
	f.ownFate(takes)
}

// fits holds a member of the route itself to what its API takes; those of other routes are judged as fallbacks.
func (f *policyFaults) fits(x fleet.TakesOver) {
	if x.Route != f.r {
		return
	}
	most, limit := contextOf(f.s, f.r, true), f.s.ContextLimit(x.Target)
	if limit.OK && most.OK && limit.V < most.V {
		f.say(fleet.LintContext, x.Target.Spec.ID, fleet.Textf(
			"%s takes %s tokens, and its primary %s: the long ones fail when the API does", targetLabel(x.Target), limit.V.Text(), most.V.Text()))
	}
	f.list = append(f.list, lacking(f.s, f.r, f.r, x.Target)...)
}

// ready finds an own member that could not take anything now.
func (f *policyFaults) ready(t *fleet.Target) {
	pool, name := f.s.Pool(t.Spec.Pool), targetLabel(t)
	switch {
	case pool == nil:
		f.say(fleet.LintPolicyCold, t.Spec.ID, fleet.Textf("its fallback %s was not read: whether it is warm is not known", name))
	case pool.State.Rank() >= fleet.StateCrit.Rank():
		f.say(fleet.LintPolicyCold, t.Spec.ID, fleet.Textf("its fallback %s is %s and could not take over now", name, pool.State.Text()))
	case pool.Ready == 0 && pool.State != fleet.StateStale && pool.State != fleet.StateUnknown:
		f.say(fleet.LintPolicyCold, t.Spec.ID, fleet.Textf("its fallback %s has no ready replica: requests wait for a cold start or fail", name))
	}
}

// proven finds a fallback of which nobody knows what it carries, and that nobody rehearsed lately.
func (f *policyFaults) proven(takes []fleet.TakesOver) {
	carried := fleet.Ratio(0)
	for _, x := range takes {
		if x.Route == f.r {
			carried += x.Target.Carried.Or(0)
		}
		if pool := f.s.Pool(x.Target.Spec.Pool); pool != nil && !pool.Rating.OK {
			f.say(fleet.LintPolicyProven, x.Target.Spec.ID, fleet.Textf(
				"nobody knows what its fallback %s can carry: its pool has no rating, neither measured nor configured", targetLabel(x.Target)))
		}
	}
	at := f.r.Spec.Policy.Rehearsed
	const day = 24 * time.Hour
	switch age := f.s.At.Sub(at); {
	case carried >= provenShare:
	case at.IsZero():
		f.say(fleet.LintPolicyProven, "", fleet.Text(
			"its fallback was never rehearsed, as far as the configuration says: let it take over once and note the day (rehearsed)"))
	case age > fleet.RehearsalAge:
		f.say(fleet.LintPolicyProven, "", fleet.Textf("its fallback was rehearsed %s ago, which is more than %s: what worked then may not now",
			fleet.Many(int(age/day), "day"), fleet.Many(int(fleet.RehearsalAge/day), "day")))
	}
}

// ownFate finds what a fallback and its primary both depend on.
func (f *policyFaults) ownFate(takes []fleet.TakesOver) {
	for i := range f.r.Targets {
		api := &f.r.Targets[i]
		if api.Spec.Side() != fleet.SideRented || api.Set.OK && api.Set.V <= 0 {
			continue
		}
		theirs := f.s.FateOf(api)
		for _, x := range takes {
			mine := f.s.FateOf(x.Target)
			for _, kind := range slices.Sorted(maps.Keys(mine)) {
				if theirs[kind] == mine[kind] {
					f.say(fleet.LintPolicyFate, x.Target.Spec.ID, fleet.Textf("its fallback %s shares %s %s with its primary %s: both may fail at once",
						targetLabel(x.Target), fleet.Label(kind), fleet.Label(mine[kind]), targetLabel(api)))
					break
				}
			}
		}
	}
}

// coreLocal holds own members to the fine-tune, and asks for an API behind it.
func (f *policyFaults) coreLocal() {
	if !hasSide(f.r, fleet.SideOwn) {
		f.say(fleet.LintPolicySides, "", fleet.Text("policy core-local has no own GPUs: no member is the core"))
	}
	core := f.r.Spec.Policy.Model
	for i := range f.r.Targets {
		t := &f.r.Targets[i]
		if t.Spec.Side() != fleet.SideOwn {
			continue
		}
		served, want := t.Spec.Model, fleet.Label(string(core))
		if pool := f.s.Pool(t.Spec.Pool); pool != nil && pool.Spec.Model != "" {
			served = pool.Spec.Model
		}
		switch served {
		case core:
		case "":
			f.say(fleet.LintPolicyModel, t.Spec.ID, fleet.Textf("nobody says which model %s serves: whether it is %s is not known",
				targetLabel(t), want))
		default:
			f.say(fleet.LintPolicyModel, t.Spec.ID, fleet.Textf("%s serves %s, and the core is the fine-tune %s: its answers are of another quality",
				targetLabel(t), fleet.Label(string(served)), want))
		}
	}
	if !hasSide(f.r, fleet.SideRented) && !fallsBackToAPI(f.s, f.r) {
		f.say(fleet.LintPolicySides, "", fleet.Text(
			"policy core-local has no API for edge cases: no member is rented, and no fallback leads to one"))
	}
}

// fallsBackToAPI tells whether a fallback of any kind leads to a rented member.
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

func targetLabel(t *fleet.Target) fleet.Safe { return fleet.Label(string(t.Spec.ID)) }
