package sglang

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/fleet"
)

func one(t *testing.T, body string) fleet.EngineReading {
	t.Helper()
	engines := decode(t, body)
	if len(engines) != 1 {
		t.Fatalf("%d engines, want 1: %+v", len(engines), engines)
	}
	return engines[0]
}

// A server without data parallelism has no rank of it; eight tensor-parallel ranks repeat each other.
func TestTensorParallelRanksAreNeverAdded(t *testing.T) {
	var b strings.Builder
	for tp := range 8 {
		fmt.Fprintf(&b, "sglang:num_running_reqs{model_name=\"m\",tp_rank=\"%d\",pp_rank=\"0\"} 12\n", tp)
		fmt.Fprintf(&b, "sglang:num_retracted_requests_total{model_name=\"m\",tp_rank=\"%d\",pp_rank=\"0\"} 5\n", tp)
	}
	b.WriteString("sglang:generation_tokens_total{model_name=\"m\"} 77\n")
	e := one(t, b.String())
	if e.Running.V != 12 || e.Preemptions.V != 5 || e.Engine != "" || e.OutputTokens.V != 77 {
		t.Errorf("%+v", e)
	}
}

func TestWhatIsMissingIsUnknown(t *testing.T) {
	e := one(t, "# TYPE sglang:num_running_reqs gauge\nsglang:num_running_reqs{model_name=\"m\",tp_rank=\"0\"} 3\n"+
		"sglang:num_grammar_queue_reqs{model_name=\"m\",tp_rank=\"0\"} 0\n")
	if e.Waiting.OK {
		t.Error("the queue was made of the grammar queue alone")
	}
	if e.KVUsage.OK || e.OutputTokens.OK || e.PrefixHits.OK || e.PrefixQueries.OK || e.Work.OK || !e.TTFT.IsZero() {
		t.Errorf("%+v", e)
	}
}

func TestQueuesOfSplitServersAreAdded(t *testing.T) {
	const labels = `{engine_type="decode",model_name="m",tp_rank="0"} `
	body := "sglang:num_queue_reqs" + labels + "1\nsglang:num_grammar_queue_reqs" + labels + "2\n"
	for i, name := range []string{"num_prefill_bootstrap_queue_reqs", "num_prefill_inflight_queue_reqs",
		"num_decode_prealloc_queue_reqs", "num_decode_transfer_queue_reqs"} {
		body += fmt.Sprintf("sglang:%s%s%d\n", name, labels, 10*(i+1))
	}
	if e := one(t, body); e.Waiting.V != 103 {
		t.Errorf("waiting %v, want 103", e.Waiting)
	}
	if e := one(t, strings.Replace(body, "bootstrap", "prealloc", 1)); e.Waiting.V != 103 {
		t.Errorf("under the older name: waiting %v, want 103", e.Waiting)
	}
}

func TestARestartedProcessReplacesTheOneBefore(t *testing.T) {
	const f = "sglang:num_running_reqs{model_name=\"m\",pid=\"%d\",tp_rank=\"0\"} %d\n"
	for _, body := range []string{fmt.Sprintf(f, 999, 40) + fmt.Sprintf(f, 1201, 3), fmt.Sprintf(f, 1201, 3) + fmt.Sprintf(f, 999, 40)} {
		if e := one(t, body); e.Running.V != 3 {
			t.Errorf("running %v, which is what the process before said", e.Running)
		}
	}
}

func TestCachedTokensAreCountedOnce(t *testing.T) {
	const prompt = "sglang:prompt_tokens_total{model_name=\"m\"} 100\n"
	for body, want := range map[string]float64{
		`sglang:cached_tokens_total{cache_source="device",model_name="m"} 30` + "\n" +
			`sglang:cached_tokens_total{cache_source="host",model_name="m"} 12` + "\n" +
			`sglang:cached_tokens_total{cache_source="total",model_name="m"} 42` + "\n": 42,
		`sglang:cached_tokens_total{cache_source="total",model_name="m"} 42` + "\n": 42,
		`sglang:cached_tokens_total{model_name="m"} 42` + "\n":                      42, // older builds
	} {
		if e := one(t, prompt+body); e.PrefixHits.V != want || e.PrefixQueries.V != 100 {
			t.Errorf("%v of %v", e.PrefixHits, e.PrefixQueries)
		}
	}
	if e := one(t, prompt+"sglang:cache_hit_rate{model_name=\"m\"} 0.9\n"); e.PrefixHits.OK {
		t.Error("the gauge of the last batch is not a hit rate")
	}
}

func TestOldNames(t *testing.T) {
	e := one(t, `sglang:time_per_output_token_seconds_bucket{le="0.05",name="m"} 4
sglang:time_per_output_token_seconds_bucket{le="+Inf",name="m"} 6
sglang:time_per_output_token_seconds_sum{name="m"} 0.5
sglang:time_per_output_token_seconds_count{name="m"} 6
sglang:num_running_reqs{name="m"} 2
sglang:token_usage{name="m"} 0.5
sglang:cache_config_info{num_pages="100",page_size="8"} 1
`)
	if e.Model != "m" || e.ITL.Count() != 6 || e.Running.V != 2 || e.KVUsage.V != 0.5 {
		t.Errorf("%+v", e)
	}
}

func TestPrioritiesArePartsOfTheWhole(t *testing.T) {
	const parts = `sglang:num_queue_reqs{model_name="m",priority="1",tp_rank="0"} 3
sglang:num_queue_reqs{model_name="m",priority="2",tp_rank="0"} 4
`
	if e := one(t, parts+`sglang:num_queue_reqs{model_name="m",priority="",tp_rank="0"} 7`+"\n"); e.Waiting.V != 7 {
		t.Errorf("waiting %v, want 7", e.Waiting)
	}
	if e := one(t, parts); e.Waiting.V != 7 {
		t.Errorf("waiting %v, want the sum of the parts", e.Waiting)
	}
}

func TestTheLoadReportAsAPage(t *testing.T) {
	engines := decode(t, `# TYPE sglang_num_running_reqs gauge
sglang_num_running_reqs{dp_rank="0"} 5
sglang_num_running_reqs{dp_rank="1"} 6
# TYPE sglang_num_waiting_reqs gauge
sglang_num_waiting_reqs{dp_rank="0"} 2
sglang_num_waiting_reqs{dp_rank="1"} 0
sglang_queues_grammar{dp_rank="0"} 1
`)
	if len(engines) != 2 || engines[0].Running.V != 5 || engines[0].Waiting.V != 3 || engines[1].Waiting != fleet.Some(fleet.Count(0)) {
		t.Errorf("%+v", engines)
	}
}

func TestTwoKindsOnOnePage(t *testing.T) {
	engines := decode(t, `sglang:num_running_reqs{dp_rank="0",engine_type="prefill",model_name="m",tp_rank="0"} 1
sglang:num_running_reqs{dp_rank="0",engine_type="decode",model_name="m",tp_rank="0"} 2
sglang:generation_tokens_total{engine_type="decode",model_name="m"} 9
`)
	if len(engines) != 2 || engines[0].Engine != "prefill/0" || engines[1].Engine != "decode/0" || engines[1].OutputTokens.V != 9 ||
		engines[0].OutputTokens.OK {
		t.Errorf("%+v", engines)
	}
}

func TestEvidenceOfBuildsThatCountNoSteps(t *testing.T) {
	const page = "sglang:num_running_reqs{model_name=\"m\",tp_rank=\"0\"} 2\nsglang:num_used_tokens{model_name=\"m\",tp_rank=\"0\"} 640\n" +
		"sglang:gen_throughput{model_name=\"m\",tp_rank=\"0\"} %v\n"
	if e := one(t, fmt.Sprintf(page, 812.5)); e.Work.OK || e.Pulse.V != 812.5 || !e.LateTokens {
		t.Errorf("a gauge that may be old is no proof of a stall: %+v", e)
	}
	if e := one(t, fmt.Sprintf(page, 0)); e.Work != fleet.Some(640.0) {
		t.Errorf("no token a second is: %+v", e)
	}
	prefill := strings.ReplaceAll(fmt.Sprintf(page, 0), "tp_rank", `engine_type="prefill",tp_rank`)
	if e := one(t, strings.Replace(prefill, "num_used_tokens", "other", 1)); e.Work.OK {
		t.Errorf("an engine that never decodes has no token a second: %+v", e)
	}
	if e := one(t, prefill); e.Work != fleet.Some(640.0) {
		t.Errorf("the tokens that it holds tell: %+v", e)
	}
}

func TestOtherPagesAreRefused(t *testing.T) {
	for _, body := range []string{"vllm:num_requests_running 1\n", "process_start_time_seconds 1.79e9\n", "", "[]\n"} {
		if _, err := Connector().NewDecoder().Decode([]byte(body)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", body, err)
		}
	}
	p, err := Connector().NewDecoder().Decode([]byte("# TYPE sglang:num_running_reqs gauge\n"))
	if err != nil || len(p.Engines) != 0 {
		t.Errorf("a server before its first request: %+v, %v", p.Engines, err)
	}
}

func TestLabelsOfTheOperatorArePartsOfTheWhole(t *testing.T) {
	var b strings.Builder
	for i, tenant := range []string{"a", "z"} {
		labels := fmt.Sprintf(`customer="%s",model_name="m",zone="1"`, tenant)
		fmt.Fprintf(&b, "sglang:generation_tokens_total{%s} %d\n", labels, 100*(i+1))
		for n, le := range []string{"0.1", "1", "+Inf"} {
			fmt.Fprintf(&b, "sglang:time_to_first_token_seconds_bucket{customer=\"%s\",le=\"%s\",model_name=\"m\",zone=\"1\"} %d\n", tenant, le, (n+1)*(i+1))
		}
		fmt.Fprintf(&b, "sglang:time_to_first_token_seconds_count{%s} %d\nsglang:time_to_first_token_seconds_sum{%s} %d\n", labels, 3*(i+1), labels, 5*(i+1))
	}
	e := one(t, b.String())
	if e.OutputTokens.V != 300 || e.TTFT.Count() != 9 || e.TTFT.Sum != 15 || e.TTFT.Counts[0] != 3 || len(e.TTFT.Bounds) != 3 {
		t.Errorf("%v %v", e.OutputTokens, e.TTFT)
	}
}
