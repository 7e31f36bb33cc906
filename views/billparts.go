package views

import (
	"cmp"
	"slices"
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var partKind = rowKind[fleet.SpendRow]{
	id: func(r *fleet.SpendRow) string { return SpendRowID(r.By, r.Name) },
	text: func(r *fleet.SpendRow) string {
		return searched(string(r.By), r.Name, string(r.Provider), r.Why.String())
	},
	rank: func(r *fleet.SpendRow) int { return -slices.Index(spendKinds, r.By) },
	by: func(a, b *fleet.SpendRow, key string) int {
		if key == "name" {
			return strings.Compare(a.Name, b.Name)
		}
		return cmp.Compare(b.Pace.Rate.V, a.Pace.Rate.V)
	},
}

// spendKinds are what money is parted by, as the table shows it.
var spendKinds = []fleet.SpendBy{fleet.SpendByTeam, fleet.SpendByKey, fleet.SpendByModel, fleet.SpendByRoute, fleet.SpendByPool,
	fleet.SpendByProvider}

// SpendRowID identifies one part of the spend.
func SpendRowID(by fleet.SpendBy, name string) string { return string(by) + "\x00" + name }

func partList(s *fleet.Snapshot, t Table) *listing[fleet.SpendRow] {
	return list(slices.Clone(s.Spend.Rows), t, partKind)
}

var partsColumns = []part.Column{
	{Title: fleet.Text("BY"), Width: 8},
	{Key: "name", Title: fleet.Text("NAME"), Width: 16, Most: 36},
	{Key: "cost", Title: fleet.Text("$/H 15m"), Width: 8, Align: part.Right},
	{Title: fleet.Text("$/H 1m"), Width: 7, Align: part.Right},
	{Title: fleet.Text("TODAY"), Width: 8, Align: part.Right},
	{Title: fleet.Text("MONTH"), Width: 8, Align: part.Right},
	{Title: fleet.Text("STREAM"), Width: 8},
	{Title: fleet.Text("TO"), Width: 12, Drop: 4, Least: normalWidth},
	{Title: fleet.Text("$/1M"), Width: 6, Align: part.Right, Drop: 5},
	{Title: fleet.Text("FULL"), Width: 6, Align: part.Right, Drop: 6, Least: normalWidth},
	{Title: fleet.Text("FACTOR"), Width: 6, Align: part.Right, Drop: 7, Least: normalWidth},
	{Title: fleet.Safe{}, Width: 10, Most: 60, Drop: 8},
}

func partPane(b *part.Block, l *listing[fleet.SpendRow], u BillsState, n int) {
	from, to := window(l.ids, u.Parts, n)
	b.Rule(fleet.Text("SPEND  each BY parts the same money anew"), filterNote(u.Parts), position(from, to, len(l.ids)))
	g := part.Layout(partsColumns, b.Width(), u.Parts.Column)
	g.Sort = u.Parts.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		r := &l.rows[k]
		c := g.Cells()
		c[0], c[1] = part.Cell{Text: fleet.Label(string(r.By)), Role: themes.Dim}, part.Cell{Text: fleet.Label(r.Name)}
		c[2], c[3] = figureOf(r.Pace.Rate, true), figureOf(r.Pace.Needle, true)
		c[4], c[5] = part.Cell{Text: amount(r.Today)}, part.Cell{Text: amount(r.Month)}
		c[6] = part.Cell{Text: fleet.Label(string(r.Stream)), Role: themes.Dim}
		c[7] = part.Cell{Text: fleet.Text("now"), Role: themes.Dim}
		if !r.Until.IsZero() {
			c[7].Text = dayHour(r.Until)
		}
		c[8], c[9] = part.Cell{Text: fleet.Show(r.PerMTok)}, part.Cell{Text: fleet.Show(r.Usage)}
		c[10] = part.Cell{Text: factorText(r.Rho)}
		c[11] = part.Cell{Text: r.Why, Role: themes.Dim}
		g.Row(b, c, u.pane() == "billparts" && l.ids[k] == u.Parts.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Say(themes.Dim, "nothing is measured yet").End()
	}
	noMatch(b, l.all, len(l.ids))
}

var billSourceKind = rowKind[fleet.BillStatus]{
	id: func(r *fleet.BillStatus) string { return string(r.Source) },
	text: func(r *fleet.BillStatus) string {
		return searched(string(r.Source), r.Kind, string(r.Provider), r.Err.String())
	},
	rank: func(r *fleet.BillStatus) int { return count(r.Stale)*2 + count(!r.Err.IsEmpty()) },
	by:   func(a, b *fleet.BillStatus, _ string) int { return strings.Compare(string(a.Source), string(b.Source)) },
}

func billSourceList(s *fleet.Snapshot, t Table) *listing[fleet.BillStatus] {
	if s.Spend.Books == nil {
		return &listing[fleet.BillStatus]{}
	}
	return list(slices.Clone(s.Spend.Books.Bills), t, billSourceKind)
}

var billSourceColumns = []part.Column{
	{Key: "name", Title: fleet.Text("SOURCE"), Width: 16, Most: 30},
	{Title: fleet.Text("OF"), Width: 9, Most: 16, Drop: 3},
	{Title: fleet.Text("STREAMS"), Width: 16, Most: 26, Drop: 2},
	{Title: fleet.Text("DATA TO"), Width: 12},
	{Title: fleet.Text("LAG"), Width: 4, Align: part.Right},
	{Title: fleet.Text("READ"), Width: 5, Align: part.Right},
	{Title: fleet.Text("NEXT"), Width: 5, Align: part.Right, Drop: 4},
	{Title: fleet.Text("PAID"), Width: 7, Align: part.Right, Drop: 5, Least: normalWidth},
	{Title: fleet.Safe{}, Width: 16, Most: 90, Drop: 1},
}

func billSourcePane(b *part.Block, sc Scene, l *listing[fleet.BillStatus], u BillsState, n int) {
	active := u.pane() == "billsources"
	var files []fleet.Safe
	if r := l.chosen(u.Sources); active && r != nil {
		files = billFacts(r, sc)
	}
	rows := max(1, n-min(len(files), n/2))
	from, to := window(l.ids, u.Sources, rows)
	b.Rule(fleet.Text("SOURCES OF BILLS"), filterNote(u.Sources), position(from, to, len(l.ids)))
	g := part.Layout(billSourceColumns, b.Width(), u.Sources.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		fillBillSource(b, &g, sc, &l.rows[k], active && l.ids[k] == u.Sources.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Put(themes.Dim, noBills(sc)).End()
	}
	noMatch(b, l.all, len(l.ids))
	for i, f := range files {
		if i >= n-(to-from) {
			break
		}
		b.Gap(4).Put(themes.Dim, f).End()
	}
}

func fillBillSource(b *part.Block, g *part.Grid, sc Scene, r *fleet.BillStatus, selected bool) {
	c := g.Cells()
	streams := make([]fleet.Safe, len(r.Streams))
	for i, s := range r.Streams {
		streams[i] = fleet.Label(string(s))
	}
	c[0], c[1] = part.Cell{Text: fleet.Label(string(r.Source))}, part.Cell{Text: orUnknown(fleet.Label(string(r.Provider))), Role: themes.Dim}
	c[2] = part.Cell{Text: fleet.Join(streams, fleet.Text(" ")), Role: themes.Dim}
	c[3], c[4] = part.Cell{Text: dayHour(r.Watermark)}, part.Cell{Text: ageText(r.Watermark, sc.Now)}
	c[5] = part.Cell{Text: ageText(r.Fetched, sc.Now)}
	if r.Stale {
		c[5].Role = themes.Stale
	}
	c[6] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	if left := r.Next.Sub(sc.Now); !r.Next.IsZero() {
		c[6].Text = fleet.Age(max(0, left))
	}
	c[7] = part.Cell{Text: amount(r.Paid), Role: themes.Dim}
	c[8] = part.Cell{Text: billWord(r), Role: themes.Dim}
	if !r.Err.IsEmpty() {
		c[8].Role = themes.Bad
	}
	g.Row(b, c, selected)
}

// billWord is the most important thing about a source in a few words.
func billWord(r *fleet.BillStatus) fleet.Safe {
	switch {
	case !r.Err.IsEmpty():
		return r.Err
	case r.Fetched.IsZero():
		return fleet.Text("not read yet")
	case len(r.Files) > 0:
		unused := 0
		for i := range r.Files {
			unused += count(!r.Files[i].Why.IsEmpty())
		}
		if unused > 0 {
			return fleet.Concat(fleet.Many(len(r.Files), "file"), fleet.Text(", "), fleet.Int(unused), fleet.Text(" not used whole"))
		}
		return fleet.Many(len(r.Files), "file")
	case r.Balance.OK:
		return fleet.Concat(amount(r.Balance), fleet.Text(" of credit left"))
	default:
		return fleet.Concat(fleet.Many(r.Lines, "line"), fleet.Text(" on file"))
	}
}

// billFacts are the files of a source, and the limits that it tells of.
func billFacts(r *fleet.BillStatus, sc Scene) []fleet.Safe {
	var out []fleet.Safe
	for i := range r.Limits {
		x := &r.Limits[i]
		kind := fleet.Text("alert")
		if x.Hard {
			kind = fleet.Text("limit")
		}
		out = append(out, fleet.Join(nonEmpty(fleet.Concat(kind, fleet.Text(" of "), x.Of, fleet.Text(": "), amount(x.Spent), fleet.Text(" of "),
			amount(x.Max)), x.Enforcing), fleet.Text(", ")))
	}
	for i := range r.Files {
		f := &r.Files[i]
		text := fleet.Concat(fleet.Label(f.Name), fleet.Text("  "), f.Format, fleet.Text(", "), fleet.Many(f.Rows, "row"))
		if f.Covers.Length() > 0 {
			text = fleet.Concat(text, fleet.Text(", "), fleet.Label(f.Covers.From.UTC().Format("2006-01-02")), fleet.Text(" to "),
				fleet.Label(f.Covers.To.UTC().Format("2006-01-02")))
		}
		text = fleet.Concat(text, fleet.Text(", written "), ageText(f.Written, sc.Now), fleet.Text(" ago"))
		if len(f.SHA256) >= 12 {
			text = fleet.Concat(text, fleet.Text(", sha256 "), fleet.Label(f.SHA256[:12]))
		}
		out = append(out, fleet.Join(nonEmpty(text, f.Why), fleet.Text(": ")))
	}
	return out
}
