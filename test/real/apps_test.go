//go:build real

package real_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/bentoml"
	"pitwall/backends/rayserve"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// caller sends requests to an application server, each of which must be answered with a status.
type caller struct {
	method, base, kind string
}

func (c caller) send(ctx context.Context, path, body string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, c.method, c.base+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if c.kind != "" {
		req.Header.Set("Content-Type", c.kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// times sends the same request so many times.
func (c caller) times(t *testing.T, n, status int, path, body string) {
	t.Helper()
	for range n {
		got, err := c.send(t.Context(), path, body)
		if err != nil || got != status {
			t.Fatalf("%s %s: status %d, want %d, %v", c.method, path, got, status, err)
		}
	}
}

// hold keeps so many requests at hand until the returned function gives them up.
func (c caller) hold(t *testing.T, n int, path, body string) (giveUp func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range n {
		all.Go(func() { _, _ = c.send(ctx, path, body) }) // it never ends well
	}
	giveUp = func() { cancel(); all.Wait() }
	t.Cleanup(giveUp)
	return giveUp
}

// reading opens a connector and returns what reads the engine of one model.
func reading(t *testing.T, c fleet.Connector, spec fleet.SourceSpec, model fleet.ModelName) func() (fleet.EngineReading, fleet.Partial) {
	t.Helper()
	spec.ID = "real"
	r, err := c.NewReader(spec, fleet.Deps{Clock: fleet.SystemClock{}, Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
		return fleet.NewSecret(bedKey), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return func() (fleet.EngineReading, fleet.Partial) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		p, err := r.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Engines {
			if e.Model == model {
				return e, p
			}
		}
		return fleet.EngineReading{}, p
	}
}

// counted is what one reading must say.
type counted struct {
	running, waiting fleet.Count
	finished, failed float64
	aborted          float64
}

func (w counted) holds(e fleet.EngineReading) bool {
	return e.Running == fleet.Some(w.running) && e.Waiting.V == w.waiting && e.Finished == fleet.Some(w.finished) &&
		e.Failed == fleet.Some(w.failed) && e.Aborted.V == w.aborted
}

// comes waits until the server has told all that it counted, which it does with some delay.
func (w counted) comes(t *testing.T, read func() (fleet.EngineReading, fleet.Partial)) (fleet.EngineReading, fleet.Partial) {
	t.Helper()
	var e fleet.EngineReading
	var p fleet.Partial
	for begin := time.Now(); !w.holds(e); time.Sleep(200 * time.Millisecond) {
		if e, p = read(); time.Since(begin) > time.Minute {
			t.Fatalf("want %+v, read %+v (%v)", w, e, p.Notices)
		}
	}
	return e, p
}

// script is an application of our own.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// appsOperator looks at pools on application servers.
func appsOperator(t *testing.T, with any, environ ...string) program {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "pitwall.yaml")
	write(t, path, fill(t, "testdata/apps.yaml", with), 0o600)
	return program{flags: []string{"--config", path, "--state-dir", filepath.Join(dir, "state")}, environ: environ}
}

type appServers struct {
	Ray   *servers.RayServe
	Bento *servers.BentoML
}

// shows fails unless the one replica of a pool has the requests at hand that were sent.
func shows(t *testing.T, s *fleet.Snapshot, pool fleet.PoolID, running, waiting fleet.Count) {
	t.Helper()
	p := s.Pool(pool)
	if p == nil || len(p.Replicas) != 1 {
		t.Fatalf("pool %s: %+v", pool, p)
	}
	r := p.Replicas[0]
	if r.State != fleet.StateOK || r.Load.Running != fleet.Some(running) || r.Load.Waiting.V != waiting || r.Health != fleet.Some(true) ||
		r.Load.OutRate.OK {
		t.Errorf("%s: %s %q, running %v, waiting %v, health %v, tokens %v", pool, r.State, r.Why, r.Load.Running, r.Load.Waiting,
			r.Health, r.Load.OutRate)
	}
}

func TestARealRayServeIsCountedAsItWasCalled(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	ray, err := servers.StartRayServe(t.Context(), script(t, "rayapp.py"))
	started(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(ray.Tail(3000))
		}
		ray.Close()
	})
	t.Logf("Ray serves after %s", time.Since(begin).Round(time.Second))
	calls := caller{method: http.MethodGet, base: ray.URL}
	calls.times(t, 7, http.StatusOK, "/chat?name=ada", "")
	calls.times(t, 3, http.StatusInternalServerError, "/chat?fail=1", "")
	calls.times(t, 2, http.StatusUnprocessableEntity, "/chat?refuse=1", "")
	calls.times(t, 5, http.StatusOK, "/time", "")
	calls.times(t, 4, http.StatusOK, "/-/healthz", "")
	calls.times(t, 1, http.StatusNotFound, "/nowhere", "")
	giveUp := calls.hold(t, 5, "/chat?wait=600", "") // of which its replica takes two

	chat := reading(t, rayserve.Connector(), fleet.SourceSpec{URL: ray.Metrics}, "chat")
	e, p := counted{running: 2, waiting: 3, finished: 12, failed: 3}.comes(t, chat)
	if e.E2E.Count() != 12 || e.E2E.Sum <= 0 || e.E2E.Sum > 120 || len(p.Engines) != 2 || p.Version.IsEmpty() || p.Health != fleet.Some(true) {
		t.Errorf("%+v, version %q, health %v, %d engines", e.E2E, p.Version, p.Health, len(p.Engines))
	}
	counted{finished: 5}.comes(t, reading(t, rayserve.Connector(), fleet.SourceSpec{URL: ray.Metrics}, "time"))
	greeter := reading(t, rayserve.Connector(), fleet.SourceSpec{URL: ray.Metrics + "/metrics?deployment=Greeter"}, "chat")
	if e, _ := (counted{running: 2, waiting: 3, finished: 12, failed: 3}).comes(t, greeter); e.Engine == "" || e.E2E.Count() != 12 {
		t.Errorf("the replica of one deployment: %+v", e)
	}
	shows(t, appsOperator(t, appServers{Ray: ray}, "RAY_TOKEN="+ray.Token).snapshot(t), "chat", 2, 3)
	giveUp()
	counted{finished: 17, failed: 3, aborted: 5}.comes(t, chat)
}

func TestARealBentoMLIsCountedAsItWasCalled(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	bento, err := servers.StartBentoML(t.Context(), script(t, "bentoapp.py"), "Greeter")
	started(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(bento.Tail(3000))
		}
		bento.Close()
	})
	t.Logf("BentoML is ready after %s", time.Since(begin).Round(time.Second))
	calls := caller{method: http.MethodPost, base: bento.URL, kind: "application/json"}
	calls.times(t, 6, http.StatusOK, "/greet", `{"name":"ada"}`)
	calls.times(t, 2, http.StatusInternalServerError, "/fail", `{}`)
	calls.times(t, 3, http.StatusBadRequest, "/greet", `{`)
	calls.hold(t, 3, "/wait", `{}`)
	t.Cleanup(func() { _, _ = calls.send(context.Background(), "/release", `{}`) }) // it would wait for them to end

	read := reading(t, bentoml.Connector(), fleet.SourceSpec{URL: bento.URL + "/metrics"}, "greeter")
	e, p := counted{running: 3, finished: 11, failed: 2}.comes(t, read)
	if e.E2E.Count() != 11 || e.E2E.Sum <= 0 || e.E2E.Sum > 120 || len(p.Engines) != 1 || p.Health != fleet.Some(true) {
		t.Errorf("%+v, health %v, %d engines", e.E2E, p.Health, len(p.Engines))
	}
	inner := reading(t, bentoml.Connector(), fleet.SourceSpec{URL: bento.URL, Models: []fleet.ModelName{"speller"}}, "speller")
	counted{finished: 6}.comes(t, inner)
	shows(t, appsOperator(t, appServers{Bento: bento}).snapshot(t), "greeter", 3, 0)
	calls.times(t, 1, http.StatusOK, "/release", `{}`)
	counted{finished: 15, failed: 2}.comes(t, read)
}
