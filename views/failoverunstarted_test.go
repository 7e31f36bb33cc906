package views_test

import (
	"strings"
	"testing"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

func TestARouteThatDidNotStartStandsOnThePage(t *testing.T) {
	sc := scene(true, themes.Mono)
	failedOver(&sc)
	sc.Book.Changes[0].Plan.Intent.Failover.Together = []fleet.RouteID{"chat-default", "batch"}
	frame := plain(views.Failover(sc, views.FailoverState{Of: "fo-1122-140512-7c1e"}, sizes[0]))
	for _, want := range []string{"NOT MOVED", "batch: no change of it was begun", "1 of 2 routes"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
}
