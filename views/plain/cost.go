package plain

import (
	"time"

	"pitwall/fleet"
)

// CostNow is what the fleet costs: parts of it, day and month by stream, the hours and days behind them, when limits end, own pools
// beside the API, and what has no price.
func CostNow(s *fleet.Snapshot) []Grid {
	return []Grid{partsGrid(s), periodsGrid(s), barsGrid(fleet.Text("HOURS of today, UTC"), s.Spend.HourBars(s.At)),
		barsGrid(fleet.Text("DAYS of this month, UTC"), s.Spend.DayBars(s.At)), endsGrid(s), besideGrid(s), unpricedGrid(s), shiftsGrid(s)}
}

func partsGrid(s *fleet.Snapshot) Grid {
	sp := &s.Spend
	g := Grid{
		Title: fleet.Textf("COST at %s  USD/h now %s  15 min %s  metered %s  own %s  idle %s", fleet.Stamp(s.At), fleet.Show(sp.Needle.Needle),
			fleet.Show(sp.Needle.Rate), fleet.Show(sp.Metered), fleet.Show(sp.Capacity), fleet.Show(sp.Idle)),
		Columns: []column{
			left(fleet.Text("BY")), left(fleet.Text("NAME")), left(fleet.Text("PROVIDER")),
			right(fleet.Text("$/H 1M")), right(fleet.Text("$/H 15M")), right(fleet.Text("TODAY")), right(fleet.Text("MONTH")),
			left(fleet.Text("STREAM")), left(fleet.Text("TO")), right(fleet.Text("BILLED/METERED")),
			right(fleet.Text("$/1M")), right(fleet.Text("$/1M AT FULL")), right(fleet.Text("IDLE")), left(fleet.Text("WHY")),
		},
	}
	for i := range sp.Rows {
		r := &sp.Rows[i]
		g.Rows = append(g.Rows, []Cell{
			label(string(r.By)), label(r.Name), label(string(r.Provider)),
			shown(r.Pace.Needle), shown(r.Pace.Rate), exactly(r.Today), exactly(r.Month),
			label(string(r.Stream)), watermark(r.Until, r.Stream, s), times(r.Rho),
			shown(r.PerMTok), shown(r.Usage), shown(r.Idle), word(r.Why),
		})
	}
	return g
}

// watermark is up to when a stream tells. A live one tells up to the snapshot; of others it is not known unless they say it.
func watermark(until time.Time, of fleet.Stream, s *fleet.Snapshot) Cell {
	if until.IsZero() && of != fleet.StreamReported && of != fleet.StreamBilled {
		until = s.At
	}
	return stamp(until)
}

func periodsGrid(s *fleet.Snapshot) Grid {
	sp := &s.Spend
	g := Grid{
		Title: fleet.Text("PERIODS  streams tell of the same money; best is bills where days are closed, else the meter, and own capacity"),
		Columns: []column{
			left(fleet.Text("PERIOD")), left(fleet.Text("FROM")), right(fleet.Text("METERED")), right(fleet.Text("REPORTED")),
			right(fleet.Text("BILLED")), right(fleet.Text("CAPACITY")), right(fleet.Text("CREDIT")), right(fleet.Text("BEST")),
			left(fleet.Text("METERED FROM")), left(fleet.Text("REPORTED TO")), left(fleet.Text("BILLED TO")),
			right(fleet.Text("BUDGET")), right(fleet.Text("FORECAST")), left(fleet.Text("WHY")),
		},
	}
	period := func(name fleet.Safe, p *fleet.PeriodSpend, budget, forecast fleet.Maybe[fleet.Money], why fleet.Safe) {
		g.Rows = append(g.Rows, []Cell{
			word(name), dayCell(p.Span.From), exactly(p.Metered), exactly(p.Reported),
			exactly(p.Billed), exactly(p.Capacity), exactly(p.Credit), exactly(p.Best),
			stamp(p.MeteredFrom), stamp(p.ReportedTo), stamp(p.BilledTo),
			exactly(budget), exactly(forecast), word(fleet.Join(kept(p.BestWhy, why), fleet.Text("; "))),
		})
	}
	period(fleet.Text("today"), &sp.Day, sp.Budget.PerDay, sp.Forecast, fleet.Safe{})
	period(fleet.Text("month"), &sp.Month, sp.Budget.PerMonth, sp.MonthEnd.Total, foretold(&sp.MonthEnd))
	return g
}

// foretold says how a forecast was found and between what it may end.
func foretold(f *fleet.Forecast) fleet.Safe {
	if !f.Total.OK {
		return f.Why
	}
	by := fleet.Concat(fleet.Text("forecast by "), f.RestBy)
	if f.Low.OK && f.High.OK {
		by = fleet.Textf("%s, %s to %s", by, f.Low.V.Text(), f.High.V.Text())
	}
	return by
}

// barsGrid are the figures behind a chart of bars. API and capacity are different money.
func barsGrid(title fleet.Safe, bars []fleet.CostBar) Grid {
	g := Grid{
		Title: title,
		Columns: []column{
			left(fleet.Text("FROM")), right(fleet.Text("API")), left(fleet.Text("STREAM")), right(fleet.Text("CAPACITY")),
			right(fleet.Text("FORECAST")), left(fleet.Text("STATE")),
		},
	}
	for i := range bars {
		x := &bars[i]
		if x.Ahead { // the forecast of the period has it
			continue
		}
		g.Rows = append(g.Rows, []Cell{stamp(x.Span.From), exactly(x.API), label(string(x.Stream)), exactly(x.Capacity), exactly(x.Forecast),
			word(barState(x))})
	}
	return g
}

func barState(x *fleet.CostBar) fleet.Safe {
	switch {
	case x.Part:
		return fleet.Text("in part")
	case !x.API.OK && !x.Capacity.OK:
		return fleet.Text("unknown")
	default:
		return fleet.Text("over")
	}
}

func endsGrid(s *fleet.Snapshot) Grid {
	g := Grid{
		Title: fleet.Text("LIMITS  the first to end binds"),
		Columns: []column{
			left(fleet.Text("LIMIT")), right(fleet.Text("OF")), right(fleet.Text("SPENT")), right(fleet.Text("$/H")),
			left(fleet.Text("STREAM")), left(fleet.Text("TOLD")), left(fleet.Text("ENDS")), left(fleet.Text("RESET")),
			left(fleet.Text("BEYOND IT")), left(fleet.Text("WHY")),
		},
	}
	for i := range s.Spend.Ends {
		e := &s.Spend.Ends[i]
		g.Rows = append(g.Rows, []Cell{
			word(e.Of), exactly(e.Limit), exactly(e.Spent), shown(e.Rate),
			label(string(e.By)), watermark(e.Told, e.By, s), word(limitEnd(e)), stamp(e.Reset.V),
			word(yes(e.Hard, fleet.Text("requests fail"), fleet.Text("warns"))), word(e.Why),
		})
	}
	return g
}

func limitEnd(e *fleet.BudgetEnd) fleet.Safe {
	switch {
	case e.At.OK && e.Binds:
		return fleet.Concat(fleet.Stamp(e.At.V), fleet.Text(" binds"))
	case e.At.OK:
		return fleet.Stamp(e.At.V)
	case e.Holds.OK && e.Holds.V:
		return fleet.Text("holds")
	default:
		return fleet.Text(fleet.Unknown)
	}
}

func unpricedGrid(s *fleet.Snapshot) Grid {
	g := Grid{
		Title: fleet.Text("WITHOUT PRICE  in none of the sums; the line goes into the file of prices"),
		Columns: []column{
			left(fleet.Text("PROVIDER")), left(fleet.Text("MODEL")), right(fleet.Text("TOK/S")), left(fleet.Text("LINE")),
		},
	}
	for i := range s.Spend.Unlisted {
		u := &s.Spend.Unlisted[i]
		g.Rows = append(g.Rows, []Cell{label(string(u.Provider)), label(string(u.Model)), shown(u.Tokens), word(u.Line)})
	}
	return g
}

func shiftsGrid(s *fleet.Snapshot) Grid {
	g := Grid{
		Title: fleet.Text("SHIFTS  what the last change of weights did to each route's $/h, as measured"),
		Columns: []column{
			left(fleet.Text("ROUTE")), left(fleet.Text("AT")), right(fleet.Text("BEFORE")), right(fleet.Text("AFTER")), left(fleet.Text("STATE")),
		},
	}
	for i := range s.Spend.Shifted {
		x := &s.Spend.Shifted[i]
		g.Rows = append(g.Rows, []Cell{label(string(x.Route)), stamp(x.At), shown(x.Before), shown(x.After),
			word(yes(x.After.OK, fleet.Text("settled"), fleet.Text("not settled yet")))})
	}
	return g
}

func besideGrid(s *fleet.Snapshot) Grid {
	g := Grid{
		Title: fleet.Text("OWN BESIDE API  USD for 1M tokens of each pool's mix; own is capacity, the API its list price: never added"),
		Columns: []column{
			left(fleet.Text("ROUTE")), left(fleet.Text("POOL")), right(fleet.Text("AS USED")), right(fleet.Text("AT FULL")),
			left(fleet.Text("RATES OF")), left(fleet.Text("PROVIDER")), left(fleet.Text("MODEL")), left(fleet.Text("TIER")),
			right(fleet.Text("API")), left(fleet.Text("CURRENCY")), left(fleet.Text("PRICE OF")), right(fleet.Text("OWN/API")),
			left(fleet.Text("MIX")), left(fleet.Text("WHY")),
		},
	}
	for i := range s.Spend.Beside {
		p := &s.Spend.Beside[i]
		others := p.Others
		if len(others) == 0 {
			others = []fleet.APIBeside{{Why: fleet.Text("no API target")}}
		}
		for j := range others {
			a := &others[j]
			g.Rows = append(g.Rows, []Cell{
				label(string(p.Route)), label(string(p.Pool)), shown(p.Allocated), shown(p.Usage),
				stamp(p.At), label(string(a.Provider)), label(string(a.Model)), label(a.Tier),
				shown(a.Price), label(a.Currency), dayCell(a.AsOf), times(a.Against(p)),
				word(mixText(&p.Mix)), word(fleet.Join(kept(p.Why, a.Why), fleet.Text("; "))),
			})
		}
	}
	return g
}

func mixText(m *fleet.TokenMix) fleet.Safe {
	return fleet.Textf("%s%% input %s%% cached %s%% written %s%% output, %s", m.Input.Whole(), m.Cached.Whole(), m.Written.Whole(),
		m.Output.Whole(), m.From)
}
