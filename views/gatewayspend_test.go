package views_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/views"
)

// TestWhatAGatewayCountsIsItsOwnEstimate holds that a gateway's sums are labelled, dated, and added to nothing.
func TestWhatAGatewayCountsIsItsOwnEstimate(t *testing.T) {
	sc := clusterScene(true)
	before := plain(views.Cost(sc, views.CostState{}, sizes[1]))
	s := *sc.Snap
	r := s.Routes[0]
	s.Gateways = slices.Clone(s.Gateways)
	i := slices.IndexFunc(s.Gateways, func(g fleet.Gateway) bool { return g.Spec.ID == r.Spec.Gateway })
	if i < 0 {
		s.Gateways, i = append(s.Gateways, fleet.Gateway{Spec: fleet.GatewaySpec{ID: r.Spec.Gateway}}), len(s.Gateways)
	}
	g := &s.Gateways[i]
	day := sc.Now.UTC().Truncate(24 * time.Hour)
	g.Spend = &fleet.GatewaySpend{Day: day, At: sc.Now.Add(-3 * time.Minute), Total: 12.5, Parted: true,
		Routes: map[fleet.RouteID]fleet.Dollars{r.Spec.ID: 1.25}}
	g.Budgets = []fleet.GatewayBudget{{Provider: "open\x1b[31mai", Limit: fleet.Some(fleet.Dollars(100)), Spent: fleet.Some(fleet.Dollars(12.5)), Period: "1d"},
		{Provider: "untold"}}
	sc.Snap = &s
	cost := plain(views.Cost(sc, views.CostState{}, sizes[1]))
	for _, want := range []string{"says at least ~$12.50 today, its own estimate, 3m ago, added to nothing", "$87.50 of $100.00 (1d)"} {
		if !strings.Contains(cost, want) {
			t.Errorf("%q is not on the screen:\n%s", want, cost)
		}
	}
	if strings.Contains(cost, "\x1b") || strings.Contains(cost, "untold") {
		t.Errorf("drawn as it came:\n%s", cost)
	}
	if a, b := lineWith(before, " burn "), lineWith(cost, " burn "); a == "" || a != b {
		t.Errorf("it was added to a stream: %q, then %q", a, b)
	}
	routes := plain(views.Routes(sc, views.RoutesState{Route: r.Spec.ID}, sizes[len(sizes)-1]))
	if !strings.Contains(routes, "spend ~$1.25 today (estimate)") {
		t.Errorf("the route does not say it:\n%s", routes)
	}
	g.Spend = &fleet.GatewaySpend{Day: day.Add(-24 * time.Hour), At: sc.Now, Total: 12.5}
	g.Budgets = nil
	if text := plain(views.Cost(sc, views.CostState{}, sizes[1])); strings.Contains(text, "12.50") {
		t.Errorf("yesterday's is shown as today's:\n%s", text)
	}
}

// TestWhatAGatewayLetsThroughIsShownWhereNoQuotaIs holds that the gateway's limit never hides a provider's.
func TestWhatAGatewayLetsThroughIsShownWhereNoQuotaIs(t *testing.T) {
	sc := clusterScene(true)
	s := *sc.Snap
	s.Routes = slices.Clone(s.Routes)
	r := &s.Routes[0]
	r.Targets = slices.Clone(r.Targets)
	for i := range r.Targets {
		r.Targets[i].RequestsPerMinute = fleet.Some(612.0)
	}
	r.Targets[0].Spec.Provider = ""
	sc.Snap = &s
	size := sizes[len(sizes)-1]
	if text := plain(views.Routes(sc, views.RoutesState{Route: r.Spec.ID}, size)); !strings.Contains(text, "<=612rpm") {
		t.Errorf("it is not shown:\n%s", text)
	}
}
