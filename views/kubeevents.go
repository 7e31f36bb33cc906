package views

import (
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// kubeEventRow is an event with its cluster.
type kubeEventRow struct {
	c *fleet.Cluster
	e *fleet.KubeEvent
}

// KubeEvents lists what the clusters, or the one that Of names, said of their objects, newest first. enter opens the
// object.
func KubeEvents(sc Scene, u ClusterState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		if noClusters(b, sc, fleet.Text("CLUSTER EVENTS")) {
			return
		}
		l := u.Lists.eventList(sc, u.Of, u.Events)
		remarks := kindRemarks(sc, u.Of, "events")
		what := kubeEventEvidence(l.chosen(u.Events))
		kubeEventsPane(b, sc, u, l, rows-2-len(remarks)-what.lines(b.Width()))
		what.draw(b)
		drawRemarks(b, remarks)
	})
}

// KubeEventsOrder tells the order of the events of clusters by pane, which is "kevents".
func KubeEventsOrder(sc Scene, u ClusterState) map[string][]string {
	if sc.Snap == nil {
		return map[string][]string{}
	}
	return map[string][]string{"kevents": u.Lists.eventList(sc, u.Of, u.Events).ids}
}

// eventList is the listing of the events of a scope. One that says the same as another at the same time is left out:
// it would be the same row to the cursor.
func (l *Lists) eventList(sc Scene, of fleet.ObjectRef, t Table) *listing[kubeEventRow] {
	var m *memo[kubeEventRow]
	if l != nil {
		m = &l.events
	}
	of = fleet.ObjectRef{Cluster: of.Cluster}
	return listed(m, sc.Snap, of, t, func() *listing[kubeEventRow] {
		var rows []kubeEventRow
		seen := map[string]bool{}
		for _, c := range inScope(sc.Snap, of) {
			for _, e := range c.Events {
				r := kubeEventRow{c, e}
				if id := kubeEventKind.id(&r); !seen[id] {
					seen[id] = true
					rows = append(rows, r)
				}
			}
		}
		if t.Sort == "" || t.Sort == "state" {
			t.Sort = "time"
		}
		return list(rows, t, kubeEventKind)
	})
}

var kubeEventKind = rowKind[kubeEventRow]{
	id: func(r *kubeEventRow) string {
		e := r.e
		return strings.Join([]string{e.At.UTC().Format(time.RFC3339), RefID(e.Object), e.Reason.String(), e.Text.String()}, " ")
	},
	text: func(r *kubeEventRow) string {
		e := r.e
		return searched(e.Type.String(), e.Reason.String(), e.Object.Kind, e.Object.Namespace, e.Object.Name, string(r.c.ID),
			e.Text.String())
	},
	by: func(a, b *kubeEventRow, key string) int {
		switch key {
		case "kind":
			return strings.Compare(a.e.Object.Kind, b.e.Object.Kind)
		case "namespace":
			return strings.Compare(a.e.Object.Namespace, b.e.Object.Namespace)
		case "name":
			return strings.Compare(a.e.Object.Name, b.e.Object.Name)
		default:
			return b.e.At.Compare(a.e.At)
		}
	},
}

func kubeEventColumns(when, object, cluster, reason int) []part.Column {
	c := []part.Column{
		{Title: fleet.Text("TIME"), Width: when},
		{Title: fleet.Text("TYPE"), Width: 7, Most: 16, Drop: 3},
		{Title: fleet.Text("CLUSTER"), Width: cluster, Drop: 2},
		{Title: fleet.Text("OBJECT"), Width: object},
		{Title: fleet.Text("REASON"), Width: reason, Drop: 1},
		{Title: fleet.Text("N"), Width: 4, Align: part.Right, Drop: 4},
		{Title: fleet.Text("WHAT"), Width: 20, Most: 200},
	}
	if cluster == 0 {
		c[2].Least = never
	}
	return c
}

// kubeEventsPane draws events, newest first, in n rows under its rule and titles.
func kubeEventsPane(b *part.Block, sc Scene, u ClusterState, l *listing[kubeEventRow], n int) {
	t := u.Events
	from, to := window(l.ids, t, n)
	note := fleet.Join(nonEmpty(fleet.Text("newest first"), filterNote(t)), fleet.Text("  "))
	b.Rule(fleet.Concat(scopeTitle(fleet.Text("CLUSTER EVENTS"), u.Of), fleet.Text(" "), fleet.Int(l.all)), note,
		tabNote(sc, ScreenKubeEvents, position(from, to, len(l.ids))))
	object, cluster, reason := 12, 0, 10
	for i := from; i < to; i++ {
		r := &l.rows[i]
		object = max(object, min(mostName(b.Width()), part.Width(eventObject(r.e, b.Width()))))
		cluster = max(cluster, min(16, labelWidth(string(r.c.ID))))
		reason = max(reason, min(20, part.Width(r.e.Reason)))
	}
	if len(sc.Snap.Clusters) < 2 || u.Of.Cluster != "" {
		cluster = 0
	}
	g := part.Layout(kubeEventColumns(whenWidth(b.Width()), object, headed(cluster, 7), reason), b.Width(), t.Column)
	g.Head(b)
	for i := from; i < to; i++ {
		c := g.Cells()
		fillKubeEvent(c, &l.rows[i], sc, b.Width())
		g.Row(b, c, l.ids[i] == t.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Say(themes.Dim, "no event is known; clusters forget theirs after an hour").End()
	}
	noMatch(b, l.all, len(l.ids))
}

func whenWidth(width int) int {
	if width >= normalWidth {
		return stampWidth
	}
	return 9
}

func fillKubeEvent(c []part.Cell, r *kubeEventRow, sc Scene, width int) {
	e := r.e
	role := roleOfEvent(e)
	c[0] = part.Cell{Text: whenText(e.At, sc.Now, width), Role: themes.Dim}
	if recent(e.At, sc.Now) {
		c[0].Text = fleet.ClockTime(e.At)
	}
	c[1] = part.Cell{Text: orUnknown(e.Type), Role: role}
	c[2] = part.Cell{Text: fleet.Label(string(r.c.ID)), Role: themes.Dim}
	c[3] = part.Cell{Text: eventObject(e, width)}
	c[4] = part.Cell{Text: orUnknown(e.Reason), Role: role}
	c[5] = part.Cell{Text: timesText(e.Count), Role: themes.Dim}
	c[6] = part.Cell{Text: e.Text, Role: role}
}

// eventObject names the object of an event: on a compact screen by its name alone, whose end tells pods apart.
func eventObject(e *fleet.KubeEvent, width int) fleet.Safe {
	if width < normalWidth {
		return fleet.Label(e.Object.Name)
	}
	return RefText(e.Object)
}

// timesText is how often an event happened, "" for once.
func timesText(n int) fleet.Safe {
	if n < 2 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("x"), fleet.Int(n))
}

// roleOfEvent tells events of the usual kind from all others: checks of machines write types of their own.
func roleOfEvent(e *fleet.KubeEvent) themes.Role {
	if e.Type == fleet.Text("Normal") {
		return themes.Text
	}
	return themes.Warn
}

func kubeEventEvidence(r *kubeEventRow) evidence {
	if r == nil {
		return evidence{}
	}
	return evidence{RefText(r.e.Object), fleet.Concat(orUnknown(r.e.Reason), fleet.Text(": "), r.e.Text), roleOfEvent(r.e)}
}

// objectEvents draws the newest events of one object in about n rows under its rule.
func objectEvents(b *part.Block, sc Scene, c *fleet.Cluster, o fleet.ObjectRef, n int) {
	if n <= 0 {
		return
	}
	var found []*fleet.KubeEvent
	for _, e := range c.Events {
		if e.Object.Name == o.Name && e.Object.Namespace == o.Namespace && e.Object.Kind == o.Kind {
			found = append(found, e)
		}
	}
	newestFirst(found)
	b.Rule(fleet.Concat(fleet.Text("EVENTS "), fleet.Int(len(found))), fleet.Safe{}, position(0, min(n, len(found)), len(found)))
	reason := 10
	for _, e := range found[:min(n, len(found))] {
		reason = max(reason, min(22, part.Width(e.Reason)))
	}
	for _, e := range found[:min(n, len(found))] {
		b.Gap(2).Cell(themes.Dim, fleet.Age(sc.Now.Sub(e.At)), 4, part.Right).Gap(2)
		b.Cell(roleOfEvent(e), orUnknown(e.Reason), reason, part.Left).Gap(1).Cell(themes.Dim, timesText(e.Count), 4, part.Left)
		b.Gap(1).Put(roleOfEvent(e), e.Text).End()
	}
	switch {
	case len(found) == 0 && c.Hosted:
		b.Gap(2).Say(themes.Dim, "they are in its cloud's own console").End()
	case len(found) == 0:
		b.Gap(2).Say(themes.Dim, "none is known; clusters forget theirs after an hour").End()
	}
}

// newestFirst sorts events by their time.
func newestFirst(events []*fleet.KubeEvent) {
	slices.SortStableFunc(events, func(a, b *fleet.KubeEvent) int { return b.At.Compare(a.At) })
}
