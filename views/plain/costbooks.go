package plain

import (
	"pitwall/fleet"
)

// CostDays are the days on file, the newest first.
func CostDays(s *fleet.Snapshot) []Grid {
	g := Grid{
		Title: fleet.Text("DAYS  UTC; one stream beside the other, never added"),
		Columns: []column{
			left(fleet.Text("DAY")), left(fleet.Text("PROVIDER")), left(fleet.Text("MODEL")), left(fleet.Text("TIER")),
			right(fleet.Text("METERED")), right(fleet.Text("REPORTED")), right(fleet.Text("BILLED")), left(fleet.Text("CURRENCY")),
			right(fleet.Text("CREDIT")), right(fleet.Text("TOK METERED")), right(fleet.Text("TOK REPORTED")),
			right(fleet.Text("BILLED/EST")), left(fleet.Text("STATE")), right(fleet.Text("WAS")), left(fleet.Text("LACKS")),
		},
	}
	books := booksOf(s)
	for i := range books.Days {
		d := &books.Days[i]
		was := Cell{Text: fleet.Text(fleet.Unknown)}
		if n := len(d.Revised); n > 0 {
			was = exactly(d.Revised[n-1].Cost)
		}
		g.Rows = append(g.Rows, []Cell{
			dayCell(d.Day), label(string(d.Provider)), label(string(d.Model)), label(d.Tier),
			exactly(d.Metered.Cost), exactly(d.Reported.Cost), exactly(d.Billed.Cost), word(currencyOf(d)),
			exactly(d.Credit), shown(d.Metered.Tokens()), shown(d.Reported.Tokens()),
			times(d.Factor), word(yes(d.Closed, fleet.Text("closed"), fleet.Text("open"))), was,
			word(fleet.Join(kept(d.Metered.Missing, d.Reported.Missing, d.Billed.Missing, d.Metered.Converted,
				d.Reported.Converted, d.Billed.Converted), fleet.Text("; "))),
		})
	}
	return []Grid{g}
}

// currencyOf is the currency of a day, by the truest stream that has an amount of it.
func currencyOf(d *fleet.CostDay) fleet.Safe {
	for _, m := range []fleet.Maybe[fleet.Money]{d.Billed.Cost, d.Reported.Cost, d.Metered.Cost} {
		if m.OK {
			return fleet.Label(m.V.Currency())
		}
	}
	return fleet.Text(fleet.Unknown)
}

func booksOf(s *fleet.Snapshot) *fleet.Books {
	if s.Spend.Books == nil {
		return &fleet.Books{}
	}
	return s.Spend.Books
}

// CostFactors are the factors of models and providers, and traffic that passed no gateway.
func CostFactors(s *fleet.Snapshot) []Grid {
	b := booksOf(s)
	return []Grid{factorsGrid(b), gatewayGrid(b), bypassGrid(b)}
}

func factorsGrid(b *fleet.Books) Grid {
	g := Grid{
		Title: fleet.Textf("FACTORS  billed / estimated: median of the last %s, each within %s and %s; more than %s%% off is an alarm",
			fleet.Many(fleet.FactorDays, "closed day"), fleet.Float(fleet.FactorLeast, 1), fleet.Float(fleet.FactorMost, 1),
			fleet.Ratio(fleet.FactorAlarm).Whole()),
		Columns: []column{
			left(fleet.Text("PROVIDER")), left(fleet.Text("MODEL")), left(fleet.Text("TIER")),
			right(fleet.Text("FACTOR")), right(fleet.Text("LOW")), right(fleet.Text("HIGH")), right(fleet.Text("DAYS")),
			right(fleet.Text("LAST")), left(fleet.Text("LAST DAY")), left(fleet.Text("AGAINST")), left(fleet.Text("STATE")),
			left(fleet.Text("HISTORY")),
		},
	}
	for i := range b.Factors {
		f := &b.Factors[i]
		model := label(string(f.Model))
		if f.Model == "" {
			model = word(fleet.Text("(all)"))
		}
		g.Rows = append(g.Rows, []Cell{
			label(string(f.Provider)), model, label(f.Tier),
			times(f.Rho), times(fleet.Some(f.Low)), times(fleet.Some(f.High)), word(fleet.Int(f.Days)),
			times(f.Last), dayCell(f.LastDay), label(string(f.Against)), word(yes(f.Off, fleet.Text("OFF"), fleet.Text("ok"))),
			word(f.Lately(fleet.FactorDays)),
		})
	}
	return g
}

// gatewayGrid is what gateways say themselves, in money of their own, against the bills.
func gatewayGrid(b *fleet.Books) Grid {
	g := Grid{
		Title: fleet.Text("GATEWAYS  the bill / what each gateway says itself: its budgets go by that"),
		Columns: []column{
			left(fleet.Text("SOURCE")), left(fleet.Text("PROVIDER")), right(fleet.Text("SAYS")), right(fleet.Text("BILLED")),
			left(fleet.Text("DAY")), right(fleet.Text("SHOWS%")), right(fleet.Text("FACTOR")), right(fleet.Text("LAST")),
			right(fleet.Text("DAYS")), right(fleet.Text("GATEWAYS")), left(fleet.Text("STATE")),
		},
	}
	for i := range b.Gateways {
		x := &b.Gateways[i]
		share := word(fleet.Text(fleet.Unknown))
		if s := x.Share(); s.OK {
			share = word(s.V.Text())
		}
		g.Rows = append(g.Rows, []Cell{
			label(string(x.Source)), label(string(x.Provider)), exactly(x.Told), exactly(x.Billed),
			dayCell(x.LastDay), share, times(x.Rho), times(x.Last),
			word(fleet.Int(x.Days)), word(fleet.Int(x.Gateways)), word(yes(x.Off, fleet.Text("OFF"), fleet.Text("ok"))),
		})
	}
	return g
}

func bypassGrid(b *fleet.Books) Grid {
	g := Grid{
		Title: fleet.Text("BYPASS  reported tokens that no gateway counted, over time that both cover"),
		Columns: []column{
			left(fleet.Text("PROVIDER")), left(fleet.Text("MODEL")), left(fleet.Text("FROM")), left(fleet.Text("TO")),
			right(fleet.Text("METERED")), right(fleet.Text("REPORTED")), right(fleet.Text("BEYOND")), right(fleet.Text("BEYOND%")),
			right(fleet.Text("EST.")),
		},
	}
	for i := range b.Bypass {
		f := &b.Bypass[i]
		g.Rows = append(g.Rows, []Cell{
			label(string(f.Provider)), label(string(f.Model)), stamp(f.Span.From), stamp(f.Span.To),
			word(f.Metered.Text()), word(f.Reported.Text()), word(f.Beyond.Text()), word(f.Share.Text()),
			exactly(f.Cost),
		})
	}
	return g
}

// CostBills are the sources of bills and the files of those that read folders.
func CostBills(s *fleet.Snapshot) []Grid {
	b := booksOf(s)
	return []Grid{billsGrid(b, s), billFilesGrid(b, s)}
}

func billsGrid(b *fleet.Books, s *fleet.Snapshot) Grid {
	g := Grid{
		Title: fleet.Text("BILLS"),
		Columns: []column{
			left(fleet.Text("SOURCE")), left(fleet.Text("KIND")), left(fleet.Text("PROVIDER")), left(fleet.Text("STREAMS")),
			left(fleet.Text("STATE")), left(fleet.Text("DATA TO")), right(fleet.Text("FETCHED")), left(fleet.Text("REFRESHED")),
			left(fleet.Text("NEXT")), right(fleet.Text("LINES")), right(fleet.Text("FILES")), right(fleet.Text("CALLS")),
			right(fleet.Text("PAID")), left(fleet.Text("ERROR")),
		},
	}
	for i := range b.Bills {
		x := &b.Bills[i]
		streams := make([]fleet.Safe, len(x.Streams))
		for j, st := range x.Streams {
			streams[j] = fleet.Label(string(st))
		}
		g.Rows = append(g.Rows, []Cell{
			label(string(x.Source)), label(x.Kind), label(string(x.Provider)), word(fleet.Join(streams, fleet.Text(" "))),
			word(billState(x)), stamp(x.Watermark), word(since(x.Fetched, s.At)), stamp(x.Refreshed.V),
			stamp(x.Next), word(fleet.Int(x.Lines)), word(fleet.Int(len(x.Files))), word(fleet.Int(x.Calls)),
			exactly(x.Paid), word(x.Err),
		})
	}
	return g
}

func billFilesGrid(b *fleet.Books, s *fleet.Snapshot) Grid {
	g := Grid{
		Title: fleet.Text("FILES"),
		Columns: []column{
			left(fleet.Text("SOURCE")), left(fleet.Text("FILE")), left(fleet.Text("FORMAT")), right(fleet.Text("ROWS")),
			left(fleet.Text("COVERS")), left(fleet.Text("TO")), right(fleet.Text("AGE")), left(fleet.Text("SHA-256")),
			left(fleet.Text("NOT USED")),
		},
	}
	for i := range b.Bills {
		for j := range b.Bills[i].Files {
			f := &b.Bills[i].Files[j]
			g.Rows = append(g.Rows, []Cell{
				label(string(b.Bills[i].Source)), label(f.Name), word(f.Format), word(fleet.Int(f.Rows)),
				stamp(f.Covers.From), stamp(f.Covers.To), word(since(f.Written, s.At)),
				{Text: fleet.Label(f.SHA256[:min(12, len(f.SHA256))]), Raw: fleet.Label(f.SHA256).String()}, word(f.Why),
			})
		}
	}
	return g
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
