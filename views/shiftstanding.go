package views

import (
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// drawStanding says in which state the change is, by whom, and why.
func (d *shiftDialog) drawStanding(s *sheet) {
	c := d.change
	word, text := d.standing()
	role := stateRole(c.State)
	if abandoned(c) {
		role = themes.Crit
	}
	s.Put(role, word).Gap(2)
	if part.Width(text) > s.Room() {
		s.End()
		s.say(themes.Text, text, 2, 2)
	} else {
		s.Put(themes.Text, text).End()
	}
	if !c.Why.IsEmpty() {
		s.say(themes.Text, c.Why, 2, 2)
	}
	s.mark(spareNever)
	s.Say(themes.Dim, "change ").Put(themes.Dim, fleet.Int(c.Seq)).Gap(2).Put(themes.Text, movement(&c.Plan))
	s.Say(themes.Dim, "  by ").Put(themes.Text, c.Plan.Intent.Actor.Text())
	s.Say(themes.Dim, "  started ").Put(themes.Dim, fleet.ClockTime(c.Started)).End()
	s.mark(spareSoon)
}

// standing is the word of the state, large enough to be read in passing, and what it means now.
func (d *shiftDialog) standing() (word, text fleet.Safe) {
	c := d.change
	step := fleet.Concat(fleet.Text("step "), fleet.Int(c.Step), fleet.Text(" of "), fleet.Int(len(c.Plan.Steps)))
	if abandoned(c) {
		return fleet.Text("NOBODY GUARDS IT"), fleet.Concat(step, fleet.Text(" in force, "), fleet.Label(string(c.State)))
	}
	switch c.State {
	case actions.StateHeld:
		return fleet.Text("HELD"), fleet.Concat(step, fleet.Text(": no further step; the one in force stays guarded"))
	case actions.StateSoaking:
		return fleet.Text("SOAKING"), fleet.Concat(countdown(c.NextAt.Sub(d.sc.Now)), fleet.Text(" left   "),
			d.result())
	case actions.StateCommitted:
		return fleet.Text("DONE"), fleet.Concat(fleet.ClockTime(c.Ended), fleet.Text("  "), d.result())
	case actions.StateAborted:
		if c.Step > 0 {
			return fleet.Text("CLOSED"), fleet.Concat(fleet.ClockTime(c.Ended), fleet.Text("  as it stands, "), step)
		}
		return fleet.Text("GIVEN UP"), fleet.Concat(fleet.ClockTime(c.Ended), fleet.Text("  nothing was changed"))
	case actions.StateRollingBack:
		to := fleet.Text("what it was before")
		if !c.Plan.Errand() {
			to = c.Plan.Before.Text(c.Plan.Order)
		}
		return fleet.Text("ROLLING BACK"), fleet.Concat(fleet.Text("to "), fleet.Join(nonEmpty(to, c.Back()), fleet.Text(": ")))
	case actions.StateRolledBack:
		if c.Plan.Errand() {
			return fleet.Text("ROLLED BACK"), fleet.Concat(fleet.ClockTime(c.Ended), fleet.Text("  to what it was before"))
		}
		return fleet.Text("ROLLED BACK"), fleet.Concat(fleet.ClockTime(c.Ended), fleet.Text("  "), d.result())
	case actions.StateUnknown:
		return fleet.Text("UNKNOWN"), fleet.Text("a person decides; nothing is written until then")
	default:
		return fleet.Label(strings.ToUpper(string(c.State))), step
	}
}

// result says what was proven last: "30/60/10 on 3/3 replicas, seen 29.8/60.3/9.90".
func (d *shiftDialog) result() fleet.Safe {
	c := d.change
	if c.Plan.Errand() {
		return fleet.Textf("%s of %s stages are there", fleet.Int(c.Step), fleet.Int(len(c.Plan.Steps)))
	}
	if len(c.Steps) == 0 {
		return c.Plan.After.Text(c.Plan.Order)
	}
	r := &c.Steps[len(c.Steps)-1]
	text := fleet.Concat(r.Weights.Text(c.Plan.Order), fleet.Text(" on "), fleet.Int(holding(r)), fleet.Text("/"),
		fleet.Many(len(r.ReadBack), "replica"))
	if seen := seenText(r.Seen, c.Plan.Order); !seen.IsEmpty() {
		text = fleet.Concat(text, fleet.Text(", seen "), seen)
	}
	return text
}

var threeWayColumns = []part.Column{
	{Title: fleet.Text("TARGET"), Width: 12, Most: 24},
	{Title: fleet.Text("BEFORE"), Width: 8, Align: part.Right},
	{Title: fleet.Text("PLANNED"), Width: 8, Align: part.Right},
	{Title: fleet.Text("GATEWAY"), Width: 8, Align: part.Right},
	{Title: fleet.Text(""), Width: 12},
}

// drawThreeWay lays what was before, what was planned and what the gateway holds side by side.
func (d *shiftDialog) drawThreeWay(s *sheet) {
	c := d.change
	planned := c.Plan.After
	if c.Step > 0 && c.Step <= len(c.Plan.Steps) {
		planned = c.Plan.Steps[c.Step-1].After
	}
	g := part.Layout(threeWayColumns, s.Width(), 0)
	g.Head(s.Block)
	for _, id := range c.Plan.Order {
		cells := g.Cells()
		cells[0] = part.Cell{Text: fleet.Label(string(id))}
		cells[1] = part.Cell{Text: weightOf(c.Plan.Before, id)}
		cells[2] = part.Cell{Text: weightOf(planned, id)}
		cells[3] = part.Cell{Text: weightOf(c.World, id), Role: themes.Accent}
		if w, ok := c.World[id]; ok && w != planned[id] && w != c.Plan.Before[id] {
			cells[4] = part.Cell{Text: fleet.Text("NEITHER"), Role: themes.Crit}
		}
		g.Row(s.Block, cells, false)
	}
	if !c.WorldAt.IsZero() {
		s.Gap(2).Say(themes.Dim, "read ").Put(themes.Dim, ageText(c.WorldAt, d.sc.Now)).Say(themes.Dim, " ago").End()
	}
	s.mark(spareNever)
}

func weightOf(w fleet.Weights, id fleet.TargetID) fleet.Safe {
	if v, ok := w[id]; ok {
		return fleet.Int(v)
	}
	return fleet.Text(fleet.Unknown)
}

// drawGuard says which process verifies and rolls back, and what a limit does.
func (d *shiftDialog) drawGuard(s *sheet) {
	c := d.change
	if c.State.Closed() {
		return
	}
	role, text := guardianText(&c.Guard)
	s.fact(fleet.Text("guard"), role, text, 2)
	s.mark(spareNever)
	if len(c.Plan.Order) > 0 && c.Plan.Intent.Kind != actions.KindResync && c.State != actions.StateUnknown {
		s.fact(fleet.Text("roll back"), themes.Dim, fleet.Concat(fleet.Text("if "), guardText(c.Plan.Guard),
			fleet.Text("; unclear holds and asks")), 2)
		s.mark(spareLast)
	}
}

// guardianText says who carries a change, and what that means for it.
func guardianText(g *actions.Guardian) (themes.Role, fleet.Safe) {
	who := fleet.Textf("process %s on %s", fleet.Int(g.PID), fleet.Label(g.Host))
	switch {
	case g.Mine:
		return themes.Text, fleet.Concat(fleet.Text("this console, "), who)
	case g.Alive.OK && !g.Alive.V:
		return themes.Crit, fleet.Concat(fleet.Text("NOBODY: "), who, fleet.Text(" is gone. Z asks: resume or undo"))
	case !g.Alive.OK:
		return themes.Stale, fleet.Concat(who, fleet.Text(", cannot be reached from here"))
	case g.Detached:
		return themes.Warn, fleet.Concat(who, fleet.Text(", without a terminal: it starts no further step"))
	default:
		return themes.Warn, fleet.Concat(fleet.Text("another console, "), who)
	}
}

// drawUndo says what undo would do now.
func (d *shiftDialog) drawUndo(s *sheet) {
	c := d.change
	p := &c.Plan
	back := fleet.Concat(p.After.Text(p.Order), fleet.Text(" -> "), p.Before.Text(p.Order))
	switch {
	case c.Undone != "":
		by := fleet.Label(string(c.Undone))
		if u := d.sc.Book.Change(c.Undone); u != nil {
			by = fleet.Concat(fleet.Text("change "), fleet.Int(u.Seq))
		}
		s.fact(fleet.Text("undo"), themes.Dim, fleet.Concat(fleet.Text("was undone by "), by), 1)
	case c.State == actions.StateSoaking:
		s.fact(fleet.Text("undo"), themes.Text, fleet.Concat(fleet.Text("rolls back at once: "), back), 1)
	case c.State == actions.StateCommitted && p.Intent.Kind != actions.KindResync:
		s.fact(fleet.Text("undo"), themes.Text, fleet.Concat(back, fleet.Text(" (same checks, same confirm)")), 2)
	}
	s.mark(spareNever)
}

// changeHints are the keys that steer a change; those that do nothing in its state are left out.
func (d *shiftDialog) changeHints(s *sheet) {
	c := d.change
	undo := hint(fleet.Text("Z"), fleet.Concat(fleet.Text("undo to "), c.Plan.Before.Text(c.Plan.Order)))
	hide := hint(fleet.Text("esc"), fleet.Text("hide, it keeps running"))
	write := hint(fleet.Text("w"), fleet.Text("report"))
	switch {
	case c.State == actions.StateSoaking:
		s.hints(d.state.Grace, hint(fleet.Text("Z"), fleet.Text("roll back")), write,
			hint(fleet.Text("7"), fleet.Text("journal")), hide)
	case c.State.Closed():
		keys := []KeyHint{write, hint(fleet.Text("7"), fleet.Text("journal")), hint(fleet.Text("enter"), fleet.Text("close"))}
		if c.State == actions.StateCommitted && c.Undone == "" {
			keys = append([]KeyHint{hint(fleet.Text("Z"), fleet.Text("undo"))}, keys...)
		}
		s.hints(d.state.Grace, keys...)
	case c.State == actions.StateUnknown || abandoned(c):
		s.hints(d.state.Grace, hint(fleet.Text("Z"), fleet.Text("decide: resume or undo")), write,
			hint(fleet.Text("esc"), fleet.Text("hide")))
	case !c.Guard.Mine:
		s.hints(d.state.Grace, undo, write, hide)
	case c.State == actions.StateRollingBack:
		s.hints(d.state.Grace, write, hide)
	default:
		hold := hint(fleet.Text("space"), fleet.Text("hold"))
		if c.Held || c.State == actions.StateHeld {
			hold.Word = fleet.Text("go on")
		}
		s.hints(d.state.Grace, hold, hint(fleet.Text("n"), fleet.Text("next now")), undo, hide)
	}
}
