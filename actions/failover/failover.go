// Package failover finds where the load of failing members of a route can go: who could take what share of it, and three ways
// to spread it. What somebody could take is asked of the interlocks, so that a proposal is one that they would let pass. It is
// pure and sends nothing.
package failover

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/actions/interlocks"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// scale is the least sum of weights in which shares are told apart: with less, weights are multiplied.
const scale = 100

// Find looks for room for what some members of a route carry. A route or a member that does not exist, or a member that
// carries nothing, is refused (KindInvalid); weights that no gateway replica tells are refused as KindStale.
func Find(route fleet.RouteID, away []fleet.TargetID, s *fleet.Snapshot, b actions.Book, now time.Time) (actions.Failover, error) {
	if s == nil || s.Route(route) == nil {
		return actions.Failover{}, refuse(fmt.Errorf("there is no route %s", fleet.Quote(string(route))))
	}
	return roomFor(route, away, nil, s, b, now)
}

// roomFor is Find where only some may receive, nil for all. What is on its way elsewhere counts already.
func roomFor(route fleet.RouteID, away []fleet.TargetID, to []string, s *fleet.Snapshot, b actions.Book, now time.Time) (actions.Failover, error) {
	none := actions.Failover{}
	s = interlocks.WithOpen(s, b, route)
	r := s.Route(route)
	before := weightsOf(r)
	if before.Sum() <= 0 {
		return none, &fleet.Error{Kind: fleet.KindStale, Op: "fail over", Err: errors.New("no gateway replica tells the weights of " +
			fleet.Quote(string(route)).String()), Next: "nothing was changed; see Sources for what cannot be read"}
	}
	switch g := &r.Routing; {
	case g.Weighing != fleet.WeighingUnknown && !g.Weighing.Decides():
		return none, refuse(fmt.Errorf("weights do not decide on %s: strategy %s", fleet.Quote(string(route)), r.Strategy))
	case !g.Fixed.IsEmpty():
		return none, refuse(fmt.Errorf("the weights of %s cannot be changed here: %s", fleet.Quote(string(route)), g.Fixed))
	}
	out := actions.Failover{Route: route, Away: slices.Clone(away)}
	for _, id := range away {
		t := r.Target(id)
		if t == nil {
			return none, refuse(fmt.Errorf("%s has no target %s", fleet.Quote(string(route)), fleet.Quote(string(id))))
		}
		out.Moved += before.Share(id).Or(0)
		if t.Load.Requests.OK {
			out.Requests = fleet.Some(out.Requests.V + t.Load.Requests.V)
		}
	}
	if out.Moved <= 0 {
		return none, refuse(errors.New("what is to be left carries nothing: there is no load to move"))
	}
	f := finder{r: r, s: s, b: b, now: now, before: scaled(before), away: away}
	for i := range r.Targets {
		if t := &r.Targets[i]; !slices.Contains(away, t.Spec.ID) && may(to, &t.Spec) {
			out.Candidates = append(out.Candidates, f.candidate(t))
		}
	}
	if len(out.Candidates) == 0 && len(to) > 0 {
		return none, refuse(fmt.Errorf("none of %s is another target of %s", fleet.Quote(strings.Join(to, ", ")), fleet.Quote(string(route))))
	}
	if len(out.Candidates) == 0 {
		return none, refuse(fmt.Errorf("%s has no other target: add one first", fleet.Quote(string(route))))
	}
	slices.SortStableFunc(out.Candidates, func(a, b actions.Candidate) int {
		return cmp.Or(rank(&a)-rank(&b), cmp.Compare(b.Fit, a.Fit))
	})
	for _, split := range actions.Splits() {
		out.Proposals = append(out.Proposals, f.propose(split, out.Candidates))
	}
	return out, nil
}

// may tells whether a target is among the receivers: by its own ID, its pool's or its provider's.
func may(to []string, t *fleet.TargetSpec) bool {
	return len(to) == 0 || slices.Contains(to, string(t.ID)) || t.Pool != "" && slices.Contains(to, string(t.Pool)) ||
		t.Provider != "" && slices.Contains(to, string(t.Provider))
}

// weightsOf is what the replicas agree on, else what each member is set to.
func weightsOf(r *fleet.Route) fleet.Weights {
	if r.Weights != nil {
		return r.Weights.Clone()
	}
	w := fleet.Weights{}
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Set.OK {
			w[t.Spec.ID] = t.Set.V
		}
	}
	return w
}

// scaled multiplies small weights, so that a part of one is a whole number. Shares stay.
func scaled(w fleet.Weights) fleet.Weights {
	sum := w.Sum()
	if sum >= scale {
		return w
	}
	by := (scale + sum - 1) / sum
	out := fleet.Weights{}
	for id, n := range w {
		out[id] = n * by
	}
	return out
}

// finder asks the interlocks about parts of one route's load.
type finder struct {
	r      *fleet.Route
	s      *fleet.Snapshot
	b      actions.Book
	now    time.Time
	before fleet.Weights
	away   []fleet.TargetID
	caps   fleet.Weights // how much of each of away may go; nil for all of it
}

// most is how much may leave a member.
func (f *finder) most(id fleet.TargetID) int {
	if f.caps == nil {
		return f.before[id]
	}
	return min(f.caps[id], f.before[id])
}

// lead takes so much weight off the members that are left.
func (f *finder) lead(after fleet.Weights, weight int) {
	for _, id := range f.away {
		n := min(weight, f.most(id))
		after[id] -= n
		weight -= n
	}
}

// receiving are the interlocks that speak about one receiver: what it can carry, what it costs, and whether it may.
func receiving(id string) bool {
	return slices.Contains([]string{"IL-04", "IL-05", "IL-07", "IL-08", "IL-10", "IL-12", "IL-14", "IL-15", "IL-16", "IL-17", "IL-24", "IL-26", "IL-27",
		"IL-28"}, id)
}

// amount tells the interlocks that speak about how much: what they object to at the least amount is full already.
func amount(id string) bool { return slices.Contains([]string{"IL-04", "IL-05", "IL-10", "IL-12"}, id) }

// candidate finds the greatest part of the moved load that a member could take, while the rest stays where it is.
func (f *finder) candidate(t *fleet.Target) actions.Candidate {
	c := actions.Candidate{Target: t.Spec.ID, Rented: t.Spec.Provider != "", State: t.State, Price: t.Price, TTFT95: t.Load.TTFT95,
		Limit: f.s.ContextLimit(t), Labels: f.s.Residency(t)}
	f.bound(&c)
	p := f.planTo(t.Spec.ID, int(float64(c.Fit)*float64(f.moved())+1e-9))
	if p.BurnNow.OK && p.BurnThen.OK {
		c.Burn = fleet.Some(p.BurnThen.V - p.BurnNow.V)
	}
	return c
}

// bound finds how much a candidate could take. What asks an override for the least amount already is told apart from what bounds the
// amount: a person decides about the one, numbers about the other.
func (f *finder) bound(c *actions.Candidate) {
	for _, x := range f.objections(c.Target, 1) {
		if x.Severity > actions.SeverityOVR || amount(x.ID) && !x.Missing {
			c.Asks, c.Unproven = nil, false
			c.Why, c.ID = says(&x), x.ID
			return
		}
		c.Asks = append(c.Asks, actions.Ask{ID: x.ID, Why: says(&x)})
		c.Unproven = c.Unproven || x.Missing
	}
	moved := f.moved()
	why := f.bounding(c, moved)
	if why == nil {
		c.Fit = 1
		if len(c.Asks) > 0 {
			c.Why, c.ID = c.Asks[0].Why, c.Asks[0].ID
		}
		return
	}
	// An interlock that objects to much and not to little bounds it; between them the least objectionable amount is searched.
	low, high := 0, moved
	for high-low > 1 {
		mid := (low + high) / 2
		if x := f.bounding(c, mid); x != nil {
			high, why = mid, x
		} else {
			low = mid
		}
	}
	c.Fit, c.Why, c.ID = fleet.Ratio(float64(low)/float64(moved)), says(why), why.ID
}

func says(c *actions.Check) fleet.Safe {
	return fleet.Textf("%s %s: %s", fleet.Label(c.ID), c.Title, c.Formula)
}

// moved is the weight that is to go.
func (f *finder) moved() int {
	n := 0
	for _, id := range f.away {
		n += f.most(id)
	}
	return n
}

// objections are the checks that would need an override, or forbid it, if one member took so much weight; the worst first.
func (f *finder) objections(to fleet.TargetID, weight int) []actions.Check {
	var out []actions.Check
	for _, c := range interlocks.Some(f.planTo(to, weight), f.s, f.b, f.now, receiving) {
		if c.Severity >= actions.SeverityOVR {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b actions.Check) int { return int(b.Severity - a.Severity) })
	return out
}

// bounding is the worst objection to so much weight beside what is asked anyway, nil for none.
func (f *finder) bounding(c *actions.Candidate, weight int) *actions.Check {
	for _, x := range f.objections(c.Target, weight) {
		asked := slices.ContainsFunc(c.Asks, func(a actions.Ask) bool { return a.ID == x.ID }) || c.Unproven && x.Missing
		if x.Severity > actions.SeverityOVR || !asked {
			return &x
		}
	}
	return nil
}

// planTo is the plan by which one member takes so much weight.
func (f *finder) planTo(to fleet.TargetID, weight int) actions.Plan {
	after := f.before.Clone()
	after[to] += weight
	f.lead(after, weight)
	p := actions.Plan{Format: 1, Created: f.now, Context: f.s.Context, Env: f.s.Env, Mode: f.s.Mode, Gateway: f.r.Spec.Gateway,
		Route: f.r.Spec,
		Order: f.r.Order(), Before: f.before, BeforeHash: fleet.HashWeights(f.before), After: after, AfterHash: fleet.HashWeights(after),
		Intent: actions.Intent{Kind: actions.KindShift, Route: f.r.Spec.ID}, Ramp: actions.EmergencyRamp()}
	p.Steps = []actions.Step{{N: 1, Before: p.Before, BeforeHash: p.BeforeHash, After: p.After, AfterHash: p.AfterHash}}
	plan.Estimate(&p, f.r, f.s)
	return p
}

// propose spreads the moved weight over the candidates, none more than it could take. What fits nowhere stays.
func (f *finder) propose(split actions.Split, all []actions.Candidate) actions.Proposal {
	if f.r.Routing.Weighing == fleet.WeighingInOut {
		return f.proposeInOut(split, all)
	}
	moved := f.moved()
	room := make([]int, len(all))
	total := 0
	for i := range all {
		room[i] = int(float64(all[i].Fit)*float64(moved) + 1e-9)
		total += room[i]
	}
	got := make([]int, len(all))
	goal := min(moved, total)
	if split == actions.SplitBalanced {
		balance(all, got, room, goal)
	} else {
		left := goal
		for _, i := range ranked(split, all) {
			got[i] = min(left, room[i])
			left -= got[i]
		}
	}
	out := actions.Proposal{Split: split, Weights: f.before.Clone(), Left: fleet.Ratio(float64(moved-goal) / float64(moved))}
	for i := range all {
		out.Weights[all[i].Target] += got[i]
	}
	f.lead(out.Weights, goal)
	return out
}

// proposeInOut takes the failing members out and brings those in that could take something. The gateway itself shares the load
// among who is in, so that all ways are the same.
func (f *finder) proposeInOut(split actions.Split, all []actions.Candidate) actions.Proposal {
	out := actions.Proposal{Split: split, Weights: fleet.Weights{}}
	for id, n := range f.before {
		out.Weights[id] = min(n, 1)
	}
	for i := range all {
		if all[i].Fit > 0 {
			out.Weights[all[i].Target] = 1
		}
	}
	for _, id := range f.away {
		out.Weights[id] = 0
	}
	return out
}

// rank puts those first that ask no override, and those last that may take nothing.
func rank(c *actions.Candidate) int {
	switch {
	case c.Fit <= 0:
		return 2
	case len(c.Asks) > 0:
		return 1
	}
	return 0
}

// balance deals goal out to those that ask no override, and what they have no room for to the others.
func balance(all []actions.Candidate, got, room []int, goal int) {
	for _, asking := range []bool{false, true} {
		of, total := make([]int, len(all)), 0
		for i := range all {
			if asking == (len(all[i].Asks) > 0) {
				of[i] = room[i]
				total += room[i]
			}
		}
		n := min(goal, total)
		share(got, of, n, total)
		goal -= n
	}
}

// share deals goal out in proportion to room, in whole numbers: the largest remainders are rounded up.
func share(got, room []int, goal, total int) {
	if total == 0 {
		return
	}
	left := goal
	order := make([]int, 0, len(room))
	for i := range room {
		if room[i] > 0 {
			order = append(order, i)
			got[i] = goal * room[i] / total
			left -= got[i]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(goal*room[b]%total, goal*room[a]%total) })
	for _, i := range order {
		if left > 0 && got[i] < room[i] {
			got[i]++
			left--
		}
	}
}

// ranked orders candidates by price or by speed; those of which it is not known come last.
func ranked(split actions.Split, all []actions.Candidate) []int {
	key := func(i int) (float64, bool) {
		if split == actions.SplitCheapest {
			return float64(all[i].Price.V), all[i].Price.OK
		}
		return float64(all[i].TTFT95.V), all[i].TTFT95.OK
	}
	order := make([]int, len(all))
	for i := range all {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, knownX := key(a)
		y, knownY := key(b)
		if knownX != knownY {
			if knownX {
				return -1
			}
			return 1
		}
		return cmp.Compare(x, y)
	})
	return order
}

// Intent is the shift that carries a proposal out, in emergency steps. Weights that stay are left out of it where nothing was
// multiplied.
func Intent(f actions.Failover, p actions.Proposal, s *fleet.Snapshot) actions.Intent {
	in := actions.Intent{Kind: actions.KindShift, Route: f.Route, Weights: fleet.Weights{}, Ramp: actions.EmergencyRamp(),
		Soak: actions.EmergencySoak}
	was := fleet.Weights{}
	if r := s.Route(f.Route); r != nil {
		was = weightsOf(r)
	}
	for id, n := range p.Weights {
		if old, had := was[id]; !had || old != n {
			in.Weights[id] = n
		}
	}
	return in
}

// Plan is the plan of a proposal with its checks.
func Plan(f actions.Failover, p actions.Proposal, s *fleet.Snapshot, b actions.Book, now time.Time) (actions.Plan, []actions.Check, error) {
	made, err := plan.New(Intent(f, p, s), s, now)
	if err != nil {
		return actions.Plan{}, nil, err
	}
	return made, interlocks.Evaluate(made, s, b, now), nil
}

func refuse(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "fail over", Err: err, Next: "nothing was changed"}
}
