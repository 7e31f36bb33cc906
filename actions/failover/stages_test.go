package failover

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// left is a fleet whose two routes were led away from a, with the failover as the journal tells it.
func left(t *testing.T) (*fleet.Snapshot, actions.Book, []actions.PlannedPart) {
	t.Helper()
	s := twoRoutes(80000, 80000)
	e := evacuate(t, poolA, s, book())
	parts, err := Parts(&e, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	apply(s, parts)
	s.Pools[0].State, s.Pools[0].Since = fleet.StateOK, now.Add(-11*time.Minute)
	return s, committed(parts), parts
}

func run(t *testing.T, b actions.Book) *actions.FailoverRun {
	t.Helper()
	r, err := Run(b, "fo-1")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARouteThatIsBackAlreadyKeepsNoOtherFromReturning(t *testing.T) {
	s, b, parts := left(t)
	r := s.Route(parts[0].Plan.Route.ID)
	r.Weights, r.Hash = parts[0].Plan.Before.Clone(), parts[0].Plan.BeforeHash // by hand
	back, err := Return(run(t, b), actions.FailoverWish{}, s, b, now)
	if err != nil || len(back) != 1 || back[0].Plan.Route.ID != parts[1].Plan.Route.ID {
		t.Fatalf("%d parts, %v", len(back), err)
	}
}

func TestNoWayBackIsPlannedWhileAnotherIsUnderWay(t *testing.T) {
	s, b, _ := left(t)
	back, err := Return(run(t, b), actions.FailoverWish{}, s, b, now)
	if err != nil {
		t.Fatal(err)
	}
	b.Changes = append([]actions.Change{{ID: "r1", Plan: back[0].Plan, State: actions.StateVerifying, Started: now}}, b.Changes...)
	if _, err := Return(run(t, b), actions.FailoverWish{}, s, b, now); fleet.KindOf(err) != fleet.KindBlocked || !strings.Contains(err.Error(), "r1") {
		t.Errorf("%v", err)
	}
}

// TestTheWayBackIsOfferedBesideAWarmPool: F means the first stage that is ready, and what is well gets its load back.
func TestTheWayBackIsOfferedBesideAWarmPool(t *testing.T) {
	s, b, _ := left(t)
	b.Changes = append(b.Changes, actions.Change{ID: "w1", State: actions.StateCommitted, Plan: actions.Plan{Work: &actions.WorkPlan{Pool: "c"},
		Intent: actions.Intent{Kind: actions.KindScale, Failover: &actions.FailoverPart{ID: "fo-1", Origin: poolA, Stage: actions.StageWarm},
			Work: &actions.WorkIntent{Want: fleet.Want{Replicas: fleet.Some(2)}}}}})
	if next := run(t, b).Stand(s, now).Next; len(next) != 1 || next[0].Stage != actions.StageReturn || !next[0].Ready {
		t.Errorf("while it is well: %+v", next)
	}
	s.Pools[0].State = fleet.StateDown
	for _, n := range run(t, b).Stand(s, now).Next {
		if n.Stage == actions.StageSettle {
			t.Errorf("a second stage is offered and nothing is rented: %+v", n)
		}
	}
}

func TestWhatIsWellSinceNobodyKnowsWhenIsNotWellForTenMinutes(t *testing.T) {
	s, b, _ := left(t)
	s.Pools[0].Since = time.Time{}
	if _, err := Return(run(t, b), actions.FailoverWish{}, s, b, now); fleet.KindOf(err) != fleet.KindBlocked {
		t.Errorf("%v", err)
	}
}

func TestTheSecondStageComparesShares(t *testing.T) {
	s := fleetOf(0, 0)
	s.Routes[0].Targets[1].Spec.Pool, s.Routes[0].Targets[1].Spec.Provider = "", "openai"
	s.Providers = []fleet.Provider{{Spec: fleet.ProviderSpec{ID: "openai"}}}
	as := actions.FailoverPart{ID: "fo-1", Origin: poolA, Stage: actions.StageLeave}
	warm := as
	warm.Stage = actions.StageWarm
	w := fleet.Weights{"a": 0, "b": 100, "c": 0} // from 3 to 1: weights that small are multiplied
	s.Routes[0].Weights, s.Routes[0].Hash = w, fleet.HashWeights(w)
	s.Pools[2].Rating = fleet.Some(fleet.Rating{Decode: 1e6, Prefill: 1e6, From: now, Kind: "history"})
	b := book()
	b.Changes = []actions.Change{
		{ID: "c1", State: actions.StateCommitted, Plan: actions.Plan{Route: s.Routes[0].Spec, Before: fleet.Weights{"a": 3, "b": 1, "c": 0}, After: w,
			Intent: actions.Intent{Kind: actions.KindShift, Route: "chat", Failover: &as}}},
		{ID: "c2", State: actions.StateCommitted, Plan: actions.Plan{Work: &actions.WorkPlan{Pool: "c"}, Intent: actions.Intent{Kind: actions.KindScale,
			Failover: &warm, Work: &actions.WorkIntent{Want: fleet.Want{Replicas: fleet.Some(2)}}}}},
	}
	parts, err := Settle(run(t, b), actions.FailoverWish{}, s, b, now)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d, %v", len(parts), err)
	}
	if got := parts[0].Plan.After; got["b"] != 25 || got["c"] != 75 {
		t.Errorf("%v: a quarter was rented before the failover", got)
	}
}

func TestWhatIsInFlightIsCountedOnceAndWholeOrNotAtAll(t *testing.T) {
	s := fleetOf(1e6, 1e6)
	for i := range s.Pools {
		s.Pools[i].Load.Running = fleet.Some(fleet.Count(7))
	}
	o := actions.Origin{Kind: actions.OriginRoute, ID: "chat", Targets: []fleet.TargetID{"a", "b"}}
	s.Routes[0].Targets[1].Spec.Pool = "a"
	if got := o.InFlight(s); got != fleet.Some(fleet.Count(7)) {
		t.Errorf("%v in one pool of two members", got)
	}
	s.Routes[0].Targets[1].Spec.Pool, s.Routes[0].Targets[1].Spec.Provider = "", "openai"
	if got := o.InFlight(s); got.OK {
		t.Errorf("%v, and what is in flight at a provider is not told", got)
	}
}

// TestAPartThatNeverStartedIsTold: it was refused at its start, or its console ended between two of them.
func TestAPartThatNeverStartedIsTold(t *testing.T) {
	s, b, parts := left(t)
	b.Changes = b.Changes[:1]
	st := run(t, b).Stand(s, now)
	if len(st.Unstarted) != 1 || st.Unstarted[0] != parts[1].Plan.Route.ID || st.Moved != (actions.Progress{Done: 1, Of: 2}) {
		t.Errorf("%+v", st)
	}
}
