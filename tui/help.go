package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// toggleHelp shows the keys that work where the person is, with the reason where one does nothing.
func (m *Model) toggleHelp(string) tea.Cmd {
	if m.help != nil {
		m.help = nil
		return nil
	}
	scope := m.scope()
	state := &views.HelpState{Title: fleet.Concat(fleet.Text("KEYS of "), fleet.Label(string(scope)))}
	if scope == ScopeScreens {
		state.Title = fleet.Concat(fleet.Text("KEYS of "), fleet.Label(string(m.place().screen)))
	}
	for _, s := range []Scope{scope, ScopeAlways} {
		for i := range m.keys.list {
			if b := &m.keys.list[i]; b.Scope == s {
				state.Rows = append(state.Rows, views.HelpRow{
					Group: fleet.Label(string(s)), Keys: keyNames(b.Keys), Text: b.Help, Disabled: b.off(m),
				})
			}
		}
	}
	for _, v := range verbs() {
		if scope != ScopeScreens && scope != ScopeLine {
			break
		}
		state.Rows = append(state.Rows, views.HelpRow{Group: fleet.Text("commands"), Keys: verbUsage(v), Text: v.help})
	}
	m.help = state
	return nil
}

// verbUsage draws a command with its short form and arguments: ":routes rt", ":route NAME".
func verbUsage(v verb) fleet.Safe {
	parts := []fleet.Safe{fleet.Concat(fleet.Text(":"), fleet.Label(v.names[0]))}
	for _, n := range v.names[1:] {
		parts = append(parts, fleet.Label(n))
	}
	if !v.args.IsEmpty() {
		parts = append(parts, v.args)
	}
	return fleet.Join(parts, fleet.Text(" "))
}

func (m *Model) closeHelp(string) tea.Cmd {
	m.help = nil
	return nil
}

func (m *Model) helpDown(string) tea.Cmd     { return m.helpScroll(+1) }
func (m *Model) helpUp(string) tea.Cmd       { return m.helpScroll(-1) }
func (m *Model) helpPageDown(string) tea.Cmd { return m.helpScroll(max(1, m.size.H-8)) }
func (m *Model) helpPageUp(string) tea.Cmd   { return m.helpScroll(-max(1, m.size.H-8)) }

func (m *Model) helpScroll(by int) tea.Cmd {
	m.settle(&m.help.Scroll, min(len(m.help.Rows)-1, m.help.Scroll+by))
	return nil
}

// actionsAnswer lists what can be done about the object under the cursor.
type actionsAnswer struct{ ids []string }

// askActions shows every action for the selected object, those that are off with the reason.
func (m *Model) askActions(string) tea.Cmd {
	title := fleet.Text("ACTIONS")
	if id := m.selected(); id != "" {
		title = fleet.Concat(fleet.Text("ACTIONS for "), fleet.Label(id))
	}
	a := actionsAnswer{}
	choices := []fleet.Safe{fleet.Text("nothing")}
	ids := []string{"open", "shift", "resync", "undo", "copy", "write", "faults"}
	if m.details != nil {
		ids = slices.Insert(ids, 1, "logs", "describe", "raw")
	}
	for _, id := range ids {
		b := m.keys.binding(id)
		why := b.off(m)
		if id == "faults" && !why.IsEmpty() {
			continue
		}
		line := fleet.Concat(keyName(b.Keys[0]), fleet.Text("  "), b.Help)
		if !why.IsEmpty() {
			line = fleet.Concat(line, fleet.Text("  (off: "), why, fleet.Text(")"))
		}
		a.ids, choices = append(a.ids, id), append(choices, line)
	}
	return m.open(&question{answer: a, state: views.AskState{Title: title, Choices: choices}})
}

func (a actionsAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	if chosen == 0 {
		return nil
	}
	b := m.keys.binding(a.ids[chosen-1])
	if why := b.off(m); !why.IsEmpty() {
		return m.refuse(why)
	}
	m.ask = nil
	return b.do(m, b.Keys[0])
}
