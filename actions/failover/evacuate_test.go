package failover

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/actions/interlocks"
	"pitwall/fleet"
)

// twoRoutes is a fleet in which chat and code both send 60 % of 100 requests/s each to a, and share b and c.
func twoRoutes(ratingB, ratingC float64) *fleet.Snapshot {
	s := fleetOf(ratingB, ratingC)
	code := s.Routes[0]
	code.Spec.ID = "code"
	s.Routes = append(s.Routes, code)
	for i := range s.Pools { // both routes together
		l := &s.Pools[i].Load
		l.Requests.V, l.InRate.V, l.OutRate.V = 2*l.Requests.V, 2*l.InRate.V, 2*l.OutRate.V
	}
	s.Sites = []fleet.Site{{ID: "fra1"}, {ID: "ams1"}}
	s.Pools[0].Spec.Site, s.Pools[1].Spec.Site, s.Pools[2].Spec.Site = "fra1", "ams1", "ams1"
	return s
}

var poolA = actions.Origin{Kind: actions.OriginPool, ID: "a"}

func evacuate(t *testing.T, o actions.Origin, s *fleet.Snapshot, b actions.Book) actions.Evacuation {
	t.Helper()
	e, err := Evacuate(o, actions.Bounds{}, s, b, now)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// moved is what of the requests of both routes a way brings to a target, per second.
func brought(s *fleet.Snapshot, w actions.Way, found []actions.Failover, id fleet.TargetID) float64 {
	sum := 0.0
	for i, p := range w.Moves {
		r := s.Route(found[i].Route)
		sum += float64(r.Load.Requests.V) * float64(p.Weights.Share(id).V-r.Weights.Share(id).V)
	}
	return sum
}

func TestEveryRouteOfAPoolIsFoundAndTogetherTheyFit(t *testing.T) {
	// b carries 3000 output tokens/s and may carry 0.85 x 8000 = 6800: 76 requests/s of 50 tokens. One route alone moves 60.
	s := twoRoutes(8000, 1000)
	e := evacuate(t, poolA, s, book())
	if len(e.Found) != 2 || len(e.Stays) != 0 || e.Requests.V != 120 || e.InFlight.OK {
		t.Fatalf("%+v", e)
	}
	if c := candidate(e.Found[0], "b"); c.Fit < 1 {
		t.Errorf("alone the first route fits whole, not %v: %s", c.Fit, c.Why)
	}
	for _, w := range e.Ways {
		if got := brought(s, w, e.Found, "b"); got > 76.1 || got < 70 {
			t.Errorf("%s brings %.1f requests/s to b, which has room for 76", w.Split, got)
		}
		if !w.Left.OK || w.Left.V < 0.3 {
			t.Errorf("%s says that %v stays", w.Split, w.Left)
		}
	}
}

func TestAPlanOfAWayPassesBesideTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := twoRoutes(rapid.Float64Range(3000, 40000).Draw(t, "b"), rapid.Float64Range(1000, 40000).Draw(t, "c"))
		e, err := Evacuate(poolA, actions.Bounds{}, s, book(), now)
		if err != nil {
			t.Fatal(err)
		}
		split := rapid.SampledFrom(actions.Splits()).Draw(t, "split")
		parts, err := Parts(&e, "fo-1", actions.FailoverWish{Split: split}, s, book(), now)
		if fleet.KindOf(err) == fleet.KindInvalid {
			return // nothing fits anywhere
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if p.Plan.Intent.Failover == nil || p.Plan.Intent.Failover.ID != "fo-1" || p.Plan.After.Sum() <= 0 {
				t.Fatalf("%+v", p.Plan.Intent)
			}
			for _, c := range p.Checks {
				if receiving(c.ID) && c.Severity >= actions.SeverityOVR && !c.Missing {
					t.Fatalf("%s of %s: %s", c.ID, p.Plan.Route.ID, c.Formula)
				}
			}
		}
	})
}

func TestARouteWithAnOpenChangeStaysAndItsLoadCounts(t *testing.T) {
	s := twoRoutes(8000, 1000)
	alone := evacuate(t, poolA, s, book())
	parts, err := Parts(&alone, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	b := book()
	b.Changes = []actions.Change{{ID: "c1", Plan: parts[0].Plan, State: actions.StateVerifying}}
	e := evacuate(t, poolA, s, b)
	if len(e.Found) != 1 || len(e.Stays) != 1 || e.Stays[0].Route != parts[0].Plan.Route.ID {
		t.Fatalf("found %d, stay %+v", len(e.Found), e.Stays)
	}
	if got := brought(s, e.Ways[0], e.Found, "b"); got > 17 {
		t.Errorf("%.1f requests/s more go to b, which has room for 16 beside the open change", got)
	}
	for _, c := range interlocks.Evaluate(parts[1].Plan, s, b, now) {
		if c.ID == "IL-04" && !strings.Contains(c.Formula.String(), "still to move of "+string(parts[0].Plan.Route.ID)) {
			t.Errorf("the check does not say what it counts: %s", c.Formula)
		}
	}
}

func TestOriginsOfEveryKind(t *testing.T) {
	s := twoRoutes(40000, 40000)
	for _, c := range []struct {
		o      actions.Origin
		routes int
		away   int
	}{
		{poolA, 2, 1},
		{actions.Origin{Kind: actions.OriginSite, ID: "ams1"}, 2, 2},
		{actions.Origin{Kind: actions.OriginRoute, ID: "code", Targets: []fleet.TargetID{"a"}}, 1, 1},
	} {
		e := evacuate(t, c.o, s, book())
		if len(e.Found) != c.routes || len(e.Found[0].Away) != c.away {
			t.Errorf("%s: %d routes, %v", c.o.Text(), len(e.Found), e.Found)
		}
	}
	for _, o := range []actions.Origin{{Kind: actions.OriginPool, ID: "x"}, {Kind: actions.OriginProvider, ID: "a"},
		{Kind: actions.OriginSite, ID: "a"}, {Kind: actions.OriginRoute, ID: "a"}, {}} {
		if _, err := Evacuate(o, actions.Bounds{}, s, book(), now); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := Evacuate(poolA, actions.Bounds{}, nil, book(), now); fleet.KindOf(err) != fleet.KindStale {
		t.Errorf("before the first reading: %v", err)
	}
}

func TestNothingGoesToAnIdleMemberOfTheOrigin(t *testing.T) {
	s := twoRoutes(40000, 40000)
	for i := range s.Routes {
		w := fleet.Weights{"a": 90, "b": 0, "c": 10}
		s.Routes[i].Weights, s.Routes[i].Hash = w, fleet.HashWeights(w)
	}
	s.Pools[1].Spec.Site = "fra1" // b, without weight, at the site that is left
	e := evacuate(t, actions.Origin{Kind: actions.OriginSite, ID: "fra1"}, s, book())
	for _, w := range e.Ways {
		for _, p := range w.Moves {
			if p.Weights["b"] != 0 {
				t.Errorf("%s sends %d to b, which is at the site that is left", w.Split, p.Weights["b"])
			}
		}
	}
}

func TestMembersThatAreOnlyInOrOutAreSwitched(t *testing.T) {
	s := fleetOf(1e6, 1e6)
	w := fleet.Weights{"a": 1, "b": 1, "c": 0}
	r := &s.Routes[0]
	r.Weights, r.Hash, r.Routing.Weighing = w, fleet.HashWeights(w), fleet.WeighingInOut
	e := evacuate(t, poolA, s, book())
	parts, err := Parts(&e, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	p := parts[0].Plan
	if !p.After.Equal(fleet.Weights{"a": 0, "b": 1, "c": 1}) || len(p.Steps) != 2 {
		t.Fatalf("%v in %+v", p.After, p.Steps)
	}
	if first := p.Steps[0].After; first["c"] != 1 || first["a"] != 1 {
		t.Errorf("the first step does not bring the receiver in: %v", first)
	}
}

// committed is a book in which the parts are done.
func committed(parts []actions.PlannedPart) actions.Book {
	b := book()
	for i, p := range parts {
		b.Changes = append(b.Changes, actions.Change{ID: fleet.ChangeID("c" + string(rune('1'+i))), Seq: i + 1, Plan: p.Plan, Step: len(p.Plan.Steps),
			State: actions.StateCommitted, Started: now.Add(-20 * time.Minute),
			Steps: []actions.StepResult{{N: 1, Verified: now.Add(-19 * time.Minute)}}})
	}
	return b
}

// apply lets routes hold what the parts set.
func apply(s *fleet.Snapshot, parts []actions.PlannedPart) {
	for _, p := range parts {
		r := s.Route(p.Plan.Route.ID)
		r.Weights, r.Hash = p.Plan.After.Clone(), p.Plan.AfterHash
		r.Targets = append([]fleet.Target(nil), r.Targets...)
		for i := range r.Targets {
			r.Targets[i].Set = fleet.Some(p.Plan.After[r.Targets[i].Spec.ID])
		}
	}
}

func TestTheWayBackWaitsForTenGoodMinutesAndGoesInStations(t *testing.T) {
	s := twoRoutes(80000, 80000)
	e := evacuate(t, poolA, s, book())
	parts, err := Parts(&e, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	b := committed(parts)
	apply(s, parts)
	run, err := Run(b, "fo-1")
	if err != nil || len(run.Leaves) != 2 || run.Over() {
		t.Fatalf("%+v, %v", run, err)
	}
	s.Pools[0].State, s.Pools[0].Why = fleet.StateDown, fleet.Text("no token moves")
	if _, err := Return(run, actions.FailoverWish{}, s, b, now); fleet.KindOf(err) != fleet.KindBlocked || !strings.Contains(err.Error(), "no token moves") {
		t.Errorf("while it is down: %v", err)
	}
	s.Pools[0].State, s.Pools[0].Since = fleet.StateIdle, now.Add(-3*time.Minute)
	if _, err := Return(run, actions.FailoverWish{}, s, b, now); fleet.KindOf(err) != fleet.KindBlocked {
		t.Errorf("after three good minutes: %v", err)
	}
	s.Pools[0].Since = now.Add(-11 * time.Minute)
	for i := range s.Routes {
		s.Routes[i].Targets[0].Probe = &fleet.Probe{}
	}
	if _, err := Return(run, actions.FailoverWish{}, s, b, now); fleet.KindOf(err) != fleet.KindBlocked || !strings.Contains(err.Error(), "live probe") {
		t.Errorf("after a failed probe: %v", err)
	}
	for i := range s.Routes {
		s.Routes[i].Targets[0].ProbesCleanSince = fleet.Some(now.Add(-12 * time.Minute))
	}
	back, err := Return(run, actions.FailoverWish{}, s, b, now)
	if err != nil || len(back) != 2 {
		t.Fatalf("%d, %v", len(back), err)
	}
	for _, p := range back {
		if !p.Plan.After.Equal(fleet.Weights{"a": 60, "b": 30, "c": 10}) || len(p.Plan.Steps) != 6 || p.Plan.Intent.Failover.Stage != actions.StageReturn {
			t.Errorf("%v in %d steps, %+v", p.Plan.After, len(p.Plan.Steps), p.Plan.Intent.Failover)
		}
		if first := p.Plan.Steps[0].After.Share("a"); first.V > 0.0101 {
			t.Errorf("the first step gives %v", first)
		}
	}
	for i := range back {
		b.Changes = append(b.Changes, actions.Change{ID: fleet.ChangeID(rune('x' + i)), Plan: back[i].Plan, State: actions.StateCommitted})
	}
	if again, _ := Run(b, "fo-1"); !again.Over() {
		t.Error("the load is back and the failover is not over")
	}
}

func TestTheSecondStageTakesFromWhatWasRentedOnlyWhatItGained(t *testing.T) {
	s := fleetOf(0, 0)
	// b is rented and took all of a's 60; c is the standby pool that warms up.
	s.Routes[0].Targets[1].Spec.Pool, s.Routes[0].Targets[1].Spec.Provider = "", "openai"
	s.Providers = []fleet.Provider{{Spec: fleet.ProviderSpec{ID: "openai"}}}
	part := actions.FailoverPart{ID: "fo-1", Origin: poolA, Stage: actions.StageLeave}
	in := actions.Intent{Kind: actions.KindShift, Route: "chat", Failover: &part}
	b := book()
	b.Changes = []actions.Change{
		{ID: "c1", State: actions.StateCommitted, Plan: actions.Plan{Intent: in, Route: s.Routes[0].Spec,
			Before: fleet.Weights{"a": 60, "b": 30, "c": 10}, After: fleet.Weights{"a": 0, "b": 90, "c": 10}}},
		{ID: "c2", State: actions.StateCommitted, Plan: actions.Plan{Work: &actions.WorkPlan{Pool: "c"}, Intent: actions.Intent{Kind: actions.KindScale,
			Failover: &actions.FailoverPart{ID: "fo-1", Origin: poolA, Stage: actions.StageWarm},
			Work:     &actions.WorkIntent{Want: fleet.Want{Replicas: fleet.Some(2)}}}}},
	}
	w := fleet.Weights{"a": 0, "b": 90, "c": 10}
	s.Routes[0].Weights, s.Routes[0].Hash = w, fleet.HashWeights(w)
	s.Pools[2].Rating = fleet.Some(fleet.Rating{Decode: 1e6, Prefill: 1e6, From: now, Kind: "history"})
	run, err := Run(b, "fo-1")
	if err != nil {
		t.Fatal(err)
	}
	s.Pools[2].Ready, s.Pools[2].Desired = 1, 2
	if _, err := Settle(run, actions.FailoverWish{}, s, b, now); err == nil {
		t.Error("a second stage was planned onto a pool that is not ready")
	}
	s.Pools[2].Ready = 2
	parts, err := Settle(run, actions.FailoverWish{}, s, b, now)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d, %v", len(parts), err)
	}
	if got := parts[0].Plan.After; got["b"] != 30 || got["c"] != 70 || got["a"] != 0 {
		t.Errorf("%v: what was rented before the failover is not its to take", got)
	}
}

func TestADrainThatLastsIsCalledStuck(t *testing.T) {
	s := twoRoutes(80000, 80000)
	e := evacuate(t, poolA, s, book())
	parts, err := Parts(&e, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	b := committed(parts)
	s.Pools[0].Load.Running = fleet.Some(fleet.Count(38))
	run, _ := Run(b, "fo-1")
	if d := run.Stand(s, now).Drain; !d.Shared || d.Stuck || d.InFlight.V != 38 {
		t.Errorf("while routes still send to it: %+v", d)
	}
	apply(s, parts)
	if d := run.Stand(s, now).Drain; d.Shared || !d.Stuck {
		t.Errorf("19 minutes after the last write: %+v", d)
	}
	if d := run.Stand(s, now.Add(-18*time.Minute)).Drain; d.Stuck {
		t.Errorf("a minute after the last write: %+v", d)
	}
}

// A receiver that shares fate with what fails asks an override for the least part already: it is offered as that, after those that ask
// none, and not as full.
func TestWhoAsksAnOverrideIsOfferedAfterWhoAsksNone(t *testing.T) {
	s := fleetOf(1e6, 4000)
	s.Pools[0].State = fleet.StateDown // a fails
	s.Routes[0].Targets[0].State = fleet.StateDown
	for i := range 2 { // b shares power with a
		s.Pools[i].Spec.Fate = fleet.Fate{"power": "F2"}
	}
	f := find(t, s)
	b, c := candidate(f, "b"), candidate(f, "c")
	if len(b.Asks) != 1 || b.Asks[0].ID != "IL-26" || b.Fit != 1 || b.FreeFit() != 0 || b.Unproven {
		t.Fatalf("b: %+v", b)
	}
	if len(c.Asks) != 0 || c.Fit <= 0 || c.Fit >= 1 || f.Candidates[0].Target != "c" {
		t.Fatalf("c: %+v, first %s", c, f.Candidates[0].Target)
	}
	p := f.Proposals[0]
	if p.Left != 0 || p.Weights["a"] != 0 {
		t.Errorf("%+v", p)
	}
	if got := float64(p.Weights["c"]-10) / 60; got < float64(c.Fit)*(1-reserve)-0.02 {
		t.Errorf("c, which asks nothing, gets %.2f of it and could take %v", got, c.Fit)
	}
	e := evacuate(t, poolA, s, book())
	if len(e.Ways[0].Asks) != 1 || e.Ways[0].Asks[0] != "IL-26" {
		t.Errorf("the way asks %v", e.Ways[0].Asks)
	}
	if text := b.Limits().String(); !strings.HasPrefix(text, "asks an override: IL-26") {
		t.Errorf("%s", text)
	}
}
