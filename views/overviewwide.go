package views

import (
	"pitwall/fleet"
	"pitwall/views/part"
)

// wideOverview has two columns: pools, the machines of the selected pool, routes and charts on the left;
// alerts, changes, money and events on the right.
func wideOverview(b *part.Block, sc Scene, u OverviewState, rows int) {
	const gap = 2
	width := b.Width() * 3 / 5
	left := part.NewBlock(sc.Theme, width, rows)
	right := part.NewBlock(sc.Theme, b.Width()-width-gap, rows)
	wideLeft(left, sc, u, rows)
	wideRight(right, sc, u, rows)
	b.Beside(left.Cut(rows).Fill(rows), right.Cut(rows).Fill(rows), gap)
}

func wideLeft(b *part.Block, sc Scene, u OverviewState, rows int) {
	s := sc.Snap
	shown := shownPool(sc, u.Pools)
	pools := share{least: 4, want: max(1, len(s.Pools)+len(s.Providers)), weight: 2}
	routes := share{least: 2, want: len(s.Routes), weight: 1}
	nodes := share{}
	fixed := 2 + 1 + 2 + 1 // rules and titles of pools and routes, blanks
	if shown != nil {
		nodes = share{least: 1, want: (len(shown.Nodes) + 1) / 2, weight: 1}
		fixed += 2
	}
	chart := 0
	if rows >= 40 {
		chart = 9
	}
	spare := divide(rows-fixed-2*chart, []*share{&pools, &routes, &nodes})
	poolsPane(b, sc, u.Pools, u.pane() == "pools", true, pools.got)
	b.End()
	if shown != nil {
		nodesPane(b, sc, shown, nodes.got)
		b.End()
	}
	weightsPane(b, sc, u.Routes, u.pane() == "routes", routes.got)
	b.End()
	if chart == 0 {
		return
	}
	chart += spare / 2
	limits := limitsOf(s)
	chartPane(b, sc, latencyChart(sc, u, limits), chart)
	chartPane(b, sc, errorChart(sc, limits), rows-b.Len())
}

func latencyChart(sc Scene, u OverviewState, limits guardLimits) chartSpec {
	return chartSpec{title: fleet.Text("TTFT95 by pool"), lines: poolLines(sc, u.Pools), limit: limits.ttft,
		label: secondsLabel}
}

func errorChart(sc Scene, limits guardLimits) chartSpec {
	return chartSpec{title: fleet.Text("ERR% by route"), lines: routeLines(sc.Snap), limit: limits.errors,
		label: ratioLabel}
}

// shownPool is the selected pool, else the worst one that has machines.
func shownPool(sc Scene, t Table) *fleet.Pool {
	if p := sc.Snap.Pool(fleet.PoolID(t.Selected)); p != nil && len(p.Nodes) > 0 {
		return p
	}
	var worst *fleet.Pool
	for i := range sc.Snap.Pools {
		p := &sc.Snap.Pools[i]
		if len(p.Nodes) > 0 && (worst == nil || trouble(p.State) > trouble(worst.State)) {
			worst = p
		}
	}
	return worst
}

// poolLines are the histories of the pools in the order of the table.
func poolLines(sc Scene, t Table) []line {
	rows := poolRows(sc.Snap, true)
	index, _ := poolOrder(rows, t)
	lines := make([]line, 0, maxSeries)
	for _, i := range index {
		if len(rows[i].trends.TTFT95.V) > 0 && len(lines) < maxSeries {
			lines = append(lines, line{rows[i].id, rows[i].trends.TTFT95})
		}
	}
	return lines
}

func routeLines(s *fleet.Snapshot) []line {
	lines := make([]line, 0, maxSeries)
	for i := range s.Routes {
		if t := s.Routes[i].Trends.Errors; len(t.V) > 0 && len(lines) < maxSeries {
			lines = append(lines, line{string(s.Routes[i].Spec.ID), t})
		}
	}
	return lines
}

func wideRight(b *part.Block, sc Scene, u OverviewState, rows int) {
	s := sc.Snap
	alerts := share{least: 3, want: len(s.Alerts), weight: 1}
	flight := share{least: 1, want: len(sc.Book.Open()), weight: 1}
	events := share{least: 4, want: len(s.Events), weight: 1}
	chart := 0
	if rows >= 40 && len(s.Totals.Trends.Burn.V) > 0 {
		chart = 10
	}
	const fixed = 1 + 1 + 1 + 1 + 4 + 1 // rules, blanks, the lines of money
	divide(rows-fixed-chart, []*share{&alerts, &flight, &events})
	alertsPane(b, sc, u.Alerts, u.pane() == "alerts", alerts.got)
	b.End()
	flightPane(b, sc, flight.got)
	b.End()
	d := dayOf(&s.Spend)
	costPane(b, sc, d)
	if chart > 0 {
		chartPane(b, sc, chartSpec{title: fleet.Text("BURN $/h"), lines: []line{{"", s.Totals.Trends.Burn}},
			limit: d.hourly(), word: fleet.Text("budget"), label: rateLabel}, chart)
	}
	b.End()
	happenings(b, sc, events.got)
}
