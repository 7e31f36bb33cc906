package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// What is asked of an edit of a key or a team beyond which part of the gateway's spending it touches.
const (
	keyShareWarn = 0.20
	keyShareMost = 0.50
	holderOld    = time.Minute // no override beyond: what is stored is compared again before the write
)

// Keys lists what is asked of a change of a key or a team. It moves no load, it ends some: KY-01 to KY-03 ask whose, and what a
// looser limit may cost.
func Keys() []actions.Interlock {
	return []actions.Interlock{
		{ID: "IL-20", Title: fleet.Text("nobody else changes it"), Check: heldKey,
			Asks: fleet.Text("no live lock and no open change of somebody else on the key or the team")},
		{ID: "IL-23", Title: fleet.Text("fresh figures"), Check: freshKey,
			Asks: fleet.Text("the key was read at most 60 s ago, and what it spends now is known")},
		{ID: "IL-36", Title: fleet.Text("gateway replicas answer"), Check: keyReplicas,
			Asks: fleet.Text("every replica answers, so that each can be told")},
		{ID: "IL-37", Title: fleet.Text("plan is current"), Check: currentKey,
			Asks: fleet.Text("plan under 10 min old; what is stored is compared again before the write")},
		{ID: "IL-39", Title: fleet.Text("permission"), Check: mayWrite,
			Asks: fleet.Text("writing is allowed")},
		freezes,
		separation,
		{ID: "KY-01", Title: fleet.Text("part of the gateway's traffic"), RollbackSkips: true, Check: keyShare,
			Asks: fleet.Text("what it takes from users is at most 20, 50 % of what the keys of the gateway spend now")},
		{ID: "KY-02", Title: fleet.Text("tier 1 routes"), RollbackSkips: true, Check: keyRoutes,
			Asks: fleet.Text("a key that is cut off may call no route of tier 1")},
		{ID: "KY-03", Title: fleet.Text("what it may spend"), Check: keySpends,
			Asks: fleet.Text("nothing that runs away is loosened, and a new budget is not spent already")},
	}
}

// heldKey is IL-20 of a key or a team.
func heldKey(p actions.Plan, _ *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	at := p
	at.Route.ID = p.Lock()
	return held(at, b, now, func(c *actions.Change) bool { return c.Plan.Lock() == p.Lock() })
}

// freshKey is IL-23. What the plan was made on is compared again before it is written; what it spends is only measured.
func freshKey(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if !p.OfKey() || p.Edit.Key.Holder.At.IsZero() {
		return missing(actions.SeverityBlock, fleet.Text("the key was not read"))
	}
	k := p.Edit.Key
	old := now.Sub(k.Holder.At)
	switch {
	case old > holderOld:
		return verdict(actions.SeverityWarn, k.Edit.Of.Text(), fleet.Text(" was read "), fleet.Age(old), fleet.Text(" ago > "),
			fleet.Age(holderOld))
	case !k.Rate.OK:
		return missing(actions.SeverityWarn, fleet.Text("what "), k.Edit.Of.Text(), fleet.Text(" spends now is not measured"))
	}
	return pass(fleet.Text("read "), fleet.Age(old), fleet.Text(" ago <= "), fleet.Age(holderOld), fleet.Text(", it spends $"),
		k.Rate.V.Text(),
		fleet.Text("/h"))
}

// keyReplicas is IL-36: a replica that is not told goes by what it had cached.
func keyReplicas(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	g := s.Gateway(p.Gateway)
	if g == nil || len(g.Replicas) == 0 {
		return missing(actions.SeverityOVR, fleet.Text("no replica of the gateway was read"))
	}
	var silent []fleet.Safe
	for i := range g.Replicas {
		if g.Replicas[i].State == fleet.StateStale {
			silent = append(silent, fleet.Label(string(g.Replicas[i].ID)))
		}
	}
	switch {
	case len(silent) == len(g.Replicas):
		return verdict(actions.SeverityBlock, fleet.Text("no replica of the gateway answers"))
	case len(silent) > 0:
		return verdict(actions.SeverityWarn, fleet.Join(silent, fleet.Text(", ")), fleet.Text(" does not answer: it cannot be told, "+
			"and may go by what it has cached"))
	}
	return pass(fleet.Int(len(g.Replicas)), fleet.Text(" of "), fleet.Int(len(g.Replicas)), fleet.Text(" replicas answer"))
}

// currentKey is IL-37. Whether the gateway stores what was planned on is asked of it before the write.
func currentKey(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	old := now.Sub(p.Created)
	switch {
	case p.Created.IsZero(), old < 0:
		return missing(actions.SeverityHard, fleet.Text("when it was planned is unknown: plan again"))
	case old > actions.PlanLife:
		return verdict(actions.SeverityHard, fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago > 10m: plan again"))
	}
	return pass(fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago <= 10m; the gateway is asked again before the write"))
}

// cuts tells whether an edit ends what somebody does now: a block, or a budget that is spent already.
func cuts(k *actions.KeyPlan) bool {
	e := &k.Edit
	if e.Kind == fleet.KeyBlock {
		return e.After.Blocked
	}
	return overBudget(k)
}

func overBudget(k *actions.KeyPlan) bool {
	after := k.Edit.After.Budget
	return after.OK && k.Holder.Spent.OK && !k.Holder.Spent.V.Amount().LessThan(after.V.Amount())
}

// keyShare is KY-01.
func keyShare(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	k := p.Edit.Key
	switch {
	case !cuts(k):
		return pass(fleet.Text("nothing that is served now is cut off"))
	case !k.Share.OK:
		return missing(actions.SeverityWarn, fleet.Text("which part of the gateway's spending it has is not known"))
	}
	text := fleet.Concat(k.Share.V.Whole(), fleet.Text(" % of what the keys of the gateway spend now, $"), k.Rate.V.Text(), fleet.Text("/h"))
	switch {
	case k.Runaway:
		return pass(text, fleet.Text("; it runs away, so that its part says little of its users"))
	case k.Share.V > keyShareMost:
		return verdict(actions.SeverityOVR, text, fleet.Text(" > 50 %"))
	case k.Share.V > keyShareWarn:
		return verdict(actions.SeverityWarn, text, fleet.Text(" > 20 %"))
	}
	return pass(text, fleet.Text(" <= 20 %"))
}

// keyRoutes is KY-02.
func keyRoutes(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	k := p.Edit.Key
	if !cuts(k) {
		return pass(fleet.Text("nothing that is served now is cut off"))
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		if r.Spec.Gateway == p.Gateway && r.Spec.Tier == 1 && mayCall(&k.Holder, r.Spec.Called()) {
			return verdict(actions.SeverityWarn, k.Edit.Of.Text(), fleet.Text(" may call tier 1 route "), fleet.Label(string(r.Spec.ID)),
				fleet.Text(": every request of it with this is refused"))
		}
	}
	return pass(fleet.Text("it may call no route of tier 1"))
}

// callable are the routes that the key or the team of a plan may call.
func callable(p actions.Plan, s *fleet.Snapshot) (routes []fleet.RouteID) {
	for i := range s.Routes {
		if r := &s.Routes[i]; r.Spec.Gateway == p.Gateway && mayCall(&p.Edit.Key.Holder, r.Spec.Called()) {
			routes = append(routes, r.Spec.ID)
		}
	}
	return routes
}

func mayCall(h *fleet.KeyHolder, route fleet.RouteID) bool {
	return len(h.Routes) == 0 || slices.Contains(h.Routes, route)
}

// keySpends is KY-03.
func keySpends(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	k := p.Edit.Key
	switch {
	case k.Edit.Loosens() && k.Runaway:
		return verdict(actions.SeverityOVR, k.Edit.Of.Text(), fleet.Text(" runs away at $"), k.Rate.V.Text(), fleet.Text("/h, and could go on"))
	case k.Edit.Kind == fleet.KeyLimit && overBudget(k):
		c := fleet.Concat(k.Holder.Spent.V.Text(), fleet.Text(" of "), k.Edit.After.Budget.V.Text(),
			fleet.Text(" is spent already: every request is refused at once"))
		switch {
		case k.Edit.After.Per == "":
			c = fleet.Concat(c, fleet.Text(", until somebody changes that"))
		case k.Holder.Resets.OK && k.Edit.After.Per == k.Edit.Before.Per:
			c = fleet.Concat(c, fleet.Text(", until "), fleet.Stamp(k.Holder.Resets.V))
		default:
			c = fleet.Concat(c, fleet.Text(", until its first period of "), fleet.Label(k.Edit.After.Per), fleet.Text(" is over"))
		}
		return verdict(actions.SeverityWarn, c)
	case k.Edit.Kind == fleet.KeyLimit && k.Edit.After.Budget.OK && !k.Holder.Spent.OK:
		return missing(actions.SeverityWarn, fleet.Text("what it has spent is not known"))
	case k.Edit.Loosens():
		return pass(fleet.Text("it may go on, with "), k.Edit.After.LimitText())
	}
	return pass(fleet.Text("it may spend no more than before"))
}
