package tui

import (
	"strings"
	"testing"

	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/views"
)

func priced(t *testing.T) func(*Options) {
	t.Helper()
	list, err := economics.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return func(o *Options) { o.Prices = list }
}

func (r *rig) saving() float64 {
	r.Helper()
	a := r.m.states.decision.answer
	if a == nil {
		r.Fatal("there is no answer")
	}
	return a.Saving
}

// choose moves the cursor to an input.
func (r *rig) choose(key string) {
	r.Helper()
	t := r.m.states.economics.Tables["inputs"]
	t.Selected = key
	if in, ok := r.m.inputMeant(); !ok || string(in.Key) != key {
		r.Fatalf("the cursor is not on %s", key)
	}
}

func TestTheEconomicsScreenFollowsEachKeystroke(t *testing.T) {
	r := newRig(t, world(), writable(), priced(t))
	r.keys("9")
	if p := r.m.place(); p.screen != views.ScreenEconomics || p.route == "" || r.m.pane() != "economics-inputs" || r.m.selected() == "" {
		t.Fatalf("9 shows %+v, pane %s, selected %q", p, r.m.pane(), r.m.selected())
	}
	first := r.saving()
	r.choose("people")
	r.keys("enter")
	if r.m.ask == nil || r.m.ask.state.Field.Text != "2" {
		t.Fatal("enter does not ask for people")
	}
	r.keys("ctrl+u", "9")
	nine := r.saving()
	if nine >= first {
		t.Errorf("with 9 people own GPUs save %v, with 2 %v", nine, first)
	}
	r.keys("9", "9")
	if r.saving() >= nine || !r.m.ask.state.Err.IsEmpty() {
		t.Fatalf("999 is out of bounds: %v", r.m.ask.state.Err)
	}
	r.keys("9", "enter")
	if r.m.ask == nil || !strings.Contains(r.m.ask.state.Err.String(), "out of bounds") {
		t.Errorf("9999 people are taken")
	}
	r.keys("esc")
	if r.saving() != first || r.m.states.economics.Edits != 0 {
		t.Errorf("esc leaves %v, before it was %v", r.saving(), first)
	}
	r.keys("enter", "ctrl+u", "4", "enter")
	four := r.saving()
	if four >= first || r.m.states.economics.Edits != 1 || r.m.ask != nil {
		t.Errorf("4 people: %v, %d edited", four, r.m.states.economics.Edits)
	}
	// What is read again keeps what was edited; another route has inputs of its own.
	r.keys("r")
	if r.saving() != four || r.m.states.economics.Edits != 1 {
		t.Errorf("read again: %v, %d edited", r.saving(), r.m.states.economics.Edits)
	}
}

func TestTheEconomicsScreenHasAllTables(t *testing.T) {
	r := newRig(t, world(), writable(), priced(t))
	if _, bad := r.m.runCommand("economics none"); bad.IsEmpty() {
		t.Error("a route that there is not is taken")
	}
	if _, bad := r.m.runCommand("eco chat-default"); !bad.IsEmpty() {
		t.Fatal(bad)
	}
	for _, id := range views.EconomicsPanes() {
		if r.m.pane() != paneEconomics+id || len(r.m.rows[r.m.pane()]) == 0 {
			t.Errorf("pane %s with %d rows, want %s", r.m.pane(), len(r.m.rows[r.m.pane()]), id)
		}
		if in, ok := r.m.inputMeant(); ok != (id == "inputs" || id == "sensitivity") {
			t.Errorf("%s: input %q", id, in.Key)
		}
		r.keys("tab")
	}
	r.keys("tab", "tab", "enter") // months
	if r.m.ask != nil {
		t.Error("a month can be edited")
	}
	r.m.decide("gone")
	if u := r.m.states.economics; u.Answer != nil || u.Why.IsEmpty() || !fleet.IsClean(u.Why.String()) {
		t.Errorf("a route that is gone: %+v", u.Why)
	}
	if frame := r.m.View().Content; !strings.Contains(frame, "there is no route gone") {
		t.Errorf("the screen does not say why it has no answer:\n%s", frame)
	}
}
