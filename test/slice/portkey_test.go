package slice

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// keptSecret is a credential in a config, which must be nowhere but there.
const keptSecret = "slice-secret-4c1e"

// portkeyPlane plays Portkey's control plane with one config of two targets, whose requests it counts by their weights.
type portkeyPlane struct {
	mu       sync.Mutex
	versions []string // oldest first
	counted  time.Time
	requests map[string]float64
}

type portkeyTarget struct {
	Provider string            `json:"provider"`
	Key      string            `json:"api_key"`
	Override map[string]string `json:"override_params"`
	Weight   float64           `json:"weight"`
}

func (p *portkeyPlane) holds() string { return p.versions[len(p.versions)-1] }

// count adds the requests that came until a time, 40 a second.
func (p *portkeyPlane) count(until time.Time) {
	var config struct{ Targets []portkeyTarget }
	if json.Unmarshal([]byte(p.holds()), &config) != nil {
		return
	}
	sum := 0.0
	for _, t := range config.Targets {
		sum += t.Weight
	}
	if d := until.Sub(p.counted).Seconds(); !p.counted.IsZero() && d > 0 {
		for _, t := range config.Targets {
			p.requests[t.Override["model"]] += 40 * d * t.Weight / sum
		}
	}
	p.counted = until
}

func (p *portkeyPlane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const at = "/v1/configs/pc-chat"
	var answer any
	switch r.Method + " " + r.URL.Path {
	case "GET /v1/configs":
		answer = map[string]any{"data": []any{map[string]any{"slug": "pc-chat", "status": "active"}}}
	case "GET " + at:
		answer = map[string]any{"data": map[string]any{"config": p.holds()}}
	case "GET " + at + "/versions":
		list := []any{}
		for i := range p.versions {
			list = append(list, map[string]any{"version_id": fmt.Sprint("v", i+1)})
		}
		answer = map[string]any{"data": list}
	case "PUT " + at:
		var in struct{ Config json.RawMessage }
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		p.versions = append(p.versions, string(in.Config))
		answer = map[string]any{"data": map[string]any{"version_id": fmt.Sprint("v", len(p.versions))}}
	default:
		until, err := time.Parse(time.RFC3339, r.URL.Query().Get("time_of_generation_max"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		p.count(until)
		list := []any{}
		for model, n := range p.requests {
			if r.URL.Query().Get("status_code") == "" {
				list = append(list, map[string]any{"ai_model": model, "requests": fmt.Sprint(int(n))})
			}
		}
		answer = map[string]any{"total": len(list), "data": list}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// TestWeightsOfASavedConfigAreShiftedAndUndone: the runner knows nothing of Portkey. A config whose weights are fractions is
// shifted, is not in force for a minute, is judged by its traffic, and is taken back; its credential is in no file of pitwall.
func TestWeightsOfASavedConfigAreShiftedAndUndone(t *testing.T) {
	t.Parallel()
	plane := &portkeyPlane{requests: map[string]float64{}, versions: []string{`{"strategy":{"mode":"loadbalance"},"targets":[
		{"provider":"openai","api_key":"` + keptSecret + `","override_params":{"model":"gpt-4o"},"weight":0.7},
		{"provider":"anthropic","api_key":"` + keptSecret + `","override_params":{"model":"claude-sonnet-4-5"},"weight":0.3}]}`}}
	server := httptest.NewServer(plane)
	defer server.Close()
	route := fleet.RouteSpec{ID: "pc-chat", Gateway: "hosted", Targets: []fleet.TargetSpec{
		{ID: "first", Provider: "openai", Model: "gpt-4o", Deployment: "openai/gpt-4o"},
		{ID: "second", Provider: "anthropic", Model: "claude-sonnet-4-5", Deployment: "anthropic/claude-sonnet-4-5"}}}
	r := newRig(t, func(inv *fleet.Inventory) {
		g := fleet.GatewaySpec{ID: "hosted", Kind: "portkey", Replicas: []fleet.GatewayReplicaSpec{{ID: "hosted-1", URL: server.URL + "/v1"}}}
		inv.Gateways, inv.Routes = append(inv.Gateways, g), append(inv.Routes, route)
		inv.Sources = append(inv.Sources, fleet.SourceSpec{ID: "hosted-1", Kind: g.Kind, URL: server.URL + "/v1", Interval: 10 * time.Second,
			Timeout: 9 * time.Second, Options: map[string]string{"workspace": "ws"}, Subject: fleet.Subject{Gateway: g.ID, GatewayReplica: "hosted-1"}})
	})
	before := fleet.Weights{"first": 70, "second": 30}
	if got := r.after(2 * time.Minute).Route("pc-chat"); !got.Weights.Equal(before) || !got.Load.Requests.OK {
		t.Fatalf("read %v, %v requests/s", got.Weights, got.Load.Requests)
	}
	wanted := fleet.Weights{"first": 60, "second": 40}
	began := r.clock.Now()
	id := r.start(actions.Intent{Kind: actions.KindShift, Route: "pc-chat", Soak: soak, Weights: wanted})
	c := r.until(id)
	if c.State != actions.StateCommitted || r.clock.Now().Sub(began) < time.Minute {
		t.Fatalf("after %s the change is %s: %s", r.clock.Now().Sub(began), c.State, c.Why)
	}
	if got := r.hub.Latest().Route("pc-chat"); !got.Weights.Equal(wanted) {
		t.Errorf("it holds %v", got.Weights)
	}
	in, err := r.desk.UndoIntent(id)
	if err != nil {
		t.Fatal(err)
	}
	in.Soak = soak
	if c := r.until(r.start(in)); c.State != actions.StateCommitted {
		t.Fatalf("the undo is %s: %s", c.State, c.Why)
	}
	plane.mu.Lock()
	defer plane.mu.Unlock()
	if got := r.hub.Latest().Route("pc-chat"); !got.Weights.Equal(before) || strings.Count(plane.holds(), keptSecret) != 2 {
		t.Errorf("after the undo %v, and the control plane holds %s", got.Weights, plane.holds())
	}
	if err := filepath.WalkDir(r.state, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), keptSecret) {
			t.Errorf("a credential is in %s", path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
