package tui

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// maxField bounds what can be typed into one field, in runes.
const maxField = 500

// field edits a one-line text where it lies.
type field struct{ *views.TextField }

// insert puts text at the cursor; control characters are left out.
func (f *field) insert(s string) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	text, in := []rune(f.Text), []rune(s)
	at := max(0, min(f.Cursor, len(text)))
	in = in[:max(0, min(len(in), maxField-len(text)))]
	f.Text = string(text[:at]) + string(in) + string(text[at:])
	f.Cursor = at + len(in)
}

// cut takes out the runes of [from, to).
func (f *field) cut(from, to int) {
	text := []rune(f.Text)
	from, to = max(0, from), min(to, len(text))
	if from < to {
		f.Text = string(text[:from]) + string(text[to:])
		f.Cursor = from
	}
}

// edit applies a key and tells whether it belongs to the field.
func (f *field) edit(k tea.KeyPressMsg) bool {
	n := len([]rune(f.Text))
	f.Cursor = max(0, min(f.Cursor, n))
	switch key := k.String(); key {
	case "backspace":
		f.cut(f.Cursor-1, f.Cursor)
	case "delete":
		f.cut(f.Cursor, f.Cursor+1)
	case "ctrl+u":
		f.cut(0, f.Cursor)
	case "ctrl+w":
		f.cut(f.word(), f.Cursor)
	case "left":
		f.Cursor = max(0, f.Cursor-1)
	case "right":
		f.Cursor = min(n, f.Cursor+1)
	case "home":
		f.Cursor = 0
	case "end":
		f.Cursor = n
	default:
		if !isPrintable(k) {
			return false
		}
		f.insert(k.Text)
	}
	return true
}

// word is where the word before the cursor begins.
func (f *field) word() int {
	text := []rune(f.Text)
	i := f.Cursor
	for i > 0 && unicode.IsSpace(text[i-1]) {
		i--
	}
	for i > 0 && !unicode.IsSpace(text[i-1]) {
		i--
	}
	return i
}

// field is the text field that takes what is typed now, nil when none does.
func (m *Model) field() *field {
	switch {
	case m.help != nil:
		return nil
	case m.ask != nil:
		if m.ask.state.Field != nil {
			return &field{m.ask.state.Field}
		}
	case m.line != nil:
		return &field{m.line.field}
	case m.evac != nil:
		if t := m.evac.form.field(); t != nil {
			return &field{t}
		}
	case m.shift != nil:
		if t := m.shift.field(); t != nil {
			return &field{t}
		}
	}
	return nil
}

// edited follows up on a changed field.
func (m *Model) edited() tea.Cmd {
	switch {
	case m.ask != nil:
		m.ask.state.Err = fleet.Safe{}
		if a, ok := m.ask.answer.(follower); ok {
			a.typed(m, m.ask.state.Field.Text)
		}
	case m.line != nil:
		m.lineEdited()
	case m.evac != nil:
		m.evac.form.arm()
	case m.shift != nil && m.shift.scope() == ScopeWork:
		m.shift.workEdited()
	case m.shift != nil:
		m.shift.arm()
	}
	return nil
}
