package plain

import (
	"strings"

	"pitwall/fleet"
	"pitwall/views/part"
	"pitwall/views/tcopage"
)

// leadWidth is where the sentences of the answer begin.
const leadWidth = 12

// TCO draws a document of the decision between an API and own GPUs.
func TCO(d tcopage.Document) string {
	r := &report{}
	r.line(d.Title)
	for _, f := range d.Lead {
		r.line(fleet.Text("  "), cell(f.Name, leadWidth, part.Left), f.Text)
	}
	for i := range d.Sections {
		r.line()
		r.section(&d.Sections[i])
	}
	return r.String()
}

// TCOTable draws one table of it alone.
func TCOTable(s tcopage.Section) string {
	r := &report{}
	r.section(&s)
	return r.String()
}

func (r *report) section(s *tcopage.Section) {
	r.line(fleet.Label(strings.ToUpper(s.Title.String())))
	for _, n := range s.Notes {
		r.line(fleet.Text("  "), n)
	}
	columns := make([]column, len(s.Columns))
	for i, c := range s.Columns {
		columns[i] = left(c.Title)
		if c.Right {
			columns[i] = right(c.Title)
		}
	}
	r.table(columns, s.Rows)
}
