package views

import (
	"cmp"
	"strings"

	"pitwall/fleet"
	"pitwall/views/part"
)

// nodeRow is a machine with its cluster and how many pods run on it.
type nodeRow struct {
	c    *fleet.Cluster
	node *fleet.KubeNode
	pods int
}

func (r *nodeRow) state() fleet.State { return seenAs(r.c, r.node.State) }

// free is how many GPUs nobody asks for; unknown where the node does not say how many it offers. Pods that run on
// devices which failed since ask for more than there is: then none is free.
func (r *nodeRow) free() fleet.Maybe[int] {
	if !r.node.GPUUsable.OK {
		return fleet.None[int]()
	}
	return fleet.Some(max(0, r.node.GPUUsable.V-r.node.GPUAsked))
}

// Nodes lists the machines of all clusters, or of the one that Of names, those in trouble first. With Of naming a
// machine it tells that machine: conditions, taints, its GPUs with their Xids, and its pods.
func Nodes(sc Scene, u ClusterState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		if u.Of.Kind == kindNode {
			nodePage(b, sc, u, rows)
			return
		}
		if noClusters(b, sc, fleet.Text("NODES")) {
			return
		}
		l := u.Lists.nodeList(sc, u.Of, u.Nodes)
		r := l.chosen(u.Nodes)
		look := paneLook{active: true, title: scopeTitle(fleet.Text("NODES"), u.Of), screen: ScreenNodes, one: u.Of.Cluster != ""}
		listAndSheet(b, rows, len(l.ids), nodeEvidence(r), kindRemarks(sc, u.Of, "nodes"),
			func(n int) { kubeNodesPane(b, sc, u.Nodes, l, look, n) },
			func(b *part.Block, rows int) {
				nodeSheet(b, sc, r, more(), rows)
				nodeGPUTable(b, sc, NodeRef(r.c, r.node), rows)
			})
	})
}

// NodesOrder tells the order of the tables of the nodes screen by pane: "nodes", and with a machine open "pods" and
// "gpus".
func NodesOrder(sc Scene, u ClusterState) map[string][]string {
	if sc.Snap == nil {
		return map[string][]string{}
	}
	if u.Of.Kind != kindNode {
		return map[string][]string{"nodes": u.Lists.nodeList(sc, u.Of, u.Nodes).ids}
	}
	out := map[string][]string{"pods": u.Lists.podList(sc, u.Of, u.PagePods).ids}
	_, out["gpus"] = gpuOrder(nodeGPUs(sc.Snap, u.Of), u.PageGPUs)
	return out
}

// nodeList is the listing of the machines of all clusters, or of one.
func (l *Lists) nodeList(sc Scene, of fleet.ObjectRef, t Table) *listing[nodeRow] {
	var m *memo[nodeRow]
	if l != nil {
		m = &l.nodes
	}
	of = fleet.ObjectRef{Cluster: of.Cluster}
	return listed(m, sc.Snap, of, t, func() *listing[nodeRow] {
		var rows []nodeRow
		for _, c := range inScope(sc.Snap, of) {
			pods := make(map[string]int, len(c.Nodes))
			for _, p := range c.Pods {
				pods[p.Node]++
			}
			for _, n := range c.Nodes {
				rows = append(rows, nodeRow{c, n, pods[n.Name]})
			}
		}
		return list(rows, t, nodeKind)
	})
}

var nodeKind = rowKind[nodeRow]{
	id: func(r *nodeRow) string { return RefID(NodeRef(r.c, r.node)) },
	text: func(r *nodeRow) string {
		n := r.node
		words := []string{n.Name, string(r.c.ID), n.GPUProduct.String(), n.Driver.String(), string(r.state()), n.Why.String()}
		if n.Unscheduled {
			words = append(words, "cordoned")
		}
		for _, t := range n.Taints {
			words = append(words, t.String())
		}
		return searched(words...)
	},
	state: (*nodeRow).state,
	by: func(a, b *nodeRow, key string) int {
		switch key {
		case "gpus":
			return compareMaybe(b.node.GPUUsable, a.node.GPUUsable)
		case "free":
			return compareMaybe(b.free(), a.free())
		case "age":
			return b.node.Created.Compare(a.node.Created)
		case "pods":
			return cmp.Compare(b.pods, a.pods)
		default:
			return strings.Compare(a.node.Name, b.node.Name)
		}
	},
}

// compareMaybe compares numbers of which either may be unknown; unknown ones are the least.
func compareMaybe(a, b fleet.Maybe[int]) int {
	switch {
	case a.OK && b.OK:
		return cmp.Compare(a.V, b.V)
	case a.OK:
		return 1
	case b.OK:
		return -1
	default:
		return 0
	}
}
