package tui

import (
	"testing"

	"pitwall/actions"
)

func TestScrollingStopsAtTheEndOfThePage(t *testing.T) {
	b := running(actions.StateCommitted, 3)
	for range 40 {
		b.Changes[0].Checks = append(b.Changes[0].Checks, check("IL-04", actions.SeverityWarn))
	}
	r := newRig(t, world(), b)
	r.keys("7", "enter")
	r.keys("G")
	end := r.m.states.events.Scroll
	if end <= 0 || end >= maxScroll {
		t.Fatalf("the end of the page is at line %d", end)
	}
	r.keys("j", "pgdown")
	if got := r.m.states.events.Scroll; got != end {
		t.Errorf("line %d, beyond the end at %d", got, end)
	}
	before := r.frame()
	r.keys("k")
	if r.frame() == before {
		t.Error("the first key back shows nothing else")
	}
	r.keys("g")
	if r.m.states.events.Scroll != 0 {
		t.Error("g does not lead to the top")
	}
}

func TestJournalIsThereBeforeAnySource(t *testing.T) {
	r := newRig(t, nil, running(actions.StateCommitted, 3))
	r.keys("7", "enter")
	if r.m.place().change != "c-1" {
		t.Fatalf("at %+v", r.m.place())
	}
	r.keys("Z")
	r.wantNotice("nothing is known about the fleet yet")
	r.keys("esc", "tab", "c", "d", "S", "R", "o", "/", "x", "y")
	r.wantCalls()
}
