package viewtest

import (
	"time"

	"pitwall/fleet"
)

// costs lays money over a fleet: own pools half in use, a route of both kinds of targets, a provider with a model that
// has no price.
func costs(s *fleet.Snapshot) *fleet.Snapshot {
	for i := range s.Pools {
		p := &s.Pools[i]
		if !p.Burn.OK {
			continue
		}
		p.Used = fleet.Some(fleet.Ratio(0.3 + 0.2*float64(i%3)))
		p.Idle = fleet.Some(p.Burn.V * fleet.USDPerHour(1-p.Used.V))
		p.Trends.Burn = Wave(60, float64(p.Burn.V), 0, 0.1)
	}
	for i := range s.Providers {
		p := &s.Providers[i]
		if p.Burn.OK {
			p.PerMTok = fleet.Some(fleet.USDPerMTok(4.2))
			p.Trends.Burn = Climb(60, float64(p.Burn.V)/3, float64(p.Burn.V))
		}
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		r.Cost = fleet.RouteCost{Own: fleet.Some(fleet.USDPerHour(120 / float64(i+1)))}
		r.Trends.Burn = Wave(60, 120/float64(i+1), 9, 0.07)
		switch i {
		case 0:
			r.Cost.Metered, r.Cost.PerMTok = fleet.Some(fleet.USDPerHour(63)), fleet.Some(fleet.USDPerMTok(0.61))
		case 1:
			r.Cost.Why = fleet.Text("without 1 targets: no price or no token rate")
		}
	}
	s.Spend.Idle = fleet.Some(fleet.USDPerHour(148))
	s.Spend.IdleWhy = fleet.Text("without 1 pools: no rating or no rate")
	s.Spend.PricesAsOf = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	s.Spend.Trends = fleet.SpendTrends{Metered: Climb(60, 40, 96), Capacity: Wave(60, 316, 0, 0.1), Idle: Wave(60, 150, 20, 0.06)}
	return s
}
