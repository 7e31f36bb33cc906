package interlocks

import (
	"testing"

	"pgregory.net/rapid"

	"pitwall/fleet"
)

func TestResidency(t *testing.T) {
	judgeAll(t, "IL-14", []verdictCase{
		{"offered by the site", nil, ok, "b: offers eu", ""},
		{"offered by the provider", (*world).toAPI, ok, "api: offers eu", ""},
		{"no requirement", func(w *world) { w.route().Spec.Requires = nil }, ok, "declares no requirement", ""},
		{"other label", func(w *world) { w.s.Sites[1].Labels = []string{"us"} }, hard, "requires eu, offers us", ""},
		{"one of two", func(w *world) { w.route().Spec.Requires = []string{"eu", "zdr"} }, hard,
			"requires eu zdr, offers eu", ""},
		{"nothing declared is not offered", func(w *world) { w.s.Sites[1].Labels = nil }, hard, "offers none", "missing"},
		{"unknown provider", func(w *world) { w.toAPI(); w.plan(t); w.s.Providers = nil }, hard, "offers none", "missing"},
		{"a model that leaves the place", func(w *world) { w.toAPI(); w.answeredIn("eu-central-1", "eu-west-2") }, hard,
			"requires eu, offers none: its model is answered in eu-central-1 eu-west-2", ""},
		{"a model that may leave the place", func(w *world) { w.toAPI(); w.answeredIn() }, hard, "offers none: nobody knows where", "missing"},
		{"a model that stays", func(w *world) { w.toAPI(); w.answeredIn("eu-central-1", "eu-west-3") }, ok, "api: offers eu", ""},
		{"a giver may lack it", func(w *world) { w.s.Sites[0].Labels = nil }, ok, "", ""},
	})
}

func TestContextLength(t *testing.T) {
	limits := func(a, b fleet.Tokens) func(w *world) {
		return func(w *world) {
			w.pool("a").Spec.MaxContext, w.pool("b").Spec.MaxContext = fleet.Some(a), fleet.Some(b)
			w.s.Providers[0].Spec.Models[0].MaxContext = fleet.Some(a)
		}
	}
	over := func(prompts, most float64) func(w *world) {
		return func(w *world) {
			limits(64_000, 17_000)(w)
			w.route().Lengths.Prompt = fleet.Histogram{Bounds: []float64{16_000, 32_000}, Counts: []float64{prompts, 10_000}}
			w.route().Lengths.Output = fleet.Histogram{Bounds: []float64{1000, 2000}, Counts: []float64{most, 10_000}}
		}
	}
	judgeAll(t, "IL-15", []verdictCase{
		{"room for all", nil, ok, "0.00 = % of requests at most over 32,000 tok", ""},
		{"as much as all that serve", limits(32_000, 32_000), ok, "32,000 tok >= 32,000 of every target", ""},
		{"the smallest of those that serve is no measure", over(9000, 10_000), block, "10.00 = % of requests", ""},
		{"over 1 %", over(9899, 10_000), block, "> 1", ""},
		{"over 0.1 %", over(9950, 10_000), ovr, "0.50", ""},
		{"both parts count", over(9995, 9990), ovr, "0.15", ""},
		{"over 0", over(9999, 10_000), warn, "0.01", ""},
		{"at the bound", over(10_000, 10_000), ok, "0.00", ""},
		{"lengths unknown", func(w *world) { w.route().Lengths = fleet.Lengths{} }, ovr, "request lengths are unknown",
			"history"},
		{"half unknown", func(w *world) { w.route().Lengths.Output = fleet.Histogram{} }, ovr, "unknown", "history"},
		{"limit unknown", func(w *world) { w.pool("b").Spec.MaxContext = fleet.None[fleet.Tokens]() }, ovr,
			"its context limit is unknown", "missing"},
		{"a server's limit unknown", func(w *world) { w.pool("a").Spec.MaxContext = fleet.None[fleet.Tokens]() }, ok, "0.00",
			""},
		{"unknown model", func(w *world) { w.toAPI(); w.s.Providers[0].Spec.Models = nil }, ovr,
			"its context limit is unknown", "missing"},
		{"provider", (*world).toAPI, ok, "128,000", ""},
	})
}

// The bound is never below the share that the same requests, drawn one by one, really have.
func TestOverLimitIsAnUpperBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bounds := []float64{10, 100, 1000, 10_000}
		n := rapid.IntRange(1, 60).Draw(t, "requests")
		limit := float64(rapid.IntRange(1, 12_000).Draw(t, "limit"))
		prompt := fleet.Histogram{Bounds: bounds, Counts: make([]float64, 4)}
		output := fleet.Histogram{Bounds: bounds, Counts: make([]float64, 4)}
		over := 0.0
		for range n {
			p, o := float64(rapid.IntRange(1, 9999).Draw(t, "p")), float64(rapid.IntRange(1, 9999).Draw(t, "o"))
			for i, b := range bounds {
				if p <= b {
					prompt.Counts[i]++
				}
				if o <= b {
					output.Counts[i]++
				}
			}
			if p+o > limit {
				over++
			}
		}
		got := overLimit(fleet.Lengths{Prompt: prompt, Output: output}, limit)
		if !got.OK || float64(got.V)+1e-9 < over/float64(n) {
			t.Fatalf("bound %v under the real share %v", got, over/float64(n))
		}
	})
}

func TestCapabilities(t *testing.T) {
	uses := func(share fleet.Ratio) func(w *world) {
		return func(w *world) { w.route().Spec.Uses = map[string]fleet.Ratio{"tools": 0.5, "vision": share} }
	}
	judgeAll(t, "IL-16", []verdictCase{
		{"has all", nil, ok, "has all that the route uses", ""},
		{"nothing declared", func(w *world) { w.route().Spec.Uses = nil }, ok, "declares no capability", ""},
		{"lacks a used one", uses(0.02), block, "lacks vision, used by 2.00%", ""},
		{"lacks a rare one", uses(0.01), ovr, "lacks vision", ""},
		{"lacks an unused one", uses(0), ok, "", ""},
		{"unknown", func(w *world) { w.pool("b").Spec.Offers = nil }, ovr, "capabilities are unknown", "missing"},
		{"unknown model", func(w *world) { w.toAPI(); w.s.Providers[0].Spec.Models = nil }, ovr, "unknown", "missing"},
		{"provider", (*world).toAPI, ok, "api: has all", ""},
	})
}

func TestEmbeddings(t *testing.T) {
	id := fleet.EmbeddingIdentity{Model: "e5", Dimensions: 1024, Pooling: "mean"}
	with := func(b *fleet.EmbeddingIdentity) func(w *world) {
		return func(w *world) { w.route().Spec.Embedding, w.pool("b").Spec.Embedding = &id, b }
	}
	other := id
	other.Dimensions = 768
	judgeAll(t, "IL-17", []verdictCase{
		{"not embeddings", nil, ok, "not an embeddings route", ""},
		{"same", with(&id), ok, "b: e5/1024/mean", ""},
		{"other dimensions", with(&other), hard, "e5/768/mean is not e5/1024/mean", ""},
		{"undeclared", with(nil), hard, "not declared", "missing"},
		{"provider", func(w *world) {
			with(nil)(w)
			w.toAPI()
			w.s.Providers[0].Spec.Models[0].Embedding = &id
		}, ok, "api: e5", ""},
	})
}

// answeredIn lets the provider tell in which regions its models are answered.
func (w *world) answeredIn(regions ...string) {
	p := &w.s.Providers[0]
	p.Regions = map[fleet.ModelName][]string{}
	for _, m := range p.Spec.Models {
		p.Regions[m.Name] = regions
	}
}
