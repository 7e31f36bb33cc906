package views

import (
	"cmp"
	"math"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// FactorID identifies a model of a provider, and a tier of service, among the bills.
func FactorID(p fleet.ProviderID, m fleet.ModelName, tier string) string {
	return strings.Join([]string{string(p), string(m), tier}, "\x00")
}

// factorRow is one model with its factor and its newest day.
type factorRow struct {
	f   fleet.Factor
	day *fleet.CostDay // the newest closed one, else the newest; nil where there is none
}

func (r *factorRow) id() string { return FactorID(r.f.Provider, r.f.Model, r.f.Tier) }

// factorRows are the models that bills speak of, and those that only were metered or reported.
func factorRows(s *fleet.Snapshot) []factorRow {
	k := s.Spend.Books
	if k == nil {
		return nil
	}
	rows, at := make([]factorRow, 0, len(k.Factors)), map[string]int{}
	for _, f := range k.Factors {
		at[FactorID(f.Provider, f.Model, f.Tier)] = len(rows)
		rows = append(rows, factorRow{f: f})
	}
	for i := range k.Days { // the newest first
		d := &k.Days[i]
		id := FactorID(d.Provider, d.Model, d.Tier)
		n, known := at[id]
		if !known {
			n, at[id] = len(rows), len(rows)
			rows = append(rows, factorRow{f: fleet.Factor{Provider: d.Provider, Model: d.Model, Tier: d.Tier}})
		}
		if r := &rows[n]; r.day == nil || d.Closed && !r.day.Closed {
			r.day = d
		}
	}
	return rows
}

var factorKind = rowKind[factorRow]{
	id: (*factorRow).id,
	text: func(r *factorRow) string {
		return searched(string(r.f.Provider), string(r.f.Model), r.f.Tier, r.note().String())
	},
	rank: func(r *factorRow) int { // what is furthest off first, then what costs most
		off := 0.0
		if r.f.Rho.OK {
			off = math.Abs(r.f.Rho.V - 1)
		}
		if r.f.Last.OK {
			off = max(off, math.Abs(r.f.Last.V-1))
		}
		rank := int(r.cost() / 1000)
		if r.f.Off {
			rank += 1_000_000 + int(off*1e6)
		}
		return rank
	},
	by: func(a, b *factorRow, key string) int {
		if key == "name" {
			return cmp.Or(strings.Compare(string(a.f.Provider), string(b.f.Provider)), strings.Compare(string(a.f.Model), string(b.f.Model)))
		}
		return cmp.Compare(b.cost(), a.cost())
	},
}

func (r *factorRow) cost() float64 {
	if r.day == nil {
		return 0
	}
	best, _ := r.day.Best()
	return best.V.Float()
}

func factorList(s *fleet.Snapshot, t Table) *listing[factorRow] {
	return list(factorRows(s), t, factorKind)
}

// note says what is wrong, or lacking, with a model's bills.
func (r *factorRow) note() fleet.Safe {
	d := r.day
	switch {
	case r.f.Off && r.f.Last.OK && r.f.Last.V > 0:
		return fleet.Concat(fleet.Ratio(1/r.f.Last.V).Whole(), fleet.Text("% of the bill was "), fleet.Label(string(r.f.Against)))
	case d == nil:
		return fleet.Safe{}
	case len(d.Revised) > 0:
		last := d.Revised[len(d.Revised)-1]
		return fleet.Concat(fleet.Text("revised, was "), amount(last.Cost), fleet.Text(" on "), fleet.Label(last.At.UTC().Format("01-02")))
	case !d.Billed.Cost.OK && d.Metered.Missing.IsEmpty():
		return fleet.Text("no bill yet")
	case !d.Metered.Missing.IsEmpty():
		return d.Metered.Missing
	case len(d.Billed.Others) > 0:
		return fleet.Concat(fleet.Text("also "), d.Billed.Others[0].Text(), fleet.Text(", not converted"))
	default:
		return d.Billed.Converted
	}
}

var factorColumns = []part.Column{
	{Key: "name", Title: fleet.Text("MODEL"), Width: 17, Most: 30},
	{Title: fleet.Text("PROVIDER"), Width: 9, Most: 16, Drop: 2},
	{Title: fleet.Text("DAY"), Width: 5},
	{Title: fleet.Text("METERED"), Width: 8, Align: part.Right},
	{Title: fleet.Text("REPORTED"), Width: 8, Align: part.Right},
	{Key: "cost", Title: fleet.Text("BILLED"), Width: 8, Align: part.Right},
	{Title: fleet.Text("FACTOR"), Width: 6, Align: part.Right},
	{Title: fleet.Text("7 DAYS"), Width: 6, Align: part.Right, Drop: 3},
	{Title: fleet.Text("HISTORY"), Width: 8, Most: 16, Drop: 5, Least: normalWidth},
	{Title: fleet.Safe{}, Width: 16, Most: 60, Drop: 1},
}

func factorPane(b *part.Block, sc Scene, l *listing[factorRow], u BillsState, n int) {
	from, to := window(l.ids, u.Factors, n)
	b.Rule(fleet.Text("METERED, REPORTED, BILLED"), fleet.Join(nonEmpty(fleet.Text("last closed day"),
		filterNote(u.Factors)),
		fleet.Text("  ")), fleet.Concat(position(from, to, len(l.ids)), fleet.Text("  enter days")))
	g := part.Layout(factorColumns, b.Width(), u.Factors.Column)
	g.Sort = u.Factors.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		r := &l.rows[k]
		c := g.Cells()
		name := fleet.Label(string(r.f.Model))
		if r.f.Model == "" {
			name = fleet.Concat(fleet.Text("all of "), fleet.Label(string(r.f.Provider)))
		}
		if r.f.Tier != "" {
			name = fleet.Concat(name, fleet.Text(" "), fleet.Label(r.f.Tier))
		}
		c[0], c[1] = part.Cell{Text: name}, part.Cell{Text: fleet.Label(string(r.f.Provider)), Role: themes.Dim}
		if d := r.day; d != nil {
			c[2] = part.Cell{Text: fleet.Label(d.Day.UTC().Format("01-02")), Role: themes.Dim}
			fillStreams(c[3:6], d)
		}
		role := themes.Text
		if r.f.Off {
			role = themes.Bad
		}
		c[6], c[7] = part.Cell{Text: factorText(r.f.Last), Role: role}, part.Cell{Text: factorText(r.f.Rho), Role: role}
		c[8] = historyCell(r.f.History)
		c[9] = part.Cell{Text: r.note(), Role: themes.Dim}
		g.Row(b, c, u.pane() == "billfactors" && l.ids[k] == u.Factors.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Put(themes.Dim, noBills(sc)).End()
	}
	noMatch(b, l.all, len(l.ids))
}

// historyCell draws the factors of earlier days around 1.
func historyCell(t fleet.Trend) part.Cell {
	return part.Cell{Spark: true, Trend: t, Span: len(t.V), Role: themes.Dim}
}

// fillStreams draws what the streams say of one day. An amount that may still grow, or lacks something, begins with "~".
func fillStreams(c []part.Cell, d *fleet.CostDay) {
	for i, s := range []*fleet.StreamSum{&d.Metered, &d.Reported, &d.Billed} {
		c[i] = part.Cell{Text: amount(s.Cost)}
		if s.Cost.OK && (i < 2 || !d.Closed) {
			c[i].Lead = fleet.Text("~")
		}
	}
}

// noBills says what to do where no bill is known.
func noBills(sc Scene) fleet.Safe {
	if k := sc.Snap.Spend.Books; k != nil && len(k.Bills) > 0 {
		return fleet.Text("no source of bills has answered yet")
	}
	return fleet.Text("nothing to reconcile with: no source of bills; bills: in the config")
}

// pointsTrend is one stream of a chart of days.
func pointsTrend(points []fleet.CostPoint, of func(p *fleet.CostPoint) fleet.Maybe[fleet.Money]) fleet.Trend {
	t := fleet.Trend{Step: 24 * time.Hour}
	known := false
	for i := range points {
		v := math.NaN()
		if m := of(&points[i]); m.OK {
			v, known = m.V.Float(), true
		}
		t.V, t.End = append(t.V, v), points[i].Span.To
	}
	if !known {
		return fleet.Trend{}
	}
	return t
}
