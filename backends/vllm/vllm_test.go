package vllm

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=0.0.4; charset=utf-8"

func TestContract(t *testing.T) {
	page := currentPage("llama", 2)
	pages := func(model string) map[string]contract.Page {
		return map[string]contract.Page{
			"/metrics": {Type: text, Body: currentPage(escapeLabel(model), 2)},
			"/health":  {Type: "text/plain"},
			"/version": {Type: "application/json", Body: fmt.Sprintf(`{"version":%s}`, quoteJSON(model))},
		}
	}
	good := pages("llama")
	good["/version"] = contract.Page{Type: "application/json", Body: `{"version":"0.11.2"}`}
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: good,
		Main:  "/metrics",
		Judge: judgeCurrent,
		WrongType: contract.Page{Type: text, Body: strings.Replace(page,
			"# TYPE vllm:generation_tokens_total counter", "# TYPE vllm:generation_tokens_total histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 2 || p.Engines[0].OutputTokens.OK || !p.Engines[0].PromptTokens.OK {
				t.Errorf("want all but the output tokens, got %+v", p.Engines)
			}
		},
		Hostile: pages,
		Series:  manySeries,
	})
}

func escapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

func quoteJSON(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\x1b", `\u001b`, "\x00", `\u0000`,
		"\x07", `\u0007`, "\x7f", `\u007f`).Replace(s) + `"`
}

func manySeries(n int) contract.Page {
	var b strings.Builder
	b.WriteString("# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{engine=\"0\",model_name=\"m\"} 1\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "vllm:lora_requests_info{n=\"%d\"} 1\n", i)
	}
	return contract.Page{Type: text, Body: b.String()}
}

func judgeCurrent(t testing.TB, p fleet.Partial) {
	t.Helper()
	if len(p.Engines) != 2 || len(p.Notices) != 0 {
		t.Fatalf("%d engines and notices %v, want 2 and none", len(p.Engines), p.Notices)
	}
	if !p.Health.OK || !p.Health.V || p.Version != fleet.Text("0.11.2") {
		t.Errorf("health %v, version %q", p.Health, p.Version)
	}
	for n, e := range p.Engines {
		k := float64(n + 1)
		want := fleet.EngineReading{
			Model: "llama", Engine: fmt.Sprint(n),
			Running: fleet.Some(fleet.Count(7 * k)), Waiting: fleet.Some(fleet.Count(3 * k)),
			KVUsage: fleet.Some(fleet.Ratio(0.25 * k)), KVCapacity: fleet.Some(fleet.Tokens(32000 * k)),
			Asleep: fleet.Some(false), PromptTokens: fleet.Some(5e6 * k), OutputTokens: fleet.Some(1e6 * k),
			Finished: fleet.Some(500*k + 10), Aborted: fleet.Some(100*k + 2), Failed: fleet.Some(100*k + 3),
			Preemptions: fleet.Some(2 * k), PrefixHits: fleet.Some(3000 * k), PrefixQueries: fleet.Some(4000 * k),
			StartedAt: fleet.Some(time.Unix(1_790_000_100, 250e6).UTC()),
		}
		got := e
		got.TTFT, got.ITL, got.E2E, got.QueueTime = fleet.Histogram{}, fleet.Histogram{}, fleet.Histogram{}, fleet.Histogram{}
		got.PromptLen, got.OutputLen, got.MaxTokens = fleet.Histogram{}, fleet.Histogram{}, fleet.Histogram{}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("engine %d:\n got %+v\nwant %+v", n, got, want)
		}
		for name, h := range map[string]struct {
			got    fleet.Histogram
			bounds []float64
		}{
			"TTFT": {e.TTFT, ttftBounds}, "ITL": {e.ITL, itlBounds}, "E2E": {e.E2E, e2eBounds}, "queue": {e.QueueTime, e2eBounds},
			"prompt": {e.PromptLen, lenBounds}, "output": {e.OutputLen, lenBounds}, "max": {e.MaxTokens, lenBounds},
		} {
			checkHistogram(t, name, h.got, h.bounds, n)
		}
	}
}

func checkHistogram(t testing.TB, name string, h fleet.Histogram, bounds []float64, engine int) {
	t.Helper()
	if len(h.Bounds) != len(bounds)+1 || len(h.Counts) != len(h.Bounds) {
		t.Errorf("%s: %d bounds, %d counts, want %d", name, len(h.Bounds), len(h.Counts), len(bounds)+1)
		return
	}
	for i, le := range append(append([]float64{}, bounds...), math.Inf(1)) {
		if h.Bounds[i] != le || h.Counts[i] != float64((i+1)*(engine+2)) {
			t.Errorf("%s: bucket %d is %v: %v", name, i, h.Bounds[i], h.Counts[i])
		}
	}
	if h.Sum != 12.5*float64(engine+1) {
		t.Errorf("%s: sum %v", name, h.Sum)
	}
}
