package failover

import (
	"errors"
	"fmt"
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
func Settle(run *actions.FailoverRun, wish actions.FailoverWish, s *fleet.Snapshot, b actions.Book, now time.Time) ([]actions.PlannedPart, error) {
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
	gained := fleet.Weights{}
	for id, n := range weightsOf(r) {
		if t := r.Target(id); t != nil && t.Spec.Provider != "" && n > c.Plan.Before[id] {
			gained[id] = n - c.Plan.Before[id]
		}
	}
	for _, id := range r.Order() {
		if gained[id] > 0 {
			f.away = append(f.away, id)
			f.caps[id] = gained[id] * f.before.Sum() / max(1, weightsOf(r).Sum())
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

// Return are the plans by which the load goes back to where a failover took it from. Each restores what the failover found, step by
// step.
func Return(run *actions.FailoverRun, wish actions.FailoverWish, s *fleet.Snapshot, b actions.Book, now time.Time) ([]actions.PlannedPart, error) {
	if s == nil {
		return nil, &fleet.Error{Kind: fleet.KindStale, Op: "plan the return", Err: errors.New("nothing has been read yet")}
	}
	for _, n := range run.Stand(s, now).Next {
		if n.Stage == actions.StageReturn && !n.Ready {
			return nil, &fleet.Error{Kind: fleet.KindBlocked, Op: "plan the return", Err: errors.New(n.Why.String()),
				Next: "nothing was changed; a shift by hand is possible at any time"}
		}
	}
	var plans []actions.Plan
	for i := range run.Leaves {
		c := &run.Leaves[i]
		r := s.RouteOf(c.Plan.Route)
		if r == nil || c.State != actions.StateCommitted || c.Undone != "" {
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
