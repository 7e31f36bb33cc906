package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// routeFactLines is how many lines routeFacts takes.
func routeFactLines(r *fleet.Route) int {
	if r.Policy != nil {
		return 3
	}
	return 2
}

// routeRule opens a route and says at the right whether its gateway replicas agree.
func routeRule(b *part.Block, sc Scene, r *fleet.Route, t Table) {
	note := fleet.Safe{}
	if n := len(sc.Snap.Routes); n > 1 && b.Width() >= normalWidth {
		for i := range sc.Snap.Routes {
			if sc.Snap.Routes[i].Spec.ID == r.Spec.ID {
				note = fleet.Textf("(%s of %s)", fleet.Int(i+1), fleet.Int(n))
			}
		}
	}
	note = fleet.Join(nonEmpty(note, filterNote(t)), fleet.Text("  "))
	b.Rule(fleet.Concat(fleet.Text("ROUTE "), fleet.Label(string(r.Spec.ID))), note, agreement(r))
}

// agreement counts the gateway replicas and names those that differ or are silent.
func agreement(r *fleet.Route) fleet.Safe {
	if len(r.Replicas) == 0 {
		return fleet.Text("no gateway replica answered")
	}
	parts := []fleet.Safe{fleet.Many(len(r.Replicas), "gateway replica")}
	if len(r.Replicas) == 1 {
		parts[0] = fleet.Text("1 gateway replica")
	}
	bad := len(parts)
	for i := range r.Replicas {
		x := &r.Replicas[i]
		switch {
		case x.Differs:
			parts = append(parts, fleet.Concat(fleet.Label(string(x.ID)), fleet.Text(" DRIFT")))
		case x.Stale:
			parts = append(parts, fleet.Concat(fleet.Label(string(x.ID)), fleet.Text(" STALE")))
		}
	}
	if !r.RoutingAs.IsEmpty() {
		parts = append(parts, r.RoutingAs)
	}
	if len(parts) > bad+2 {
		parts = append(parts[:bad], fleet.Textf("%s differ or are silent", fleet.Int(len(parts)-bad)))
	}
	return fleet.Join(parts, fleet.Text(", "))
}

// routeFacts says why a route is in its state, who holds it and what it asks of its targets. A page of its own has room for more
// of its policy than what stands under a list.
func routeFacts(b *part.Block, sc Scene, r *fleet.Route, page bool) {
	b.Gap(2).Put(themes.OfState(r.State), stateText(r.State, r.Load.At, sc.Now)).Gap(2)
	b.Put(themes.Text, r.Why)
	if len(r.Unset) > 0 {
		names := make([]fleet.Safe, len(r.Unset))
		for i, id := range r.Unset {
			names[i] = fleet.Label(string(id))
		}
		b.Gap(2).Say(themes.Warn, "no weight: ").Put(themes.Warn, fleet.Join(names, fleet.Text(", ")))
	}
	b.End().Gap(2)
	if l := sc.Book.LockOn(r.Spec.ID); l != nil {
		b.Put(themes.Accent, lockText(sc, l)).Gap(2)
	}
	b.Say(themes.Dim, "tier ").Put(themes.Text, tierText(r))
	if len(r.Spec.Requires) > 0 {
		labels := make([]fleet.Safe, len(r.Spec.Requires))
		for i, s := range r.Spec.Requires {
			labels[i] = fleet.Label(s)
		}
		b.Gap(2).Say(themes.Dim, "requires ").Put(themes.Text, fleet.Join(labels, fleet.Text(" ")))
	}
	if r.Spec.Called() == r.Spec.ID {
		b.Gap(2).Say(themes.Dim, "gateway ").Put(themes.Text, fleet.Label(string(r.Spec.Gateway)))
	} else {
		b.Gap(2).Say(themes.Dim, "called ").Put(themes.Text, fleet.Label(string(r.Spec.Called())))
		b.Say(themes.Dim, " by ").Put(themes.Text, fleet.Label(string(r.Spec.Gateway)))
	}
	b.Gap(2).Put(themes.Dim, r.Strategy)
	if n := len(r.Routing.Aliases); n > 0 {
		b.Gap(2).Say(themes.Dim, "alias ").Put(themes.Text, aliasText(r.Routing.Aliases))
	}
	if says := gatewaySpend(sc.Snap.Gateway(r.Spec.Gateway), r.Spec.Called(), sc.Now); !says.IsEmpty() {
		b.Gap(2).Say(themes.Dim, "spend ").Put(themes.Text, says)
	}
	if r.Reversals > 1 {
		b.Gap(2).Put(themes.Warn, fleet.Textf("changed direction %s in 30m", fleet.Many(r.Reversals, "time")))
	}
	b.End()
	policyFact(b, sc, r, page && b.Width() < normalWidth)
}

// lockText says who holds a route and for how long.
func lockText(sc Scene, l *actions.Lock) fleet.Safe {
	if !l.Err.IsEmpty() {
		return fleet.Concat(fleet.Text("lock unknown: "), l.Err)
	}
	who := fleet.Concat(fleet.Text("held by "), l.Holder.Text())
	if !l.Mine {
		who = fleet.Textf("%s process %s", who, fleet.Int(l.PID))
	}
	if l.Expires.IsZero() {
		return who
	}
	return fleet.Concat(who, fleet.Text(" for "), countdown(l.Expires.Sub(sc.Now)))
}

// aliasText names the first of the other names of a route.
func aliasText(list []fleet.RouteID) fleet.Safe {
	if len(list) == 1 {
		return fleet.Label(string(list[0]))
	}
	return fleet.Textf("%s +%s", fleet.Label(string(list[0])), fleet.Int(len(list)-1))
}
