package plain

import (
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/views/part"
)

// report is text that grows line by line.
type report struct{ b strings.Builder }

// line adds a line; spaces at its end are dropped.
func (r *report) line(parts ...fleet.Safe) {
	r.b.WriteString(strings.TrimRight(fleet.Concat(parts...).String(), " "))
	r.b.WriteByte('\n')
}

// factWidth is where the text of a named fact begins.
const factWidth = 12

// fact adds a named value; one that is empty is left out.
func (r *report) fact(name, value fleet.Safe) {
	if !value.IsEmpty() {
		r.line(fleet.Text("  "), cell(name, factWidth-2, part.Left), value)
	}
}

// String returns all lines, each ended with a line feed.
func (r *report) String() string { return r.b.String() }

// column is one column of a table.
type column struct {
	title fleet.Safe
	align part.Align
}

func left(title fleet.Safe) column  { return column{title, part.Left} }
func right(title fleet.Safe) column { return column{title, part.Right} }

// mostCells bounds a column, so that one hostile name does not push the others out of sight. The last column of a
// table is not bounded: it holds sentences.
const mostCells = 48

// table adds titles and rows in columns as wide as what stands in them. Without rows it says that there are none.
func (r *report) table(columns []column, rows [][]fleet.Safe) {
	if len(rows) == 0 {
		r.line(fleet.Text("  none"))
		return
	}
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = part.Width(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], min(mostCells, part.Width(row[i])))
		}
	}
	titles := make([]fleet.Safe, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	for _, row := range append([][]fleet.Safe{titles}, rows...) {
		parts := make([]fleet.Safe, 0, 2*len(columns))
		for i, c := range columns {
			parts = append(parts, fleet.Text("  "))
			if i == len(columns)-1 && c.align == part.Left {
				parts = append(parts, row[i])
			} else {
				parts = append(parts, cell(row[i], widths[i], c.align))
			}
		}
		r.line(parts...)
	}
}

// cell fills or cuts a text to exactly n cells.
func cell(t fleet.Safe, n int, a part.Align) fleet.Safe { return fleet.Label(part.Pad(t, n, a)) }

// or is the text, or "-" where nothing is known.
func or(t fleet.Safe) fleet.Safe {
	if t.IsEmpty() {
		return fleet.Text(fleet.Unknown)
	}
	return t
}

func yes(b bool, word, other fleet.Safe) fleet.Safe {
	if b {
		return word
	}
	return other
}

// since is how long ago something was, "-" when it never was.
func since(at, now time.Time) fleet.Safe {
	if at.IsZero() {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Age(now.Sub(at))
}

// kept drops empty texts.
func kept(parts ...fleet.Safe) []fleet.Safe {
	out := make([]fleet.Safe, 0, len(parts))
	for _, p := range parts {
		if !p.IsEmpty() {
			out = append(out, p)
		}
	}
	return out
}
