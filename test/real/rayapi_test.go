//go:build real

package real_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/backends/registry"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// declared is what a person would put: two applications, of which one tells its model by an argument.
const declared = `{"applications": [
	{"name": "chat", "route_prefix": "/chat", "import_path": "raydeclared:chat", "args": {"model": "org/m"},
		"deployments": [{"name": "Model", "num_replicas": 1, "ray_actor_options": {"num_cpus": 0.1}}]},
	{"name": "time", "route_prefix": "/time", "import_path": "raydeclared:time", "runtime_env": {"env_vars": {"KEPT": "as it was"}},
		"deployments": [{"name": "clock", "ray_actor_options": {"num_cpus": 0.1}}]}]}`

// rayBed is a real Ray Serve with what pitwall opens of it.
type rayBed struct {
	t      *testing.T
	ray    *servers.RayServe
	deps   fleet.Deps
	set    registry.Set
	spec   fleet.SourceSpec
	roller fleet.Roller
	writer fleet.ObjectWriter
}

func newRayBed(t *testing.T) *rayBed {
	t.Helper()
	ray, err := servers.StartRayServe(t.Context(), script(t, "raydeclared.py"))
	started(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(ray.Tail(3000))
		}
		ray.Close()
	})
	b := &rayBed{t: t, ray: ray, set: registry.Set(registry.Connectors())}
	b.deps = fleet.Deps{Clock: fleet.SystemClock{}, Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(ray.Token), nil }}
	b.spec = fleet.SourceSpec{ID: "ray", Kind: "ray", URL: ray.Dashboard, Auth: fleet.SecretRef{Env: "RAY_TOKEN"}, Subject: fleet.Subject{Cluster: "ray"}}
	sources := []fleet.SourceSpec{b.spec}
	writers, err := b.set.ObjectWriters(sources, b.deps)
	if err != nil {
		t.Fatal(err)
	}
	b.writer = writers["ray"]
	var ok bool
	if b.roller, ok = b.set.Rollers(func() []fleet.SourceSpec { return sources }, b.deps)("ray"); !ok {
		t.Fatal("nothing rolls it")
	}
	b.put(declared)
	return b
}

// put declares applications as a person does.
func (b *rayBed) put(body string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPut, b.ray.Dashboard+"/api/serve/applications/", strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.ray.Token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if said, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		b.t.Fatalf("%d: %s", res.StatusCode, said)
	}
}

func (b *rayBed) ref(name string) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: "ray", Kind: "ServeApplication", Name: name}
}

// done waits until an application stands still.
func (b *rayBed) done(name string) fleet.Rollout {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 3*time.Minute)
	defer cancel()
	for {
		r, err := b.roller.Rollout(ctx, b.ref(name))
		if err != nil {
			b.t.Fatal(err)
		}
		if r.Phase == fleet.RolloutDone {
			return r
		}
		if r.Never || ctx.Err() != nil {
			b.t.Fatalf("%s is %s: %s", name, r.Phase, r.Why)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// says is what an application answers.
func (b *rayBed) says(path string) string {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.ray.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(body)
}

// config is an application's configuration, as Ray has it.
func (b *rayBed) config(name string) fleet.JSON {
	b.t.Helper()
	objects, err := b.openObjects()
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := objects.Get(b.t.Context(), fleet.ObjectKind{Group: "serve.ray.io", Version: "v2", Resource: "applications", Kind: "ServeApplication"}, b.ref(name))
	if err != nil {
		b.t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), `"config":`)
	if !ok {
		return nil
	}
	rest, _, _ = strings.Cut(rest, `,"told":`)
	return fleet.JSON(rest)
}

func (b *rayBed) openObjects() (fleet.Objects, error) {
	for _, c := range b.set {
		if c.Kind == "ray" {
			return c.NewObjects(b.spec, b.deps)
		}
	}
	return nil, &fleet.Error{Kind: fleet.KindUnsupported}
}

// carry drafts a deed, writes it, and gives what takes it back.
func (b *rayBed) carry(name string, w fleet.Want) fleet.ObjectWrite {
	b.t.Helper()
	r, err := b.roller.Rollout(b.t.Context(), b.ref(name))
	if err != nil {
		b.t.Fatal(err)
	}
	d, err := b.roller.Draft(b.t.Context(), r, w)
	if err != nil {
		b.t.Fatal(err)
	}
	write := d.Stages[0].Writes[0]
	b.write(write)
	if r, err := b.roller.Rollout(b.t.Context(), b.ref(name)); err != nil || r.Phase == fleet.RolloutDone {
		b.t.Errorf("right after %s it is %s, %v", write.Text, r.Phase, err)
	}
	back, ok := write.Inverse()
	if !ok {
		b.t.Fatal("nothing takes it back")
	}
	return back
}

func (b *rayBed) write(w fleet.ObjectWrite) {
	b.t.Helper()
	for _, dry := range []bool{true, false} {
		if err := b.writer.Write(b.t.Context(), w, "test/1", dry); err != nil {
			b.t.Fatalf("%s, dry %v: %v", w.Text, dry, fleet.Sentence(err))
		}
	}
	if at, err := b.roller.Stand(b.t.Context(), w); err != nil || at != fleet.StandsAfter {
		b.t.Errorf("%s stands %s, %v", w.Text, at, err)
	}
}

func TestARealRayServeIsChangedByItsAPI(t *testing.T) {
	t.Parallel()
	b := newRayBed(t)
	b.done("chat")
	b.done("time")
	chat, clock := b.config("chat"), b.config("time")

	reader, err := b.set.Open(b.spec, b.deps)
	if err != nil {
		t.Fatal(err)
	}
	p, err := reader.Read(t.Context())
	if err != nil || len(p.Cluster.Workloads) != 3 || p.Version.IsEmpty() {
		t.Fatalf("%+v, %v", p, err)
	}
	for i, name := range []string{"byhand", "chat", "time"} {
		if w := p.Cluster.Workloads[i]; w.Name != name || w.State != fleet.StateOK || w.Desired != 1 || w.Ready != 1 {
			t.Errorf("%s is %+v", name, w)
		}
	}

	model := b.carry("chat", fleet.Want{Do: fleet.DoUpgrade, Weights: "org/new"})
	if r := b.done("chat"); r.Now.Weights.String() != "org/new" || b.says("/chat") != "org/new" {
		t.Errorf("it runs %s and says %q", r.Now.Weights, b.says("/chat"))
	}
	two := b.carry("chat", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)})
	if r := b.done("chat"); r.Desired != 2 || r.Ready != 2 {
		t.Errorf("%d of %d replicas", r.Ready, r.Desired)
	}
	b.kept(clock)

	b.write(two)
	b.write(model)
	if r := b.done("chat"); r.Desired != 1 || b.says("/chat") != "org/m" || !b.config("chat").Equal(chat) {
		t.Errorf("restored it has %d replicas, says %q and is %s", r.Desired, b.says("/chat"), b.config("chat"))
	}
	b.kept(clock)

	b.byCommand(clock)

	r, err := b.roller.Rollout(t.Context(), b.ref("byhand"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.roller.Draft(t.Context(), r, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("what code deployed was drafted: %v", err)
	}
}

// byCommand is the program itself: an upgrade from its command line, and its undo. A replica of nothing is in no pool, so that
// no durations are known (IL-30); no manifest of the weights and no driver are either, and it was deployed a moment ago.
func (b *rayBed) byCommand(clock fleet.JSON) {
	b.t.Helper()
	dir := b.t.TempDir()
	path := filepath.Join(dir, "pitwall.yaml")
	write(b.t, path, fill(b.t, "testdata/ray.yaml", b.ray), 0o600)
	op := program{flags: []string{"--config", path, "--state-dir", filepath.Join(dir, "state")}, environ: []string{"RAY_TOKEN=" + b.ray.Token}}
	confirm := []string{"--write", "--confirm", "chat", "--reason", "end-to-end test", "--soak", "3s", "--override", "IL-18,IL-19,IL-30,IL-41,IL-43"}
	r := op.must(b.t, 0, append([]string{"upgrade", "ServeApplication/chat", "--model", "org/typed"}, confirm...)...)
	if said := b.says("/chat"); said != "org/typed" || !strings.Contains(r.out, "org/m -> org/typed") {
		b.t.Errorf("it says %q\n%s", said, r.out)
	}
	c := op.change(b.t, "")
	if c == nil || c.State != actions.StateCommitted {
		b.t.Fatalf("the change is %+v", c)
	}
	op.must(b.t, 0, append([]string{"undo", string(c.ID)}, confirm...)...)
	if said := b.says("/chat"); said != "org/m" {
		b.t.Errorf("after undo it says %q", said)
	}
	b.kept(clock)
}

// kept fails unless the other applications serve as they did, with the configuration that they had.
func (b *rayBed) kept(clock fleet.JSON) {
	b.t.Helper()
	for _, path := range []string{"/time", "/byhand"} {
		if said := b.says(path); said != "noon" {
			b.t.Errorf("%s says %q", path, said)
		}
	}
	if got := b.config("time"); !got.Equal(clock) || !strings.Contains(string(got), "as it was") {
		b.t.Errorf("the other application was put as %s, and was %s", got, clock)
	}
}
