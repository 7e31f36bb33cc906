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
func roomFor(route fleet.RouteID, away []fleet.TargetID, to []string, s *fleet.Snapshot, b actions.Book,
	now time.Time) (actions.Failover, error) {
	none := actions.Failover{}
	s = staying(interlocks.WithOpen(s, b, route))
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
	out := actions.Failover{Route: route, Away: slices.Clone(away), Before: before}
	if err := carried(&out, r, before); err != nil {
		return none, err
	}
	if out.Moved <= 0 {
		return none, refuse(errors.New("what is to be left carries nothing: there is no load to move"))
	}
	f := finder{r: r, s: s, b: b, now: now, before: scaled(before), away: away}
	for i := range r.Targets {
		if t := &r.Targets[i]; !slices.Contains(away, t.Spec.ID) && may(to, &t.Spec) && !sameGPUs(r, away, t) {
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

// staying is a snapshot in which pools are proven for what stays of them: load that is moved onto machines that are going to be lost
// has to be moved again.
func staying(s *fleet.Snapshot) *fleet.Snapshot {
	if !slices.ContainsFunc(s.Pools, func(p fleet.Pool) bool { return p.Lasting() < 1 }) {
		return s
	}
	out := *s
	out.Pools = slices.Clone(s.Pools)
	for i := range out.Pools {
		out.Pools[i] = *out.Pools[i].Staying()
	}
	return &out
}

// carried fills in what the members that are left carry: their share of the route, and their requests, where all are known.
func carried(out *actions.Failover, r *fleet.Route, before fleet.Weights) error {
	out.Requests.OK = true
	for _, id := range out.Away {
		t := r.Target(id)
		if t == nil {
			return refuse(fmt.Errorf("%s has no target %s", fleet.Quote(string(out.Route)), fleet.Quote(string(id))))
		}
		out.Moved += before.Share(id).Or(0)
		switch {
		case t.Load.Requests.OK:
			out.Requests.V += t.Load.Requests.V
		case before[id] > 0:
			out.Requests.OK = false // a part of the sum would pass for all of it
		}
	}
	if !out.Requests.OK {
		out.Requests.V = 0
	}
	return nil
}

// sameGPUs tells whether a target is another name for a pool that is left.
func sameGPUs(r *fleet.Route, away []fleet.TargetID, t *fleet.Target) bool {
	return t.Spec.Pool != "" && slices.ContainsFunc(away, func(id fleet.TargetID) bool { return r.Target(id).Spec.Pool == t.Spec.Pool })
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
	return slices.Contains([]string{"IL-04", "IL-05", "IL-07", "IL-08", "IL-10", "IL-12", "IL-14", "IL-15", "IL-16", "IL-17", "IL-24",
		"IL-26", "IL-27", "IL-28"}, id)
}

// amount tells the interlocks that speak about how much: what they object to at the least amount is full already.
func amount(id string) bool { return slices.Contains([]string{"IL-04", "IL-05", "IL-10", "IL-12"}, id) }

// candidate finds the greatest part of the moved load that a member could take, while the rest stays where it is.
func (f *finder) candidate(t *fleet.Target) actions.Candidate {
	c := actions.Candidate{Target: t.Spec.ID, Rented: t.Spec.Provider != "", State: t.State, Price: t.Price, TTFT95: t.Load.TTFT95,
		Limit: f.s.ContextLimit(t), Labels: f.s.Residency(t)}
	f.bound(&c)
	if pool := f.s.Pool(t.Spec.Pool); pool != nil && pool.Lasting() < 1 && !c.Why.IsEmpty() {
		c.Why = fleet.Textf("%s; %s%% of its replicas are on machines that stay", c.Why, pool.Lasting().Whole())
	}
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
	return f.objectionsTo(f.planTo(to, weight))
}

// objectionsTo are those to a plan.
func (f *finder) objectionsTo(p actions.Plan) []actions.Check {
	var out []actions.Check
	for _, c := range interlocks.Some(p, f.s, f.b, f.now, receiving) {
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
	return f.planOf(after)
}

// planOf is the plan that leads to some weights in one step.
func (f *finder) planOf(after fleet.Weights) actions.Plan {
	p := actions.Plan{Format: 1, Created: f.now, Context: f.s.Context, Env: f.s.Env, Mode: f.s.Mode, Gateway: f.r.Spec.Gateway,
		Route: f.r.Spec,
		Order: f.r.Order(), Before: f.before, BeforeHash: fleet.HashWeights(f.before), After: after, AfterHash: fleet.HashWeights(after),
		Intent: actions.Intent{Kind: actions.KindShift, Route: f.r.Spec.ID}, Ramp: actions.EmergencyRamp()}
	p.Steps = []actions.Step{{N: 1, Before: p.Before, BeforeHash: p.BeforeHash, After: p.After, AfterHash: p.AfterHash}}
	plan.Estimate(&p, f.r, f.s)
	return p
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
