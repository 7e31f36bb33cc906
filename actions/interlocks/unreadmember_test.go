package interlocks

import (
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

// A member whose weight falls grows all the same when those before it in order leave, or when others are blocked. Once it is not
// read, it may be any.
func TestAnUnreadMemberThatMayGrowIsNoGiver(t *testing.T) {
	for _, x := range []struct {
		name   string
		orders map[fleet.TargetID]int
		block  fleet.TargetID
		after  fleet.Weights
		sev    actions.Severity
	}{
		{"no order, nobody blocked", nil, "", fleet.Weights{"a": 50, "b": 5, "api": 0}, ovr},
		{"the others have an order", map[fleet.TargetID]int{"api": 0}, "", fleet.Weights{"a": 50, "b": 5, "api": 0}, hard},
		{"another is blocked", nil, "a", fleet.Weights{"a": 50, "b": 5, "api": 0}, hard},
		{"it gets nothing", map[fleet.TargetID]int{"api": 0}, "", fleet.Weights{"a": 50, "b": 0, "api": 0}, ovr},
	} {
		w := good()
		w.route().Routing.ByOrder = fleet.Some(true)
		for id, n := range x.orders {
			w.target(id).Order = fleet.Some(n)
		}
		if x.block != "" {
			w.target(x.block).Blocked = fleet.Some(true)
		}
		w.in.Weights = x.after
		p := w.plan(t)
		r := w.route()
		r.Targets = append(r.Targets[:1:1], r.Targets[2])
		if c := find(Evaluate(p, w.s, w.b, now), "IL-07"); c.Severity != x.sev || !c.Missing {
			t.Errorf("%s: %s %s", x.name, c.Severity, c.Formula)
		}
	}
}
