package tco

import (
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

var readAt = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func usd(t *testing.T, s string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseMoney(s, fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// routed is a fleet of one route with a pool that carries most of it and a provider.
func routed(t *testing.T) *fleet.Snapshot {
	t.Helper()
	return &fleet.Snapshot{
		Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "h100", Model: "llama-3.3-70b", GPUsPerReplica: 2, GPUHour: fleet.Some(fleet.USDPerHour(3.5)),
			Replicas: make([]fleet.ReplicaSpec, 4), Offers: []string{"tools"}}, Load: fleet.Load{PrefixHit: fleet.Some(fleet.Ratio(.4)), At: readAt},
			Rating: fleet.Some(fleet.Rating{Prefill: 30_000, Decode: 8000, From: readAt, Kind: "history"})}},
		Providers: []fleet.Provider{{Spec: fleet.ProviderSpec{ID: "openai", Kind: "openai", Labels: []string{"EU"}, Models: []fleet.ProviderModel{
			{Name: "gpt-4o", Price: fleet.Some(fleet.Price{Input: usd(t, "2"), Output: usd(t, "8"), Source: "configuration", AsOf: readAt})},
			{Name: "gpt-4o-mini"}}}}},
		Routes: []fleet.Route{{Spec: fleet.RouteSpec{ID: "chat", Requires: []string{"eu"}, Uses: map[string]fleet.Ratio{"tools": .3, "vision": .05},
			Policy: &fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: .9}},
			Load: fleet.Load{At: readAt, Window: time.Minute, InRate: fleet.Some(fleet.TokenRate(3000)), OutRate: fleet.Some(fleet.TokenRate(1000)),
				PromptMean: fleet.Some(fleet.Tokens(900)), OutputMean: fleet.Some(fleet.Tokens(300))},
			Targets: []fleet.Target{{Spec: fleet.TargetSpec{ID: "a", Pool: "h100"}, Seen: fleet.Some(fleet.Ratio(.9))},
				{Spec: fleet.TargetSpec{ID: "b", Provider: "openai", Model: "gpt-4o"}, Seen: fleet.Some(fleet.Ratio(.1))}}}},
	}
}

func filled(t *testing.T, s *fleet.Snapshot) Case {
	t.Helper()
	c, err := FromRoute(s, "chat", prices(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func stands(t *testing.T, c *Case, key Key, want float64, origin Origin) {
	t.Helper()
	v, ok := c.Value(key)
	if !ok || math.Abs(v.V-want) > 1e-6*max(1, want) || v.Origin != origin || v.From.IsEmpty() {
		t.Errorf("%s stands at %v, %s (%s), want %v, %s", key, v.V, v.Origin, v.From, want, origin)
	}
}

func TestARouteFillsInWhatIsKnownOfIt(t *testing.T) {
	s := routed(t)
	c := filled(t, s)
	stands(t, &c, "volume", 4000*86_400/1e6, Measured)
	stands(t, &c, "input_share", 75, Measured)
	stands(t, &c, "cached_share", 40, Measured)
	stands(t, &c, "cache_gain", 0, Measured)
	stands(t, &c, "throughput", min(30_000/.75, 8000/.25)/4, Measured)
	stands(t, &c, "slo_derate", 100, Measured)
	stands(t, &c, "instance_gpus", 2, Configured)
	stands(t, &c, "gpu_hour", 3.5, Configured)
	stands(t, &c, "price_out", 8, Configured)
	stands(t, &c, "price_cached", 2, Configured)
	stands(t, &c, "people", 2, Assumption)
	stands(t, &c, "peak", 2.5, Assumption)
	f := &c.Facts
	if c.Model != "llama-3.3-70b" || c.API != (Rented{"openai", "gpt-4o"}) || f.Providers.V != 1 || !f.MustOwn.OK || f.MustOwn.V != 0 ||
		math.Abs(f.Frontier.V-.1) > 1e-9 || math.Abs(f.Lacks.V-.05) > 1e-9 || f.Team.OK || f.Latency.OK || f.AirGap.OK {
		t.Errorf("%s against %s, %+v", c.Model, c.API, f)
	}
	if a := Solve(&c, 36); a.Hybrid.Best.V.Share > 0.9 || a.Compares != OtherClass {
		t.Errorf("%s, %v on own GPUs", a.Compares, a.Hybrid.Best.V.Share)
	}
}

func TestADayOnFileIsWorthMoreThanTheRateOfNow(t *testing.T) {
	s := routed(t)
	r := &s.Routes[0]
	r.Objective = fleet.ErrorBudget{Requests: fleet.Some(864_000.0), Watched: fleet.Some(48 * time.Hour)}
	c := filled(t, s)
	stands(t, &c, "volume", 432_000*1200/1e6, Measured)
	r.Objective.Watched = fleet.Some(time.Hour)
	c = filled(t, s)
	stands(t, &c, "volume", 4000*86_400/1e6, Measured)
	r.Day = &fleet.DayLoad{Peak: 1.5, Covered: 22 * time.Hour}
	c = filled(t, s)
	stands(t, &c, "peak", 2.5, Assumption) // the peak may have been in the hours that are not known
	r.Day.Covered = 24 * time.Hour
	c = filled(t, s)
	stands(t, &c, "peak", 1.5, Measured)
}

func TestWhatIsNotKnownOfARouteStaysAnAssumption(t *testing.T) {
	s := routed(t)
	r := &s.Routes[0]
	r.Load, r.Spec.Uses, r.Spec.Requires, r.Spec.Policy = fleet.Load{}, nil, nil, nil
	r.Targets = r.Targets[:1]
	s.Pools[0].Rating, s.Pools[0].Load, s.Pools[0].Spec.GPUHour = fleet.None[fleet.Rating](), fleet.Load{}, fleet.None[fleet.USDPerHour]()
	c := filled(t, s)
	for _, key := range []Key{"volume", "input_share", "cached_share", "throughput", "slo_derate", "gpu_hour"} {
		in, _ := Find(key)
		stands(t, &c, key, in.Default, Assumption)
	}
	// Without a rented target it is compared with the same open model at an API.
	if Solve(&c, 36).Compares != SameModel || c.API.Kind != "together" {
		t.Errorf("compared with %s", c.API)
	}
	stands(t, &c, "price_in", 0.88, PriceTable)
	if f := c.Facts; f.Residency.OK || f.MustOwn.OK || f.Frontier.OK || f.Lacks.OK || f.Providers.OK {
		t.Errorf("facts of nothing: %+v", f)
	}
	if _, err := FromRoute(s, "none\x1b[2J", nil); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "there is no route none^[[2J") {
		t.Errorf("a route that there is not: %v", err)
	}
}

func TestDataThatTheProviderMayNotHaveStays(t *testing.T) {
	s := routed(t)
	s.Routes[0].Spec.Requires = []string{"eu", "zdr"}
	s.Routes[0].Spec.Policy = &fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Model: "mine"}
	s.Routes[0].Spec.Uses = nil
	c := filled(t, s)
	if c.Facts.MustOwn.V != 1 || !c.Facts.CustomWeight.V {
		t.Errorf("%+v", c.Facts)
	}
	if h := Solve(&c, 36).Hybrid; h.Best.V.Share != 1 {
		t.Errorf("%v on own GPUs", h.Best.V.Share)
	}
}

func TestAPriceInAnotherCurrencyIsNotTakenForDollars(t *testing.T) {
	s := routed(t)
	p, err := fleet.ParseMoney("1", "EUR")
	if err != nil {
		t.Fatal(err)
	}
	s.Providers[0].Spec.Models[0].Price = fleet.Some(fleet.Price{Input: p, Output: p, Source: "configuration"})
	c := filled(t, s)
	v, _ := c.Value("price_in")
	if v.V == 1 || v.Origin != Assumption {
		t.Errorf("%+v", v)
	}
}
