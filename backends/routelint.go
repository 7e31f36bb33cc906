package backends

import (
	"maps"
	"slices"

	"pitwall/fleet"
)

// lint finds the faults that show in how the routes are configured. All routes are known by then, so that a fallback can be
// followed.
func lint(s *fleet.Snapshot) {
	named := make(map[routeKey]*fleet.Route, len(s.Routes))
	for i := range s.Routes {
		r := &s.Routes[i]
		for _, alias := range r.Routing.Aliases {
			named[routeKey{r.Spec.Gateway, alias}] = r
		}
	}
	for i := range s.Routes { // a route's own name counts before another one's alias
		named[keyOf(s.Routes[i].Spec)] = &s.Routes[i]
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		r.Lints = slices.Concat(lintMembers(r), lintWeights(r), lintAlone(r), lintFallbacks(s, r, named), lintOwner(r), lintPolicy(s, r))
	}
}

// lintMembers finds members that cannot be told apart: their traffic, errors and cost cannot be either.
func lintMembers(r *fleet.Route) []fleet.Lint {
	type self struct {
		pool     fleet.PoolID
		provider fleet.ProviderID
		model    fleet.ModelName
	}
	seen := map[self]fleet.TargetID{}
	var list []fleet.Lint
	for i := range r.Targets {
		t := &r.Targets[i]
		who := self{t.Spec.Pool, t.Spec.Provider, t.Spec.Model}
		if who.pool == "" && who.provider == "" {
			continue
		}
		if twin, known := seen[who]; known {
			list = append(list, fleet.Lint{Rule: fleet.LintTwins, Target: t.Spec.ID, Text: fleet.Textf(
				"%s and %s are the same back end: what one of them carries cannot be told from the other",
				fleet.Label(string(twin)), fleet.Label(string(t.Spec.ID)))})
			continue
		}
		seen[who] = t.Spec.ID
	}
	return list
}

// lintWeights finds weights that the gateway will not follow.
func lintWeights(r *fleet.Route) []fleet.Lint {
	var list []fleet.Lint
	set, sum := 0, 0
	for i := range r.Targets {
		if v := r.Targets[i].Set; v.OK {
			set++
			sum += v.V
		}
	}
	if len(r.Unset) > 0 && set > 0 {
		list = append(list, fleet.Lint{Rule: fleet.LintMixed, Target: r.Unset[0], Text: fleet.Textf(
			"%s has no weight while others have one: which of them decides depends on which member the gateway looks at first",
			fleet.Label(string(r.Unset[0])))})
	}
	switch {
	case len(r.Targets) < 2:
	case r.Routing.Weighing == fleet.WeighingIgnored:
		list = append(list, fleet.Lint{Rule: fleet.LintIgnored, Text: fleet.Textf(
			"strategy %s does not look at weights: changing them moves nothing", r.Routing.Strategy)})
	case r.Routing.Weighing == fleet.WeighingGroups:
		list = append(list, fleet.Lint{Rule: fleet.LintIgnored, Text: fleet.Textf(
			"strategy %s takes the number for a group to fail over in: it is no share of the traffic", r.Routing.Strategy)})
	}
	if set == len(r.Targets) && set > 0 && sum == 0 && !(set == 1 && r.Routing.AloneTakesAll) {
		list = append(list, fleet.Lint{Rule: fleet.LintOut, Text: fleet.Text(
			"all weights are 0: requests fail, or are spread evenly, as the gateway likes")})
	}
	return list
}

// lintAlone finds a route that ends with its only member.
func lintAlone(r *fleet.Route) []fleet.Lint {
	taking := fleet.TargetID("")
	for i := range r.Targets {
		t := &r.Targets[i]
		if len(r.Targets) > 1 && (!t.Set.OK || t.Set.V <= 0) {
			continue
		}
		if taking != "" {
			return nil
		}
		taking = t.Spec.ID
	}
	if taking == "" || len(r.Routing.Fallbacks) > 0 || len(r.Spec.Fallbacks) > 0 {
		return nil
	}
	return []fleet.Lint{{Rule: fleet.LintAlone, Target: taking, Text: fleet.Textf(
		"only %s carries it and it has no fallback: a gateway leaves a failing member out only where there is another, so it keeps all of it",
		fleet.Label(string(taking)))}}
}

func lintOwner(r *fleet.Route) []fleet.Lint {
	if r.Routing.Owner.IsEmpty() {
		return nil
	}
	return []fleet.Lint{{Rule: fleet.LintOwner, Text: fleet.Textf("%s writes it: a change here may be set back", r.Routing.Owner)}}
}

// lintFallbacks follows each fallback to its end.
func lintFallbacks(s *fleet.Snapshot, r *fleet.Route, named map[routeKey]*fleet.Route) []fleet.Lint {
	var list []fleet.Lint
	for _, f := range r.Routing.Fallbacks {
		for _, to := range f.To {
			next := named[routeKey{r.Spec.Gateway, to}]
			switch {
			case to == r.Spec.Called():
				list = append(list, nowhere(fleet.Textf("its fallback for %s is itself", fleet.Label(string(f.Kind)))))
			case next == nil:
				list = append(list, nowhere(fleet.Textf("its fallback %s is no route of %s", fleet.Label(string(to)),
					fleet.Label(string(r.Spec.Gateway)))))
			default:
				list = append(list, unfit(s, r, f.Kind, next)...)
			}
		}
	}
	return list
}

func nowhere(text fleet.Safe) fleet.Lint { return fleet.Lint{Rule: fleet.LintNowhere, Text: text} }

// unfit says what requests of a route ask for that a fallback's members may not have.
func unfit(s *fleet.Snapshot, r *fleet.Route, kind fleet.FallbackKind, next *fleet.Route) []fleet.Lint {
	var list []fleet.Lint
	own, least := contextOf(s, r, true), contextOf(s, next, false)
	switch name := fleet.Label(string(next.Spec.ID)); {
	case !own.OK || !least.OK:
	case kind == fleet.FallbackContext && least.V <= own.V:
		list = append(list, fleet.Lint{Rule: fleet.LintContext, Text: fleet.Textf(
			"its fallback for long prompts, %s, takes %s tokens, and it takes %s by itself: a prompt that is too long here is too long there",
			name, least.V.Text(), own.V.Text())})
	case kind != fleet.FallbackContext && least.V < own.V:
		list = append(list, fleet.Lint{Rule: fleet.LintContext, Text: fleet.Textf(
			"its fallback %s takes %s tokens, and it serves prompts of %s: the long ones fail there", name, least.V.Text(), own.V.Text())})
	}
	for i := range next.Targets {
		t := &next.Targets[i]
		list = append(list, lacking(s, r, next, t)...)
	}
	return list
}

// lacking is what one member of a fallback does not have.
func lacking(s *fleet.Snapshot, r, next *fleet.Route, t *fleet.Target) []fleet.Lint {
	var list []fleet.Lint
	who := fleet.Textf("%s of its fallback %s", fleet.Label(string(t.Spec.ID)), fleet.Label(string(next.Spec.ID)))
	offered := s.Residency(t)
	for _, need := range r.Spec.Requires {
		if !slices.Contains(offered, need) {
			list = append(list, fleet.Lint{Rule: fleet.LintResidency, Target: t.Spec.ID, Text: fleet.Textf(
				"%s does not offer %s, which the route requires", who, fleet.Label(need))})
			break
		}
	}
	has, known := s.Capabilities(t)
	for _, name := range slices.Sorted(maps.Keys(r.Spec.Uses)) {
		if known && r.Spec.Uses[name] > 0 && !slices.Contains(has, name) {
			list = append(list, fleet.Lint{Rule: fleet.LintTools, Target: t.Spec.ID, Text: fleet.Textf(
				"%s lacks %s, which %s%% of requests use", who, fleet.Label(name), r.Spec.Uses[name].Text())})
			break
		}
	}
	return list
}

// contextOf is the greatest, or the least, context limit over the members of a route. It is unknown where that of one is.
func contextOf(s *fleet.Snapshot, r *fleet.Route, greatest bool) fleet.Maybe[fleet.Tokens] {
	var out fleet.Maybe[fleet.Tokens]
	for i := range r.Targets {
		limit := s.ContextLimit(&r.Targets[i])
		switch {
		case !limit.OK:
			return limit
		case !out.OK, greatest && limit.V > out.V, !greatest && limit.V < out.V:
			out = limit
		}
	}
	return out
}
