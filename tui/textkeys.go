package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// textKeys move in the full text about an object.
func textKeys() []Binding {
	s := ScopeText
	move := func(id string, help fleet.Safe, by motion, keys ...string) Binding {
		return Binding{ID: id, Keys: keys, Scope: s, Help: help, Risk: RiskLook, do: by.moveText}
	}
	return []Binding{
		{ID: "text.leave", Keys: []string{"esc"}, Scope: s, Word: fleet.Text("back"), Risk: RiskLook,
			Help: fleet.Text("end the search, then leave; nothing more is read"), do: (*Model).escapeText},
		{ID: "text.quit", Keys: []string{"q"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("leave; nothing more is read"), do: (*Model).leaveText},
		{ID: "text.follow", Keys: []string{"f"}, Scope: s, Word: fleet.Text("follow"), Risk: RiskLook,
			Help: fleet.Text("keep the end of the log in view, or hold still"), Why: whyNoLogText, do: (*Model).followText},
		{ID: "text.container", Keys: []string{"c", "tab"}, Scope: s, Word: fleet.Text("container"), Risk: RiskLook,
			Help: fleet.Text("the log of the pod's next container"), Why: whyOneContainer, do: (*Model).nextContainer},
		{ID: "text.container-back", Keys: []string{"shift+tab"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("the log of the pod's container before"), Why: whyOneContainer, do: (*Model).previousContainer},
		{ID: "text.previous", Keys: []string{"p"}, Scope: s, Word: fleet.Text("before restart"), Risk: RiskLook,
			Help: fleet.Text("the log of the container before its last restart, and back"), Why: whyNoPrevious,
			do: (*Model).previousText},
		{ID: "text.find", Keys: []string{"/"}, Scope: s, Word: fleet.Text("search"), Risk: RiskLook,
			Help: fleet.Text("search by a regular expression; ! finds what does not match"), do: (*Model).openFilter},
		{ID: "text.next", Keys: []string{"n"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next match, around the end"), Why: whyNoFind, do: (*Model).nextMatch},
		{ID: "text.back", Keys: []string{"N"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("match before, around the start"), Why: whyNoFind, do: (*Model).previousMatch},
		{ID: "text.wrap", Keys: []string{"z"}, Scope: s, Word: fleet.Text("wrap"), Risk: RiskLook,
			Help: fleet.Text("break long lines, or cut them"), do: (*Model).wrapText},
		{ID: "text.write", Keys: []string{"w"}, Scope: s, Word: fleet.Text("write"), Risk: RiskLook,
			Help: fleet.Text("write all lines that are kept to a file"), Why: whyNoSave, do: (*Model).saveText},
		{ID: "text.logs", Keys: []string{"l"}, Scope: s, Word: fleet.Text("logs"), Risk: RiskLook,
			Help: fleet.Text("the log of the same object"), Why: whyNoPodText, do: (*Model).logsText},
		{ID: "text.describe", Keys: []string{"d"}, Scope: s, Word: fleet.Text("describe"), Risk: RiskLook,
			Help: fleet.Text("describe the same object"), do: (*Model).describeText},
		{ID: "text.raw", Keys: []string{"y"}, Scope: s, Word: fleet.Text("raw"), Risk: RiskLook,
			Help: fleet.Text("the same object as its cluster holds it"), do: (*Model).rawText},
		{ID: "text.reload", Keys: []string{"r"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("read it again"), do: (*Model).reloadText},
		{ID: "text.command", Keys: []string{":"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("command line"), do: (*Model).openCommand},
		move("text.down", fleet.Text("a line down"), moveDown, "j", "down"),
		move("text.up", fleet.Text("a line up"), moveUp, "k", "up"),
		move("text.first", fleet.Text("the first line that is kept"), moveFirst, "g", "home"),
		move("text.final", fleet.Text("the end; a log is followed from there"), moveLast, "G", "end"),
		move("text.half-down", fleet.Text("half a page down"), moveHalfDown, "ctrl+d"),
		move("text.half-up", fleet.Text("half a page up"), moveHalfUp, "ctrl+u"),
		move("text.page-down", fleet.Text("a page down"), movePageDown, "pgdown", "space"),
		move("text.page-up", fleet.Text("a page up"), movePageUp, "pgup"),
		move("text.left", fleet.Text("to the left, while lines are cut"), moveLeft, "left"),
		move("text.right", fleet.Text("to the right, while lines are cut"), moveRight, "right"),
	}
}

func whyNoLogText(m *Model) fleet.Safe {
	if m.text == nil || m.text.state.Kind != views.DetailLogs {
		return fleet.Text("only a log goes on: l shows it")
	}
	return works()
}

func whyNoPodText(m *Model) fleet.Safe {
	if m.text == nil || m.text.state.Object.Kind != kindPod {
		return fleet.Text("only pods have logs")
	}
	if m.text.state.Kind == views.DetailLogs {
		return fleet.Text("this is its log: r reads it again")
	}
	return works()
}

func whyNoFind(m *Model) fleet.Safe {
	if m.text == nil || m.text.state.Find.Match == nil {
		return fleet.Text("nothing is searched for: / begins")
	}
	return works()
}

// escapeText goes one level back: ends the search, then leaves.
func (m *Model) escapeText(key string) tea.Cmd {
	if m.text.state.Find.Match != nil {
		m.text.find(views.Filter{}, m.size)
		return nil
	}
	return m.leaveText(key)
}

func (m *Model) leaveText(string) tea.Cmd {
	m.closeText()
	return nil
}

func (m *Model) followText(string) tea.Cmd {
	s := &m.text.state
	if s.Follow {
		s.Top, _ = views.DetailWindow(*s, m.size)
	}
	s.Follow = !s.Follow
	return nil
}

func (m *Model) previousText(string) tea.Cmd {
	want := m.text.state
	want.Previous = !want.Previous
	return m.askText(want)
}

// reloadText asks anew, also which containers there are.
func (m *Model) reloadText(string) tea.Cmd {
	want := m.text.state
	want.Of = nil
	return m.askText(want)
}

func (m *Model) logsText(string) tea.Cmd { return m.openText(views.DetailLogs, m.text.state.Object) }
func (m *Model) describeText(string) tea.Cmd {
	return m.openText(views.DetailDescribe, m.text.state.Object)
}
func (m *Model) rawText(string) tea.Cmd { return m.openText(views.DetailRaw, m.text.state.Object) }

// wrapText keeps the line in view that was on top.
func (m *Model) wrapText(string) tea.Cmd {
	s := &m.text.state
	s.Top, _ = views.DetailWindow(*s, m.size)
	s.Wrap, s.Column = !s.Wrap, 0
	return nil
}

func (m *Model) nextMatch(string) tea.Cmd     { return m.match(+1) }
func (m *Model) previousMatch(string) tea.Cmd { return m.match(-1) }

func (m *Model) match(step int) tea.Cmd {
	t := m.text
	from := t.state.At + step
	if t.state.At < 0 {
		from, _ = views.DetailWindow(t.state, m.size)
	}
	if !t.jump(from, step, m.size) {
		m.say(fleet.Concat(fleet.Text("no line matches /"), t.state.Find.Text))
	}
	return nil
}

// columnStep is how many cells a key scrolls long lines.
const columnStep = 16

// moveText applies a motion to the text. Moving away from the end of a log ends the following, going there begins it.
func (by motion) moveText(m *Model, _ string) tea.Cmd {
	s := &m.text.state
	switch {
	case (by == moveLeft || by == moveRight) && s.Wrap:
		m.say(fleet.Text("long lines are wrapped: z cuts them"))
	case by == moveLeft:
		s.Column = max(0, s.Column-columnStep)
	case by == moveRight:
		s.Column = min(s.Column+columnStep, fleet.MaxLabelBytes)
	case by == moveLast && s.Kind == views.DetailLogs:
		s.Follow = true
	default:
		top, _ := views.DetailWindow(*s, m.size)
		end := views.DetailEnd(*s, m.size)
		s.Top = by.from(top, end+1, max(1, m.size.H-6))
		s.Follow = s.Follow && s.Top == end && by != moveUp && by != moveFirst
	}
	return nil
}

// saveText writes all lines that are kept.
func (m *Model) saveText(string) tea.Cmd {
	s := &m.text.state
	head := fleet.Textf("%s of %s on %s at %s", fleet.Label(string(s.Kind)), views.RefText(s.Object),
		fleet.Label(string(s.Object.Cluster)), fleet.Stamp(m.now()))
	if s.Object.Container != "" {
		head = fleet.Concat(head, fleet.Text(", container "), fleet.Label(s.Object.Container))
	}
	if s.Previous {
		head = fleet.Concat(head, fleet.Text(", before the last restart"))
	}
	if s.Dropped > 0 {
		head = fleet.Concat(head, fleet.Text("; "), fleet.Many(s.Dropped, "older line"), fleet.Verb(s.Dropped, " is missing", " are missing"))
	}
	var b strings.Builder
	for _, l := range append([]fleet.Safe{head}, s.Lines...) {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return m.saveFile(string(s.Kind)+"-"+fileWord(s.Object.Name), b.String())
}
