package contract

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"pitwall/fleet"
)

// Asked is a server that remembers what it was asked, for tests of what an adapter asks and what never.
type Asked struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[string]int
	last  map[string]string
}

// Answer is what Asked says on one path; a zero Status is 200.
type Answer struct {
	Status int
	Body   string
}

// ServeAnswers starts a server that answers by path as answer says at the time; nil means 404.
func ServeAnswers(t testing.TB, answer func(path string) *Answer) *Asked {
	t.Helper()
	s := &Asked{calls: map[string]int{}, last: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls[r.Method+" "+r.URL.Path]++
		s.last[r.URL.Path] = r.URL.RawQuery
		a := answer(r.URL.Path)
		s.mu.Unlock()
		if a == nil {
			a = &Answer{Status: http.StatusNotFound}
		}
		if a.Status != 0 {
			w.WriteHeader(a.Status)
		}
		_, _ = w.Write([]byte(a.Body)) // a client that hung up is no fault
	}))
	t.Cleanup(s.Close)
	return s
}

// Count is how often a call such as "GET /metrics" came.
func (s *Asked) Count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[call]
}

// Query is the query of the last call of a path.
func (s *Asked) Query(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[path]
}

// Only fails unless nothing but these calls came.
func (s *Asked) Only(t testing.TB, allowed ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for call := range s.calls {
		known := false
		for _, a := range allowed {
			known = known || a == call
		}
		if !known {
			t.Errorf("it was asked %s, which is not on the list", call)
		}
	}
}

// Open makes a reader of a source at url, on the given clock.
func Open(t testing.TB, c fleet.Connector, spec fleet.SourceSpec, clock fleet.Clock) fleet.Reader {
	t.Helper()
	deps := Deps()
	deps.Clock = clock
	if spec.ID == "" {
		spec.ID = "r"
	}
	r, err := c.NewReader(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
