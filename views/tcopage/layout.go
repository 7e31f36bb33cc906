package tcopage

import (
	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/views/document"
)

// The two kinds of columns.
var left, right = document.Left, document.Right

// Layout makes the document of an answer.
func Layout(a *tco.Answer) document.Document {
	return document.Document{
		Title:    fleet.Textf("TCO of %s over %s", a.Name, fleet.Many(a.Months, "month")),
		Lead:     lead(a),
		Sections: []document.Section{costs(a), sensitivity(a), curve(a), hybrid(a), likeWithLike(a), argued(a), inputs(a)},
	}
}
