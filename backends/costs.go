package backends

import (
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// costs shares money out over pools, providers and routes once all of them are built.
func (w *world) costs(s *fleet.Snapshot, now time.Time) {
	unrated := 0
	for i := range s.Pools {
		p := &s.Pools[i]
		p.Used = economics.Used(p.Load.InRate, p.Load.OutRate, p.Rating)
		p.Idle = economics.Idle(p.Burn, p.Used)
		p.Trends.Burn = w.trends.put("pool/"+string(p.Spec.ID)+"/burn", trendSpan, now, orNaN(p.Burn))
		switch {
		case p.Idle.OK:
			s.Spend.Idle = fleet.Some(s.Spend.Idle.V + p.Idle.V)
		case p.Burn.OK:
			unrated++
		}
	}
	if unrated > 0 {
		s.Spend.IdleWhy = fleet.Textf("without %s: no rating or no rate", fleet.Many(unrated, "pool"))
	}
	for i := range s.Providers {
		p := &s.Providers[i]
		if p.Burn.OK && len(p.Unpriced) == 0 {
			p.PerMTok = allocated(p.Burn, p.Load)
		}
		p.Trends.Burn = w.trends.put("provider/"+string(p.Spec.ID)+"/burn", trendSpan, now, orNaN(p.Burn))
	}
	sent := tokensSent(s)
	for i := range s.Routes {
		r := &s.Routes[i]
		r.Cost = routeCost(r, s, sent)
		r.Trends.Burn = w.trends.put("route/"+w.routeName(r.Spec)+"/burn", trendSpan, now, orNaN(r.Cost.Total()))
	}
	s.Spend.Trends = fleet.SpendTrends{
		Metered:  w.trends.put("total/metered", trendSpan, now, orNaN(s.Spend.Metered)),
		Capacity: w.trends.put("total/capacity", trendSpan, now, orNaN(s.Spend.Capacity)),
		Idle:     w.trends.put("total/idle", trendSpan, now, orNaN(s.Spend.Idle)),
	}
}

// tokensSent adds up the tokens a second that gateways see of each pool, over all routes.
func tokensSent(s *fleet.Snapshot) map[fleet.PoolID]fleet.TokenRate {
	sent := map[fleet.PoolID]fleet.TokenRate{}
	for i := range s.Routes {
		for j := range s.Routes[i].Targets {
			if t := &s.Routes[i].Targets[j]; t.Spec.Pool != "" {
				sent[t.Spec.Pool] += t.Load.InRate.V + t.Load.OutRate.V
			}
		}
	}
	return sent
}

// routeCost is what one route's traffic costs. A pool's whole burn is shared out by tokens: the sum over routes is what
// the pools that they use cost.
func routeCost(r *fleet.Route, s *fleet.Snapshot, sent map[fleet.PoolID]fleet.TokenRate) fleet.RouteCost {
	var c fleet.RouteCost
	missing := 0
	for i := range r.Targets {
		t := &r.Targets[i]
		tokens := t.Load.InRate.V + t.Load.OutRate.V
		switch {
		case tokens == 0 && (t.Load.InRate.OK || t.Load.OutRate.OK):
		case t.Spec.Provider != "" && t.Burn.OK:
			c.Metered = fleet.Some(c.Metered.V + t.Burn.V)
		case t.Spec.Pool != "" && tokens > 0 && ownBurn(s, t).OK:
			part := fleet.USDPerHour(tokens / sent[t.Spec.Pool])
			c.Own = fleet.Some(c.Own.V + ownBurn(s, t).V*part)
		default:
			missing++
		}
	}
	if missing > 0 {
		c.Why = fleet.Textf("without %s: no price or no token rate", fleet.Many(missing, "target"))
		return c
	}
	c.PerMTok = allocated(c.Total(), r.Load)
	return c
}

func ownBurn(s *fleet.Snapshot, t *fleet.Target) fleet.Maybe[fleet.USDPerHour] {
	if p := s.Pool(t.Spec.Pool); p != nil {
		return p.Burn
	}
	return fleet.None[fleet.USDPerHour]()
}
