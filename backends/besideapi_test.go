package backends

import (
	"math"
	"testing"

	"pitwall/fleet"
)

// A pool stands beside each rented target of its route, priced over the pool's own mix; what has no price stays unknown.
func TestOwnPoolsStandBesideTheAPI(t *testing.T) {
	route := fleet.Route{Spec: fleet.RouteSpec{ID: "chat", Gateway: "g"}, Targets: []fleet.Target{
		{Spec: fleet.TargetSpec{ID: "unlisted", Provider: "other", Model: "new"}},
		{Spec: fleet.TargetSpec{ID: "rented", Provider: "api", Model: "big"}},
		{Spec: fleet.TargetSpec{ID: "own", Pool: "own", Model: "llama"}},
	}}
	pool := fleet.Pool{Spec: fleet.PoolSpec{ID: "own"}, Burn: fleet.Some(fleet.USDPerHour(6)), PerMTok: fleet.Some(fleet.USDPerMTok(2)),
		Used: fleet.Some(fleet.Ratio(0.25))}
	s := &fleet.Snapshot{Routes: []fleet.Route{route}, Pools: []fleet.Pool{pool}}
	flow := func(in, read, out float64) targetFlow {
		return targetFlow{in: flow{perSec: in, known: true}, read: flow{perSec: read, known: true}, out: flow{perSec: out, known: true}}
	}
	seen := gatewayLoads{prices: fixedPrices{fleet.Price{Input: money(t, "4"), CachedIn: fleet.Some(money(t, "1")), Output: money(t, "10")}},
		kinds: map[fleet.ProviderID]fleet.ProviderSpec{"api": {ID: "api", Kind: "openai"}},
		flows: map[routeKey]map[fleet.TargetID]targetFlow{keyOf(route.Spec): {"own": flow(80, 30, 20), "rented": flow(1, 0, 99)}}}
	list := besideAPI(s, seen)
	if len(list) != 1 || len(list[0].Others) != 2 {
		t.Fatalf("%+v", list)
	}
	own, api, unlisted := &list[0], &list[0].Others[0], &list[0].Others[1]
	if own.Allocated.V != 2 || own.Usage.V != 0.5 || own.Mix.Cached != 0.3 || own.Mix.Output != 0.2 {
		t.Errorf("own %+v", own)
	}
	if want := 0.5*4 + 0.3*1 + 0.2*10; api.Target != "rented" || math.Abs(float64(api.Price.V)-want) > 1e-9 || api.Currency != fleet.USD {
		t.Errorf("api %+v, want %g for the mix of the pool", api, want)
	}
	if x := api.Against(own); !x.OK || math.Abs(x.V-2/4.3) > 1e-9 {
		t.Errorf("own over API %v", x)
	}
	if unlisted.Price.OK || unlisted.Why.IsEmpty() || unlisted.Against(own).OK {
		t.Errorf("without a price: %+v", unlisted)
	}
	api.Currency = "EUR"
	if api.Against(own).OK {
		t.Error("euros are set over dollars")
	}
}

// Without traffic the mix is assumed and says so; a pool without tokens has no price of its own, which is not 0.
func TestAnIdlePoolHasNoPriceOfItsOwn(t *testing.T) {
	s := &fleet.Snapshot{Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "own"}, Burn: fleet.Some(fleet.USDPerHour(6))}},
		Routes: []fleet.Route{{Spec: fleet.RouteSpec{ID: "r"}, Targets: []fleet.Target{{Spec: fleet.TargetSpec{ID: "own", Pool: "own"}}}}}}
	p := besideAPI(s, gatewayLoads{})[0]
	if p.Allocated.OK || p.Usage.OK || p.Why.IsEmpty() || p.Mix.Input != 0.75 || p.Mix.From.String() != "no traffic: assumed 3 parts input to 1 output" {
		t.Errorf("%+v", p)
	}
}
