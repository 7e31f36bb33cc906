package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// nodePage tells one machine: its conditions and taints, its GPUs with their Xids as the exporters have them, and the
// pods on it.
func nodePage(b *part.Block, sc Scene, u ClusterState, rows int) {
	c, n := NodeOf(sc.Snap, u.Of)
	if n == nil {
		objectGone(b, sc, u.Of, c)
		return
	}
	nodeSheet(b, sc, &nodeRow{c: c, node: n}, escBack(), rows)
	nodeTables(b, sc, u, rows)
}

// nodeSheet is all that is known of a machine but its tables.
func nodeSheet(b *part.Block, sc Scene, r *nodeRow, right fleet.Safe, rows int) {
	c, n := r.c, r.node
	b.Rule(fleet.Concat(fleet.Text("NODE "), fleet.Label(n.Name)), fleet.Label(string(c.ID)), right)
	f := newPage(sc, b.Width())
	standingLine(f, sc, c, r.state(), badSince(n), nodeWhyText(r))
	if next := nodeNext(n); !next.IsEmpty() {
		f.tell(fleet.Text("next"), themes.Accent, next, 2)
	}
	f.tell(fleet.Text("GPUs"), rowRole(c, r.state()), nodeGPUText(r), 2)
	f.tell(fleet.Text("schedules"), schedules(n, themes.Text).Role, nodeTaints(n), 3)
	conditions(f, sc, n, rows >= lowScreen)
	f.tell(fleet.Text("machine"), themes.Dim, machineText(n, sc.Now), 2)
	b.Append(f.Cut(max(4, rows-8)))
}

// machineText is what a machine is made of, and since when it is there.
func machineText(n *fleet.KubeNode, now time.Time) fleet.Safe {
	made := orUnknown(fleet.Safe{})
	if !n.Created.IsZero() {
		made = fleet.Concat(fleet.Age(now.Sub(n.Created)), fleet.Text(" ago"))
	}
	return fleet.Textf("%s  driver %s  driver upgrade %s  made %s", orUnknown(n.GPUProduct), orUnknown(n.Driver), orUnknown(n.Upgrade), made)
}

// nodeGPUTable draws the GPUs of a machine, worst first, into what is left of rows; none where no exporter is read.
func nodeGPUTable(b *part.Block, sc Scene, of fleet.ObjectRef, rows int) {
	pool, _ := exporterNode(sc.Snap, of)
	if left := rows - b.Len() - 2; pool != nil && left > 0 {
		gpu := nodeGPUs(sc.Snap, of)
		gpusPane(b, sc, Table{}, pool, gpu, true, min(left, len(gpu)))
	}
}

// nodeTables draws the pods of a machine over its GPUs; the one with the focus gets the room first.
func nodeTables(b *part.Block, sc Scene, u ClusterState, rows int) {
	gpu := nodeGPUs(sc.Snap, u.Of)
	onGPUs := u.pane() == "gpus"
	l := u.Lists.podList(sc, u.Of, u.PagePods)
	var what evidence
	var detail gpuDetail
	if onGPUs {
		what = gpuEvidence(gpu, u.PageGPUs, sc.Now)
		detail = gpuDetails(gpu, u.PageGPUs, sc.Now, b.Width(), detailRoom(rows-b.Len()))
	} else {
		what = podEvidence(l.chosen(u.PagePods), sc.Now)
	}
	pods := share{least: 1, want: max(1, len(l.ids)), weight: 2}
	gpus := share{least: 1, want: max(1, len(gpu)), weight: 1}
	if onGPUs {
		pods.weight, gpus.weight = 1, 2
	}
	divide(rows-b.Len()-4-what.lines(b.Width())-detail.lines(b.Width()), []*share{&pods, &gpus})
	podsPane(b, sc, u.PagePods, l, paneLook{active: !onGPUs, title: fleet.Text("PODS"), one: true}, pods.got)
	if !onGPUs {
		what.draw(b)
	}
	pool, _ := exporterNode(sc.Snap, u.Of)
	if pool == nil {
		b.Rule(fleet.Text("GPUS"), fleet.Safe{}, fleet.Text("none"))
		b.Gap(2).Say(themes.Dim, "no exporter is read for this machine: temperatures and Xids are not known").End()
		return
	}
	gpusPane(b, sc, u.PageGPUs, pool, gpu, onGPUs, gpus.got)
	if onGPUs {
		what.draw(b)
		detail.draw(b)
	}
}

// badSince is when the first condition that means trouble began, zero without one.
func badSince(n *fleet.KubeNode) (first time.Time) {
	for i := range n.Conditions {
		if x := &n.Conditions[i]; x.Bad && (first.IsZero() || x.Since.Before(first)) {
			first = x.Since
		}
	}
	return first
}

// nodeGPUText says what a machine has, offers and has given away.
func nodeGPUText(r *nodeRow) fleet.Safe {
	n := r.node
	text := fleet.Textf("%s, %s offered, %s asked for, %s free", wholeNumber(n.GPUCapacity), wholeNumber(n.GPUUsable),
		fleet.Int(n.GPUAsked), wholeNumber(r.free()))
	if f := failedGPUs(n); f > 0 {
		text = fleet.Concat(text, fleet.Text("; "), fleet.Int(f), fleet.Text(" NOT OFFERED"))
	}
	return text
}

func nodeTaints(n *fleet.KubeNode) fleet.Safe {
	word := fleet.Text("open to new pods")
	if n.Unscheduled {
		word = fleet.Text("CORDONED: no new pod comes here")
	}
	return fleet.Concat(word, fleet.Text("; taints "), taintsText(n))
}

// conditions lists those that mean trouble, each with its reason, and names the others.
func conditions(f *page, sc Scene, n *fleet.KubeNode, roomy bool) {
	const most = 5
	var fine []fleet.Safe
	shown, left := 0, 0
	for i := range n.Conditions {
		x := &n.Conditions[i]
		if !x.Bad {
			fine = append(fine, fleet.Concat(x.Type, fleet.Text(" "), x.Status))
			continue
		}
		if shown == most {
			left++
			continue
		}
		shown++
		text := because(fleet.Concat(x.Type, fleet.Text(" is "), x.Status), x.Why)
		if !x.Since.IsZero() {
			text = fleet.Concat(text, fleet.Text(" (for "), fleet.Age(sc.Now.Sub(x.Since)), fleet.Text(")"))
		}
		f.tell(fleet.Text("TROUBLE"), themes.Crit, text, 2)
	}
	if left > 0 {
		f.tell(fleet.Text("TROUBLE"), themes.Crit, fleet.Concat(fleet.Many(left, "more condition"), fleet.Text(": d lists them")), 1)
	}
	if len(fine) > 0 && (roomy || shown == 0) {
		f.tell(fleet.Text("fine"), themes.Dim, fleet.Join(fine, fleet.Text(", ")), 2)
	}
	if len(n.Conditions) == 0 {
		f.tell(fleet.Text("conditions"), themes.Stale, fleet.Text("none are known"), 1)
	}
}

// nodeNext says where to look next for the usual troubles of a machine.
func nodeNext(n *fleet.KubeNode) fleet.Safe {
	switch {
	case n.Ready.OK && !n.Ready.V:
		return fleet.Text("its pods still count as running until they are evicted: shift traffic away, then the machine")
	case failedGPUs(n) > 0:
		return fleet.Text("the Xid of its GPUs says what to do; the device plugin offers a mended GPU only after it restarts")
	case n.Unscheduled:
		return fleet.Text("who cordoned it says d; its pods stay until they are drained")
	default:
		return fleet.Safe{}
	}
}

// exporterNode is a machine of a cluster as the exporters have it, with its pool: the one that a pool declares as this
// machine, else one of its name, or of its name without the domain.
func exporterNode(s *fleet.Snapshot, of fleet.ObjectRef) (*fleet.Pool, *fleet.Node) {
	for i := range s.Pools {
		for j := range s.Pools[i].Nodes {
			if declared := declaredNode(&s.Pools[i], s.Pools[i].Nodes[j].ID); declared.Name == of.Name && declared.Cluster == of.Cluster {
				return &s.Pools[i], &s.Pools[i].Nodes[j]
			}
		}
	}
	for i := range s.Pools {
		for j := range s.Pools[i].Nodes {
			n := &s.Pools[i].Nodes[j]
			if declaredNode(&s.Pools[i], n.ID).Name == "" && sameMachine(string(n.ID), of.Name) {
				return &s.Pools[i], n
			}
		}
	}
	return nil, nil
}

// declaredNode is the machine of a cluster that a pool declares for one of its machines, zero where it names none.
func declaredNode(p *fleet.Pool, id fleet.NodeID) fleet.ObjectRef {
	for i := range p.Spec.Nodes {
		if p.Spec.Nodes[i].ID == id {
			return p.Spec.Nodes[i].Object
		}
	}
	return fleet.ObjectRef{}
}

// nodeGPUs are the devices of a machine as the exporters have them.
func nodeGPUs(s *fleet.Snapshot, of fleet.ObjectRef) []gpuRow {
	_, n := exporterNode(s, of)
	if n == nil {
		return nil
	}
	rows := make([]gpuRow, len(n.GPUs))
	for i := range n.GPUs {
		rows[i] = gpuRow{n, &n.GPUs[i]}
	}
	return rows
}
