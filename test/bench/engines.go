package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// engine is a server that answers as a vLLM replica does. Every page differs from the one before.
type engine struct {
	url    string
	server *http.Server

	mu      sync.Mutex
	pages   int
	waiting int
	next    int            // waiting from right after the next page on; 0 for no change
	flipped chan time.Time // when that happened
}

func newEngine(ctx context.Context) (*engine, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &engine{url: "http://" + l.Addr().String(), waiting: 1}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", e.metrics)
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":"0.32.0"}`) })
	e.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = e.server.Serve(l) }()
	return e, nil
}

func (e *engine) close() { _ = e.server.Close() }

// flip makes waiting differ right after the next page was served, which is the longest that a reader at an interval
// can miss it, and returns the channel that tells when.
func (e *engine) flip(waiting int) <-chan time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next, e.flipped = waiting, make(chan time.Time, 1)
	return e.flipped
}

func (e *engine) metrics(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pages++
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(e.page()))
	if e.next != 0 {
		e.waiting, e.next = e.next, 0
		e.flipped <- time.Now()
	}
}

// page has the families of a current server that pitwall shows, with the histograms that make a page long.
func (e *engine) page() string {
	var b strings.Builder
	n := float64(e.pages)
	one := func(kind, name string, v float64) {
		fmt.Fprintf(&b, "# HELP vllm:%s As the server says.\n# TYPE vllm:%s %s\nvllm:%s{engine=\"0\",model_name=\"bench\"} %.6f\n",
			name, name, kind, name, v)
	}
	one("gauge", "num_requests_running", 20+float64(e.pages%7))
	one("gauge", "num_requests_waiting", float64(e.waiting))
	one("gauge", "kv_cache_usage_perc", 0.3+0.05*float64(e.pages%5))
	one("counter", "generation_tokens_total", 1e6+900*n+37*float64(e.pages%11))
	one("counter", "prompt_tokens_total", 3e6+2500*n+91*float64(e.pages%13))
	fmt.Fprint(&b, "# TYPE vllm:request_success_total counter\n")
	fmt.Fprintf(&b, "vllm:request_success_total{engine=\"0\",finished_reason=\"stop\",model_name=\"bench\"} %.1f\n", 5e3+4*n)
	bounds := []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}
	for _, name := range []string{"time_to_first_token_seconds", "inter_token_latency_seconds", "e2e_request_latency_seconds",
		"request_queue_time_seconds", "request_prefill_time_seconds", "request_decode_time_seconds"} {
		histogram(&b, name, bounds, e.pages)
	}
	return b.String()
}

// histogram spreads four requests a page over two buckets, so that the quantile moves.
func histogram(b *strings.Builder, name string, bounds []float64, pages int) {
	const labels = `engine="0",model_name="bench"`
	fmt.Fprintf(b, "# HELP vllm:%s As the server says.\n# TYPE vllm:%s histogram\n", name, name)
	for i, le := range bounds {
		count := 0
		switch {
		case i >= 8:
			count = 4 * pages
		case i == 7:
			count = 2*pages + pages%4
		}
		fmt.Fprintf(b, "vllm:%s_bucket{%s,le=\"%v\"} %d.0\n", name, labels, le, count)
	}
	fmt.Fprintf(b, "vllm:%s_bucket{%s,le=\"+Inf\"} %d.0\nvllm:%s_count{%s} %d.0\nvllm:%s_sum{%s} %.3f\n",
		name, labels, 4*pages, name, labels, 4*pages, name, labels, 0.5*float64(pages))
}
