package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// followChange moves the dialog along with its change.
func (m *Model) followChange() {
	d := m.shift
	if d == nil || d.state.Change == "" {
		if d != nil && d.state.Step <= views.ShiftConfirm && d.state.Plan != nil && d.state.Checks != nil {
			d.state.Ladder = m.climb() // writing may have been armed or locked meanwhile
			d.arm()
		}
		return
	}
	c := m.book.Change(d.state.Change)
	if c == nil {
		return
	}
	d.state.Step = views.ShiftApply
	if c.State == actions.StateSoaking || c.State.Closed() {
		d.state.Step = views.ShiftSoak
	}
}

// toggleHold holds the ramp, or lets it go on.
func (m *Model) toggleHold(string) tea.Cmd {
	c, control := m.changeMeant(), m.control
	id := c.ID
	if c.Held || c.State == actions.StateHeld {
		return m.act("release", fleet.Text("goes on"), func() error { return control.Release(id) })
	}
	held := fleet.Text("held: the step in force stays guarded; space goes on")
	return m.act("hold", held, func() error { return control.Hold(id) })
}

func (m *Model) nextNow(string) tea.Cmd {
	id, control := m.changeMeant().ID, m.control
	return m.act("next step", fleet.Text("the next step starts"), func() error { return control.NextNow(id) })
}
