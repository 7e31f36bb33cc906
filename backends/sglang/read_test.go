package sglang

import (
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const report = `{"timestamp":"2026-11-22T09:14:00+00:00","version":"0.5.9","accelerator":"x","loads":[
{"dp_rank":0,"num_running_reqs":4,"num_waiting_reqs":3,"num_used_tokens":900,"max_total_num_tokens":1000,"token_usage":0.9,
 "gen_throughput":120.5,"cache_hit_rate":0.5,"utilization":0,"queues":{"waiting":3,"grammar":2,"paused":0,"retracted":0}},
{"dp_rank":1,"num_running_reqs":0,"num_waiting_reqs":0,"num_used_tokens":0,"max_total_num_tokens":1000,"token_usage":0,
 "gen_throughput":0}]}`

func advance(t *testing.T, clock *fleet.VirtualClock, by time.Duration) {
	t.Helper()
	if err := clock.Advance(t.Context(), by); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutMetricsTheLoadIsRead(t *testing.T) {
	answers := map[string]*contract.Answer{"/v1/loads": {Body: report}, "/health": {},
		"/v1/models": {Body: `{"data":[{"id":"big"}]}`}}
	s := contract.ServeAnswers(t, func(path string) *contract.Answer { return answers[path] })
	clock := fleet.NewVirtualClock(contract.Start())
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/metrics"}, clock)
	for range 3 {
		p, err := r.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Engines) != 2 || p.Version != fleet.Text("0.5.9") || len(p.Notices) != 1 {
			t.Fatalf("%+v", p)
		}
		a, b := p.Engines[0], p.Engines[1]
		if a.Model != "big" || a.Engine != "0" || a.Running.V != 4 || a.Waiting.V != 5 || a.KVUsage.V != 0.9 || a.KVCapacity.V != 1000 ||
			a.OutputTokens.OK || a.Work.OK || a.Pulse.V != 120.5 {
			t.Errorf("rank 0: %+v", a)
		}
		if b.Engine != "1" || b.Running != fleet.Some(fleet.Count(0)) || b.Work != fleet.Some(0.0) {
			t.Errorf("rank 1: %+v", b)
		}
		advance(t, clock, 5*time.Second)
	}
	if s.Count("GET /metrics") != 1 || s.Count("GET /v1/loads") != 3 || s.Count("GET /v1/models") != 2 {
		t.Error("the page that is not there is asked too often, or the report too seldom")
	}
	answers["/metrics"] = &contract.Answer{Body: page("big")} // it was restarted with metrics
	advance(t, clock, offFor)
	if p, err := r.Read(t.Context()); err != nil || !p.Engines[0].OutputTokens.OK {
		t.Errorf("%+v, %v", p.Engines, err)
	}
	s.Only(t, "GET /metrics", "GET /v1/loads", "GET /v1/models", "GET /health")
}

func TestNeitherMetricsNorLoadsIsSaid(t *testing.T) {
	s := contract.ServeAnswers(t, func(string) *contract.Answer { return nil })
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{})
	_, err := r.Read(t.Context())
	if fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "--enable-metrics") {
		t.Errorf("%v", err)
	}
}

func TestBrokenLoadReportsAreRefused(t *testing.T) {
	for _, body := range []string{`{}`, `{"loads":[]}`, `{"loads":{}}`, `{"loads":[{"num_running_reqs":"4"}]}`, `[1,2]`, `<html>`, ``,
		`{"loads":[{"num_running_reqs":1e999}]}`, `{"loads":[` + strings.Repeat(`{},`, 600) + `{}]}`} {
		s := contract.ServeAnswers(t, func(path string) *contract.Answer {
			if path == "/v1/loads" {
				return &contract.Answer{Body: body}
			}
			return nil
		})
		r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{})
		if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%.40s: %v", body, err)
		}
	}
}

// The health path of newer servers generates: it is asked every 30 s at most, and never while tokens move. The list of
// models stands for it then.
func TestHealthIsAskedSeldom(t *testing.T) {
	tokens := "1"
	answers := map[string]*contract.Answer{"/health": {Status: 503}, "/v1/models": {Body: `{"data":[{"id":"m"}]}`}}
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if path == "/metrics" {
			return &contract.Answer{Body: "sglang:num_running_reqs{model_name=\"m\"} 0\nsglang:generation_tokens_total{model_name=\"m\"} " + tokens + "\n"}
		}
		return answers[path]
	})
	clock := fleet.NewVirtualClock(contract.Start())
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, clock)
	var health fleet.Maybe[bool]
	read := func() {
		p, err := r.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		health = p.Health
		advance(t, clock, 5*time.Second)
	}
	for range 7 {
		read()
		if health != fleet.Some(false) {
			t.Fatalf("health %v", health)
		}
	}
	if n := s.Count("GET /health"); n != 2 {
		t.Errorf("asked %d times in 30 s of standstill, want 2", n)
	}
	for i := range 12 {
		tokens = strings.Repeat("2", i+1)
		read()
		if health != fleet.Some(true) {
			t.Errorf("a claim of before stands against tokens that move: %v", health)
		}
	}
	if n := s.Count("GET /health"); n != 2 {
		t.Errorf("asked %d times while tokens move", n-2)
	}
	answers["/v1/models"] = nil // a proxy before it does not let the path through
	tokens += "3"
	if read(); health.OK {
		t.Errorf("nothing was heard, but health is %v", health)
	}
	s.Only(t, "GET /metrics", "GET /health", "GET /v1/models")
}
