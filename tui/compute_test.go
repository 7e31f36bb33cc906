package tui

import (
	"testing"

	"pitwall/views"
	"pitwall/views/viewtest"
)

func TestTheComputeScreenLeadsToPools(t *testing.T) {
	r := newRig(t, viewtest.Machines(world()), writable())
	r.keys("8")
	if r.m.place().screen != views.ScreenCompute || r.m.pane() != paneMachines || r.m.selected() != views.MachineID("lambda", "i-0a12") {
		t.Fatalf("8 shows %+v, pane %s, %q", r.m.place(), r.m.pane(), r.m.selected())
	}
	r.keys("enter")
	if p := r.m.place(); p.screen != views.ScreenPools || p.pool != "h100-b" {
		t.Errorf("enter on a machine of h100-b shows %+v", p)
	}
	r.keys("8", "tab")
	if r.m.pane() != paneCapacity || r.m.selected() == "" {
		t.Fatalf("tab: pane %s, selected %q", r.m.pane(), r.m.selected())
	}
	pool := r.m.selected()
	r.keys("enter")
	if p := r.m.place(); p.screen != views.ScreenPools || string(p.pool) != pool {
		t.Errorf("enter on the pool %s shows %+v", pool, p)
	}
	r.keys("8", "tab", "o", "n")
	if r.m.pane() != paneOffers || r.m.table(paneOffers).Sort != "name" {
		t.Errorf("pane %s, %+v", r.m.pane(), r.m.table(r.m.pane()))
	}
}
