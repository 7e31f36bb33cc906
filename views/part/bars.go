package part

import (
	"pitwall/fleet"
	"pitwall/themes"
)

// Bars is a chart of stacked bars. What is not known is drawn as "?", what is known to be nothing as "_": neither is left out.
type Bars struct {
	Slots []Slot
	Limit fleet.Maybe[float64]
	Label func(float64) fleet.Safe // draws a value of the y axis
}

// Slot is the place of one bar.
type Slot struct {
	Name  fleet.Safe // under the bar
	Mark  fleet.Safe // after the name, also where there is no room for that; one cell
	Parts []Layer    // from the bottom; none is a place without a bar
}

// Layer is one part of a bar. It is told apart by its letter; without one it is solid.
type Layer struct {
	Value  fleet.Maybe[float64]
	Letter fleet.Safe
	Role   themes.Role
}

// slotLeast is the width of a slot with its gap; slotMost the widest that still reads as a bar.
const (
	slotLeast = 2
	slotMost  = 8
)

// Draw writes the chart into so many lines, at least 4. Where not all slots fit, the last ones do.
func (c Bars) Draw(b *Block, lines int) {
	rows, room := lines-1, b.width-labels-1
	if rows < 3 || room < slotLeast || len(c.Slots) == 0 {
		b.Fill(b.Len() + max(0, lines))
		return
	}
	wide := min(slotMost, max(slotLeast, (room+1)/len(c.Slots)))
	slots := c.Slots[max(0, len(c.Slots)-(room+1)/wide):]
	top := c.top()
	columns := make([][]*Layer, len(slots))
	for i := range slots {
		columns[i] = slots[i].column(rows, top)
	}
	limit := -1
	if c.Limit.OK && top > 0 {
		limit = height(c.Limit.V, top, rows)
	}
	for row := rows - 1; row >= 0; row-- {
		c.scale(b, row, rows, limit, top)
		for i := range columns {
			c.cells(b, columns[i], row, limit, min(wide, b.Room()))
		}
		b.End()
	}
	c.names(b, slots, wide)
}

// top is the value at the upper edge: a little above the highest bar and the limit.
func (c Bars) top() float64 {
	high := c.Limit.Or(0)
	for i := range c.Slots {
		sum := 0.0
		for _, l := range c.Slots[i].Parts {
			sum += max(0, l.Value.Or(0))
		}
		high = max(high, sum)
	}
	return high * 1.1
}

// The parts that a column shows for what has no height.
var (
	notKnown = Layer{Letter: fleet.Text("?"), Role: themes.Stale}
	nothing  = Layer{Letter: fleet.Text("_"), Role: themes.Dim}
)

// column is a bar from the bottom, a cell a row. A part that is more than nothing has a cell at least, and so has an unknown one.
func (s *Slot) column(rows int, top float64) []*Layer {
	var out []*Layer
	sum, reached := 0.0, 0
	for i := range s.Parts {
		l := &s.Parts[i]
		switch {
		case !l.Value.OK:
			out = append(out, &notKnown)
		case l.Value.V > 0:
			sum += l.Value.V
			end := int(sum/max(top, sum)*float64(rows) + 0.5)
			for range max(1, end-reached) {
				out = append(out, l)
			}
			reached = max(reached+1, end)
		}
	}
	if len(out) == 0 && len(s.Parts) > 0 {
		out = append(out, &nothing)
	}
	return out[:min(len(out), rows)]
}

func (c Bars) scale(b *Block, row, rows, limit int, top float64) {
	switch {
	case row == limit:
		b.Cell(themes.Warn, c.Label(c.Limit.V), labels, Right)
	case row == rows-1, row == rows/2 && limit != rows/2+1 && limit != rows/2-1:
		b.Cell(themes.Dim, c.Label(top*float64(row+1)/float64(rows)), labels, Right)
	default:
		b.Gap(labels)
	}
	b.Glyph(themes.Rule, b.theme.Glyphs.Axis, 1)
}

// cells draws one row of one bar with the gap after it.
func (c Bars) cells(b *Block, column []*Layer, row, limit, wide int) {
	n := max(1, wide-1)
	switch {
	case row < len(column) && column[row].Letter.IsEmpty():
		b.Glyph(column[row].Role, b.theme.Glyphs.BarFull, n)
	case row < len(column):
		for range n {
			b.Put(column[row].Role, column[row].Letter)
		}
	case row == limit:
		b.Glyph(themes.Warn, b.theme.Glyphs.Limit, n)
	default:
		b.Gap(n)
	}
	if row == limit {
		b.Glyph(themes.Warn, b.theme.Glyphs.Limit, wide-n)
		return
	}
	b.Gap(wide - n)
}

// names writes what stands under the bars: each name where there is room for it, else each second one, and all marks.
func (c Bars) names(b *Block, slots []Slot, wide int) {
	every := 1
	for i := range slots {
		for Width(slots[i].Name) >= wide*every {
			every++
		}
	}
	b.Gap(labels).Glyph(themes.Rule, b.theme.Glyphs.AxisCorner, 1)
	start := b.Column()
	for i := range slots {
		b.To(start + i*wide)
		if i%every == 0 {
			b.Put(themes.Dim, slots[i].Name)
		}
		if b.Column() <= start+i*wide || i%every == 0 {
			b.Put(themes.Dim, slots[i].Mark)
		}
	}
	b.End()
}
