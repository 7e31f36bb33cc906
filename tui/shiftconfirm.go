package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// fields are the fields and buttons of the confirm step in the order of tab.
func (d *dialog) fields() []int {
	var all []int
	if d.state.Ladder.NeedsReason {
		all = append(all, views.FieldReason)
	}
	if d.state.Ladder.TypeName {
		all = append(all, views.FieldName)
	}
	return append(all, views.FieldCancel, views.FieldConfirm)
}

// firstField has the focus when the step opens: the first thing to type, else Cancel, so that neither the key that
// opened the step nor a bare enter confirms.
func (d *dialog) firstField() int {
	for _, f := range d.fields() {
		if f == views.FieldReason && d.reasonOK() {
			continue
		}
		return f
	}
	return views.FieldCancel
}

// field is the text field with the focus, nil when there is none.
func (d *dialog) field() *views.TextField {
	if w := d.state.Work; w != nil && d.state.Step == views.ShiftPlan && d.running == 0 && !w.OnButton() && !w.Fields[w.At].Mark {
		return &w.Fields[w.At].Text
	}
	if d.state.Step != views.ShiftConfirm || d.starting != 0 {
		return nil
	}
	switch d.state.Field {
	case views.FieldReason:
		return &d.state.Reason
	case views.FieldName:
		return &d.state.Name
	default:
		return nil
	}
}

// reasonOK tells whether the reason is long enough: an override needs a sentence.
func (d *dialog) reasonOK() bool {
	least := 1
	if len(d.state.Ladder.Overrides) > 0 {
		least = actions.MinOverrideReason
	}
	return utf8.RuneCountInString(strings.TrimSpace(d.state.Reason.Text)) >= least
}

// missing says what the confirmation still waits for; "" when it is armed.
func (d *dialog) missing() fleet.Safe {
	s := &d.state
	switch l := &s.Ladder; {
	case !l.Refused.IsEmpty():
		return fleet.Concat(fleet.Text("refused: "), l.Refused)
	case l.NeedsReason && !d.reasonOK() && len(l.Overrides) > 0:
		return fleet.Textf("an override needs a reason of at least %s", fleet.Many(actions.MinOverrideReason, "character"))
	case l.NeedsReason && !d.reasonOK():
		return fleet.Text("type the reason, or take an incident with :incident")
	case l.TypeName && s.Work != nil && s.Name.Text != s.Work.Object.Name:
		return fleet.Concat(fleet.Text("type the name of the object to arm: "), rawName(s.Work.Object.Name))
	case l.TypeName && s.Work == nil && s.Name.Text != string(s.Route):
		return fleet.Concat(fleet.Text("type the "), d.kind(), fleet.Text(" name to arm: "), rawName(string(s.Route)))
	default:
		return fleet.Safe{}
	}
}

// kind is of what the name is typed.
func (d *dialog) kind() fleet.Safe {
	if d.named.IsEmpty() {
		return fleet.Text("route")
	}
	return d.named
}

func (d *dialog) arm() {
	d.state.Armed = d.state.Step == views.ShiftConfirm && d.missing().IsEmpty()
}

func (m *Model) confirmNext(string) tea.Cmd     { return m.confirmTurn(+1) }
func (m *Model) confirmPrevious(string) tea.Cmd { return m.confirmTurn(-1) }

func (m *Model) confirmTurn(by int) tea.Cmd { return m.shift.turn(by) }

// turn moves the focus to another field or button.
func (d *dialog) turn(by int) tea.Cmd {
	all := d.fields()
	i := slices.Index(all, d.state.Field)
	d.state.Field = all[(i+by+len(all))%len(all)]
	return nil
}

// approval is what was typed and is overridden.
func (d *dialog) approval(m *Model) actions.Approval {
	a := actions.Approval{Overrides: slices.Clone(d.state.Ladder.Overrides), By: m.book.Access.Actor, At: m.clock.Now()}
	if d.state.Ladder.TypeName {
		a.Typed = d.state.Name.Text
	}
	if d.state.Ladder.NeedsReason {
		a.Reason = strings.TrimSpace(d.state.Reason.Text)
	}
	return a
}

func (m *Model) backToChecks(string) tea.Cmd {
	if m.shift.starting != 0 {
		return nil
	}
	m.shift.state.Step, m.shift.state.Scroll = views.ShiftChecks, 0
	m.shift.arm()
	return nil
}

// confirmEnter presses what has the focus. In the name field enter confirms once the name matches.
func (m *Model) confirmEnter(string) tea.Cmd {
	d := m.shift
	switch d.state.Field {
	case views.FieldCancel:
		return m.cancelShift("")
	case views.FieldReason:
		return m.confirmTurn(+1)
	}
	d.arm()
	if why := d.missing(); !why.IsEmpty() {
		m.say(why)
		return nil
	}
	return m.start()
}

// start hands the confirmed plan to the runner.
func (m *Model) start() tea.Cmd {
	d := m.shift
	s := &d.state
	switch {
	case d.starting != 0, d.running != 0, d.checking != 0:
		m.say(fleet.Text("wait: the last answer is not there yet"))
		return nil
	case m.paused:
		m.say(whyNoPlans(m))
		return nil
	case m.clock.Now().Sub(s.CheckedAt) >= s.ValidFor:
		m.say(fleet.Text("the checks are no longer valid and run again; then confirm"))
		return m.runChecks()
	}
	d.starting = m.request()
	approval := d.approval(m)
	req, plan, control := d.starting, *s.Plan, m.control
	return command("start", func() tea.Msg {
		id, err := control.Start(plan, approval)
		return startedMsg{req: req, id: id, err: err}
	})
}

// started follows the change from here on, or goes back to the checks with what stood in the way.
func (m *Model) started(msg startedMsg) tea.Cmd {
	d := m.shift
	if d == nil || msg.req != d.starting {
		m.late++
		if msg.err != nil {
			m.fail(fleet.Sentence(msg.err))
		}
		return nil
	}
	d.starting = 0
	if msg.err == nil {
		d.state.Change, d.state.Step, d.state.Stale = msg.id, views.ShiftApply, fleet.Safe{}
		m.followChange()
		return tea.Batch(m.startGrace(), m.sawChange(msg.id))
	}
	m.fail(fleet.Sentence(msg.err))
	switch fleet.KindOf(msg.err) {
	case fleet.KindConflict, fleet.KindStale, fleet.KindBlocked:
		d.state.Step, d.state.Scroll, d.state.Stale = views.ShiftChecks, 0, fleet.Sentence(msg.err)
		d.recheck = true
		return m.replan()
	default:
		return nil
	}
}
