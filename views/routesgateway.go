package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// replicasOfRoute draws what each gateway replica holds for a route, in n rows under its rule; those that differ come
// first where not all fit.
func replicasOfRoute(b *part.Block, sc Scene, r *fleet.Route, n int) {
	n = max(0, n)
	list := r.Replicas
	note := fleet.Safe{}
	if len(list) > n {
		list = worstReplicas(list)[:n]
		note = fleet.Textf("%s of %s, worst first", fleet.Int(n), fleet.Int(len(r.Replicas)))
	}
	b.Rule(fleet.Text("GATEWAY REPLICAS"), note, fleet.Safe{})
	name, weights := 6, 8
	for i := range list {
		name = max(name, min(16, part.Width(fleet.Label(string(list[i].ID)))))
		weights = max(weights, min(20, part.Width(list[i].Weights.Text(r.Order()))))
	}
	for i := range list {
		x := &list[i]
		word, role := replicaWord(x)
		b.Gap(2).Cell(themes.Text, fleet.Label(string(x.ID)), name, part.Left).Gap(2)
		b.Cell(themes.Text, heldWeights(x, r), weights, part.Left).Gap(2).Cell(role, word, 8, part.Left)
		b.Cell(themes.Dim, ageOf(x.At, sc), 4, part.Right)
		if g := gatewayReplica(sc, r, x.ID); g != nil {
			b.Gap(3).Put(themes.Dim, g.Version)
			if (x.Differs || x.Stale) && b.Room() > 24 {
				b.Gap(2).Put(themes.Warn, g.Why)
			}
		}
		b.End()
	}
	if len(r.Replicas) == 0 && n > 0 {
		b.Gap(2).Say(themes.Warn, "none answered").End()
	}
}

func worstReplicas(list []fleet.RouteReplica) []fleet.RouteReplica {
	sorted := make([]fleet.RouteReplica, 0, len(list))
	for _, bad := range []bool{true, false} {
		for _, x := range list {
			if (x.Differs || x.Stale) == bad {
				sorted = append(sorted, x)
			}
		}
	}
	return sorted
}

// heldWeights draws the weights that a replica reported.
func heldWeights(x *fleet.RouteReplica, r *fleet.Route) fleet.Safe {
	if x.Weights == nil {
		return fleet.Text(fleet.Unknown)
	}
	return x.Weights.Text(r.Order())
}

// replicaWord tells whether a replica agrees with the majority.
func replicaWord(x *fleet.RouteReplica) (fleet.Safe, themes.Role) {
	switch {
	case x.Differs:
		return fleet.Text("DIFFERS"), themes.Warn
	case x.Stale:
		return fleet.Text("STALE"), themes.Stale
	case x.Weights == nil:
		return fleet.Text("unread"), themes.Stale
	default:
		return fleet.Text("ok"), themes.OK
	}
}

func ageOf(at time.Time, sc Scene) fleet.Safe {
	if at.IsZero() {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Age(sc.Now.Sub(at))
}

func gatewayReplica(sc Scene, r *fleet.Route, id fleet.GatewayReplicaID) *fleet.GatewayReplica {
	g := sc.Snap.Gateway(r.Spec.Gateway)
	if g == nil {
		return nil
	}
	for i := range g.Replicas {
		if g.Replicas[i].ID == id {
			return &g.Replicas[i]
		}
	}
	return nil
}

// replicaLine is replicasOfRoute in one line; those that differ come first where not all fit.
func replicaLine(b *part.Block, sc Scene, r *fleet.Route) {
	const most = 14 // cells for the weights: that they differ matters more than all of them
	list := r.Replicas
	if len(list) > 3 {
		list = worstReplicas(list)
	}
	b.Gap(2)
	for i := range list {
		x := &list[i]
		word, role := replicaWord(x)
		text := fleet.Concat(fleet.Label(string(x.ID)), fleet.Text(" "), part.Short(heldWeights(x, r), most),
			fleet.Text(" "))
		age := fleet.Concat(fleet.Text(" "), ageOf(x.At, sc))
		if part.Width(text)+part.Width(word)+part.Width(age)+6 > b.Room() {
			b.Put(themes.Warn, fleet.Textf("+%s more", fleet.Int(len(list)-i)))
			break
		}
		b.Put(themes.Text, text).Put(role, word).Put(themes.Dim, age).Gap(3)
	}
	if len(list) == 0 {
		b.Say(themes.Warn, "no gateway replica answered")
	}
	b.End()
}

// fallbackList draws where a request goes on failure, in n rows under its rule.
func fallbackList(b *part.Block, sc Scene, r *fleet.Route, n int) {
	note := fleet.Text("in this order, on failure only")
	if len(r.Routing.Fallbacks) > 0 {
		note = fleet.Text("as the gateway has them, in order")
	}
	b.Rule(fleet.Text("FALLBACKS"), note, tries(&r.Routing))
	if len(r.Routing.Fallbacks) > 0 {
		routedFallbacks(b, sc, r, n)
		return
	}
	if len(r.Spec.Fallbacks) == 0 && n > 0 {
		b.Gap(2).Say(themes.Warn, "none: a failed request is answered with its error").End()
	}
	for i, id := range r.Spec.Fallbacks[:max(0, min(n, len(r.Spec.Fallbacks)))] {
		b.Gap(2).Put(themes.Dim, fleet.Int(i+1)).Gap(1).Put(themes.Text, fleet.Label(string(id))).Gap(2)
		fallbackFacts(b, sc, id)
		b.End()
	}
}

// fallbackFacts says how the account or pool behind a fallback does.
func fallbackFacts(b *part.Block, sc Scene, id fleet.TargetID) {
	if p := sc.Snap.Provider(fleet.ProviderID(id)); p != nil {
		b.Put(themes.OfState(p.State), p.State.Text())
		if !p.ProbeAt.IsZero() {
			b.Gap(2).Say(themes.Dim, "probed ").Put(themes.Dim, fleet.Age(sc.Now.Sub(p.ProbeAt))).Say(themes.Dim, " ago ")
			b.Put(themes.Text, fleet.Show(p.ProbeTime))
		}
		if left := limitLeft(p); left.String() != fleet.Unknown {
			b.Gap(2).Put(themes.Text, left).Say(themes.Dim, " free")
		}
		return
	}
	if p := sc.Snap.Pool(fleet.PoolID(id)); p != nil {
		b.Put(themes.OfState(p.State), stateText(p.State, p.Load.At, sc.Now)).Gap(2)
		b.Put(themes.Text, fleet.Textf("%s/%s", fleet.Int(p.Ready), fleet.Int(p.Desired))).Say(themes.Dim, " ready")
		return
	}
	b.Say(themes.Dim, "not observed by itself")
}
