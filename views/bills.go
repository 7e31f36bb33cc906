package views

import (
	"cmp"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// BillsState is what the screen of bills remembers. With Of set it shows the days of that model.
type BillsState struct {
	Pane    string // "billfactors", "billparts", "billsources"
	Factors Table
	Parts   Table
	Sources Table
	Of      string // FactorID
	Days    Table
}

func (u BillsState) pane() string { return cmp.Or(u.Pane, "billfactors") }

// Bills shows how what was metered compares with what providers report and charge, by what the money can be parted, and how old
// each source's word is. The streams stand beside each other.
func Bills(sc Scene, u BillsState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, false, func(b *part.Block, rows int) {
		if u.Of != "" {
			billDays(b, sc, u, rows)
			return
		}
		billsHead(b, sc, rows >= 30)
		panes := billPanes(sc, u)
		shares := make([]*share, len(panes))
		for i, p := range panes {
			shares[i] = &share{least: 1, want: max(1, p.rows), weight: 1}
			if p.name == u.pane() {
				shares[i].weight, shares[i].least = 3, 2
			}
		}
		chart := 0
		if b.Width() >= normalWidth && rows >= 30 {
			chart = max(8, rows/4)
		}
		divide(rows-b.Len()-2*len(panes)-chart, shares)
		for i, p := range panes {
			p.draw(b, shares[i].got)
		}
		if left := rows - b.Len(); chart > 0 && left >= 4 {
			billChart(b, sc, left)
		}
	})
}

// BillsOrder tells the order of the tables of the screen of bills by pane.
func BillsOrder(sc Scene, u BillsState) map[string][]string {
	out := map[string][]string{}
	if sc.Snap == nil {
		return out
	}
	out["billfactors"] = factorList(sc.Snap, u.Factors).ids
	out["billparts"] = partList(sc.Snap, u.Parts).ids
	out["billsources"] = billSourceList(sc.Snap, u.Sources).ids
	out["billdays"] = dayList(sc.Snap, u).ids
	return out
}

// billPane is one table of the screen with how many rows it would like.
type billPane struct {
	name string
	rows int
	draw func(b *part.Block, n int)
}

func billPanes(sc Scene, u BillsState) []billPane {
	factors, parts, sources := factorList(sc.Snap, u.Factors), partList(sc.Snap, u.Parts), billSourceList(sc.Snap, u.Sources)
	return []billPane{
		{"billfactors", len(factors.ids), func(b *part.Block, n int) { factorPane(b, sc, factors, u, n) }},
		{"billparts", len(parts.ids), func(b *part.Block, n int) { partPane(b, parts, u, n) }},
		{"billsources", len(sources.ids), func(b *part.Block, n int) { billSourcePane(b, sc, sources, u, n) }},
	}
}

// billsHead says which bills are far off, what the month cost and when its limits end, then what no figure below holds.
func billsHead(b *part.Block, sc Scene, tall bool) {
	s := &sc.Snap.Spend
	b.Rule(fleet.Text("BILLS  UTC"), booksProblem(s.Books), fleet.Text("6 burn now"))
	gatewayLines(b, s.Books, 2)
	offLines(b, sc, 2)
	if tall { // a low screen leaves the present burn to 6
		paceLine(b, s)
	}
	monthLine(b, s)
	endLines(b, sc, 2)
	if s.Books == nil {
		return
	}
	for i := range s.Books.Bypass {
		if i == 2 {
			break
		}
		wrapped(b, themes.Warn, bypassText(&s.Books.Bypass[i]))
	}
	unlistedLines(b, s, 2)
}

// gatewayLines say which gateways' own figures are far from the bill, at most n of them: their budgets go by those.
func gatewayLines(b *part.Block, k *fleet.Books, n int) {
	if k == nil {
		return
	}
	for i := range k.Gateways {
		if g := &k.Gateways[i]; g.Off && n > 0 {
			n--
			wrapped(b, themes.Bad, gatewayText(g))
		}
	}
}

// offLines say which bills are far from what was counted, the furthest first, at most n of them, with the days behind that.
func offLines(b *part.Block, sc Scene, n int) {
	for _, r := range factorList(sc.Snap, Table{}).rows {
		if n == 0 || !r.f.Off {
			return
		}
		n--
		wrapped(b, themes.Bad, offText(&r.f))
	}
}

// offText is one factor beyond its alarm: "OFF openai gpt-4o 11-20: metered shows 10% of the bill (x10; alarm beyond 10%); last days x9".
func offText(f *fleet.Factor) fleet.Safe {
	text := fleet.Textf("OFF %s %s %s:", fleet.Label(string(f.Provider)), orAll(f.Model), dayOfMonth(f.LastDay))
	switch {
	case f.Last.OK && f.Last.V > 0:
		text = fleet.Textf("%s %s shows %s%% of the bill (%s; alarm beyond %s%%)", text, orUnknown(fleet.Label(string(f.Against))),
			fleet.Ratio(1/f.Last.V).Whole(), factorText(f.Last), fleet.Ratio(fleet.FactorAlarm).Whole())
	default:
		text = fleet.Textf("%s bills are %s of the estimate (alarm beyond %s%%)", text, factorText(f.Rho), fleet.Ratio(fleet.FactorAlarm).Whole())
	}
	if history := f.Lately(fleet.FactorDays); !history.IsEmpty() {
		text = fleet.Textf("%s; last days %s", text, history)
	}
	return text
}

// orAll is a model, or all of a provider's where a bill names none.
func orAll(m fleet.ModelName) fleet.Safe {
	if m == "" {
		return fleet.Text("(all models)")
	}
	return fleet.Quote(string(m))
}

// unlistedLines are traffic without a price, each with the line that would give it one, at most n of them.
func unlistedLines(b *part.Block, s *fleet.Spend, n int) {
	for i := range s.Unlisted[:min(n, len(s.Unlisted))] {
		wrapped(b, themes.Warn, unlistedText(&s.Unlisted[i]))
	}
	if more := len(s.Unlisted) - n; more > 0 {
		b.Gap(3).Put(themes.Warn, fleet.Textf("and %s more: pitwall cost lists them", fleet.Int(more))).End()
	}
}

func booksProblem(k *fleet.Books) fleet.Safe {
	if k == nil {
		return fleet.Text("nothing is on file yet")
	}
	return k.Problem
}

// gatewayText says how much of a bill a gateway's own figures show.
func gatewayText(g *fleet.GatewayFactor) fleet.Safe {
	share := fleet.Text(fleet.Unknown)
	if x := g.Share(); x.OK {
		share = x.V.Whole()
	}
	text := fleet.Concat(fleet.Text("GATEWAY "), fleet.Label(string(g.Source)), fleet.Text(" shows "), share, fleet.Text("% of the bill of "),
		fleet.Label(string(g.Provider)), fleet.Text(": "), amount(g.Told), fleet.Text(" of "), amount(g.Billed), fleet.Text(" on "),
		fleet.Label(g.LastDay.UTC().Format("01-02")), fleet.Text(", factor "), factorText(g.Rho), fleet.Text(" over "),
		fleet.Many(g.Days, "day"))
	if g.Gateways > 1 {
		text = fleet.Concat(text, fleet.Text(", one of "), fleet.Int(g.Gateways))
	}
	return text
}

// bypassText says what a provider counted that no gateway did.
func bypassText(y *fleet.Bypass) fleet.Safe {
	text := fleet.Concat(fleet.Text("BYPASS "), fleet.Label(string(y.Provider)), fleet.Text(" "), fleet.Label(string(y.Model)),
		fleet.Text(": "),
		y.Share.Whole(), fleet.Text("% of its "), fleet.Label(y.Span.From.UTC().Format("01-02")), fleet.Text(" passed no gateway ("),
		y.Beyond.Text(),
		fleet.Text(" tokens"))
	if y.Cost.OK {
		text = fleet.Concat(text, fleet.Text(", ~"), amount(y.Cost))
	}
	return fleet.Concat(text, fleet.Text(")"))
}

// unlistedText is traffic without a price, with the line that would give it one.
func unlistedText(x *fleet.Unpriced) fleet.Safe {
	text := fleet.Concat(fleet.Text("UNPRICED "), fleet.Label(string(x.Model)), fleet.Text(", "), fleet.Show(x.Tokens),
		fleet.Text(" tok/s in no sum"))
	if !x.Line.IsEmpty() {
		text = fleet.Concat(text, fleet.Text("; for the price file: "), x.Line)
	}
	return text
}

// billChart draws the days of the month by stream.
func billChart(b *part.Block, sc Scene, n int) {
	k := sc.Snap.Spend.Books
	if k == nil || len(k.Chart) == 0 {
		b.Fill(b.Len() + n)
		return
	}
	streams := []struct {
		name string
		of   func(p *fleet.CostPoint) fleet.Maybe[fleet.Money]
	}{
		{"billed", func(p *fleet.CostPoint) fleet.Maybe[fleet.Money] { return p.Billed }},
		{"metered", func(p *fleet.CostPoint) fleet.Maybe[fleet.Money] { return p.Metered }},
		{"reported", func(p *fleet.CostPoint) fleet.Maybe[fleet.Money] { return p.Reported }},
		{"capacity", func(p *fleet.CostPoint) fleet.Maybe[fleet.Money] { return p.Capacity }},
	}
	var lines []line
	for _, s := range streams {
		if t := pointsTrend(k.Chart, s.of); len(t.V) > 0 {
			lines = append(lines, line{s.name, t})
		}
	}
	// The window is the days that are on file, whatever is looked back over elsewhere.
	sc.Window = k.Chart[len(k.Chart)-1].Span.To.Sub(k.Chart[0].Span.From)
	sc.Now = k.Chart[len(k.Chart)-1].Span.To
	chartPane(b, sc, chartSpec{title: fleet.Text("$ A DAY by stream"), lines: lines, label: dollarLabel}, n)
}
