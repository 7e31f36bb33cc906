package interlocks

import (
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// Pool b decodes 100 tok/s and gets one request a second more, of 20 output tokens: 120 in all.
func TestCompute(t *testing.T) {
	rated := func(decode, prefill fleet.TokenRate) func(w *world) {
		return func(w *world) { w.pool("b").Rating.V.Decode, w.pool("b").Rating.V.Prefill = decode, prefill }
	}
	judgeAll(t, "IL-04", []verdictCase{
		{"free", nil, ok, "b: 0.30 = (100 + 20)/400 tok/s decode, rating from 2026-11-20, age 5s <= 0.7", ""},
		{"at 0.70", rated(120/0.70+0.001, 9999), ok, "", ""},
		{"over 0.70", rated(170, 9999), warn, "> 0.7", ""},
		{"over 0.85", rated(140, 9999), ovr, "0.86 = (100 + 20)/140 tok/s decode", ""},
		{"over 1", rated(119, 9999), block, "> 1", ""},
		{"prefill decides", rated(9999, 599), block, "(500 + 100)/599 tok/s prefill", ""},
		{"no rating", func(w *world) { w.pool("b").Rating = fleet.None[fleet.Rating]() }, ovr, "no proven rating", "history"},
		{"half a rating", rated(400, 0), ovr, "no proven prefill", "history"},
		{"half a rating does not hide the rest", rated(119, 0), block, "decode", ""},
		{"load unknown", func(w *world) { w.pool("b").Load.OutRate = fleet.None[fleet.TokenRate]() }, ovr, "decode load",
			"missing"},
		{"route unknown", func(w *world) { w.route().Load.Requests = fleet.None[fleet.Rate]() }, ovr, "unknown", "missing"},
		{"lengths stood in", func(w *world) {
			w.route().Load.PromptMean = fleet.None[fleet.Tokens]()
			w.pool("a").Load.PromptMean = fleet.Some(fleet.Tokens(1))
		}, ovr, "own request lengths are unknown", "missing"},
		{"lengths stood in and still too much", func(w *world) {
			rated(119, 9999)(w)
			w.route().Load.PromptMean = fleet.None[fleet.Tokens]()
			w.pool("a").Load.PromptMean = fleet.Some(fleet.Tokens(1))
		}, block, "> 1", ""},
		{"stale keeps its age", func(w *world) { w.pool("b").Load.At = ago(50 * time.Second) }, ok, "age 50s", ""},
		{"unknown age", func(w *world) { w.pool("b").Load.At = time.Time{} }, ok, "age unknown", ""},
		{"no number", func(w *world) { w.plan(t); w.pool("b").Load.OutRate = fleet.Some(fleet.TokenRate(math.NaN())) }, ovr,
			"no number", "missing"},
		{"rented", (*world).toAPI, ok, "rented", ""},
		{"pool unread", func(w *world) { w.plan(t); w.s.Pools = w.s.Pools[:1] }, ovr, "was not read", "missing"},
		{"target gone", func(w *world) { w.plan(t); w.route().Targets = w.route().Targets[:1] }, hard,
			"no longer has target b", "missing"},
		{"undated rating", func(w *world) { w.pool("b").Rating.V.From = time.Time{} }, ok, "from an unknown day", ""},
	})
}

// Pool b: 6 req/s x 2 s x (100 + 10) tokens = 1,320 of 10,000.
func TestKVCache(t *testing.T) {
	size := func(v fleet.Tokens) func(w *world) { return func(w *world) { w.pool("b").KVTokens = fleet.Some(v) } }
	none := fleet.None[fleet.Seconds]()
	judgeAll(t, "IL-05", []verdictCase{
		{"free", nil, ok, "b: 0.13 = 6 req/s x 2.0s x 110 tok / 10,000 tok KV, age 5s <= 0.8", ""},
		{"over 0.80", size(1600), ovr, "> 0.8", ""},
		{"over 0.95", size(1380), block, "> 0.95", ""},
		{"size unknown", func(w *world) { w.pool("b").KVTokens = fleet.None[fleet.Tokens]() }, ovr, "unknown", "missing"},
		{"duration unknown", func(w *world) { w.pool("b").Load.E2E = none }, ovr, "unknown", "missing"},
		{"requests unknown", func(w *world) { w.pool("b").Load.Requests = fleet.None[fleet.Rate]() }, ovr, "unknown",
			"missing"},
		{"idle takes the route's time", func(w *world) {
			w.pool("b").Load.E2E, w.pool("b").Load.Requests = none, fleet.Some(fleet.Rate(0))
		}, ok, "1 req/s x 2.0s", ""},
		{"lengths stood in", func(w *world) {
			w.route().Load.OutputMean = fleet.None[fleet.Tokens]()
			w.pool("a").Load.OutputMean = fleet.Some(fleet.Tokens(1))
		}, ovr, "own request lengths", "missing"},
		{"stale keeps its age", func(w *world) { w.pool("b").Load.At = ago(50 * time.Second) }, ok, "age 50s", ""},
		{"rented", (*world).toAPI, ok, "rented", ""},
		{"pool unread", func(w *world) { w.plan(t); w.s.Pools = w.s.Pools[:1] }, ovr, "was not read", "missing"},
	})
}

func TestNPlusOne(t *testing.T) {
	roomy := func(w *world) {
		w.s.Providers[0].Limits = []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(1e6)}}
	}
	judgeAll(t, "IL-06", []verdictCase{
		{"holds", roomy, ok, "losing site fra-1 leaves every target under its rating", ""},
		{"does not hold", func(w *world) { roomy(w); w.pool("b").Rating.V.Decode = 150 }, warn,
			"losing site fra-1: b: 1.33 = (100 + 100)/150 tok/s decode", ""},
		{"a replica of two is on a machine that leaves", func(w *world) {
			roomy(w)
			b := w.pool("b")
			b.Rating.V.Decode, b.Replicas = 300, []fleet.Replica{{ID: "b-1", Node: "n1"}, {ID: "b-2", Node: "n2"}}
			b.Nodes = []fleet.Node{{ID: "n1", Leaves: &fleet.Departure{}}, {ID: "n2"}}
		}, warn, "of which 50% of the replicas stay", ""},
		{"tier 1", func(w *world) { roomy(w); w.pool("b").Rating.V.Decode = 150; w.route().Spec.Tier = 1 }, ovr, "1.33", ""},
		{"target gone", func(w *world) { w.plan(t); w.route().Targets = w.route().Targets[:1] }, warn,
			"b is not in the fleet", "missing"},
		{"nobody left", func(w *world) { w.in.Weights = fleet.Weights{"a": 100, "b": 0, "api": 0} }, warn,
			"leaves no target", ""},
		{"rating unknown", func(w *world) { roomy(w); w.pool("b").Rating = fleet.None[fleet.Rating]() }, warn,
			"b: no proven rating", "missing"},
		{"limits unknown", func(w *world) { w.s.Providers[0].Limits = nil }, warn, "api: no limit is known", "missing"},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, warn, "not in the fleet", "missing"},
	})
}

// The API gets one request a second more: 120 of 600 rpm, and 8,000 + 7,200 of 50,000 tpm.
func TestRateLimits(t *testing.T) {
	limit := func(l ...fleet.Limit) func(w *world) {
		return func(w *world) { w.toAPI(); w.s.Providers[0].Limits = l }
	}
	rpm := func(most, left float64) fleet.Limit {
		return fleet.Limit{Kind: fleet.LimitRPM, Max: fleet.Some(most), Remaining: fleet.Some(left), At: ago(8 * time.Second)}
	}
	configured := fleet.Limit{Kind: fleet.LimitRPM, Max: fleet.Some(180.0)}
	unsaid := fleet.Limit{Kind: fleet.LimitRPM, Max: fleet.Some(180.0), At: now}
	judgeAll(t, "IL-10", []verdictCase{
		{"own capacity", nil, ok, "own capacity", ""},
		{"free, the tightest speaks", (*world).toAPI, ok, "api: 0.30 = 0.16 now + 0.14 of 50,000 tpm, age 8s <= 0.6", ""},
		{"over 0.6", limit(rpm(190, 130)), warn, "0.63 = 0.32 now + 0.32 of 190 rpm", ""},
		{"over 0.8", limit(rpm(140, 80)), ovr, "> 0.8", ""},
		{"over 1", limit(rpm(110, 50)), block, "> 1", ""},
		{"others use it up", limit(rpm(600, 10)), block, "0.98 now", ""},
		{"the worst of several", limit(rpm(600, 540), rpm(110, 50), rpm(190, 130)), block, "of 110 rpm", ""},
		{"the tighter of two warnings", limit(rpm(190, 130), rpm(170, 110)), warn, "of 170 rpm", ""},
		{"configured", limit(configured), warn, "of 180 rpm, configured > 0.6", ""},
		{"headers without what is left", limit(unsaid), ovr, "rpm use is unknown", "missing"},
		{"provider unread", func(w *world) { w.toAPI(); w.plan(t); w.s.Providers = nil }, ovr, "no limit is known",
			"missing"},
		{"one measured and one unknown override", limit(unsaid, rpm(140, 80)), ovr,
			"of 140 rpm, age 8s > 0.8; rpm use is unknown", "missing"},
		{"credit is no rate", limit(rpm(600, 540), fleet.Limit{Kind: fleet.LimitCredit, Max: fleet.Some(100.0), Remaining: fleet.Some(1.0), At: now}), ok,
			"of 600 rpm", ""},
		{"credit alone is no limit that is known", limit(fleet.Limit{Kind: fleet.LimitCredit, Max: fleet.Some(100.0), Remaining: fleet.Some(99.0), At: now}),
			ovr, "no limit is known", "missing"},
		{"credit used up", limit(rpm(600, 540), fleet.Limit{Kind: fleet.LimitCredit, Max: fleet.Some(100.0), Remaining: fleet.Some(0.0), At: ago(8 * time.Second)}),
			block, "the credit of the account is used up, age 8s", ""},
		{"no limits", limit(), ovr, "no limit is known", "missing"},
		{"unknown kind of limit", limit(fleet.Limit{Kind: "images", Max: fleet.Some(1.0)}), ovr, "images use is unknown",
			"missing"},
		{"one unknown does not hide a block", limit(unsaid, rpm(110, 50)), block, "", ""},
		{"one unknown beside a pass", limit(rpm(600, 540), unsaid), ovr, "unknown", "missing"},
		{"load unknown", func(w *world) {
			w.toAPI()
			w.route().Load.Requests = fleet.None[fleet.Rate]()
		}, ovr, "unknown", "missing"},
		{"stale headers keep their age", limit(fleet.Limit{Kind: fleet.LimitRPM, Max: fleet.Some(600.0),
			Remaining: fleet.Some(540.0),
			At:        ago(9 * time.Minute)}), ok, "age 9m", ""},
		{"lengths stood in", func(w *world) {
			w.toAPI()
			w.route().Load.PromptMean = fleet.None[fleet.Tokens]()
			w.pool("a").Load.PromptMean = fleet.Some(fleet.Tokens(1))
		}, ovr, "own request lengths", "missing"},
	})
}

func TestEveryFormulaNamesItsInputs(t *testing.T) {
	w := good()
	for _, id := range []string{"IL-04", "IL-05"} {
		c := find(Evaluate(w.plan(t), w.s, w.b, now), id)
		if len(c.Inputs) == 0 || c.Inputs[0].At.IsZero() || c.Target != "b" || !strings.HasPrefix(c.Formula.String(), "b: ") {
			t.Errorf("%s: inputs %+v, target %s", id, c.Inputs, c.Target)
		}
	}
	w = good()
	w.pool("b").Rating.V.Decode = 1
	if c := find(Evaluate(w.plan(t), w.s, w.b, now), "IL-04"); c.Fix.IsEmpty() {
		t.Error("a block without a way out")
	}
}
