package slice

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"pitwall/backends"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/internal/config"
)

// silent is the address of a machine that takes connections and never answers.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// kubeconfigOf writes a kubeconfig with so many contexts, of which the last few lead to a server that does not answer.
func kubeconfigOf(t *testing.T, f *sim.Fleet, contexts, dead int) string {
	t.Helper()
	text, err := f.Kubeconfig()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	good := f.Clusters()
	var list []any
	for i := range contexts {
		name := good[i%len(good)].Name()
		cluster := name
		if i >= contexts-dead {
			cluster = "nowhere"
		}
		list = append(list, map[string]any{"name": fmt.Sprintf("ctx-%02d", i), "context": map[string]any{"cluster": cluster, "user": name}})
	}
	doc["contexts"] = list
	doc["clusters"] = append(doc["clusters"].([]any), map[string]any{"name": "nowhere",
		"cluster": map[string]any{"server": "https://" + silent(t), "insecure-skip-tls-verify": true}})
	if text, err = yaml.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// watchClusters runs a Hub on contexts of a kubeconfig, as plain pitwall does.
func watchClusters(t *testing.T, f *sim.Fleet, path string, names []string, change func(*config.Cluster)) *backends.Hub {
	t.Helper()
	ctx := config.Clusters("all", names)
	for i := range ctx.Clusters {
		ctx.Clusters[i].Kubeconfig = path
		if change != nil {
			change(&ctx.Clusters[i])
		}
	}
	set := registry.Set(registry.Connectors())
	inv, err := ctx.Inventory(set.Interval)
	if err != nil {
		t.Fatal(err)
	}
	deps := set.Equip(fleet.Deps{Clock: fleet.SystemClock{}, Log: slog.New(slog.DiscardHandler),
		Secret: f.Secret}, inv.Sources)
	readers, problems := set.Readers(inv.Sources, deps)
	for id, err := range problems {
		t.Fatalf("%s: %v", id, err)
	}
	hub := backends.New(backends.Options{Inventory: inv, Readers: readers, Clock: deps.Clock, Log: deps.Log,
		Open: func(spec fleet.SourceSpec) (fleet.Reader, error) { return set.Open(spec, deps) }})
	running, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { hub.Run(running); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return hub
}

// until waits for a snapshot that a condition holds of.
func until(t *testing.T, hub *backends.Hub, holds func(*fleet.Snapshot) bool) *fleet.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var gen uint64
	for {
		snap, err := hub.Next(ctx, gen)
		if err != nil {
			last := hub.Latest()
			for _, c := range last.Clusters {
				t.Logf("%s: %s %s, %d pods", c.ID, c.State, c.Why, len(c.Pods))
			}
			for _, p := range last.Pools {
				t.Logf("%s: %s %s, %d of %d ready, gpu %v", p.Spec.ID, p.State, p.Why, p.Ready, len(p.Replicas), p.GPUUtil)
			}
			for _, s := range last.Sources {
				if !s.Err.IsEmpty() || s.LastGood.IsZero() {
					t.Logf("%s: %s", s.ID, s.Err)
				}
			}
			t.Fatalf("it never came to that: %v", err)
		}
		if holds(snap) {
			return snap
		}
		gen = snap.Gen
	}
}

func count(snap *fleet.Snapshot, holds func(*fleet.Cluster) bool) int {
	n := 0
	for _, c := range snap.Clusters {
		if holds(c) {
			n++
		}
	}
	return n
}

func TestFiftyContextsOfWhichTenDoNotAnswer(t *testing.T) {
	f, err := sim.Listen(t.Context(), sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	const contexts, dead = 50, 10
	var names []string
	for i := range contexts {
		names = append(names, fmt.Sprintf("ctx-%02d", i))
	}
	no := false
	hub := watchClusters(t, f, kubeconfigOf(t, f, contexts, dead), names, func(c *config.Cluster) { c.Discover = &no })
	first := until(t, hub, func(*fleet.Snapshot) bool { return true })
	if len(first.Clusters) != contexts {
		t.Fatalf("%d clusters are shown at once, want %d", len(first.Clusters), contexts)
	}
	for _, c := range first.Clusters {
		if c.Why.IsEmpty() && c.At.IsZero() {
			t.Errorf("%s does not say what it is doing", c.ID)
		}
	}
	snap := until(t, hub, func(s *fleet.Snapshot) bool {
		return count(s, func(c *fleet.Cluster) bool { return len(c.Pods) > 0 && c.State == fleet.StateOK }) == contexts-dead
	})
	for _, c := range snap.Clusters[contexts-dead:] {
		if c.State == fleet.StateOK || c.Why.IsEmpty() || !c.At.IsZero() {
			t.Errorf("%s leads nowhere and is %s %q, heard %s", c.ID, c.State, c.Why, c.At)
		}
	}
}

func TestAKubeconfigIsEnoughToSeeWhatServes(t *testing.T) {
	f, err := sim.Listen(t.Context(), sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := f.WriteKubeconfig(path); err != nil {
		t.Fatal(err)
	}
	hub := watchClusters(t, f, path, []string{"kube-fra1", "kube-ams1"}, func(c *config.Cluster) {
		c.Gateways = &config.Secret{Env: sim.KeyName}
	})
	want := map[fleet.PoolID]string{"kube-fra1/b200-a": "vllm", "kube-fra1/h100-b": "sglang", "kube-ams1/h100-c": "trtllm", "kube-ams1/h200-dr": "tgi"}
	snap := until(t, hub, func(s *fleet.Snapshot) bool {
		read := 0
		for id := range want {
			if p := s.Pool(id); p != nil && p.Ready == len(p.Replicas) && p.Ready > 0 && p.GPUUtil.OK {
				read++
			}
		}
		return read == len(want) && len(s.Gateways) == 1 && !s.Gateways[0].Replicas[0].At.IsZero() &&
			s.Route("chat") != nil && s.Route("chat").Weights != nil
	})
	for id, engine := range want {
		p := snap.Pool(id)
		if p.Spec.Engine != engine || p.Spec.Model == "" || p.Spec.Site == "" || p.Spec.GPU == "" {
			t.Errorf("%s: %+v", id, p.Spec)
		}
		for _, r := range p.Spec.Replicas {
			if r.Pod.Name == "" || snap.Source(fleet.SourceID(r.ID)) == nil {
				t.Errorf("%s: replica %+v", id, r)
			}
		}
	}
	for _, s := range hub.Inventory().Sources {
		if strings.HasPrefix(s.Via, "kubernetes/") && s.Interval < 15*time.Second {
			t.Errorf("%s is read through the API server every %s", s.ID, s.Interval)
		}
	}
	if len(snap.Gateways[0].Replicas) != 3 || snap.Gateways[0].Replicas[0].At.IsZero() {
		t.Errorf("gateway %+v", snap.Gateways[0])
	}
	if got := snap.Route("chat").Weights; got.Text(snap.Route("chat").Order()).String() == "" {
		t.Errorf("weights %v", got)
	}
}
