package plain

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
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

// CSV writes one table with its titles. What is not known is an empty field; amounts are exact.
func CSV(w io.Writer, g *Grid) error {
	out := csv.NewWriter(w)
	titles := make([]string, len(g.Columns))
	for i, c := range g.Columns {
		titles[i] = c.title.String()
	}
	if err := out.Write(titles); err != nil {
		return err
	}
	for _, row := range g.Rows {
		fields := make([]string, len(row))
		for i, c := range row {
			fields[i] = c.field()
		}
		if err := out.Write(fields); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// field is a cell as a spreadsheet may have it: outside text never begins a formula.
func (c Cell) field() string {
	if c.Raw != "" {
		return c.Raw
	}
	text := c.Text.String()
	switch {
	case text == fleet.Unknown:
		return ""
	case strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "@"):
		return "'" + text
	default:
		return text
	}
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

// number is a figure that draws itself.
type number interface {
	~float64
	fleet.Texter
}

func shown[T number](m fleet.Maybe[T]) Cell {
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
