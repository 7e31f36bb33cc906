package actions

import (
	"slices"

	"pitwall/fleet"
)

// RunbookOrigin is what a runbook leaves.
func RunbookOrigin(r *fleet.Runbook) Origin {
	switch {
	case r.Pool != "":
		return Origin{Kind: OriginPool, ID: string(r.Pool)}
	case r.Provider != "":
		return Origin{Kind: OriginProvider, ID: string(r.Provider)}
	case r.Site != "":
		return Origin{Kind: OriginSite, ID: string(r.Site)}
	default:
		return Origin{Kind: OriginRoute, ID: string(r.Route), Targets: slices.Clone(r.Targets)}
	}
}

// RunbookBounds are what a runbook keeps to.
func RunbookBounds(r *fleet.Runbook) Bounds { return Bounds{Routes: r.Routes, To: r.To} }

// RunbookWish is how a runbook wants a stage to be gone through.
func RunbookWish(r *fleet.Runbook, stage FailoverStage) FailoverWish {
	w := FailoverWish{Split: Split(r.Split), Runbook: r.Name}
	if w.Split == "" {
		w.Split = Splits()[0]
	}
	of := map[FailoverStage]fleet.RunbookStage{StageLeave: r.Leave, StageSettle: r.Settle, StageReturn: r.Return}[stage]
	w.Ramp, w.Soak = Ramp{Points: of.Points, Every: of.Every, MinRequests: of.MinRequests}, of.Soak
	return w
}

// WarmupsOf are those standby pools that a runbook starts.
func WarmupsOf(r *fleet.Runbook, all []Warmup) []Warmup {
	return slices.DeleteFunc(slices.Clone(all), func(w Warmup) bool { return !slices.Contains(r.Warm, w.Pool) })
}

// Over fills in what a wish leaves open.
func (w FailoverWish) Over(base FailoverWish) FailoverWish {
	if w.Split == "" {
		w.Split = base.Split
	}
	if w.Runbook == "" {
		w.Runbook = base.Runbook
	}
	if w.Ramp.Points == 0 {
		w.Ramp.Points = base.Ramp.Points
	}
	if w.Ramp.Every == 0 {
		w.Ramp.Every = base.Ramp.Every
	}
	if w.Ramp.MinRequests == 0 {
		w.Ramp.MinRequests = base.Ramp.MinRequests
	}
	if w.Soak == 0 {
		w.Soak = base.Soak
	}
	return w
}

// RunbookProblems are what a runbook names and the fleet as read now does not have, or what can never be: one sentence each. It is
// pure. Before the first reading everything would be missing: s must not be nil.
func RunbookProblems(r *fleet.Runbook, s *fleet.Snapshot) []fleet.Safe {
	o := RunbookOrigin(r)
	switch {
	case r.Pool != "" && s.Pool(r.Pool) == nil, r.Provider != "" && s.Provider(r.Provider) == nil,
		r.Site != "" && !slices.ContainsFunc(s.Sites, func(x fleet.Site) bool { return x.ID == r.Site }),
		r.Route != "" && s.Route(r.Route) == nil:
		return []fleet.Safe{missing(string(o.Kind), o.ID)}
	}
	out := routeProblems(r, o, s)
	for _, id := range r.To {
		if !receiver(r, o, id, s) {
			out = append(out, fleet.Textf("%s is no other target of any route that it moves", fleet.Label(id)))
		}
	}
	for _, id := range r.Warm {
		if p := s.Pool(id); p == nil {
			out = append(out, missing("pool", string(id)))
		}
	}
	return out
}

func missing(kind, id string) fleet.Safe {
	return fleet.Textf("there is no %s %s", fleet.Label(kind), fleet.Label(id))
}

// routeProblems are those of the routes that a runbook names, and of the targets that it leaves.
func routeProblems(r *fleet.Runbook, o Origin, s *fleet.Snapshot) []fleet.Safe {
	var out []fleet.Safe
	if route := s.Route(r.Route); route != nil {
		for _, id := range r.Targets {
			if route.Target(id) == nil {
				out = append(out, fleet.Textf("%s has no target %s", fleet.Label(string(r.Route)), fleet.Label(string(id))))
			}
		}
	}
	for _, id := range r.Routes {
		switch route := s.Route(id); {
		case route == nil:
			out = append(out, missing("route", string(id)))
		case o.Kind != OriginRoute && !slices.ContainsFunc(route.Targets, func(t fleet.Target) bool { return o.Holds(s, &t) }):
			out = append(out, fleet.Textf("route %s has no target at %s", fleet.Label(string(id)), o.Text()))
		}
	}
	return out
}

// receiver tells whether something is a target, outside of the origin, of a route that a runbook moves.
func receiver(r *fleet.Runbook, o Origin, id string, s *fleet.Snapshot) bool {
	for i := range s.Routes {
		route := &s.Routes[i]
		moved := o.Kind == OriginRoute && string(route.Spec.ID) == o.ID ||
			slices.ContainsFunc(route.Targets, func(t fleet.Target) bool { return o.Holds(s, &t) })
		if !moved || len(r.Routes) > 0 && !slices.Contains(r.Routes, route.Spec.ID) {
			continue
		}
		for k := range route.Targets {
			t := &route.Targets[k]
			named := string(t.Spec.ID) == id || string(t.Spec.Pool) == id || string(t.Spec.Provider) == id
			if named && !o.Holds(s, t) && !(o.Kind == OriginRoute && slices.Contains(o.Targets, t.Spec.ID)) {
				return true
			}
		}
	}
	return false
}
