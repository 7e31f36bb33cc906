package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// The columns of a list of pods, in the order of drawing.
const (
	podName = iota
	podCluster
	podNamespace
	podState
	podFor
	podReady
	podPhase
	podRestarts
	podGPUs
	podNode
	podAge
	podOwner
	podExit
	podWhy
)

// podColumns are the columns; name, state and the reason always stay. Without another cluster its name says nothing.
func podColumns(name, cluster, namespace int) []part.Column {
	c := []part.Column{
		{Key: "name", Title: fleet.Text("POD"), Width: name},
		{Title: fleet.Text("CLUSTER"), Width: cluster, Drop: 2},
		{Key: "namespace", Title: fleet.Text("NAMESPACE"), Width: namespace, Drop: 4},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8},
		{Title: fleet.Text("FOR"), Width: 4, Align: part.Right, Drop: 1},
		{Title: fleet.Text("READY"), Width: 5, Align: part.Right, Drop: 1},
		{Title: fleet.Text("PHASE"), Width: 9, Most: 11, Drop: 7},
		{Key: "restarts", Title: fleet.Text("RST"), Width: 3, Align: part.Right, Drop: 3},
		{Key: "gpus", Title: fleet.Text("GPU"), Width: 3, Align: part.Right, Drop: 6},
		{Key: "node", Title: fleet.Text("NODE"), Width: 12, Most: 24, Drop: 5, Least: normalWidth},
		{Key: "age", Title: fleet.Text("AGE"), Width: 4, Align: part.Right, Drop: 8, Least: normalWidth},
		{Title: fleet.Text("OWNER"), Width: 16, Most: 32, Drop: 9, Least: wideWidth},
		{Title: fleet.Text("LAST EXIT"), Width: 16, Most: 28, Drop: 10, Least: wideWidth},
		{Title: fleet.Text("WHY"), Width: 18, Most: 160},
	}
	if cluster == 0 {
		c[podCluster].Least = never
	}
	if namespace == 0 {
		c[podNamespace].Least = never
	}
	return c
}

// never is a width that no screen has: what is shown from there on is not shown.
const never = 1 << 20

// paneLook says how the table of a pane is headed.
type paneLook struct {
	title  fleet.Safe
	active bool
	screen Screen // "" where tab turns the panes of a page
	one    bool   // all rows are of one cluster
}

// clusters tells whether the rows say which cluster they are of.
func (p paneLook) clusters(sc Scene) bool { return !p.one && len(sc.Snap.Clusters) > 1 }

// right is what stands at the right of the rule.
func (p paneLook) right(sc Scene, where fleet.Safe) fleet.Safe {
	if p.screen != "" {
		return tabNote(sc, p.screen, where)
	}
	return paneNote(p.active, where)
}

// podsPane draws pods, worst first, in n rows under its rule and titles.
func podsPane(b *part.Block, sc Scene, t Table, l *listing[podRow], look paneLook, n int) {
	from, to := window(l.ids, t, n)
	b.Rule(fleet.Concat(look.title, fleet.Text(" "), fleet.Int(l.all)), listNote(b, l.toll, t),
		look.right(sc, position(from, to, len(l.ids))))
	name, cluster, namespace := 12, 0, 0
	for i := from; i < to; i++ {
		r := &l.rows[i]
		name = max(name, min(mostName(b.Width()), labelWidth(r.pod.Name)))
		cluster = max(cluster, min(16, labelWidth(string(r.c.ID))))
		namespace = max(namespace, min(16, labelWidth(r.pod.Namespace)))
	}
	if !look.clusters(sc) {
		cluster = 0
	}
	g := part.Layout(podColumns(name, headed(cluster, 7), headed(namespace, 9)), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for i := from; i < to; i++ {
		c := g.Cells()
		fillPod(c, &l.rows[i], sc.Now)
		g.Row(b, c, look.active && l.ids[i] == t.Selected)
	}
	if l.all == 0 && n > 0 {
		b.Gap(2).Say(themes.Dim, "no pod here").End()
	}
	noMatch(b, l.all, len(l.ids))
}

// headed is the width of a column that is shown, at least that of its title; 0 keeps it out.
func headed(width, title int) int {
	if width == 0 {
		return 0
	}
	return max(width, title)
}

func labelWidth(raw string) int { return part.Width(fleet.Label(raw)) }

// mostName is how wide the names of pods, machines and workloads may become: they tell rows apart by their ends.
func mostName(width int) int {
	switch {
	case width >= wideWidth:
		return 48
	case width >= normalWidth:
		return 36
	default:
		return 26
	}
}

// listNote says how bad the rows of a list are, and what a filter and a sort do to it.
func listNote(b *part.Block, y toll, t Table) fleet.Safe {
	order := fleet.Text("worst first")
	if t.Sort != "" || b.Width() < normalWidth && y != (toll{}) {
		order = fleet.Safe{}
	}
	return fleet.Join(nonEmpty(y.text(), order, filterNote(t)), fleet.Text("  "))
}

func fillPod(c []part.Cell, r *podRow, now time.Time) {
	p, state := r.pod, r.state()
	role := rowRole(r.c, state)
	c[podName] = part.Cell{Text: fleet.Label(p.Name)}
	c[podCluster] = part.Cell{Text: fleet.Label(string(r.c.ID)), Role: themes.Dim}
	c[podNamespace] = part.Cell{Text: fleet.Label(p.Namespace), Role: themes.Dim}
	c[podState] = part.Cell{Text: stateText(state, r.c.At, now), Role: themes.OfState(state)}
	c[podFor] = part.Cell{Text: ageText(p.Since, now), Role: role}
	c[podReady] = part.Cell{Lead: fleet.Int(p.Ready), Text: fleet.Text("/"), Tail: fleet.Int(p.Containers), Role: role}
	if p.Ready < p.Containers && role == themes.Text {
		c[podReady].Role = themes.Warn
	}
	c[podPhase] = part.Cell{Text: orUnknown(p.Phase), Role: role}
	c[podRestarts] = part.Cell{Text: fleet.Int(p.Restarts), Role: role}
	c[podGPUs] = part.Cell{Text: fleet.Int(p.GPUs), Role: role}
	c[podNode] = part.Cell{Text: orUnknown(fleet.Label(p.Node)), Role: themes.Dim}
	c[podAge] = part.Cell{Text: ageText(p.Created, now), Role: themes.Dim}
	c[podOwner] = part.Cell{Text: ownerText(p.Owner), Role: themes.Dim}
	c[podExit] = part.Cell{Text: exitText(p, now), Role: role}
	c[podWhy] = part.Cell{Text: podWhyText(r, now), Role: roleOfWhy(state)}
}

// rowRole is the role of the figures of a row: what a silent cluster said is drawn as old throughout.
func rowRole(c *fleet.Cluster, s fleet.State) themes.Role {
	if s == fleet.StateStale || s == fleet.StateUnknown || c.State == fleet.StateStale || c.State == fleet.StateDown {
		return themes.Stale
	}
	return themes.Text
}

// roleOfWhy is the role of the reason of a state.
func roleOfWhy(s fleet.State) themes.Role {
	if trouble(s) == 0 {
		return themes.Dim
	}
	return themes.OfState(s)
}

// podWhyText is why a pod does not serve; of a pod without trouble in a silent cluster it says why that is old.
func podWhyText(r *podRow, now time.Time) fleet.Safe {
	switch {
	case !r.pod.Why.IsEmpty():
		return r.pod.Why
	case r.state() == fleet.StateStale:
		return r.c.Why
	default:
		return exitText(r.pod, now)
	}
}

// exitText is how the last container ended and when: "OOMKilled 137, 4m ago".
func exitText(p *fleet.Pod, now time.Time) fleet.Safe {
	if p.LastExit.IsEmpty() || p.LastExitAt.IsZero() {
		return p.LastExit
	}
	return fleet.Concat(p.LastExit, fleet.Text(", "), fleet.Age(now.Sub(p.LastExitAt)), fleet.Text(" ago"))
}

// ownerText names a workload without its namespace, which is that of the pod.
func ownerText(o fleet.ObjectRef) fleet.Safe {
	if o.Name == "" {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Concat(fleet.Label(o.Kind), fleet.Text(" "), fleet.Label(o.Name))
}

// podEvidence says of the selected pod what its row has no room for.
func podEvidence(r *podRow, now time.Time) evidence {
	if r == nil {
		return evidence{}
	}
	p := r.pod
	parts := nonEmpty(podWhyText(r, now))
	if !p.LastExit.IsEmpty() && !p.Why.IsEmpty() {
		parts = append(parts, fleet.Concat(fleet.Text("last exit "), exitText(p, now)))
	}
	if p.Node == "" {
		parts = append(parts, fleet.Text("on no node"))
	} else {
		parts = append(parts, fleet.Concat(fleet.Text("node "), fleet.Label(p.Node)))
	}
	parts = append(parts, fleet.Concat(fleet.Text("namespace "), fleet.Label(p.Namespace)))
	if p.Owner.Name != "" {
		parts = append(parts, ownerText(p.Owner))
	}
	if !p.Created.IsZero() {
		parts = append(parts, fleet.Concat(fleet.Text("made "), fleet.Age(now.Sub(p.Created)), fleet.Text(" ago")))
	}
	return evidence{fleet.Label(p.Name), fleet.Join(parts, fleet.Text("; ")), roleOfWhy(r.state())}
}
