package tui

import (
	"testing"

	"pitwall/views"
)

func TestTheCostScreenLeadsToWhatCosts(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("6")
	if r.m.place().screen != views.ScreenCost || r.m.pane() != paneCostRoutes {
		t.Fatalf("6 shows %+v, pane %s", r.m.place(), r.m.pane())
	}
	first := r.m.selected()
	if first == "" {
		t.Fatal("no route is selected")
	}
	r.keys("tab")
	if r.m.pane() != paneCostPools || r.m.selected() == "" {
		t.Fatalf("tab: pane %s, selected %q", r.m.pane(), r.m.selected())
	}
	pool := r.m.selected()
	r.keys("enter")
	if p := r.m.place(); p.screen != views.ScreenPools || string(p.pool) != pool {
		t.Errorf("enter on the pool %s shows %+v", pool, p)
	}
	r.keys("6", "shift+tab")
	if r.m.pane() != paneCostRoutes || r.m.selected() != first {
		t.Errorf("back: pane %s, selected %q, want %q", r.m.pane(), r.m.selected(), first)
	}
}
