package contract

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/fleet"
)

// server serves the pages of a case; main, where set, answers for the main path.
type server struct {
	*httptest.Server

	mu     sync.Mutex
	date   time.Time
	main   http.HandlerFunc
	secret bool
	shown  string        // of the credential
	stop   chan struct{} // closed at the end, for handlers that hang
}

func (c Case) serve(t *testing.T, main http.HandlerFunc) *server {
	return c.servePages(t, c.Pages, main)
}

func (c Case) servePages(t *testing.T, pages map[string]Page, main http.HandlerFunc) *server {
	t.Helper()
	s := &server{shown: cmp.Or(c.Shown, secret), main: main, stop: make(chan struct{}), date: Start()}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", s.now().Format(http.TimeFormat))
		if r.URL.Path == c.Main {
			s.note(r)
			if h := s.handler(); h != nil {
				h(w, r)
				return
			}
		}
		page, ok := pages[r.URL.Path]
		if !ok || r.Method != cmp.Or(c.Method, http.MethodGet) {
			http.NotFound(w, r)
			return
		}
		page.write(w)
	}))
	t.Cleanup(func() {
		close(s.stop)
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (p Page) write(w http.ResponseWriter) {
	for k, v := range p.Header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", p.Type)
	_, _ = w.Write([]byte(p.Body)) // a client that hung up is what some cases want
}

func (s *server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, values := range r.Header {
		s.secret = s.secret || strings.Contains(strings.Join(values, ""), s.shown)
	}
}

func (s *server) sawSecret() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secret
}

func (s *server) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.date
}

func (s *server) setDate(d time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.date = d
}

func (s *server) handler() http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.main
}

func (s *server) setMain(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.main = h
}

// fault is one way in which the main page goes wrong.
type fault struct {
	name  string
	main  func(*server) http.HandlerFunc
	limit time.Duration
	kind  fleet.Kind
	retry time.Duration
}

func faults() []fault {
	fixed := func(h http.HandlerFunc) func(*server) http.HandlerFunc {
		return func(*server) http.HandlerFunc { return h }
	}
	return []fault{
		{name: "401", main: fixed(status(401, nil)), limit: patience, kind: fleet.KindAuth},
		{name: "403", main: fixed(status(403, nil)), limit: patience, kind: fleet.KindAuth},
		{name: "429", main: fixed(status(429, http.Header{"Retry-After": {"7"}})), limit: patience,
			kind: fleet.KindRateLimited, retry: 7 * time.Second},
		{name: "429 with a date", main: fixed(status(429, http.Header{
			"Retry-After": {Start().Add(11 * time.Second).Format(http.TimeFormat)}})), limit: patience,
			kind: fleet.KindRateLimited, retry: 11 * time.Second},
		{name: "500", main: fixed(status(500, nil)), limit: patience, kind: fleet.KindServer},
		{name: "timeout", main: hang, limit: deadline, kind: fleet.KindTimeout},
		{name: "slow drip", main: drip, limit: deadline, kind: fleet.KindTimeout},
		{name: "login page", main: fixed(body("<!DOCTYPE html><html><body>Sign in</body></html>\n")), limit: patience,
			kind: fleet.KindInvalid},
		{name: "empty body", main: fixed(body("")), limit: patience, kind: fleet.KindInvalid},
		{name: "noise", main: fixed(body("\x00\x01\x1b]0;pwned\x07 \xff\xfe\n")), limit: patience, kind: fleet.KindInvalid},
	}
}

func (c Case) fault(t *testing.T, f fault) {
	s := c.serve(t, nil)
	s.setMain(f.main(s))
	_, err := read(c.reader(t, s), f.limit)
	c.checkError(t, err, f.kind)
	if got := fleet.RetryAfter(err); got != f.retry {
		t.Errorf("advice to retry after %v, want %v", got, f.retry)
	}
}

// status answers with an error body that echoes what the client sent, as careless servers do.
func status(code int, header http.Header) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for k, v := range header {
			w.Header()[k] = v
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"\u001b[2J %v %v"}}`, r.Header, r.URL) //nolint:gosec // hostile text is the fault under test
	}
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

func hang(s *server) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-s.stop:
		case <-r.Context().Done():
		}
	}
}

// drip sends a good-looking byte now and then, for ever.
func drip(s *server) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if _, err := w.Write([]byte("#")); err != nil {
				return
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
			select {
			case <-s.stop:
				return
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
		}
	}
}
