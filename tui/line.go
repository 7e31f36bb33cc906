package tui

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// The prompts of the line at the bottom.
const (
	promptCommand = ":"
	promptFilter  = "/"
)

// maxSaid bounds the history of each prompt.
const maxSaid = 50

// entry is the open command or filter line.
type entry struct {
	state  views.CommandState
	field  *views.TextField
	typed  string       // before a completion or an older line was taken
	turn   int          // how many completions were taken in a row
	older  int          // how far back in the history, 0 for the line itself
	before views.Filter // what esc goes back to
}

func (m *Model) openCommand(string) tea.Cmd {
	m.openLine(promptCommand, "")
	return nil
}

func (m *Model) openFilter(string) tea.Cmd {
	if m.text != nil {
		m.openLine(promptFilter, "")
		m.line.before = m.text.state.Find
		return nil
	}
	t := m.table(m.pane())
	if t == nil {
		m.say(fleet.Text("this page has no table to filter"))
		return nil
	}
	m.openLine(promptFilter, "")
	m.line.before = t.Filter
	return nil
}

func (m *Model) openLine(prompt, text string) {
	m.line = &entry{state: views.CommandState{Prompt: prompt}, field: &views.TextField{}}
	m.setLine(text)
	m.lineEdited()
}

func (m *Model) setLine(text string) {
	m.line.field.Text, m.line.field.Cursor = text, len([]rune(text))
	m.line.state.Text, m.line.state.Cursor = m.line.field.Text, m.line.field.Cursor
}

// lineEdited follows every change of the text: completions of a command, the live effect of a filter.
func (m *Model) lineEdited() {
	l := m.line
	l.state.Text, l.state.Cursor, l.state.Err = l.field.Text, l.field.Cursor, fleet.Safe{}
	l.typed, l.turn, l.older = l.field.Text, 0, 0
	l.state.Completions, l.state.Chosen = nil, 0
	if l.state.Prompt == promptCommand {
		l.state.Completions = m.completions(l.field.Text)
		return
	}
	f, err := parseFilter(l.field.Text)
	if err != nil {
		l.state.Err = fleet.Concat(fleet.Text("bad pattern: "), fleet.Label(err.Error()))
		return
	}
	if m.text != nil {
		m.text.find(f, m.size)
		return
	}
	m.table(m.pane()).Filter = f
	m.clamp(false)
}

// parseFilter compiles what is typed after "/". "!" inverts. Without a capital letter case does not matter.
func parseFilter(text string) (views.Filter, error) {
	pattern, inverted := strings.CutPrefix(text, "!")
	if pattern == "" {
		return views.Filter{}, nil
	}
	re, err := regexp.Compile(pattern)
	if err == nil && strings.IndexFunc(pattern, unicode.IsUpper) < 0 {
		re, err = regexp.Compile("(?i)" + pattern)
	}
	if err != nil {
		return views.Filter{}, err
	}
	return views.Filter{
		Text:  fleet.Label(text),
		Match: func(s string) bool { return re.MatchString(s) != inverted },
	}, nil
}

func (m *Model) lineEnter(string) tea.Cmd {
	l := m.line
	if !l.state.Err.IsEmpty() {
		return nil
	}
	text := strings.TrimSpace(l.field.Text)
	if l.state.Prompt == promptFilter {
		m.remember(promptFilter, l.field.Text)
		m.line = nil
		return m.askOrphan()
	}
	m.line = nil
	if text == "" {
		return m.askOrphan()
	}
	m.remember(promptCommand, text)
	cmd, bad := m.runCommand(text)
	if !bad.IsEmpty() {
		m.openLine(promptCommand, text)
		m.line.state.Err = bad
		return nil
	}
	return tea.Batch(cmd, m.askOrphan())
}

func (m *Model) lineCancel(string) tea.Cmd {
	l := m.line
	m.line = nil
	if l.state.Prompt == promptFilter && m.text != nil {
		m.text.find(l.before, m.size)
	} else if l.state.Prompt == promptFilter {
		if t := m.table(m.pane()); t != nil {
			t.Filter = l.before
			m.clamp(false)
		}
	}
	return m.askOrphan()
}

// remember keeps a line for the history, once. One with what looks like a secret in it is not kept.
func (m *Model) remember(prompt, text string) {
	if text == "" || slices.ContainsFunc(strings.Fields(text), fleet.LooksSecret) {
		return
	}
	said := slices.DeleteFunc(m.said[prompt], func(s string) bool { return s == text })
	said = append(said, text)
	m.said[prompt] = said[max(0, len(said)-maxSaid):]
}

func (m *Model) lineOlder(string) tea.Cmd { return m.lineTurn(+1) }
func (m *Model) lineNewer(string) tea.Cmd { return m.lineTurn(-1) }

func (m *Model) lineTurn(by int) tea.Cmd {
	l := m.line
	said := m.said[l.state.Prompt]
	older, typed := max(0, min(len(said), l.older+by)), l.typed
	text := typed
	if older > 0 {
		text = said[len(said)-older]
	}
	m.setLine(text)
	m.lineEdited()
	l.older, l.typed = older, typed
	return nil
}

func (m *Model) lineComplete(string) tea.Cmd     { return m.lineTake(+1) }
func (m *Model) lineCompleteBack(string) tea.Cmd { return m.lineTake(-1) }

// lineTake puts the next completion in place of the last word.
func (m *Model) lineTake(by int) tea.Cmd {
	l := m.line
	n := len(l.state.Completions)
	if n == 0 {
		return nil
	}
	switch {
	case l.turn > 0:
		l.state.Chosen = (l.state.Chosen + by + n) % n
	case by < 0:
		l.state.Chosen = n - 1
	}
	l.turn++
	head := l.typed[:strings.LastIndexAny(l.typed, " \t")+1]
	m.setLine(head + l.state.Completions[l.state.Chosen])
	return nil
}
