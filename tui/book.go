package tui

import (
	"reflect"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// bookName names the waiting command of the book in the log.
const bookName = "book"

// readBook gives the first book at once: open changes are shown before anything else.
func (m *Model) readBook() tea.Cmd {
	control := m.control
	return command(bookName, func() tea.Msg { return bookMsg{book: control.Book()} })
}

// waitBook waits until the book changes. Exactly one such command is under way at any time.
func (m *Model) waitBook() tea.Cmd {
	ctx, control := m.ctx, m.control
	return command(bookName, func() tea.Msg {
		if err := control.BookChanged(ctx); err != nil {
			return bookMsg{err: err}
		}
		return bookMsg{book: control.Book()}
	})
}

// bookChange takes over a new list of changes.
func (m *Model) bookChange(msg bookMsg) tea.Cmd {
	if m.ctx.Err() != nil {
		return nil
	}
	if msg.err != nil {
		m.fail(fleet.Sentence(msg.err))
		m.bookDue = true // the next second asks again, so that a failing book cannot spin
		return nil
	}
	if m.read && sameBook(m.book, msg.book) {
		m.rev-- // whoever watches other processes' changes looks once a second
		return m.waitBook()
	}
	old, first := m.book, !m.read
	m.book, m.read = msg.book, true
	if !first {
		m.announce(&old)
		if m.book.Access.Write && !old.Access.Write {
			clear(m.asked) // what could not be resumed before can be now
		}
	}
	m.followChange()
	m.clamp(true)
	return tea.Batch(m.waitBook(), m.askOrphan())
}

// sameBook tells whether two books differ in nothing but their time.
func sameBook(a, b actions.Book) bool {
	a.At, b.At = time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}

// announce says what became of a change that no dialog shows.
func (m *Model) announce(old *actions.Book) {
	for i := range m.book.Changes {
		c := &m.book.Changes[i]
		was := old.Change(c.ID)
		if was == nil || was.State == c.State || m.shift != nil && m.shift.state.Change == c.ID {
			continue
		}
		text := fleet.Concat(changeName(c), fleet.Text(": "), fleet.Label(string(c.State)))
		if !c.Why.IsEmpty() {
			text = fleet.Concat(text, fleet.Text(": "), c.Why)
		}
		switch c.State {
		case actions.StateHeld, actions.StateRollingBack, actions.StateRolledBack, actions.StateUnknown:
			m.fail(text)
		case actions.StateCommitted, actions.StateSoaking, actions.StateAborted:
			m.say(text)
		default: // steps come and go without a word
		}
	}
}

// changeName is how people call a change: "change 119 on chat-default".
func changeName(c *actions.Change) fleet.Safe {
	return fleet.Textf("change %s on %s", fleet.Int(c.Seq), fleet.Label(c.Plan.Object()))
}

// weightsMove draws where a plan leads: "60/30/10 -> 30/60/10".
func weightsMove(p *actions.Plan) fleet.Safe {
	if p.Errand() {
		return p.ErrandText()
	}
	return fleet.Concat(p.Before.Text(p.Order), fleet.Text(" -> "), p.After.Text(p.Order))
}

// standing draws how far a change is: "step 2 of 3, verifying".
func standing(c *actions.Change) fleet.Safe {
	return fleet.Textf("step %s of %s, %s", fleet.Int(c.Step), fleet.Int(len(c.Plan.Steps)), fleet.Label(string(c.State)))
}

// selectedChange is the change that is open in the detail or under the cursor of the journal, or nil.
func (m *Model) selectedChange() *actions.Change {
	p := m.place()
	switch {
	case p.change != "":
		return m.book.Change(p.change)
	case m.pane() == paneJournal:
		return m.book.Change(fleet.ChangeID(m.selected()))
	default:
		return nil
	}
}

// changeMeant is the change that Z means: that of the dialog, the selected one, the one on the selected route, else
// the last one.
func (m *Model) changeMeant() *actions.Change {
	if m.shift != nil {
		return m.book.Change(m.shift.state.Change)
	}
	if c := m.selectedChange(); c != nil {
		return c
	}
	if m.place().screen == views.ScreenUpgrades {
		return m.objectChange()
	}
	if route := m.selectedRoute(); route != "" {
		if c := m.book.OpenOn(route); c != nil {
			return c
		}
		return m.lastChange(func(c *actions.Change) bool { return c.Plan.Intent.Route == route })
	}
	if open := m.book.Open(); len(open) > 0 {
		return m.book.Change(open[0].ID)
	}
	return m.lastChange(func(*actions.Change) bool { return true })
}

// objectChange is the change of the object that the upgrades screen means: the open one, else its last.
func (m *Model) objectChange() *actions.Change {
	o, why := m.workObject()
	if !why.IsEmpty() {
		return nil
	}
	lock := actions.ObjectLock(o)
	if c := m.book.OpenOn(lock); c != nil {
		return c
	}
	return m.lastChange(func(c *actions.Change) bool { return c.Plan.Work != nil && c.Plan.Lock() == lock })
}

// lastChange is the newest change that fits; the book lists closed ones newest first.
func (m *Model) lastChange(fits func(*actions.Change) bool) *actions.Change {
	for i := range m.book.Changes {
		if c := &m.book.Changes[i]; fits(c) {
			return c
		}
	}
	return nil
}

// unguarded tells whether an open change is carried by no live process, as far as that is known.
func unguarded(c *actions.Change) bool {
	if c.Copy != nil && c.Copy.Elsewhere && !c.Guard.Alive.OK {
		return false // it takes some seconds to see whether another machine renews its lock
	}
	return !c.State.Closed() && !c.Guard.Mine && !c.Guard.Alive.Or(false)
}

// mine are the open changes that this process guards.
func (m *Model) mine() []*actions.Change {
	var list []*actions.Change
	for i := range m.book.Changes {
		if c := &m.book.Changes[i]; !c.State.Closed() && c.Guard.Mine {
			list = append(list, c)
		}
	}
	return list
}
