package world

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// rented is a world whose one route is rented from a provider with an automatic cache, from another where that fails.
func rented(seed uint64) *Spec {
	cost := func(in, read, write, out int64) map[string]Rates {
		d := decimal.NewFromInt
		return map[string]Rates{"x": {Input: d(in), CacheRead: d(read), CacheWrite: d(write), Output: d(out)}}
	}
	provider := func(name string, way CacheWay) ProviderSpec {
		return ProviderSpec{Name: name, Models: []string{"x"}, RPM: 50_000, TPM: 2e8, TTFT: Lengths{Median: 300, Sigma: .3}, Speed: 80,
			Errors: .01, Rates: cost(4, 1, 5, 20), Cache: way}
	}
	return &Spec{Seed: seed, Start: t0, Gateways: []string{"gw-1", "gw-2"},
		Providers: []ProviderSpec{provider("p", CacheAutomatic), provider("q", CacheMarked)},
		Routes: []RouteSpec{{Name: "chat", Rate: 20, Prompt: Lengths{Median: 1500, Sigma: .8, Max: 8000},
			Output: Lengths{Median: 120, Sigma: .6, Max: 1024}, CacheHit: .4, Stream: .8, MaxTokens: 1024}},
		Deployments: []DeploymentSpec{{ID: "d-p", Route: "chat", Provider: "p", Model: "p/x", Weight: 1},
			{ID: "d-q", Route: "spare", Provider: "q", Model: "q/x", Weight: 1}},
		Fallbacks: map[string][]string{"chat": {"spare"}},
		Keys: []KeySpec{{Alias: "a", Team: "t1", Shares: map[string]float64{"chat": .75}},
			{Alias: "b", Team: "t2", Shares: map[string]float64{"chat": .25}}},
	}
}

// served sums what providers charge by the key that it came with.
func served(w *World) (all Served, byKey map[string]Served) {
	byKey = map[string]Served{}
	for _, s := range w.Served(t0, t0.AddDate(1, 0, 0)) {
		all.Plus(s.Tokens)
		all.Requests += s.Requests
		of := byKey[s.Key]
		of.Plus(s.Tokens)
		of.Requests += s.Requests
		byKey[s.Key] = of
	}
	return all, byKey
}

// What gateways count of answers is what providers charge, by bucket and by key, with all retries and fallbacks.
func TestProvidersChargeWhatTheyServed(t *testing.T) {
	w := New(rented(3))
	run(w, 5*time.Minute)
	w.Start("F32B", w.Now())
	run(w, 5*time.Minute)
	w.Stop("F32B")
	run(w, 3*time.Minute)
	all, byKey := served(w)
	var counted KeyUse
	var keys [3]KeyUse
	fell := 0.0
	for _, g := range w.Gateways {
		for _, d := range g.Stats.Deployments {
			counted.Plus(d.Sum())
			for i, u := range d.Used {
				keys[i].Plus(u)
			}
			for _, n := range d.FellBack {
				fell += n
			}
		}
	}
	if all.Tokens != counted.Tokens || float64(all.Requests) != counted.Requests {
		t.Errorf("charged %+v, counted %+v", all, counted)
	}
	if byKey["a"].Tokens != keys[1].Tokens || byKey["b"].Tokens != keys[2].Tokens || keys[0].Requests != 0 {
		t.Errorf("by key: charged %+v, counted %+v", byKey, keys)
	}
	if part := keys[1].Requests / counted.Requests; part < .7 || part > .8 {
		t.Errorf("%v of the requests came with the first key", part)
	}
	if all.CacheRead == 0 || all.CacheWrite == 0 || fell == 0 {
		t.Errorf("no cache or no fallback in %+v, %v fell back", all, fell)
	}
	if c := w.Providers[0].Spec.Charge(Served{Account: Account{Model: "x", Tier: TierBatch}, Tokens: Tokens{1e6, 1e6, 1e6, 1e6}}); c.String() != "15" {
		t.Errorf("a million of each in a batch costs %v", c)
	}
}

func TestACallerThatLeftIsChargedForWhatWasMade(t *testing.T) {
	spec := rented(3)
	spec.Routes[0].Rate, spec.Providers[0].Errors = 0, 0
	w := New(spec)
	run(w, time.Second)
	c := w.AskProvider(w.Providers[0], Ask{Prompt: 1000, Output: 800, Model: "x"})
	run(w, 5*time.Second)
	w.GiveUp(c)
	run(w, 10*time.Second)
	all, _ := served(w)
	if all.Requests != 1 || all.Input != 1000 || all.Output < 100 || all.Output > 700 {
		t.Errorf("charged %+v of 800 tokens that were cut after five seconds", all)
	}
}

func TestABypassAndASurge(t *testing.T) {
	spec := rented(3)
	spec.Providers[0].Bypass = Bypass{Rate: 1, Model: "x", Prompt: Lengths{Median: 100, Sigma: .1}, Output: Lengths{Median: 10, Sigma: .1}, Batch: .5}
	w := New(spec)
	run(w, 3*time.Minute)
	past, batch := int64(0), int64(0)
	for _, s := range w.Served(t0, t0.Add(time.Hour)) {
		if s.Past {
			past += s.Requests
			if s.Tier == TierBatch {
				batch += s.Requests
			}
		}
	}
	if past < 130 || past > 230 || batch < past/3 || batch > past*2/3 {
		t.Errorf("%d went past the gateways in three minutes at one a second, %d in batches", past, batch)
	}
	if w.Surge("nobody", 3) || !w.Surge("b", 9) {
		t.Error("a key surges that nobody has, or none does")
	}
	before := w.Gateways[0].Stats.Deployments[0].Used
	a, b := before[1].Requests, before[2].Requests
	run(w, 3*time.Minute)
	after := w.Gateways[0].Stats.Deployments[0].Used
	if grown := (after[2].Requests - b) / (after[1].Requests - a); grown < 2.4 || grown > 3.6 {
		t.Errorf("a key of a third of the other's traffic surges ninefold, and has %v of it", grown)
	}
}

func TestOldMinutesBecomeHours(t *testing.T) {
	b := newBooks(t0)
	a := Account{Provider: "p", Model: "x"}
	for minute := range 60 * 30 {
		b.enter(float64(minute*60), a, Tokens{Input: 1})
	}
	w := &World{books: b}
	rows := w.Served(t0, t0.Add(30*time.Hour))
	sum := int64(0)
	for _, r := range rows {
		sum += r.Input
	}
	if sum != 60*30 || len(rows) > 60*25+6 || rows[0].Input != 60 || !rows[0].At.Equal(t0) {
		t.Errorf("%d rows with %d tokens, the first %+v", len(rows), sum, rows[0])
	}
}
