package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// launchWork plans what the dialog asks for. The planner reads the cluster, which may take seconds: it is given up when
// the dialog is, or when something else is wanted.
func (m *Model) launchWork() tea.Cmd {
	d := m.shift
	d.halt()
	in, why := m.workIntent()
	s := &d.state
	s.Scroll = 0
	if !why.IsEmpty() {
		s.Plan, s.PlanErr, s.Checks, d.recheck = nil, why, nil, false
		return nil
	}
	ctx, stop := context.WithCancel(m.ctx)
	d.running, d.stop, d.seen = d.wanted, stop, m.workSeen(s.Work.Object)
	s.Work.Stale, s.PlanErr = false, fleet.Safe{}
	rollouts, control, req := m.rollouts, m.control, d.running
	return command("plan", func() tea.Msg {
		defer stop()
		plan, err := rollouts.PlanWork(ctx, in)
		return planMsg{req: req, plan: plan, twin: control.Twin(in, nil), err: err}
	})
}

// halt gives up a plan that is being made of an object.
func (d *dialog) halt() {
	if d.stop != nil {
		d.stop()
		d.stop, d.running = nil, 0
	}
}

// workPlanned moves the focus from the fields to the plan.
func (d *dialog) workPlanned() {
	if w := d.state.Work; w != nil && d.state.Plan != nil {
		w.At = len(w.Fields)
	}
}

// cancelWork gives up the planning, else the dialog.
func (m *Model) cancelWork(key string) tea.Cmd {
	d := m.shift
	if d.running == 0 {
		return m.cancelShift(key)
	}
	d.halt()
	d.recheck = false
	if len(d.state.Work.Fields) == 0 && d.state.Plan == nil {
		return m.closeShift(fleet.Text("given up; nothing was sent"))
	}
	d.state.Work.Stale = d.state.Plan != nil
	m.say(fleet.Text("the planning is given up; nothing was sent"))
	return nil
}

// workChanged looks whether an object is still as it was planned on. What was checked then counts no more.
func (m *Model) workChanged() tea.Cmd {
	d := m.shift
	if d.state.Step > views.ShiftConfirm || d.starting != 0 || d.running != 0 || d.state.Plan == nil {
		return nil
	}
	now := m.workSeen(d.state.Work.Object)
	if now == "" || d.seen == "" || now == d.seen {
		return nil
	}
	d.seen = now
	d.state.Stale = fleet.Concat(fleet.Text("The world changed: "), views.RefText(d.state.Work.Object),
		fleet.Text(" is not as it was planned on. Planned and checked again."))
	if d.state.Step != views.ShiftPlan {
		d.state.Step, d.state.Scroll, d.recheck = views.ShiftChecks, 0, true
	}
	return m.replan()
}

// showWork is the dialog on a change of an object that runs or has ended.
func (m *Model) showWork(c *actions.Change) tea.Cmd {
	p := c.Plan
	d := &dialog{state: views.ShiftState{Step: views.ShiftApply, Kind: p.Intent.Kind, Undoes: p.Intent.Undoes, Plan: &p, Checks: c.Checks,
		Change: c.ID, Work: &views.WorkForm{Object: p.Work.Was.Object, Deed: fleet.Deed(p.Intent.Kind)}}}
	cmd := m.show(d)
	m.followChange()
	control, in, id := m.control, p.Intent, c.ID
	return tea.Batch(cmd, command("twin", func() tea.Msg { return twinMsg{change: id, text: control.Twin(in, nil)} }))
}

// twinMsg brings the command line that does the same as a change.
type twinMsg struct {
	change fleet.ChangeID
	text   fleet.Safe
}

func (m *Model) twinRead(msg twinMsg) {
	if m.shift == nil || m.shift.state.Change != msg.change {
		m.late++
		return
	}
	m.shift.state.Twin = msg.text
}

func whyNoTwin(m *Model) fleet.Safe {
	if m.shift == nil || m.shift.state.Twin.IsEmpty() {
		return fleet.Text("there is no command line yet: it comes with the plan")
	}
	return works()
}

// copyTwin puts the command line that plans the same on the clipboard.
func (m *Model) copyTwin(string) tea.Cmd {
	m.say(fleet.Text("copied the command line (OSC 52; tmux needs set-clipboard on)"))
	return tea.SetClipboard(m.shift.state.Twin.String())
}
