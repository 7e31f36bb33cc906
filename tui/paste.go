package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
)

// paste puts pasted text into the open field. Without one it is dropped: it would act as keys.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	f := m.field()
	if f == nil || m.grace.swallows(m.hands.Now()) {
		n := utf8.RuneCountInString(msg.Content)
		m.fail(fleet.Textf("Paste of %s dropped: no text field is open", fleet.Many(n, "character")))
		return nil
	}
	m.notice = notice{}
	f.insert(strings.Join(strings.Fields(msg.Content), " "))
	return m.edited()
}
