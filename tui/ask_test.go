package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
)

// orphan is a book whose open change lost its process.
func orphan(step int) actions.Book {
	b := running(actions.StateVerifying, step)
	b.Changes[0].Guard = actions.Guardian{PID: 99, Host: "bastion-2", Alive: fleet.Some(false)}
	b.Changes[0].Why = fleet.Text("the gateway holds 50/40/10, which is step 1")
	return b
}

func TestOpenChangeIsShownBeforeAnythingElse(t *testing.T) {
	r := newRig(t, nil, orphan(1))
	if r.m.ask == nil {
		t.Fatal("nothing is asked at the start")
	}
	r.wants("OPEN change 119 on chat-default", "the gateway holds 50/40/10", "leave it as it is", "resume", "undo: roll back to 60/30/10")
	if strings.Contains(r.frame(), "nothing was written") {
		t.Error("it offers to close a change that has written")
	}
	r.keys("1", "S", "enter")
	r.wantCalls()
	if r.m.ask != nil {
		t.Error("it asks twice about the same change")
	}
}

func TestOpenChangeCanBeResumedUndoneOrClosed(t *testing.T) {
	for _, c := range []struct {
		keys []string
		step int
		want string
	}{
		{[]string{"tab", "enter"}, 1, "resume c-1"}, {[]string{"tab", "tab", "enter"}, 1, "rollback c-1"},
		{[]string{"j", "j", "j", "enter"}, 0, "abandon c-1"},
	} {
		r := newRig(t, nil, orphan(c.step))
		r.keys(c.keys...)
		r.wantCalls(c.want)
	}
}

func TestRefusalOfResumeIsSaid(t *testing.T) {
	r := newRig(t, world(), orphan(1))
	r.control.Err = &fleet.Error{Kind: fleet.KindReadOnly, Op: "resume the change", Next: "arm this context first"}
	r.keys("tab", "enter")
	r.wantNotice("arm this context first")
	r.keys("7", "Z")
	if r.m.ask == nil {
		t.Error("Z on its line does not ask again")
	}
}

func TestLivingGuardIsLeftAlone(t *testing.T) {
	b := orphan(1)
	b.Changes[0].Guard.Alive = fleet.Some(true)
	r := newRig(t, world(), b)
	if r.m.ask != nil {
		t.Error("it asks about a change that a live process guards")
	}
}

func TestQuitWithAChangeInFlightAsks(t *testing.T) {
	for _, c := range []struct {
		keys  []string
		quits bool
		calls []string
	}{
		{[]string{"q", "enter"}, false, nil},
		{[]string{"ctrl+c", "esc"}, false, nil},
		{[]string{"ctrl+c", "ctrl+c"}, false, nil},
		{[]string{"q", "tab", "enter"}, true, nil},
		{[]string{"q", "tab", "tab", "enter"}, true, []string{"hold c-1"}},
	} {
		r := newRig(t, world(), running(actions.StateVerifying, 1))
		r.keys(c.keys[0])
		r.wants("LEAVE with a change in flight", "The guard goes on without a screen", "rolled back if it fails")
		r.keys(c.keys[1:]...)
		if r.quit != c.quits {
			t.Errorf("%q quits: %v", c.keys, r.quit)
		}
		r.wantCalls(c.calls...)
	}
}

func TestFailedHoldDoesNotQuit(t *testing.T) {
	r := newRig(t, world(), running(actions.StateVerifying, 1))
	r.control.Err = &fleet.Error{Kind: fleet.KindConflict, Op: "hold", Next: "the change is rolling back"}
	r.keys("q", "tab", "tab", "enter")
	if r.quit {
		t.Error("it left though the hold failed")
	}
	r.wantNotice("rolling back")
}

func TestQuitWithoutAChangeDoesNotAsk(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("ctrl+c")
	if !r.quit {
		t.Error("ctrl+c does not quit")
	}
}

func TestArmAsksForTheNameOfTheContext(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys(":")
	r.typed("arm 30m")
	r.keys("enter")
	r.wants("ARM writing for", "prod-eu-1")
	r.typed("prod-eu")
	r.keys("enter")
	r.wantCalls()
	r.wants("not the name of this context")
	r.typed("-1")
	r.keys("enter")
	r.wantCalls("arm 30m0s prod-eu-1")
	if r.m.ask != nil {
		t.Error("the question is still open")
	}
}

type fakeFaults struct{ on map[string]bool }

func (f *fakeFaults) Faults() []FaultInfo {
	return []FaultInfo{{ID: "F01", Title: fleet.Text("zombie engine"), On: f.on["F01"]}, {ID: "F24", Title: fleet.Text("split brain"), On: f.on["F24"]}}
}

func (f *fakeFaults) ToggleFault(id string) error {
	f.on[id] = !f.on[id]
	return nil
}

func TestFaultsOfTheDemo(t *testing.T) {
	f := &fakeFaults{on: map[string]bool{}}
	r := newRig(t, world(), writable(), func(o *Options) { o.Faults = f })
	r.keys("f", "enter")
	if f.on["F01"] || f.on["F24"] {
		t.Fatal("the first choice is not harmless")
	}
	r.keys("f", "j", "j", "enter")
	if !f.on["F24"] || !r.m.faulty[1].On {
		t.Fatal("F24 does not run")
	}
	if got := r.m.note().String(); got != "fault F24" {
		t.Errorf("note %q", got)
	}
	r.keys(":")
	r.typed("fault f24")
	r.keys("enter")
	if f.on["F24"] {
		t.Error(":fault does not end it")
	}
	live := newRig(t, world(), writable())
	live.keys("f")
	live.wantNotice("only the demo")
}

func TestActionsListSaysWhyOneIsOff(t *testing.T) {
	r := newRig(t, world(), writable())
	r.toRoute("chat-default")
	r.keys("x")
	r.wants("S  plan a shift", "(off: no gateway")
	all := r.m.ask.answer.(actionsAnswer).all
	at := func(key string) int {
		return 1 + slices.IndexFunc(all, func(a action) bool { return strings.HasPrefix(a.text.String(), key+"  ") })
	}
	for i := 1; i < len(all); i++ {
		if all[i-1].isOff(r.m) > all[i].isOff(r.m) {
			t.Errorf("%q works and stands behind %q, which is off", all[i].text, all[i-1].text)
		}
	}
	r.m.ask.state.Chosen = at("R")
	r.keys("enter")
	r.wants("no gateway replica differs")
	if r.m.ask == nil {
		t.Fatal("the list closed on an action that is off")
	}
	r.m.ask.state.Chosen = at("S")
	r.keys("enter")
	if r.step() == 0 {
		t.Error("the chosen action did not open its plan")
	}
	r.wantCalls()
}

func TestPanicInACommandIsAnEvent(t *testing.T) {
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.control.PlanFunc = func(actions.Intent) (actions.Plan, error) { panic("planner broke") }
	r.toRoute("chat-default")
	r.keys("S")
	r.wantNotice("Internal fault in plan: planner broke")
	if r.m.shift.running != 0 {
		t.Error("the dialog waits for an answer that will never come")
	}
	r.control.PlanFunc = nil
	r.keys("+")
	if r.m.shift.state.Plan == nil {
		t.Error("planning does not work any more")
	}
}

func TestBrokenFeedIsSaidAndAskedAgain(t *testing.T) {
	r := newRig(t, world(), writable())
	r.send(snapshotMsg{err: errors.New("hub stopped")})
	if got := r.m.note().String(); !strings.Contains(got, "hub stopped") {
		t.Errorf("note %q", got)
	}
	r.hold = true
	r.send(secondMsg{})
	if !r.m.broken.IsEmpty() {
		t.Error("the next second does not ask again")
	}
}

func TestMouseIsOff(t *testing.T) {
	v := newRig(t, world(), writable()).m.View()
	if v.MouseMode != tea.MouseModeNone || !v.AltScreen || v.WindowTitle != "" {
		t.Errorf("mouse %v, alt screen %v, title %q", v.MouseMode, v.AltScreen, v.WindowTitle)
	}
}

func TestArmingAsksAgainAboutWhatCouldNotBeResumed(t *testing.T) {
	b := orphan(1)
	b.Access.Write = false
	r := newRig(t, world(), b)
	r.keys("esc")
	r.send(bookMsg{book: b})
	if r.m.ask != nil {
		t.Fatal("it asks again though nothing changed")
	}
	b.Access.Write = true
	r.send(bookMsg{book: b})
	if r.m.ask == nil {
		t.Error("it does not ask again once it may write")
	}
}

func TestUnchangedBookDrawsNothing(t *testing.T) {
	r := newRig(t, world(), running(actions.StateVerifying, 1))
	r.frame()
	drawn := r.m.cache.drawn
	same := running(actions.StateVerifying, 1)
	same.At = same.At.Add(time.Second)
	r.send(bookMsg{book: same})
	r.frame()
	if r.m.cache.drawn != drawn {
		t.Error("a book that only looked again drew a frame")
	}
}
