package trtllm

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=0.0.4; charset=utf-8"

// page writes a page whose names begin with prefix.
func page(prefix, model string) string {
	var b strings.Builder
	labels := fmt.Sprintf(`engine_type="trtllm",model_name="%s"`, contract.EscapeLabel(model))
	for i, name := range []string{"time_to_first_token_seconds", "e2e_request_latency_seconds", "request_queue_time_seconds",
		"time_per_output_token_seconds"} {
		fmt.Fprintf(&b, "# HELP %s%s Time.\n# TYPE %s%s histogram\n", prefix, name, prefix, name)
		for n, le := range []string{"0.1", "2.5", "+Inf"} {
			fmt.Fprintf(&b, "%s%s_bucket{%s,le=\"%s\"} %d.0\n", prefix, name, labels, le, (n+1)*(i+1))
		}
		fmt.Fprintf(&b, "%s%s_count{%s} %d.0\n%s%s_sum{%s} 1.5\n", prefix, name, labels, 3*(i+1), prefix, name, labels)
	}
	value := func(name, kind, extra string, v float64) {
		fmt.Fprintf(&b, "# TYPE %s%s %s\n%s%s{%s%s} %v\n", prefix, name, kind, prefix, name, labels, extra, v)
	}
	value("request_success_total", "counter", `,finished_reason="stop"`, 100)
	fmt.Fprintf(&b, "%srequest_success_total{%s,finished_reason=\"cancelled\"} 6\n", prefix, labels)
	value("request_error_total", "counter", `,http_code="400"`, 5)
	fmt.Fprintf(&b, "%srequest_error_total{%s,http_code=\"503\"} 2\n", prefix, labels)
	value("prompt_tokens_total", "counter", "", 9000)
	value("generation_tokens_total", "counter", "", 4000)
	value("prompt_cached_tokens_total", "counter", "", 1000)
	value("kv_cache_reused_blocks_total", "counter", "", 30)
	value("kv_cache_missed_blocks_total", "counter", "", 70)
	value("kv_cache_hit_rate", "gauge", "", 0.3)
	value("kv_cache_utilization", "gauge", "", 0.5)
	value("kv_cache_max_blocks", "gauge", "", 200)
	value("kv_cache_tokens_per_block", "gauge", "", 32)
	value("num_requests_running", "gauge", "", 8)
	value("num_requests_waiting", "gauge", "", 3)
	value("iteration_latency_seconds", "gauge", "", 0.02)
	return b.String()
}

func want(model fleet.ModelName) fleet.EngineReading {
	return fleet.EngineReading{
		Model: model, LateTokens: true, Running: fleet.Some(fleet.Count(8)), Waiting: fleet.Some(fleet.Count(3)),
		KVUsage: fleet.Some(fleet.Ratio(0.5)), KVCapacity: fleet.Some(fleet.Tokens(6400)),
		PromptTokens: fleet.Some(9000.0), OutputTokens: fleet.Some(4000.0), Finished: fleet.Some(113.0),
		Aborted: fleet.Some(6.0), Failed: fleet.Some(2.0), PrefixHits: fleet.Some(960.0), PrefixQueries: fleet.Some(3200.0),
		Work: fleet.Some(0.02), Pulse: fleet.Some(0.02),
	}
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	if len(p.Engines) != 1 || len(p.Notices) != 0 {
		t.Fatalf("%d engines, notices %v", len(p.Engines), p.Notices)
	}
	e := p.Engines[0]
	if got := contract.Scalars(e); fmt.Sprint(got) != fmt.Sprint(want("big")) {
		t.Errorf("\n got %+v\nwant %+v", got, want("big"))
	}
	if e.TTFT.Count() != 3 || e.E2E.Count() != 6 || e.QueueTime.Count() != 9 || !e.ITL.IsZero() {
		t.Errorf("%v %v %v %v", e.TTFT, e.E2E, e.QueueTime, e.ITL)
	}
	if p.Health != fleet.Some(true) || p.Version != fleet.Text("1.3.0") {
		t.Errorf("health %v, version %q", p.Health, p.Version)
	}
}

func TestContract(t *testing.T) {
	pages := func(body string) map[string]contract.Page {
		return map[string]contract.Page{metricsPath: {Type: text, Body: body}, "/health": {Type: "text/plain"},
			"/version": {Type: "application/json", Body: `{"version":"1.3.0"}`}}
	}
	good := page("trtllm_", "big")
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: pages(good),
		Main:  metricsPath,
		Judge: judge,
		WrongType: contract.Page{Type: text, Body: strings.Replace(good,
			"# TYPE trtllm_generation_tokens_total counter", "# TYPE trtllm_generation_tokens_total histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 1 || p.Engines[0].OutputTokens.OK || !p.Engines[0].PromptTokens.OK {
				t.Errorf("want all but the output tokens, got %+v", p.Engines)
			}
		},
		Hostile: func(name string) map[string]contract.Page { return pages(page("trtllm_", name)) },
		Series: func(n int) contract.Page {
			return contract.Page{Type: text, Body: "trtllm_num_requests_running{model_name=\"m\"} 1\n" +
				strings.Repeat("trtllm_prefill_perplexity_count 1\n", n-1)}
		},
	})
}

func TestAllGenerationsOfNames(t *testing.T) {
	for _, prefix := range prefixes {
		p, err := Connector().NewDecoder().Decode([]byte(page(prefix, "big")))
		if err != nil || len(p.Engines) != 1 {
			t.Fatalf("%q: %+v, %v", prefix, p.Engines, err)
		}
		if got := contract.Scalars(p.Engines[0]); fmt.Sprint(got) != fmt.Sprint(want("big")) {
			t.Errorf("%q:\n got %+v\nwant %+v", prefix, got, want("big"))
		}
		if p.Engines[0].TTFT.Count() != 3 {
			t.Errorf("%q: %v", prefix, p.Engines[0].TTFT)
		}
	}
	p, err := Connector().NewDecoder().Decode([]byte("num_requests_running{model_name=\"m\"} 1\ntrtllm:num_requests_running{model_name=\"m\"} 2\n" +
		"trtllm_num_requests_running{model_name=\"m\"} 3\nnum_requests_waiting{model_name=\"m\"} 4\n"))
	if err != nil || len(p.Engines) != 1 || p.Engines[0].Running.V != 3 || p.Engines[0].Waiting.V != 4 {
		t.Errorf("the current name wins: %+v, %v", p.Engines, err)
	}
}

func TestWhatIsMissingIsUnknown(t *testing.T) {
	p, err := Connector().NewDecoder().Decode([]byte("trtllm_kv_cache_used_blocks{model_name=\"undefined\"} 5\n" +
		"trtllm_kv_cache_max_blocks{model_name=\"undefined\"} 20\ntrtllm_prompt_cached_tokens_total{model_name=\"undefined\"} 7\n" +
		"trtllm_prompt_tokens_total{model_name=\"undefined\"} 70\n"))
	if err != nil || len(p.Engines) != 1 {
		t.Fatalf("%+v, %v", p.Engines, err)
	}
	e := p.Engines[0]
	if e.Model != "" || e.Running.OK || e.Waiting.OK || e.OutputTokens.OK || e.Finished.OK || e.KVCapacity.OK || e.Work.OK {
		t.Errorf("%+v", e)
	}
	if e.KVUsage.V != 0.25 || e.PrefixHits.V != 7 || e.PrefixQueries.V != 70 {
		t.Errorf("what stands in: KV %v, prefix %v of %v", e.KVUsage, e.PrefixHits, e.PrefixQueries)
	}
}

func TestSamplesAreReadWhole(t *testing.T) {
	body := contract.Sample(t, "trtllm-serve-prefixed.synthesized.prom")
	p, err := Connector().NewDecoder().Decode(body)
	if err != nil || len(p.Engines) != 1 || len(p.Notices) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	want := fleet.EngineReading{
		Model: "nvidia/Llama-3.3-70B-Instruct-FP8", LateTokens: true, Running: fleet.Some(fleet.Count(64)),
		Waiting: fleet.Some(fleet.Count(17)), KVUsage: fleet.Some(fleet.Ratio(0.873)), KVCapacity: fleet.Some(fleet.Tokens(10125 * 32)),
		PromptTokens: fleet.Some(25890860.0), OutputTokens: fleet.Some(7074404.0), Finished: fleet.Some(18233.0 + 86),
		Aborted: fleet.Some(43.0), Failed: fleet.Some(15.0), PrefixHits: fleet.Some(346427.0 * 32),
		PrefixQueries: fleet.Some((346427.0 + 455825) * 32), Work: fleet.Some(0.0213), Pulse: fleet.Some(0.0213),
	}
	if got := contract.Scalars(p.Engines[0]); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	checkLatency(t, p.Engines[0], body, "trtllm_")

	body = contract.Sample(t, "trtllm-serve-1.x-unprefixed.synthesized.prom")
	p, err = Connector().NewDecoder().Decode(body)
	if err != nil || len(p.Engines) != 1 || len(p.Notices) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	if got := contract.Scalars(p.Engines[0]); fmt.Sprint(got) != fmt.Sprint(fleet.EngineReading{LateTokens: true, Finished: fleet.Some(733.0)}) {
		t.Errorf("1.x: %+v", got)
	}
	checkLatency(t, p.Engines[0], body, "")
}

func checkLatency(t *testing.T, e fleet.EngineReading, body []byte, prefix string) {
	t.Helper()
	other := contract.Reparse(t, body)
	other.SameHistogram(t, e.TTFT, prefix+"time_to_first_token_seconds")
	other.SameHistogram(t, e.E2E, prefix+"e2e_request_latency_seconds")
	other.SameHistogram(t, e.QueueTime, prefix+"request_queue_time_seconds")
}

func BenchmarkPage(b *testing.B) {
	body, d := []byte(page("trtllm_", "big")), Connector().NewDecoder()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
