package views

import (
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// needsText says what a change takes: GPUs beside those that it holds against what is free, and who is away meanwhile.
func needsText(w *actions.WorkPlan) fleet.Safe {
	text := fleet.Text("no GPU beside those that it holds")
	if w.Draft.Extra > 0 {
		free := fleet.Text("how many are free is not known")
		if w.Free.OK {
			free = fleet.Concat(fleet.Int(w.Free.V), fleet.Text(" free"))
		}
		text = fleet.Textf("%s more at the most, %s", fleet.Many(w.Draft.Extra, "GPU"), free)
		if !w.Was.Product.IsEmpty() {
			text = fleet.Textf("%s of %s", text, w.Was.Product)
		}
	}
	if !w.Draft.Rented.IsEmpty() {
		text = fleet.Concat(w.Draft.Rented, fleet.Text(", how much room the cloud has is not known"))
	}
	if w.Draft.Down > 0 {
		text = fleet.Textf("%s; %s of %s %s away at the most meanwhile", text, fleet.Int(w.Draft.Down), fleet.Int(w.Was.Desired), w.Was.Unit)
	}
	return text
}

// drawStage draws one stage of a plan: what it does, each field before and after, and what is waited for. Each is an item
// of the list, so that all of a long stage can be read on a low screen.
func drawStage(s *sheet, steps []actions.Step, stage *fleet.Stage, n int) {
	s.item()
	lines := part.Wrap(fleet.Concat(fleet.Int(n), fleet.Text(" "), stage.Text), s.Width(), 4)
	for i, l := range lines {
		if i == 0 {
			s.Put(themes.Accent, l).End()
		} else {
			s.Gap(2).Put(themes.Accent, l).End()
		}
	}
	for _, w := range stage.Writes {
		drawWrite(s, w)
	}
	wait := stage.Until.Text()
	if stage.Canary && n <= len(steps) {
		wait = fleet.Concat(wait, fleet.Text(", then old and new are compared for "), fleet.Age(steps[n-1].Hold))
	}
	if !wait.IsEmpty() {
		s.item()
		s.say(themes.Dim, fleet.Concat(fleet.Text("wait "), wait), 2, 2)
	}
	if len(stage.Then) > 0 {
		s.item()
		s.say(themes.Dim, fleet.Text("as soon as they are there:"), 2, 1)
		for _, w := range stage.Then {
			drawWrite(s, w)
		}
	}
}

// drawWrite draws a write with the fields that it changes; those that are only compared are left out.
func drawWrite(s *sheet, w fleet.ObjectWrite) {
	object := RefText(w.Object)
	if w.Part != "" {
		object = fleet.Concat(object, fleet.Text("/"), fleet.Label(w.Part))
	}
	s.item()
	s.Gap(2).Put(themes.Dim, fleet.Label(string(w.Verb))).Gap(1).Put(themes.Text, object).End()
	for _, f := range w.Fields {
		if f.Before.Equal(f.After) {
			continue
		}
		s.item()
		path := fleet.Quote(f.Path)
		change := f.Change()
		if part.Width(path)+2+part.Width(change)+4 <= s.Width() {
			s.Gap(4).Put(themes.Dim, path).Gap(2).Put(themes.Text, change).End()
			continue
		}
		s.say(themes.Dim, path, 4, 2)
		s.say(themes.Text, change, 6, 4)
	}
}

// workTitle names what is done to which object.
func (d *shiftDialog) workTitle() fleet.Safe {
	w := d.state.Work
	if d.state.Undoes != "" {
		of := fleet.Label(string(d.state.Undoes))
		if c := d.sc.Book.Change(d.state.Undoes); c != nil {
			of = fleet.Int(c.Seq)
		}
		return fleet.Concat(fleet.Text("UNDO of "), of, fleet.Text(": "), RefText(w.Object))
	}
	return fleet.Concat(deedWord(w.Deed), fleet.Text(" "), RefText(w.Object))
}

// drawWorkChange is steps 4 and 5 for an object: where the change stands, its stages, new against old, how the object
// stands, what is next, and who steers it.
func (d *shiftDialog) drawWorkChange(s *sheet) {
	c := d.change
	d.drawStanding(s)
	s.blank()
	s.openList()
	for i := range c.Plan.Work.Draft.Stages {
		s.item()
		stageLine(s.Block, d.sc, c, i+1)
	}
	s.item()
	backLine(s.Block, c)
	s.closeList(max(0, c.Step-2))
	if len(c.Limits)+len(c.Golden) > 0 {
		s.blank()
		analysisRows(s.Block, c)
		s.mark(spareNever)
		goldenRows(s.Block, c)
		s.mark(goldenSpare(c))
	}
	s.blank()
	d.drawObjectNow(s)
	if next := nextText(d.sc, c); !next.IsEmpty() {
		s.fact(fleet.Text("next"), themes.Text, next, 2)
		s.mark(spareNever)
	}
	d.drawWorkGuard(s)
	if !d.state.Twin.IsEmpty() {
		s.fact(fleet.Text("same as"), themes.Dim, d.state.Twin, 2)
		s.mark(spareLast)
	}
	d.workChangeHints(s)
}

// drawObjectNow says how the object stands now, with the age of that.
func (d *shiftDialog) drawObjectNow(s *sheet) {
	seen := &d.state.Work.Seen
	text := seen.standing(d.state.Work.Object, fleet.Safe{}, d.sc.Now)
	role := themes.Stale
	if r := &seen.Rollout; seen.known() && d.state.Work.Object.Kind == kindNode {
		role = themes.Text
		text = fleet.Textf("%s that a drain moves away, %s ready; %s", fleet.Many(r.Desired, "pod"), fleet.Int(r.Ready), text)
	} else if seen.known() {
		text = fleet.Textf("%s, %s of %s new and %s of these ready, %s ready in all; %s", phaseWhy(r.Phase, fleet.Label(string(r.Phase)), r.Why),
			r.Gaps.Replicas(r.Updated), fleet.Int(r.Desired), r.Gaps.Replicas(r.UpdatedReady), r.Gaps.Replicas(r.Ready), text)
		role = phaseRole(r.Phase)
		if seen.old(d.sc.Now) {
			role = themes.Stale
		}
	}
	s.fact(fleet.Text("object"), role, text, 3)
	s.mark(spareLast)
}

func (d *shiftDialog) drawWorkGuard(s *sheet) {
	c := d.change
	if c.State.Closed() {
		d.drawWorkUndo(s)
		return
	}
	role, text := guardianText(&c.Guard)
	s.fact(fleet.Text("guard"), role, text, 2)
	s.mark(spareLast)
	if c.Plan.Intent.Kind == actions.KindUpgrade && c.State != actions.StateRollingBack {
		s.fact(fleet.Text("taken back"), themes.Dim, fleet.Textf("when new is worse than old, or when something stands in its way for %s",
			fleet.Age(c.Plan.Work.Give)), 2)
		s.mark(spareSoon)
	}
}

// drawWorkUndo says what Z would do now.
func (d *shiftDialog) drawWorkUndo(s *sheet) {
	s.fact(fleet.Text("undo"), themes.Text, workUndo(d.sc, d.change), 2)
	s.mark(spareNever)
}

// workUndo says how a change of an object is taken back.
func workUndo(sc Scene, c *actions.Change) fleet.Safe {
	switch {
	case c.Undone != "":
		by := fleet.Label(string(c.Undone))
		if u := sc.Book.Change(c.Undone); u != nil {
			by = fleet.Concat(fleet.Text("change "), fleet.Int(u.Seq))
		}
		return fleet.Concat(fleet.Text("was undone by "), by)
	case c.State == actions.StateRolledBack:
		return fleet.Text("nothing to undo: each field is as it was")
	case c.State == actions.StateRollingBack:
		return fleet.Text("on its way back: each field is set to what it was")
	case c.Step == 0:
		return fleet.Text("nothing to undo: nothing was written")
	case !c.Plan.Work.Draft.NoUndo.IsEmpty():
		return c.Plan.Work.Draft.NoUndo
	case !c.State.Closed():
		return fleet.Text("Z sets each field back to what it was")
	}
	return fleet.Text("Z plans to set each field back to what it was, with the same checks")
}

// workChangeHints are the keys that steer a change of an object; those that do nothing in its state are left out.
func (d *shiftDialog) workChangeHints(s *sheet) {
	c := d.change
	write, copied := hint(fleet.Text("w"), fleet.Text("report")), hint(fleet.Text("y"), fleet.Text("copy the command"))
	hide := hint(fleet.Text("esc"), fleet.Text("hide, it keeps running"))
	journal := hint(fleet.Text("7"), fleet.Text("journal"))
	back := hint(fleet.Text("A"), fleet.Text("take it back"))
	switch {
	case c.State == actions.StateSoaking:
		s.hints(d.state.Grace, back, write, copied, journal, hide)
	case c.State.Closed():
		keys := []KeyHint{write, copied, journal, hint(fleet.Text("enter"), fleet.Text("close"))}
		if c.State == actions.StateCommitted && c.Undone == "" && c.Plan.Work.Draft.NoUndo.IsEmpty() {
			keys = append([]KeyHint{hint(fleet.Text("Z"), fleet.Text("undo"))}, keys...)
		}
		s.hints(d.state.Grace, keys...)
	case c.State == actions.StateUnknown || abandoned(c):
		s.hints(d.state.Grace, hint(fleet.Text("Z"), fleet.Text("decide: resume or undo")), write, hint(fleet.Text("esc"), fleet.Text("hide")))
	case c.State == actions.StateRollingBack:
		s.hints(d.state.Grace, write, copied, hide)
	case !c.Guard.Mine:
		s.hints(d.state.Grace, back, write, copied, hide)
	default:
		hold := hint(fleet.Text("space"), fleet.Text("hold"))
		if c.Held || c.State == actions.StateHeld {
			hold.Word = fleet.Text("go on")
		}
		keys := []KeyHint{hold, hint(fleet.Text("P"), fleet.Text("next stage")), back, copied, hide}
		if c.Step >= len(c.Plan.Steps) {
			keys = slices.Delete(keys, 1, 2)
		}
		s.hints(d.state.Grace, keys...)
	}
}
