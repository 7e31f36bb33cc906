package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
	"pitwall/views/tcopage"
)

// economicsCharts are the charts of the table with the focus. A high screen shows the months and the tornado beside tables that
// have none; a low one gives such tables all of its lines.
func economicsCharts(d *tcopage.Document, s *tcopage.Section, width int, tall bool) []tcopage.Chart {
	list := s.Charts
	if len(list) == 0 && tall {
		for _, id := range []string{"months", "sensitivity"} {
			if o := sectionOf(d, id); o != nil && len(o.Charts) > 0 {
				list = append(list, o.Charts[len(o.Charts)-1])
			}
		}
	}
	if width < 160 && len(list) > 1 {
		list = list[len(list)-1:] // of the months what they have cost so far: payback is on it
		if s.ID != "months" && tall {
			list = economicsCharts(d, sectionOf(d, "months"), width, tall)
		}
	}
	return list
}

// chartRoom is how many of the lines left go to charts: none where the table would keep fewer than five.
func chartRoom(charts []tcopage.Chart, left int) int {
	const table, least = 5, 6
	if len(charts) == 0 || left < table+least {
		return 0
	}
	return max(least, left/2)
}

// drawDecision draws charts beside each other into n lines.
func drawDecision(b *part.Block, charts []tcopage.Chart, n int) {
	switch {
	case n <= 0 || len(charts) == 0:
	case len(charts) == 1:
		decisionChart(b, charts[0], n)
	default:
		const gap = 2
		left := part.NewBlock(b.Theme(), (b.Width()-gap)/2, n)
		right := part.NewBlock(b.Theme(), b.Width()-gap-left.Width(), n)
		decisionChart(left, charts[0], n)
		decisionChart(right, charts[1], n)
		b.Beside(left, right, gap)
	}
}

func decisionChart(b *part.Block, c tcopage.Chart, n int) {
	switch c := c.(type) {
	case *tcopage.Lines:
		decisionLines(b, c, n)
	case *tcopage.Bars:
		decisionBars(b, c, n)
	}
}

// decisionLines draws curves over a common axis, each by its letter.
func decisionLines(b *part.Block, c *tcopage.Lines, n int) {
	step, from := time.Hour, time.Unix(0, 0)
	legend, used := make([]fleet.Safe, 0, len(c.Series)+1), ""
	last := len(c.Xs) - 1
	if last < 1 {
		b.Fill(b.Len() + n)
		return
	}
	chart := part.Chart{From: from, To: from.Add(time.Duration(last) * step), Label: tcopage.Dollars,
		Ends: [2]fleet.Safe{c.Label(c.Xs[0]), c.Label(c.Xs[last])}}
	for i, s := range c.Series {
		letter := pickLetter(s.Name.String(), used)
		used += letter
		chart.Series = append(chart.Series, part.Series{Letter: fleet.Label(letter), Role: seriesRoles[i%len(seriesRoles)],
			Trend: fleet.Trend{Step: step, End: chart.To, V: s.Ys}})
		legend = append(legend, fleet.Textf("%s=%s", fleet.Label(letter), s.Name))
	}
	right := c.Axis
	if c.Mark.OK {
		at := (c.Mark.V - c.Xs[0]) / (c.Xs[last] - c.Xs[0])
		chart.Mark = fleet.Some(from.Add(time.Duration(at * float64(chart.To.Sub(from)))))
		right = fleet.Textf("| %s: %s", c.Label(c.Mark.V), c.Marking)
	}
	b.Rule(fleet.Textf("%s, $", c.Title), fleet.Join(legend, fleet.Text(" ")), right)
	chart.Draw(b, n-1)
}

// tornadoName and tornadoEnds are the cells for the name of an input, and for what it ranges over.
const (
	tornadoName = 16
	tornadoEnds = 30
)

// decisionBars draws a tornado: a line an input, from the answer at the low end of its range to that at the high end.
func decisionBars(b *part.Block, c *tcopage.Bars, n int) {
	b.Rule(c.Title, fleet.Text("l low h high"), fleet.Textf("| now %s", tcopage.Dollars(c.Middle)))
	least, most := min(0, c.Middle), max(0, c.Middle)
	for i := range c.Rows {
		least, most = min(least, c.Rows[i].Low, c.Rows[i].High), max(most, c.Rows[i].Low, c.Rows[i].High)
	}
	room := b.Width() - tornadoName - tornadoEnds - 5
	for i := range c.Rows[:max(0, min(len(c.Rows), n-1))] {
		r := &c.Rows[i]
		b.Gap(1).Cell(themes.Text, r.Name, tornadoName, part.Left).Gap(1)
		cell := func(v float64) int { return int((v - least) / max(1, most-least) * float64(room-1)) }
		tornadoLine(b, cell(r.Low), cell(c.Middle), cell(r.High), room)
		b.Gap(2).Put(themes.Dim, fleet.Textf("%s: %s, %s: %s", r.At[0], tcopage.Dollars(r.Low), r.At[1], tcopage.Dollars(r.High))).End()
	}
	b.Fill(b.Len() + max(0, n-1-len(c.Rows)))
}

// tornadoLine draws one input: letters towards each end, a line where the answer stands now.
func tornadoLine(b *part.Block, low, now, high, room int) {
	within := func(x, end int) bool { return x >= min(now, end) && x <= max(now, end) }
	for x := range max(0, room) {
		switch {
		case x == now:
			b.Glyph(themes.Warn, b.Theme().Glyphs.VLine, 1)
		case within(x, low) && within(x, high):
			b.Say(themes.Accent, "*")
		case within(x, low):
			b.Say(themes.Accent, "l")
		case within(x, high):
			b.Say(themes.OK, "h")
		default:
			b.Gap(1)
		}
	}
}
