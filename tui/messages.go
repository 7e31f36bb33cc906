package tui

import (
	"fmt"
	"log/slog"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
)

// The messages of the console's own commands. Each is handled in a file of its name.
type (
	snapshotMsg struct {
		snap *fleet.Snapshot
		err  error
	}
	bookMsg struct {
		book actions.Book
		err  error
	}
	secondMsg struct{}
	graceMsg  struct{ round uint64 }
	planMsg   struct {
		req  uint64
		plan actions.Plan
		twin fleet.Safe
		err  error
	}
	checksMsg struct {
		req    uint64
		checks []actions.Check
	}
	startedMsg struct {
		req uint64
		id  fleet.ChangeID
		err error
	}
	intentMsg struct {
		req    uint64
		intent actions.Intent
		err    error
	}
	// doneMsg answers a command that only has a sentence to say.
	doneMsg struct {
		text fleet.Safe
		err  error
		then effect
	}
	// textMsg answers a question for the full text about an object.
	textMsg struct {
		req   uint64
		lines []fleet.Safe
		err   error
	}
	// linesMsg brings lines of a log as they come.
	linesMsg struct {
		req   uint64
		batch batch
	}
	faultsMsg struct{ faults []FaultInfo }
	panicMsg  struct {
		where string
		value any
	}
)

// effect is what the event loop does after a command is done.
type effect int

const (
	effectNone effect = iota
	effectQuit
	effectFaults // read the list of faults again
)

// command wraps what runs outside of the event loop: a panic there would not pass through the terminal's clean-up
// and would take the guard of a change with it.
func command(where string, run func() tea.Msg) tea.Cmd {
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = panicMsg{where: where, value: r}
			}
		}()
		return run()
	}
}

// act runs one call of the Control and says text when it went well.
func (m *Model) act(where string, text fleet.Safe, run func() error) tea.Cmd {
	return m.actThen(where, text, effectNone, run)
}

func (m *Model) actThen(where string, text fleet.Safe, then effect, run func() error) tea.Cmd {
	return command(where, func() tea.Msg { return doneMsg{text: text, err: run(), then: then} })
}

// request numbers a request, so that answers to older ones can be told and dropped.
func (m *Model) request() uint64 {
	m.req++
	return m.req
}

// done says how a command ended.
func (m *Model) done(msg doneMsg) tea.Cmd {
	if msg.err != nil {
		m.fail(fleet.Sentence(msg.err))
		return nil
	}
	m.say(msg.text)
	switch msg.then {
	case effectQuit:
		return tea.Quit
	case effectFaults:
		return m.readFaults()
	case effectNone:
	}
	return nil
}

// panicked turns a panic of a command into an event; the console goes on.
func (m *Model) panicked(msg panicMsg) tea.Cmd {
	text := fmt.Sprint(msg.value)
	m.log.Error("panic in a command", slog.String("where", msg.where), slog.String("panic", text))
	m.fail(fleet.Concat(fleet.Text("Internal fault in "), fleet.Label(msg.where), fleet.Text(": "), fleet.Label(text),
		fleet.Text(". The console goes on; the log has the details.")))
	switch msg.where {
	case feedName:
		m.broken = fleet.Text("no data: the feed failed")
	case bookName:
		m.bookDue = true
	case secondName:
		return m.waitSecond()
	}
	if m.shift != nil {
		m.shift.forget()
	}
	if m.evac != nil {
		m.evac.asking, m.evac.form.starting = 0, 0
	}
	return nil
}
