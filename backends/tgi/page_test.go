package tgi

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; charset=utf-8"

func histogram(b *strings.Builder, name, labels string, count int, sum float64, bounds ...float64) {
	fmt.Fprintf(b, "# TYPE %s histogram\n", name)
	in := func(extra string) string {
		if labels+extra == "" {
			return ""
		}
		return "{" + strings.TrimPrefix(labels+extra, ",") + "}"
	}
	for i, le := range append(bounds, math.Inf(1)) {
		fmt.Fprintf(b, "%s_bucket%s %d\n", name, in(fmt.Sprintf(",le=\"%v\"", le)), count*(i+1)/(len(bounds)+1))
	}
	fmt.Fprintf(b, "%s_sum%s %v\n%s_count%s %d\n\n", name, in(""), sum, name, in(""), count)
}

// page has no HELP lines, no "_total", no model and blank lines between families, as the server writes it.
func page() string {
	var b strings.Builder
	b.WriteString(`# TYPE tgi_request_count counter
tgi_request_count 120

# TYPE tgi_request_success counter
tgi_request_success 100

# TYPE tgi_request_failure counter
tgi_request_failure{err="overloaded"} 5
tgi_request_failure{err="validation"} 4
tgi_request_failure{err="template"} 1
tgi_request_failure{err="incomplete"} 2
tgi_request_failure{err="generation"} 3
tgi_request_failure{err="dropped"} 6

# TYPE tgi_batch_inference_count counter
tgi_batch_inference_count{method="prefill"} 100
tgi_batch_inference_count{method="decode"} 4000

# TYPE tgi_queue_size gauge
tgi_queue_size 7

# TYPE tgi_batch_current_size gauge
tgi_batch_current_size 24

# TYPE tgi_batch_current_max_tokens gauge
tgi_batch_current_max_tokens 30000

# TYPE tgi_batch_max_total_tokens gauge
tgi_batch_max_total_tokens 120000

`)
	histogram(&b, "tgi_request_duration", "", 100, 250, 0.00015, 0.000225, 0.5)
	histogram(&b, "tgi_request_queue_duration", "", 100, 20, 0.00015, 0.000225)
	histogram(&b, "tgi_request_mean_time_per_token_duration", "", 100, 3, 0.01)
	histogram(&b, "tgi_batch_inference_duration", ",method=\"prefill\"", 100, 15, 0.01)
	histogram(&b, "tgi_request_input_length", "", 120, 60000, 100, 200)
	histogram(&b, "tgi_request_generated_tokens", "", 100, 20000, 100, 200)
	histogram(&b, "tgi_request_max_new_tokens", "", 120, 50000, 100, 200)
	bounds := make([]float64, 1024)
	for i := range bounds {
		bounds[i] = float64(i + 1)
	}
	histogram(&b, "tgi_batch_next_size", "", 5000, 9000, bounds...)
	return b.String()
}

func want(model fleet.ModelName) fleet.EngineReading {
	return fleet.EngineReading{Model: model, LateTokens: true, Running: fleet.Some(fleet.Count(24)), Waiting: fleet.Some(fleet.Count(7)),
		KVUsage: fleet.Some(fleet.Ratio(0.25)), KVCapacity: fleet.Some(fleet.Tokens(120000)),
		PromptTokens: fleet.Some(60000.0), OutputTokens: fleet.Some(20000.0), Finished: fleet.Some(121.0), Aborted: fleet.Some(6.0),
		Failed: fleet.Some(10.0), Work: fleet.Some(4100.0)}
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	if len(p.Engines) != 1 || len(p.Notices) != 0 {
		t.Fatalf("%d engines, notices %v", len(p.Engines), p.Notices)
	}
	e := p.Engines[0]
	if got := contract.Scalars(e); fmt.Sprint(got) != fmt.Sprint(want("org/big")) {
		t.Errorf("\n got %+v\nwant %+v", got, want("org/big"))
	}
	if e.E2E.Count() != 100 || e.E2E.Sum != 250 || len(e.E2E.Bounds) != 4 || e.QueueTime.Sum != 20 || e.PromptLen.Count() != 120 ||
		e.OutputLen.Count() != 100 || e.MaxTokens.Sum != 50000 {
		t.Errorf("%v %v %v %v %v", e.E2E, e.QueueTime, e.PromptLen, e.OutputLen, e.MaxTokens)
	}
	if !e.TTFT.IsZero() || !e.ITL.IsZero() {
		t.Error("the server has neither time to first token nor inter-token latency")
	}
	if p.Health != fleet.Some(true) || p.Version != fleet.Text("3.3.7") {
		t.Errorf("health %v, version %q", p.Health, p.Version)
	}
}

const about = `{"model_id":"org/big","model_sha":"abc","max_concurrent_requests":128,"version":"3.3.7","sha":"def"}`

func TestContract(t *testing.T) {
	pages := func(body string) map[string]contract.Page {
		return map[string]contract.Page{"/metrics": {Type: text, Body: page()}, "/health": {},
			"/info": {Type: "application/json", Body: body}}
	}
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: pages(about),
		Main:  "/metrics",
		Judge: judge,
		WrongType: contract.Page{Type: text, Body: strings.Replace(page(),
			"# TYPE tgi_request_success counter", "# TYPE tgi_request_success histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 1 || p.Engines[0].Finished.V != 21 || !p.Engines[0].OutputTokens.OK {
				t.Errorf("want all but the successes, got %+v", p.Engines)
			}
		},
		Hostile: func(name string) map[string]contract.Page {
			quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\x1b", `\u001b`, "\x00", `\u0000`,
				"\x07", `\u0007`, "\x7f", `\u007f`).Replace(name)
			return pages(strings.NewReplacer("org/big", quoted, "3.3.7", quoted).Replace(about))
		},
		Series: func(n int) contract.Page {
			return contract.Page{Type: text, Body: "tgi_queue_size 1\n" + strings.Repeat("tgi_batch_next_size_bucket{le=\"1\"} 1\n", n-1)}
		},
	})
}

func decode(t *testing.T, body string) fleet.EngineReading {
	t.Helper()
	p, err := Connector().NewDecoder().Decode([]byte(body))
	if err != nil || len(p.Engines) != 1 {
		t.Fatalf("%+v, %v", p.Engines, err)
	}
	return p.Engines[0]
}

// Series appear with their first event: what a fresh pod does not show yet is unknown, and no error.
func TestAFreshPod(t *testing.T) {
	for _, body := range []string{"# TYPE tgi_queue_size gauge\n", "# TYPE tgi_request_count counter\ntgi_request_count 1\n# TYPE tgi_queue_size gauge\n"} {
		if e := decode(t, body); e.Waiting.OK || e.Running.OK || e.Finished.OK || e.KVUsage.OK || e.Work.OK {
			t.Errorf("%+v", e)
		}
	}
	if _, err := Connector().NewDecoder().Decode([]byte("")); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("an empty page is no data: %v", err)
	}
	if _, err := Connector().NewDecoder().Decode([]byte("vllm:num_requests_running 1\n")); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("another system: %v", err)
	}
}

func TestRoomIsUnknownWithoutItsWhole(t *testing.T) {
	for _, body := range []string{"tgi_batch_current_max_tokens 10\n", "tgi_batch_current_max_tokens 10\ntgi_batch_max_total_tokens 0\n",
		"tgi_batch_max_total_tokens 100\n"} {
		if e := decode(t, body); e.KVUsage.OK {
			t.Errorf("%q: %v", body, e.KVUsage)
		}
	}
	if e := decode(t, "tgi_request_generated_tokens_sum 500\ntgi_request_generated_tokens_count 3\n"); e.OutputTokens.V != 500 || !e.OutputLen.IsZero() {
		t.Errorf("a sum without buckets: %+v", e)
	}
}

func TestTheSampleIsReadWhole(t *testing.T) {
	body := contract.Sample(t, "tgi.synthesized.prom")
	p, err := Connector().NewDecoder().Decode(body)
	if err != nil || len(p.Engines) != 1 || len(p.Notices) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	e := p.Engines[0]
	want := fleet.EngineReading{LateTokens: true, Running: fleet.Some(fleet.Count(24)), Waiting: fleet.Some(fleet.Count(6)),
		KVUsage: fleet.Some(fleet.Ratio(61440.0 / 151840)), KVCapacity: fleet.Some(fleet.Tokens(151840)),
		PromptTokens: fleet.Some(2740308.09917456), OutputTokens: fleet.Some(965050.3581701581),
		Finished: fleet.Some(5120.0 + 41 + 19 + 4 + 3 + 1), Aborted: fleet.Some(1.0), Failed: fleet.Some(41.0 + 4 + 3),
		Work: fleet.Some(5120.0 + 460800)}
	if got := contract.Scalars(e); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	other := contract.Reparse(t, body)
	other.SameHistogram(t, e.E2E, "tgi_request_duration")
	other.SameHistogram(t, e.QueueTime, "tgi_request_queue_duration")
	other.SameHistogram(t, e.PromptLen, "tgi_request_input_length")
	other.SameHistogram(t, e.OutputLen, "tgi_request_generated_tokens")
}

func TestTheModelIsAskedSeldom(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case "/metrics":
			return &contract.Answer{Body: page()}
		case "/info":
			return &contract.Answer{Body: about}
		}
		return &contract.Answer{Status: 503, Body: `{"error":"unhealthy","error_type":"healthcheck"}`}
	})
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/metrics"}, fleet.SystemClock{})
	for range 3 {
		p, err := r.Read(t.Context())
		if err != nil || p.Engines[0].Model != "org/big" || p.Health != fleet.Some(false) {
			t.Errorf("%+v, %v", p, err)
		}
	}
	if s.Count("GET /info") != 1 {
		t.Errorf("asked %d times", s.Count("GET /info"))
	}
	s.Only(t, "GET /metrics", "GET /info", "GET /health")
	bare := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if path == "/metrics" {
			return &contract.Answer{Body: page()}
		}
		return nil
	})
	r = contract.Open(t, Connector(), fleet.SourceSpec{URL: bare.URL, Models: []fleet.ModelName{"pool"}}, fleet.SystemClock{})
	if p, err := r.Read(t.Context()); err != nil || p.Engines[0].Model != "pool" {
		t.Errorf("%+v, %v", p.Engines, err)
	}
}

func TestPagesCostFewAllocations(t *testing.T) {
	body, decode := []byte(page()), newDecode() // alone: decoders that are shared may be made anew at any time
	got := testing.AllocsPerRun(20, func() {
		if _, err := decode(body); err != nil {
			t.Fatal(err)
		}
	})
	if got >= 60 {
		t.Errorf("%v allocations for one page, want under 60", got)
	}
}

func BenchmarkPage(b *testing.B) {
	body, d := []byte(page()), Connector().NewDecoder()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
