package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// toChecks shows the checks and runs them.
func (m *Model) toChecks() tea.Cmd {
	s := &m.shift.state
	s.Step, s.Scroll, s.Checks = views.ShiftChecks, 0, nil
	return m.runChecks()
}

// runChecks asks every interlock about the plan. A plan that grows too old for its first write is made again before.
func (m *Model) runChecks() tea.Cmd {
	d := m.shift
	switch {
	case d.state.Plan == nil:
		return nil
	case d.running != 0:
		d.recheck = true // the newest plan is not there yet
		return nil
	case m.clock.Now().Sub(d.state.Plan.Created) > actions.PlanLife-2*checksLife:
		d.recheck = true
		return m.replan()
	default:
		return m.check()
	}
}

// check asks every interlock about the plan as it is.
func (m *Model) check() tea.Cmd {
	d := m.shift
	d.checking = m.request()
	req, plan, control := d.checking, *d.state.Plan, m.control
	return command("check", func() tea.Msg { return checksMsg{req: req, checks: control.Check(plan)} })
}

// checked takes over the verdicts. Where they ask for something else than before, the confirmation is left.
func (m *Model) checked(msg checksMsg) {
	d := m.shift
	if d == nil || msg.req != d.checking {
		m.late++
		return
	}
	d.checking = 0
	s := &d.state
	old := s.Ladder
	s.Checks, s.CheckedAt = msg.checks, m.clock.Now()
	s.Ladder = m.climb()
	if s.Step == views.ShiftConfirm && !sameLadder(old, s.Ladder) {
		s.Step, s.Scroll = views.ShiftChecks, 0
		s.Stale = fleet.Text("The checks ask for something else than before: look at them again.")
	}
	d.arm()
}

// climb is what the confirmation asks now. Without a writer nothing can be confirmed, whatever the checks say.
func (m *Model) climb() views.Ladder {
	s := &m.shift.state
	l := ladder(*s.Plan, s.Checks)
	if a := m.book.Access; l.Refused.IsEmpty() && !a.Write {
		l.Refused = fleet.Text("this console may not write")
		if !a.Why.IsEmpty() {
			l.Refused = fleet.Concat(l.Refused, fleet.Text(": "), a.Why)
		}
	}
	return l
}

func sameLadder(a, b views.Ladder) bool {
	return a.Prod == b.Prod && a.TypeName == b.TypeName && a.NeedsReason == b.NeedsReason && a.Refused == b.Refused &&
		slices.Equal(a.Overrides, b.Overrides)
}

// checksAge runs checks again that are no longer valid.
func (m *Model) checksAge() tea.Cmd {
	d := m.shift
	if d == nil || d.checking != 0 || d.running != 0 || d.starting != 0 || d.state.Checks == nil {
		return nil
	}
	waiting := d.state.Step == views.ShiftChecks || d.state.Step == views.ShiftConfirm
	if !waiting || m.clock.Now().Sub(d.state.CheckedAt) < d.state.ValidFor {
		return nil
	}
	return m.runChecks()
}

func (m *Model) checksDown(string) tea.Cmd {
	s := &m.shift.state
	m.settle(&s.Scroll, min(len(s.Checks)-1, s.Scroll+1))
	return nil
}

func (m *Model) checksUp(string) tea.Cmd {
	s := &m.shift.state
	s.Scroll = max(0, s.Scroll-1)
	return nil
}

func (m *Model) checksAgain(string) tea.Cmd {
	if m.shift.checking != 0 || m.shift.running != 0 {
		return nil
	}
	if m.shift.state.Plan == nil {
		m.shift.recheck = true
		return m.replan()
	}
	return m.runChecks()
}

func (m *Model) backToPlan(string) tea.Cmd {
	s := &m.shift.state
	s.Step, s.Stale = views.ShiftPlan, fleet.Safe{}
	m.shift.checking, m.shift.recheck = 0, false
	return nil
}

// checksDone goes on to the confirmation.
func (m *Model) checksDone(string) tea.Cmd {
	s := &m.shift.state
	s.Ladder = m.climb()
	s.Step, s.Stale = views.ShiftConfirm, fleet.Safe{}
	if s.Ladder.NeedsReason && s.Reason.Text == "" {
		s.Reason.Text = m.book.Access.Incident
		s.Reason.Cursor = len([]rune(s.Reason.Text))
	}
	s.Name = views.TextField{}
	s.Field = m.shift.firstField()
	m.shift.arm()
	return nil
}
