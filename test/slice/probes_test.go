package slice

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/backends"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// probedKinds tells of which kinds a target answered: of own pools (false) and of rented models (true).
func probedKinds(s *fleet.Snapshot) map[bool]bool {
	kinds := map[bool]bool{}
	for _, x := range probesOf(s) {
		kinds[x.Spec.Provider != ""] = true
	}
	return kinds
}

// probesOf are the last probes that were good, by target.
func probesOf(s *fleet.Snapshot) []*fleet.Target {
	var list []*fleet.Target
	for i := range s.Routes {
		for j := range s.Routes[i].Targets {
			if t := &s.Routes[i].Targets[j]; t.Probe != nil && !t.Probe.LastGood.IsZero() {
				list = append(list, t)
			}
		}
	}
	return list
}

// The embedded fleet answers live probes with tools and JSON, and the checks of a change say so.
func TestLiveProbesOfTheEmbeddedFleet(t *testing.T) {
	r := rigOf(t, sim.Options{Probes: true}, nil)
	var s *fleet.Snapshot
	for range 600 { // answers take the fleet's time, and ours for as long as they are on the way
		if s = r.after(time.Second); len(probedKinds(s)) == 2 {
			break
		}
	}
	for _, x := range probesOf(s) {
		v := x.Verdict(fleet.HealthProbe)
		if v.Up != fleet.Some(true) || !strings.Contains(v.Why.String(), "answers a live probe with tools and JSON (") || !x.ProbesCleanSince.OK {
			t.Errorf("%s: %+v", x.Spec.ID, v)
		}
		p := s.Source(x.Probe.Source).Probe
		if rented := x.Spec.Provider != ""; p.PerDay.OK != rented || p.Last.Spent.OK != rented || p.Last.Model.IsEmpty() {
			t.Errorf("%s: %+v", x.Spec.ID, p)
		}
	}
	if kinds := probedKinds(s); len(kinds) != 2 {
		t.Fatalf("a pool and a rented model should have answered: %v", kinds)
	}
	p, err := r.desk.Plan(actions.Intent{Kind: actions.KindShift, Route: "chat", Weights: fleet.Weights{"b200-a": 70}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "answers a live probe with tools and JSON"
	said := ""
	for range 120 { // on a busy machine readings are late, and whether tokens move is told by two of them
		if said = formulaOf(r.desk.Check(p), "IL-07"); strings.Contains(said, want) {
			return
		}
		r.after(time.Second)
	}
	t.Errorf("IL-07 says %q, not that the pool %s", said, want)
}

// formulaOf is what a check says; empty where it was not asked.
func formulaOf(checks []actions.Check, id string) string {
	for _, c := range checks {
		if c.ID == id {
			return c.Severity.String() + " " + c.Formula.String()
		}
	}
	return ""
}

// What a model answers is not kept, shown or logged, whether it is as asked or not, and whatever the status.
func TestNoWordOfAnAnswerIsKept(t *testing.T) {
	const canary = "CANARY-7f3a"
	bodies := map[string]struct {
		status int
		body   string
	}{
		"good":    {200, `{"model":"m","choices":[{"message":{"content":"` + canary + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}`},
		"broken":  {200, `{"choices":[{"message":{"content":"` + canary},
		"refused": {400, `{"error":{"message":"` + canary + `"}}`},
		"failed":  {500, canary},
	}
	inv := fleet.Inventory{Context: "c", Env: fleet.EnvDev}
	for name, x := range bodies {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(x.status)
			_, _ = io.WriteString(w, x.body)
		}))
		t.Cleanup(server.Close)
		inv.Pools = append(inv.Pools, fleet.PoolSpec{ID: fleet.PoolID(name), Model: "m", Probe: &fleet.ProbeSpec{JSON: name == "good", URL: server.URL}})
	}
	var err error
	if inv.Sources, err = fleet.ProbeSources(&inv); err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	log := slog.New(slog.NewTextHandler(&written, &slog.HandlerOptions{Level: slog.LevelDebug}))
	deps := fleet.Deps{Clock: fleet.SystemClock{}, Log: log}
	readers, problems := registry.Set(registry.Connectors()).Readers(inv.Sources, deps)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	hub := backends.New(backends.Options{Inventory: inv, Readers: readers, Clock: fleet.SystemClock{}, Log: log})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { hub.Run(ctx); close(done) }()
	var s *fleet.Snapshot
	for gen, read := uint64(0), 0; read < len(bodies); {
		if s, err = hub.Next(ctx, gen); err != nil {
			t.Fatal(err)
		}
		gen, read = s.Gen, 0
		for i := range s.Sources {
			read += int(min(s.Sources[i].Reads, 1))
		}
	}
	cancel()
	<-done
	shown, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"the snapshot": string(shown), "the log": written.String()} {
		if strings.Contains(text, canary) {
			t.Errorf("a word of an answer is in %s: %s", where, text)
		}
	}
	if !strings.Contains(string(shown), "it answers, and with no JSON object") || !strings.Contains(written.String(), "read failed") {
		t.Errorf("the probes were not judged: %s\n%s", shown, written.String())
	}
}
