package kube

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

// embedded is the connection to one cluster of the embedded fleet, whose API is one that kubectl speaks to.
func embedded(t *testing.T, suffix string) (fleet.SourceSpec, fleet.Deps, *fleet.VirtualClock) {
	t.Helper()
	clock := fleet.NewVirtualClock(start)
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	path := filepath.Join(t.TempDir(), "config")
	if err := f.WriteKubeconfig(path); err != nil {
		t.Fatal(err)
	}
	sources := f.ClusterSources(path)
	if len(sources) == 0 {
		t.Fatal("the embedded fleet has no clusters")
	}
	spec := sources[0]
	spec.Options["context"] += suffix
	return spec, fleet.Deps{Clock: clock, Secret: f.Secret}, clock
}

// synced watches until all first lists are complete.
func synced(t *testing.T, spec fleet.SourceSpec, deps fleet.Deps, clock *fleet.VirtualClock) *fleet.Cluster {
	t.Helper()
	w, err := NewWatcher(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, clock: clock, got: make(chan any, 10_000)}
	s.run(w)
	s.until("all kinds", func(c *fleet.Cluster, err error) bool {
		if err != nil {
			t.Error(err)
		}
		return c != nil && (watchOf(c, "events").Synced || !watchOf(c, "events").Err.IsEmpty())
	})
	return s.last
}

func TestTheEmbeddedClusters(t *testing.T) {
	spec, deps, clock := embedded(t, "")
	c := synced(t, spec, deps, clock)
	if c.State != fleet.StateOK || len(c.Nodes) == 0 || len(c.Pods) == 0 || len(c.Workloads) == 0 {
		t.Fatalf("%s %s: %d nodes, %d pods, %d workloads", c.State, c.Why, len(c.Nodes), len(c.Pods), len(c.Workloads))
	}
	var engine *fleet.Pod
	for _, p := range c.Pods {
		if p.GPUs > 0 && p.State == fleet.StateOK && len(p.Ports) > 0 {
			engine = p
		}
	}
	if engine == nil {
		t.Fatal("no pod serves")
	}
	ways, err := newCarriers(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	by, err := ways.Carrier(engine.Namespace + "/" + engine.Name + ":" + number(engine.Ports[0].Port).String())
	if err != nil {
		t.Fatal(err)
	}
	reply, err := by.Carry(t.Context(), get("/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	if reply.Status != 200 || !strings.Contains(string(body), "# TYPE") {
		t.Errorf("the engine's page: %d %.80q", reply.Status, body)
	}
	i, err := newInspector(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	ref := fleet.ObjectRef{Kind: "Pod", Namespace: engine.Namespace, Name: engine.Name}
	lines, err := i.Describe(t.Context(), ref)
	if got := text(lines); err != nil || !strings.Contains(got, engine.Node) || strings.Contains(got, "not read") {
		t.Errorf("%v\n%s", err, got)
	}
	n := 0
	if err = i.Logs(t.Context(), ref, fleet.LogOptions{Tail: 5}, func(fleet.Safe) { n++ }); err != nil || n == 0 || n > 5 {
		t.Errorf("%d lines of log, %v", n, err)
	}
	if lines, err = i.Raw(t.Context(), ref); err != nil || !strings.Contains(text(lines), "kind: Pod") {
		t.Errorf("%v\n%s", err, text(lines))
	}
}

func TestAnEmbeddedClusterByNamespace(t *testing.T) {
	spec, deps, clock := embedded(t, "-serving")
	c := synced(t, spec, deps, clock)
	if !strings.HasPrefix(c.Scope.String(), "namespace ") || len(c.Pods) == 0 || watchOf(c, "nodes").Err.IsEmpty() {
		t.Errorf("scope %q, %d pods, nodes %q", c.Scope, len(c.Pods), watchOf(c, "nodes").Err)
	}
}

func TestAnEmbeddedClusterOfWhichNothingIsAllowed(t *testing.T) {
	spec, deps, clock := embedded(t, "-nobody")
	c := synced(t, spec, deps, clock)
	if c.State != fleet.StateWarn || len(c.Pods) != 0 {
		t.Errorf("%s %s, %d pods", c.State, c.Why, len(c.Pods))
	}
	ways, err := newCarriers(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	by, err := ways.Carrier("serving/some-pod:8000")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = by.Carry(t.Context(), get("/metrics")); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "pods/proxy") {
		t.Errorf("got %v", err)
	}
}
