package views

import (
	"pitwall/fleet"
	"pitwall/views/part"
)

// Overview is the first screen: header and golden signals, alerts, pools worst first, routes, changes in
// flight, money, events.
func Overview(sc Scene, u OverviewState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, true, func(b *part.Block, rows int) {
		if b.Width() >= wideWidth {
			wideOverview(b, sc, u, rows)
			return
		}
		overviewColumn(b, sc, u, rows)
	})
}

// OverviewOrder tells the order of the overview's tables by pane.
func OverviewOrder(sc Scene, u OverviewState) map[string][]string {
	if sc.Snap == nil {
		return map[string][]string{}
	}
	_, pools := poolOrder(poolRows(sc.Snap, true), u.Pools)
	_, routes := weightOrder(sc.Snap.Routes, u.Routes)
	_, alerts := alertOrder(sc.Snap.Alerts, u.Alerts)
	return map[string][]string{"pools": pools, "routes": routes, "alerts": alerts}
}

func withLook(sc Scene) Scene {
	if sc.Window <= 0 {
		sc.Window = defaultLook
	}
	return sc
}

// pane returns the focused pane; the pools are where one starts.
func (u OverviewState) pane() string {
	if u.Pane == "" {
		return "pools"
	}
	return u.Pane
}

// share is how many rows a section gets: least comes first, then all sections grow towards want in turn.
type share struct {
	least, want int
	weight      int // rows taken in one turn
	got         int
}

// divide deals rows out; what is left over when every section has what it wants is returned.
func divide(rows int, parts []*share) int {
	for _, p := range parts {
		p.got = max(0, min(p.least, p.want, rows))
		rows -= p.got
	}
	for grown := true; grown && rows > 0; {
		grown = false
		for _, p := range parts {
			if n := min(p.weight, p.want-p.got, rows); n > 0 {
				p.got += n
				rows -= n
				grown = true
			}
		}
	}
	return rows
}

// overviewColumn stacks all sections in one column. A low screen gives up events first, then an empty
// "in flight"; the worst pools always stay.
func overviewColumn(b *part.Block, sc Scene, u OverviewState, rows int) {
	s := sc.Snap
	open := len(sc.Book.Open())
	roomy := b.Width() >= normalWidth
	alerts := share{least: 2, want: len(s.Alerts), weight: 1}
	pools := share{least: 3, want: max(1, len(s.Pools)+len(s.Providers)), weight: 2}
	routes := share{least: 1, want: len(s.Routes), weight: 1}
	flight := share{least: 1, want: open, weight: 1}
	events := share{least: 1, want: len(s.Events), weight: 1}
	cost := roomy && rows >= 28
	withEvents, withFlight := rows >= 16, rows >= 14 || open > 0
	fixed := 4 // the rules of alerts, pools and routes, the titles of pools
	for _, part := range []struct {
		shown bool
		lines int
	}{{roomy, 1}, {cost, 2}, {withEvents, 1}, {withFlight, 1}} {
		if part.shown {
			fixed += part.lines
		}
	}
	if !withEvents {
		events.want = 0
	}
	if !withFlight {
		flight.want = 0
	}
	gaps := 0
	if wants := alerts.want + pools.want + routes.want + flight.want + min(6, events.want); rows-fixed-wants >= 5 {
		gaps = 5
	}
	divide(rows-fixed-gaps, []*share{&pools, &alerts, &routes, &flight, &events})
	blank := func() {
		if gaps > 0 {
			b.End()
		}
	}
	alertsPane(b, sc, u.Alerts, u.pane() == "alerts", alerts.got)
	blank()
	poolsPane(b, sc, u.Pools, u.pane() == "pools", true, pools.got)
	blank()
	weightsPane(b, sc, u.Routes, u.pane() == "routes", routes.got)
	blank()
	if withFlight {
		flightPane(b, sc, flight.got)
		blank()
	}
	if cost {
		costPane(b, sc, dayOf(&s.Spend))
		blank()
	}
	if withEvents {
		happenings(b, sc, events.got)
	}
	if roomy {
		spareCharts(b, sc, u, rows)
	}
}

// spareCharts fills what is left of a high screen: a chart of latency, and one of errors where both fit.
func spareCharts(b *part.Block, sc Scene, u OverviewState, rows int) {
	const least, most = 8, 16
	limits := limitsOf(sc.Snap)
	left := rows - b.Len() - 1
	if left < least {
		return
	}
	n := left
	if left >= 2*least {
		n = left / 2
	}
	b.End()
	chartPane(b, sc, latencyChart(sc, u, limits), min(n, most))
	if left >= 2*least {
		chartPane(b, sc, errorChart(sc, limits), min(n, most))
	}
}

// wideOverview has two columns: pools, the machines of the selected pool, routes and charts on the left; alerts, changes,
// money and events on the right.
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
	return chartSpec{title: fleet.Text("TTFT95 by pool"), lines: poolLines(sc, u.Pools), limit: limits.ttft, label: secondsLabel}
}

func errorChart(sc Scene, limits guardLimits) chartSpec {
	return chartSpec{title: fleet.Text("ERR% by route"), lines: routeLines(sc.Snap), limit: limits.errors, label: ratioLabel}
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
