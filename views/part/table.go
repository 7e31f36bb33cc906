package part

import (
	"pitwall/fleet"
	"pitwall/themes"
)

// Column is one column of a table.
type Column struct {
	Key   string // what sorts by it; "" when nothing does
	Title fleet.Safe
	Width int // cells
	Most  int // cells it may grow to when room is left; 0 means Width. The largest one is served first
	Align Align
	// Drop orders the columns that a narrow screen gives up, the highest first; 0 stays at any width.
	Drop int
	// Least is the least width of the whole table at which the column appears; 0 means any.
	Least int
}

// Cell is one cell of a row: text, a sparkline, or a bar. Lead and Tail stand around Text without a joined string
// being made for each cell of each frame.
type Cell struct {
	Lead  fleet.Safe
	Text  fleet.Safe
	Tail  fleet.Safe
	Role  themes.Role
	Spark bool // draw Trend
	Trend fleet.Trend
	Top   float64 // of the sparkline: at least this value is full height
	Span  int     // of the sparkline: how many values its width stands for
	Bar   fleet.Maybe[fleet.Ratio]
}

// Grid is a table laid out for a width: the columns that fit, with their final widths.
type Grid struct {
	Columns []Column
	Index   []int  // Columns[i] is column Index[i] of the full list: what a row's cells are in the order of
	Sort    string // key of the sorted column, "" for none
	gap     int
	cells   []Cell
}

// margin is the room for the cursor; roomy the width from which columns stand two cells apart.
const (
	margin = 2
	roomy  = 100
	// freeText is the Most from which a column holds sentences.
	freeText = 40
)

// Layout chooses the columns for a width. Scroll leaves out that many columns after the first, which stays.
func Layout(columns []Column, width, scroll int) Grid {
	n := len(columns)
	g := Grid{Columns: make([]Column, 0, n), Index: make([]int, 0, n), cells: make([]Cell, n), gap: 1}
	if width >= roomy {
		g.gap = 2
	}
	for i, c := range columns {
		if c.Least > width || i > 0 && i <= scroll && i < n-1 {
			continue
		}
		g.Columns = append(g.Columns, c)
		g.Index = append(g.Index, i)
	}
	for g.width() > width {
		worst := 0
		for i, c := range g.Columns {
			if c.Drop > g.Columns[worst].Drop {
				worst = i
			}
		}
		if g.Columns[worst].Drop == 0 {
			break
		}
		g.Columns = append(g.Columns[:worst], g.Columns[worst+1:]...)
		g.Index = append(g.Index[:worst], g.Index[worst+1:]...)
	}
	g.grow(width - g.width())
	return g
}

func (g *Grid) width() int {
	w := margin - g.gap
	for _, c := range g.Columns {
		w += g.gap + c.Width
	}
	return w
}

// grow gives spare cells to free text first, which is the column with the largest Most, and then to the others in turn.
func (g *Grid) grow(spare int) {
	text := 0
	for i, c := range g.Columns {
		if c.Most > g.Columns[text].Most {
			text = i
		}
	}
	if len(g.Columns) > 0 && spare > 0 && g.Columns[text].Most > freeText {
		n := min(spare, g.Columns[text].Most-g.Columns[text].Width)
		g.Columns[text].Width += n
		spare -= n
	}
	for grown := true; grown && spare > 0; {
		grown = false
		for i := range g.Columns {
			if c := &g.Columns[i]; spare > 0 && c.Width < c.Most {
				c.Width++
				spare--
				grown = true
			}
		}
	}
}

// Head writes the column titles and accents the sorted one; the section rule says the same in words.
func (g *Grid) Head(b *Block) {
	b.Gap(margin)
	for i, c := range g.Columns {
		if i > 0 {
			b.Gap(g.gap)
		}
		role := themes.Dim
		if c.Key != "" && c.Key == g.Sort {
			role = themes.Accent
		}
		b.Cell(role, c.Title, c.Width, c.Align)
	}
	b.End()
}

// Cells returns a row to fill, one cell for each column of the full list; it is reused by the next call.
func (g *Grid) Cells() []Cell {
	clear(g.cells)
	return g.cells
}

// Shows tells whether a column of the full list is visible, so that costly cells can be left out.
func (g *Grid) Shows(column int) bool {
	for _, i := range g.Index {
		if i == column {
			return true
		}
	}
	return false
}

// Row writes a row; cells is in the order of the full list of columns.
func (g *Grid) Row(b *Block, cells []Cell, selected bool) {
	if selected {
		b.Base(themes.Selected).Glyph(themes.Accent, b.theme.Glyphs.Cursor, 1).Gap(margin - 1)
	} else {
		b.Gap(margin)
	}
	for i, c := range g.Columns {
		if i > 0 {
			b.Gap(g.gap)
		}
		cell := &cells[g.Index[i]]
		switch {
		case cell.Spark:
			b.Spark(cell.Role, cell.Trend, c.Width, cell.Top, cell.Span)
		case cell.Bar.OK:
			b.Bar(cell.Role, cell.Bar, c.Width)
		default:
			b.joined(cell, c.Width, c.Align)
		}
	}
	b.End()
}
