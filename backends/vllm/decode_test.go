package vllm

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/enginepage"
	"pitwall/fleet"
)

func decodeOne(t *testing.T, page string) (fleet.EngineReading, []fleet.Notice) {
	t.Helper()
	engines, notices, err := newDecoder().decode([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	if len(engines) != 1 {
		t.Fatalf("%d engines, want 1: %+v", len(engines), engines)
	}
	return engines[0], notices
}

// A v0 page has no engine label, old names, and creates series as they are first counted.
const v0Page = `# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{model_name="org/model-7b"} 12.0
# TYPE vllm:gpu_cache_usage_perc gauge
vllm:gpu_cache_usage_perc{model_name="org/model-7b"} 0.5
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{model_name="org/model-7b"} 2.5e+06
# TYPE vllm:gpu_prefix_cache_hits_total counter
vllm:gpu_prefix_cache_hits_total{model_name="org/model-7b"} 10
# TYPE vllm:gpu_prefix_cache_queries_total counter
vllm:gpu_prefix_cache_queries_total{model_name="org/model-7b"} 40
# TYPE vllm:time_per_output_token_seconds histogram
vllm:time_per_output_token_seconds_sum{model_name="org/model-7b"} 3.5
vllm:time_per_output_token_seconds_bucket{le="0.05",model_name="org/model-7b"} 60.0
vllm:time_per_output_token_seconds_bucket{le="0.025",model_name="org/model-7b"} 40.0
vllm:time_per_output_token_seconds_bucket{le="+Inf",model_name="org/model-7b"} 64.0
vllm:time_per_output_token_seconds_count{model_name="org/model-7b"} 64.0
# TYPE vllm:request_success_total counter
vllm:request_success_total{finished_reason="stop",model_name="org/model-7b"} 50
vllm:request_success_total{finished_reason="abort",model_name="org/model-7b"} 6
# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{block_size="16",num_gpu_blocks="1000"} 1.0
`

func TestOldNames(t *testing.T) {
	e, notices := decodeOne(t, v0Page)
	if e.Model != "org/model-7b" || e.Engine != "" || len(notices) != 0 {
		t.Errorf("model %q, engine %q, notices %v", e.Model, e.Engine, notices)
	}
	if e.KVUsage != fleet.Some(fleet.Ratio(0.5)) || e.KVCapacity != fleet.Some(fleet.Tokens(16000)) {
		t.Errorf("KV %v of %v", e.KVUsage, e.KVCapacity)
	}
	if e.PrefixHits != fleet.Some(10.0) || e.PrefixQueries != fleet.Some(40.0) {
		t.Errorf("prefix %v of %v", e.PrefixHits, e.PrefixQueries)
	}
	if e.Finished != fleet.Some(56.0) || e.Aborted != fleet.Some(6.0) || e.Failed.OK {
		t.Errorf("finished %v, aborted %v, failed %v: v0 does not count failures", e.Finished, e.Aborted, e.Failed)
	}
	if e.Waiting.OK || e.Asleep.OK || e.StartedAt.OK || !e.TTFT.IsZero() {
		t.Errorf("what the page lacks must be unknown: %+v", e)
	}
	want := []float64{0.025, 0.05, math.Inf(1)}
	for i, le := range want {
		if e.ITL.Bounds[i] != le || e.ITL.Counts[i] != []float64{40, 60, 64}[i] {
			t.Errorf("ITL bucket %d: %v %v", i, e.ITL.Bounds[i], e.ITL.Counts[i])
		}
	}
}

func TestCurrentNamesWinOverOldOnes(t *testing.T) {
	both := `vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.9
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.4
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 7
vllm:gpu_prefix_cache_hits_total{engine="0",model_name="m"} 8
`
	swapped := strings.Join([]string{strings.Split(both, "\n")[1], strings.Split(both, "\n")[0],
		strings.Split(both, "\n")[3], strings.Split(both, "\n")[2]}, "\n") + "\n"
	for _, page := range []string{both, swapped} {
		e, _ := decodeOne(t, page)
		if e.KVUsage.V != 0.4 || e.PrefixHits.V != 7 {
			t.Errorf("KV %v, hits %v; the current names say 0.4 and 7", e.KVUsage.V, e.PrefixHits.V)
		}
	}
}

func TestSleepStates(t *testing.T) {
	for state, want := range map[string]bool{"awake": false, "weights_offloaded": true, "discard_all": true} {
		var b strings.Builder
		for _, s := range []string{"awake", "weights_offloaded", "discard_all"} {
			v := "0"
			if s == state {
				v = "1"
			}
			b.WriteString(`vllm:engine_sleep_state{engine="0",model_name="m",sleep_state="` + s + `"} ` + v + "\n")
		}
		if e, _ := decodeOne(t, b.String()); e.Asleep != fleet.Some(want) {
			t.Errorf("%s: asleep %v", state, e.Asleep)
		}
	}
}

func TestStartIsTheLaterOfProcessAndEngine(t *testing.T) {
	page := `process_start_time_seconds 1.79e+09
vllm:num_requests_running{engine="0",model_name="m"} 1
vllm:num_requests_running{engine="1",model_name="m"} 1
vllm:generation_tokens_created{engine="1",model_name="m"} 1.7900005e+09
`
	engines, _, err := newDecoder().decode([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	if got := engines[0].StartedAt.V; !got.Equal(time.Unix(1_790_000_000, 0)) {
		t.Errorf("engine 0 started %v", got)
	}
	if got := engines[1].StartedAt.V; !got.Equal(time.Unix(1_790_000_500, 0)) {
		t.Errorf("engine 1 began anew inside of the process, but started %v", got)
	}
}

func TestUnknownBlocksAreNoCapacity(t *testing.T) {
	for _, blocks := range []string{"None", "0", "-1", "NaN", "1e400", ""} {
		e, _ := decodeOne(t, `vllm:num_requests_running{engine="0",model_name="m"} 1
vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="`+blocks+"\"} 1\n")
		if e.KVCapacity.OK {
			t.Errorf("num_gpu_blocks=%q gives a capacity of %v", blocks, e.KVCapacity.V)
		}
	}
}

func TestPagesOfOthersAreRefused(t *testing.T) {
	for name, page := range map[string]string{
		"another exporter": "# TYPE node_load1 gauge\nnode_load1 0.3\nprocess_start_time_seconds 1.79e+09\n",
		"many engines":     manyEngines(enginepage.MaxEngines + 1),
	} {
		if _, _, err := newDecoder().decode([]byte(page)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if e, _, err := newDecoder().decode([]byte(manyEngines(enginepage.MaxEngines))); err != nil || len(e) != enginepage.MaxEngines {
		t.Errorf("%d engines: %d read, %v", enginepage.MaxEngines, len(e), err)
	}
}

func manyEngines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`vllm:num_requests_running{engine="` + strings.Repeat("x", i) + "\",model_name=\"m\"} 1\n")
	}
	return b.String()
}

// A page before the first request of a v0 engine declares families and has no series: no engine, no failure.
func TestDeclaredFamiliesAreEnough(t *testing.T) {
	engines, _, err := newDecoder().decode([]byte("# TYPE vllm:generation_tokens_total counter\n"))
	if err != nil || len(engines) != 0 {
		t.Errorf("%d engines, %v", len(engines), err)
	}
}

// The decoder's memory is used again: a page must not leave anything for the next one.
func TestNothingIsLeftFromThePageBefore(t *testing.T) {
	d := newDecoder()
	if _, _, err := d.decode([]byte(currentPage("first", 2))); err != nil {
		t.Fatal(err)
	}
	engines, _, err := d.decode([]byte(v0Page))
	if err != nil || len(engines) != 1 || engines[0].Waiting.OK || !engines[0].TTFT.IsZero() {
		t.Errorf("%v, %+v", err, engines)
	}
}

// The router of the production stack speaks of many engines under the same prefix.
func TestARouterIsNoEngine(t *testing.T) {
	_, _, err := newDecoder().decode([]byte("vllm:num_requests_running{server=\"http://a\"} 3\n" +
		"vllm:healthy_pods_total{server=\"http://a\"} 1\n"))
	if !errors.Is(err, errRouter) {
		t.Errorf("read as an engine: %v", err)
	}
}
