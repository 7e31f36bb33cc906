package failover

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/interlocks"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// Evacuate looks for room for all that is sent to an origin, over every route that sends something there. What one route takes of
// a receiver is gone for the next one, so that each way fits as a whole. An origin to which nothing is sent is refused
// (KindInvalid).
func Evacuate(o actions.Origin, within actions.Bounds, s *fleet.Snapshot, b actions.Book, now time.Time) (actions.Evacuation, error) {
	out := actions.Evacuation{Origin: o, Within: within}
	if s == nil {
		return out, &fleet.Error{Kind: fleet.KindStale, Op: "fail over", Err: errors.New("nothing has been read yet")}
	}
	if err := exists(o, s); err != nil {
		return out, err
	}
	out.Burn, out.InFlight = s.Totals.Burn, o.InFlight(s)
	for _, m := range members(o, s) {
		if len(within.Routes) > 0 && !slices.Contains(within.Routes, m.route) {
			continue
		}
		if c := b.OpenOn(m.route); c != nil {
			out.Stays = append(out.Stays, actions.Stay{Route: m.route, Why: fleet.Textf("change %s is open on it (%s)",
				fleet.Label(string(c.ID)), fleet.Label(string(c.State)))})
			continue
		}
		f, err := roomFor(m.route, m.away, within.To, s, b, now)
		if err != nil {
			out.Stays = append(out.Stays, actions.Stay{Route: m.route, Why: fleet.Sentence(err)})
			continue
		}
		out.Found = append(out.Found, f)
	}
	if len(out.Found)+len(out.Stays) == 0 {
		return out, refuse(fmt.Errorf("no route sends anything to %s", o.Text()))
	}
	slices.SortStableFunc(out.Found, func(a, b actions.Failover) int { return cmp.Compare(b.Requests.V, a.Requests.V) })
	out.Requests = requests(out.Found)
	if len(out.Found) > 0 {
		for _, split := range actions.Splits() {
			out.Ways = append(out.Ways, way(split, &out, s, b, now))
		}
	}
	out.Warmups = warmups(o, out.Found, s)
	return out, nil
}

// member is what an origin carries of one route.
type member struct {
	route fleet.RouteID
	away  []fleet.TargetID
}

func exists(o actions.Origin, s *fleet.Snapshot) error {
	known := false
	switch o.Kind {
	case actions.OriginPool:
		known = s.Pool(fleet.PoolID(o.ID)) != nil
	case actions.OriginProvider:
		known = s.Provider(fleet.ProviderID(o.ID)) != nil
	case actions.OriginSite:
		known = slices.ContainsFunc(s.Sites, func(x fleet.Site) bool { return string(x.ID) == o.ID })
	case actions.OriginRoute:
		known = s.Route(fleet.RouteID(o.ID)) != nil
	}
	if !known {
		return refuse(fmt.Errorf("there is no %s %s", fleet.Label(string(o.Kind)), fleet.Quote(o.ID)))
	}
	return nil
}

// members are the routes that send something to an origin, with the targets by which they do.
func members(o actions.Origin, s *fleet.Snapshot) []member {
	var out []member
	for i := range s.Routes {
		r := &s.Routes[i]
		if o.Kind == actions.OriginRoute {
			if string(r.Spec.ID) == o.ID {
				return []member{{route: r.Spec.ID, away: o.Targets}}
			}
			continue
		}
		weights := weightsOf(r)
		var away []fleet.TargetID
		carries := false
		for k := range r.Targets {
			t := &r.Targets[k]
			if o.Holds(s, t) { // also those without weight: nothing may go to them
				away = append(away, t.Spec.ID)
				carries = carries || weights[t.Spec.ID] > 0
			}
		}
		if carries {
			out = append(out, member{route: r.Spec.ID, away: away})
		}
	}
	return out
}

func requests(found []actions.Failover) fleet.Maybe[fleet.Rate] {
	sum := fleet.Rate(0)
	for i := range found {
		if !found[i].Requests.OK {
			return fleet.None[fleet.Rate]()
		}
		sum += found[i].Requests.V
	}
	return fleet.Maybe[fleet.Rate]{V: sum, OK: len(found) > 0}
}

// way spreads the load of every route in one manner. Each route sees the receivers with what the routes before it gave them.
func way(split actions.Split, e *actions.Evacuation, s *fleet.Snapshot, b actions.Book, now time.Time) actions.Way {
	out := actions.Way{Split: split, Burn: fleet.Some(fleet.USDPerHour(0))}
	var made []actions.Plan
	stays, all, known, whole := 0.0, 0.0, true, true
	for i := range e.Found {
		f := e.Found[i]
		if i > 0 {
			if again, err := roomFor(f.Route, f.Away, e.Within.To, s, beside(b, made), now); err == nil {
				f = again
			}
		}
		p := f.Proposals[slices.IndexFunc(f.Proposals, func(p actions.Proposal) bool { return p.Split == split })]
		out.Moves = append(out.Moves, p)
		out.Asks = asked(out.Asks, &f, &p, weightsOf(s.Route(f.Route)))
		stays += float64(p.Left) * float64(f.Requests.V)
		all += float64(f.Requests.V)
		known, whole = known && f.Requests.OK, whole && p.Left == 0
		q, err := plan.New(Intent(f, p, s), s, now)
		if err != nil {
			continue // nothing of it moves
		}
		made = append(made, q)
		if out.Burn.OK && q.BurnNow.OK && q.BurnThen.OK {
			out.Burn.V += q.BurnThen.V - q.BurnNow.V
		} else {
			out.Burn = fleet.None[fleet.USDPerHour]()
		}
	}
	switch {
	case whole:
		out.Left = fleet.Some(fleet.Ratio(0))
	case known && all > 0:
		out.Left = fleet.Some(fleet.Ratio(stays / all))
	}
	return out
}

// asked adds the overrides that those ask who would get something.
func asked(list []string, f *actions.Failover, p *actions.Proposal, before fleet.Weights) []string {
	for i := range f.Candidates {
		c := &f.Candidates[i]
		if p.Weights.Share(c.Target).Or(0) <= before.Share(c.Target).Or(0)+1e-9 {
			continue
		}
		for _, a := range c.Asks {
			if !slices.Contains(list, a.ID) {
				list = append(list, a.ID)
			}
		}
	}
	slices.Sort(list)
	return list
}

// beside is a book in which plans that are to start together are open already: each is judged with what the others move.
func beside(b actions.Book, plans []actions.Plan) actions.Book {
	open := make([]actions.Change, len(plans))
	for i := range plans {
		open[i] = actions.Change{Plan: plans[i], State: actions.StateApproved}
	}
	b.Changes = append(open, b.Changes...)
	return b
}

// Parts are the plans of one way with their checks, each judged beside the others. A route of which nothing moves has none.
func Parts(e *actions.Evacuation, id string, wish actions.FailoverWish, s *fleet.Snapshot, b actions.Book,
	now time.Time) ([]actions.PlannedPart, error) {
	at := slices.IndexFunc(e.Ways, func(w actions.Way) bool { return w.Split == wish.Split })
	if at < 0 {
		return nil, refuse(fmt.Errorf("no load of %s can be moved", e.Origin.Text()))
	}
	as := actions.FailoverPart{ID: id, Origin: e.Origin, Stage: actions.StageLeave, Split: wish.Split, Runbook: wish.Runbook}
	var plans []actions.Plan
	for i, p := range e.Ways[at].Moves {
		in := wish.Onto(Intent(e.Found[i], p, s))
		if len(in.Weights) == 0 {
			continue // nothing of it fits anywhere
		}
		in.Failover = &as
		q, err := plan.New(in, s, now)
		if err != nil {
			return nil, err
		}
		plans = append(plans, q)
	}
	if len(plans) == 0 {
		return nil, refuse(fmt.Errorf("nothing of the load of %s fits anywhere without an override", e.Origin.Text()))
	}
	return Judge(plans, s, b, now), nil
}

// Judge asks the interlocks about plans that are to start together.
func Judge(plans []actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) []actions.PlannedPart {
	out := make([]actions.PlannedPart, len(plans))
	for i := range plans {
		others := slices.Delete(slices.Clone(plans), i, i+1)
		out[i] = actions.PlannedPart{Plan: plans[i], Checks: interlocks.Evaluate(plans[i], s, beside(b, others), now)}
	}
	return out
}

// warmups are the members of the routes that do not serve and could, once started: pools without a replica that is ready.
func warmups(o actions.Origin, found []actions.Failover, s *fleet.Snapshot) []actions.Warmup {
	var out []actions.Warmup
	leaving := o.Pools(s)
	for i := range found {
		r := s.Route(found[i].Route)
		for k := range r.Targets {
			p := s.Pool(r.Targets[k].Spec.Pool)
			if p == nil || p.Ready > 0 || slices.Contains(leaving, p.Spec.ID) || p.State != fleet.StateIdle && p.Desired > 0 && len(p.Replicas) > 0 {
				continue
			}
			if at := slices.IndexFunc(out, func(w actions.Warmup) bool { return w.Pool == p.Spec.ID }); at >= 0 {
				out[at].Routes = append(out[at].Routes, r.Spec.ID)
				continue
			}
			out = append(out, warmup(p, r.Spec.ID, s))
		}
	}
	return out
}

func warmup(p *fleet.Pool, route fleet.RouteID, s *fleet.Snapshot) actions.Warmup {
	w := actions.Warmup{Pool: p.Spec.ID, Object: p.Spec.Workload, Replicas: max(1, len(p.Spec.Replicas)), Ready: p.Ready,
		Routes: []fleet.RouteID{route}}
	if w.Object == (fleet.ObjectRef{}) {
		w.Why = fleet.Text("which object keeps its replicas is not known: start it where it is kept")
		return w
	}
	if loads := s.LoadsOf(&fleet.Rollout{Object: w.Object}); len(loads) > 0 {
		w.Takes = fleet.Some(fleet.Percentile(loads, warmShare))
	}
	return w
}

// warmShare is of which share of earlier starts a time to ready is told.
const warmShare = 0.9
