package tui

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// failoverRig is a console on which one route can be led away from b200-a in three ways.
func failoverRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, world(), writable())
	r.control.EvacuateFunc = func(o actions.Origin) (actions.Evacuation, error) {
		f := actions.Failover{Route: "chat-default", Away: []fleet.TargetID{"b200-a"}, Moved: 0.6, Requests: fleet.Some(fleet.Rate(412)),
			Candidates: []actions.Candidate{{Target: "h100-b", Fit: 0.8, ID: "IL-04", Why: fleet.Text("IL-04 compute capacity: 0.90 > 0.85")},
				{Target: "openai", Rented: true, Fit: 1, Unproven: true, Burn: fleet.Some(fleet.USDPerHour(122))}}}
		way := func(split actions.Split, left fleet.Ratio, w fleet.Weights) actions.Way {
			return actions.Way{Split: split, Left: fleet.Some(left), Burn: fleet.Some(fleet.USDPerHour(122)),
				Moves: []actions.Proposal{{Split: split, Weights: w, Left: left}}}
		}
		return actions.Evacuation{Origin: o, Found: []actions.Failover{f}, Requests: f.Requests, InFlight: fleet.Some(fleet.Count(38)),
			Ways: []actions.Way{way(actions.SplitBalanced, 0, fleet.Weights{"b200-a": 0, "h100-b": 60, "openai": 40}),
				way(actions.SplitCheapest, 0.2, fleet.Weights{"b200-a": 12, "h100-b": 78, "openai": 10}),
				way(actions.SplitFastest, 0, fleet.Weights{"b200-a": 0, "h100-b": 30, "openai": 70})},
			Warmups: []actions.Warmup{{Pool: "h200-dr", Replicas: 2}},
			Stays:   []actions.Stay{{Route: "batch", Why: fleet.Text("batch has no other target: add one first")}}}, nil
	}
	r.control.PartsFunc = func(stage actions.FailoverStage, e *actions.Evacuation, _ string, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
		in := actions.Intent{Kind: actions.KindShift, Route: "chat-default", Weights: fleet.Weights{"b200-a": 60, "h100-b": 30, "openai": 11},
			Failover: &actions.FailoverPart{ID: "fo-1", Origin: actions.Origin{Kind: actions.OriginPool, ID: "b200-a"}, Stage: stage, Split: wish.Split}}
		if e != nil {
			in.Weights = e.Way(wish.Split).Moves[0].Weights
		}
		p, err := r.control.Plan(in)
		return []actions.PlannedPart{{Plan: p, Checks: r.control.Check(p)}}, err
	}
	return r
}

func TestAFailoverShowsWhoCouldTakeItAndPlansTheChosenSplit(t *testing.T) {
	r := failoverRig(t)
	r.keys("5", "F")
	r.wants("FAILOVER pool b200-a (412 r/s)", "step 1 of 5: SELECT", "38 in flight", "balanced", "est. $/h +122", "all of it finds room",
		"20% of it fits nowhere", "-> b200-a 0  h100-b 60  openai 40", "h100-b", "80%", "STAYS", "add one first")
	if len(r.control.Intents()) != 0 {
		t.Fatal("something was planned already")
	}
	r.keys("c")
	r.wants("-> b200-a 12  h100-b 78  openai 10   20% stays")
	r.keys("enter")
	r.wants("step 2 of 5: CHECKS")
	in := r.control.Intents()
	if len(in) != 1 || in[0].Weights["b200-a"] != 12 || in[0].Failover.Split != actions.SplitCheapest {
		t.Fatalf("%+v", in)
	}
	if slices.Contains(r.control.Calls(), "startparts") {
		t.Error("it was started before the confirmation")
	}
	r.keys("esc")
	r.wants("cancelled; nothing was sent")
}

func TestAFailoverIsConfirmedByOneName(t *testing.T) {
	r := failoverRig(t)
	r.keys("5", "F", "enter", "enter")
	r.wants("step 3 of 5: CONFIRM", "1 change, started together", "type b200-a")
	if r.m.evac.form.state.Field != views.FieldReason {
		t.Fatal("the reason is not asked first")
	}
	r.typed("INC-4821")
	r.keys("enter", "enter")
	if slices.Contains(r.control.Calls(), "startparts") {
		t.Fatal("it was started without the name")
	}
	r.typed("b200-a")
	r.keys("enter")
	a := r.control.Approvals()
	if len(a) != 1 || a[0].Typed != "b200-a" {
		t.Fatalf("%+v", a)
	}
	if p := r.m.place(); p.screen != views.ScreenFailover || p.failover != "fo-1" || r.m.evac != nil {
		t.Errorf("it shows %+v, flow %v", p, r.m.evac)
	}
}

func TestAPartThatCannotStartIsSaidAndKeepsNoOther(t *testing.T) {
	r := failoverRig(t)
	r.control.StartPartsFunc = func([]actions.PlannedPart, actions.Approval) []actions.StartedPart {
		return []actions.StartedPart{{Route: "chat-default", Object: "chat-default", Change: "c1"}, {Route: "code", Object: "code", Err: errors.New("the plan is stale")}}
	}
	r.keys("5", "F", "enter", "enter")
	r.m.evac.form.state.Reason.Text = "INC-4821 b200-a burns"
	r.m.evac.form.state.Name.Text = "b200-a"
	r.m.evac.form.state.Field = views.FieldConfirm
	r.keys("enter")
	r.wants("1 of 2 changes started; code: the plan is stale")
	if r.m.evac != nil {
		t.Error("the flow is still open")
	}
}

func TestAFailoverThatNobodyCanTakeSaysSo(t *testing.T) {
	r := failoverRig(t)
	r.control.EvacuateFunc = func(actions.Origin) (actions.Evacuation, error) {
		return actions.Evacuation{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "fail over", Err: errors.New("no route sends anything to it")}
	}
	r.keys("5", "F")
	r.wants("no route sends anything to it")
	r.keys("enter")
	r.wants("no route sends anything to it", "step 1 of 5")
}

func TestAStandbyPoolThatCannotBeStartedKeepsNothing(t *testing.T) {
	r := failoverRig(t)
	r.control.WarmFunc = func([]actions.Warmup) ([]actions.PlannedPart, error) {
		return nil, errors.New("the API server does not answer")
	}
	r.keys("5", "F", "w", "enter")
	r.wants("a standby pool is not started", "the API server does not answer", "moves without it", "step 2 of 5")
	if len(r.m.evac.state.Parts) != 1 {
		t.Errorf("%d parts", len(r.m.evac.state.Parts))
	}
}

func TestAFailoverByCommandNamesItsOrigin(t *testing.T) {
	for line, want := range map[string]actions.Origin{
		"failover chat-default openai": {Kind: actions.OriginRoute, ID: "chat-default", Targets: []fleet.TargetID{"openai"}},
		"failover b200-a":              {Kind: actions.OriginPool, ID: "b200-a"},
		"fo openai":                    {Kind: actions.OriginProvider, ID: "openai"},
	} {
		r := failoverRig(t)
		r.keys(":")
		r.typed(line)
		r.keys("enter")
		if r.m.evac == nil || !reflect.DeepEqual(r.m.evac.state.Origin, want) {
			t.Errorf("%s: %+v", line, r.m.evac)
		}
	}
	r := failoverRig(t)
	r.keys(":")
	r.typed("failover nobody")
	r.keys("enter")
	r.wants("name a pool, a provider or a site")
}

func TestTheFailingMemberOfARouteIsMeant(t *testing.T) {
	r := failoverRig(t)
	r.keys("2", "F")
	if o := r.m.evac.state.Origin; o.Kind != actions.OriginRoute || o.ID != "chat-default" || len(o.Targets) != 1 {
		t.Errorf("%+v", o)
	}
}

func TestAStageOfAFailoverIsPlannedFromItsPage(t *testing.T) {
	w := world()
	r := failoverRig(t)
	part := &actions.FailoverPart{ID: "fo-1", Origin: actions.Origin{Kind: actions.OriginPool, ID: "b200-a"}, Stage: actions.StageLeave}
	p := actions.Plan{Intent: actions.Intent{Kind: actions.KindShift, Route: "chat-default", Failover: part}, Route: w.Route("chat-default").Spec,
		Before: fleet.Weights{"b200-a": 60, "h100-b": 30, "openai": 10}, After: fleet.Weights{"b200-a": 0, "h100-b": 60, "openai": 40}}
	b := r.m.book
	b.Changes = []actions.Change{{ID: "c1", Seq: 7, Plan: p, State: actions.StateCommitted, Started: r.m.clock.Now().Add(-30 * 60e9)}}
	r.control.SetBook(b)
	r.send(bookMsg{book: b})
	r.keys("5", "tab", "enter")
	r.wants("FAILOVER pool b200-a", "committed", "return to primary")
	st := r.m.runMeant().Stand(r.m.snap, r.m.now())
	ready := slices.ContainsFunc(st.Next, func(n actions.Next) bool { return n.Ready })
	r.keys("F")
	if ready != (r.m.evac != nil) {
		t.Errorf("ready %v, flow %v: %+v", ready, r.m.evac, st.Next)
	}
	if ready && !strings.Contains(strings.Join(r.control.Calls(), " "), "parts return fo-1") {
		t.Errorf("%v", r.control.Calls())
	}
}
