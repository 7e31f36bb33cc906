// Package alertapi plays an Alertmanager's API v2 on a fleet of the simulator: alerts that its owner says fire, and
// silences with the semantics of version 0.34. It must not decide what fires, and notifies nobody.
package alertapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// Firing is one alert that fires now.
type Firing struct {
	Labels      map[string]string
	Annotations map[string]string
}

// Options are what a Server needs.
type Options struct {
	Clock  fleet.Clock
	Firing func() []Firing // asked at every read of alerts, and by Look
	// Full tells whether the limit of concurrent reads is reached; nil means never.
	Full func() bool
}

// Server answers as one Alertmanager replica. It is safe for concurrent use.
type Server struct {
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex
	since    map[string]time.Time // since when an alert fires, by its labels
	silences []*silence
	serial   uint64
}

// New makes a server that has seen nothing fire yet.
func New(o Options) *Server {
	s := &Server{o: o, mux: http.NewServeMux(), since: map[string]time.Time{}}
	s.mux.HandleFunc("GET /api/v2/alerts", s.alerts)
	s.mux.HandleFunc("GET /api/v2/silences", s.list)
	s.mux.HandleFunc("POST /api/v2/silences", s.post)
	s.mux.HandleFunc("GET /api/v2/silence/{id}", s.get)
	s.mux.HandleFunc("DELETE /api/v2/silence/{id}", s.expire)
	s.mux.HandleFunc("GET /api/v2/status", s.status)
	for _, path := range []string{"GET /-/healthy", "GET /-/ready"} {
		s.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("OK")) })
	}
	return s
}

// ServeHTTP answers one request, with the date of the simulated clock.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.o.Clock.Now().UTC().Format(http.TimeFormat))
	if r.Method == http.MethodGet && s.o.Full != nil && s.o.Full() && strings.HasPrefix(r.URL.Path, "/api/") {
		http.Error(w, "Limit of concurrent GET requests reached (8), try again later.", http.StatusServiceUnavailable)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"cluster":     map[string]any{"name": "sim", "status": "ready", "peers": []any{}},
		"config":      map[string]any{"original": "route:\n  receiver: nobody\nreceivers:\n- name: nobody\n"},
		"versionInfo": map[string]string{"version": "0.34.0", "branch": "sim", "buildDate": "", "buildUser": "", "goVersion": "", "revision": ""},
		"uptime":      s.o.Clock.Now().UTC().Format(stamp),
	})
}

// stamp is how times are written: UTC with milliseconds.
const stamp = "2006-01-02T15:04:05.000Z07:00"

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that hung up is no fault
}

// refuse answers an error as the API does: a JSON string.
func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(text)
}
