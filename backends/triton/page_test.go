package triton

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; charset=utf-8"

// page is a server with an ensemble, its TensorRT-LLM engine on two GPUs, and an engine that was loaded anew.
func page(model string) string {
	model = contract.EscapeLabel(model)
	return strings.ReplaceAll(`# HELP nv_inference_request_success Number of successful inference requests
# TYPE nv_inference_request_success counter
nv_inference_request_success{gpu_uuid="GPU-a",model="MODEL",version="1"} 60
nv_inference_request_success{gpu_uuid="GPU-b",model="MODEL",version="1"} 40
nv_inference_request_success{model="ensemble",version="1"} 99
nv_inference_request_success{model="MODEL",version="2"} 0
# TYPE nv_inference_request_failure counter
nv_inference_request_failure{model="MODEL",reason="REJECTED",version="1"} 3
nv_inference_request_failure{model="MODEL",reason="CANCELED",version="1"} 4
nv_inference_request_failure{model="MODEL",reason="BACKEND",version="1"} 1
nv_inference_request_failure{model="MODEL",reason="OTHER",version="1"} 0
# TYPE nv_inference_request_duration_us counter
nv_inference_request_duration_us{gpu_uuid="GPU-a",model="MODEL",version="1"} 120000000
nv_inference_request_duration_us{gpu_uuid="GPU-b",model="MODEL",version="1"} 80000000
# TYPE nv_inference_queue_duration_us counter
nv_inference_queue_duration_us{model="MODEL",version="1"} 5000000
# TYPE nv_inference_exec_count counter
nv_inference_exec_count{model="MODEL",version="1"} 70
nv_inference_exec_count{model="ensemble",version="1"} 71
# TYPE nv_inference_pending_request_count gauge
nv_inference_pending_request_count{model="MODEL",version="1"} 2
nv_inference_pending_request_count{model="ensemble",version="1"} 0
# TYPE nv_inference_first_response_histogram_ms histogram
nv_inference_first_response_histogram_ms_count{model="MODEL",version="1"} 37
nv_inference_first_response_histogram_ms_sum{model="MODEL",version="1"} 10771
nv_inference_first_response_histogram_ms{model="MODEL",version="1", le="100"} 8
nv_inference_first_response_histogram_ms{model="MODEL",version="1", le="500"} 30
nv_inference_first_response_histogram_ms{model="MODEL",version="1", le="+Inf"} 37
# TYPE nv_trt_llm_request_metrics gauge
nv_trt_llm_request_metrics{model="MODEL",request_type="waiting",version="1"} 5
nv_trt_llm_request_metrics{model="MODEL",request_type="context",version="1"} 1
nv_trt_llm_request_metrics{model="MODEL",request_type="scheduled",version="1"} 12
nv_trt_llm_request_metrics{model="MODEL",request_type="max",version="1"} 512
nv_trt_llm_request_metrics{model="MODEL",request_type="active",version="1"} 13
# TYPE nv_trt_llm_kv_cache_block_metrics gauge
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="MODEL",version="1"} 0.75
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per",model="MODEL",version="1"} 64
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="used",model="MODEL",version="1"} 300
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="free",model="MODEL",version="1"} 100
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="MODEL",version="1"} 400
# TYPE nv_trt_llm_general_metrics gauge
nv_trt_llm_general_metrics{general_type="timestamp",model="MODEL",version="1"} 1790000000
nv_trt_llm_general_metrics{general_type="iteration_counter",model="MODEL",version="1"} 4711
# TYPE nv_gpu_utilization gauge
nv_gpu_utilization{gpu_uuid="GPU-a"} 0.93
nv_gpu_utilization{gpu_uuid="GPU-b"} 0
# TYPE nv_gpu_memory_total_bytes gauge
nv_gpu_memory_total_bytes{gpu_uuid="GPU-a"} 80000000000
# TYPE nv_gpu_memory_used_bytes gauge
nv_gpu_memory_used_bytes{gpu_uuid="GPU-a"} 60000000000
nv_gpu_memory_used_bytes{gpu_uuid="GPU-b"} 1000000000
# TYPE nv_gpu_power_usage gauge
nv_gpu_power_usage{gpu_uuid="GPU-a"} 611.5
# TYPE nv_energy_consumption counter
nv_energy_consumption{gpu_uuid="GPU-a"} 123456.789
`, "MODEL", model)
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	if len(p.Engines) != 3 || len(p.GPUs) != 2 || len(p.Notices) != 0 {
		t.Fatalf("%d engines, %d GPUs, notices %v", len(p.Engines), len(p.GPUs), p.Notices)
	}
	want := fleet.EngineReading{
		Model: "tensorrt_llm", Engine: "1", Running: fleet.Some(fleet.Count(12)), Waiting: fleet.Some(fleet.Count(7)),
		KVUsage: fleet.Some(fleet.Ratio(0.75)), KVCapacity: fleet.Some(fleet.Tokens(25600)),
		Finished: fleet.Some(108.0), Aborted: fleet.Some(4.0), Failed: fleet.Some(4.0), Work: fleet.Some(4711.0), Pulse: fleet.Some(4711.0),
	}
	e := p.Engines[0]
	if got := contract.Scalars(e); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	inf := math.Inf(1)
	for name, h := range map[string][2]fleet.Histogram{
		"first token": {e.TTFT, {Bounds: []float64{0.1, 0.5, inf}, Counts: []float64{8, 30, 37}, Sum: 10.771}},
		"request":     {e.E2E, {Bounds: []float64{inf}, Counts: []float64{100}, Sum: 200}},
		"queue":       {e.QueueTime, {Bounds: []float64{inf}, Counts: []float64{100}, Sum: 5}},
	} {
		if !reflect.DeepEqual(h[0], h[1]) {
			t.Errorf("%s: %v, want %v", name, h[0], h[1])
		}
	}
	ensemble, loaded := p.Engines[1], p.Engines[2]
	if ensemble.Model != "ensemble" || ensemble.Finished.V != 99 || ensemble.Running.OK || ensemble.Pulse.V != 71 || ensemble.Work.OK ||
		ensemble.Waiting != fleet.Some(fleet.Count(0)) {
		t.Errorf("ensemble: %+v", ensemble)
	}
	if loaded.Model != "tensorrt_llm" || loaded.Engine != "2" || loaded.Finished != fleet.Some(0.0) || loaded.Failed.OK || loaded.Waiting.OK {
		t.Errorf("version 2: %+v", loaded)
	}
	a, b := p.GPUs[0], p.GPUs[1]
	if a.ID != "GPU-a" || a.Util.V != 0.93 || a.MemUsed.V != 6e10 || a.MemFree.V != 2e10 || a.Power.V != 611.5 {
		t.Errorf("GPU: %+v", a)
	}
	if b.ID != "GPU-b" || b.Util != fleet.Some(fleet.Ratio(0)) || b.MemFree.OK || b.Power.OK {
		t.Errorf("GPU without a total: %+v", b)
	}
	if p.Health != fleet.Some(true) || p.Version != fleet.Text("2.71.0") || !p.NotReady.IsEmpty() {
		t.Errorf("health %v, version %q", p.Health, p.Version)
	}
}

func TestContract(t *testing.T) {
	pages := func(body string) map[string]contract.Page {
		return map[string]contract.Page{"/metrics": {Type: text, Body: body}, "/v2/health/ready": {},
			"/v2": {Type: "application/json", Body: `{"name":"triton","version":"2.71.0","extensions":["classification"]}`}}
	}
	good := page("tensorrt_llm")
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: pages(good),
		Main:  "/metrics",
		Judge: judge,
		WrongType: contract.Page{Type: text, Body: strings.Replace(good,
			"# TYPE nv_inference_request_success counter", "# TYPE nv_inference_request_success histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) == 0 || p.Engines[0].Finished.V != 8 || !p.Engines[0].E2E.IsZero() {
				t.Errorf("want all but the successes, got %+v", p.Engines)
			}
		},
		Hostile: func(name string) map[string]contract.Page { return pages(page(name)) },
		Series: func(n int) contract.Page {
			return contract.Page{Type: text, Body: "nv_inference_request_success{model=\"m\",version=\"1\"} 1\n" +
				strings.Repeat("nv_cpu_utilization 1\n", n-1)}
		},
	})
}

func TestBucketsWithTheirSuffix(t *testing.T) {
	var without, with [1]fleet.Histogram
	for i, body := range []string{page("m"), strings.ReplaceAll(page("m"), `_ms{`, `_ms_bucket{`)} {
		p, err := Connector().NewDecoder().Decode([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		[]*[1]fleet.Histogram{&without, &with}[i][0] = p.Engines[0].TTFT
	}
	if with[0].Count() != 37 || !reflect.DeepEqual(with, without) {
		t.Errorf("%v and %v", with, without)
	}
}

func TestAFrozenEngineIsOneThatHasAQueue(t *testing.T) {
	idle := strings.Replace(strings.Replace(page("m"), `request_type="waiting",version="1"} 5`, `request_type="waiting",version="1"} 0`, 1),
		`nv_inference_pending_request_count{model="m",version="1"} 2`, `nv_inference_pending_request_count{model="m",version="1"} 0`, 1)
	p, err := Connector().NewDecoder().Decode([]byte(idle))
	if err != nil || p.Engines[0].Work.OK || p.Engines[0].Pulse.V != 4711 {
		t.Errorf("iterations stand still while nothing waits, and that is no stall: %+v, %v", p.Engines[0], err)
	}
}

func TestWhatIsMissingIsUnknown(t *testing.T) {
	p, err := Connector().NewDecoder().Decode([]byte("# TYPE nv_inference_pending_request_count gauge\n" +
		"nv_trt_llm_request_metrics{model=\"m\",request_type=\"active\",version=\"1\"} 4\n" +
		"nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"used\",model=\"m\",version=\"1\"} 5\n" +
		"nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"max\",model=\"m\",version=\"1\"} 20\n"))
	if err != nil || len(p.Engines) != 1 {
		t.Fatalf("%+v, %v", p.Engines, err)
	}
	e := p.Engines[0]
	if e.Running.V != 4 || e.KVUsage.V != 0.25 || e.Waiting.OK || e.Finished.OK || !e.E2E.IsZero() || e.KVCapacity.OK {
		t.Errorf("%+v", e)
	}
	for _, body := range []string{"", "vllm:num_requests_running 1\n", "[]\n"} {
		if _, err := Connector().NewDecoder().Decode([]byte(body)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestNotReadyIsSaid(t *testing.T) {
	for status, want := range map[int]fleet.Maybe[bool]{200: fleet.Some(true), 400: fleet.Some(false), 503: fleet.Some(false), 404: {}} {
		s := contract.ServeAnswers(t, func(path string) *contract.Answer {
			switch path {
			case "/metrics":
				return &contract.Answer{Body: page("m")}
			case "/v2/health/ready":
				return &contract.Answer{Status: status}
			}
			return nil
		})
		r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/metrics"}, fleet.SystemClock{})
		p, err := r.Read(t.Context())
		if err != nil || p.Health != want || p.NotReady.IsEmpty() != (want != fleet.Some(false)) {
			t.Errorf("%d: health %v, %q, %v", status, p.Health, p.NotReady, err)
		}
		s.Only(t, "GET /metrics", "GET /v2/health/ready", "GET /v2")
	}
}

func TestTheTwoPorts(t *testing.T) {
	for base, want := range map[string][2]string{
		"http://h:8002":         {"http://h:8002", "http://h:8000"},
		"http://h:8000":         {"http://h:8002", "http://h:8000"},
		"http://[fd00::1]:8002": {"http://[fd00::1]:8002", "http://[fd00::1]:8000"},
		"https://h/triton":      {"https://h/triton", "https://h/triton"},
		"http://h:9000":         {"http://h:9000", "http://h:9000"},
	} {
		if metrics, server := addresses(base); metrics != want[0] || server != want[1] {
			t.Errorf("%s: %s and %s, want %v", base, metrics, server, want)
		}
	}
}

func TestAMissingPageNamesThePort(t *testing.T) {
	s := contract.ServeAnswers(t, func(string) *contract.Answer { return nil })
	_, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{}).Read(t.Context())
	if fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "8002") {
		t.Errorf("%v", err)
	}
}

func BenchmarkPage(b *testing.B) {
	body, d := []byte(page("tensorrt_llm")), Connector().NewDecoder()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
