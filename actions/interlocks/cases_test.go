package interlocks

import (
	"strings"
	"testing"

	"pitwall/actions"
)

// The severities, short for tables.
const (
	ok    = actions.SeverityPass
	warn  = actions.SeverityWarn
	ovr   = actions.SeverityOVR
	block = actions.SeverityBlock
	hard  = actions.SeverityHard
)

// verdictCase is one world with what one interlock says of it.
type verdictCase struct {
	name string
	edit func(w *world)
	want actions.Severity
	says string // part of the formula
	data string // "" measured, "missing", "history"
}

// judgeAll asks one interlock about each world.
func judgeAll(t *testing.T, id string, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := good()
			if c.edit != nil {
				c.edit(w)
			}
			got := find(Evaluate(w.plan(t), w.s, w.b, now), id)
			data := ""
			switch {
			case got.Missing && got.History:
				data = "history"
			case got.Missing:
				data = "missing"
			}
			if got.Severity != c.want || data != c.data || !strings.Contains(got.Formula.String(), c.says) {
				t.Errorf("%s is %s (%q) %s; want %s (%q) with %q", id, got.Severity, data, got.Formula, c.want, c.data, c.says)
			}
		})
	}
}
