package tui

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// toConfirm opens a shift outside of production up to its confirmation.
func toConfirm(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.toRoute("chat-default")
	r.keys("S", "+", "enter", "enter")
	r.wantStep(views.ShiftConfirm)
	return r
}

func TestExpiredChecksRunBeforeAnythingStarts(t *testing.T) {
	r := toConfirm(t)
	r.clock.advance(checksLife)
	r.keys("tab", "enter")
	r.wantCalls()
	r.wantStep(views.ShiftConfirm)
	if !r.m.shift.state.CheckedAt.Equal(r.clock.now) {
		t.Error("the checks did not run again")
	}
	r.keys("enter")
	r.wantCalls("start")
}

func TestOldPlanIsMadeAgainBeforeItsChecks(t *testing.T) {
	r := toConfirm(t)
	plans := len(r.control.Intents())
	r.clock.advance(actions.PlanLife - time.Minute)
	r.control.Now = r.clock.now
	r.send(secondMsg{})
	if got := len(r.control.Intents()); got != plans+1 {
		t.Errorf("%d plans, want one more than %d", got, plans)
	}
	if got := r.m.shift.state.Plan.Created; !got.Equal(r.clock.now) {
		t.Errorf("the plan is of %v", got)
	}
	r.wantStep(views.ShiftConfirm)
}

func TestStepsCanBeWalkedBack(t *testing.T) {
	r := toConfirm(t)
	r.keys("p")
	r.wantStep(views.ShiftChecks)
	r.keys("e", "j", "k", "p")
	r.wantStep(views.ShiftPlan)
	r.keys("j", "1", "2", "backspace", "k")
	if got := r.m.shift.state.Draft; got["h100-b"] != 1 || got["b200-a"] != 65 {
		t.Errorf("draft %v", got)
	}
	r.keys("r", "b")
	in := r.control.Intents()[len(r.control.Intents())-1]
	if in.Ramp.Points != 5 || in.Guard.ErrRatio != fleet.Some(fleet.Ratio(0.01)) {
		t.Errorf("ramp %+v, guard %+v", in.Ramp, in.Guard)
	}
	r.keys("esc")
	r.wantStep(0)
	r.wantCalls()
}

func TestNothingIsPlannedWithoutAChangeOrBeyondBounds(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.toRoute("chat-default")
	r.keys("S", "enter")
	r.wantStep(views.ShiftPlan)
	r.wantNotice("nothing would change")
	r.keys("1", "0", "0", "1")
	r.wantNotice("at most 1000")
	r.keys("0")
	if got := r.m.shift.state.Draft["b200-a"]; got != 1000 {
		t.Errorf("weight %d, want 1000", got)
	}
	r.keys("down", "0", "-")
	if got := r.m.shift.state.Draft["h100-b"]; got != 0 {
		t.Errorf("weight %d, want 0", got)
	}
}

func TestPlanThatFailsSaysWhy(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.control.PlanFunc = func(actions.Intent) (actions.Plan, error) {
		return actions.Plan{}, &fleet.Error{Kind: fleet.KindStale, Op: "plan the shift", Next: "wait for gw-3"}
	}
	r.toRoute("chat-default")
	r.keys("S", "+", "enter")
	r.wantStep(views.ShiftPlan)
	r.wantNotice("wait for gw-3")
}

func TestStartUnderWayIsNotCancelledNorLeftSilently(t *testing.T) {
	r := toConfirm(t)
	r.hold = true
	r.keys("tab", "enter", "esc")
	r.wantStep(views.ShiftConfirm)
	r.wantNotice("being started")
	r.keys("ctrl+c")
	r.wants("A change is being started at this moment")
	r.m.ask = nil
	r.release()
	r.wantStep(views.ShiftApply)
	r.wantCalls("start")
}

func TestStartThatEndsAfterItsDialogIsStillSaid(t *testing.T) {
	r := newRig(t, world(), writable())
	r.send(startedMsg{req: 7, err: &fleet.Error{Kind: fleet.KindServer, Op: "start", Next: "nothing was written"}})
	r.wantNotice("nothing was written")
}

func TestReportTellsStepsAndLimits(t *testing.T) {
	b := running(actions.StateRolledBack, 2)
	c := &b.Changes[0]
	c.Checks = []actions.Check{check("IL-04", actions.SeverityWarn)}
	c.Steps = []actions.StepResult{{N: 1, Weights: fleet.Weights{"b200-a": 50, "h100-b": 40, "openai": 10}, Sent: viewtest.Now(),
		ReadBack: []actions.ReplicaBack{{OK: true}, {OK: false}}, Back: true, Err: fleet.Text("gw-2 refused")}}
	c.Limits = []actions.LimitNow{{Name: fleet.Text("err%"), Target: "h100-b", Before: fleet.Text("0.3"), Now: fleet.Text("6.2"),
		Limit: fleet.Text("2.0"), Verdict: "FAIL"}}
	var text strings.Builder
	for _, l := range report(c) {
		text.WriteString(l.String() + "\n")
	}
	for _, want := range []string{"change 119 on chat-default (shift): rolled back", "check IL-04 WARN (WARN) title: 1 > 0",
		"back: step 1 set 50/40/10 sent 14:07:22Z, held by 1 of 2 replicas, verified -: gw-2 refused",
		"limit h100-b err%: before 0.3, now 6.2, limit 2.0 FAIL"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, text.String())
		}
	}
}

func TestSoakLeadsToTheJournalAndTheUndo(t *testing.T) {
	r := newRig(t, world(), running(actions.StateSoaking, 3))
	r.toRoute("chat-default")
	r.keys("S")
	r.wantStep(views.ShiftSoak)
	r.keys("7")
	if r.m.place() != (place{screen: views.ScreenEvents, change: "c-1"}) || r.step() != 0 {
		t.Errorf("at %+v", r.m.place())
	}
}

func TestNamesWithHiddenCharactersAreShownQuoted(t *testing.T) {
	if got, want := rawName("a\u200bb").String(), `a\u{200B}b (raw "a\u200bb")`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := rawName("plain").String(); got != "plain" {
		t.Errorf("%q", got)
	}
}

func TestLadder(t *testing.T) {
	pass := []actions.Check{check("IL-03", actions.SeverityPass)}
	for _, c := range []struct {
		name   string
		env    fleet.Env
		checks []actions.Check
		want   views.Ladder
	}{
		{"staging", fleet.EnvStage, pass, views.Ladder{}},
		{"undeclared is production", "", pass, views.Ladder{Prod: true, TypeName: true, NeedsReason: true}},
		{"override", fleet.EnvDev, []actions.Check{check("IL-04", actions.SeverityOVR)},
			views.Ladder{TypeName: true, NeedsReason: true, Overrides: []string{"IL-04"}}},
		{"the worst is named", fleet.EnvDev, []actions.Check{check("IL-07", actions.SeverityBlock), check("IL-01", actions.SeverityHard)},
			views.Ladder{Refused: fleet.Text("IL-01 HARD: title; do this")}},
		{"no checks", fleet.EnvDev, nil, views.Ladder{Refused: fleet.Text("no check has run")}},
	} {
		if got := ladder(actions.Plan{Env: c.env, Intent: actions.Intent{Route: "chat"}}, c.checks); !sameLadder(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
