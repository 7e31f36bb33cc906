package plain

import (
	"pitwall/fleet"
)

// CostNow is what the fleet costs: parts of it, day and month by stream, when limits end, and what has no price.
func CostNow(s *fleet.Snapshot) []Grid {
	return []Grid{partsGrid(s), periodsGrid(s), endsGrid(s), unpricedGrid(s), shiftsGrid(s)}
}

func partsGrid(s *fleet.Snapshot) Grid {
	sp := &s.Spend
	g := Grid{Title: fleet.Concat(fleet.Text("COST at "), fleet.Stamp(s.At), fleet.Text("  $/h now "), fleet.Show(sp.Needle.Needle),
		fleet.Text("  15 min "),
		fleet.Show(sp.Needle.Rate), fleet.Text("  metered "), fleet.Show(sp.Metered), fleet.Text("  own "), fleet.Show(sp.Capacity),
		fleet.Text("  idle "), fleet.Show(sp.Idle)),
		Columns: []column{left(fleet.Text("BY")), left(fleet.Text("NAME")), left(fleet.Text("PROVIDER")), right(fleet.Text("$/H")),
			right(fleet.Text("$/H 15M")),
			right(fleet.Text("TODAY")), right(fleet.Text("MONTH")), left(fleet.Text("STREAM")), right(fleet.Text("BILLED/METERED")),
			right(fleet.Text("$/1M")), right(fleet.Text("$/1M USED")),
			right(fleet.Text("IDLE")), left(fleet.Text("WHY"))}}
	for i := range sp.Rows {
		r := &sp.Rows[i]
		g.Rows = append(g.Rows, []Cell{label(string(r.By)), label(r.Name), label(string(r.Provider)), shown(r.Pace.Needle), shown(r.Pace.Rate),
			exactly(r.Today),
			exactly(r.Month), label(string(r.Stream)), times(r.Rho), shown(r.PerMTok), shown(r.Usage), shown(r.Idle), word(r.Why)})
	}
	return g
}

func periodsGrid(s *fleet.Snapshot) Grid {
	sp := &s.Spend
	g := Grid{Title: fleet.Concat(fleet.Text("PERIODS  streams tell of the same money; "),
		fleet.Text("best is bills where days are closed, else the meter, and own capacity")),
		Columns: []column{left(fleet.Text("PERIOD")), left(fleet.Text("FROM")), right(fleet.Text("METERED")), right(fleet.Text("REPORTED")),
			right(fleet.Text("BILLED")),
			right(fleet.Text("CAPACITY")), right(fleet.Text("CREDIT")), right(fleet.Text("BEST")), left(fleet.Text("BILLED TO")),
			right(fleet.Text("BUDGET")),
			right(fleet.Text("FORECAST")), left(fleet.Text("WHY"))}}
	period := func(name fleet.Safe, p *fleet.PeriodSpend, budget, forecast fleet.Maybe[fleet.Money], why fleet.Safe) {
		g.Rows = append(g.Rows, []Cell{word(name), dayCell(p.Span.From), exactly(p.Metered), exactly(p.Reported), exactly(p.Billed),
			exactly(p.Capacity),
			exactly(p.Credit), exactly(p.Best), stamp(p.BilledTo), exactly(budget), exactly(forecast), word(fleet.Join(kept(p.BestWhy, why),
				fleet.Text("; ")))})
	}
	period(fleet.Text("today"), &sp.Day, sp.Budget.PerDay, sp.Forecast, fleet.Safe{})
	f := &sp.MonthEnd
	by := fleet.Safe{}
	if f.Total.OK {
		by = fleet.Concat(fleet.Text("forecast by "), f.RestBy)
		if f.Low.OK && f.High.OK {
			by = fleet.Concat(by, fleet.Text(", "), f.Low.V.Text(), fleet.Text(" to "), f.High.V.Text())
		}
	}
	period(fleet.Text("month"), &sp.Month, sp.Budget.PerMonth, f.Total, by)
	return g
}

func endsGrid(s *fleet.Snapshot) Grid {
	g := Grid{Title: fleet.Text("LIMITS  the first to end binds"), Columns: []column{left(fleet.Text("LIMIT")), right(fleet.Text("OF")),
		right(fleet.Text("SPENT")),
		right(fleet.Text("$/H")), left(fleet.Text("ENDS")), left(fleet.Text("RESET")), left(fleet.Text("BEYOND IT")), left(fleet.Text("WHY"))}}
	for i := range s.Spend.Ends {
		e := &s.Spend.Ends[i]
		end := fleet.Text(fleet.Unknown)
		switch {
		case e.At.OK && e.Binds:
			end = fleet.Concat(fleet.Stamp(e.At.V), fleet.Text(" binds"))
		case e.At.OK:
			end = fleet.Stamp(e.At.V)
		case e.Holds.OK && e.Holds.V:
			end = fleet.Text("holds")
		}
		g.Rows = append(g.Rows, []Cell{word(e.Of), exactly(e.Limit), exactly(e.Spent), shown(e.Rate), word(end), stamp(e.Reset.V),
			word(yes(e.Hard, fleet.Text("requests fail"), fleet.Text("warns"))), word(e.Why)})
	}
	return g
}

func unpricedGrid(s *fleet.Snapshot) Grid {
	g := Grid{Title: fleet.Text("WITHOUT PRICE  in none of the sums; the line goes into the file of prices"),
		Columns: []column{left(fleet.Text("PROVIDER")),
			left(fleet.Text("MODEL")), right(fleet.Text("TOK/S")), left(fleet.Text("LINE"))}}
	for i := range s.Spend.Unlisted {
		u := &s.Spend.Unlisted[i]
		g.Rows = append(g.Rows, []Cell{label(string(u.Provider)), label(string(u.Model)), shown(u.Tokens), word(u.Line)})
	}
	return g
}

func shiftsGrid(s *fleet.Snapshot) Grid {
	g := Grid{Title: fleet.Text("SHIFTS  what the last change of weights did to each route's $/h, as measured"),
		Columns: []column{left(fleet.Text("ROUTE")),
			left(fleet.Text("AT")), right(fleet.Text("BEFORE")), right(fleet.Text("AFTER"))}}
	for i := range s.Spend.Shifted {
		x := &s.Spend.Shifted[i]
		g.Rows = append(g.Rows, []Cell{label(string(x.Route)), stamp(x.At), shown(x.Before), shown(x.After)})
	}
	return g
}

// CostDays are the days on file, the newest first.
func CostDays(s *fleet.Snapshot) []Grid {
	g := Grid{Title: fleet.Text("DAYS  UTC; one stream beside the other, never added"), Columns: []column{left(fleet.Text("DAY")),
		left(fleet.Text("PROVIDER")),
		left(fleet.Text("MODEL")), left(fleet.Text("TIER")), right(fleet.Text("METERED")), right(fleet.Text("REPORTED")),
		right(fleet.Text("BILLED")), left(fleet.Text("CURRENCY")),
		right(fleet.Text("CREDIT")), right(fleet.Text("TOK METERED")), right(fleet.Text("TOK REPORTED")), right(fleet.Text("BILLED/EST")),
		left(fleet.Text("STATE")),
		right(fleet.Text("WAS")), left(fleet.Text("LACKS"))}}
	for i := range days(s) {
		d := &s.Spend.Books.Days[i]
		currency := fleet.Text(fleet.Unknown)
		for _, m := range []fleet.Maybe[fleet.Money]{d.Billed.Cost, d.Reported.Cost, d.Metered.Cost} {
			if m.OK {
				currency = fleet.Label(m.V.Currency())
				break
			}
		}
		was := Cell{Text: fleet.Text(fleet.Unknown)}
		if n := len(d.Revised); n > 0 {
			was = exactly(d.Revised[n-1].Cost)
		}
		g.Rows = append(g.Rows, []Cell{dayCell(d.Day), label(string(d.Provider)), label(string(d.Model)), label(d.Tier),
			exactly(d.Metered.Cost), exactly(d.Reported.Cost),
			exactly(d.Billed.Cost), word(currency), exactly(d.Credit), shown(d.Metered.Tokens()), shown(d.Reported.Tokens()), times(d.Factor),
			word(yes(d.Closed, fleet.Text("closed"), fleet.Text("open"))), was, word(fleet.Join(kept(d.Metered.Missing, d.Reported.Missing,
				d.Billed.Missing, d.Metered.Converted, d.Reported.Converted, d.Billed.Converted), fleet.Text("; ")))})
	}
	return []Grid{g}
}

func days(s *fleet.Snapshot) []fleet.CostDay {
	if s.Spend.Books == nil {
		return nil
	}
	return s.Spend.Books.Days
}

// CostFactors are the factors of models and providers, and traffic that passed no gateway.
func CostFactors(s *fleet.Snapshot) []Grid {
	g := Grid{Title: fleet.Textf("FACTORS  billed / estimated: median of the last %s, each within %s and %s; more than %s%% off is an alarm",
		fleet.Many(fleet.FactorDays, "closed day"),
		fleet.Float(fleet.FactorLeast, 1), fleet.Float(fleet.FactorMost, 1), fleet.Ratio(fleet.FactorAlarm).Whole()),
		Columns: []column{left(fleet.Text("PROVIDER")), left(fleet.Text("MODEL")),
			left(fleet.Text("TIER")), right(fleet.Text("FACTOR")), right(fleet.Text("LOW")), right(fleet.Text("HIGH")), right(fleet.Text("DAYS")),
			right(fleet.Text("LAST")),
			left(fleet.Text("LAST DAY")), left(fleet.Text("AGAINST")), left(fleet.Text("STATE"))}}
	b := s.Spend.Books
	if b == nil {
		b = &fleet.Books{}
	}
	for i := range b.Factors {
		f := &b.Factors[i]
		model := label(string(f.Model))
		if f.Model == "" {
			model = word(fleet.Text("(all)"))
		}
		g.Rows = append(g.Rows, []Cell{label(string(f.Provider)), model, label(f.Tier), times(f.Rho), times(fleet.Some(f.Low)),
			times(fleet.Some(f.High)),
			word(fleet.Int(f.Days)), times(f.Last), dayCell(f.LastDay), label(string(f.Against)), word(yes(f.Off, fleet.Text("OFF"),
				fleet.Text("ok")))})
	}
	by := Grid{Title: fleet.Text("BYPASS  reported tokens that no gateway counted, over time that both cover"),
		Columns: []column{left(fleet.Text("PROVIDER")), left(fleet.Text("MODEL")),
			left(fleet.Text("FROM")), left(fleet.Text("TO")), right(fleet.Text("METERED")), right(fleet.Text("REPORTED")),
			right(fleet.Text("BEYOND")), right(fleet.Text("BEYOND%")), right(fleet.Text("EST."))}}
	for i := range b.Bypass {
		f := &b.Bypass[i]
		by.Rows = append(by.Rows, []Cell{label(string(f.Provider)), label(string(f.Model)), stamp(f.Span.From), stamp(f.Span.To),
			word(f.Metered.Text()), word(f.Reported.Text()),
			word(f.Beyond.Text()), word(f.Share.Text()), exactly(f.Cost)})
	}
	return []Grid{g, gatewayGrid(b), by}
}

// gatewayGrid is what gateways say themselves, in money of their own, against the bills.
func gatewayGrid(b *fleet.Books) Grid {
	g := Grid{Title: fleet.Text("GATEWAYS  the bill / what each gateway says itself: its budgets go by that"),
		Columns: []column{left(fleet.Text("SOURCE")), left(fleet.Text("PROVIDER")), right(fleet.Text("SAYS")), right(fleet.Text("BILLED")),
			left(fleet.Text("DAY")), right(fleet.Text("SHOWS%")), right(fleet.Text("FACTOR")), right(fleet.Text("LAST")),
			right(fleet.Text("DAYS")), right(fleet.Text("GATEWAYS")), left(fleet.Text("STATE"))}}
	for i := range b.Gateways {
		x := &b.Gateways[i]
		share := word(fleet.Text(fleet.Unknown))
		if s := x.Share(); s.OK {
			share = word(s.V.Text())
		}
		g.Rows = append(g.Rows, []Cell{label(string(x.Source)), label(string(x.Provider)), exactly(x.Told), exactly(x.Billed),
			dayCell(x.LastDay), share, times(x.Rho), times(x.Last), word(fleet.Int(x.Days)), word(fleet.Int(x.Gateways)),
			word(yes(x.Off, fleet.Text("OFF"), fleet.Text("ok")))})
	}
	return g
}

// CostBills are the sources of bills and the files of those that read folders.
func CostBills(s *fleet.Snapshot) []Grid {
	g := Grid{Title: fleet.Text("BILLS"), Columns: []column{left(fleet.Text("SOURCE")), left(fleet.Text("KIND")),
		left(fleet.Text("PROVIDER")), left(fleet.Text("STREAMS")), left(fleet.Text("STATE")),
		left(fleet.Text("DATA TO")), right(fleet.Text("FETCHED")), left(fleet.Text("REFRESHED")), left(fleet.Text("NEXT")),
		right(fleet.Text("LINES")), right(fleet.Text("FILES")),
		right(fleet.Text("CALLS")), right(fleet.Text("PAID")), left(fleet.Text("ERROR"))}}
	files := Grid{Title: fleet.Text("FILES"), Columns: []column{left(fleet.Text("SOURCE")), left(fleet.Text("FILE")),
		left(fleet.Text("FORMAT")), right(fleet.Text("ROWS")),
		left(fleet.Text("COVERS")), left(fleet.Text("TO")), right(fleet.Text("AGE")), left(fleet.Text("SHA-256")), left(fleet.Text("NOT USED"))}}
	b := s.Spend.Books
	if b == nil {
		b = &fleet.Books{}
	}
	for i := range b.Bills {
		x := &b.Bills[i]
		streams := make([]fleet.Safe, len(x.Streams))
		for j, st := range x.Streams {
			streams[j] = fleet.Label(string(st))
		}
		g.Rows = append(g.Rows, []Cell{label(string(x.Source)), label(x.Kind), label(string(x.Provider)), word(fleet.Join(streams,
			fleet.Text(" "))), word(billState(x)),
			stamp(x.Watermark), word(since(x.Fetched, s.At)), stamp(x.Refreshed.V), stamp(x.Next), word(fleet.Int(x.Lines)),
			word(fleet.Int(len(x.Files))), word(fleet.Int(x.Calls)), exactly(x.Paid), word(x.Err)})
		for j := range x.Files {
			f := &x.Files[j]
			sum := f.SHA256
			if len(sum) > 12 {
				sum = sum[:12]
			}
			files.Rows = append(files.Rows, []Cell{label(string(x.Source)), label(f.Name), word(f.Format), word(fleet.Int(f.Rows)),
				stamp(f.Covers.From), stamp(f.Covers.To),
				word(since(f.Written, s.At)), {Text: fleet.Label(sum), Raw: fleet.Label(f.SHA256).String()}, word(f.Why)})
		}
	}
	return []Grid{g, files}
}

func billState(x *fleet.BillStatus) fleet.Safe {
	switch {
	case x.Refused:
		return fleet.Text("REFUSED")
	case x.Stale:
		return fleet.Text("STALE")
	case x.Fetched.IsZero():
		return fleet.Text("UNKNOWN")
	default:
		return fleet.Text("OK")
	}
}
