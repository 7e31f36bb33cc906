package world

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// podOf is the pod that carries a replica now, nil between two.
func podOf(w *World, replica string) *Pod {
	for _, p := range w.Pods() {
		if p.Replica == replica && p.Phase != PhaseFailed {
			return &p
		}
	}
	return nil
}

func nodeNamed(w *World, name string) Node {
	nodes := w.Nodes()
	return nodes[slices.IndexFunc(nodes, func(n Node) bool { return n.Name == name })]
}

func eventOf(w *World, reason string) *Event {
	for _, e := range w.Events() {
		if e.Reason == reason {
			return &e
		}
	}
	return nil
}

func TestAHealthyClusterStandsStill(t *testing.T) {
	w := New(small(4))
	run(w, time.Second)
	before := w.Version()
	run(w, 5*time.Minute)
	if w.Version() != before {
		t.Error("objects changed although nothing happened")
	}
	ids := map[string]bool{}
	for _, p := range w.Pods() {
		if !p.Ready || p.Phase != PhaseRunning || p.Node == "" || p.Restarts != 0 || p.Revision == "" || ids[p.UID] {
			t.Errorf("%+v", p)
		}
		ids[p.UID] = true
	}
	if len(ids) != len(w.Replicas) {
		t.Errorf("%d pods for %d replicas", len(ids), len(w.Replicas))
	}
	for _, n := range w.Nodes() {
		if !n.Ready || n.Allocatable != 8 || n.GPUs != 8 || len(n.Conditions) != 4 {
			t.Errorf("%+v", n)
		}
	}
	if lines := w.Logs("a-r1"); len(lines) == 0 || !strings.Contains(lines[len(lines)-1].Text, "Running:") {
		t.Errorf("the engine's log: %v", lines)
	}
}

func TestADeletedPodDrainsAndComesBack(t *testing.T) {
	w := New(small(4))
	run(w, time.Minute)
	old := podOf(w, "a-r1")
	r := w.Replicas[0]
	if !w.DeletePod("a-r1") || w.DeletePod("nobody") {
		t.Fatal("deleting")
	}
	p := podOf(w, "a-r1")
	if p.Ready || !p.Terminating {
		t.Errorf("after the deletion: %+v", p)
	}
	run(w, 40*time.Second)
	if r.Up() || r.Stats.Generated != 0 {
		t.Errorf("after its grace: up %v, %v tokens", r.Up(), r.Stats.Generated)
	}
	made := w.Replicas[1].Stats.Generated
	run(w, 90*time.Second)
	p = podOf(w, "a-r1")
	if !p.Ready || p.UID == old.UID || !r.Up() || r.Stats.Generated == 0 || len(r.GPUs) != 4 {
		t.Errorf("after two minutes: %+v, %v tokens", p, r.Stats.Generated)
	}
	if w.Replicas[1].Stats.Generated == made {
		t.Error("the other replica did not take the traffic")
	}
	checkLedger(t, w)
	before := w.Version()
	run(w, time.Minute)
	if w.Version() != before {
		t.Error("the cluster does not come to rest")
	}
}
