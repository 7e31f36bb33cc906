package views

import (
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

// drawConfirm is step 3: what will happen, what overrides it, what a dropped link does, and what must be typed.
func (d *shiftDialog) drawConfirm(s *sheet) {
	d.drawSummary(s)
	refused := !d.state.Ladder.Refused.IsEmpty()
	s.blank()
	if refused {
		d.drawRefusal(s)
	} else {
		d.drawOverrides(s)
		drawLink(s)
		s.blank()
		d.drawFields(s)
	}
	d.drawArmed(s)
	s.blank()
	keys := []KeyHint{hint(fleet.Text("tab"), fleet.Text("next")), hint(fleet.Text("enter"), fleet.Text("press")),
		hint(fleet.Text("p"), fleet.Text("checks")), hint(fleet.Text("esc"), fleet.Text("cancel"))}
	if refused {
		keys = keys[2:]
	}
	s.hints(d.state.Grace, keys...)
}

// drawSummary says in which environment what is changed how, with which checks, by which plan.
func (d *shiftDialog) drawSummary(s *sheet) {
	p := d.plan
	if p == nil {
		s.say(themes.Bad, fleet.Text("there is no plan any more; p goes back"), 0, 1)
		s.mark(spareNever)
		return
	}
	role, env := themes.BandSafe, fleet.Label(strings.ToUpper(string(p.Env)))
	switch {
	case p.Mode == fleet.ModeDemo || p.Mode == fleet.ModeDrill:
		role, env = themes.BandPlay, fleet.Label(strings.ToUpper(string(p.Mode)))
	case d.state.Ladder.Prod:
		role, env = themes.BandProd, fleet.Text("PROD")
	}
	s.Put(role, fleet.Concat(fleet.Text("["), env, fleet.Text("]"))).Gap(1).Put(themes.Text, fleet.Label(p.Context))
	s.Gap(2).Put(themes.Title, fleet.Label(p.Object())).Gap(2)
	s.Put(themes.Accent, movement(p)).End()
	s.mark(spareNever)
	s.Put(themes.Text, stepsText(p)).Gap(2).Put(themes.Dim, tally(d.state.Checks)).End()
	s.Say(themes.Dim, "plan ").Put(themes.Dim, fleet.Label(p.Short())).Say(themes.Dim, "  checked ")
	s.Put(themes.Dim, d.validity()).Say(themes.Dim, ", then they run again").End()
	s.mark(spareLast)
}

// drawRefusal says why nothing can be confirmed: every check that forbids it, with what would make it pass.
func (d *shiftDialog) drawRefusal(s *sheet) {
	s.say(themes.Crit, fleet.Concat(fleet.Text("REFUSED  "), d.state.Ladder.Refused), 0, 3)
	s.openList()
	for _, c := range worstFirst(d.state.Checks) {
		if c.Severity >= actions.SeverityBlock {
			s.item()
			drawCheck(s, &c, d.sc)
		}
	}
	s.closeList(0)
}

// drawOverrides lists each override with its number.
func (d *shiftDialog) drawOverrides(s *sheet) {
	if len(d.state.Ladder.Overrides) == 0 {
		return
	}
	s.say(themes.Warn, fleet.Concat(fleet.Text("This overrides "), overrideList(d.state.Ladder.Overrides),
		fleet.Text(":")), 0, 3) // all numbers, also where their formulas have no room
	s.openList()
	for _, id := range d.state.Ladder.Overrides {
		s.item()
		if id == actions.HistoryOverride {
			s.fact(fleet.Label(id), themes.Warn, d.historyText(), 3)
			continue
		}
		for i := range d.state.Checks {
			if c := &d.state.Checks[i]; c.ID == id && c.Severity == actions.SeverityOVR && !(c.Missing && c.History) {
				s.fact(fleet.Label(id), themes.Warn, fleet.Concat(c.Title, fleet.Text(": "), c.Formula), 3)
			}
		}
	}
	s.closeList(0)
	s.blank()
}

// historyText names the checks that are overridden together, since all that they lack is history.
func (d *shiftDialog) historyText() fleet.Safe {
	var ids []string
	for i := range d.state.Checks {
		if c := &d.state.Checks[i]; c.Severity == actions.SeverityOVR && c.Missing && c.History {
			ids = append(ids, c.ID)
		}
	}
	return fleet.Concat(fleet.Text("no history to judge by: "), overrideList(ids))
}

// drawLink says what becomes of the change when this console goes away.
func drawLink(s *sheet) {
	s.fact(fleet.Text("link drops"), themes.Text,
		fleet.Text("SIGHUP: no further step; the one in force is guarded, FAIL rolls it back, until its soak ends"), 2)
	s.mark(spareNever)
	s.fact(fleet.Text("killed"), themes.Text,
		fleet.Text("SIGTERM ends the write in flight, SIGKILL stops at once: nobody guards "+
			"until the next start, which resumes or undoes"), 2)
	s.mark(spareLast)
}

// drawArmed says whether enter would start it, and if not, what is missing.
func (d *shiftDialog) drawArmed(s *sheet) {
	l := &d.state.Ladder
	pressable := d.state.Field == FieldConfirm || d.state.Field == FieldName
	switch {
	case !l.Refused.IsEmpty():
		s.Say(themes.Crit, "nothing can be confirmed; nothing was sent").End()
	case !d.state.Busy.IsEmpty():
		s.Put(themes.Accent, fleet.Concat(d.state.Busy, fleet.Text("..."))).End()
	case d.state.Armed && pressable:
		s.Say(themes.Warn, "ARMED: enter starts it").End()
	case d.state.Armed:
		s.Say(themes.Warn, "ARMED").Say(themes.Dim, ": tab to APPLY, then enter starts it").End()
	default:
		s.Say(themes.Stale, "not armed").Say(themes.Dim, ": ").Put(themes.Text, d.missing()).End()
	}
	s.mark(spareNever)
}

// nameWord says whose name is typed.
func (d *shiftDialog) nameWord() fleet.Safe {
	if !d.confirms.IsEmpty() {
		return d.confirms
	}
	if d.state.Work != nil {
		return fleet.Text("the name of the object")
	}
	return fleet.Text("the name of the route")
}

// missing is what the ladder still waits for.
func (d *shiftDialog) missing() fleet.Safe {
	l, s := &d.state.Ladder, d.state
	waits := make([]fleet.Safe, 0, 2)
	if l.NeedsReason && s.Reason.Text == "" {
		waits = append(waits, fleet.Text("the reason"))
	}
	if l.TypeName && s.Name.Text != s.name() {
		waits = append(waits, d.nameWord())
	}
	if len(waits) == 0 {
		return fleet.Textf("the reason for an override takes at least %s", fleet.Many(actions.MinOverrideReason, "character"))
	}
	return fleet.Concat(fleet.Text("waits for "), fleet.Join(waits, fleet.Text(" and ")),
		fleet.Text("; enter does nothing yet"))
}
