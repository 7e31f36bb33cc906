package interlocks

import (
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

// Putting a back where weights decide nothing brings it nobody knows how much. When the routing is not read any more, weights that
// would do are no answer.
func TestABlockByWeightsOfUnknownMeaningIsJudgedByEach(t *testing.T) {
	for _, x := range []struct {
		name string
		made fleet.Weighing // when it was planned
		now  fleet.Weighing
		sev  actions.Severity
		says string
	}{
		{"weights decide", fleet.WeighingShares, fleet.WeighingShares, block, "/119 tok/s decode"},
		{"weights decide nothing", fleet.WeighingIgnored, fleet.WeighingIgnored, ovr, "is unknown"},
		{"their meaning was lost", fleet.WeighingIgnored, fleet.WeighingUnknown, ovr, "is unknown"},
		{"their meaning was lost, and they would be too much", fleet.WeighingShares, fleet.WeighingUnknown, block, "/119 tok/s decode"},
	} {
		w := editing()
		w.route().Routing.Weighing = x.made
		w.target("a").Blocked = fleet.Some(true)
		w.in.Edit = &actions.EditIntent{Kind: fleet.EditBlock, Target: "a"}
		if x.sev == block {
			w.pool("a").Rating.V.Decode = 119
		}
		c := checksOf(t, w, now, func(w *world) { w.route().Routing.Weighing = x.now })["IL-04"]
		if c.Severity != x.sev || !strings.Contains(c.Formula.String(), x.says) {
			t.Errorf("%s: %s %s", x.name, c.Severity, c.Formula)
		}
	}
}

// A shift is not planned where weights decide nothing: a gateway that does not say what they mean is taken at their word.
func TestAShiftByWeightsOfUnknownMeaningIsJudgedByThem(t *testing.T) {
	w := good()
	if got := len(readings(w.plan(t), w.s)); got != 1 {
		t.Errorf("%d readings of a shift", got)
	}
}
