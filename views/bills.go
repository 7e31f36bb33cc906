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
		billsHead(b, sc)
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

// billsHead says what the month cost and when its limits end, then what no figure below holds.
func billsHead(b *part.Block, sc Scene) {
	s := &sc.Snap.Spend
	b.Rule(fleet.Text("BILLS  UTC"), booksProblem(s.Books), fleet.Text("6 burn now"))
	paceLine(b, s)
	monthLine(b, s)
	endLines(b, sc, 2)
	if s.Books == nil {
		return
	}
	for i := range s.Books.Gateways {
		if g := &s.Books.Gateways[i]; g.Off {
			b.Gap(1).Put(themes.Warn, gatewayText(g)).End()
		}
	}
	for i := range s.Books.Bypass {
		if i == 2 {
			break
		}
		b.Gap(1).Put(themes.Warn, bypassText(&s.Books.Bypass[i])).End()
	}
	for i := range s.Unlisted {
		if i == 2 {
			break
		}
		b.Gap(1).Put(themes.Warn, unlistedText(&s.Unlisted[i])).End()
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
