package views

import (
	"cmp"
	"slices"
	"strconv"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// page is a text of named facts and tables, of which a window is seen.
type page struct{ *part.Block }

func newPage(sc Scene, width int) *page { return &page{part.NewBlock(sc.Theme, width, 48)} }

// say writes a text over as many lines as it needs, at most most, indented.
func (p *page) say(r themes.Role, t fleet.Safe, indent, most int) {
	for _, l := range part.Wrap(t, p.Width()-indent, most) {
		p.Gap(indent).Put(r, l).End()
	}
}

// tellIndent is where the text of a named fact begins.
const tellIndent = 12

// heading opens a line with the name of a fact.
func (p *page) heading(name fleet.Safe) *part.Block {
	return p.Gap(2).Cell(themes.Dim, name, tellIndent-2, part.Left)
}

// tell writes a named fact over as many lines as it needs, at most most.
func (p *page) tell(name fleet.Safe, r themes.Role, t fleet.Safe, most int) {
	for i, l := range part.Wrap(t, p.Width()-tellIndent, most) {
		if i == 0 {
			p.heading(name)
		}
		p.To(tellIndent).Put(r, l).End()
	}
}

// planMove says what a plan does: "60/30/10 -> 30/60/10", "resync gw-3".
func planMove(p *actions.Plan) fleet.Safe {
	if p.Errand() {
		return p.ErrandText()
	}
	if p.Intent.Kind == actions.KindResync {
		return fleet.Concat(fleet.Text("resync "), fleet.Label(string(p.Intent.Replica)))
	}
	return fleet.Concat(p.Before.Text(p.Order), fleet.Text(" -> "), p.After.Text(p.Order))
}

// limitsText draws the limits of a plan: "err% > 2.00 or ttft95 > 1.5s for 60s".
func limitsText(g fleet.Guard) fleet.Safe {
	text := fleet.Text("err% clearly above the figure at the start")
	if g.ErrRatio.OK {
		text = fleet.Concat(fleet.Text("err% > "), g.ErrRatio.V.Text())
	}
	if g.TTFT95.OK {
		text = fleet.Concat(text, fleet.Text(" or ttft95 > "), g.TTFT95.V.Text())
	}
	if g.For > 0 {
		return fleet.Concat(text, fleet.Text(" for "), fleet.Age(g.For))
	}
	return fleet.Concat(text, fleet.Text(" for 60s"))
}

// rawName draws a name that was typed or is written to: where a label does not show it exactly, its quoted form
// stands beside it.
func rawName(name string) fleet.Safe {
	if fleet.IsClean(name) {
		return fleet.Label(name)
	}
	return fleet.Concat(fleet.Label(name), fleet.Text(" (raw "), fleet.Label(strconv.QuoteToASCII(name)), fleet.Text(")"))
}

// bySeverity puts the worst checks first and keeps the order of their numbers among equals. A severity that no version
// of ours wrote, in a journal that was tampered with, counts as the nearest one.
func bySeverity(checks []actions.Check) []actions.Check {
	sorted := slices.Clone(checks)
	for i := range sorted {
		sorted[i].Severity = max(actions.SeverityPass, min(sorted[i].Severity, actions.SeverityHard))
	}
	slices.SortStableFunc(sorted, func(a, b actions.Check) int { return cmp.Compare(b.Severity, a.Severity) })
	return sorted
}

// verdicts counts checks by severity, the worst first: "1 BLOCK, 3 WARN, 20 PASS".
func verdicts(checks []actions.Check) fleet.Safe {
	var count [actions.SeverityHard + 1]int
	for i := range checks {
		count[checks[i].Severity]++
	}
	parts := make([]fleet.Safe, 0, len(count))
	for severity, n := range slices.Backward(count[:]) {
		if n > 0 {
			word := fleet.Label(actions.Severity(severity).String())
			parts = append(parts, fleet.Concat(fleet.Int(n), fleet.Text(" "), word))
		}
	}
	return fleet.Join(parts, fleet.Text(", "))
}

func roleOfSeverity(severity actions.Severity) themes.Role {
	switch severity {
	case actions.SeverityPass:
		return themes.OK
	case actions.SeverityWarn, actions.SeverityOVR:
		return themes.Warn
	default:
		return themes.Crit
	}
}

// names lists raw identifiers.
func names(ids []string) fleet.Safe {
	safe := make([]fleet.Safe, len(ids))
	for i, id := range ids {
		safe[i] = fleet.Label(id)
	}
	return fleet.Join(safe, fleet.Text(", "))
}
