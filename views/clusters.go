package views

import (
	"cmp"
	"slices"
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// clusterRow is a cluster with how many of its rows are in trouble.
type clusterRow struct {
	c                 *fleet.Cluster
	nodesBad, podsBad int
}

// Clusters lists the clusters, those that do not answer first: what each one is doing and how much of it is known.
// With Of naming one it tells that cluster with its worst machines and pods.
func Clusters(sc Scene, u ClusterState, sz Size) string {
	sc = withLook(sc)
	return clusterFrame(sc, sz, func(b *part.Block, rows int) {
		if u.Of.Cluster != "" {
			clusterPage(b, sc, u, rows)
			return
		}
		if noClusters(b, sc, fleet.Text("CLUSTERS")) {
			return
		}
		l := u.Lists.clusterList(sc, u.Clusters)
		what := clusterEvidence(sc, l.chosen(u.Clusters))
		told := what.fitted(b.Width(), rows-2-max(1, len(l.ids)))
		clustersPane(b, sc, u.Clusters, l, rows-2-len(told))
		what.put(b, told)
	})
}

// clusterFrame is frame for a screen that has something to tell before any source has answered: what each cluster is
// doing.
func clusterFrame(sc Scene, sz Size, draw func(b *part.Block, rows int)) string {
	if sc.Snap != nil && len(sc.Snap.Clusters) > 0 {
		return bookFrame(sc, sz, draw)
	}
	return frame(sc, sz, false, draw)
}

// ClustersOrder tells the order of the tables of the clusters screen by pane: "clusters", or with one open "nodes" and
// "pods".
func ClustersOrder(sc Scene, u ClusterState) map[string][]string {
	switch {
	case sc.Snap == nil:
		return map[string][]string{}
	case u.Of.Cluster != "":
		return map[string][]string{
			"nodes": u.Lists.nodeList(sc, u.Of, u.PageNodes).ids, "pods": u.Lists.podList(sc, u.Of, u.PagePods).ids,
		}
	default:
		return map[string][]string{"clusters": u.Lists.clusterList(sc, u.Clusters).ids}
	}
}

func (l *Lists) clusterList(sc Scene, t Table) *listing[clusterRow] {
	var m *memo[clusterRow]
	if l != nil {
		m = &l.clusters
	}
	return listed(m, sc.Snap, fleet.ObjectRef{}, t, func() *listing[clusterRow] {
		rows := make([]clusterRow, 0, len(sc.Snap.Clusters))
		for _, c := range sc.Snap.Clusters {
			r := clusterRow{c: c}
			for _, n := range c.Nodes {
				r.nodesBad += count(trouble(n.State) > 0)
			}
			for _, p := range c.Pods {
				r.podsBad += count(trouble(p.State) > 0)
			}
			rows = append(rows, r)
		}
		return list(rows, t, clusterKind)
	})
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

var clusterKind = rowKind[clusterRow]{
	id: func(r *clusterRow) string { return string(r.c.ID) },
	text: func(r *clusterRow) string {
		c := r.c
		return searched(string(c.ID), string(c.Site), c.Server.String(), string(c.State), c.Why.String(), c.Scope.String())
	},
	state: func(r *clusterRow) fleet.State { return r.c.State },
	rank: func(r *clusterRow) int { // nothing is known of those that do not answer: they come before any trouble
		if !answers(r.c) {
			return 1 + fleet.StateDown.Rank() + trouble(r.c.State)
		}
		return trouble(r.c.State)
	},
	by: func(a, b *clusterRow, key string) int {
		switch key {
		case "age":
			return a.c.At.Compare(b.c.At)
		case "pods":
			return cmp.Compare(len(b.c.Pods), len(a.c.Pods))
		default:
			return strings.Compare(string(a.c.ID), string(b.c.ID))
		}
	},
}

func clusterColumns(name int) []part.Column {
	return []part.Column{
		{Key: "name", Title: fleet.Text("CLUSTER"), Width: name},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8},
		{Key: "age", Title: fleet.Text("HEARD"), Width: 5, Align: part.Right},
		{Title: fleet.Text("NODES"), Width: 6, Align: part.Right, Drop: 2},
		{Title: fleet.Text("BAD"), Width: 3, Align: part.Right, Drop: 3},
		{Key: "pods", Title: fleet.Text("PODS"), Width: 6, Align: part.Right, Drop: 1},
		{Title: fleet.Text("BAD"), Width: 4, Align: part.Right, Drop: 1},
		{Title: fleet.Text("WORKL"), Width: 5, Align: part.Right, Drop: 4, Least: normalWidth},
		{Title: fleet.Text("EVENTS"), Width: 6, Align: part.Right, Drop: 5, Least: normalWidth},
		{Title: fleet.Text("VERSION"), Width: 8, Most: 14, Drop: 6, Least: wideWidth},
		{Title: fleet.Text("SITE"), Width: 8, Most: 16, Drop: 7, Least: wideWidth},
		{Title: fleet.Text("SERVER"), Width: 24, Most: 36, Drop: 8, Least: wideWidth},
		{Title: fleet.Text("WHAT IT IS DOING"), Width: 20, Most: 160},
	}
}

// clustersPane draws clusters, those that do not answer first, in n rows under its rule and titles.
func clustersPane(b *part.Block, sc Scene, t Table, l *listing[clusterRow], n int) {
	from, to := window(l.ids, t, n)
	answer := 0
	for _, c := range sc.Snap.Clusters {
		answer += count(answers(c))
	}
	note := fleet.Textf("%s answer, %s do not", fleet.Int(answer), fleet.Int(len(sc.Snap.Clusters)-answer))
	if answer == len(sc.Snap.Clusters) {
		note = fleet.Text("all answer")
	}
	b.Rule(fleet.Concat(fleet.Text("CLUSTERS "), fleet.Int(l.all)), fleet.Join(nonEmpty(note, filterNote(t)), fleet.Text("  ")),
		tabNote(sc, ScreenClusters, position(from, to, len(l.ids))))
	name := 10
	for i := from; i < to; i++ {
		name = max(name, min(mostName(b.Width()), labelWidth(string(l.rows[i].c.ID))))
	}
	g := part.Layout(clusterColumns(name), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for i := from; i < to; i++ {
		c := g.Cells()
		fillCluster(c, &l.rows[i], sc)
		g.Row(b, c, l.ids[i] == t.Selected)
	}
	noMatch(b, l.all, len(l.ids))
}

// answers tells whether a cluster is heard.
func answers(c *fleet.Cluster) bool {
	switch c.State {
	case fleet.StateStale, fleet.StateDown, fleet.StateUnknown, "":
		return false
	default:
		return true
	}
}

func fillCluster(c []part.Cell, r *clusterRow, sc Scene) {
	k := r.c
	role := rowRole(k, k.State)
	c[0] = part.Cell{Text: fleet.Label(string(k.ID))}
	c[1] = part.Cell{Text: k.State.Text(), Role: themes.OfState(k.State)}
	c[2] = part.Cell{Text: ageText(k.At, sc.Now), Role: role}
	c[3] = part.Cell{Text: kindCount(k, len(k.Nodes), "nodes"), Role: role}
	c[4] = badCount(k, "nodes", len(k.Nodes), r.nodesBad, role)
	c[5] = part.Cell{Text: kindCount(k, len(k.Pods), "pods"), Role: role}
	c[6] = badCount(k, "pods", len(k.Pods), r.podsBad, role)
	c[7] = part.Cell{Text: kindCount(k, len(k.Workloads), worksOf(k)...), Role: role}
	c[8] = part.Cell{Text: kindCount(k, len(k.Events), "events"), Role: role}
	c[9] = part.Cell{Text: orUnknown(k.Version), Role: themes.Dim}
	c[10] = part.Cell{Text: orUnknown(fleet.Label(string(k.Site))), Role: themes.Dim}
	c[11] = part.Cell{Text: k.Server, Role: themes.Dim}
	c[12] = part.Cell{Text: doing(k), Role: roleOfWhy(k.State)}
	if c[12].Role == themes.Dim && len(kindErrors(k)) > 0 {
		c[12].Role = themes.Warn
	}
}

// kindCount draws how many objects of some kinds are known: "812+" while they are still listed, "-" where none of the
// kinds is read, and of a cluster that was never heard.
func kindCount(c *fleet.Cluster, n int, kinds ...string) fleet.Safe {
	if c.At.IsZero() && n == 0 {
		return fleet.Text(fleet.Unknown)
	}
	read, listing, counted := false, false, 0
	for i := range c.Kinds {
		if k := &c.Kinds[i]; slices.Contains(kinds, k.Kind) && k.Err.IsEmpty() {
			read, listing, counted = true, listing || !k.Synced, counted+k.Count
		}
	}
	switch {
	case listing:
		return fleet.Concat(fleet.Int(max(n, counted)), fleet.Text("+"))
	case n == 0 && !read:
		return fleet.Text(fleet.Unknown)
	default:
		return fleet.Int(n)
	}
}

// worksOf are the kinds whose objects are workloads in a cluster: all that an orchestrator with an API of its own keeps.
func worksOf(c *fleet.Cluster) []string {
	if !c.Hosted {
		return workKinds
	}
	kinds := make([]string, len(c.Kinds))
	for i := range c.Kinds {
		kinds[i] = c.Kinds[i].Kind
	}
	return kinds
}

// badCount draws how many of the known objects of a kind are in trouble, "-" where none is known.
func badCount(c *fleet.Cluster, kind string, all, n int, role themes.Role) part.Cell {
	switch {
	case n > 0:
		return part.Cell{Text: fleet.Int(n), Role: themes.Bad}
	case all == 0 && kindCount(c, 0, kind) == fleet.Text(fleet.Unknown):
		return part.Cell{Text: fleet.Text(fleet.Unknown), Role: role}
	default:
		return part.Cell{Text: fleet.Int(0), Role: role}
	}
}

// doing is what a cluster is doing or what failed, then what is not read, then how little may be seen.
func doing(c *fleet.Cluster) fleet.Safe {
	return fleet.Join(nonEmpty(append(append([]fleet.Safe{c.Why}, kindErrors(c)...), c.Scope)...), fleet.Text("; "))
}

func kindErrors(c *fleet.Cluster) []fleet.Safe {
	var all []fleet.Safe
	for i := range c.Kinds {
		if k := &c.Kinds[i]; !k.Err.IsEmpty() {
			all = append(all, fleet.Concat(fleet.Label(k.Kind), fleet.Text(": "), k.Err))
		}
	}
	return all
}

func clusterEvidence(sc Scene, r *clusterRow) evidence {
	if r == nil {
		return evidence{}
	}
	text := doing(r.c)
	if text.IsEmpty() {
		text = fleet.Concat(fleet.Text("watched in full, heard "), ageText(r.c.At, sc.Now), fleet.Text(" ago"))
	}
	return evidence{fleet.Label(string(r.c.ID)), text, roleOfWhy(r.c.State)}
}
