package vllm

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// engineServer counts what it is asked and answers every path but /metrics as its test wants.
type engineServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
}

func newServer(t *testing.T, other http.HandlerFunc) *engineServer {
	t.Helper()
	s := &engineServer{asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.Method+" "+r.URL.Path]++
		s.mu.Unlock()
		if r.URL.Path == "/metrics" {
			_, _ = w.Write([]byte(v0Page))
			return
		}
		other(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *engineServer) count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[call]
}

func newTestReader(t *testing.T, url string, clock fleet.Clock) fleet.Reader {
	t.Helper()
	deps := contract.Deps()
	deps.Clock = clock
	r, err := Connector().NewReader(fleet.SourceSpec{ID: "r", URL: url}, deps)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHealthIsAClaimOnly(t *testing.T) {
	for status, want := range map[int]fleet.Maybe[bool]{
		200: fleet.Some(true), 503: fleet.Some(false), 500: fleet.Some(false), 404: {}, 401: {},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		p, err := newTestReader(t, s.URL, fleet.SystemClock{}).Read(t.Context())
		if err != nil || len(p.Engines) != 1 || p.Health != want || !p.Version.IsEmpty() {
			t.Errorf("%d: health %v, version %q, %d engines, %v", status, p.Health, p.Version, len(p.Engines), err)
		}
	}
}

// A server whose metrics answer and whose other paths hang is read, within the deadline.
func TestSideQuestionsDoNotUseUpTheDeadline(t *testing.T) {
	s := newServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	p, err := newTestReader(t, s.URL, fleet.SystemClock{}).Read(ctx)
	if err != nil || len(p.Engines) != 1 || p.Health.OK || ctx.Err() != nil {
		t.Errorf("%d engines, health %v, %v, %v", len(p.Engines), p.Health, err, ctx.Err())
	}
}

func TestOnlyTheAllowListIsAsked(t *testing.T) {
	answers := []string{`{"version":"0.10.1"}`, `{"version":"0.11.0"}`, `broken`}
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			_, _ = w.Write([]byte(answers[0]))
			answers = answers[1:]
		}
	})
	clock := fleet.NewVirtualClock(contract.Start())
	r := newTestReader(t, s.URL+"/metrics", clock) // a full metrics URL is taken too
	want := []string{"0.10.1", "0.10.1", "0.11.0", "0.11.0"}
	for i, pause := range []time.Duration{0, 59 * time.Second, time.Second, time.Minute} {
		if err := clock.Advance(t.Context(), pause); err != nil {
			t.Fatal(err)
		}
		p, err := r.Read(t.Context())
		if err != nil || p.Version.String() != want[i] {
			t.Errorf("read %d: version %q, want %q (%v)", i, p.Version, want[i], err)
		}
	}
	if s.count("GET /metrics") != 4 || s.count("GET /health") != 4 || s.count("GET /version") != 3 || len(s.asked) != 3 {
		t.Errorf("asked %v", s.asked)
	}
}
