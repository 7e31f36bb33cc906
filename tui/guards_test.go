package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

func TestPasteOutsideOfAFieldIsDropped(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.send(tea.PasteMsg{Content: "qSrp"})
	r.wantNotice("Paste of 4 characters dropped")
	if r.quit || r.m.paused || r.step() != 0 {
		t.Error("the paste acted as keys")
	}
	r.wantCalls()
	r.keys(":")
	r.send(tea.PasteMsg{Content: "route\n chat-default\n"})
	if got := r.m.line.field.Text; got != "route chat-default" {
		t.Errorf("pasted %q", got)
	}
}

func TestBurstOfKeysIsDropped(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("g")
	r.hands.advance(time.Second)
	for range 20 {
		r.hands.advance(time.Millisecond)
		r.send(press("t"))
	}
	r.wantNotice("as fast as a paste")
	if r.m.window != windows()[(1+pasteKeys)%len(windows())] {
		t.Errorf("window %v: keys after the %dth acted", r.m.window, pasteKeys)
	}
	r.hands.advance(pasteSpan)
	r.send(press("p"))
	if !r.m.paused {
		t.Error("the first key after the paste was dropped")
	}
}

func TestBurstIntoAFieldIsText(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys(":")
	for _, c := range "sources and more" {
		r.send(press(string(c)))
	}
	if got := r.m.line.field.Text; got != "sourcesandmore" && got != "sources and more" {
		t.Errorf("field %q", got)
	}
}

func TestHeldKeyIsNoPaste(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("3", "g")
	for range 30 {
		r.hands.advance(33 * time.Millisecond)
		r.send(press("t"))
	}
	if r.m.typing.pasting {
		t.Error("a key that repeats 30 times a second counts as a paste")
	}
}

func TestDialogIgnoresKeysInFlight(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable(), func(o *Options) { o.NoGrace = false })
	r.toRoute("chat-default")
	r.send(press("S"))
	r.wantStep(views.ShiftPlan)
	for range 3 { // each key starts the wait again
		r.hands.advance(400 * time.Millisecond)
		r.send(press("enter"))
	}
	r.wantStep(views.ShiftPlan)
	r.frame()
	if !r.m.shift.state.Grace {
		t.Error("the dialog does not say that it ignores keys")
	}
	r.hands.advance(300 * time.Millisecond) // 1.5 s since it opened
	r.send(press("+"))
	if r.m.shift.state.Draft["b200-a"] != 65 {
		t.Error("keys are ignored for longer than the longest wait")
	}
	r.send(press("esc"))
	r.send(press("S"))
	r.hands.advance(graceQuiet)
	r.send(graceMsg{round: r.m.grace.round})
	if r.m.grace.open {
		t.Error("the wait has not ended after enough quiet")
	}
}

func TestInterruptAndHelpPassTheGrace(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable(), func(o *Options) { o.NoGrace = false })
	r.toRoute("chat-default")
	r.send(press("S"))
	r.send(press("?"))
	if r.m.help == nil {
		t.Error("? is shadowed by a dialog")
	}
	r.send(press("ctrl+c"))
	if !r.quit {
		t.Error("ctrl+c is shadowed by a dialog")
	}
}

// What is typed into a confirmation while new verdicts take it away answers nothing of the step that came instead.
func TestTypingIsNotTakenForKeysOfTheStepThatCameInstead(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvProd), writable(), func(o *Options) { o.NoGrace = false })
	r.toRoute("chat-default")
	types := func(keys ...string) {
		for _, k := range keys {
			r.send(press(k))
		}
	}
	types("S")
	r.hands.advance(graceQuiet)
	types("+", "enter", "enter")
	r.wantStep(views.ShiftConfirm)
	r.control.CheckFunc = func(actions.Plan) []actions.Check { return []actions.Check{check("IL-04", actions.SeverityOVR)} }
	r.clock.advance(2 * checksLife)
	r.send(secondMsg{})
	r.wantStep(views.ShiftChecks)
	types("esc") // on its way already
	r.wantStep(views.ShiftChecks)
	r.hands.advance(graceQuiet)
	types("enter")
	r.wantStep(views.ShiftConfirm)
}
