package tui

import (
	"slices"
	"testing"

	"pitwall/views"
)

// tab leads through all tables and charts of the cost screen and back; keys that need a row say so on a chart.
func TestTabLeadsThroughTheCostScreen(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("6")
	var seen []string
	for range views.CostPanes() {
		seen = append(seen, r.m.pane())
		if r.m.pane() == paneCostHours {
			r.keys("enter", "j", "G", "x", "esc")
			if r.m.place().screen != views.ScreenCost {
				t.Fatalf("a chart without rows leads to %+v", r.m.place())
			}
		}
		r.keys("tab")
	}
	if !slices.Equal(seen, views.CostPanes()) || r.m.pane() != paneCostRoutes {
		t.Errorf("tab went over %v and ended at %s", seen, r.m.pane())
	}
}
