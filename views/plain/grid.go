package plain

import (
	"strconv"
	"time"

	"pitwall/fleet"
)

// Grid is a table that can also be written as CSV.
type Grid struct {
	Title   fleet.Safe
	Columns []column
	Rows    [][]Cell
}

// Cell is a value as it is drawn, and exactly for other programs.
type Cell struct {
	Text fleet.Safe
	Raw  string // "" is the text, and an empty field where that is "-"
}

// Grids draws tables below each other.
func Grids(list []Grid) string {
	r := &report{}
	for i := range list {
		g := &list[i]
		if i > 0 {
			r.line()
		}
		r.line(g.Title)
		rows := make([][]fleet.Safe, len(g.Rows))
		for j, row := range g.Rows {
			for _, c := range row {
				rows[j] = append(rows[j], or(c.Text))
			}
		}
		r.table(g.Columns, rows)
	}
	return r.String()
}

// CSV is a table with its titles. What is not known is an empty field; amounts are exact.
func (g *Grid) CSV() string {
	rows := make([][]string, 1, len(g.Rows)+1)
	for _, c := range g.Columns {
		rows[0] = append(rows[0], c.title.String())
	}
	for _, cells := range g.Rows {
		fields := make([]string, len(cells))
		for i, c := range cells {
			switch {
			case c.Raw != "":
				fields[i] = c.Raw
			case c.Text.String() != fleet.Unknown:
				fields[i] = c.Text.String()
			}
		}
		rows = append(rows, fields)
	}
	return asCSV(rows)
}

func word(t fleet.Safe) Cell { return Cell{Text: t} }

func label(s string) Cell { return Cell{Text: fleet.Label(s)} }

// exactly is an amount: to the cent for people, whole for programs. The currency stands with it for people.
func exactly(m fleet.Maybe[fleet.Money]) Cell {
	if !m.OK {
		return Cell{Text: fleet.Text(fleet.Unknown)}
	}
	return Cell{Text: m.V.Text(), Raw: m.V.Amount().String()}
}

// quantity is a figure that draws itself.
type quantity interface {
	~float64
	fleet.Texter
}

func shown[T quantity](m fleet.Maybe[T]) Cell {
	if !m.OK {
		return Cell{Text: fleet.Text(fleet.Unknown)}
	}
	return Cell{Text: m.V.Text(), Raw: strconv.FormatFloat(float64(m.V), 'f', -1, 64)}
}

func times(m fleet.Maybe[float64]) Cell {
	if !m.OK {
		return Cell{Text: fleet.Text(fleet.Unknown)}
	}
	return Cell{Text: fleet.Float(m.V, 3), Raw: strconv.FormatFloat(m.V, 'f', -1, 64)}
}

func stamp(t time.Time) Cell { return Cell{Text: fleet.Stamp(t)} }

func dayCell(t time.Time) Cell {
	if t.IsZero() {
		return Cell{Text: fleet.Text(fleet.Unknown)}
	}
	return Cell{Text: fleet.Label(t.UTC().Format(time.DateOnly))}
}
