package failover

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/interlocks"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// WarmIntent is what starts the replicas of a standby pool. A pool of which it is not known what keeps it is refused.
func WarmIntent(w actions.Warmup, as actions.FailoverPart) (actions.Intent, error) {
	if !w.Why.IsEmpty() {
		return actions.Intent{}, refuse(errors.New(w.Why.String()))
	}
	as.Stage = actions.StageWarm
	return actions.Intent{Kind: actions.KindScale, Failover: &as, Work: &actions.WorkIntent{Object: w.Object,
		Want: fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(w.Replicas)}}}, nil
}

// Settle are the plans of the second stage: what rented members took over for the while goes to the pools that are warm now, in
// routine steps.
func Settle(run *actions.FailoverRun, wish actions.FailoverWish, s *fleet.Snapshot, b actions.Book,
	now time.Time) ([]actions.PlannedPart, error) {
	if s == nil {
		return nil, &fleet.Error{Kind: fleet.KindStale, Op: "plan the second stage", Err: errors.New("nothing has been read yet")}
	}
	var plans []actions.Plan
	for i := range run.Leaves {
		c := &run.Leaves[i]
		in, ok := settleIntent(run, c, s, beside(b, plans), now)
		if !ok {
			continue
		}
		p, err := plan.New(wish.Onto(in), s, now)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	if len(plans) == 0 {
		return nil, refuse(errors.New("no rented member carries anything for it that a warm pool could take"))
	}
	return Judge(plans, s, b, now), nil
}

// settleIntent moves what rented members gained on one route to warm pools, as much as fits.
func settleIntent(run *actions.FailoverRun, c *actions.Change, s *fleet.Snapshot, b actions.Book, now time.Time) (actions.Intent, bool) {
	r := s.RouteOf(c.Plan.Route)
	if r == nil || c.State != actions.StateCommitted {
		return actions.Intent{}, false
	}
	s = interlocks.WithOpen(s, b, r.Spec.ID)
	f := finder{r: r, s: s, b: b, now: now, before: scaled(weightsOf(r)), caps: fleet.Weights{}}
	for _, id := range r.Order() {
		t := r.Target(id)
		// Shares are compared: the sum of the weights may be another one than before.
		had := int(math.Ceil(float64(c.Plan.Before.Share(id).Or(0))*float64(f.before.Sum()) - slack))
		if t != nil && t.Spec.Provider != "" && f.before[id] > had {
			f.away = append(f.away, id)
			f.caps[id] = f.before[id] - had
		}
	}
	var warm []actions.Candidate
	for _, w := range run.Stand(s, now).Warm {
		for i := range r.Targets {
			t := &r.Targets[i]
			if w.Warm() && t.Spec.Pool == w.Pool && !run.Origin.Holds(s, t) {
				warm = append(warm, f.candidate(t))
			}
		}
	}
	if f.moved() == 0 || len(warm) == 0 {
		return actions.Intent{}, false
	}
	p := f.propose(actions.SplitBalanced, warm)
	in := Intent(actions.Failover{Route: r.Spec.ID}, p, s)
	in.Ramp, in.Soak = actions.Ramp{}, 0
	in.Failover = part(run, actions.StageSettle)
	return in, len(in.Weights) > 0
}

// slack absorbs the rounding of shares that are no binary fractions.
const slack = 1e-9

// Return are the plans by which the load goes back to where a failover took it from. Each restores what the failover found, step by
// step.
func Return(run *actions.FailoverRun, wish actions.FailoverWish, s *fleet.Snapshot, b actions.Book,
	now time.Time) ([]actions.PlannedPart, error) {
	if s == nil {
		return nil, &fleet.Error{Kind: fleet.KindStale, Op: "plan the return", Err: errors.New("nothing has been read yet")}
	}
	if why := notYet(run.Stand(s, now), run); !why.IsEmpty() {
		return nil, &fleet.Error{Kind: fleet.KindBlocked, Op: "plan the return", Err: errors.New(why.String()),
			Next: "nothing was changed; a shift by hand is possible at any time"}
	}
	var plans []actions.Plan
	for i := range run.Leaves {
		c := &run.Leaves[i]
		r := s.RouteOf(c.Plan.Route)
		if r == nil || c.State != actions.StateCommitted || c.Undone != "" || isAt(r, c.Plan.Before) {
			continue
		}
		in, err := plan.Undo(*c, actions.Actor{})
		if err != nil {
			return nil, err
		}
		in.Ramp, in.Failover, in.Reason = actions.Returning(), part(run, actions.StageReturn), ""
		p, err := plan.New(wish.Onto(in), s, now)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fleet.Quote(string(r.Spec.ID)), err)
		}
		plans = append(plans, p)
	}
	if len(plans) == 0 {
		return nil, refuse(errors.New("none of its changes stands: there is nothing to return from"))
	}
	return Judge(plans, s, b, now), nil
}

// notYet is why the way back cannot be planned now, "" where it can, or where there is none.
func notYet(st actions.Standing, run *actions.FailoverRun) fleet.Safe {
	for _, n := range st.Next {
		if n.Stage == actions.StageReturn {
			if n.Ready {
				return fleet.Safe{}
			}
			return n.Why
		}
	}
	if open := run.Open(); len(open) > 0 {
		return fleet.Textf("change %s of it is open (%s)", fleet.Label(string(open[0].ID)), fleet.Label(string(open[0].State)))
	}
	return fleet.Safe{}
}

// isAt tells whether a route holds weights already, such as by a shift by hand.
func isAt(r *fleet.Route, w fleet.Weights) bool {
	at := weightsOf(r)
	for id, n := range at {
		if n != w[id] {
			return false
		}
	}
	return at.Sum() == w.Sum()
}

func part(run *actions.FailoverRun, stage actions.FailoverStage) *actions.FailoverPart {
	return &actions.FailoverPart{ID: run.ID, Origin: run.Origin, Stage: stage, Split: run.Split, Runbook: run.Runbook}
}

// Run finds a failover by its ID.
func Run(b actions.Book, id string) (*actions.FailoverRun, error) {
	runs := actions.Failovers(b)
	at := slices.IndexFunc(runs, func(r actions.FailoverRun) bool { return r.ID == id })
	if at < 0 {
		return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "find the failover", Err: fmt.Errorf("there is no failover %s", fleet.Quote(id)),
			Next: "pitwall journal list names the changes of failovers"}
	}
	return &runs[at], nil
}
