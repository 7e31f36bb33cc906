package interlocks

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

var now = time.Date(2026, 11, 22, 14, 7, 22, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

// world is what the interlocks are asked with: a fleet in which a shift of 60/30/10 to 50/40/10 passes everything.
type world struct {
	s  *fleet.Snapshot
	b  actions.Book
	in actions.Intent
	p  actions.Plan // made from in unless a case edits it
}

func (w *world) route() *fleet.Route { return &w.s.Routes[0] }

func (w *world) target(id fleet.TargetID) *fleet.Target { return w.route().Target(id) }

func (w *world) pool(id fleet.PoolID) *fleet.Pool { return w.s.Pool(id) }

func good() *world {
	w := &world{
		b: actions.Book{At: now, Access: actions.Access{Write: true}},
		in: actions.Intent{Kind: actions.KindShift, Route: "chat", Weights: fleet.Weights{"a": 50, "b": 40},
			Ramp: actions.Ramp{Points: 10}},
	}
	dollars := func(v int64) fleet.Money { return fleet.NewMoney(decimal.NewFromInt(v), fleet.USD) }
	w.s = &fleet.Snapshot{Gen: 7, At: now, Context: "eu", Env: fleet.EnvProd, Mode: fleet.ModeLive,
		Sites: []fleet.Site{{ID: "fra-1", Labels: []string{"eu"}, Fate: fleet.Fate{"power": "F1"}},
			{ID: "fra-2", Labels: []string{"eu"}, Fate: fleet.Fate{"power": "F2"}}},
		Pools:     []fleet.Pool{goodPool("a", "fra-1"), goodPool("b", "fra-2")},
		Providers: []fleet.Provider{goodProvider()},
		Gateways: []fleet.Gateway{{Spec: fleet.GatewaySpec{ID: "edge", Replicas: []fleet.GatewayReplicaSpec{{ID: "gw-1"},
			{ID: "gw-2"}, {ID: "gw-3"}}}, Writable: fleet.Some(true),
			WritableWhy: fleet.Text("database mode")}},
		Totals: fleet.Totals{Burn: fleet.Some(fleet.USDPerHour(100))},
		Spend: fleet.Spend{Burn: fleet.Some(fleet.USDPerHour(100)), Forecast: fleet.Some(dollars(500)),
			Budget: fleet.Budget{PerDay: fleet.Some(dollars(1000))}, PricesAsOf: ago(24 * time.Hour)},
	}
	for _, src := range []fleet.Subject{{Pool: "a", Replica: "a-1"}, {Pool: "b", Replica: "b-1"}, {Provider: "api"},
		{Gateway: "edge", GatewayReplica: "gw-1"}} {
		w.s.Sources = append(w.s.Sources, fleet.SourceStatus{Subject: src, Interval: 10 * time.Second})
	}
	w.s.Routes = []fleet.Route{goodRoute()}
	return w
}

func goodPool(id fleet.PoolID, site fleet.SiteID) fleet.Pool {
	return fleet.Pool{
		Spec: fleet.PoolSpec{ID: id, Site: site, Offers: []string{"tools"}, MaxContext: fleet.Some(fleet.Tokens(32_000))},
		Load: fleet.Load{At: ago(5 * time.Second), Requests: fleet.Some(fleet.Rate(5)), Running: fleet.Some(fleet.Count(9)),
			Waiting: fleet.Some(fleet.Count(1)), InRate: fleet.Some(fleet.TokenRate(500)),
			OutRate: fleet.Some(fleet.TokenRate(100)), E2E: fleet.Some(fleet.Seconds(2))},
		Ready: 10, Desired: 10, KVTokens: fleet.Some(fleet.Tokens(10_000)),
		Progress: fleet.Progress{Moving: fleet.Some(true), LastToken: ago(5 * time.Second)},
		Rating:   fleet.Some(fleet.Rating{Prefill: 2000, Decode: 400, From: now.AddDate(0, 0, -2), Kind: "history"}),
		BurnRate: fleet.BurnRate{M5: fleet.Some(0.1), M30: fleet.Some(0.1), H1: fleet.Some(0.1), H6: fleet.Some(0.1),
			At: now},
		State: fleet.StateOK,
	}
}

func goodProvider() fleet.Provider {
	return fleet.Provider{
		Spec: fleet.ProviderSpec{ID: "api", Kind: "openai", Labels: []string{"eu"},
			Models: []fleet.ProviderModel{{Name: "gpt-x", MaxContext: fleet.Some(fleet.Tokens(128_000)),
				Offers: []string{"tools"}}}, Feeds: []fleet.SourceID{"status/api"}},
		Status: []fleet.StatusFeed{{Source: "status/api", At: ago(40 * time.Second), Reading: &fleet.StatusReading{}}},
		Load: fleet.Load{At: ago(5 * time.Second), Requests: fleet.Some(fleet.Rate(1)),
			InRate:  fleet.Some(fleet.TokenRate(100)),
			OutRate: fleet.Some(fleet.TokenRate(20)), E2E: fleet.Some(fleet.Seconds(2))},
		BurnRate: fleet.BurnRate{M5: fleet.Some(0.1), M30: fleet.Some(0.1), H1: fleet.Some(0.1), H6: fleet.Some(0.1),
			At: now},
		Authorised: fleet.Some(true), ProbeAt: ago(30 * time.Second),
		Limits: []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(600.0), Remaining: fleet.Some(540.0),
			At: ago(8 * time.Second)},
			{Kind: fleet.LimitTPM, Max: fleet.Some(50_000.0), Remaining: fleet.Some(42_000.0), At: ago(8 * time.Second)}},
		State: fleet.StateOK,
	}
}

func goodRoute() fleet.Route {
	weights := fleet.Weights{"a": 60, "b": 30, "api": 10}
	r := fleet.Route{
		Spec: fleet.RouteSpec{ID: "chat", Gateway: "edge", Requires: []string{"eu"},
			Uses: map[string]fleet.Ratio{"tools": 0.2},
			SLO:  fleet.Some(fleet.Ratio(0.99)), Guard: fleet.Guard{For: time.Minute}},
		Load: fleet.Load{At: ago(5 * time.Second), Requests: fleet.Some(fleet.Rate(10)),
			PromptMean: fleet.Some(fleet.Tokens(100)),
			OutputMean: fleet.Some(fleet.Tokens(20)), E2E: fleet.Some(fleet.Seconds(2))},
		Weights: weights, Hash: fleet.HashWeights(weights),
		Objective: fleet.ErrorBudget{Requests: fleet.Some(1e6), Errors: fleet.Some(5000.0), Watched: fleet.Some(14 * 24 * time.Hour), From: ago(14 * 24 * time.Hour)},
		Lengths:   fleet.Lengths{At: ago(5 * time.Second), Prompt: lengthsOf(1000, 16_000), Output: lengthsOf(1000, 16_000)},
	}
	for _, id := range []fleet.TargetID{"a", "b", "api"} {
		t := fleet.Target{Spec: fleet.TargetSpec{ID: id, Pool: fleet.PoolID(id)}, Set: fleet.Some(weights[id]),
			Load:  fleet.Load{At: ago(5 * time.Second), Requests: fleet.Some(fleet.Rate(weights[id]) / 10)},
			Price: fleet.Some(fleet.USDPerMTok(1)), Burn: fleet.Some(fleet.USDPerHour(40)), State: fleet.StateOK,
			Carried: fleet.Some(fleet.Ratio(0.3)), CarriedAt: ago(3 * time.Hour),
			BurnRate: fleet.BurnRate{M5: fleet.Some(0.1), M30: fleet.Some(0.1), H1: fleet.Some(0.1), H6: fleet.Some(0.1),
				At: now},
			Verdicts: []fleet.HealthVerdict{up(fleet.HealthGateway), up(fleet.HealthEngine), up(fleet.HealthProbe)}}
		if id == "api" {
			t.Spec = fleet.TargetSpec{ID: id, Provider: "api", Model: "gpt-x"}
			t.Verdicts = []fleet.HealthVerdict{up(fleet.HealthGateway), up(fleet.HealthProbe)}
			t.Burn = fleet.Some(fleet.USDPerHour(2))
		}
		r.Targets = append(r.Targets, t)
	}
	for _, id := range []fleet.GatewayReplicaID{"gw-1", "gw-2", "gw-3"} {
		r.Replicas = append(r.Replicas, fleet.RouteReplica{ID: id, Weights: weights.Clone(), Hash: r.Hash,
			At: ago(4 * time.Second)})
	}
	return r
}

func up(kind fleet.HealthKind) fleet.HealthVerdict {
	return fleet.HealthVerdict{Kind: kind, Up: fleet.Some(true), At: ago(5 * time.Second)}
}

func down(kind fleet.HealthKind) fleet.HealthVerdict {
	return fleet.HealthVerdict{Kind: kind, Up: fleet.Some(false), At: ago(5 * time.Second)}
}

// lengthsOf is a distribution of 10,000 requests of which none is longer than most, in buckets up to it.
func lengthsOf(typical, most float64) fleet.Histogram {
	return fleet.Histogram{Bounds: []float64{typical, most, 2 * most}, Counts: []float64{9000, 10_000, 10_000}, Sum: 1}
}

// plan makes the plan of a world, unless a case has set one.
func (w *world) plan(t testing.TB) actions.Plan {
	t.Helper()
	if w.p.Format == 0 {
		p, err := plan.New(w.in, w.s, now)
		if err != nil {
			t.Fatal(err)
		}
		w.p = p
	}
	return w.p
}

// toAPI makes the provider receive instead of pool b.
func (w *world) toAPI() { w.in.Weights = fleet.Weights{"a": 50, "api": 20} }

func find(checks []actions.Check, id string) actions.Check {
	for _, c := range checks {
		if c.ID == id {
			return c
		}
	}
	return actions.Check{}
}
