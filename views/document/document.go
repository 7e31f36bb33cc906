package document

import "pitwall/fleet"

// Document is what is told in the order in which it is read.
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
	Folds   []Fold // what is opened by whoever wants it
	Detail  bool   // left out of the brief form
}

// Fold is text under a title, line by line, such as what was on a screen.
type Fold struct {
	Title fleet.Safe
	Lines []fleet.Safe
}

// Column is one column of a table.
type Column struct {
	Title fleet.Safe
	Right bool
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

// Left is a column of words.
func Left(t fleet.Safe) Column { return Column{Title: t} }

// Right is a column of numbers.
func Right(t fleet.Safe) Column { return Column{Title: t, Right: true} }
