package views

import (
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

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
	b.Rule(fleet.Concat(look.title, fleet.Text(" "), fleet.Int(l.all)), listNote(b, l.toll, t),
		look.right(sc, position(from, to, len(l.ids))))
	name, cluster := 10, 0
	for i := from; i < to; i++ {
		name = max(name, min(mostName(b.Width()), labelWidth(l.rows[i].node.Name)))
		cluster = max(cluster, min(16, labelWidth(string(l.rows[i].c.ID))))
	}
	if !look.clusters(sc) {
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
		return part.Cell{Text: fleet.Many(len(n.Taints), "taint"), Role: role}
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
	if f := failedGPUs(n); f > 0 && !strings.Contains(n.Why.String(), "GPU") {
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
