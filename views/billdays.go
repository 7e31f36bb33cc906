package views

import (
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var dayKind = rowKind[*fleet.CostDay]{
	id:   func(d **fleet.CostDay) string { return (*d).Day.UTC().Format("2006-01-02") },
	text: func(d **fleet.CostDay) string { return (*d).Day.UTC().Format("2006-01-02") },
	rank: func(**fleet.CostDay) int { return 0 },
}

// dayList is the days of the model that is shown, the newest first.
func dayList(s *fleet.Snapshot, u BillsState) *listing[*fleet.CostDay] {
	var rows []*fleet.CostDay
	if k := s.Spend.Books; k != nil && u.Of != "" {
		for i := range k.Days {
			if d := &k.Days[i]; FactorID(d.Provider, d.Model, d.Tier) == u.Of {
				rows = append(rows, d)
			}
		}
	}
	return list(rows, u.Days, dayKind)
}

var dayColumns = []part.Column{
	{Title: fleet.Text("DAY"), Width: 10},
	{Title: fleet.Text("METERED"), Width: 8, Align: part.Right},
	{Title: fleet.Text("REPORTED"), Width: 8, Align: part.Right},
	{Title: fleet.Text("BILLED"), Width: 8, Align: part.Right},
	{Title: fleet.Text("CREDIT"), Width: 7, Align: part.Right, Drop: 2},
	{Title: fleet.Text("FACTOR"), Width: 6, Align: part.Right},
	{Title: fleet.Text("STATE"), Width: 9},
	{Title: fleet.Text("TOK MET"), Width: 7, Align: part.Right, Drop: 4, Least: normalWidth},
	{Title: fleet.Text("TOK REP"), Width: 7, Align: part.Right, Drop: 3, Least: normalWidth},
	{Title: fleet.Safe{}, Width: 12, Most: 90, Drop: 1},
}

// billDays shows the days of one model, each stream by itself, and what the selected day is made of.
func billDays(b *part.Block, sc Scene, u BillsState, rows int) {
	name := strings.Split(u.Of, "\x00")
	title := fleet.Text("DAYS of ")
	for i, n := range name {
		if n != "" {
			title = fleet.Concat(title, fleet.Label(n))
			if i == 0 {
				title = fleet.Concat(title, fleet.Text(" "))
			}
		}
	}
	l := dayList(sc.Snap, u)
	below := newPage(sc, b.Width())
	if d := l.chosen(u.Days); d != nil {
		dayFacts(below, *d)
	}
	below.Cut(max(0, rows-6))
	n := max(1, rows-below.Len()-2)
	from, to := window(l.ids, u.Days, n)
	b.Rule(title, fleet.Text("UTC"), fleet.Concat(position(from, to, len(l.ids)), fleet.Text("  esc back")))
	g := part.Layout(dayColumns, b.Width(), u.Days.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		d := l.rows[k]
		c := g.Cells()
		c[0] = part.Cell{Text: fleet.Label(l.ids[k])}
		fillStreams(c[1:4], d)
		c[4] = part.Cell{Text: amount(d.Credit), Role: themes.Dim}
		c[5] = part.Cell{Text: factorText(d.Factor)}
		if d.Factor.OK && (d.Factor.V > 1+fleet.FactorAlarm || d.Factor.V < 1-fleet.FactorAlarm) {
			c[5].Role = themes.Bad
		}
		c[6] = part.Cell{Text: dayState(d), Role: themes.Dim}
		c[7], c[8] = part.Cell{Text: fleet.Show(d.Metered.Tokens())}, part.Cell{Text: fleet.Show(d.Reported.Tokens())}
		c[9] = part.Cell{Text: fleet.Join(nonEmpty(d.Metered.Missing, d.Reported.Missing, d.Billed.Missing), fleet.Text("; ")), Role: themes.Dim}
		g.Row(b, c, l.ids[k] == u.Days.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Say(themes.Dim, "no day of it is on file").End()
	}
	b.Append(below.Block)
}

// dayState says whether the bill of a day may still change.
func dayState(d *fleet.CostDay) fleet.Safe {
	switch {
	case d.Closed:
		return fleet.Text("closed")
	case d.Billed.Estimated:
		return fleet.Text("estimated")
	case d.Billed.Told:
		return fleet.Text("open")
	default:
		return fleet.Text("no bill")
	}
}

// dayFacts tell what each stream says of one day, in full.
func dayFacts(p *page, d *fleet.CostDay) {
	p.Rule(fleet.Label(d.Day.UTC().Format("2006-01-02")), dayState(d), fleet.Concat(fleet.Text("factor against "),
		orUnknown(fleet.Label(string(d.Against)))))
	for _, s := range []struct {
		name fleet.Safe
		sum  *fleet.StreamSum
	}{{fleet.Text("metered"), &d.Metered}, {fleet.Text("reported"), &d.Reported}, {fleet.Text("billed"), &d.Billed}} {
		p.tell(s.name, themes.Text, streamText(s.sum), 2)
	}
	if d.Credit.OK {
		p.tell(fleet.Text("credit"), themes.Text, fleet.Concat(d.Credit.V.Text(), fleet.Text(", not contained in billed")), 1)
	}
	for i := range d.Revised {
		p.tell(fleet.Text("revised"), themes.Dim, fleet.Concat(fleet.Text("was "), amount(d.Revised[i].Cost), fleet.Text(" as read "),
			fleet.Stamp(d.Revised[i].At)), 1)
	}
}

// streamText is everything that one stream says of one time.
func streamText(s *fleet.StreamSum) fleet.Safe {
	if !s.Told {
		return fleet.Text("- (it does not speak of this day)")
	}
	cost := fleet.Text(fleet.Unknown)
	if s.Cost.OK {
		cost = s.Cost.V.Text()
	}
	parts := []fleet.Safe{cost}
	for _, o := range s.Others {
		parts = append(parts, fleet.Concat(fleet.Text("and "), o.Text(), fleet.Text(", not converted")))
	}
	for _, k := range usageKinds {
		if n, ok := s.Uses[k]; ok {
			parts = append(parts, fleet.Concat(fleet.Label(string(k)), fleet.Text(" "), fleet.Label(n.String())))
		}
	}
	if s.Source != "" {
		parts = append(parts, fleet.Concat(fleet.Text("by "), fleet.Label(string(s.Source)), fleet.Text(", read "), fleet.Stamp(s.At)))
	}
	for _, o := range s.Also {
		parts = append(parts, fleet.Concat(fleet.Label(string(o.Source)), fleet.Text(" says "), amount(o.Cost)))
	}
	if !s.Converted.IsEmpty() {
		parts = append(parts, fleet.Concat(fleet.Text("converted: "), s.Converted))
	}
	if !s.Whole {
		parts = append(parts, fleet.Concat(fleet.Text("to "), dayHour(s.Until)))
	}
	return fleet.Join(append(parts, nonEmpty(s.Missing)...), fleet.Text(", "))
}

// usageKinds are the buckets in the order in which they are told.
var usageKinds = []fleet.UsageKind{fleet.UseInput, fleet.UseCacheRead, fleet.UseCacheWrite5m, fleet.UseCacheWrite1h, fleet.UseOutput,
	fleet.UseAudioIn, fleet.UseAudioOut, fleet.UseImageIn, fleet.UseImageOut, fleet.UseRequests, fleet.UseToolCalls, fleet.UseImages,
	fleet.UseVideoSeconds, fleet.UseAudioSeconds, fleet.UseCharacters, fleet.UseStorage, fleet.UseHours}
