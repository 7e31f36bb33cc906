package sim

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"pitwall/backends/sim/world"
)

// played is the fleet with pool b200-a in another engine's format, a few minutes in.
func played(t *testing.T, engine string) (*Fleet, *world.Replica) {
	t.Helper()
	f, clock := listen(t, Options{Engines: map[string]string{poolB200: engine}})
	if err := clock.Advance(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	return f, replica(f, "b200-a-r1")
}

func replica(f *Fleet, name string) *world.Replica {
	i := slices.IndexFunc(f.world.Replicas, func(r *world.Replica) bool { return r.Name == name })
	return f.world.Replicas[i]
}

// covers holds a page against a sample: each family of the sample that the page has is of the same type, labels and
// bounds; lacking names those that a simulated fleet cannot have.
func covers(t *testing.T, page, sample string, lacking ...string) {
	t.Helper()
	got := parse(t, page)
	for name, want := range parse(t, sample) {
		mine := got[name]
		switch {
		case mine == nil && !slices.Contains(lacking, name):
			t.Errorf("%s is missing", name)
		case mine == nil:
		case mine.GetType() != want.GetType():
			t.Errorf("%s is a %s, want %s", name, mine.GetType(), want.GetType())
		case !slices.Equal(labelNames(mine), labelNames(want)):
			t.Errorf("%s has labels %v, want %v", name, labelNames(mine), labelNames(want))
		case !near(bounds(mine), bounds(want)) && !strings.Contains(name, "_length") && !strings.Contains(name, "_tokens"):
			t.Errorf("%s has bounds %v, want %v", name, bounds(mine), bounds(want))
		}
	}
}

func near(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.Abs(x-y) < 1e-9*math.Abs(y) })
}

// sum adds up the series of a family that have all of the labels.
func sum(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	total := 0.0
next:
	for _, m := range families[name].GetMetric() {
		for i := 0; i < len(labels); i += 2 {
			if !slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool {
				return l.GetName() == labels[i] && l.GetValue() == labels[i+1]
			}) {
				continue next
			}
		}
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return total
}

func TestSGLangPage(t *testing.T) {
	f, r := played(t, "sglang")
	url := f.URL(r.Name)
	_, page := get(t, url+"/metrics", false)
	got := parse(t, page)
	g := r.Gauges()
	if n := sum(got, "sglang:num_running_reqs", "tp_rank", "0"); n != float64(g.Running) || g.Running == 0 {
		t.Errorf("%v requests run on tensor rank 0, the engine has %d", n, g.Running)
	}
	if n := sum(got, "sglang:num_running_reqs"); n != 4*float64(g.Running) {
		t.Errorf("%v over all ranks: each of four tensor ranks repeats its group", n)
	}
	if a, b := sum(got, "sglang:realtime_tokens_total", "mode", "decode", "tp_rank", "0"), r.Stats.Generated; a != b {
		t.Errorf("%v tokens by their kind, the engine made %v", a, b)
	}
	if late := sum(got, "sglang:generation_tokens_total"); late >= r.Stats.Generated || late <= 0 {
		t.Errorf("%v tokens of ended requests, %v were made", late, r.Stats.Generated)
	}
	_, body := get(t, url+"/v1/loads", false)
	var loads struct {
		Loads []struct {
			Rank    int `json:"dp_rank"`
			Running int `json:"num_running_reqs"`
		} `json:"loads"`
	}
	if err := json.Unmarshal([]byte(body), &loads); err != nil || len(loads.Loads) != 2 ||
		loads.Loads[0].Running+loads.Loads[1].Running != g.Running {
		t.Errorf("%v: %s", err, body)
	}
	for path, want := range map[string]string{"/health": "", "/model_info": `"model_path"`, "/v1/models": "llama-70b"} {
		if resp, body := get(t, url+path, false); resp.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%s answered %d %q", path, resp.StatusCode, body)
		}
	}
	covers(t, page, shared(t, "engines/sglang-dp2.synthesized.prom"), "sglang:swa_token_usage", "sglang:mamba_usage",
		"sglang:num_running_reqs_offline_batch", "sglang:is_cuda_graph", "sglang:engine_startup_time",
		"sglang:engine_load_weights_time")
}

func TestTRTLLMPages(t *testing.T) {
	f, r := played(t, "trtllm")
	url := f.URL(r.Name)
	records := func() []map[string]any {
		resp, body := get(t, url+"/metrics", false)
		var list []map[string]any
		if err := json.Unmarshal([]byte(body), &list); err != nil || resp.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%v: %.80s", err, body)
		}
		return list
	}
	first := records()
	if len(first) == 0 || first[0]["numActiveRequests"] == nil || first[0]["kvCacheStats"] == nil {
		t.Fatalf("%d records: %v", len(first), first)
	}
	if again := records(); len(again) != 0 {
		t.Errorf("reading did not empty the queue: %d records are left", len(again))
	}
	_, page := get(t, url+"/prometheus/metrics", false)
	got := parse(t, page)
	if n := sum(got, "trtllm_num_requests_running"); n != float64(r.Gauges().Running) || n == 0 {
		t.Errorf("%v requests run, the engine has %d", n, r.Gauges().Running)
	}
	if n := sum(got, "trtllm_generation_tokens_total"); n != r.Stats.Generated {
		t.Errorf("%v tokens, the engine made %v", n, r.Stats.Generated)
	}
	for name := range got {
		if strings.Contains(name, "inter_token") {
			t.Errorf("trtllm-serve has no %s", name)
		}
	}
	for _, path := range []string{"/health", "/version", "/v1/models"} {
		if resp, _ := get(t, url+path, false); resp.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
	covers(t, page, shared(t, "engines/trtllm-serve-prefixed.synthesized.prom"), "trtllm_kv_cache_iter_reuse_rate")
}

func TestTGIPage(t *testing.T) {
	f, r := played(t, "tgi")
	url := f.URL(r.Name)
	_, page := get(t, url+"/metrics", false)
	got := parse(t, page)
	if n := sum(got, "tgi_batch_current_size"); n != float64(r.Gauges().Running) || n == 0 {
		t.Errorf("%v requests run, the engine has %d", n, r.Gauges().Running)
	}
	if strings.Contains(page, "# HELP") || strings.Contains(page, "model_name") || strings.Contains(page, "first_token") {
		t.Error("TGI prints no help, no model and no time to the first token")
	}
	made := got["tgi_request_generated_tokens"].GetMetric()[0].GetHistogram().GetSampleSum()
	if made != r.Stats.OutputLen.Sum || made == 0 {
		t.Errorf("%v tokens of ended requests, the engine says %v", made, r.Stats.OutputLen.Sum)
	}
	for path, want := range map[string]string{"/health": "", "/info": `"model_id":"llama-70b"`} {
		if resp, body := get(t, url+path, false); resp.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%s answered %d %q", path, resp.StatusCode, body)
		}
	}
	covers(t, page, shared(t, "engines/tgi.synthesized.prom"), "tgi_request_failure", "tgi_batch_concat",
		"tgi_request_validation_duration")
}

func TestAFreshTGIHasFewSeries(t *testing.T) {
	f, clock := listen(t, Options{Engines: map[string]string{poolDR: "tgi"}})
	name := "h200-dr-r1"
	_, page := get(t, f.URL(name)+"/metrics", false)
	if !strings.Contains(page, "tgi_queue_size 0\n") {
		t.Errorf("one that has served before says nothing of its queue:\n%s", page)
	}
	f.world.At(clock.Now(), func() { f.world.DeletePod(name) })
	if err := clock.Advance(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	_, page = get(t, f.URL(name)+"/metrics", false)
	if got := parse(t, page); len(got) != 1 || got["tgi_batch_max_total_tokens"] == nil {
		t.Errorf("a fresh process that nobody asked shows\n%s", page)
	}
}

func TestLlamaPage(t *testing.T) {
	f, r := played(t, "llamacpp")
	_, page := get(t, f.URL(r.Name)+"/metrics", false)
	got := parse(t, page)
	if n := sum(got, "llamacpp:tokens_predicted_total"); n != r.Stats.Generated || n == 0 {
		t.Errorf("%v tokens, the engine made %v", n, r.Stats.Generated)
	}
	if n := sum(got, "llamacpp:requests_processing"); n != float64(r.Gauges().Running) {
		t.Errorf("%v requests run, the engine has %d", n, r.Gauges().Running)
	}
	if strings.Contains(page, "{") || strings.Contains(page, "kv_cache") {
		t.Error("llama.cpp prints no labels and nothing of its cache")
	}
	for path, want := range map[string]string{"/health": `{"status":"ok"}`, "/props": `"is_sleeping":false`, "/slots": `"is_processing"`} {
		if resp, body := get(t, f.URL(r.Name)+path, false); resp.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%s answered %d %.80q", path, resp.StatusCode, body)
		}
	}
	covers(t, page, shared(t, "engines/llamacpp.synthesized.prom"))
}

func TestTritonPage(t *testing.T) {
	f, r := played(t, "triton")
	_, page := get(t, f.URL(r.Name)+"/metrics", false)
	got := parse(t, page)
	if n := sum(got, "nv_trt_llm_request_metrics", "request_type", "scheduled"); n != float64(r.Gauges().Running) || n == 0 {
		t.Errorf("%v requests run, the engine has %d", n, r.Gauges().Running)
	}
	if n := sum(got, "nv_inference_request_success"); n != float64(r.Stats.E2E.Count()) || n == 0 {
		t.Errorf("%v requests ended, the engine says %d", n, r.Stats.E2E.Count())
	}
	if n := sum(got, "nv_gpu_utilization"); n <= 0 || n > 8 {
		t.Errorf("eight devices are %v busy; Triton counts from 0 to 1", n)
	}
	if strings.Contains(page, "_total ") {
		t.Error("Triton's counters have no _total")
	}
	for _, path := range []string{"/v2/health/live", "/v2/health/ready", "/v2", "/v2/models/llama-70b/ready"} {
		if resp, _ := get(t, f.URL(r.Name)+path, false); resp.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
}
