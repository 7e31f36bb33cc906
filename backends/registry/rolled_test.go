package registry

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

// playedCluster is one embedded cluster through the reader and the writer of real ones.
type playedCluster struct {
	t      *testing.T
	clock  *fleet.VirtualClock
	id     fleet.ClusterID
	roller fleet.Roller
	writer fleet.ObjectWriter
}

func playCluster(t *testing.T) *playedCluster {
	t.Helper()
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := f.WriteKubeconfig(path); err != nil {
		t.Fatal(err)
	}
	sources := f.ClusterSources(path)
	deps := fleet.Deps{Clock: fleet.SystemClock{}, Secret: f.Secret}
	set := Set(Connectors())
	writers, err := set.ObjectWriters(sources, deps)
	if err != nil {
		t.Fatal(err)
	}
	id := sources[0].Subject.Cluster
	roller, ok := set.Rollers(func() []fleet.SourceSpec { return sources }, deps)(id)
	if !ok {
		t.Fatalf("nothing rolls %s", id)
	}
	return &playedCluster{t, clock, id, roller, writers[id]}
}

func (c *playedCluster) read(kind, namespace, name string) fleet.Rollout {
	c.t.Helper()
	r, err := c.roller.Rollout(context.Background(), fleet.ObjectRef{Cluster: c.id, Kind: kind, Namespace: namespace, Name: name})
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *playedCluster) draft(r fleet.Rollout, w fleet.Want) fleet.Draft {
	c.t.Helper()
	d, err := c.roller.Draft(context.Background(), r, w)
	if err != nil {
		c.t.Fatal(err)
	}
	return d
}

// send rehearses a write, makes it, and reads it back.
func (c *playedCluster) send(writes ...fleet.ObjectWrite) {
	c.t.Helper()
	for _, w := range writes {
		for _, dry := range []bool{true, false} {
			if err := c.writer.Write(context.Background(), w, "test-1", dry); err != nil {
				c.t.Fatalf("%s, rehearsal %v: %v", w.Text, dry, err)
			}
		}
		if at, err := c.roller.Stand(context.Background(), w); err != nil || at != fleet.StandsAfter && at != fleet.StandsGone {
			c.t.Fatalf("%s stands %s, %v", w.Text, at, err)
		}
	}
}

// until lets time pass until a rollout is as wanted.
func (c *playedCluster) until(r fleet.Rollout, holds func(fleet.Rollout) bool) fleet.Rollout {
	c.t.Helper()
	for range 240 {
		if r = c.read(r.Object.Kind, r.Object.Namespace, r.Object.Name); holds(r) {
			return r
		}
		if err := c.clock.Advance(c.t.Context(), 30*time.Second); err != nil {
			c.t.Fatal(err)
		}
	}
	c.t.Fatalf("it does not come: %+v", r)
	return r
}

func done(r fleet.Rollout) bool { return r.Phase == fleet.RolloutDone }

// A Deployment of the embedded fleet is upgraded, restored from what the server remembers, and scaled; each write is
// rehearsed, made and read back through the API.
func TestAPlayedDeploymentIsUpgradedRestoredAndScaled(t *testing.T) {
	c := playCluster(t)
	was := c.until(c.read("Deployment", "serving", "b200-a"), done)
	if was.GPUsEach == 0 || was.Now.Weights.IsEmpty() || was.Now.ID == "" || was.UpdatedReady != was.Desired || was.Holder.Name != "" {
		t.Fatalf("%+v", was)
	}
	up := c.draft(was, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-num-seqs", Value: "123"}}})
	c.send(up.Stages[0].Writes...)
	moving := c.read("Deployment", "serving", was.Object.Name)
	if moving.Phase == fleet.RolloutDone || moving.Why.IsEmpty() || moving.Now.ID == was.Now.ID {
		t.Errorf("right after it: %s %q, %+v", moving.Phase, moving.Why, moving.Now)
	}
	stale := c.draft(was, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(was.Desired + 1)})
	now := c.until(was, done)
	if now.Now.ID == was.Now.ID || len(now.Runs) == 0 || now.Runs[0].ID != was.Now.ID {
		t.Fatalf("what the server remembers: %+v", now.Runs)
	}
	back := c.draft(now, fleet.Want{Do: fleet.DoUpgrade, Version: was.Now.ID})
	c.send(back.Stages[0].Writes...)
	if now = c.until(was, done); now.Now.ID != was.Now.ID {
		t.Errorf("restored: %+v", now.Now)
	}
	c.send(stale.Stages[0].Writes...) // it touches what the roll does not
	if got := c.read("Deployment", "serving", was.Object.Name); got.Desired != was.Desired+1 {
		t.Errorf("asks for %d", got.Desired)
	}
	inverse, _ := stale.Stages[0].Writes[0].Inverse()
	c.send(inverse)
}

// A node of the embedded fleet is drained pod by pod and opened again.
func TestAPlayedNodeIsDrainedAndOpened(t *testing.T) {
	c := playCluster(t)
	dep := c.until(c.read("Deployment", "serving", "b200-a"), done)
	node := c.read("Node", "", "b200-a-01")
	if node.Desired == 0 {
		t.Fatalf("%+v", node)
	}
	d := c.draft(node, fleet.Want{Do: fleet.DoDrain})
	if len(d.Stages) != node.Desired+1 || d.NoUndo.IsEmpty() {
		t.Fatalf("%d stages for %d pods", len(d.Stages), node.Desired)
	}
	c.send(d.Stages[0].Writes...)
	evict := d.Stages[1]
	if !strings.Contains(evict.Text.String(), "evict pod serving/") || !strings.Contains(evict.Text.String(), "Deployment") {
		t.Errorf("%s", evict.Text)
	}
	c.send(evict.Writes...)
	c.until(dep, func(r fleet.Rollout) bool { return r.Phase != fleet.RolloutDone })
	if got := c.read("Node", "", node.Object.Name); got.Phase != fleet.RolloutPaused {
		t.Errorf("%+v", got)
	}
	c.send(c.draft(c.read("Node", "", node.Object.Name), fleet.Want{Do: fleet.DoUncordon}).Stages[0].Writes...)
}
