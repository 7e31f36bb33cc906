package registry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/backends"
	"pitwall/fleet"
)

// watched lets the Hub read one server of a kind for two minutes and returns its replica. page is asked for its n-th page.
func watched(t *testing.T, kind string, page func(n int) (status int, body string)) fleet.Replica {
	t.Helper()
	var reads atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/metrics") {
			http.NotFound(w, r)
			return
		}
		status, body := page(int(reads.Add(1)))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	inv := fleet.Inventory{
		Pools: []fleet.PoolSpec{{ID: "p", Engine: kind, Replicas: []fleet.ReplicaSpec{{ID: "r"}}}},
		Sources: []fleet.SourceSpec{{ID: "r", Kind: kind, URL: server.URL, Interval: 5 * time.Second,
			Subject: fleet.Subject{Pool: "p", Replica: "r"}}},
	}
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
	readers, problems := Set(Connectors()).Readers(inv.Sources, fleet.Deps{Clock: clock})
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	hub := backends.New(backends.Options{Inventory: inv, Readers: readers, Clock: clock, Rand: rand.New(rand.NewPCG(1, 1))})
	ctx, cancel := context.WithCancel(t.Context())
	hold := clock.Task()
	done := make(chan struct{})
	go func() { hub.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	if _, err := hub.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	hold.Done()
	if err := clock.Advance(ctx, 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	return hub.Latest().Pool("p").Replicas[0]
}

// Each engine at work on long requests of which none ends, and the same engine hanging: tokens that are counted late must
// not look like a stall, and a stall must not hide behind them.
func TestWorkAndStallsOfEveryEngine(t *testing.T) {
	for kind, format := range map[string]string{
		"vllm": "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 4\nvllm:num_requests_waiting{engine=\"0\",model_name=\"m\"} 2\n" +
			"vllm:generation_tokens_total{engine=\"0\",model_name=\"m\"} %d\n",
		"sglang": "sglang:num_running_reqs{model_name=\"m\",tp_rank=\"0\"} 4\nsglang:num_queue_reqs{model_name=\"m\",tp_rank=\"0\"} 2\n" +
			"sglang:generation_tokens_total{model_name=\"m\"} 900\nsglang:realtime_tokens_total{mode=\"decode\",model_name=\"m\",tp_rank=\"0\"} %d\n",
		"trtllm": "trtllm_num_requests_running{model_name=\"m\"} 4\ntrtllm_num_requests_waiting{model_name=\"m\"} 2\n" +
			"trtllm_generation_tokens_total{model_name=\"m\"} 900\ntrtllm_iteration_latency_seconds{model_name=\"m\"} 0.0%d\n",
		"triton": "nv_trt_llm_request_metrics{model=\"m\",request_type=\"scheduled\",version=\"1\"} 4\n" +
			"nv_trt_llm_request_metrics{model=\"m\",request_type=\"waiting\",version=\"1\"} 2\n" +
			"nv_trt_llm_general_metrics{general_type=\"iteration_counter\",model=\"m\",version=\"1\"} %d\n",
		"tgi": "tgi_batch_current_size 4\ntgi_queue_size 2\ntgi_request_generated_tokens_sum 900\n" +
			"tgi_batch_inference_count{method=\"decode\"} %d\n",
		"llamacpp": "llamacpp:requests_processing 4\nllamacpp:requests_deferred 2\nllamacpp:tokens_predicted_total 900\n" +
			"llamacpp:n_decode_total %d\n",
	} {
		t.Run(kind, func(t *testing.T) {
			works := watched(t, kind, func(n int) (int, string) { return http.StatusOK, fmt.Sprintf(format, 100+n) })
			if works.State != fleet.StateOK || works.Progress.Moving != fleet.Some(true) || works.Load.Running.V != 4 || works.Load.Waiting.V != 2 {
				t.Errorf("at work: %s %q, %+v, %v running", works.State, works.Why, works.Progress, works.Load.Running)
			}
			hangs := watched(t, kind, func(int) (int, string) { return http.StatusOK, fmt.Sprintf(format, 100) })
			if hangs.State != fleet.StateDown || hangs.Progress.Moving != fleet.Some(false) {
				t.Errorf("hanging: %s %q, %+v", hangs.State, hangs.Why, hangs.Progress)
			}
		})
	}
}

// Without a queue, the gauges of these two keep the values of their last iteration: that proves nothing.
func TestGaugesOfAnIdleEngineAreNoStall(t *testing.T) {
	for kind, body := range map[string]string{
		"trtllm": "trtllm_num_requests_running{model_name=\"m\"} 1\ntrtllm_num_requests_waiting{model_name=\"m\"} 0\n" +
			"trtllm_generation_tokens_total{model_name=\"m\"} 900\ntrtllm_iteration_latency_seconds{model_name=\"m\"} 0.02\n",
		"triton": "nv_trt_llm_request_metrics{model=\"m\",request_type=\"scheduled\",version=\"1\"} 1\n" +
			"nv_trt_llm_request_metrics{model=\"m\",request_type=\"waiting\",version=\"1\"} 0\n" +
			"nv_trt_llm_general_metrics{general_type=\"iteration_counter\",model=\"m\",version=\"1\"} 100\n",
	} {
		if r := watched(t, kind, func(int) (int, string) { return http.StatusOK, body }); r.State != fleet.StateOK || r.Progress.Moving.OK {
			t.Errorf("%s: %s %q, %+v", kind, r.State, r.Why, r.Progress)
		}
	}
}

func TestAnEngineWithoutGaugesIsNotIdle(t *testing.T) {
	const page = "request_success_total{finished_reason=\"stop\",model_name=\"undefined\"} %d\n"
	r := watched(t, "trtllm", func(n int) (int, string) { return http.StatusOK, fmt.Sprintf(page, 10*n) })
	if r.State != fleet.StateOK || !r.Load.Requests.OK || r.Load.Running.OK {
		t.Errorf("%s %q, %+v", r.State, r.Why, r.Load)
	}
}

func TestAServerThatLoadsIsShownAsSuch(t *testing.T) {
	r := watched(t, "llamacpp", func(int) (int, string) {
		return http.StatusServiceUnavailable, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`
	})
	if r.State != fleet.StateWarn || r.Why != fleet.Text("answers, not ready: loading its model") || r.Load.Running.OK {
		t.Errorf("%s %q", r.State, r.Why)
	}
}
