package tui

import (
	"testing"

	"pitwall/fleet"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func TestTheBillsLeadToDaysAndToWhatCosts(t *testing.T) {
	snap := viewtest.Billed(world())
	r := newRig(t, snap, writable())
	r.keys("b")
	if r.m.place().screen != views.ScreenBills || r.m.pane() != paneBillFactors || r.m.selected() != views.FactorID("openai", "gpt-4o", "") {
		t.Fatalf("b shows %+v, pane %s, %q", r.m.place(), r.m.pane(), r.m.selected())
	}
	r.keys("enter")
	if r.m.pane() != paneBillDays || r.m.states.bills.Of != views.FactorID("openai", "gpt-4o", "") || r.m.selected() == "" {
		t.Fatalf("enter shows %+v, pane %s, day %q", r.m.place(), r.m.pane(), r.m.selected())
	}
	r.keys("esc", "tab")
	if r.m.pane() != paneBillParts {
		t.Fatalf("tab: pane %s of %+v", r.m.pane(), r.m.place())
	}
	for range len(snap.Spend.Rows) - 1 {
		r.keys("j")
	}
	if r.m.selected() != views.SpendRowID(fleet.SpendByPool, "h100-b") {
		t.Fatalf("the last row is %q", r.m.selected())
	}
	r.keys("enter")
	if p := r.m.place(); p.screen != views.ScreenPools || p.pool != "h100-b" {
		t.Errorf("enter on a pool shows %+v", p)
	}
	r.keys("b", "tab", "enter") // a source of bills opens as a source
	if p := r.m.place(); p.screen != views.ScreenSources || p.source != "openai-bill" {
		t.Errorf("enter on a source shows %+v", p)
	}
}
