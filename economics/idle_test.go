package economics_test

import (
	"testing"

	"pitwall/economics"
	"pitwall/fleet"
)

func TestIdleIsWhatTheTighterRateLeavesOver(t *testing.T) {
	rating := fleet.Some(fleet.Rating{Prefill: 1000, Decode: 200})
	rate := func(v float64) fleet.Maybe[fleet.TokenRate] { return fleet.Some(fleet.TokenRate(v)) }
	none := fleet.None[fleet.TokenRate]()
	for _, c := range []struct {
		name    string
		in, out fleet.Maybe[fleet.TokenRate]
		rating  fleet.Maybe[fleet.Rating]
		used    fleet.Maybe[fleet.Ratio]
		idle    fleet.Maybe[fleet.USDPerHour]
	}{
		{"decode is tighter", rate(100), rate(150), rating, fleet.Some(fleet.Ratio(.75)), fleet.Some(fleet.USDPerHour(25))},
		{"prefill is tighter", rate(900), rate(20), rating, fleet.Some(fleet.Ratio(.9)), fleet.Some(fleet.USDPerHour(10))},
		{"over its rating", rate(0), rate(300), rating, fleet.Some(fleet.Ratio(1.5)), fleet.Some(fleet.USDPerHour(0))},
		{"nothing to do", rate(0), rate(0), rating, fleet.Some(fleet.Ratio(0)), fleet.Some(fleet.USDPerHour(100))},
		{"no rate is not no load", none, none, rating, fleet.None[fleet.Ratio](), fleet.None[fleet.USDPerHour]()},
		{"no rating", rate(1), rate(1), fleet.None[fleet.Rating](), fleet.None[fleet.Ratio](), fleet.None[fleet.USDPerHour]()},
	} {
		used := economics.Used(c.in, c.out, c.rating)
		if used.OK != c.used.OK || used.V-c.used.V > 1e-9 || c.used.V-used.V > 1e-9 {
			t.Errorf("%s: used %v, want %v", c.name, used, c.used)
		}
		idle := economics.Idle(fleet.Some(fleet.USDPerHour(100)), used)
		if idle.OK != c.idle.OK || idle.V-c.idle.V > 1e-9 || c.idle.V-idle.V > 1e-9 {
			t.Errorf("%s: idle %v, want %v", c.name, idle, c.idle)
		}
	}
	if economics.Idle(fleet.None[fleet.USDPerHour](), fleet.Some(fleet.Ratio(.5))).OK {
		t.Error("an unpriced pool has no idle cost")
	}
}
