package tui

import (
	"unicode"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
)

// scope is where keys go now.
func (m *Model) scope() Scope {
	switch {
	case m.help != nil:
		return ScopeHelp
	case m.ask != nil:
		return ScopeAsk
	case m.line != nil:
		return ScopeLine
	case m.evac != nil:
		return m.evac.scope()
	case m.shift != nil:
		return m.shift.scope()
	case m.text != nil:
		return ScopeText
	default:
		return ScopeScreens
	}
}

// keyPress finds what a key means here. Guards come first: keys in flight when a dialog opens and pasted text must
// not act.
func (m *Model) keyPress(k tea.KeyPressMsg) tea.Cmd {
	key := k.String()
	now := m.hands.Now()
	b := m.keys.find(m.scope(), key)
	if b == nil || b.Scope != ScopeAlways {
		if m.grace.swallows(now) {
			return nil
		}
		if m.field() == nil && m.typing.pastes(now, isPrintable(k)) {
			m.fail(fleet.Text("Keys came as fast as a paste and were dropped: no text field is open"))
			return nil
		}
	}
	m.notice = notice{}
	if f := m.field(); f != nil && f.edit(k) {
		return m.edited()
	}
	if m.sorts && m.scope() == ScopeScreens && (b == nil || b.Scope != ScopeAlways) {
		m.sortBy(key)
		return nil
	}
	m.sorts = false
	if b == nil {
		m.say(fleet.Concat(keyName(key), fleet.Text(" does nothing here; ? lists the keys")))
		return nil
	}
	if why := b.off(m); !why.IsEmpty() {
		m.say(why)
		return nil
	}
	m.tellActed(fleet.Concat(fleet.Label(b.ID), fleet.Text(" on "), fleet.Label(string(m.place().screen))))
	return b.do(m, key)
}

func isPrintable(k tea.KeyPressMsg) bool {
	for _, r := range k.Text {
		return unicode.IsPrint(r)
	}
	return false
}

// tellActed tells whoever records what the person did. What is done in the past is no deed.
func (m *Model) tellActed(what fleet.Safe) {
	if m.acted != nil && m.past == nil {
		m.acted(what)
	}
}
