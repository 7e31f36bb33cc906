package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/views"
)

// A dialog takes keys after this much quiet, or after the longest wait: keys that were typed for what was there
// before must not answer it.
const (
	graceQuiet   = 425 * time.Millisecond
	graceLongest = 1500 * time.Millisecond
)

// Without bracketed paste a paste comes as keys: more than pasteKeys printable ones within pasteSpan are no typing.
const (
	pasteKeys = 8
	pasteSpan = 30 * time.Millisecond
)

// grace ignores keys for a moment after a dialog opened.
type grace struct {
	off    bool
	open   bool
	round  uint64 // tells the timer of an older dialog from this one's
	opened time.Time
	last   time.Time // last key, or the opening
}

func (g *grace) start(now time.Time) {
	if g.off {
		return
	}
	g.open, g.opened, g.last = true, now, now
	g.round++
}

// over ends the grace when enough quiet has passed and tells whether it has ended.
func (g *grace) over(now time.Time) bool {
	if g.open && (now.Sub(g.last) >= graceQuiet || now.Sub(g.opened) >= graceLongest) {
		g.open = false
	}
	return !g.open
}

// swallows tells whether a key is ignored.
func (g *grace) swallows(now time.Time) bool {
	if g.over(now) {
		return false
	}
	g.last = now
	return true
}

// left is how long the grace lasts when no key comes.
func (g *grace) left(now time.Time) time.Duration {
	return max(time.Millisecond, min(graceQuiet-now.Sub(g.last), graceLongest-now.Sub(g.opened)))
}

// startGrace begins to ignore keys and wakes the console when that is over, so that the dialog can say so.
func (m *Model) startGrace() tea.Cmd {
	m.grace.start(m.hands.Now())
	return m.waitGrace()
}

func (m *Model) waitGrace() tea.Cmd {
	if !m.grace.open {
		return nil
	}
	ctx, hands, round, wait := m.ctx, m.hands, m.grace.round, m.grace.left(m.hands.Now())
	return command("grace", func() tea.Msg {
		if sleep(ctx, hands, wait) != nil {
			return nil
		}
		return graceMsg{round: round}
	})
}

func (m *Model) graceOver(msg graceMsg) tea.Cmd {
	if msg.round != m.grace.round || m.grace.over(m.hands.Now()) {
		return nil
	}
	return m.waitGrace()
}

// typing watches how fast keys come.
type typing struct {
	first, last time.Time
	count       int
	pasting     bool
}

// pastes counts a key and tells whether it belongs to a paste. A paste ends with a pause.
func (t *typing) pastes(now time.Time, printable bool) bool {
	if now.Sub(t.last) >= pasteSpan {
		*t = typing{first: now}
	}
	t.last = now
	if t.pasting {
		return true
	}
	if !printable {
		return false
	}
	if now.Sub(t.first) >= pasteSpan {
		t.first, t.count = now, 0
	}
	t.count++
	t.pasting = t.count > pasteKeys
	return t.pasting
}

// interrupted ignores keys for a moment where a confirmation was taken away: what was being typed into it must not be taken for
// keys of the step that came instead.
func (m *Model) interrupted(confirming bool) tea.Cmd {
	if !confirming || m.confirming() {
		return nil
	}
	return m.startGrace()
}

// confirming tells whether a confirmation is on screen, into which somebody may be typing.
func (m *Model) confirming() bool {
	switch {
	case m.evac != nil:
		return m.evac.form.state.Step == views.ShiftConfirm
	case m.shift != nil:
		return m.shift.state.Step == views.ShiftConfirm
	}
	return false
}
