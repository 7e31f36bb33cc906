package views

import "pitwall/fleet"

// ClusterState is what the screens of clusters remember: what is open, and the cursor of each table.
type ClusterState struct {
	// Of is what the screen is about: a node, a pod or a workload with its page; with a Cluster alone that cluster;
	// zero for everything.
	Of   fleet.ObjectRef
	Pane string // of a page with several tables: "nodes", "pods", "gpus"

	Clusters, Nodes, Pods, Workloads, Events Table
	// The tables of a page, which begin anew with each object.
	PageNodes, PagePods, PageGPUs Table

	// Lists keeps the order of tables between frames. nil works it out each time, with the same result.
	Lists *Lists
}

// pane is the table of a page that has the focus.
func (u ClusterState) pane() string {
	if u.Pane == "" {
		return "pods"
	}
	return u.Pane
}

// Lists remembers the order of the tables of clusters, so that thousands of rows are walked and sorted when they, the
// filter or the sort change, and not for each key and frame. It changes no result. It belongs to one goroutine.
type Lists struct {
	clusters  memo[clusterRow]
	nodes     memo[nodeRow]
	pods      memo[podRow]
	workloads memo[workloadRow]
	events    memo[kubeEventRow]
	keepers   keepers
}

// Siblings are the screens that tab leads through from the pools, as long as a cluster is watched.
func Siblings() []Screen {
	return []Screen{ScreenPools, ScreenNodes, ScreenPods, ScreenWorkloads, ScreenKubeEvents, ScreenClusters}
}

// NextSibling is the screen that tab leads to, and shift+tab where back is set; "" for a screen of another kind.
func NextSibling(s Screen, back bool) Screen {
	all := Siblings()
	for i := range all {
		if all[i] == s && back {
			return all[(i+len(all)-1)%len(all)]
		}
		if all[i] == s {
			return all[(i+1)%len(all)]
		}
	}
	return ""
}

// tabNote says at the right of a rule where tab leads, beside which rows are seen.
func tabNote(sc Scene, s Screen, where fleet.Safe) fleet.Safe {
	if sc.Snap == nil || len(sc.Snap.Clusters) == 0 {
		return where
	}
	return fleet.Concat(where, fleet.Text("   tab "), screenWord(NextSibling(s, false)))
}

// screenWord is the name of a screen in a sentence.
func screenWord(s Screen) fleet.Safe {
	if s == ScreenKubeEvents {
		return fleet.Text("events")
	}
	return fleet.Label(string(s))
}
