package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/views"
)

// resize takes over the size of the terminal.
func (m *Model) resize(msg tea.WindowSizeMsg) {
	m.size = views.Size{W: msg.Width, H: msg.Height}
}
