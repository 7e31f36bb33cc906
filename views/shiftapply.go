package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

// drawChange is steps 4 and 5: where the change stands, what was sent and read back, the limits that judge it, what
// is due next and which keys steer it.
func (d *shiftDialog) drawChange(s *sheet) {
	c := d.change
	if c == nil {
		s.say(themes.Stale, fleet.Text("the change is being looked up; it runs whether this is shown or not"), 0, 2)
		s.blank()
		s.hints(d.state.Grace, hint(fleet.Text("esc"), fleet.Text("hide")))
		return
	}
	if c.Plan.Work != nil && d.state.Work != nil {
		d.drawWorkChange(s)
		return
	}
	d.drawStanding(s)
	if c.State == actions.StateUnknown {
		s.blank()
		d.drawThreeWay(s)
	}
	s.blank()
	d.drawSteps(s)
	d.drawReadBack(s)
	if len(c.Limits)+len(c.Harm) > 0 && c.State != actions.StateUnknown {
		s.blank()
		d.drawLimits(s)
	}
	s.blank()
	d.drawGuard(s)
	if c.State.Closed() || c.State == actions.StateSoaking {
		d.drawUndo(s)
	}
	d.changeHints(s)
}

// drawSteps lists every step: done, in force or to come, when it was sent, how many replicas hold it, what was seen.
func (d *shiftDialog) drawSteps(s *sheet) {
	c := d.change
	s.openList()
	sent := 0
	for i := range c.Steps {
		s.item()
		d.drawSent(s, &c.Steps[i], i == len(c.Steps)-1)
		if !c.Steps[i].Back {
			sent = max(sent, c.Steps[i].N)
		}
	}
	if !c.State.Closed() && c.State != actions.StateRollingBack && c.State != actions.StateUnknown {
		for i := range c.Plan.Steps {
			if st := &c.Plan.Steps[i]; st.N > max(sent, c.Step) {
				s.item()
				s.Say(themes.Dim, "[ ] ").Put(themes.Dim, fleet.Int(st.N)).Gap(2)
				s.Put(themes.Dim, st.After.Text(c.Plan.Order))
				if st.N == max(sent, c.Step)+1 {
					d.drawDue(s)
				}
				s.End()
			}
		}
	}
	s.closeList(max(0, len(c.Steps)-2))
}

// drawDue says when the next step follows.
func (d *shiftDialog) drawDue(s *sheet) {
	c := d.change
	switch {
	case c.NextAt.IsZero(), c.State != actions.StateVerifying, c.Guard.Detached, abandoned(c):
	case !c.NextAt.After(d.sc.Now):
		s.Say(themes.Text, "   next step is due")
	default:
		s.Say(themes.Text, "   next step in ").Put(themes.Accent, countdown(c.NextAt.Sub(d.sc.Now)))
	}
}

// drawSent is a step whose write was sent.
func (d *shiftDialog) drawSent(s *sheet, r *actions.StepResult, newest bool) {
	c := d.change
	mark := fleet.Text("[x] ")
	role := themes.Text
	if newest && !c.State.Closed() {
		mark, role = fleet.Text("[>] "), themes.Accent
	}
	s.Put(role, mark)
	if r.Back {
		s.Say(themes.Warn, "back ")
	}
	s.Put(role, fleet.Int(r.N)).Gap(2).Put(role, r.Weights.Text(c.Plan.Order))
	s.Say(themes.Dim, "  sent ").Put(themes.Text, fleet.ClockTime(r.Sent))
	if len(r.ReadBack) > 0 {
		s.Gap(2).Put(themes.Text, fleet.Int(holding(r))).Say(themes.Text, "/").Put(themes.Text, fleet.Int(len(r.ReadBack)))
		s.Say(themes.Dim, " hold it")
	}
	if len(r.Seen) > 0 {
		if s.Room() < len("  seen  ok")+seenCells*len(c.Plan.Order) {
			s.End()
			s.Gap(2)
		}
		s.Say(themes.Dim, "  seen ")
		for i, id := range c.Plan.Order {
			if i > 0 {
				s.Say(themes.Text, "/")
			}
			s.Put(themes.Text, fleet.Show(r.Seen[id]))
		}
		switch {
		case r.SeenOK.OK && r.SeenOK.V:
			s.Say(themes.OK, " ok")
		case r.SeenOK.OK:
			s.Say(themes.Warn, " OFF")
		}
	}
	s.End()
	if !r.Err.IsEmpty() {
		s.say(themes.Bad, r.Err, 4, 2)
	}
}

// seenCells is the room of a measured share with the stroke after it: "41.2/".
const seenCells = 5

// holding counts the gateway replicas that hold a step's weights.
func holding(r *actions.StepResult) int {
	n := 0
	for i := range r.ReadBack {
		if r.ReadBack[i].OK {
			n++
		}
	}
	return n
}

// seenText draws measured shares in the order of the weights: "41.2/48.9/9.90".
func seenText(seen map[fleet.TargetID]fleet.Maybe[fleet.Ratio], order []fleet.TargetID) fleet.Safe {
	if len(seen) == 0 {
		return fleet.Safe{}
	}
	parts := make([]fleet.Safe, len(order))
	for i, id := range order {
		parts[i] = fleet.Show(seen[id])
	}
	return fleet.Join(parts, fleet.Text("/"))
}

// drawReadBack says what each gateway replica held when it was last asked.
func (d *shiftDialog) drawReadBack(s *sheet) {
	if len(d.change.Steps) == 0 {
		return
	}
	last := &d.change.Steps[len(d.change.Steps)-1]
	if len(last.ReadBack) == 0 {
		return
	}
	s.named(fleet.Text("read-back"))
	for i := range last.ReadBack {
		r := &last.ReadBack[i]
		word, role := fleet.Text("ok"), themes.OK
		switch {
		case !r.Err.IsEmpty():
			word, role = fleet.Concat(fleet.Text("FAILED: "), r.Err), themes.Bad
		case !r.OK && r.Weights == nil:
			word, role = fleet.Text("NOT READ"), themes.Bad
		case !r.OK:
			word, role = fleet.Concat(fleet.Text("HOLDS "), r.Weights.Text(d.change.Plan.Order)), themes.Warn
		}
		text := fleet.Concat(fleet.Label(string(r.Replica)), fleet.Text(" "))
		s.entry(text, word, ageText(r.At, d.sc.Now), role)
	}
	s.End()
	s.mark(spareNever)
}

// entry writes one of several short texts side by side; what does not fit begins a new line.
func (s *sheet) entry(name, word, age fleet.Safe, role themes.Role) {
	const between = 3
	need := len(name.String()) + len(word.String()) + 1 + len(age.String())
	if s.Column() > factIndent && s.Column()+between+need > s.Width() {
		s.End()
		s.To(factIndent)
	} else if s.Column() > factIndent {
		s.Gap(between)
	}
	s.Put(themes.Text, name).Put(role, word).Gap(1).Put(themes.Dim, age)
}
