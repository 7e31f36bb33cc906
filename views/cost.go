package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// Cost shows what the fleet costs now and where: the day against its budget, each live stream, idle capacity, then
// routes, pools and providers, own pools beside the API, and charts of hours, days and the window. A low screen shows the
// tables of the present burn, or the one pane that has the focus. Streams are never added to one another but where they
// cover different money.
func Cost(sc Scene, u CostState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		costHead(b, sc)
		tall := b.Width() >= normalWidth && rows >= 30
		switch {
		case tall:
			costTall(b, sc, u, rows)
		case u.pane() == paneCostBeside:
			besidePane(b, sc, u, rows-b.Len()-2)
		case isCostChart(u.pane()):
			costChart(b, sc, u.pane(), rows-b.Len())
		default:
			costParts(b, sc, u, rows-b.Len())
		}
	})
}

// costParts draws the three tables of what burns now into n lines.
func costParts(b *part.Block, sc Scene, u CostState, n int) {
	tables := costTables(sc)
	shares := make([]*share, len(tables))
	for i, t := range tables {
		shares[i] = &share{least: 1, want: max(1, len(t.rows)), weight: 1}
		if t.pane == u.pane() {
			shares[i].weight, shares[i].least = 3, 2
		}
	}
	divide(n-2*len(tables), shares)
	for i, t := range tables {
		t.draw(b, sc, u.table(t.pane), t.pane == u.pane(), shares[i].got)
	}
}

// costTall draws all tables and, below them, the chart that has the focus, else that of the days; where there is room, the others.
func costTall(b *part.Block, sc Scene, u CostState, rows int) {
	chart := max(9, (rows-b.Len())/3)
	beside := min(max(1, len(besideList(sc.Snap, u.Beside).ids)), 3+3*count(rows >= 50)) + 2
	if u.pane() == paneCostBeside { // it tells how its prices were found where else the chart stands
		const told = 6
		beside += told
		if chart -= told; chart < told {
			chart = 0
		}
	}
	costParts(b, sc, u, rows-b.Len()-chart-beside)
	besidePane(b, sc, u, beside-2)
	left := rows - b.Len()
	first, second := u.pane(), paneCostTrends
	if !isCostChart(first) {
		first = paneCostDays
	}
	if first == second {
		second = paneCostHours
	}
	switch {
	case left < 6:
		return
	case left < 20:
		costChart(b, sc, first, left)
		return
	}
	costChart(b, sc, first, left-left/2)
	costChart(b, sc, second, left/2)
}

func isCostChart(pane string) bool {
	return pane == paneCostHours || pane == paneCostDays || pane == paneCostTrends
}

func costChart(b *part.Block, sc Scene, pane string, n int) {
	switch pane {
	case paneCostHours:
		costHours(b, sc, n)
	case paneCostDays:
		costDays(b, sc, n)
	default:
		costTrends(b, sc, n)
	}
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
	b.Rule(fleet.Text("COST now"), missing(s), fleet.Join(nonEmpty(pricesAge(s), tabHint(s), fleet.Text("b bills")), fleet.Text("  ")))
	b.Gap(1)
	budgetLine(b, s, d)
	b.End()
	monthLine(b, s)
	paceLine(b, s)
	livePhrases(b, sc)
	if !s.IdleWhy.IsEmpty() {
		b.Gap(1).Say(themes.Dim, "idle is ").Put(themes.Dim, s.IdleWhy).End()
	}
	if !s.MeteredWhy.IsEmpty() {
		b.Gap(1).Say(themes.Dim, "rented is ").Put(themes.Dim, s.MeteredWhy).End()
	}
	endLines(b, sc, 2)
	shiftedLines(b, sc, 1)
	gatewaysSay(b, sc)
	unlistedLines(b, s, 1)
}

// livePhrases say what own GPUs, rented models and idle capacity burn now, each by itself.
func livePhrases(b *part.Block, sc Scene) {
	s := &sc.Snap.Spend
	idle := said(fleet.Text("idle "), moneyRate(s.Idle, s.Idle.OK && !s.IdleWhy.IsEmpty()))
	if s.Idle.OK && s.Capacity.OK && s.Capacity.V > 0 {
		idle = idle.with(themes.Dim, fleet.Textf(" (%s%% of own)", fleet.Ratio(s.Idle.V/s.Capacity.V).Whole()))
	}
	list := []phrase{said(fleet.Text("own GPUs "), moneyRate(s.Capacity, false)),
		said(fleet.Text("rented "), moneyRate(s.Metered, s.Metered.OK)), idle}
	if day := sc.Snap.ProbesPerDay(); day.OK {
		list = append(list, said(fleet.Text("probes est. "), day.V.Small()).with(themes.Dim, fleet.Text(" a day")))
	}
	flow(b, list...)
}

// tabHint says that there is more below than what is shown, where the heading has room for it.
func tabHint(s *fleet.Spend) fleet.Safe {
	if !s.PricesSite.IsEmpty() {
		return fleet.Safe{}
	}
	return fleet.Text("tab API prices, charts")
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

// costTrends draws the live streams over the window, and where there is room what each route costs.
func costTrends(b *part.Block, sc Scene, n int) {
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
