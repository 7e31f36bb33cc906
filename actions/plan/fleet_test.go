package plan

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

var now = time.Date(2026, 11, 22, 14, 7, 22, 0, time.UTC)

// demo is a route of two pools and a provider under a gateway of three replicas that agree on 60/30/10.
func demo() *fleet.Snapshot {
	w := fleet.Weights{"b200-a": 60, "h100-b": 30, "openai": 10}
	s := &fleet.Snapshot{Gen: 7, At: now, Context: "prod-eu-1", Env: fleet.EnvProd, Mode: fleet.ModeLive,
		Totals: fleet.Totals{Burn: fleet.Some(fleet.USDPerHour(412))},
		Pools:  []fleet.Pool{pool("b200-a", 400), pool("h100-b", 200)},
		Providers: []fleet.Provider{{Spec: fleet.ProviderSpec{ID: "openai", Kind: "openai"},
			Load: fleet.Load{Requests: fleet.Some(fleet.Rate(1)), InRate: fleet.Some(fleet.TokenRate(100)),
				OutRate: fleet.Some(fleet.TokenRate(20)), E2E: fleet.Some(fleet.Seconds(4))},
			Limits: []fleet.Limit{{Kind: fleet.LimitTPM, Max: fleet.Some(12_000.0)}}}}}
	r := fleet.Route{Spec: fleet.RouteSpec{ID: "chat", Gateway: "edge",
		Guard: fleet.Guard{ErrRatio: fleet.Some(fleet.Ratio(0.02)),
			For: 30 * time.Second}}, Weights: w, Hash: fleet.HashWeights(w),
		Load: fleet.Load{Requests: fleet.Some(fleet.Rate(10)), PromptMean: fleet.Some(fleet.Tokens(100)),
			OutputMean: fleet.Some(fleet.Tokens(20))}}
	for _, id := range []fleet.TargetID{"b200-a", "h100-b", "openai"} {
		t := fleet.Target{Spec: fleet.TargetSpec{ID: id, Pool: fleet.PoolID(id)}, Set: fleet.Some(w[id]),
			Load: fleet.Load{Requests: fleet.Some(fleet.Rate(w[id]) / 10), TTFT95: fleet.Some(fleet.Seconds(0.5))},
			Burn: fleet.Some(fleet.USDPerHour(100))}
		if id == "openai" {
			t.Spec.Pool, t.Spec.Provider, t.Spec.Model = "", "openai", "gpt-x"
			t.Price, t.Burn = fleet.Some(fleet.USDPerMTok(4)), fleet.Some(fleet.USDPerHour(2))
		}
		r.Targets = append(r.Targets, t)
	}
	for _, id := range []fleet.GatewayReplicaID{"gw-1", "gw-2", "gw-3"} {
		r.Replicas = append(r.Replicas, fleet.RouteReplica{ID: id, Weights: w.Clone(), Hash: r.Hash, At: now})
	}
	s.Routes = []fleet.Route{r, {Spec: fleet.RouteSpec{ID: "batch"}}}
	return s
}

func pool(id fleet.PoolID, decode fleet.TokenRate) fleet.Pool {
	return fleet.Pool{Spec: fleet.PoolSpec{ID: id},
		Load:   fleet.Load{InRate: fleet.Some(fleet.TokenRate(600)), OutRate: fleet.Some(fleet.TokenRate(120))},
		Rating: fleet.Some(fleet.Rating{Prefill: 10_000, Decode: decode, From: now.Add(-48 * time.Hour), Kind: "history"})}
}

func shiftTo(w fleet.Weights) actions.Intent {
	return actions.Intent{Kind: actions.KindShift, Route: "chat", Weights: w}
}
