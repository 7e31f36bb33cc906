package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// WorkForm is the plan step of a change of an object of a cluster: which one, what is done to it, and what is wanted as
// it is typed.
type WorkForm struct {
	Object fleet.ObjectRef
	Deed   fleet.Deed
	Fields []WorkField // in the order of tab; none where the deed says it all
	At     int         // field with the focus; len(Fields) is the button under them
	Stale  bool        // something was typed since the plan was made
	Seen   RolloutSeen // how the object stands
	Moving bool        // the plan is made outside; esc gives it up
}

// WorkField is one thing that is wanted: a text, or a mark.
type WorkField struct {
	ID   string
	Name fleet.Safe
	Note fleet.Safe // what stands behind it while it is empty: unit, example
	Text TextField
	Was  string // what it held at first: unchanged, it is not asked for
	Mark bool   // it is a mark, set or not
	Set  bool
}

// changed tells whether something is asked for.
func (f *WorkField) changed() bool { return f.Set || f.Text.Text != f.Was }

// OnButton tells whether the focus is on the button.
func (w *WorkForm) OnButton() bool { return w.At >= len(w.Fields) }

// deedWord is what is done, as the title says it.
func deedWord(d fleet.Deed) fleet.Safe {
	switch d {
	case fleet.DoUpgrade:
		return fleet.Text("UPGRADE")
	case fleet.DoScale:
		return fleet.Text("SCALE")
	case fleet.DoPause:
		return fleet.Text("PAUSE the roll of")
	case fleet.DoResume:
		return fleet.Text("RESUME the roll of")
	case fleet.DoRestart:
		return fleet.Text("RESTART")
	case fleet.DoHoldScaler:
		return fleet.Text("HOLD the autoscaler of")
	case fleet.DoFreeScaler:
		return fleet.Text("RELEASE the autoscaler of")
	case fleet.DoCordon:
		return fleet.Text("CORDON")
	case fleet.DoUncordon:
		return fleet.Text("UNCORDON")
	case fleet.DoDrain:
		return fleet.Text("DRAIN")
	case fleet.DoPromote:
		return fleet.Text("PROMOTE")
	case fleet.DoAdvance:
		return fleet.Text("ADVANCE")
	case fleet.DoTraffic:
		return fleet.Text("SET THE WEIGHTS of")
	case fleet.DoAbandonRoll:
		return fleet.Text("ABORT the roll of")
	}
	return fleet.Concat(fleet.Label(string(d)), fleet.Text(" of"))
}

// drawWork is step 1 for an object: what is wanted, then the plan of it with each field before and after.
func (d *shiftDialog) drawWork(s *sheet) {
	w := d.state.Work
	if d.drawForm(s); len(w.Fields) > 0 {
		s.blank()
	}
	switch {
	case !d.state.Busy.IsEmpty():
		s.say(themes.Accent, fleet.Concat(fleet.Text("planning: "), RefText(w.Object), fleet.Text(" of "), fleet.Label(string(w.Object.Cluster)),
			fleet.Text(" is being read and its writes drafted, which may take seconds; esc gives it up")), 0, 2)
		s.mark(spareNever)
	case !d.state.PlanErr.IsEmpty():
		s.fact(fleet.Text("refused"), themes.Bad, d.state.PlanErr, 5)
		s.mark(spareNever)
	case d.plan == nil:
		s.say(themes.Dim, fleet.Text("nothing is planned yet: enter reads the object and plans what is typed"), 0, 2)
		s.mark(spareNever)
	}
	if d.plan != nil && d.plan.Work != nil && d.state.Busy.IsEmpty() {
		d.drawDraft(s)
	}
	s.blank()
	d.workHints(s)
}

func (d *shiftDialog) workHints(s *sheet) {
	w := d.state.Work
	next := hint(fleet.Text("enter"), fleet.Text("plan it"))
	if d.plan != nil && !w.Stale {
		next = hint(fleet.Text("enter"), fleet.Text("checks"))
	}
	cancel := hint(fleet.Text("esc"), fleet.Text("cancel"))
	switch {
	case !d.state.Busy.IsEmpty():
		s.hints(d.state.Grace, hint(fleet.Text("esc"), fleet.Text("give up the planning")))
	case len(w.Fields) == 0:
		s.hints(d.state.Grace, next, hint(fleet.Text("j/k"), fleet.Text("scroll")), hint(fleet.Text("y"), fleet.Text("copy the command")), cancel)
	case w.OnButton():
		s.hints(d.state.Grace, next, hint(fleet.Text("tab"), fleet.Text("fields")), hint(fleet.Text("j/k"), fleet.Text("scroll")),
			hint(fleet.Text("y"), fleet.Text("copy the command")), cancel)
	default:
		keys := []KeyHint{hint(fleet.Text("tab"), fleet.Text("next field"))}
		if w.Fields[w.At].Mark {
			keys = append(keys, hint(fleet.Text("space"), fleet.Text("set")))
		}
		s.hints(d.state.Grace, append(keys, next, cancel)...)
	}
}

// formName is the room for the name of a field.
const formName = 9

// drawForm draws the fields. Those that ask for nothing go first where the room is short and a plan is there.
func (d *shiftDialog) drawForm(s *sheet) {
	w := d.state.Work
	if len(w.Fields) > 0 && !w.Seen.known() {
		s.say(themes.Stale, w.Seen.standing(w.Object, fleet.Safe{}, d.sc.Now), 0, 2)
		s.mark(spareNever)
	}
	for i := range w.Fields {
		f := &w.Fields[i]
		d.drawField(s, f, i == w.At)
		spare := spareNever
		if d.plan != nil && i != w.At && !f.changed() {
			spare = spareSoon
		}
		s.mark(spare)
	}
}

func (d *shiftDialog) drawField(s *sheet, f *WorkField, focus bool) {
	cursor(s.Block, focus)
	role := themes.Dim
	if f.changed() {
		role = themes.Accent
	}
	s.Cell(role, f.Name, formName, part.Left).Gap(1)
	switch {
	case f.Mark:
		mark := fleet.Text("[ ]")
		if f.Set {
			mark = fleet.Text("[x]")
		}
		s.Put(themes.Text, mark).Gap(1).Put(themes.Dim, f.Note)
	case focus:
		note := part.Width(f.Note)
		if note > 0 && note+20 < s.Room() && f.Text.Text == f.Was {
			typing(s.Block, f.Text, s.Room()-note-1)
			s.Gap(1).Put(themes.Dim, f.Note)
		} else {
			typing(s.Block, f.Text, s.Room())
		}
	case f.Text.Text == "":
		s.Put(themes.Dim, part.Short(fleet.Concat(fleet.Text("("), f.Note, fleet.Text(")")), s.Room()))
	default:
		s.Put(themes.Text, part.Short(fleet.Label(f.Text.Text), s.Room()))
	}
	s.End()
}

// drawDraft is the plan: what it needs, what a person must know, and each stage with its writes.
func (d *shiftDialog) drawDraft(s *sheet) {
	p := d.plan
	w := p.Work
	if d.state.Work.Stale {
		s.say(themes.Warn, fleet.Text("this plan is older than what is typed: enter plans again"), 0, 1)
		s.mark(spareNever)
	}
	if now := w.Was.Now.Text(); !now.IsEmpty() {
		s.fact(fleet.Text("runs"), themes.Text, now, 2)
		s.mark(spareSoon)
	}
	if to := w.To.Text(); !to.IsEmpty() && to != w.Was.Now.Text() {
		s.fact(fleet.Text("becomes"), themes.Accent, to, 2)
		s.mark(spareSoon)
	}
	s.fact(fleet.Text("needs"), bad(themes.Text, w.Draft.Extra > 0 && w.Free.OK && w.Free.V < w.Draft.Extra), needsText(p.Work), 2)
	s.mark(spareNever)
	if takes := w.TakesText(); !takes.IsEmpty() {
		s.fact(fleet.Text("takes"), themes.Text, takes, 2)
		s.mark(spareLast)
	}
	if p.Compares() {
		s.fact(fleet.Text("limits"), themes.Text, actions.VersionLimits(), 2)
		s.mark(spareSoon)
	}
	for _, n := range p.Notes {
		s.fact(fleet.Text("note"), themes.Warn, n, 3)
	}
	s.mark(spareLast)
	if w.Draft.NoUndo.IsEmpty() {
		s.fact(fleet.Text("undo"), themes.Text, fleet.Text("each field is set back to what it was (Z)"), 2)
		s.mark(spareSoon)
	} else {
		s.fact(fleet.Text("NO UNDO"), themes.Warn, w.Draft.NoUndo, 2)
		s.mark(spareNever)
	}
	s.openList()
	for i := range w.Draft.Stages {
		drawStage(s, p.Steps, &w.Draft.Stages[i], i+1)
	}
	s.closeList(d.state.Scroll)
	s.moves = true
	if !d.state.Twin.IsEmpty() {
		s.fact(fleet.Text("same as"), themes.Dim, d.state.Twin, 3)
		s.mark(spareLast)
	}
}
