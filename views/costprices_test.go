package views_test

import (
	"strings"
	"testing"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// A site's file stands in the heading with its date and hash, in place of the built-in list's date.
func TestTheCostScreenNamesTheSitesPrices(t *testing.T) {
	sc := scene(true, themes.Mono)
	snap := *sc.Snap
	snap.Spend.PricesSite = fleet.Text("site prices 2026-11-01 ab12cd34 BROKEN")
	sc.Snap = &snap
	frame := plain(views.Cost(sc, views.CostState{}, views.Size{W: 80, H: 24}))
	if !strings.Contains(frame, "site prices 2026-11-01 ab12cd34 BROKEN") || strings.Contains(frame, "prices of") {
		t.Errorf("heading in\n%s", frame)
	}
}
