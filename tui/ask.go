package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// question is an open question with what its answer means.
type question struct {
	state  views.AskState
	answer answer
}

// answer is what a question is about. choose is called with the choice and what was typed; the first choice is
// always harmless. It keeps the question open by setting its Err.
type answer interface {
	choose(m *Model, chosen int, typed string) tea.Cmd
}

// follower is an answer whose question shows at once what that which is typed would do. leave is told when nothing comes of it.
type follower interface {
	typed(m *Model, text string)
	leave(m *Model)
}

// open shows a question and gives the person a moment to see it.
func (m *Model) open(q *question) tea.Cmd {
	m.ask = q
	m.notice = notice{} // the question answers the last key: "planning" is over
	return m.startGrace()
}

func (m *Model) askNext(string) tea.Cmd     { return m.askTurn(+1) }
func (m *Model) askPrevious(string) tea.Cmd { return m.askTurn(-1) }

func (m *Model) askTurn(by int) tea.Cmd {
	s := &m.ask.state
	if n := len(s.Choices); n > 0 {
		s.Chosen = (s.Chosen + by + n) % n
	}
	return nil
}

func (m *Model) askEnter(string) tea.Cmd {
	q := m.ask
	typed := ""
	if q.state.Field != nil {
		typed = q.state.Field.Text
	}
	q.state.Err = fleet.Safe{}
	cmd := q.answer.choose(m, q.state.Chosen, typed)
	if m.ask == q && q.state.Err.IsEmpty() {
		m.ask = nil
		return tea.Batch(cmd, m.askOrphan())
	}
	return cmd
}

func (m *Model) askCancel(string) tea.Cmd {
	if a, ok := m.ask.answer.(follower); ok {
		a.leave(m)
	}
	m.ask = nil
	return m.askOrphan()
}

// refuse keeps the question open and says why.
func (m *Model) refuse(why fleet.Safe) tea.Cmd {
	m.ask.state.Err = why
	return nil
}
