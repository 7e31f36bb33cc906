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

// running gives the book with the change that the fake control starts.
func running(state actions.State, step int) actions.Book {
	b := viewtest.Book()
	c := b.Changes[0]
	c.ID, c.State, c.Step = "c-1", state, step
	b.Changes = []actions.Change{c}
	return b
}

func TestShiftWalksThroughItsFiveSteps(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvStage), writable())
	r.toRoute("chat-default")
	r.keys("S")
	r.wantStep(views.ShiftPlan)
	r.keys("-", "-", "-", "-", "-", "-", "j")
	r.keys("6", "0")
	if got := r.m.shift.state.Draft; !got.Equal(fleet.Weights{"b200-a": 30, "h100-b": 60, "openai": 10}) {
		t.Fatalf("draft %v", got)
	}
	if got := r.m.shift.state.Plan.After.Text(r.m.shift.state.Plan.Order).String(); got != "30/60/10" {
		t.Fatalf("the plan of the draft is %s", got)
	}
	if got, want := r.m.shift.state.Twin.String(), "shift chat-default b200-a=30 h100-b=60"; got != want {
		t.Errorf("twin %q, want %q", got, want)
	}
	r.keys("enter")
	r.wantStep(views.ShiftChecks)
	if len(r.m.shift.state.Checks) != 1 || !r.m.shift.state.CheckedAt.Equal(viewtest.Now()) {
		t.Fatalf("checks %v at %v", r.m.shift.state.Checks, r.m.shift.state.CheckedAt)
	}
	r.keys("enter")
	r.wantStep(views.ShiftConfirm)
	if r.m.shift.state.Field != views.FieldCancel {
		t.Errorf("outside of production the focus starts on %d, want Cancel", r.m.shift.state.Field)
	}
	r.wantCalls()
	r.keys("tab", "enter")
	r.wantStep(views.ShiftApply)
	r.wantCalls("start")
	if a := r.control.Approvals()[0]; a.By.Name != "mara" || a.Typed != "" || !a.At.Equal(viewtest.Now()) {
		t.Errorf("approval %+v", a)
	}
	r.send(bookMsg{book: running(actions.StateVerifying, 1)})
	r.wantStep(views.ShiftApply)
	r.keys("space", "n")
	r.wantCalls("start", "hold c-1", "next c-1")
	held := running(actions.StateHeld, 1)
	held.Changes[0].Held = true
	r.send(bookMsg{book: held})
	r.keys("space")
	r.wantCalls("start", "hold c-1", "next c-1", "release c-1")
	r.send(bookMsg{book: running(actions.StateSoaking, 3)})
	r.wantStep(views.ShiftSoak)
	r.keys("w")
	if got := r.saved["pitwall-change-119-20261122T140722Z.txt"]; !strings.Contains(got, "60/30/10 -> 30/60/10") {
		t.Errorf("report %q of %v", got, r.saved)
	}
	r.keys("enter")
	r.wantStep(0)
	r.wantNotice("keeps running")
	if r.m.place().route != "chat-default" {
		t.Errorf("closed to %v", r.m.place())
	}
}

func TestBareEnterNeverConfirms(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.toRoute("chat-default")
	r.keys("S", "+", "enter", "enter", "enter", "enter", "enter")
	r.wantCalls()
}

func TestProductionAsksForReasonAndName(t *testing.T) {
	book := writable()
	book.Access.Incident = "INC-4821"
	r := newRig(t, world(), book)
	r.toRoute("chat-default")
	r.keys("S", "-", "enter", "enter")
	r.wantStep(views.ShiftConfirm)
	s := &r.m.shift.state
	if s.Reason.Text != "INC-4821" || s.Field != views.FieldName {
		t.Fatalf("reason %q, focus %d: the taken incident is the reason", s.Reason.Text, s.Field)
	}
	r.typed("chat-defaul")
	r.keys("enter")
	r.wantNotice("type the route name to arm: chat-default")
	r.wantCalls()
	r.keys("tab", "tab", "enter") // Cancel, Confirm
	r.wantNotice("type the route name")
	r.keys("tab", "tab") // reason, name
	r.typed("t")
	if !s.Armed {
		t.Fatal("not armed though the name matches")
	}
	r.keys("enter")
	r.wantStep(views.ShiftApply)
	if a := r.control.Approvals()[0]; a.Typed != "chat-default" || a.Reason != "INC-4821" {
		t.Errorf("approval %+v", a)
	}
}

func check(id string, s actions.Severity) actions.Check {
	return actions.Check{ID: id, Title: fleet.Text("title"), Severity: s, Formula: fleet.Text("1 > 0"), Fix: fleet.Text("do this")}
}

func TestOverrideNeedsNameAndASentenceAnywhere(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.control.CheckFunc = func(actions.Plan) []actions.Check { return []actions.Check{check("IL-04", actions.SeverityOVR)} }
	r.toRoute("chat-default")
	r.keys("S", "+", "enter", "enter")
	r.wantStep(views.ShiftConfirm)
	r.typed("too short")
	r.keys("tab")
	r.typed("chat-default")
	r.keys("enter")
	r.wantNotice("at least 10 characters")
	r.wantCalls()
	r.keys("shift+tab")
	r.typed(" now")
	r.keys("enter", "enter")
	r.wantCalls("start")
	if a := r.control.Approvals()[0]; strings.Join(a.Overrides, " ") != "IL-04" || a.Reason != "too short now" {
		t.Errorf("approval %+v", a)
	}
}

func TestBlockedPlansCannotReachTheConfirmation(t *testing.T) {
	for _, s := range []actions.Severity{actions.SeverityBlock, actions.SeverityHard} {
		r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
		r.control.CheckFunc = func(actions.Plan) []actions.Check {
			return []actions.Check{check("IL-01", actions.SeverityWarn), check("IL-07", s)}
		}
		r.toRoute("chat-default")
		r.keys("S", "+", "enter", "enter")
		r.wantStep(views.ShiftChecks)
		r.wantNotice("refused: IL-07 " + s.String())
		r.keys("tab", "enter", "B", "enter")
		r.wantCalls()
	}
}

func TestReadOnlyPlansAndChecksButRefuses(t *testing.T) {
	book := writable()
	book.Access.Write, book.Access.Why = false, fleet.Text("PROD opens read-only; :arm 30m")
	r := newRig(t, world(), book)
	r.toRoute("chat-default")
	r.keys("S", "+", "enter", "enter")
	r.wantStep(views.ShiftChecks)
	r.wantNotice(":arm 30m")
	book.Access.Write = true
	r.send(bookMsg{book: book})
	r.keys("enter")
	r.wantStep(views.ShiftConfirm)
}

func TestWorldChangeGoesBackToTheChecks(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.toRoute("chat-default")
	r.keys("S", "+", "enter", "enter", "tab")
	r.wantStep(views.ShiftConfirm)
	other := inEnv(world(), fleet.EnvDev)
	other.Gen++
	route := other.Route("chat-default")
	route.Weights = fleet.Weights{"b200-a": 50, "h100-b": 40, "openai": 10}
	route.Hash = fleet.HashWeights(route.Weights)
	r.control.Snap = other
	r.send(snapshotMsg{snap: other})
	r.wantStep(views.ShiftChecks)
	s := &r.m.shift.state
	if !strings.Contains(s.Stale.String(), "50/40/10") || s.Plan.BeforeHash != route.Hash || s.Checks == nil {
		t.Fatalf("stale %q, plan on %s", s.Stale, s.Plan.BeforeHash)
	}
	r.keys("enter")
	r.wantStep(views.ShiftConfirm)
	r.wantCalls()
}

func TestChecksRunAgainWhenTheyAreTooOld(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.toRoute("chat-default")
	r.keys("S", "+", "enter", "enter")
	first := r.m.shift.state.CheckedAt
	r.clock.advance(59 * time.Second)
	r.send(secondMsg{})
	if !r.m.shift.state.CheckedAt.Equal(first) {
		t.Fatal("checks ran again within their life")
	}
	r.clock.advance(time.Second)
	r.send(secondMsg{})
	if got := r.m.shift.state.CheckedAt.Sub(first); got != time.Minute {
		t.Fatalf("checked %v later, want 1m", got)
	}
	r.wantStep(views.ShiftConfirm)
	r.control.CheckFunc = func(actions.Plan) []actions.Check { return []actions.Check{check("IL-04", actions.SeverityOVR)} }
	r.clock.advance(time.Minute)
	r.send(secondMsg{})
	r.wantStep(views.ShiftChecks)
	if r.m.shift.state.Stale.IsEmpty() {
		t.Error("it does not say why the confirmation was left")
	}
}

func TestLatePlansAreDropped(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.toRoute("chat-default")
	r.hold = true
	r.keys("S", "+", "+", "+")
	r.release()
	if got := len(r.control.Intents()); got != 2 {
		t.Errorf("%d plans for four drafts, want the first and the last", got)
	}
	if got := r.m.shift.state.Plan.After["b200-a"]; got != 75 {
		t.Errorf("the plan holds %d, want the newest draft 75", got)
	}
	late := r.m.late
	r.send(planMsg{req: 1, plan: actions.Plan{}})
	if r.m.late != late+1 || r.m.shift.state.Plan.After["b200-a"] != 75 {
		t.Error("an old answer was not dropped")
	}
}

func TestFailedStartGoesBackOrStays(t *testing.T) {
	for _, c := range []struct {
		kind fleet.Kind
		want views.ShiftStep
	}{{fleet.KindConflict, views.ShiftChecks}, {fleet.KindBlocked, views.ShiftChecks}, {fleet.KindUnreachable, views.ShiftConfirm}} {
		r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
		r.control.Err = &fleet.Error{Kind: c.kind, Op: "start the shift", Next: "nothing was written"}
		r.toRoute("chat-default")
		r.keys("S", "+", "enter", "enter", "tab", "enter")
		r.wantStep(c.want)
		r.wantNotice("nothing was written")
	}
}

func TestHiddenChangeSpeaksUp(t *testing.T) {
	r := newRig(t, world(), running(actions.StateVerifying, 2))
	r.send(bookMsg{book: running(actions.StateRollingBack, 2)})
	r.wantNotice("change 119 on chat-default: rolling back")
	if !r.m.notice.bad {
		t.Error("a roll-back is no good news")
	}
}

func TestShiftKeyShowsTheRunningChange(t *testing.T) {
	r := newRig(t, world(), running(actions.StateVerifying, 2))
	r.toRoute("chat-default")
	r.keys("S")
	r.wantStep(views.ShiftApply)
	r.keys("esc")
	r.wantStep(0)
	r.wantCalls()
}

func TestUndo(t *testing.T) {
	t.Run("of an open change asks", func(t *testing.T) {
		r := newRig(t, world(), running(actions.StateVerifying, 2))
		r.toRoute("chat-default")
		r.keys("S", "Z", "enter")
		r.wantCalls()
		r.keys("Z", "tab", "enter")
		r.wantCalls("rollback c-1")
	})
	t.Run("of a closed change plans", func(t *testing.T) {
		book := running(actions.StateCommitted, 3)
		r := newRig(t, world(), book)
		r.keys("7", "Z")
		r.wantStep(views.ShiftPlan)
		if r.m.shift.state.Undoes != "c-1" {
			t.Errorf("undoes %q", r.m.shift.state.Undoes)
		}
		if got := r.m.shift.state.Twin.String(); got != "undo c-1" {
			t.Errorf("twin %q", got)
		}
		r.keys("+")
		r.wantNotice("exactly what was")
	})
	t.Run("without anything to undo says so", func(t *testing.T) {
		r := newRig(t, world(), writable())
		r.keys("Z")
		r.wantNotice("no change to undo")
	})
}

func TestResyncPlansTheLaggingReplica(t *testing.T) {
	s := world()
	route := s.Route("chat-default")
	route.Replicas[2].Differs = true
	r := newRig(t, s, writable())
	r.toRoute("chat-default")
	r.keys("R")
	r.wantStep(views.ShiftPlan)
	in := r.control.Intents()[0]
	if in.Kind != actions.KindResync || in.Replica != route.Replicas[2].ID {
		t.Errorf("intent %+v", in)
	}
	r.keys("esc")
	r.wantNotice("nothing was sent")
	r2 := newRig(t, world(), writable())
	r2.toRoute("chat-default")
	r2.keys("R")
	r2.wantNotice("no gateway replica differs")
}
