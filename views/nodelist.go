package views

import (
	"cmp"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// nodeRow is a machine with its cluster and how many pods run on it.
type nodeRow struct {
	c    *fleet.Cluster
	node *fleet.KubeNode
	pods int
}

func (r *nodeRow) state() fleet.State { return seenAs(r.c, r.node.State) }

// free is how many GPUs nobody asks for; unknown where the node does not say how many it offers.
func (r *nodeRow) free() fleet.Maybe[int] {
	if !r.node.GPUUsable.OK {
		return fleet.None[int]()
	}
	return fleet.Some(r.node.GPUUsable.V - r.node.GPUAsked)
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
		remarks := kindRemarks(sc, u.Of, "nodes")
		what := nodeEvidence(l.chosen(u.Nodes))
		kubeNodesPane(b, sc, u.Nodes, l,
			paneLook{active: true, title: scopeTitle(fleet.Text("NODES"), u.Of), screen: ScreenNodes},
			rows-2-len(remarks)-what.lines(b.Width()))
		what.draw(b)
		drawRemarks(b, remarks)
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
	_, out["gpus"] = gpuOrder(nodeGPUs(sc.Snap, u.Of.Name), u.PageGPUs)
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

// The columns of a list of machines, in the order of drawing.
const (
	nodeName = iota
	nodeCluster
	nodeState
	nodeSchedules
	nodeGPUCount
	nodeFree
	nodePodCount
	nodeProduct
	nodeDriver
	nodeUpgrade
	nodeAge
	nodeTaintList
	nodeWhy
)

func nodeColumns(name, cluster int) []part.Column {
	c := []part.Column{
		{Key: "name", Title: fleet.Text("NODE"), Width: name},
		{Title: fleet.Text("CLUSTER"), Width: cluster, Drop: 3},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8},
		{Title: fleet.Text("SCHED"), Width: 8, Drop: 2},
		{Key: "gpus", Title: fleet.Text("GPUS"), Width: 5, Align: part.Right, Drop: 1},
		{Key: "free", Title: fleet.Text("FREE"), Width: 4, Align: part.Right, Drop: 1},
		{Key: "pods", Title: fleet.Text("PODS"), Width: 4, Align: part.Right, Drop: 4},
		{Title: fleet.Text("PRODUCT"), Width: 12, Most: 24, Drop: 6, Least: normalWidth},
		{Title: fleet.Text("DRIVER"), Width: 10, Most: 12, Drop: 7, Least: wideWidth},
		{Title: fleet.Text("UPGRADE"), Width: 12, Most: 18, Drop: 8, Least: wideWidth},
		{Key: "age", Title: fleet.Text("AGE"), Width: 4, Align: part.Right, Drop: 9, Least: normalWidth},
		{Title: fleet.Text("TAINTS"), Width: 16, Most: 36, Drop: 5, Least: wideWidth},
		{Title: fleet.Text("WHY"), Width: 18, Most: 160},
	}
	if cluster == 0 {
		c[nodeCluster].Least = never
	}
	return c
}

// kubeNodesPane draws machines of clusters, worst first, in n rows under its rule and titles.
func kubeNodesPane(b *part.Block, sc Scene, t Table, l *listing[nodeRow], look paneLook, n int) {
	from, to := window(l.ids, t, n)
	b.Rule(fleet.Concat(look.title, fleet.Text(" "), fleet.Int(l.all)), listNote(l.toll, t),
		look.right(sc, position(from, to, len(l.ids))))
	name, cluster := 10, 0
	for i := from; i < to; i++ {
		name = max(name, min(mostName(b.Width()), labelWidth(l.rows[i].node.Name)))
		cluster = max(cluster, min(16, labelWidth(string(l.rows[i].c.ID))))
	}
	if len(sc.Snap.Clusters) < 2 {
		cluster = 0
	}
	g := part.Layout(nodeColumns(name, headed(cluster, 7)), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for i := from; i < to; i++ {
		c := g.Cells()
		fillNode(c, &l.rows[i], sc.Now)
		g.Row(b, c, look.active && l.ids[i] == t.Selected)
	}
	if l.all == 0 && n > 0 {
		b.Gap(2).Say(themes.Dim, "no node is known").End()
	}
	noMatch(b, l.all, len(l.ids))
}

func fillNode(c []part.Cell, r *nodeRow, now time.Time) {
	n, state := r.node, r.state()
	role := rowRole(r.c, state)
	c[nodeName] = part.Cell{Text: fleet.Label(n.Name)}
	c[nodeCluster] = part.Cell{Text: fleet.Label(string(r.c.ID)), Role: themes.Dim}
	c[nodeState] = part.Cell{Text: stateText(state, r.c.At, now), Role: themes.OfState(state)}
	c[nodeSchedules] = schedules(n, role)
	c[nodeGPUCount] = part.Cell{Lead: wholeNumber(n.GPUUsable), Text: fleet.Text("/"), Tail: wholeNumber(n.GPUCapacity),
		Role: bad(role, failedGPUs(n) > 0)}
	if !n.GPUUsable.OK && !n.GPUCapacity.OK {
		c[nodeGPUCount] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: role}
	}
	c[nodeFree] = part.Cell{Text: wholeNumber(r.free()), Role: role}
	c[nodePodCount] = part.Cell{Text: fleet.Int(r.pods), Role: role}
	c[nodeProduct] = part.Cell{Text: orUnknown(n.GPUProduct), Role: themes.Dim}
	c[nodeDriver] = part.Cell{Text: orUnknown(n.Driver), Role: themes.Dim}
	c[nodeUpgrade] = part.Cell{Text: orUnknown(n.Upgrade), Role: themes.Dim}
	c[nodeAge] = part.Cell{Text: ageText(n.Created, now), Role: themes.Dim}
	c[nodeTaintList] = part.Cell{Text: taintsText(n), Role: themes.Dim}
	c[nodeWhy] = part.Cell{Text: nodeWhyText(r), Role: roleOfWhy(state)}
}

// wholeNumber draws a number, "-" when it is unknown.
func wholeNumber(m fleet.Maybe[int]) fleet.Safe {
	if !m.OK {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Int(m.V)
}

// failedGPUs is how many devices the machine has and does not offer: they failed, or their plugin did.
func failedGPUs(n *fleet.KubeNode) int {
	if !n.GPUCapacity.OK || !n.GPUUsable.OK {
		return 0
	}
	return n.GPUCapacity.V - n.GPUUsable.V
}

// schedules says whether new pods may come to a machine.
func schedules(n *fleet.KubeNode, role themes.Role) part.Cell {
	switch {
	case n.Unscheduled:
		return part.Cell{Text: fleet.Text("cordoned"), Role: themes.Warn}
	case len(n.Taints) == 1:
		return part.Cell{Text: fleet.Text("1 taint"), Role: role}
	case len(n.Taints) > 1:
		return part.Cell{Text: fleet.Concat(fleet.Int(len(n.Taints)), fleet.Text(" taints")), Role: role}
	default:
		return part.Cell{Text: fleet.Text("open"), Role: role}
	}
}

func taintsText(n *fleet.KubeNode) fleet.Safe {
	if len(n.Taints) == 0 {
		return fleet.Text("none")
	}
	return fleet.Join(n.Taints, fleet.Text(", "))
}

// nodeWhyText is why a machine is in its state; of one without trouble in a silent cluster it says why that is old.
func nodeWhyText(r *nodeRow) fleet.Safe {
	switch {
	case !r.node.Why.IsEmpty():
		return r.node.Why
	case !r.node.ReadyWhy.IsEmpty():
		return r.node.ReadyWhy
	case r.state() == fleet.StateStale:
		return r.c.Why
	default:
		return fleet.Safe{}
	}
}

// nodeEvidence says of the selected machine what its row has no room for.
func nodeEvidence(r *nodeRow) evidence {
	if r == nil {
		return evidence{}
	}
	n := r.node
	parts := nonEmpty(nodeWhyText(r))
	if f := failedGPUs(n); f > 0 {
		parts = append(parts, fleet.Textf("%s of %s GPUs are not offered", fleet.Int(f), fleet.Int(n.GPUCapacity.V)))
	}
	if len(n.Taints) > 0 {
		parts = append(parts, fleet.Concat(fleet.Text("taints "), taintsText(n)))
	}
	if len(parts) == 0 {
		parts = append(parts, fleet.Text("ready and without taints"))
	}
	return evidence{fleet.Label(n.Name), fleet.Join(parts, fleet.Text("; ")), roleOfWhy(r.state())}
}
