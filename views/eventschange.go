package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

func changeTitle(c *actions.Change) fleet.Safe {
	return fleet.Concat(fleet.Text("CHANGE "), fleet.Int(c.Seq), fleet.Text("  "), fleet.Label(string(c.Plan.Intent.Kind)),
		fleet.Text(" "), fleet.Label(c.Plan.Object()))
}

// changeSheet tells a change from its plan to its end: how it stands, what was sent and seen, what it was judged by,
// and what was known and said when it was confirmed.
func changeSheet(sc Scene, c *actions.Change, width int) *page {
	s := newPage(sc, width)
	standing(s, sc, c)
	switch {
	case c.Plan.Work != nil:
		workSteps(s, c)
		limits(s, c)
		goldenProof(s, c)
		approval(s, c)
		confirmed(s, c)
		workPlanned(s, c)
		return s
	case c.Plan.Errand():
		errandSteps(s, c)
		approval(s, c)
		confirmed(s, c)
		errandPlanned(s, c)
		return s
	}
	steps(s, c)
	limits(s, c)
	approval(s, c)
	confirmed(s, c)
	planned(s, c)
	return s
}

// standing is how a change stands, what is due and who sees to it.
func standing(s *page, sc Scene, c *actions.Change) {
	p := &c.Plan
	state := c.Told()
	if c.Held {
		state = because(fleet.Concat(fleet.Label(string(c.State)), fleet.Text(", by a person")), c.Why)
	}
	s.tell(fleet.Text("state"), journalRole(c), state, 4)
	if back := c.Back(); !back.IsEmpty() {
		s.tell(fleet.Text("goes back"), themes.Warn, back, 3)
	}
	if c.World != nil {
		s.tell(fleet.Text("gateway"), themes.Crit, fleet.Concat(fleet.Text("holds "), c.World.Text(p.Order),
			fleet.Text(" as of "), fleet.ClockTime(c.WorldAt)), 2)
	}
	switch {
	case p.Work != nil:
		s.tell(fleet.Text("does"), themes.Text, p.ErrandText(), 3)
		s.tell(fleet.Text("object"), themes.Text, fleet.Concat(p.Work.Was.System, fleet.Text(" "),
			fleet.Label(actions.ObjectName(p.Work.Was.Object)), fleet.Text(" of "), fleet.Label(string(p.Work.Was.Object.Cluster))), 2)
	case p.Edit != nil:
		s.tell(fleet.Text("does"), themes.Text, p.ErrandText(), 3)
	case p.Errand():
		s.tell(fleet.Text("does"), themes.Text, p.ErrandText(), 3)
		s.tell(fleet.Text("comment"), themes.Text, fleet.Label(p.Silence.Silence.Comment), 3)
	case p.Intent.Kind == actions.KindResync:
		s.tell(fleet.Text("replica"), themes.Text, fleet.Label(string(p.Intent.Replica)), 2)
		s.tell(fleet.Text("weights"), themes.Text, fleet.Concat(p.After.Text(p.Order), targetNames(p)), 3)
	default:
		s.tell(fleet.Text("weights"), themes.Text, fleet.Concat(planMove(p), targetNames(p)), 3)
	}
	s.heading(fleet.Text("step")).Put(themes.Text, fleet.Textf("%s of %s", fleet.Int(c.Step), fleet.Int(len(p.Steps))))
	if !c.NextAt.IsZero() && !c.State.Closed() {
		s.Gap(3).Say(themes.Dim, "next ").Put(themes.Text, countdown(c.NextAt.Sub(sc.Now)))
	}
	s.End()
	text, role := guardian(c)
	s.tell(fleet.Text("guard"), role, text, 2)
	s.heading(fleet.Text("times")).Say(themes.Dim, "started ").Put(themes.Text, fleet.Stamp(c.Started))
	if c.State.Closed() {
		s.Say(themes.Dim, "   ended ").Put(themes.Text, fleet.Stamp(c.Ended))
	} else {
		s.Say(themes.Dim, "   last record ").Put(themes.Text, fleet.ClockTime(c.Updated))
	}
	s.End()
	undo(s, sc, c)
	s.tell(fleet.Text("id"), themes.Dim, fleet.Label(string(c.ID)), 2)
}

// targetNames says which weight belongs to which target.
func targetNames(p *actions.Plan) fleet.Safe {
	names := make([]fleet.Safe, len(p.Order))
	for i, id := range p.Order {
		names[i] = fleet.Label(string(id))
	}
	return fleet.Concat(fleet.Text("   for "), fleet.Join(names, fleet.Text("/")))
}

// guardian says which process verifies a change and rolls it back.
func guardian(c *actions.Change) (fleet.Safe, themes.Role) {
	g := &c.Guard
	process := fleet.Concat(fleet.Text("process "), fleet.Int(g.PID))
	if g.Host != "" {
		process = fleet.Concat(process, fleet.Text(" on "), fleet.Label(g.Host))
	}
	switch {
	case g.PID == 0 && c.State.Closed():
		return fleet.Text(fleet.Unknown), themes.Dim
	case c.State.Closed():
		return fleet.Concat(fleet.Text("was "), process), themes.Dim
	case g.Mine:
		return fleet.Concat(fleet.Text("this console, "), process), themes.Text
	case g.Alive.OK && !g.Alive.V:
		return fleet.Concat(fleet.Text("NOBODY CARRIES IT: "), process, fleet.Text(" is gone; resume or undo")), themes.Crit
	case !g.Alive.OK:
		return fleet.Concat(process, fleet.Text(", which cannot be asked from here")), themes.Stale
	case g.Detached:
		return fleet.Concat(process, fleet.Text(", without a screen: it guards the step and starts no other")), themes.Warn
	default:
		return fleet.Concat(process, fleet.Text(", which lives")), themes.Text
	}
}

// undo says what Z would do, and what was undone.
func undo(s *page, sc Scene, c *actions.Change) {
	p := &c.Plan
	number := func(id fleet.ChangeID) fleet.Safe {
		if other := sc.Book.Change(id); other != nil {
			return fleet.Int(other.Seq)
		}
		return fleet.Label(string(id))
	}
	if p.Intent.Undoes != "" {
		s.tell(fleet.Text("undoes"), themes.Text, fleet.Concat(fleet.Text("change "), number(p.Intent.Undoes)), 1)
	}
	s.tell(fleet.Text("undo"), undoCell(c, sc).Role, undoText(sc, c, number), 2)
}

// undoText says what Z would do, or why there is nothing to do; number names another change.
func undoText(sc Scene, c *actions.Change, number func(fleet.ChangeID) fleet.Safe) (text fleet.Safe) {
	p := &c.Plan
	switch {
	case p.Work != nil:
		text = workUndo(sc, c)
	case c.Undone != "":
		text = fleet.Concat(fleet.Text("undone by change "), number(c.Undone))
	case p.Edit != nil && c.State != actions.StateAborted:
		text = errandUndo(c)
	case c.State == actions.StateRollingBack:
		text = fleet.Concat(fleet.Text("on its way back to "), p.Before.Text(p.Order))
	case c.State == actions.StateRolledBack:
		text = fleet.Concat(fleet.Text("nothing to undo: back at "), p.Before.Text(p.Order))
	case c.State == actions.StateAborted:
		text = fleet.Text("nothing to undo: nothing was written")
	case p.Errand():
		text = errandUndo(c)
	case p.Intent.Kind == actions.KindResync && c.State.Closed():
		text = fleet.Text("a resync changed nothing that could be undone")
	case !c.State.Closed():
		text = fleet.Concat(fleet.Text("Z rolls back to "), p.Before.Text(p.Order))
	case sc.Book.OpenOn(p.Lock()) != nil:
		text = fleet.Concat(fleet.Text("after change "), number(sc.Book.OpenOn(p.Lock()).ID),
			fleet.Text(", which is open on this route"))
	case movedSince(c, sc.Snap):
		text = fleet.Concat(fleet.Text("Z plans "), p.Before.Text(p.Order),
			fleet.Text("; the weights have moved since this change"))
	default:
		text = fleet.Concat(fleet.Text("Z plans "), p.After.Text(p.Order), fleet.Text(" -> "), p.Before.Text(p.Order),
			fleet.Text(", with the same checks"))
	}
	return text
}

// errandUndo says how a silence, or an edit, is taken back.
func errandUndo(c *actions.Change) fleet.Safe {
	switch {
	case c.Plan.Edit != nil && c.State == actions.StateRollingBack:
		return fleet.Concat(fleet.Text("on its way back: "), c.Plan.Edit.BackText())
	case c.Plan.Edit != nil && c.State == actions.StateRolledBack:
		return fleet.Text("nothing to undo: it is back as it was")
	case c.Plan.Edit != nil && c.State.Closed():
		return fleet.Concat(fleet.Text("Z plans "), c.Plan.Edit.BackText(), fleet.Text(", with the same checks"))
	case c.Plan.Edit != nil:
		return fleet.Concat(fleet.Text("Z rolls back: "), c.Plan.Edit.BackText())
	case c.Plan.Intent.Kind == actions.KindExpire:
		return fleet.Text("a silence that ended does not come back; set a new one")
	case c.State.Closed():
		return fleet.Text("Z plans its end, with the same checks")
	default:
		return fleet.Text("Z ends it")
	}
}

// planned is what the plan said beside its weights.
func planned(s *page, c *actions.Change) {
	p := &c.Plan
	s.End()
	s.Rule(fleet.Concat(fleet.Text("PLAN "), fleet.Label(p.Short())), fleet.Safe{}, fleet.Safe{})
	s.tell(fleet.Text("context"), themes.Text, fleet.Concat(fleet.Label(p.Context), fleet.Text(" "),
		fleet.Label(string(p.Env)), fleet.Text(", gateway "), fleet.Label(string(p.Gateway))), 2)
	s.tell(fleet.Text("made"), themes.Text, fleet.Concat(fleet.Stamp(p.Created), fleet.Text(" on generation "),
		fleet.Int(p.SeenGen), fleet.Text(" as of "), fleet.ClockTime(p.SeenAt)), 2)
	r := p.Ramp.WithDefaults()
	s.tell(fleet.Text("ramp"), themes.Text, fleet.Concat(fleet.Many(r.Points, "point"), fleet.Text(" every "),
		fleet.Age(r.Every),
		fleet.Text(", "), fleet.Many(r.MinRequests, "request"), fleet.Text(" a step at least, then soak "),
		fleet.Age(p.Soak)), 2)
	s.tell(fleet.Text("roll back"), themes.Text, fleet.Concat(fleet.Text("if "), limitsText(p.Guard)), 2)
	if p.BurnNow.OK || p.BurnThen.OK {
		s.tell(fleet.Text("cost est."), themes.Text, fleet.Concat(moneyRate(p.BurnNow, true), fleet.Text(" -> "),
			moneyRate(p.BurnThen, true)), 1)
	}
	for _, n := range p.Notes {
		s.tell(fleet.Text("note"), themes.Dim, n, 2)
	}
}
