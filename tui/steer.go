package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// openWorkChange is the change that is open on the object that is meant, or nil.
func (m *Model) openWorkChange() *actions.Change {
	if m.shift != nil {
		c := m.book.Change(m.shift.state.Change)
		if c == nil || c.State.Closed() || c.Plan.Work == nil {
			return nil
		}
		return c
	}
	o, why := m.workObject()
	if !why.IsEmpty() || o.Name == "" {
		return nil
	}
	return m.book.OpenOn(actions.ObjectLock(o))
}

// whySteps is why the system of an object is not told to promote or to give up its own steps.
func whySteps(m *Model) fleet.Safe {
	if m.shift != nil {
		return fleet.Text("only a change of an object of a cluster has stages to promote and abort")
	}
	if why := whyNoWork(m); !why.IsEmpty() {
		return why
	}
	o, why := m.workObject()
	if !why.IsEmpty() {
		return why
	}
	if m.stepless(o) {
		return fleet.Text("no change is open on it; its system has no steps or weights of its own")
	}
	return works()
}

// stepless tells whether an object has neither steps nor weights of its own: as it was read, else by its kind.
func (m *Model) stepless(o fleet.ObjectRef) bool {
	seen := m.states.upgrades.Seen[o]
	if seen.At.IsZero() {
		return slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "LeaderWorkerSet"}, o.Kind)
	}
	return seen.Rollout.Traffic.Kind != fleet.TrafficSteps && !seen.Rollout.Traffic.Weighted()
}

// whyNoPromote is why P does nothing.
func whyNoPromote(m *Model) fleet.Safe {
	c := m.openWorkChange()
	if c == nil {
		return whySteps(m)
	}
	switch {
	case c.State == actions.StateRollingBack:
		return fleet.Text("it is on its way back: nothing is promoted")
	case c.State == actions.StateSoaking, c.Step >= len(c.Plan.Steps) && c.Step > 0:
		return fleet.Text("every stage was sent: there is nothing to promote to")
	case c.State == actions.StateUnknown || unguarded(c):
		return fleet.Text("nobody carries it: Z asks whether to resume or undo")
	}
	return works()
}

// askPromote asks whether the next stage is wanted now, whatever the comparison says; without an open change it plans the
// promotion of a roll with steps of its own.
func (m *Model) askPromote(string) tea.Cmd {
	c := m.openWorkChange()
	if c == nil {
		o, _ := m.workObject()
		return m.openWork(o, fleet.DoPromote)
	}
	lines := []fleet.Safe{fleet.Concat(weightsMove(&c.Plan), fleet.Text(", "), standing(c))}
	if !c.Why.IsEmpty() {
		lines = append(lines, c.Why)
	}
	judged := 0
	for i := range c.Limits {
		l := &c.Limits[i]
		if l.Verdict != "PASS" {
			lines = append(lines, fleet.Textf("%s %s: new %s, old %s, limit %s", fleet.Label(l.Verdict), l.Name, l.Now, l.Before, l.Limit))
			continue
		}
		judged++
	}
	if len(c.Limits) == 0 {
		lines = append(lines, fleet.Text("New and old were not compared: nothing shows yet that the new version answers well."))
	} else {
		lines = append(lines, fleet.Textf("%s of %s figures are within their limits.", fleet.Int(judged), fleet.Int(len(c.Limits))))
	}
	next := fleet.Text("next stage now")
	if n := c.Step; n < len(c.Plan.Work.Draft.Stages) {
		next = fleet.Concat(fleet.Textf("PROMOTE to stage %s now: ", fleet.Int(n+1)), c.Plan.Work.Draft.Stages[n].Text)
	}
	return m.open(&question{answer: promoteAnswer{c.ID}, state: views.AskState{
		Title: fleet.Concat(fleet.Text("PROMOTE "), changeName(c)), Lines: lines,
		Choices: []fleet.Safe{fleet.Text("cancel; it goes on as planned"), next},
	}})
}

// promoteAnswer is about the next stage of an open change of an object.
type promoteAnswer struct{ id fleet.ChangeID }

func (a promoteAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	if chosen != 1 {
		return nil
	}
	control := m.control
	return m.act("next stage", fleet.Text("the next stage starts"), func() error { return control.NextNow(a.id) })
}

// whyNoAbort is why A does nothing.
func whyNoAbort(m *Model) fleet.Safe {
	c := m.openWorkChange()
	switch {
	case c == nil:
		return whySteps(m)
	case c.State == actions.StateRollingBack:
		return fleet.Concat(changeName(c), fleet.Text(" is rolling back already"))
	}
	return works()
}

// askAbort asks whether an open change goes back to the old version; without one it plans to give up a roll with steps of
// its own.
func (m *Model) askAbort(string) tea.Cmd {
	c := m.openWorkChange()
	switch {
	case c == nil:
		o, _ := m.workObject()
		return m.openWork(o, fleet.DoAbandonRoll)
	case unguarded(c):
		return m.askAbout(c)
	}
	return m.askRollback(c)
}
