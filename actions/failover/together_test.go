package failover

import (
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestTwoMembersOfOnePoolGetTogetherWhatItHasRoomFor(t *testing.T) {
	// c is another deployment on b's GPUs: b carries 1500 output tokens/s and may carry 0.85 x 4000 = 3400, of a's 3000.
	s := fleetOf(4000, 0)
	s.Routes[0].Targets[2].Spec.Pool = "b"
	f := find(t, s)
	for _, p := range f.Proposals {
		got := p.Weights["b"] - 30 + p.Weights["c"] - 10
		if got < 30 || got > 38 {
			t.Errorf("%s gives b's GPUs %d of a's 60, which have room for 38: %v", p.Split, got, p.Weights)
		}
		if want := float64(60-got) / 60; float64(p.Left) < want-0.001 || float64(p.Left) > want+0.001 {
			t.Errorf("%s says %v stays, not %v", p.Split, p.Left, want)
		}
	}
}

func TestTwoRentedMembersKeepToOneBudget(t *testing.T) {
	s := fleetOf(0, 0)
	r := &s.Routes[0]
	for i, id := range []fleet.ProviderID{"x", "y"} {
		r.Targets[i+1].Spec.Pool, r.Targets[i+1].Spec.Provider = "", id
		r.Targets[i+1].Burn = fleet.Some(fleet.USDPerHour(1))
		s.Providers = append(s.Providers, fleet.Provider{Spec: fleet.ProviderSpec{ID: id}, State: fleet.StateOK, ProbeAt: now,
			Authorised: fleet.Some(true), Load: r.Targets[i+1].Load,
			Limits: []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(1e9)}}})
	}
	r.Targets[0].Burn = fleet.Some(fleet.USDPerHour(5))
	s.Totals.Burn, s.Spend.Burn = fleet.Some(fleet.USDPerHour(10)), fleet.Some(fleet.USDPerHour(10))
	limit, err := fleet.ParseMoney("30000", fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	s.Spend.Budget.PerMonth = fleet.Some(limit)
	f := find(t, s)
	for _, p := range f.Proposals {
		q, checks, err := Plan(f, p, s, book(), now)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range checks {
			if c.ID == "IL-12" && c.Severity >= actions.SeverityOVR {
				t.Errorf("%s, burn %v: %s", p.Split, q.BurnThen, c.Formula)
			}
		}
	}
}

func TestWhereNobodyCouldTakeIt(t *testing.T) {
	for name, weighing := range map[string]fleet.Weighing{"shares": fleet.WeighingShares, "in or out": fleet.WeighingInOut} {
		s := fleetOf(1e6, 1e6)
		r := &s.Routes[0]
		w := fleet.Weights{"a": 1, "b": 0, "c": 0}
		r.Weights, r.Hash, r.Routing.Weighing = w, fleet.HashWeights(w), weighing
		s.Pools[1].Ready, s.Pools[2].Ready = 0, 0
		e := evacuate(t, poolA, s, book())
		for _, way := range e.Ways {
			if way.Left != fleet.Some(fleet.Ratio(1)) {
				t.Errorf("%s, %s: %v stays, and nobody is ready", name, way.Split, way.Left)
			}
			if !way.Moves[0].Weights.Equal(w) {
				t.Errorf("%s, %s: %v", name, way.Split, way.Moves[0].Weights)
			}
		}
		if parts, err := Parts(&e, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now); err == nil {
			t.Errorf("%s: a change that moves nothing is planned: %v", name, parts[0].Plan.After)
		}
	}
}

func TestMembersThatAreOnlyInOrOutAreNotSwitchedToWhoCannotCarryIt(t *testing.T) {
	s := fleetOf(4000, 900)
	r := &s.Routes[0]
	w := fleet.Weights{"a": 1, "b": 1, "c": 1}
	r.Weights, r.Hash, r.Routing.Weighing = w, fleet.HashWeights(w), fleet.WeighingInOut
	for _, p := range find(t, s).Proposals {
		if p.Left != 1 || !p.Weights.Equal(w) {
			t.Errorf("%s: %v, %v stays; without a, half of the route goes to c, which is rated for a fifth", p.Split, p.Weights, p.Left)
		}
	}
}

func TestARequestRateThatIsNotKnownIsNoPartOfASum(t *testing.T) {
	s := fleetOf(1e6, 1e6)
	s.Routes[0].Targets[1].Load.Requests = fleet.None[fleet.Rate]()
	f, err := Find("chat", []fleet.TargetID{"a", "b"}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	if f.Requests.OK {
		t.Errorf("%v requests/s are said to move, and those of b are not known", f.Requests)
	}
}

func TestARouteThatCannotBePlannedStaysAndKeepsNoOther(t *testing.T) {
	s := twoRoutes(1e6, 1e6)
	s.Routes[1].Unset = []fleet.TargetID{"d"}
	e := evacuate(t, poolA, s, book())
	if len(e.Found) != 1 || len(e.Stays) != 1 || !strings.Contains(e.Stays[0].Why.String(), "no usable weight") {
		t.Fatalf("found %d, stay %+v", len(e.Found), e.Stays)
	}
	parts, err := Parts(&e, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now)
	if err != nil || len(parts) != 1 {
		t.Errorf("%d parts, %v", len(parts), err)
	}
}

func TestWhatSomebodyChangedMeanwhileIsNotOverwritten(t *testing.T) {
	s := twoRoutes(1e6, 1e6)
	e := evacuate(t, poolA, s, book())
	w := fleet.Weights{"a": 80, "b": 0, "c": 20} // b was taken out
	s.Routes[0].Weights, s.Routes[0].Hash = w, fleet.HashWeights(w)
	if _, err := Parts(&e, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now); fleet.KindOf(err) != fleet.KindStale {
		t.Errorf("%v", err)
	}
}

// TestAStepThatWasJustWrittenCountsBeforeItIsMeasured: the weights have changed already and the rates have not.
func TestAStepThatWasJustWrittenCountsBeforeItIsMeasured(t *testing.T) {
	s := twoRoutes(8000, 1000)
	alone := evacuate(t, poolA, s, book())
	parts, err := Parts(&alone, "fo-1", actions.FailoverWish{Split: actions.SplitBalanced}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	p := parts[0].Plan
	r := s.Route(p.Route.ID)
	r.Weights, r.Hash = p.Steps[0].After, p.Steps[0].AfterHash
	b := book()
	b.Changes = []actions.Change{{ID: "c1", Plan: p, State: actions.StateVerifying, Step: 1, Steps: []actions.StepResult{{N: 1, Sent: now, Verified: now}}}}
	e := evacuate(t, poolA, s, b)
	if got := brought(s, e.Ways[0], e.Found, "b"); got > 17 {
		t.Errorf("%.1f requests/s more go to b, which has room for 16 beside what the open change has written and not moved yet", got)
	}
}

func TestAnotherNameForThePoolThatIsLeftReceivesNothing(t *testing.T) {
	s := fleetOf(1e6, 1e6)
	s.Routes[0].Targets[1].Spec.Pool = "a"
	f := find(t, s)
	if len(f.Candidates) != 1 || f.Candidates[0].Target != "c" {
		t.Errorf("%+v", f.Candidates)
	}
}
