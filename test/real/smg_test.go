//go:build real

package real_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/backends/smg"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// workerKey is what a worker wants once it was put back with a key.
const workerKey = "sk-real-worker-5c2e"

// engine answers as an engine of vLLM does, as far as a router looks, and counts.
type engine struct {
	*httptest.Server
	served, keyed atomic.Int64
}

func newEngine(t *testing.T, model string) *engine {
	t.Helper()
	e := &engine{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/health":
			_, _ = io.WriteString(w, `{}`)
		case "/version":
			_, _ = io.WriteString(w, `{"version":"0.11.0"}`)
		case "/v1/models":
			_, _ = fmt.Fprintf(w, `{"object":"list","data":[{"id":%q,"object":"model","created":1,"owned_by":"vllm"}]}`, model)
		case "/v1/chat/completions":
			e.served.Add(1)
			if r.Header.Get("Authorization") == "Bearer "+workerKey {
				e.keyed.Add(1)
			}
			_, _ = fmt.Fprintf(w, `{"id":"c","object":"chat.completion","created":1,"model":%q,"choices":[{"index":0,"finish_reason":"stop",`+
				`"message":{"role":"assistant","content":"ok"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`, model)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

// routed is a gateway of real routers with two engines.
type routed struct {
	a, b    *engine
	routers []*servers.Router
	writer  fleet.RouteWriter
	route   fleet.RouteSpec
}

func newRouted(t *testing.T, route fleet.RouteID, start func(context.Context, ...string) (*servers.Router, error), count int) *routed {
	t.Helper()
	g := &routed{a: newEngine(t, "toy"), b: newEngine(t, "toy")}
	spec := fleet.GatewaySpec{ID: "edge", Kind: smg.Kind, Options: map[string]string{smg.OptionKey: "env:WORKER_KEY"}}
	for i := range count {
		r, err := start(t.Context(), g.a.URL, g.b.URL)
		started(t, err)
		t.Cleanup(func() {
			if t.Failed() {
				t.Log(r.Tail(3000))
			}
			r.Close()
		})
		g.routers = append(g.routers, r)
		spec.Replicas = append(spec.Replicas, fleet.GatewayReplicaSpec{ID: fleet.GatewayReplicaID(fmt.Sprint("r", i+1)), URL: r.URL})
	}
	var err error
	g.writer, err = smg.Connector().NewWriter(spec, fleet.Deps{Clock: fleet.SystemClock{}, Secret: secretOfWorkers})
	if err != nil {
		t.Fatal(err)
	}
	g.route = fleet.RouteSpec{ID: route, Gateway: spec.ID, Targets: []fleet.TargetSpec{
		{ID: "a", Pool: "p", Deployment: fleet.DeploymentID(g.a.URL)}, {ID: "b", Pool: "p", Deployment: fleet.DeploymentID(g.b.URL)}}}
	until(t, time.Minute, "every router has both engines", func() bool { return g.all(t, fleet.Weights{"a": 1, "b": 1}) })
	return g
}

func secretOfWorkers(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
	if ref.Env == "WORKER_KEY" {
		return fleet.NewSecret(workerKey), nil
	}
	return fleet.Secret{}, nil
}

// all tells whether every router holds weights, and has found every worker that is in ready.
func (g *routed) all(t *testing.T, want fleet.Weights) bool {
	t.Helper()
	for _, r := range g.writer.ReadBack(t.Context(), g.route) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if !r.Weights.Equal(want) || len(r.Blocked) > 0 || !r.Pending.IsEmpty() {
			return false
		}
	}
	return true
}

func (g *routed) set(t *testing.T, before, after fleet.Weights) {
	t.Helper()
	if err := g.writer.SetWeights(t.Context(), g.route, before, after); err != nil {
		t.Fatal(err)
	}
	if !g.all(t, after) {
		t.Errorf("set %v, read back %+v", after, g.writer.ReadBack(t.Context(), g.route))
	}
}

// ask sends requests through every router, and gives how many each engine got.
func (g *routed) ask(t *testing.T, times int) (a, b int64) {
	t.Helper()
	wasA, wasB := g.a.served.Load(), g.b.served.Load()
	for _, r := range g.routers {
		for range times {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/v1/chat/completions",
				strings.NewReader(`{"model":"toy","messages":[{"role":"user","content":"hi"}]}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
				t.Errorf("a request was answered with %d", res.StatusCode)
			}
		}
	}
	return g.a.served.Load() - wasA, g.b.served.Load() - wasB
}

// reads checks what the connector reads of the first router after requests.
func (g *routed) reads(t *testing.T, asked float64) {
	t.Helper()
	r, err := smg.Connector().NewReader(fleet.SourceSpec{ID: "r1", Kind: smg.Kind, URL: g.routers[0].URL,
		Options: map[string]string{smg.OptionMetrics: g.routers[0].Metrics}}, fleet.Deps{Clock: fleet.SystemClock{}, Secret: secretOfWorkers})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, d := range p.Gateway.Deployments {
		if d.Route != g.route.ID || d.Weight != fleet.Some(1.0) || d.Blocked != fleet.Some(false) || !d.Requests.OK || d.Failures != fleet.Some(0.0) ||
			!d.Cooldowns.OK {
			t.Errorf("read %+v", d)
		}
		sum += d.Requests.V
	}
	if len(p.Gateway.Deployments) != 2 || sum != asked {
		t.Errorf("%d workers with %v requests of %v", len(p.Gateway.Deployments), sum, asked)
	}
	if s := p.Gateway.Routing[g.route.ID].Strategy.String(); s != "round_robin" || p.Health != fleet.Some(true) {
		t.Errorf("policy %q, healthy %v", s, p.Health)
	}
}

// outAndIn takes a worker out of every router and puts it back, and holds requests to that.
func (g *routed) outAndIn(t *testing.T) {
	t.Helper()
	both, onlyA := fleet.Weights{"a": 1, "b": 1}, fleet.Weights{"a": 1, "b": 0}
	if a, b := g.ask(t, 4); a == 0 || b == 0 {
		t.Errorf("before: %d and %d", a, b)
	}
	g.reads(t, 4)
	err := g.writer.SetWeights(t.Context(), g.route, both, fleet.Weights{"a": 0, "b": 0})
	if fleet.KindOf(err) != fleet.KindInvalid || !g.all(t, both) {
		t.Errorf("with nobody left: %v", err)
	}
	g.set(t, both, onlyA)
	if a, b := g.ask(t, 4); a == 0 || b != 0 {
		t.Errorf("while b is out: %d and %d", a, b)
	}
	g.set(t, onlyA, both) // it may drain still
	if a, b := g.ask(t, 4); a == 0 || b == 0 {
		t.Errorf("after: %d and %d", a, b)
	}
	if g.b.keyed.Load() == 0 || g.a.keyed.Load() != 0 {
		t.Errorf("%d requests to the one that was put back carry its key, %d to the other", g.b.keyed.Load(), g.a.keyed.Load())
	}
}

// TestARealSMGTakesAWorkerOutAndBackIn changes two gateways of SMG, which share nothing.
func TestARealSMGTakesAWorkerOutAndBackIn(t *testing.T) {
	t.Parallel()
	newRouted(t, "toy", servers.StartSMG, 2).outAndIn(t)
}

// TestARealSGLangRouterTakesAWorkerOutAndBackIn does so on the router that SMG came from, which tells no model.
func TestARealSGLangRouterTakesAWorkerOutAndBackIn(t *testing.T) {
	t.Parallel()
	newRouted(t, "unknown", servers.StartSGLangRouter, 1).outAndIn(t)
}
