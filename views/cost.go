package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// Cost shows what the fleet costs now and where: the day against its budget, each live stream, idle capacity, then
// routes, pools and providers, and the history of the streams where there is room. Streams are never added to one
// another but where they cover different money.
func Cost(sc Scene, u CostState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		costHead(b, sc)
		tables := costTables(sc)
		shares := make([]*share, len(tables))
		for i, t := range tables {
			shares[i] = &share{least: 1, want: max(1, len(t.rows)), weight: 1}
			if t.pane == u.pane() {
				shares[i].weight, shares[i].least = 3, 2
			}
		}
		chart := 0
		if b.Width() >= normalWidth && rows >= 30 {
			chart = max(10, rows/3)
		}
		divide(rows-b.Len()-2*len(tables)-chart, shares)
		for i, t := range tables {
			t.draw(b, sc, u.table(t.pane), t.pane == u.pane(), shares[i].got)
		}
		if left := rows - b.Len(); chart > 0 && left >= chart {
			costCharts(b, sc, left)
		}
	})
}

// table is the state of a pane.
func (u CostState) table(pane string) Table {
	switch pane {
	case "costpools":
		return u.Pools
	case "costproviders":
		return u.Providers
	default:
		return u.Routes
	}
}

// costHead says what the day and each stream cost, and what the figures lack.
func costHead(b *part.Block, sc Scene) {
	s := &sc.Snap.Spend
	d := dayOf(s)
	b.Rule(fleet.Text("COST now"), missing(s), fleet.Concat(pricesAge(s), fleet.Text("  b bills")))
	b.Gap(1)
	budgetLine(b, s, d)
	b.End()
	monthLine(b, s)
	paceLine(b, s)
	b.Gap(1).Say(themes.Dim, "own GPUs ").Put(themes.Text, moneyRate(s.Capacity, false))
	b.Gap(2).Say(themes.Dim, "rented ").Put(themes.Text, moneyRate(s.Metered, s.Metered.OK))
	b.Gap(2).Say(themes.Dim, "idle ").Put(themes.Text, moneyRate(s.Idle, s.Idle.OK && !s.IdleWhy.IsEmpty()))
	if s.Idle.OK && s.Capacity.OK && s.Capacity.V > 0 {
		b.Say(themes.Dim, " (").Put(themes.Dim, fleet.Ratio(s.Idle.V/s.Capacity.V).Whole()).Say(themes.Dim, "% of own)")
	}
	if day := sc.Snap.ProbesPerDay(); day.OK {
		b.Gap(2).Say(themes.Dim, "probes est. ").Put(themes.Text, day.V.Small()).Say(themes.Dim, " a day")
	}
	b.End()
	if !s.IdleWhy.IsEmpty() {
		b.Gap(1).Say(themes.Dim, "idle is ").Put(themes.Dim, s.IdleWhy).End()
	}
	if !s.MeteredWhy.IsEmpty() {
		b.Gap(1).Say(themes.Dim, "rented is ").Put(themes.Dim, s.MeteredWhy).End()
	}
	endLines(b, sc, 2)
	shiftedLines(b, sc, 1)
	gatewaysSay(b, sc)
}

func pricesAge(s *fleet.Spend) fleet.Safe {
	if s.PricesAsOf.IsZero() {
		return fleet.Text("no price list")
	}
	if !s.PricesSite.IsEmpty() { // the built-in list's age is doctor's matter then: what the sum lacks needs the room
		return s.PricesSite
	}
	return fleet.Concat(fleet.Text("prices of "), fleet.Label(s.PricesAsOf.UTC().Format("2006-01-02")))
}

// costTables are the three tables in the order of drawing.
func costTables(sc Scene) []costTable {
	figure := func(key string, title fleet.Safe, width, drop int) part.Column {
		return part.Column{Key: key, Title: title, Width: width, Align: part.Right, Drop: drop}
	}
	name := func(title fleet.Safe) part.Column { return part.Column{Key: "name", Title: title, Width: 14, Most: 30} }
	tail := []part.Column{{Title: fleet.Age(sc.Window), Width: 8, Most: 16, Drop: 9}, {Title: fleet.Safe{}, Width: 16, Most: 60, Drop: 1}}
	return []costTable{
		{pane: "costroutes", title: fleet.Text("ROUTES  own GPUs shared out by tokens"), rows: costRoutes(sc.Snap),
			columns: append([]part.Column{name(fleet.Text("ROUTE")), figure("cost", fleet.Text("$/H"), 7, 0),
				figure("", fleet.Text("RENTED"), 7, 0), figure("", fleet.Text("OWN"), 7, 0), figure("mtok", fleet.Text("$/1M"), 7, 0),
				figure("tok", fleet.Text("TOK/S"), 6, 5)}, tail...),
			cells: func(r *costRow, c []part.Cell) {
				c[1], c[2], c[3] = figureOf(r.burn, r.rough), figureOf(r.first, true), figureOf(r.second, false)
				c[4], c[5] = part.Cell{Text: fleet.Show(r.mtok)}, part.Cell{Text: fleet.Show(r.rate)}
			}},
		{pane: "costpools", title: fleet.Text("POOLS  busy or idle"), rows: costPools(sc.Snap),
			columns: append([]part.Column{name(fleet.Text("POOL")), figure("cost", fleet.Text("$/H"), 7, 0),
				figure("idle", fleet.Text("IDLE"), 7, 0), figure("", fleet.Text("USED%"), 7, 0), figure("mtok", fleet.Text("$/1M"), 7, 0),
				figure("tok", fleet.Text("TOK/S"), 6, 5)}, tail...),
			cells: func(r *costRow, c []part.Cell) {
				c[1], c[2], c[3] = figureOf(r.burn, false), figureOf(r.first, false), part.Cell{Text: whole(r.used)}
				c[4], c[5] = part.Cell{Text: fleet.Show(r.mtok)}, part.Cell{Text: fleet.Show(r.rate)}
			}},
		{pane: "costproviders", title: fleet.Text("PROVIDERS  tokens times list price"), rows: costProviders(sc.Snap),
			columns: append([]part.Column{name(fleet.Text("PROVIDER")), figure("cost", fleet.Text("$/H"), 7, 0),
				figure("", fleet.Safe{}, 7, 0), figure("", fleet.Safe{}, 7, 0), figure("mtok", fleet.Text("$/1M"), 7, 0),
				figure("tok", fleet.Text("TOK/S"), 6, 5)}, tail...),
			cells: func(r *costRow, c []part.Cell) {
				c[1], c[4], c[5] = figureOf(r.burn, true), part.Cell{Text: fleet.Show(r.mtok)}, part.Cell{Text: fleet.Show(r.rate)}
			}},
	}
}

// costCharts draws the live streams, and what each route costs, over the window.
func costCharts(b *part.Block, sc Scene, n int) {
	s := &sc.Snap.Spend
	limit := dayOf(s).hourly()
	streams := chartSpec{title: fleet.Text("$/H by stream"), limit: limit, word: fleet.Text("budget/24"), label: dollarLabel,
		lines: kept([]line{{"own", s.Trends.Capacity}, {"rented", s.Trends.Metered}, {"idle", s.Trends.Idle}})}
	var routes []line
	for _, r := range costRoutes(sc.Snap) {
		routes = append(routes, line{r.id, r.trend})
	}
	if n < 20 {
		chartPane(b, sc, streams, n)
		return
	}
	chartPane(b, sc, streams, n/2)
	chartPane(b, sc, chartSpec{title: fleet.Text("$/H by route"), lines: kept(routes), label: dollarLabel}, n-n/2)
}

// kept drops histories that have not begun.
func kept(list []line) []line {
	out := list[:0]
	for _, l := range list {
		if len(l.trend.V) > 0 {
			out = append(out, l)
		}
	}
	return out
}

func dollarLabel(v float64) fleet.Safe {
	return fleet.Concat(fleet.Text("$"), fleet.USDPerHour(v).Text())
}
