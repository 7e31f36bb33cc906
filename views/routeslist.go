package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// The columns of the list of routes, in the order of drawing.
const (
	colRoute = iota
	colTier
	colSet
	colSeen
	colRouteRequests
	colRouteTrend
	colRouteErrors
	colRouteTTFT
	colPolicy
	colFallback
	colReplicas
	colFaults
	colRouteState
)

// routeColumns are the columns of the list; narrow screens give up the fallback, the replicas and shares first,
// since the selected route says them below.
func routeColumns(look time.Duration, name int, policy part.Column) []part.Column {
	return []part.Column{
		{Key: "name", Title: fleet.Text("ROUTE"), Width: name},
		{Title: fleet.Text("TIER"), Width: 4, Align: part.Right, Drop: 6},
		{Title: fleet.Text("WEIGHTS (set)"), Width: 34, Most: 40, Drop: 1},
		{Title: fleet.Text("SEEN%"), Width: 18, Most: 20, Drop: 5},
		{Key: "req", Title: fleet.Text("REQ/S"), Width: 6, Align: part.Right},
		{Title: fleet.Age(look), Width: 6, Most: 10, Drop: 8},
		{Key: "err", Title: fleet.Text("ERR%"), Width: 5, Align: part.Right},
		{Key: "ttft", Title: fleet.Text("TTFT95"), Width: 6, Align: part.Right},
		policy,
		{Title: fleet.Text("FALLBACK"), Width: 10, Most: 18, Drop: 7},
		{Title: fleet.Text("REPLICAS"), Width: 12, Most: 16, Drop: 4},
		{Title: fleet.Text("FAULTS"), Width: 6, Align: part.Right, Drop: 3},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8, Most: 10},
	}
}

// routeList is the list over the selected route's targets and changes.
func routeList(b *part.Block, sc Scene, u RoutesState, rows int) {
	index, ids := weightOrder(sc.Snap.Routes, u.List)
	shown := chosen(sc.Snap.Routes, index, ids, u.List.Selected) // the first where none is selected, nil where there is none
	list := share{least: 4, want: max(1, len(sc.Snap.Routes)), weight: 3}
	targets, replicas, changes := share{}, share{}, share{}
	fixed := 2
	if shown != nil && rows >= 14 {
		targets = share{least: 2, want: max(1, len(shown.Targets)), weight: 2}
		fixed += 1 + 1 + routeFactLines(shown) + 1 // blank, rule, facts, titles
	}
	if targets.want > 0 && rows >= lowScreen {
		replicas = share{least: 1, want: len(shown.Replicas), weight: 1}
		changes = share{least: 1, want: max(1, len(changesOn(sc, shown.Spec.ID))), weight: 1}
		fixed += 2 // rules
	}
	divide(rows-fixed, []*share{&list, &targets, &replicas, &changes})
	routesPane(b, sc, u.List, index, ids, list.got)
	if targets.want == 0 {
		return
	}
	b.End()
	routeRule(b, sc, shown, Table{})
	routeFacts(b, sc, shown, false)
	targetTable(b, sc, RoutesState{}, shown, targets.got)
	if replicas.want+changes.want == 0 {
		return
	}
	replicasOfRoute(b, sc, shown, replicas.got)
	changeList(b, sc, shown.Spec.ID, changes.got)
	if b.Width() >= normalWidth {
		listCharts(b, sc, shown, rows)
	}
}

// listCharts fills what is left of rows with the selected route's history: side by side on a wide screen.
func listCharts(b *part.Block, sc Scene, r *fleet.Route, rows int) {
	charts := routeCharts(sc, r)
	left := rows - b.Len() - 1
	if left < leastChart {
		return
	}
	b.End()
	const gap = 2
	half := (b.Width() - gap) / 2
	first := part.NewBlock(sc.Theme, half, left)
	second := part.NewBlock(sc.Theme, b.Width()-gap-half, left)
	charts = drawCharts(first, sc, charts, left, max(1, left/14))
	drawCharts(second, sc, charts, left, max(1, left/14))
	b.Beside(first.Cut(left).Fill(left), second.Cut(left).Fill(left), gap)
}

// routesPane draws routes in an order that was found before.
func routesPane(b *part.Block, sc Scene, t Table, index []int, ids []string, n int) {
	routes := sc.Snap.Routes
	from, to := window(ids, t, n)
	note := filterNote(t)
	if t.Sort == "" {
		note = fleet.Join(nonEmpty(fleet.Text("worst first"), note), fleet.Text("  "))
	}
	right := fleet.Join(nonEmpty(driftNote(routes, from, len(index), len(index)), position(from, to, len(index))),
		fleet.Text("  "))
	b.Rule(fleet.Concat(fleet.Text("ROUTES "), fleet.Int(len(routes))), note, right)
	g := part.Layout(routeColumns(sc.Window, nameWidth(ids[from:to], b.Width(), 12), policyColumn(routes, b.Width())), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		c := g.Cells()
		fillRoute(c, &routes[index[k]], sc)
		c[colPolicy] = policyCell(&routes[index[k]], b.Width())
		g.Row(b, c, ids[k] == t.Selected)
	}
	if len(routes) == 0 {
		b.Gap(2).Say(themes.Dim, "no route is configured").End()
	}
	noMatch(b, len(routes), len(index))
}
