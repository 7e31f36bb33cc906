package sim

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// configured is a fleet as a configuration declares it, with names that no endpoint can have.
func configured() fleet.Inventory {
	return fleet.Inventory{
		Context: "prod", Env: fleet.EnvProd, Mode: fleet.ModeLive,
		Sites: []fleet.Site{{ID: "Frankfurt/1", Labels: []string{"eu"}}},
		Pools: []fleet.PoolSpec{
			{ID: "big pool", Site: "Frankfurt/1", Engine: "exotic", Model: "llama", GPU: "B200", GPUsPerReplica: 16, MaxContext: fleet.Some(fleet.Tokens(8192)),
				Replicas: make([]fleet.ReplicaSpec, 40), Rating: fleet.Some(fleet.Rating{Prefill: 60_000, Decode: 9_000, Kind: "config"})},
			{ID: "spare", Engine: "sglang", Standby: true},
			{ID: "cold", Engine: "vllm", Model: "llama", Replicas: make([]fleet.ReplicaSpec, 2)},
		},
		Providers: []fleet.ProviderSpec{{ID: "big pool", Kind: "bedrock", Models: []fleet.ProviderModel{{Name: "m",
			Limits: []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(600.0)}}}}}},
		Gateways: []fleet.GatewaySpec{{ID: "edge", Kind: "portkey", Replicas: make([]fleet.GatewayReplicaSpec, 2)}, {ID: "other", Kind: "kong"}},
		Routes: []fleet.RouteSpec{
			{ID: "chat", Gateway: "other", Tier: 1, Targets: []fleet.TargetSpec{{ID: "a", Pool: "big pool", Deployment: "theirs"},
				{ID: "b", Pool: "spare"}, {ID: "c", Pool: "cold"}, {ID: "d", Provider: "big pool", Model: "m"}}},
			{ID: "bare", Gateway: "edge"},
		},
		Runbooks: []fleet.Runbook{{Name: "x"}},
		Sources:  []fleet.SourceSpec{{ID: "real", Kind: "vllm", URL: "http://real.example"}},
	}
}

func TestAConfiguredFleetIsPlayedUnderItsOwnNames(t *testing.T) {
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	f, err := Listen(context.Background(), Options{Clock: fleet.NewVirtualClock(start), Mode: fleet.ModeDrill,
		Play: &Play{Inventory: configured(), Cold: []fleet.PoolID{"cold"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inv := f.Inventory()
	if inv.Mode != fleet.ModeDrill || inv.Env != fleet.EnvProd || len(inv.Runbooks) != 1 || len(inv.Gateways) != 1 || len(inv.Gateways[0].Replicas) != 2 {
		t.Errorf("%+v", inv.Gateways)
	}
	for _, s := range inv.Sources {
		if !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
			t.Errorf("%s leads to %s", s.ID, s.URL)
		}
	}
	if p := inv.Pools[0]; p.ID != "big pool" || p.Engine != "vllm" || len(p.Replicas) != playedReplicas || p.Site != "Frankfurt/1" || !p.Rating.OK {
		t.Errorf("%+v", p)
	}
	if p := inv.Pools[2]; p.Desired != fleet.Some(0) || p.Workload.Name != "cold" || inv.Pools[1].Rating.OK {
		t.Errorf("%+v", p)
	}
	if len(inv.Routes) != 1 || inv.Routes[0].Gateway != "edge" || inv.Routes[0].Tier != 1 || inv.Routes[0].Targets[0].Deployment == "theirs" {
		t.Errorf("%+v", inv.Routes)
	}
	weights := map[string]float64{}
	for _, d := range f.player.spec.Deployments {
		weights[d.ID] = d.Weight
	}
	if len(weights) != 4 || weights["chat-a"] != 50 || weights["chat-b"] != 0 || weights["chat-c"] != 0 || weights["chat-d"] != 50 {
		t.Errorf("what stands by or is cold takes part, or shares are not even: %v", weights)
	}
	said := fleet.Join(f.Notes(), fleet.Text("\n")).String()
	for _, want := range []string{"engine exotic is played as vLLM", "16 replicas stand for 40", "spare has no rating", "spare names no replicas", "cold is to be started",
		"bedrock is played", "gateway edge (portkey) is played by LiteLLM", "2 gateways are played by one", "route bare names no targets",
		"share each route evenly", "40.0% of its rating", "no past"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q in\n%s", want, said)
		}
	}
	if in := configured(); in.Routes[0].Targets[0].Deployment != "theirs" || slices.Contains([]string{"vllm"}, in.Pools[0].Engine) {
		t.Error("the configuration was changed")
	}
}

func TestAPlayedFleetServesBreaksAndMends(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	inv := configured()
	inv.Pools[0].Replicas = inv.Pools[0].Replicas[:2]
	f, err := Listen(context.Background(), Options{Clock: clock, Play: &Play{Inventory: inv, Load: .3}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pass := func(d time.Duration) (answered, failed int64) {
		a, b := f.Calls()
		if err := clock.Advance(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		answered, failed = f.Calls()
		return answered - a, failed - b
	}
	if n, bad := pass(time.Minute); n < 60 || bad > n/50 {
		t.Errorf("%d answered and %d failed in a calm minute", n, bad)
	}
	f.Break([]fleet.PoolID{"big pool", "cold", "spare"}, []fleet.ProviderID{"big pool"})
	pass(time.Minute)
	if n, bad := pass(time.Minute); n > bad {
		t.Errorf("%d answered and %d failed while every member is gone", n, bad)
	}
	f.Mend()
	pass(4 * time.Minute)
	if n, bad := pass(time.Minute); n < 60 || bad > n/50 {
		t.Errorf("%d answered and %d failed after the end", n, bad)
	}
}

func TestAFleetWithoutRoutesCannotBePlayed(t *testing.T) {
	inv := configured()
	inv.Routes = inv.Routes[1:]
	_, err := Listen(context.Background(), Options{Clock: fleet.NewVirtualClock(time.Now()), Play: &Play{Inventory: inv}})
	if fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
}
