package sglang

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=0.0.4; charset=utf-8"

// page is the page of a server with two data-parallel ranks of two tensor-parallel ranks each, all of which report.
func page(model string) string {
	var b strings.Builder
	model = contract.EscapeLabel(model)
	front := fmt.Sprintf(`engine_type="unified",model_name="%s"`, model)
	for _, c := range []struct {
		name  string
		value float64
	}{{"prompt_tokens_total", 9000}, {"generation_tokens_total", 4000}, {"num_requests_total", 50}, {"num_aborted_requests_total", 2}} {
		fmt.Fprintf(&b, "# HELP sglang:%s What it says.\n# TYPE sglang:%s counter\nsglang:%s{%s} %v\n", c.name, c.name, c.name, front, c.value)
	}
	b.WriteString("# TYPE sglang:cached_tokens_total counter\n")
	for source, v := range map[string]int{"device": 2000, "host": 500, "storage_file": 100, "total": 2600} {
		fmt.Fprintf(&b, "sglang:cached_tokens_total{cache_source=\"%s\",%s} %d\n", source, front, v)
	}
	histogram(&b, "time_to_first_token_seconds", front, 50, .1, .2, .4)
	histogram(&b, "inter_token_latency_seconds", front, 4000, .002, .004)
	histogram(&b, "e2e_request_latency_seconds", front, 50, 1, 10)
	for dp := range 2 {
		for tp := range 2 {
			scheduler(&b, model, dp, 2*dp+tp, float64(tp))
		}
	}
	b.WriteString("# TYPE sglang:cache_config_info gauge\nsglang:cache_config_info{num_pages=\"500\",page_size=\"16\"} 1.0\n")
	return b.String()
}

// scheduler writes what one rank reports; behind is how far it lags: ranks are not read at the same moment.
func scheduler(b *strings.Builder, model string, dp, tp int, behind float64) {
	labels := fmt.Sprintf(`dp_rank="%d",engine_type="unified",model_name="%s",moe_ep_rank="%d",pp_rank="0",tp_rank="%d"`, dp, model, tp, tp)
	d := float64(dp)
	for _, g := range []struct {
		name  string
		value float64
	}{
		{"num_running_reqs", 20 - 10*d - behind}, {"num_queue_reqs", 5 - 5*d}, {"num_grammar_queue_reqs", 1},
		{"num_decode_transfer_queue_reqs", 2}, {"token_usage", 0.75 - 0.5*d}, {"num_used_tokens", 6000},
		{"max_total_num_tokens", 8000}, {"gen_throughput", 812.5 + d}, {"cache_hit_rate", 0.9},
	} {
		fmt.Fprintf(b, "sglang:%s{%s} %v\n", g.name, labels, g.value)
	}
	fmt.Fprintf(b, "sglang:num_retracted_requests_total{%s} %v\n", labels, 7-d)
	fmt.Fprintf(b, "sglang:num_retracted_reqs{%s,pid=\"%d\"} 1\n", labels, 1200+tp)
	for mode, v := range map[string]float64{"prefill_compute": 3000, "prefill_cache": 1000, "decode": 2500} {
		fmt.Fprintf(b, "sglang:realtime_tokens_total{%s,mode=\"%s\"} %v\n", labels, mode, v+d)
	}
	histogram(b, "queue_time_seconds", labels, 25-int(behind), 0, .1, .2)
}

func histogram(b *strings.Builder, name, labels string, count int, bounds ...float64) {
	for i, le := range append(bounds, math.Inf(1)) {
		fmt.Fprintf(b, "sglang:%s_bucket{%s,le=\"%s\"} %d\n", name, labels,
			fmt.Sprint(le), count*(i+1)/(len(bounds)+1))
	}
	fmt.Fprintf(b, "sglang:%s_count{%s} %d\nsglang:%s_sum{%s} %v\n", name, labels, count, name, labels, float64(count)*1.5)
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	if len(p.Engines) != 2 || len(p.Notices) != 0 {
		t.Fatalf("%d engines with notices %v, want one for each data-parallel rank", len(p.Engines), p.Notices)
	}
	a, b := p.Engines[0], p.Engines[1]
	wantA := fleet.EngineReading{
		Model: a.Model, Engine: "0", LateTokens: true,
		Running: fleet.Some(fleet.Count(20)), Waiting: fleet.Some(fleet.Count(8)),
		KVUsage: fleet.Some(fleet.Ratio(0.75)), KVCapacity: fleet.Some(fleet.Tokens(8000)),
		PromptTokens: fleet.Some(9000.0), OutputTokens: fleet.Some(4000.0), Finished: fleet.Some(50.0), Aborted: fleet.Some(2.0),
		Preemptions: fleet.Some(7.0), PrefixHits: fleet.Some(2600.0), PrefixQueries: fleet.Some(9000.0),
		Work: fleet.Some(6500.0), Pulse: fleet.Some(812.5),
	}
	wantB := fleet.EngineReading{
		Model: a.Model, Engine: "1", LateTokens: true,
		Running: fleet.Some(fleet.Count(10)), Waiting: fleet.Some(fleet.Count(3)),
		KVUsage: fleet.Some(fleet.Ratio(0.25)), KVCapacity: fleet.Some(fleet.Tokens(8000)),
		Preemptions: fleet.Some(6.0), Work: fleet.Some(6503.0), Pulse: fleet.Some(813.5),
	}
	if got := contract.Scalars(a); fmt.Sprint(got) != fmt.Sprint(wantA) {
		t.Errorf("rank 0:\n got %+v\nwant %+v", got, wantA)
	}
	if got := contract.Scalars(b); fmt.Sprint(got) != fmt.Sprint(wantB) {
		t.Errorf("rank 1:\n got %+v\nwant %+v", got, wantB)
	}
	if a.TTFT.Count() != 50 || a.ITL.Count() != 4000 || a.E2E.Sum != 75 || len(a.TTFT.Bounds) != 4 {
		t.Errorf("latency of the front end: %v %v %v", a.TTFT, a.ITL, a.E2E)
	}
	if a.QueueTime.Count() != 25 || b.QueueTime.Count() != 25 || a.QueueTime.Sum != 37.5 || !b.TTFT.IsZero() {
		t.Errorf("queue time is that of the lowest rank of each: %v %v", a.QueueTime, b.QueueTime)
	}
}

func TestContract(t *testing.T) {
	good := page("big")
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: map[string]contract.Page{"/metrics": {Type: text, Body: good}},
		Main:  "/metrics",
		Judge: judge,
		WrongType: contract.Page{Type: text, Body: strings.Replace(good,
			"# TYPE sglang:generation_tokens_total counter", "# TYPE sglang:generation_tokens_total histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 2 || p.Engines[0].OutputTokens.OK || !p.Engines[0].PromptTokens.OK {
				t.Errorf("want all but the output tokens, got %+v", p.Engines)
			}
		},
		Hostile: func(name string) map[string]contract.Page {
			return map[string]contract.Page{"/metrics": {Type: text, Body: page(name)}}
		},
		Series: func(n int) contract.Page {
			var b strings.Builder
			b.WriteString("sglang:num_running_reqs{model_name=\"m\",tp_rank=\"0\"} 1\n")
			for i := range n - 1 {
				fmt.Fprintf(&b, "sglang:func_latency_seconds_count{n=\"%d\"} 1\n", i)
			}
			return contract.Page{Type: text, Body: b.String()}
		},
	})
}

func decode(t testing.TB, body string) []fleet.EngineReading {
	t.Helper()
	p, err := Connector().NewDecoder().Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return p.Engines
}

func TestTheSampleIsReadWhole(t *testing.T) {
	body := contract.Sample(t, "sglang-dp2.synthesized.prom")
	p, err := Connector().NewDecoder().Decode(body)
	if err != nil || len(p.Engines) != 2 || len(p.Notices) != 0 {
		t.Fatalf("%d engines, notices %v, %v", len(p.Engines), p.Notices, err)
	}
	const model = "deepseek-ai/DeepSeek-V3"
	for i, want := range []fleet.EngineReading{
		{Model: model, Engine: "0", LateTokens: true, Running: fleet.Some(fleet.Count(96)), Waiting: fleet.Some(fleet.Count(14)),
			KVUsage: fleet.Some(fleet.Ratio(0.91)), KVCapacity: fleet.Some(fleet.Tokens(412338)),
			PromptTokens: fleet.Some(115112400.0), OutputTokens: fleet.Some(31349760.0), Finished: fleet.Some(61230.0),
			Aborted: fleet.Some(522.0), Preemptions: fleet.Some(211.0), PrefixHits: fleet.Some(44881590.0 + 5388240),
			PrefixQueries: fleet.Some(115112400.0), Work: fleet.Some(32451900.0 + 25104300 + 15674880), Pulse: fleet.Some(2841.7)},
		{Model: model, Engine: "1", LateTokens: true, Running: fleet.Some(fleet.Count(58)), Waiting: fleet.Some(fleet.Count(0)),
			KVUsage: fleet.Some(fleet.Ratio(0.54)), KVCapacity: fleet.Some(fleet.Tokens(412338)), Preemptions: fleet.Some(9.0),
			Work: fleet.Some(32451900.0 + 25104300 + 15674880), Pulse: fleet.Some(1730.2)},
	} {
		if got := contract.Scalars(p.Engines[i]); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("rank %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
	other := contract.Reparse(t, body)
	other.SameHistogram(t, p.Engines[0].TTFT, "sglang:time_to_first_token_seconds")
	other.SameHistogram(t, p.Engines[0].ITL, "sglang:inter_token_latency_seconds")
	other.SameHistogram(t, p.Engines[0].E2E, "sglang:e2e_request_latency_seconds")
	other.SameHistogram(t, p.Engines[0].QueueTime, "sglang:queue_time_seconds", "dp_rank=0")
	other.SameHistogram(t, p.Engines[1].QueueTime, "sglang:queue_time_seconds", "dp_rank=1")
}

func TestPagesCostFewAllocations(t *testing.T) {
	body, decode := []byte(page("big")), newDecode() // alone: decoders that are shared may be made anew at any time
	got := testing.AllocsPerRun(20, func() {
		if _, err := decode(body); err != nil {
			t.Fatal(err)
		}
	})
	if got >= 100 {
		t.Errorf("%v allocations for one page, want under 100", got)
	}
}

func BenchmarkPage(b *testing.B) {
	body, d := []byte(page("big")), Connector().NewDecoder()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
