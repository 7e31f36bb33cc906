package alertapi

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// resolveAfter is how long an alert is taken to fire after it was last sent, as Prometheus sets it.
const resolveAfter = 4 * time.Minute

// alert is a gettableAlert.
type alert struct {
	Annotations  map[string]string `json:"annotations"`
	EndsAt       string            `json:"endsAt"`
	Fingerprint  string            `json:"fingerprint"`
	Receivers    []receiver        `json:"receivers"`
	StartsAt     string            `json:"startsAt"`
	Status       alertStatus       `json:"status"`
	UpdatedAt    string            `json:"updatedAt"`
	GeneratorURL string            `json:"generatorURL"`
	Labels       map[string]string `json:"labels"`
}

type receiver struct {
	Name string `json:"name"`
}

type alertStatus struct {
	InhibitedBy []string `json:"inhibitedBy"`
	MutedBy     []string `json:"mutedBy"`
	SilencedBy  []string `json:"silencedBy"`
	State       string   `json:"state"`
}

// Look notes what fires now, so that an alert's age is that of its cause and not of the first read. It does not wait.
func (s *Server) Look() []Firing {
	firing := s.o.Firing()
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	active := map[string]time.Time{}
	for _, f := range firing {
		key := keyOf(f.Labels)
		since, known := s.since[key]
		if !known {
			since = now
		}
		active[key] = since
	}
	s.since = active // what no longer fires begins anew when it comes back
	return firing
}

func (s *Server) alerts(w http.ResponseWriter, r *http.Request) {
	match, err := matchersOf(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad matcher format: "+err.Error())
		return
	}
	want := func(name string) bool { return r.URL.Query().Get(name) != "false" }
	firing := s.Look()
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []alert{}
	for _, f := range firing {
		a := alert{Annotations: f.Annotations, Labels: f.Labels, Fingerprint: fingerprint(f.Labels), Receivers: []receiver{{"nobody"}},
			StartsAt: s.since[keyOf(f.Labels)].UTC().Format(stamp), UpdatedAt: now.UTC().Format(stamp),
			EndsAt: now.Add(resolveAfter).UTC().Format(stamp), GeneratorURL: "http://prometheus.example/graph",
			Status: alertStatus{InhibitedBy: []string{}, MutedBy: []string{}, SilencedBy: s.silencing(f.Labels, now), State: "active"}}
		if len(a.Status.SilencedBy) > 0 {
			a.Status.State = "suppressed"
		}
		suppressed := a.Status.State == "suppressed"
		if match(f.Labels) && (suppressed && want("silenced") || !suppressed && want("active")) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b alert) int { return strings.Compare(a.Fingerprint, b.Fingerprint) })
	answer(w, list)
}

// matchersOf makes one test of the query's filters; without any, all pass.
func matchersOf(r *http.Request) (fleet.Match, error) {
	var list []fleet.Matcher
	for _, text := range r.URL.Query()["filter"] {
		m, err := fleet.ParseMatcher(text)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	if len(list) == 0 {
		return func(map[string]string) bool { return true }, nil
	}
	// A filter may match everything; only a silence must not.
	always := fleet.Matcher{Name: "alertname", Value: ".+", Regex: true}
	return fleet.CompileMatchers(append(list, always))
}

func keyOf(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name + "\xff" + labels[name] + "\xff")
	}
	return b.String()
}

func fingerprint(labels map[string]string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(keyOf(labels)))
	return fmt.Sprintf("%016x", h.Sum64())
}
