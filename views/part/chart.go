package part

import (
	"math"
	"time"
	"unicode/utf8"

	"pitwall/fleet"
	"pitwall/themes"
)

// Series is one line of a chart. The letter marks it, so that it is told apart without colour.
type Series struct {
	Letter fleet.Safe // one cell
	Role   themes.Role
	Trend  fleet.Trend
}

// Chart draws histories over one another with labels and a limit line. In ASCII each point is the letter of its
// series; with UTF-8 glyphs lines are braille and the letter stands at their newest point.
type Chart struct {
	Series   []Series
	From, To time.Time
	Limit    fleet.Maybe[float64]
	Label    func(float64) fleet.Safe // draws a value of the y axis
	Top      float64                  // value of the upper edge; 0 takes it from the values and the limit
	Ends     [2]fleet.Safe            // what the ends of the axis are called; "" calls them by time
	Mark     fleet.Maybe[time.Time]   // a moment to point at, with a line from top to bottom
}

// labels is the room for the labels of the y axis.
const labels = 8

// braille dots of one cell, by column and row from the bottom.
var braille = [2][4]rune{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}

// plot is the raster that a chart is drawn on before it is written out.
type plot struct {
	width, rows int
	dots        []rune // braille bits of a cell
	series      []int8 // 1 + number of the newest series in a cell
	letter      []bool // the cell shows the letter
}

// Draw writes the chart into lines lines over the block's whole width, at least 4 of them.
func (c Chart) Draw(b *Block, lines int) {
	p := plot{width: b.width - labels - 2, rows: lines - 1}
	if p.width < 8 || p.rows < 3 || !c.To.After(c.From) {
		b.Fill(b.Len() + max(0, lines))
		return
	}
	p.dots = make([]rune, p.width*p.rows)
	p.series = make([]int8, p.width*p.rows)
	p.letter = make([]bool, p.width*p.rows)
	top := c.top()
	for i, s := range c.Series {
		c.trace(&p, s, int8(i+1), top, b.theme.Glyphs.UTF8)
	}
	limit := -1
	if c.Limit.OK && top > 0 {
		limit = p.rows - 1 - height(c.Limit.V, top, p.rows)
	}
	for row := range p.rows {
		c.row(b, &p, row, limit, top)
	}
	b.Gap(labels).Glyph(themes.Rule, b.theme.Glyphs.AxisCorner, 1)
	b.Glyph(themes.Rule, b.theme.Glyphs.HLine, 1).Put(themes.Dim, c.end(0, c.From))
	end := c.end(1, c.To)
	b.Glyph(themes.Rule, b.theme.Glyphs.HLine, b.Room()-Width(end)).Put(themes.Dim, end).End()
}

// end is what an end of the axis is called.
func (c Chart) end(i int, t time.Time) fleet.Safe {
	if !c.Ends[i].IsEmpty() {
		return c.Ends[i]
	}
	return c.moment(t)
}

// marked is the column that Mark falls into, -1 for none.
func (c Chart) marked(width int) int {
	if !c.Mark.OK {
		return -1
	}
	return min(width-1, int(float64(c.Mark.V.Sub(c.From))/float64(c.To.Sub(c.From))*float64(width)))
}

// moment labels an end of the axis: by the clock, or by the day where the axis holds days.
func (c Chart) moment(t time.Time) fleet.Safe {
	if c.To.Sub(c.From) < 48*time.Hour {
		return fleet.ClockTime(t)
	}
	return fleet.Label(t.UTC().Format("01-02"))
}

// top is the value at the upper edge: a little above all points and the limit.
func (c Chart) top() float64 {
	if c.Top > 0 {
		return c.Top
	}
	high := c.Limit.Or(0)
	for _, s := range c.Series {
		for _, v := range s.Trend.V {
			if v > high && !math.IsInf(v, 0) { // NaN compares false
				high = v
			}
		}
	}
	return high * 1.1
}

func (c Chart) trace(p *plot, s Series, number int8, top float64, fine bool) {
	if top <= 0 {
		top = 1
	}
	if fine {
		c.draw(p, s, number, top)
		return
	}
	for x := range p.width {
		if v := c.at(s.Trend, x, p.width); !math.IsNaN(v) {
			cell := (p.rows-1-height(v, top, p.rows))*p.width + x
			p.series[cell], p.letter[cell] = number, true
		}
	}
}

// draw sets the dots of a line, with vertical strokes where it climbs or falls.
func (c Chart) draw(p *plot, s Series, number int8, top float64) {
	last, before := -1, -1
	for x := range p.width * 2 {
		v := c.at(s.Trend, x, p.width*2)
		if math.IsNaN(v) {
			before = -1
			continue
		}
		y := height(v, top, p.rows*4)
		if before < 0 {
			before = y
		}
		for dot := min(before, y); dot <= max(before, y); dot++ {
			cell := (p.rows-1-dot/4)*p.width + x/2
			p.dots[cell] |= braille[x%2][dot%4]
			p.series[cell] = number
		}
		before = y
		last = (p.rows-1-y/4)*p.width + x/2
	}
	if last >= 0 {
		p.letter[last] = true
	}
}

// height is the step of n on which a value stands, 0 at the bottom; values beyond the scale stay at its edge.
func height(v, top float64, n int) int { return int(min(1, max(0, v/top)) * 0.9999 * float64(n)) }

// at is the mean of the values whose time falls into the x-th of n columns, or the value in force where the
// history is coarser than the columns; NaN where there is none.
func (c Chart) at(t fleet.Trend, x, n int) float64 {
	count := len(t.V)
	if count == 0 || t.Step <= 0 {
		return math.NaN()
	}
	span := float64(c.To.Sub(c.From))
	start := float64(t.End.Add(-time.Duration(count-1) * t.Step).Sub(c.From)) // of value 0
	index := func(at float64) int { return int(math.Floor((at-start)/float64(t.Step) + 0.5)) }
	from, to := index(span*float64(x)/float64(n)), index(span*float64(x+1)/float64(n))
	sum, known := 0.0, 0
	for i := max(0, from); i < min(count, max(to, from+1)); i++ {
		if v := t.V[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum += v
			known++
		}
	}
	if known == 0 {
		return math.NaN()
	}
	return sum / float64(known)
}

func (c Chart) row(b *Block, p *plot, row, limit int, top float64) {
	g := b.theme.Glyphs
	switch {
	case row == limit:
		b.Cell(themes.Warn, c.Label(c.Limit.V), labels, Right)
	case row == 0 || row == p.rows/2:
		b.Cell(themes.Dim, c.Label(top*float64(p.rows-row)/float64(p.rows)), labels, Right)
	default:
		b.Gap(labels)
	}
	b.Glyph(themes.Rule, g.Axis, 1)
	mark := c.marked(p.width)
	for x := range p.width {
		cell := row*p.width + x
		n := p.series[cell]
		switch {
		case n == 0 && x == mark:
			b.Glyph(themes.Warn, g.VLine, 1)
		case n == 0 && row == limit:
			b.Glyph(themes.Warn, g.Limit, 1)
		case n == 0:
			b.Gap(1)
		case p.letter[cell]:
			b.Cell(c.Series[n-1].Role, c.Series[n-1].Letter, 1, Left)
		default:
			b.dots(c.Series[n-1].Role, 0x2800+p.dots[cell])
		}
	}
	b.End()
}

// dots writes one braille cell.
func (b *Block) dots(r themes.Role, d rune) {
	if b.Room() <= 0 {
		return
	}
	b.begin(r)
	b.buf = utf8.AppendRune(b.buf, d)
	b.col++
}
