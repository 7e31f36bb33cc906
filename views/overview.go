package views

import (
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

// stacked is how the rows of a one-column overview are dealt out.
type stacked struct {
	alerts, pools, routes, flight, events share
	showFlight, showCost, showEvents      bool
	blanks                                bool // an empty line between sections
}

// stack deals rows out. A low screen gives up events first, then an empty "in flight"; the worst pools always stay.
func stack(sc Scene, rows int, roomy bool) stacked {
	s, open := sc.Snap, len(sc.Book.Open())
	l := stacked{
		alerts:     share{least: 2, want: len(s.Alerts), weight: 1},
		pools:      share{least: 3, want: max(1, len(s.Pools)+len(s.Providers)), weight: 2},
		routes:     share{least: 1, want: len(s.Routes), weight: 1},
		showFlight: rows >= 14 || open > 0,
		showCost:   roomy && rows >= 28,
		showEvents: rows >= 16,
	}
	fixed := 4 // the rules of alerts, pools and routes, the titles of pools
	if roomy {
		fixed++ // the titles of routes
	}
	if l.showCost {
		fixed += 2
	}
	if l.showFlight {
		l.flight = share{least: 1, want: open, weight: 1}
		fixed++
	}
	if l.showEvents {
		l.events = share{least: 1, want: len(s.Events), weight: 1}
		fixed++
	}
	const between = 5
	wants := l.alerts.want + l.pools.want + l.routes.want + l.flight.want + min(6, l.events.want)
	if l.blanks = rows-fixed-wants >= between; l.blanks {
		fixed += between
	}
	divide(rows-fixed, []*share{&l.pools, &l.alerts, &l.routes, &l.flight, &l.events})
	return l
}

// overviewColumn stacks all sections in one column.
func overviewColumn(b *part.Block, sc Scene, u OverviewState, rows int) {
	roomy := b.Width() >= normalWidth
	l := stack(sc, rows, roomy)
	blank := func() {
		if l.blanks {
			b.End()
		}
	}
	alertsPane(b, sc, u.Alerts, u.pane() == "alerts", l.alerts.got)
	blank()
	poolsPane(b, sc, u.Pools, u.pane() == "pools", true, l.pools.got)
	blank()
	weightsPane(b, sc, u.Routes, u.pane() == "routes", l.routes.got)
	blank()
	if l.showFlight {
		flightPane(b, sc, l.flight.got)
		blank()
	}
	if l.showCost {
		costPane(b, sc, dayOf(&sc.Snap.Spend))
		blank()
	}
	if l.showEvents {
		happenings(b, sc, l.events.got)
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
