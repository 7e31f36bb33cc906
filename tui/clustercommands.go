package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// clusterVerbs are the commands that lead to objects of clusters.
func clusterVerbs() []verb {
	lists := func(s views.Screen) func(*Model, []string) (tea.Cmd, fleet.Safe) {
		return func(m *Model, args []string) (tea.Cmd, fleet.Safe) { return m.cmdClusterList(s, args) }
	}
	return []verb{
		{names: []string{"clusters", "cl"}, args: fleet.Text("[CLUSTER]"), help: fleet.Text("clusters, and what each is doing"),
			words: clusterWords, run: lists(views.ScreenClusters)},
		{names: []string{"nodes", "no"}, args: fleet.Text("[CLUSTER]"), help: fleet.Text("machines of clusters, worst first"),
			words: clusterWords, run: lists(views.ScreenNodes)},
		{names: []string{"node"}, args: fleet.Text("NAME"), help: fleet.Text("one machine with conditions, GPUs and pods"),
			words: nodeWords, run: (*Model).cmdNode},
		{names: []string{"pods"}, args: fleet.Text("[CLUSTER]"), help: fleet.Text("pods of clusters, worst first"),
			words: clusterWords, run: lists(views.ScreenPods)},
		{names: []string{"pod"}, args: fleet.Text("NAME"), help: fleet.Text("one pod, also as NAMESPACE/NAME"),
			words: podWords, run: (*Model).cmdPod},
		{names: []string{"workloads", "wl"}, args: fleet.Text("[CLUSTER]"), help: fleet.Text("what keeps the pods"),
			words: clusterWords, run: lists(views.ScreenWorkloads)},
		{names: []string{"kevents", "ke"}, args: fleet.Text("[CLUSTER]"), help: fleet.Text("events of clusters, newest first"),
			words: clusterWords, run: lists(views.ScreenKubeEvents)},
	}
}

func (m *Model) cmdClusterList(s views.Screen, args []string) (tea.Cmd, fleet.Safe) {
	p := place{screen: s}
	if len(args) > 0 {
		p.object.Cluster = fleet.ClusterID(strings.Join(args, " "))
		if views.ClusterOf(m.snap, p.object.Cluster) == nil {
			return nil, fleet.Text("no such cluster is watched; tab completes, :clusters lists them")
		}
	}
	m.visit(p)
	return nil, fleet.Safe{}
}

func (m *Model) cmdNode(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) != 1 || m.snap == nil {
		return nil, fleet.Text("name a node of a watched cluster")
	}
	o, why := views.MachineRef(m.snap, fleet.NodeID(args[0]))
	if !why.IsEmpty() {
		return nil, why
	}
	m.visit(place{screen: views.ScreenNodes, object: o})
	return nil, fleet.Safe{}
}

// cmdPod opens the pod of a name. Where several bear it the list shows them.
func (m *Model) cmdPod(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) != 1 || m.snap == nil {
		return nil, fleet.Text("name a pod of a watched cluster")
	}
	var found []fleet.ObjectRef
	for _, c := range m.snap.Clusters {
		for _, p := range c.Pods {
			if o := views.PodRef(c, p); p.Name == args[0] || p.Namespace+"/"+p.Name == args[0] || views.RefID(o) == args[0] {
				found = append(found, o)
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, fleet.Concat(fleet.Text("no watched cluster has a pod "), fleet.Label(args[0]))
	case 1:
		m.visit(place{screen: views.ScreenPods, object: found[0]})
	default:
		m.visit(place{screen: views.ScreenPods})
		m.states.kube.Pods.Selected = views.RefID(found[0])
		m.say(fleet.Textf("%s bear this name; name one as CLUSTER/NAMESPACE/NAME", fleet.Many(len(found), "pod")))
	}
	return nil, fleet.Safe{}
}

// mostWords bounds the completions of one word.
const mostWords = 200

func clusterWords(m *Model, args []string) []string {
	var names []string
	if m.snap != nil {
		for _, c := range m.snap.Clusters {
			names = append(names, string(c.ID))
		}
	}
	return onlyFirst(args, names)
}

func nodeWords(m *Model, args []string) []string {
	return objectWords(m, args, func(c *fleet.Cluster, add func(string) bool) {
		for _, n := range c.Nodes {
			if !add(n.Name) {
				return
			}
		}
	})
}

func podWords(m *Model, args []string) []string {
	return objectWords(m, args, func(c *fleet.Cluster, add func(string) bool) {
		for _, p := range c.Pods {
			if !add(p.Name) {
				return
			}
		}
	})
}

// objectWords gathers the names that begin as typed, as many as are of use.
func objectWords(m *Model, args []string, each func(*fleet.Cluster, func(string) bool)) []string {
	if m.snap == nil || len(args) != 1 {
		return nil
	}
	var names []string
	for _, c := range m.snap.Clusters {
		each(c, func(name string) bool {
			if strings.HasPrefix(name, args[0]) {
				names = append(names, name)
			}
			return len(names) < mostWords
		})
	}
	return names
}
