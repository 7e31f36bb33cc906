package views

import (
	"cmp"
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// workloadRow is a workload with its cluster.
type workloadRow struct {
	c *fleet.Cluster
	w *fleet.Workload
}

func (r *workloadRow) state() fleet.State { return seenAs(r.c, r.w.State) }

// Workloads lists what keeps pods, those in trouble first. With Of naming one it tells how far it is, with its pods.
func Workloads(sc Scene, u ClusterState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		if u.Of.Kind != "" {
			workloadPage(b, sc, u, rows)
			return
		}
		if noClusters(b, sc, fleet.Text("WORKLOADS")) {
			return
		}
		l := u.Lists.workloadList(sc, u.Of, u.Workloads)
		r := l.chosen(u.Workloads)
		listAndSheet(b, rows, len(l.ids), workloadEvidence(r), kindRemarks(sc, u.Of, workKinds...),
			func(n int) { workloadsPane(b, sc, u, l, n) },
			func(b *part.Block, rows int) {
				workloadSheet(b, sc, r, more())
				objectEvents(b.End(), sc, r.c, WorkloadRef(r.c, r.w), rows-b.Len()-1)
			})
	})
}

// WorkloadsOrder tells the order of the tables of the workloads screen by pane: "workloads", or with one open "pods".
func WorkloadsOrder(sc Scene, u ClusterState) map[string][]string {
	switch {
	case sc.Snap == nil:
		return map[string][]string{}
	case u.Of.Kind != "":
		return map[string][]string{"pods": u.Lists.podList(sc, u.Of, u.PagePods).ids}
	default:
		return map[string][]string{"workloads": u.Lists.workloadList(sc, u.Of, u.Workloads).ids}
	}
}

// workloadList is the listing of the workloads of all clusters, or of one.
func (l *Lists) workloadList(sc Scene, of fleet.ObjectRef, t Table) *listing[workloadRow] {
	var m *memo[workloadRow]
	if l != nil {
		m = &l.workloads
	}
	of = fleet.ObjectRef{Cluster: of.Cluster}
	return listed(m, sc.Snap, of, t, func() *listing[workloadRow] {
		var rows []workloadRow
		for _, c := range inScope(sc.Snap, of) {
			for _, w := range c.Workloads {
				rows = append(rows, workloadRow{c, w})
			}
		}
		return list(rows, t, workloadKind)
	})
}

var workloadKind = rowKind[workloadRow]{
	id: func(r *workloadRow) string { return RefID(WorkloadRef(r.c, r.w)) },
	text: func(r *workloadRow) string {
		w := r.w
		return searched(w.Name, w.Namespace, w.Kind, string(r.c.ID), string(r.state()), w.Image.String(), w.Why.String())
	},
	state: (*workloadRow).state,
	by: func(a, b *workloadRow, key string) int {
		switch key {
		case "kind":
			return strings.Compare(a.w.Kind, b.w.Kind)
		case "namespace":
			return strings.Compare(a.w.Namespace, b.w.Namespace)
		case "age":
			return b.w.Created.Compare(a.w.Created)
		case "gpus":
			return cmp.Compare(b.w.Desired*b.w.GPUsEach, a.w.Desired*a.w.GPUsEach)
		default:
			return strings.Compare(a.w.Name, b.w.Name)
		}
	},
}

func workloadColumns(name, cluster, namespace int) []part.Column {
	c := []part.Column{
		{Key: "name", Title: fleet.Text("WORKLOAD"), Width: name},
		{Title: fleet.Text("CLUSTER"), Width: cluster, Drop: 3},
		{Key: "namespace", Title: fleet.Text("NAMESPACE"), Width: namespace, Drop: 4},
		{Key: "kind", Title: fleet.Text("KIND"), Width: 11, Most: 20, Drop: 6},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8},
		{Title: fleet.Text("READY"), Width: 5, Align: part.Right},
		{Title: fleet.Text("UPD"), Width: 4, Align: part.Right, Drop: 2},
		{Title: fleet.Text("AVAIL"), Width: 5, Align: part.Right, Drop: 7, Least: normalWidth},
		{Key: "gpus", Title: fleet.Text("GPUS"), Width: 4, Align: part.Right, Drop: 5},
		{Title: fleet.Text("AUTOSCALER"), Width: 12, Most: 20, Drop: 8, Least: wideWidth},
		{Title: fleet.Text("BUDGET"), Width: 13, Most: 18, Drop: 8, Least: normalWidth},
		{Title: fleet.Text("IMAGE"), Width: 16, Most: 36, Drop: 9, Least: wideWidth},
		{Key: "age", Title: fleet.Text("AGE"), Width: 4, Align: part.Right, Drop: 10, Least: normalWidth},
		{Title: fleet.Text("WHY"), Width: 18, Most: 160},
	}
	if cluster == 0 {
		c[1].Least = never
	}
	if namespace == 0 {
		c[2].Least = never
	}
	return c
}

// workloadsPane draws workloads, worst first, in n rows under its rule and titles.
func workloadsPane(b *part.Block, sc Scene, u ClusterState, l *listing[workloadRow], n int) {
	t := u.Workloads
	from, to := window(l.ids, t, n)
	b.Rule(fleet.Concat(scopeTitle(fleet.Text("WORKLOADS"), u.Of), fleet.Text(" "), fleet.Int(l.all)), listNote(b, l.toll, t),
		tabNote(sc, ScreenWorkloads, position(from, to, len(l.ids))))
	name, cluster, namespace := 12, 0, 0
	for i := from; i < to; i++ {
		r := &l.rows[i]
		name = max(name, min(mostName(b.Width()), labelWidth(r.w.Name)))
		cluster = max(cluster, min(16, labelWidth(string(r.c.ID))))
		namespace = max(namespace, min(16, labelWidth(r.w.Namespace)))
	}
	if len(sc.Snap.Clusters) < 2 || u.Of.Cluster != "" {
		cluster = 0
	}
	g := part.Layout(workloadColumns(name, headed(cluster, 7), headed(namespace, 9)), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for i := from; i < to; i++ {
		c := g.Cells()
		fillWorkload(c, &l.rows[i], sc)
		g.Row(b, c, l.ids[i] == t.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Say(themes.Dim, "no workload is known").End()
	}
	noMatch(b, l.all, len(l.ids))
}

func fillWorkload(c []part.Cell, r *workloadRow, sc Scene) {
	w, state := r.w, r.state()
	role := rowRole(r.c, state)
	c[0] = part.Cell{Text: fleet.Label(w.Name)}
	c[1] = part.Cell{Text: fleet.Label(string(r.c.ID)), Role: themes.Dim}
	c[2] = part.Cell{Text: fleet.Label(w.Namespace), Role: themes.Dim}
	c[3] = part.Cell{Text: fleet.Label(w.Kind), Role: themes.Dim}
	c[4] = part.Cell{Text: stateText(state, r.c.At, sc.Now), Role: themes.OfState(state)}
	c[5] = part.Cell{Lead: w.Gaps.Replicas(w.Ready), Text: fleet.Text("/"), Tail: fleet.Int(w.Desired), Role: role}
	if w.Ready < w.Desired && !w.Gaps.Ready && role == themes.Text {
		c[5].Role = themes.Warn
	}
	c[6] = part.Cell{Text: w.Gaps.Replicas(w.Updated), Role: role}
	c[7] = part.Cell{Text: w.Gaps.Replicas(w.Available), Role: role}
	c[8] = part.Cell{Text: w.Gaps.Devices(w.Desired * w.GPUsEach), Role: role}
	c[9] = part.Cell{Text: orUnknown(w.Autoscaler), Role: themes.Dim}
	c[10] = part.Cell{Text: orUnknown(w.Budget), Role: themes.Dim}
	c[11] = part.Cell{Text: orUnknown(w.Image), Role: themes.Dim}
	c[12] = part.Cell{Text: ageText(w.Created, sc.Now), Role: themes.Dim}
	c[13] = part.Cell{Text: workloadWhy(r), Role: roleOfWhy(state)}
}

// workloadWhy is why a workload is in its state; of one without trouble in a silent cluster it says why that is old.
func workloadWhy(r *workloadRow) fleet.Safe {
	if r.w.Why.IsEmpty() && r.state() == fleet.StateStale {
		return r.c.Why
	}
	return r.w.Why
}

// workloadEvidence says of the selected workload what its row has no room for.
func workloadEvidence(r *workloadRow) evidence {
	if r == nil {
		return evidence{}
	}
	w := r.w
	parts := append(nonEmpty(workloadWhy(r)), fleet.Concat(fleet.Label(w.Kind), fleet.Text(" "), fleet.Label(w.Namespace),
		fleet.Text("/"), fleet.Label(w.Name)))
	if !w.Budget.IsEmpty() {
		parts = append(parts, fleet.Concat(fleet.Text("budget "), w.Budget))
	}
	if !w.Autoscaler.IsEmpty() {
		parts = append(parts, fleet.Concat(fleet.Text("autoscaler "), w.Autoscaler))
	}
	return evidence{fleet.Label(w.Name), fleet.Join(parts, fleet.Text("; ")), roleOfWhy(r.state())}
}
