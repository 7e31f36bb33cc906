package views_test

import (
	"testing"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// manyPods is a cluster of 500 machines and 4,000 pods as the console draws it: with the order of its lists kept.
func manyPods() (views.Scene, views.ClusterState) {
	sc := scene(false, themes.ANSI16)
	sc.Snap = viewtest.ManyPods(500, 4000)
	u := views.ClusterState{Lists: &views.Lists{}}
	ids := views.PodsOrder(sc, u)["pods"]
	u.Pods.Selected, u.Pods.Top = ids[2000], ids[1990]
	u.Nodes.Selected = views.NodesOrder(sc, u)["nodes"][250]
	return sc, u
}

// clusterFrames are the frames that are drawn again for each key.
func clusterFrames() map[string]func() {
	sc, u := manyPods()
	node, wide := u, u
	node.Of = fleet.ObjectRef{Cluster: "prod-eu-1", Kind: "Node", Name: "node-3"}
	node.Lists, wide.Lists = &views.Lists{}, &views.Lists{}
	wide.Of = fleet.ObjectRef{Cluster: "prod-eu-1"}
	logs := views.DetailState{Kind: views.DetailLogs, Lines: logLines(5000), Wrap: true, Follow: true, At: -1}
	return map[string]func(){
		"pods":      func() { views.Pods(sc, u, sizes[2]) },
		"nodes":     func() { views.Nodes(sc, u, sizes[2]) },
		"workloads": func() { views.Workloads(sc, u, sizes[2]) },
		"kevents":   func() { views.KubeEvents(sc, u, sizes[2]) },
		"node":      func() { views.Nodes(sc, node, sizes[2]) },
		"cluster":   func() { views.Clusters(sc, wide, sizes[2]) },
		"log":       func() { views.Detail(sc, logs, sizes[2]) },
	}
}

func BenchmarkClusters200x60(b *testing.B) {
	for name, draw := range clusterFrames() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				draw()
			}
		})
	}
}

// BenchmarkPodsChanged is a frame after a pod changed, so that all rows are ordered again.
func BenchmarkPodsChanged(b *testing.B) {
	sc, u := manyPods()
	b.ReportAllocs()
	for b.Loop() {
		c := *sc.Snap.Clusters[0]
		sc.Snap.Clusters = []*fleet.Cluster{&c}
		views.Pods(sc, u, sizes[2])
	}
}

// TestClusterAllocations keeps the frames of a large cluster under the limit of all frames.
func TestClusterAllocations(t *testing.T) {
	for name, draw := range clusterFrames() {
		if n := testing.AllocsPerRun(5, draw); n >= 500 {
			t.Errorf("%s: %.0f allocations a frame, limit 500", name, n)
		}
	}
}
