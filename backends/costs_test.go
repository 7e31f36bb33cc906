package backends

import (
	"testing"

	"pitwall/fleet"
)

// costFleet is a pool that two routes share, a rented model, and a standby pool.
func costFleet() *fleet.Snapshot {
	target := func(pool, provider string, in, out float64) fleet.Target {
		return fleet.Target{Spec: fleet.TargetSpec{ID: fleet.TargetID(pool + provider), Pool: fleet.PoolID(pool), Provider: fleet.ProviderID(provider)},
			Load: fleet.Load{InRate: fleet.Some(fleet.TokenRate(in)), OutRate: fleet.Some(fleet.TokenRate(out))}}
	}
	rented := target("", "openai", 10, 10)
	rented.Burn = fleet.Some(fleet.USDPerHour(5))
	load := fleet.Load{InRate: fleet.Some(fleet.TokenRate(300)), OutRate: fleet.Some(fleet.TokenRate(100))}
	return &fleet.Snapshot{
		Pools: []fleet.Pool{
			{Spec: fleet.PoolSpec{ID: "own"}, Burn: fleet.Some(fleet.USDPerHour(80)), Load: load,
				Rating: fleet.Some(fleet.Rating{Prefill: 1000, Decode: 200})},
			{Spec: fleet.PoolSpec{ID: "standby"}, Burn: fleet.Some(fleet.USDPerHour(20))},
		},
		Routes: []fleet.Route{
			{Spec: fleet.RouteSpec{ID: "chat"}, Load: load, Targets: []fleet.Target{target("own", "", 250, 50), rented}},
			{Spec: fleet.RouteSpec{ID: "batch"}, Targets: []fleet.Target{target("own", "", 50, 50), target("standby", "", 0, 0)}},
		},
	}
}

func near(m fleet.Maybe[fleet.USDPerHour], want float64) bool {
	return m.OK && float64(m.V)-want < 1e-9 && want-float64(m.V) < 1e-9
}

func TestABurnIsSharedOutByTokensAndAddsUp(t *testing.T) {
	w := newWorld(Options{}, nil)
	s := costFleet()
	w.costs(s, start)
	chat, batch := s.Routes[0].Cost, s.Routes[1].Cost
	if !near(chat.Own, 60) || !near(batch.Own, 20) || !near(chat.Metered, 5) || batch.Metered.OK {
		t.Errorf("chat %+v, batch %+v", chat, batch)
	}
	if !near(chat.Total(), 65) || !chat.PerMTok.OK || !chat.Why.IsEmpty() {
		t.Errorf("chat %+v", chat)
	}
	if !near(s.Pools[0].Idle, 40) || !near(s.Spend.Idle, 40) || s.Spend.IdleWhy.IsEmpty() {
		t.Errorf("idle %v of %v, %q", s.Pools[0].Idle, s.Spend.Idle, s.Spend.IdleWhy)
	}
}

func TestARouteWithAnUnpricedTargetHasNoPriceForAMillionTokens(t *testing.T) {
	w := newWorld(Options{}, nil)
	s := costFleet()
	s.Routes[0].Targets[1].Burn = fleet.None[fleet.USDPerHour]()
	w.costs(s, start)
	if c := s.Routes[0].Cost; c.PerMTok.OK || c.Why.IsEmpty() || !near(c.Own, 60) {
		t.Errorf("got %+v", c)
	}
}
