package billfolder

import (
	"cmp"
	"slices"
	"time"

	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// reading makes what the Hub is told of all files. It is shared afterwards and never changed.
func (f *Folder) reading() *fleet.BillReading {
	out := &fleet.BillReading{}
	files := f.ordered()
	var sums []sum
	stand(deliveries(files), func(c *content, cell *sheet.Cell) { sums = append(sums, sum{c, cell}) })
	slices.SortStableFunc(sums, sum.compare)
	out.Lines = make([]fleet.BillLine, 0, len(sums))
	for _, x := range sums {
		if !slices.Contains(out.Streams, x.cell.Stream) {
			out.Streams = append(out.Streams, x.cell.Stream)
		}
		out.Lines = append(out.Lines, f.line(x.c, x.cell))
	}
	answered := map[party][]sheet.Range{}
	for _, x := range files {
		out.Files = append(out.Files, x.told())
		if x.good == nil {
			continue
		}
		for p, r := range x.good.parties {
			answered[p] = append(answered[p], r)
		}
		if end := time.Unix(x.good.data.To, 0).UTC(); !x.good.data.Empty() && end.After(out.Watermark) {
			out.Watermark = end
		}
	}
	for p := range answered {
		if !slices.Contains(out.Streams, p.stream) {
			out.Streams = append(out.Streams, p.stream)
		}
	}
	slices.Sort(out.Streams)
	if out.Covers = common(answered, out.Lines); out.Covers == nil {
		out.Apart = f.apart(answered, out.Lines)
	}
	return out
}

// party is one stream of one provider.
type party struct {
	stream   fleet.Stream
	provider string
}

// apart are the times that the folder answers for by stream and provider: that one's file covers a day does not mean that
// another's use of it is known.
func (f *Folder) apart(answered map[party][]sheet.Range, lines []fleet.BillLine) []fleet.BillCover {
	charged := map[party][]fleet.Span{}
	whose := func(p party) party {
		if p.provider == string(f.spec.Subject.Provider) {
			p.provider = ""
		}
		return p
	}
	for p, spans := range answered {
		charged[whose(p)] = append(charged[whose(p)], covers(spans)...)
	}
	for i := range lines {
		if l := &lines[i]; !l.IsUsage() {
			p := party{l.Stream, string(l.Provider)}
			charged[p] = append(charged[p], l.Span)
		}
	}
	var out []fleet.BillCover
	for p, spans := range charged {
		if p.provider == "" && f.spec.Subject.Provider == "" {
			continue // of nobody in particular
		}
		out = append(out, fleet.BillCover{Stream: p.stream, Provider: fleet.ProviderID(p.provider), Spans: fleet.JoinSpans(spans...)})
	}
	slices.SortFunc(out, func(a, b fleet.BillCover) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Provider, b.Provider))
	})
	return out
}

// common are the times that the folder answers for, where all that it holds answers for the same.
func common(answered map[party][]sheet.Range, lines []fleet.BillLine) []fleet.Span {
	var all []fleet.Span
	first := true
	for _, spans := range answered {
		got := covers(spans)
		if !first && !slices.Equal(got, all) {
			return nil
		}
		all, first = got, false
	}
	if len(all) == 0 {
		return nil
	}
	for i := range lines {
		if !lines[i].IsUsage() {
			all = append(all, lines[i].Span)
		}
	}
	return fleet.JoinSpans(all...)
}

// sum is one sum of one file.
type sum struct {
	c    *content
	cell *sheet.Cell
}

func (x sum) compare(y sum) int {
	word := func(of func(*sheet.Key) sheet.Word) int {
		return cmp.Compare(x.c.texts[of(&x.cell.Key)], y.c.texts[of(&y.cell.Key)])
	}
	if n := cmp.Compare(x.cell.From, y.cell.From); n != 0 {
		return n
	}
	return cmp.Or(word(func(k *sheet.Key) sheet.Word { return k.Provider }), word(func(k *sheet.Key) sheet.Word { return k.Model }),
		cmp.Compare(x.cell.Use, y.cell.Use), word(func(k *sheet.Key) sheet.Word { return k.Project }))
}

// told is what is shown of a file.
func (x *file) told() fleet.BillFile {
	b := fleet.BillFile{Name: x.name, Written: x.written, Why: x.why}
	c := x.good
	if c == nil {
		return b
	}
	b.Format, b.SHA256, b.Written, b.Rows = c.format, c.sha, c.written, c.rows
	if !c.all.Empty() {
		b.Covers = span(c.all.From, c.all.To)
	}
	switch {
	case c.gone.IsEmpty():
	case b.Why.IsEmpty():
		b.Why = c.gone
	default:
		b.Why = fleet.Textf("%s; %s", c.gone, b.Why)
	}
	return b
}

// line is one sum as a line of a bill.
func (f *Folder) line(c *content, cell *sheet.Cell) fleet.BillLine {
	text := func(w sheet.Word) string { return c.texts[w] }
	l := fleet.BillLine{Stream: cell.Stream, Provider: fleet.ProviderID(text(cell.Provider)), Span: c.during(cell),
		Model: fleet.ModelName(text(cell.Model)), Use: cell.Use, Item: fleet.Label(text(cell.Item)), Unit: fleet.Label(text(cell.Unit)),
		Charge: cell.Charge, Tier: text(cell.Tier), Project: text(cell.Project), Key: text(cell.API), Region: text(cell.Region),
		Estimated: cell.Estimated}
	if l.Provider == f.spec.Subject.Provider {
		l.Provider = ""
	}
	if cell.Quantity.Known() {
		l.Quantity = fleet.Some(cell.Quantity.Decimal())
	}
	if cell.Cost.Known() {
		l.Cost = fleet.Some(fleet.NewMoney(cell.Cost.Decimal(), text(cell.Currency)))
	}
	if cell.List.Known() {
		l.List = fleet.Some(fleet.NewMoney(cell.List.Decimal(), text(cell.Currency)))
	}
	return l
}

// during is the time of a line. Use of a day that is not over ends where the file ends. What is no use is charged at once, for a
// time of which it does not tell what was used: it stands at the hour in which that begins.
func (c *content) during(cell *sheet.Cell) fleet.Span {
	const hour = 60 * 60
	end := c.parties[party{cell.Stream, c.texts[cell.Provider]}].To
	switch usage := cell.Charge == "" || cell.Charge == fleet.ChargeUsage; {
	case !usage:
		from := cell.From - cell.From%hour
		return span(from, from+hour)
	case cell.From < end && end < cell.To:
		return span(cell.From, end)
	default:
		return span(cell.From, cell.To)
	}
}

// covers joins times; the first begins with its day, since exports begin with days.
func covers(spans []sheet.Range) []fleet.Span {
	const day = 24 * 60 * 60
	for i := range spans {
		spans[i].From -= spans[i].From % day
	}
	var out []fleet.Span
	for _, s := range spans {
		if !s.Empty() {
			out = append(out, span(s.From, s.To))
		}
	}
	return fleet.JoinSpans(out...)
}

func span(from, to int64) fleet.Span {
	return fleet.Span{From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()}
}
