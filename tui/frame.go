package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// cached is the last frame with what it was drawn from.
type cached struct {
	key   frameKey
	frame string
	drawn uint64 // frames drawn so far
}

// frameKey names everything that a frame depends on. View runs after every message, so that an equal key must cost
// nothing.
type frameKey struct {
	rev  uint64
	size views.Size
	now  int64 // whole seconds
}

// View draws the console. Mouse reports stay off, so that the terminal's own selection works.
func (m *Model) View() tea.View {
	v := tea.NewView(m.content())
	v.AltScreen = true
	return v
}

// content returns the frame, drawn again only when something changed.
func (m *Model) content() string {
	now := m.now()
	key := frameKey{rev: m.rev, size: m.size, now: now.Unix()}
	if m.cache.drawn > 0 && key == m.cache.key {
		return m.cache.frame
	}
	m.cache = cached{key: key, frame: m.draw(now), drawn: m.cache.drawn + 1}
	return m.cache.frame
}

func (m *Model) draw(now time.Time) string {
	if m.size.W <= 0 || m.size.H <= 0 {
		return ""
	}
	m.syncDialog()
	m.syncFlow()
	sc := m.scene(now)
	frame := ""
	if m.text != nil {
		frame = views.Detail(sc, m.text.state, m.size)
	} else {
		frame = drawScreen(m.place().screen, sc, &m.states, m.size)
	}
	over := m.overlay()
	if over == (views.Overlay{}) {
		return frame
	}
	return views.Overlaid(frame, over, sc, m.size)
}

// now is the time of what is drawn in whole seconds: that of the fleet, or the moment of the past.
func (m *Model) now() time.Time {
	if m.past != nil && !m.past.shown.IsZero() {
		return m.past.shown.Truncate(time.Second)
	}
	return m.clock.Now().Truncate(time.Second)
}

func (m *Model) scene(now time.Time) views.Scene {
	return views.Scene{
		Snap: m.snap, Book: m.shownBook(), Now: now, Theme: m.theme, Window: m.window, Keys: m.hints(),
		Banner: views.Banner{Paused: m.paused, Past: m.span(), Mode: m.mode, Message: m.notice.text, Bad: m.notice.bad, Note: m.note()},
	}
}

// note is the permanent remark of the bottom line: a broken feed before the faults that the demo runs.
func (m *Model) note() fleet.Safe {
	if !m.broken.IsEmpty() {
		return m.broken
	}
	if m.drill != nil {
		return m.drill.Stand().Line
	}
	var on []fleet.Safe
	for _, f := range m.faulty {
		if f.On {
			on = append(on, fleet.Label(f.ID))
		}
	}
	if len(on) == 0 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("fault "), fleet.Join(on, fleet.Text(" ")))
}

// overlay is what lies over the screen: the help over a question over the line.
func (m *Model) overlay() views.Overlay {
	switch {
	case m.help != nil:
		return views.Overlay{Help: m.help}
	case m.ask != nil:
		return views.Overlay{Ask: &m.ask.state}
	case m.line != nil:
		return views.Overlay{Command: &m.line.state}
	default:
		return views.Overlay{}
	}
}

// hints are the keys of the bottom line, in the order of the key table, without those that do nothing now.
func (m *Model) hints() []views.KeyHint {
	var hints []views.KeyHint
	scope := m.scope()
	for i := range m.keys.list {
		b := &m.keys.list[i]
		if b.Word.IsEmpty() || b.Scope != scope && b.Scope != ScopeAlways || !b.off(m).IsEmpty() {
			continue
		}
		hints = append(hints, views.KeyHint{Key: keyName(b.Keys[0]), Word: b.Word})
	}
	return hints
}
