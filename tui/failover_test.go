package tui

import (
	"errors"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

func failoverRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, world(), writable())
	r.control.FailoverFunc = func(route fleet.RouteID, away []fleet.TargetID) (actions.Failover, error) {
		return actions.Failover{Route: route, Away: away, Moved: 0.6, Requests: fleet.Some(fleet.Rate(412)),
			Candidates: []actions.Candidate{{Target: "h100-b", Fit: 0.8, ID: "IL-04", Why: fleet.Text("IL-04 compute capacity: 0.90 > 0.85")},
				{Target: "openai", Rented: true, Fit: 1, Unproven: true}},
			Proposals: []actions.Proposal{{Split: actions.SplitBalanced, Weights: fleet.Weights{"b200-a": 0, "h100-b": 60, "openai": 40}},
				{Split: actions.SplitCheapest, Weights: fleet.Weights{"b200-a": 12, "h100-b": 78, "openai": 10}, Left: 0.2},
				{Split: actions.SplitFastest, Weights: fleet.Weights{"b200-a": 0, "h100-b": 30, "openai": 70}}}}, nil
	}
	r.keys("2")
	return r
}

func TestAFailoverProposesAndOpensAPlan(t *testing.T) {
	r := failoverRig(t)
	r.keys("F")
	r.wants("FAILOVER chat-default away from b200-a (60%, 412 req/s)", "h100-b  80%", "IL-04 compute capacity", "openai  100% unproven",
		"balanced: b200-a 0  h100-b 60  openai 40", "20% of it fits nowhere")
	if len(r.control.Intents()) != 0 {
		t.Fatal("something was planned already")
	}
	r.keys("j", "enter")
	in := r.control.Intents()
	if len(in) != 1 || in[0].Kind != actions.KindShift || in[0].Weights["b200-a"] != 0 || in[0].Weights["openai"] != 40 || in[0].Ramp != actions.EmergencyRamp() {
		t.Fatalf("%+v", in)
	}
	if strings.Contains(strings.Join(r.control.Calls(), " "), "start") {
		t.Error("it was started before the confirmation")
	}
}

func TestAFailoverThatNobodyCanTakeSaysSo(t *testing.T) {
	r := failoverRig(t)
	r.control.FailoverFunc = func(fleet.RouteID, []fleet.TargetID) (actions.Failover, error) {
		return actions.Failover{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "fail over", Err: errors.New("chat has no other target: add one first")}
	}
	r.keys("F")
	r.wants("no other target")
}

func TestAFailoverByCommandNamesItsTargets(t *testing.T) {
	r := failoverRig(t)
	r.keys(":")
	r.typed("failover chat-default")
	r.keys("enter")
	r.wants("name a route of this fleet and the targets")
	r.keys("esc", ":")
	r.typed("failover chat-default openai")
	r.keys("enter")
	r.wants("away from openai")
	r.keys("enter")
	r.wants("cancelled; nothing was sent")
}
