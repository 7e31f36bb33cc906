package tcopage

import (
	"pitwall/economics/tco"
	"pitwall/fleet"
)

// Document is an answer in the order in which it is read.
type Document struct {
	Title    fleet.Safe
	Lead     []Fact
	Sections []Section
}

// Fact is a named sentence.
type Fact struct{ Name, Text fleet.Safe }

// Section is a table with what has to be said about it, and charts of the same figures.
type Section struct {
	ID      string
	Title   fleet.Safe
	Notes   []fleet.Safe
	Columns []Column
	Rows    [][]fleet.Safe
	Charts  []Chart
	Detail  bool // left out of the brief form
}

// Column is one column of a table.
type Column struct {
	Title fleet.Safe
	Right bool
}

// Layout makes the document of an answer.
func Layout(a *tco.Answer) Document {
	return Document{
		Title:    fleet.Textf("TCO of %s over %s", a.Name, fleet.Many(a.Months, "month")),
		Lead:     lead(a),
		Sections: []Section{costs(a), sensitivity(a), curve(a), hybrid(a), likeWithLike(a), argued(a), inputs(a)},
	}
}

// Brief is the document without its details.
func (d Document) Brief() Document {
	var kept []Section
	for _, s := range d.Sections {
		if !s.Detail {
			kept = append(kept, s)
		}
	}
	d.Sections = kept
	return d
}

func left(t fleet.Safe) Column  { return Column{Title: t} }
func right(t fleet.Safe) Column { return Column{Title: t, Right: true} }
