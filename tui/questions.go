package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// askOrphan asks about the next open change that nobody guards, once for each.
func (m *Model) askOrphan() tea.Cmd {
	if m.ask != nil || m.shift != nil || m.evac != nil || m.line != nil {
		return nil
	}
	for i := range m.book.Changes {
		if c := &m.book.Changes[i]; unguarded(c) && !m.asked[c.ID] {
			return m.askAbout(c)
		}
	}
	return nil
}

// orphanAnswer is about an open change that nobody guards: leave, resume, undo, and where nothing was written, close.
type orphanAnswer struct{ id fleet.ChangeID }

func (m *Model) askAbout(c *actions.Change) tea.Cmd {
	m.asked[c.ID] = true
	p := &c.Plan
	host, pid := fleet.Label(c.Guard.Host), fleet.Int(c.Guard.PID)
	carrier := fleet.Textf("Nobody guards it: process %s on %s is gone.", pid, host)
	if !c.Guard.Alive.OK {
		carrier = fleet.Textf("Its guard, process %s on %s, cannot be reached from here.", pid, host)
	}
	lines := []fleet.Safe{
		fleet.Concat(weightsMove(p), fleet.Text(", "), standing(c)),
		fleet.Concat(fleet.Text("started "), fleet.Stamp(c.Started), fleet.Text(" by "), p.Intent.Actor.Text()),
		carrier,
	}
	for _, line := range []fleet.Safe{c.Whereabouts(), c.Why} {
		if !line.IsEmpty() {
			lines = append(lines, line)
		}
	}
	if c.World != nil {
		lines = append(lines, fleet.Concat(fleet.Text("the gateway holds "), c.World.Text(p.Order),
			fleet.Text(" as of "), fleet.ClockTime(c.WorldAt)))
	}
	if why := m.book.Access.Why; !m.book.Access.Write && !why.IsEmpty() {
		lines = append(lines, fleet.Concat(fleet.Text("This console may not write: "), why))
	}
	choices := []fleet.Safe{
		fleet.Text("leave it as it is"),
		resumeWord(p),
		undoWord(p),
	}
	if c.Step == 0 {
		choices = append(choices, fleet.Text("close it: nothing was written"))
	}
	return m.open(&question{answer: orphanAnswer{c.ID}, state: views.AskState{
		Title: fleet.Concat(fleet.Text("OPEN "), changeName(c)), Lines: lines, Choices: choices,
	}})
}

func (a orphanAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	control := m.control
	switch chosen {
	case 1:
		return m.act("resume", fleet.Text("resumed; 7 shows it"), func() error { return control.Resume(a.id) })
	case 2:
		return m.act("roll back", fleet.Text("rolling back; 7 shows it"), func() error { return control.RollBack(a.id) })
	case 3:
		return m.act("abandon", fleet.Text("closed; nothing was written"), func() error { return control.Abandon(a.id) })
	}
	m.say(fleet.Text("left open; Z on its line in 7 asks again"))
	return nil
}

// resumeWord says what a resume compares with.
func resumeWord(p *actions.Plan) fleet.Safe {
	switch {
	case p.Work != nil:
		return fleet.Text("resume: compare with the cluster and go on")
	case p.Edit != nil:
		return fleet.Text("resume: compare with the gateway and go on")
	case p.Silence != nil:
		return fleet.Text("resume: compare with the alerting system and go on")
	}
	return fleet.Text("resume: compare with the gateway and go on")
}

// undoWord says where an undo leads.
func undoWord(p *actions.Plan) fleet.Safe {
	switch {
	case p.Work != nil && !p.Work.Draft.NoUndo.IsEmpty():
		return fleet.Concat(fleet.Text("give it up: no further stage is sent, fields that it set go back; "), p.Work.Draft.NoUndo)
	case p.Work != nil:
		return fleet.Text("roll back: each field that it set goes back to what it was")
	case p.Intent.Kind == actions.KindExpire:
		return fleet.Text("give it up, where nothing was written yet: the end of a silence cannot be taken back")
	case p.Edit != nil:
		return fleet.Concat(fleet.Text("undo: "), p.Edit.BackText())
	case p.Errand():
		return fleet.Text("undo: end the silence now")
	}
	return fleet.Concat(fleet.Text("undo: roll back to "), p.Before.Text(p.Order))
}

// rollbackAnswer is about an open change that should go back to where it began.
type rollbackAnswer struct{ id fleet.ChangeID }

func (m *Model) askRollback(c *actions.Change) tea.Cmd {
	p := &c.Plan
	back := fleet.Concat(fleet.Text("roll back to "), p.Before.Text(p.Order))
	switch {
	case p.Errand():
		back = undoWord(p)
	case p.Intent.Kind == actions.KindResync:
		back = fleet.Text("stop the resync; the stored state is not changed by it")
	}
	return m.open(&question{answer: rollbackAnswer{c.ID}, state: views.AskState{
		Title: fleet.Concat(fleet.Text("UNDO "), changeName(c)),
		Lines: []fleet.Safe{
			fleet.Concat(weightsMove(p), fleet.Text(", "), standing(c)),
			fleet.Text("Nothing is sent before you choose. Only HARD interlocks can stop a roll-back."),
		},
		Choices: []fleet.Safe{fleet.Text("cancel"), back},
	}})
}

func (a rollbackAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	if chosen != 1 {
		return nil
	}
	control := m.control
	return m.act("roll back", fleet.Text("rolling back"), func() error { return control.RollBack(a.id) })
}

// leaveAnswer is about quitting with changes of this process in flight.
type leaveAnswer struct{ ids []fleet.ChangeID }

// quit ends the console, after a question when it guards a change.
func (m *Model) quit() tea.Cmd {
	mine := m.mine()
	starting := m.shift != nil && m.shift.starting != 0
	if len(mine) == 0 && !starting {
		return tea.Quit
	}
	var lines []fleet.Safe
	if starting {
		lines = append(lines, fleet.Text("A change is being started at this moment."))
	}
	var ids []fleet.ChangeID
	for _, c := range mine {
		ids = append(ids, c.ID)
		lines = append(lines, fleet.Concat(changeName(c), fleet.Text(": "), standing(c)))
	}
	return m.open(&question{answer: leaveAnswer{ids}, state: views.AskState{
		Title:   fleet.Text("LEAVE with a change in flight"),
		Lines:   append(lines, m.leaving...),
		Choices: []fleet.Safe{fleet.Text("stay"), fleet.Text("leave, it keeps its guard"), fleet.Text("hold it, then leave")},
	}})
}

func (a leaveAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	switch chosen {
	case 1:
		return tea.Quit
	case 2:
		control := m.control
		return m.actThen("hold", fleet.Text("held"), effectQuit, func() error {
			for _, id := range a.ids {
				if err := control.Hold(id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return nil
}

func (m *Model) interrupt(string) tea.Cmd {
	switch {
	case m.line != nil:
		return m.lineCancel("")
	case m.ask != nil:
		if _, leaving := m.ask.answer.(leaveAnswer); leaving {
			return nil // the question stands
		}
	}
	m.help, m.ask = nil, nil
	return m.quit()
}

// armAnswer is about the writers: the name of the context must be typed.
type armAnswer struct{ d time.Duration }

func (m *Model) askArm(d time.Duration) tea.Cmd {
	return m.open(&question{answer: armAnswer{d}, state: views.AskState{
		Title: fleet.Concat(fleet.Text("ARM writing for "), fleet.Age(d)),
		Lines: []fleet.Safe{
			fleet.Text("This constructs the writers of the context and is written to the audit."),
			fleet.Text(":lock drops them at once. Each change still asks for itself."),
			m.contextLine(),
		},
		Field: &views.TextField{}, Label: fleet.Text("type the name of the context"),
	}})
}

func (a armAnswer) choose(m *Model, _ int, typed string) tea.Cmd {
	if typed != m.context() {
		return m.refuse(fleet.Text("that is not the name of this context; nothing is armed"))
	}
	control := m.control
	done := fleet.Concat(fleet.Text("armed for "), fleet.Age(a.d))
	return m.act("arm", done, func() error { return control.Arm(a.d, typed) })
}

// context is the raw name of the context.
func (m *Model) context() string {
	if m.snap != nil {
		return m.snap.Context
	}
	return m.named
}

// contextLine says which context this is. A name that a label cannot show as it is stands beside it in quotes.
func (m *Model) contextLine() fleet.Safe {
	name := m.context()
	env := fleet.EnvProd
	if m.snap != nil && m.snap.Env != "" {
		env = m.snap.Env
	}
	return fleet.Concat(fleet.Text("context "), rawName(name), fleet.Text(", environment "), fleet.Label(string(env)))
}
