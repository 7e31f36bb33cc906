package views

import (
	"strconv"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// shiftDialog is the dialog about a change with all that its steps are drawn from.
type shiftDialog struct {
	sc     Scene
	state  *ShiftState
	route  *fleet.Route    // nil when the route is not in the fleet any more
	change *actions.Change // nil before step 4
	plan   *actions.Plan   // of the change, else of the draft; nil when there is none
	// confirms is what is typed to confirm, "" for the name of the route or object.
	confirms fleet.Safe
}

func newShiftDialog(sc Scene, s *ShiftState, r *fleet.Route) *shiftDialog {
	d := &shiftDialog{sc: sc, state: s, route: r, plan: s.Plan}
	if s.Change != "" {
		if d.change = sc.Book.Change(s.Change); d.change != nil {
			d.plan = &d.change.Plan
		}
	}
	return d
}

// shiftStepNames are the words of the five steps, from ShiftPlan on.
var shiftStepNames = [...]fleet.Safe{
	fleet.Text("PLAN"), fleet.Text("CHECKS"), fleet.Text("CONFIRM"), fleet.Text("APPLY+VERIFY"), fleet.Text("SOAK"),
}

// step is the step within its bounds.
func (d *shiftDialog) step() int { return max(1, min(len(shiftStepNames), int(d.state.Step))) }

// draw draws the inside of the dialog.
func (d *shiftDialog) draw(s *sheet) {
	d.rail(s)
	switch ShiftStep(d.step()) {
	case ShiftChecks:
		d.drawChecks(s)
	case ShiftConfirm:
		d.drawConfirm(s)
	case ShiftApply, ShiftSoak:
		d.drawChange(s)
	default:
		if d.state.Work != nil {
			d.drawWork(s)
			return
		}
		d.drawPlan(s)
	}
}

// shiftBox draws the dialog about a route, nil when it is not in the fleet any more or an object is meant, in at most rows rows, or with
// fill in exactly that many.
func shiftBox(sc Scene, state *ShiftState, r *fleet.Route, width, rows int, fill bool) *part.Block {
	d := newShiftDialog(sc, state, r)
	b := part.NewBlock(sc.Theme, width, rows)
	s := newSheet(sc, b.Inside())
	d.draw(s)
	n := d.step()
	foot := fleet.Text("nothing is sent before step 4")
	switch {
	case n >= int(ShiftApply):
		foot = fleet.Safe{}
	case !state.Busy.IsEmpty():
		foot = fleet.Concat(state.Busy, fleet.Text("...  "), foot)
	}
	right := fleet.Textf("step %s of 5: %s", fleet.Int(n), shiftStepNames[n-1])
	s.frame(b, rows, fill, d.title(), right, foot)
	return b
}

// title says what kind of change it is and of what.
func (d *shiftDialog) title() fleet.Safe {
	route := fleet.Label(string(d.state.Route))
	switch {
	case d.state.Work != nil:
		return d.workTitle()
	case d.state.Undoes != "":
		of := fleet.Label(string(d.state.Undoes))
		if c := d.sc.Book.Change(d.state.Undoes); c != nil {
			of = fleet.Int(c.Seq)
		}
		return fleet.Concat(fleet.Text("UNDO of "), of, fleet.Text(": "), route)
	case d.state.Kind == actions.KindResync:
		return fleet.Concat(fleet.Text("RESYNC "), fleet.Label(string(d.state.Replica)), fleet.Text(": "), route)
	default:
		return fleet.Concat(fleet.Text("SHIFT "), route)
	}
}

// rail shows the five steps with the one that is open in brackets. Where they do not fit, only that one has a name.
func (d *shiftDialog) rail(s *sheet) {
	const full = 60 // cells of all five names with their numbers
	at := d.step()
	for n, name := range shiftStepNames {
		if n > 0 {
			s.Say(themes.Dim, " > ")
		}
		role := themes.Dim
		if n+1 == at {
			role = themes.Accent
			s.Say(role, "[")
		}
		s.Put(role, fleet.Int(n+1))
		if s.Width() >= full || n+1 == at {
			s.Say(role, " ").Put(role, name)
		}
		if n+1 == at {
			s.Say(role, "]")
		}
	}
	s.End()
	s.mark(spareSoon)
	if !d.state.Stale.IsEmpty() {
		s.say(themes.Warn, d.state.Stale, 0, 2)
		s.mark(spareNever)
	}
	s.blank()
}

// typedName draws a name that must be typed or is written to: where a label does not show it exactly, its quoted form
// stands beside it.
func typedName(name string) fleet.Safe {
	if fleet.IsClean(name) {
		return fleet.Label(name)
	}
	return fleet.Concat(fleet.Label(name), fleet.Text(" (raw "), fleet.Label(strconv.QuoteToASCII(name)), fleet.Text(")"))
}

// named opens a line with the name of a fact.
func (s *sheet) named(name fleet.Safe) *part.Block {
	return s.Cell(themes.Dim, name, factIndent, part.Left)
}

// fact is a named text over as many lines as it needs, at most most.
func (s *sheet) fact(name fleet.Safe, r themes.Role, t fleet.Safe, most int) {
	for i, l := range part.Wrap(t, s.Width()-factIndent, most) {
		if i == 0 {
			s.named(name)
		}
		s.To(factIndent).Put(r, l).End()
	}
}

// factIndent is where the text of a fact begins.
const factIndent = 11
