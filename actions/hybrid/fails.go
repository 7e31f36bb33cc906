package hybrid

import (
	"slices"

	"pitwall/actions"
	"pitwall/actions/failover"
	"pitwall/fleet"
)

var (
	apiFails = fleet.Text("the API fails")
	ownFails = fleet.Text("own GPUs fail")
)

// fails tries that all members of one side of a route fail at once: who would take over, as the gateway spreads what they
// carried, and whether that fits.
func (t tester) fails(r *fleet.Route, side fleet.Side) actions.PolicyCase {
	c := actions.PolicyCase{What: apiFails}
	if side == fleet.SideOwn {
		c.What = ownFails
	}
	w := r.Held()
	if w.Sum() <= 0 {
		c.Verdict, c.Why = actions.CaseUnknown, fleet.Textf("no gateway replica tells the weights of %s", fleet.Label(string(r.Spec.ID)))
		return c
	}
	away, stay := sides(r, w, side)
	if len(away) == 0 {
		c.Verdict, c.Why = actions.CaseHolds, fleet.Textf("%s sends nothing there", fleet.Label(string(r.Spec.ID)))
		return c
	}
	takers, byHand := t.takers(r, w, stay)
	f, err := failover.Find(r.Spec.ID, away, t.without(r, w, away, append(slices.Clone(takers), byHand...)), t.b, t.now)
	if err != nil {
		c.Verdict, c.Why = actions.CaseFails, nobody(c.What)
		if len(takers) > 0 || len(byHand) > 0 {
			c.Verdict, c.Why = actions.CaseUnknown, fleet.Sentence(err)
		}
		return c
	}
	c.Requests = f.Requests
	c.Room = room(f)
	c.Takers = spread(takers, f)
	judge(&c)
	if len(takers) == 0 {
		c.Verdict, c.Why = actions.CaseFails, nobody(c.What)
		if c.Room.OK {
			c.Why = fleet.Textf("%s; by a failover, others could take %s%% of it", c.Why, c.Room.V.Whole())
		}
	}
	if next := t.next(r); next != nil && c.Verdict != actions.CaseHolds && len(stay) > 0 {
		c.Remarks = append(c.Remarks, fleet.Textf("what fails there goes on to %s", fleet.Label(string(next.Spec.ID))))
	}
	if !c.Requests.OK || c.Requests.V < leastLoad {
		c.Remarks = append(c.Remarks, fleet.Textf("%s req/s would move now: it says little of a busy hour", fleet.Show(c.Requests)))
	}
	return c
}

// leastLoad is the load below which what fits now says nothing.
const leastLoad = fleet.Rate(0.5)

func nobody(what fleet.Safe) fleet.Safe {
	return fleet.Textf("when %s, nothing takes over by itself: requests fail", what)
}

// sides parts the members that carry something: those that fail, and those that stay.
func sides(r *fleet.Route, w fleet.Weights, side fleet.Side) (away []fleet.TargetID, stay []*fleet.Target) {
	for i := range r.Targets {
		switch x := &r.Targets[i]; {
		case w[x.Spec.ID] <= 0:
		case x.Spec.Side() == side:
			away = append(away, x.Spec.ID)
		default:
			stay = append(stay, x)
		}
	}
	return away, stay
}

// taker is a member that would take over, under a name of its own where it is of another route.
type taker struct {
	id     fleet.TargetID
	target *fleet.Target
	route  fleet.RouteID
	weight int
}

// takers are the members that the gateway itself would turn to: those that stay in the route, else those of the first route that
// it falls back to; byHand are members without weight, which people could put in.
func (t tester) takers(r *fleet.Route, w fleet.Weights, stay []*fleet.Target) (list, byHand []taker) {
	for _, x := range stay {
		list = append(list, taker{x.Spec.ID, x, r.Spec.ID, w[x.Spec.ID]})
	}
	if r.Routing.KeepsShare { // what failed keeps its share, and its requests fail until people move them
		list, byHand = nil, list
	}
	for i := range r.Targets {
		if x := &r.Targets[i]; w[x.Spec.ID] <= 0 && x.Spec.Side() != fleet.SideUnknown {
			byHand = append(byHand, taker{x.Spec.ID, x, r.Spec.ID, 0})
		}
	}
	if len(list) > 0 {
		return list, byHand
	}
	if next := t.next(r); next != nil {
		for i := range next.Targets {
			if x := &next.Targets[i]; x.Set.Or(0) > 0 {
				list = append(list, taker{fleet.TargetID(string(next.Spec.ID) + "/" + string(x.Spec.ID)), x, next.Spec.ID, x.Set.V})
			}
		}
	}
	return list, byHand
}

// next is the first route with a member in use that the gateway falls back to when a route fails; nil where there is none.
func (t tester) next(r *fleet.Route) *fleet.Route {
	for _, next := range t.s.FailsTo(r) {
		if next.Held().Sum() > 0 {
			return next
		}
	}
	return nil
}

// room is the part of the moved load that others could take, however it is spread; unknown where it hangs on one of whom nobody
// knows what it can carry.
func room(f actions.Failover) fleet.Maybe[fleet.Ratio] {
	fits := fleet.Ratio(0)
	for i := range f.Candidates {
		if f.Candidates[i].Unproven {
			return fleet.None[fleet.Ratio]()
		}
		fits += f.Candidates[i].FreeFit()
	}
	return fleet.Some(min(1, fits))
}

// without is the fleet as it would be: the members that fail are down, and those that would take over are in the route, so that
// a failover finds what they could take.
func (t tester) without(r *fleet.Route, w fleet.Weights, away []fleet.TargetID, takers []taker) *fleet.Snapshot {
	s, route := *t.s, *r
	route.Routing.Weighing = fleet.WeighingShares // who could take what does not hang on how the gateway shares
	route.Weights, route.Targets = fleet.Weights{}, nil
	for _, id := range away {
		x := *r.Target(id)
		x.State = fleet.StateDown
		route.Targets, route.Weights[id] = append(route.Targets, x), w[id]
	}
	for _, k := range takers {
		x := *k.target
		if x.Spec.ID != k.id { // it carries nothing of this route yet
			x.Spec.ID, x.Set = k.id, fleet.Some(0)
			x.Load.Requests = fleet.None[fleet.Rate]()
		}
		route.Targets, route.Weights[k.id] = append(route.Targets, x), 0
		if k.route == r.Spec.ID {
			route.Weights[k.id] = w[k.id]
		}
	}
	route.Hash = fleet.HashWeights(route.Weights)
	s.Routes = slices.Clone(t.s.Routes)
	for i := range s.Routes {
		if &t.s.Routes[i] == r {
			s.Routes[i] = route
		}
	}
	return &s
}

// spread is what each taker would get, by the weights of those that take, beside what fits.
func spread(takers []taker, f actions.Failover) []actions.Taker {
	sum := 0
	for _, k := range takers {
		sum += k.weight
	}
	out := make([]actions.Taker, 0, len(takers))
	for _, k := range takers {
		x := actions.Taker{Target: k.target.Spec.ID, Route: k.route, Gets: fleet.Ratio(float64(k.weight) / float64(max(sum, 1)))}
		if i := slices.IndexFunc(f.Candidates, func(c actions.Candidate) bool { return c.Target == k.id }); i >= 0 {
			c := &f.Candidates[i]
			x.Fit, x.Known, x.Why = c.FreeFit(), !c.Unproven, c.Why
		}
		out = append(out, x)
	}
	return out
}

// judge holds what each taker would get to what fits.
func judge(c *actions.PolicyCase) {
	c.Verdict, c.Why = actions.CaseHolds, fleet.Text("all that would come fits without an override")
	const rounding = 0.005
	for _, x := range c.Takers {
		name := fleet.Label(string(x.Target))
		switch {
		case !x.Known && c.Verdict == actions.CaseHolds:
			c.Verdict, c.Why = actions.CaseUnknown, fleet.Textf("what %s can take is not known: %s", name, x.Why)
		case x.Known && x.Gets > x.Fit+rounding && c.Verdict != actions.CaseFails:
			c.Verdict, c.Why = actions.CaseFails, fleet.Textf("%s would get %s%% of it and could take %s%%: %s", name, x.Gets.Whole(),
				x.Fit.Whole(), x.Why)
		}
	}
}
