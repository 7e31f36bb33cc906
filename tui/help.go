package tui

import (
	"cmp"
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
type actionsAnswer struct{ all []action }

// action is one of them, with the reason where it is off.
type action struct {
	text fleet.Safe
	off  func(*Model) fleet.Safe
	do   func(*Model) tea.Cmd
}

// isOff is 1 for an action that does nothing now, 0 for others.
func (x *action) isOff(m *Model) int {
	if x.off(m).IsEmpty() {
		return 0
	}
	return 1
}

// askActions shows every action for the selected object, those that are off behind the others, with the reason.
func (m *Model) askActions(string) tea.Cmd {
	title := fleet.Text("ACTIONS")
	if id := m.selected(); id != "" {
		title = fleet.Concat(fleet.Text("ACTIONS for "), fleet.Label(id))
	}
	a := actionsAnswer{m.actions()}
	slices.SortStableFunc(a.all, func(x, y action) int { return cmp.Compare(x.isOff(m), y.isOff(m)) }) // what works first
	choices := []fleet.Safe{fleet.Text("nothing")}
	for _, x := range a.all {
		line := x.text
		if why := x.off(m); !why.IsEmpty() {
			line = fleet.Concat(line, fleet.Text("  (off: "), why, fleet.Text(")"))
		}
		choices = append(choices, line)
	}
	return m.open(&question{answer: a, state: views.AskState{Title: title, Choices: choices}})
}

// actions are those that have a key, with those of objects of clusters after the ones that only look.
func (m *Model) actions() []action {
	ids := []string{"open", "shift", "resync", "upgrade", "promote", "abort", "undo", "copy", "write", "faults"}
	if m.details != nil {
		ids = slices.Insert(ids, 1, "logs", "describe", "raw")
	}
	var all []action
	for _, id := range ids {
		b := m.keys.binding(id)
		if id == "faults" && !b.off(m).IsEmpty() {
			continue
		}
		all = append(all, action{text: fleet.Concat(keyName(b.Keys[0]), fleet.Text("  "), b.Help), off: b.off,
			do: func(m *Model) tea.Cmd { return b.do(m, b.Keys[0]) }})
		if id == "abort" {
			all = append(all, m.objectActions()...)
		}
	}
	return all
}

// objectActions are what can be done to the object of a cluster under the cursor: to what keeps it, and to the machine
// that it runs on.
func (m *Model) objectActions() []action {
	var all []action
	add := func(o fleet.ObjectRef) {
		for _, d := range workDeeds(o.Kind) {
			all = append(all, action{text: fleet.Concat(fleet.Text("   "), deedText(d, o)),
				off: func(m *Model) fleet.Safe { return m.whyNoDeed(o, d) },
				do:  func(m *Model) tea.Cmd { return m.openWork(o, d) }})
		}
	}
	kept, why := m.workObject()
	if why.IsEmpty() && kept.Name != "" {
		add(kept)
	}
	if m.snap == nil {
		return all
	}
	if o, why := m.object(); why.IsEmpty() {
		if _, p := views.PodOf(m.snap, o); p != nil && p.Node != "" {
			if node := (fleet.ObjectRef{Cluster: o.Cluster, Kind: kindNode, Name: p.Node}); node != kept { // on its own page it is both
				add(node)
			}
		}
	}
	return all
}

func (a actionsAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	if chosen == 0 {
		return nil
	}
	x := a.all[chosen-1]
	if why := x.off(m); !why.IsEmpty() {
		return m.refuse(why)
	}
	m.ask = nil
	return x.do(m)
}
