package tui

import (
	"testing"

	"pitwall/fleet"
	"pitwall/tui/tuitest"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// manyPodsRig stands in the middle of 4,000 pods on a large screen.
func manyPodsRig(t testing.TB) *Model {
	t.Helper()
	snap := viewtest.ManyPods(500, 4000)
	feed := tuitest.NewFeed(1)
	feed.Idle = true
	m, err := New(t.Context(), Options{
		Feed: feed, Control: &tuitest.Control{Snap: snap, Now: viewtest.Now(), Idle: true}, Details: &tuitest.Details{},
		Clock: &hand{viewtest.Now()}, Hands: &hand{viewtest.Now()}, Size: views.Size{W: 200, H: 60}, NoGrace: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Update(snapshotMsg{snap: snap})
	m.visit(place{screen: views.ScreenPods})
	m.states.kube.Pods.Selected = m.rows[panePods][2000]
	return m
}

// BenchmarkKeyOver4000Pods is a key with the frame that follows it.
func BenchmarkKeyOver4000Pods(b *testing.B) {
	m := manyPodsRig(b)
	b.ReportAllocs()
	for b.Loop() {
		moveDown.move(m, "")
		m.rev++
		m.content()
	}
}

// TestAKeyOver4000PodsWalksNoRows counts allocations, which, other than time, do not depend on the machine: walking
// the pods again would need thousands.
func TestAKeyOver4000PodsWalksNoRows(t *testing.T) {
	m := manyPodsRig(t)
	n := testing.AllocsPerRun(5, func() {
		moveDown.move(m, "")
		m.rev++
		m.content()
	})
	if n >= 500 {
		t.Errorf("%.0f allocations for a key and its frame", n)
	}
}

// TestAnUnchangedClusterIsNotOrderedAgain sends snapshots that share their cluster.
func TestAnUnchangedClusterIsNotOrderedAgain(t *testing.T) {
	m := manyPodsRig(t)
	next := *m.snap
	n := testing.AllocsPerRun(5, func() {
		s := next
		s.Gen++
		next = s
		m.snapshot(snapshotMsg{snap: &s})
	})
	if n >= 100 {
		t.Errorf("%.0f allocations for a snapshot that changes no cluster", n)
	}
	c := *m.snap.Clusters[0]
	c.Pods = c.Pods[:10]
	s := next
	s.Gen++
	s.Clusters = []*fleet.Cluster{&c}
	m.snapshot(snapshotMsg{snap: &s})
	if len(m.rows[panePods]) != 10 {
		t.Errorf("%d rows of a cluster of 10 pods", len(m.rows[panePods]))
	}
}
