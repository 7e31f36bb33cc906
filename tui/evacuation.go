package tui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// evacuating is a failover that is being planned: what was found and planned, and what is being asked now.
type evacuating struct {
	state  views.FailoverFlow
	form   *dialog // step, checks, ladder and fields: those of a change of one route
	asking uint64  // request ID of the answer that is awaited, 0 for none
}

type (
	// evacuatedMsg answers where the load of an origin can go.
	evacuatedMsg struct {
		req   uint64
		found actions.Evacuation
		err   error
	}
	// partsMsg answers with the plans of a failover and their checks.
	partsMsg struct {
		req   uint64
		parts []actions.PlannedPart
		twin  fleet.Safe
		aside fleet.Safe
		err   error
	}
	// partsStartedMsg answers what became of the start of each part.
	partsStartedMsg struct {
		req     uint64
		id      string
		started []actions.StartedPart
	}
)

// openFailover plans the failover of what the cursor stands on; on the page of a failover, its next stage.
func (m *Model) openFailover(string) tea.Cmd {
	if run := m.runMeant(); run != nil {
		return m.openStage(run)
	}
	if r := m.runbookMeant(); r != nil {
		return m.planRunbook(r)
	}
	o, _ := m.originMeant()
	return m.planFailover(o)
}

// planFailover asks who could take what goes to an origin.
func (m *Model) planFailover(o actions.Origin) tea.Cmd {
	m.beginFlow(views.FailoverFlow{Stage: actions.StageLeave, Origin: o, Split: actions.Splits()[0]}, views.ShiftPlan)
	return tea.Batch(m.startGrace(), m.evacuate())
}

// planRunbook asks the same as a runbook wants it.
func (m *Model) planRunbook(r *fleet.Runbook) tea.Cmd {
	m.beginFlow(views.FailoverFlow{Stage: actions.StageLeave, Origin: actions.RunbookOrigin(r), Within: actions.RunbookBounds(r),
		Runbook: r.Name, Split: actions.RunbookWish(r, actions.StageLeave).Split, Warm: len(r.Warm) > 0, WarmOnly: r.Warm}, views.ShiftPlan)
	return tea.Batch(m.startGrace(), m.evacuate())
}

func (m *Model) beginFlow(f views.FailoverFlow, step views.ShiftStep) {
	if m.shift != nil {
		m.shift.halt()
		m.shift = nil
	}
	m.visit(place{screen: views.ScreenFailover, failover: f.Of})
	m.evac = &evacuating{state: f, form: &dialog{state: views.ShiftState{Step: step, Kind: actions.KindShift,
		Route: fleet.RouteID(f.Origin.ID), ValidFor: checksLife}, named: fleet.Label(string(f.Origin.Kind))}}
}

// evacuate asks who could take the load; an answer to an older question is dropped.
func (m *Model) evacuate() tea.Cmd {
	e, control := m.evac, m.control
	e.asking, e.state.Err = m.request(), fleet.Safe{}
	req, o, within := e.asking, e.state.Origin, e.state.Within
	return command("failover", func() tea.Msg {
		found, err := control.Evacuate(o, within)
		return evacuatedMsg{req: req, found: found, err: err}
	})
}

func (m *Model) evacuated(msg evacuatedMsg) tea.Cmd {
	e := m.evac
	if e == nil || msg.req != e.asking {
		m.late++
		return nil
	}
	e.asking = 0
	if msg.err != nil {
		e.state.Found, e.state.Err = nil, fleet.Sentence(msg.err)
		return nil
	}
	e.state.Found = &msg.found
	if len(msg.found.Found) == 0 {
		e.state.Err = fleet.Text("no route of it can be moved from here; why stands below")
	}
	return nil
}

// openStage plans the next stage of a failover that is ready.
func (m *Model) openStage(run *actions.FailoverRun) tea.Cmd {
	for _, n := range run.Stand(m.snap, m.now()).Next {
		if n.Ready {
			m.beginFlow(views.FailoverFlow{Stage: n.Stage, Origin: run.Origin, Of: run.ID, Split: run.Split,
				Runbook: run.Runbook}, views.ShiftChecks)
			return tea.Batch(m.startGrace(), m.planParts())
		}
	}
	return nil
}

// planParts asks for the plans of the stage with their checks.
func (m *Model) planParts() tea.Cmd {
	e, control := m.evac, m.control
	e.asking = m.request()
	req, f := e.asking, e.state
	wish := actions.FailoverWish{Split: f.Split, Incident: m.book.Access.Incident}
	if r := m.snap.Runbook(f.Runbook); f.Runbook != "" && r != nil {
		wish = wish.Over(actions.RunbookWish(r, f.Stage))
	}
	ctx := m.ctx
	return command("failover", func() tea.Msg {
		msg := partsMsg{req: req}
		switch f.Stage {
		case actions.StageSettle:
			msg.parts, msg.err = control.SettleParts(f.Of, wish)
		case actions.StageReturn:
			msg.parts, msg.err = control.ReturnParts(f.Of, wish)
		default:
			msg.parts, msg.err = control.FailoverParts(*f.Found, wish)
		}
		if msg.err != nil || len(msg.parts) == 0 {
			return msg
		}
		msg.twin = control.Twin(msg.parts[0].Plan.Intent, nil)
		if f.Warm && f.Stage == actions.StageLeave && len(f.Warmups()) > 0 {
			msg.parts, msg.aside = warmed(ctx, control, &f, msg.parts)
		}
		return msg
	})
}

// warmed adds the start of the standby pools. That one cannot be started keeps no load from moving.
func warmed(ctx context.Context, control Control, f *views.FailoverFlow, parts []actions.PlannedPart) ([]actions.PlannedPart, fleet.Safe) {
	able := slices.DeleteFunc(slices.Clone(f.Warmups()), func(w actions.Warmup) bool { return !w.Why.IsEmpty() })
	warm, err := control.WarmParts(ctx, able, *parts[0].Plan.Intent.Failover)
	parts = append(parts, warm...)
	if err != nil {
		return parts, fleet.Concat(fleet.Text("a standby pool is not started: "), fleet.Sentence(err), fleet.Text("; the load moves without it"))
	}
	return parts, fleet.Safe{}
}

func (m *Model) partsPlanned(msg partsMsg) tea.Cmd {
	e := m.evac
	if e == nil || msg.req != e.asking {
		m.late++
		return nil
	}
	e.asking = 0
	e.state.Aside = msg.aside
	if msg.err != nil {
		e.state.Parts, e.state.Err, e.form.state.Checks = nil, fleet.Sentence(msg.err), nil
		e.form.state.Step, e.form.state.Scroll = views.ShiftChecks, 0
		if e.state.Stage == actions.StageLeave {
			e.form.state.Step = views.ShiftPlan
		}
		if fleet.KindOf(msg.err) == fleet.KindStale && e.state.Stage == actions.StageLeave {
			e.state.Aside = e.state.Err
			return m.evacuate() // what was found is not so any more
		}
		return nil
	}
	e.state.Err = fleet.Safe{}
	old, seen := e.form.state.Ladder, e.state.Parts
	e.state.Parts, e.form.state.Twin = msg.parts, msg.twin
	e.form.state.CheckedAt = m.clock.Now()
	e.form.state.Checks = allChecks(msg.parts)
	e.form.state.Ladder = m.climbAll()
	if e.form.state.Step == views.ShiftConfirm && !samePlans(seen, msg.parts) {
		e.form.state.Step, e.form.state.Scroll = views.ShiftChecks, 0
		e.form.state.Stale = fleet.Text("The plans are others than before: look at them again.")
	} else if e.form.state.Step == views.ShiftConfirm && !sameLadder(old, e.form.state.Ladder) {
		e.form.state.Step, e.form.state.Scroll = views.ShiftChecks, 0
		e.form.state.Stale = fleet.Text("The checks ask for something else than before: look at them again.")
	}
	e.form.arm()
	return nil
}

// samePlans tells whether plans write the same, from and to the same.
func samePlans(a, b []actions.PlannedPart) bool {
	return slices.EqualFunc(a, b, func(x, y actions.PlannedPart) bool {
		return x.Plan.Lock() == y.Plan.Lock() && x.Plan.BeforeHash == y.Plan.BeforeHash && x.Plan.AfterHash == y.Plan.AfterHash
	})
}

func allChecks(parts []actions.PlannedPart) []actions.Check {
	var all []actions.Check
	for i := range parts {
		all = append(all, parts[i].Checks...)
	}
	return all
}

// climbAll is what the confirmation of all parts asks now.
func (m *Model) climbAll() views.Ladder {
	l := actions.ConfirmAll(m.evac.state.Origin, m.evac.state.Parts)
	out := views.Ladder{Prod: l.Prod, TypeName: l.TypeName, NeedsReason: l.NeedsReason, Overrides: l.Overrides, Refused: l.Refused}
	if a := m.book.Access; out.Refused.IsEmpty() && !a.Write {
		out.Refused = fleet.Join([]fleet.Safe{fleet.Text("this console may not write"), a.Why}, fleet.Text(": "))
	}
	return out
}

// flowSplit chooses a way to spread the load.
func (m *Model) flowSplit(key string) tea.Cmd {
	splits := map[string]actions.Split{"b": actions.SplitBalanced, "c": actions.SplitCheapest, "f": actions.SplitFastest}
	if b := m.keys.find(ScopeSelect, key); b != nil {
		m.evac.state.Split = splits[b.Keys[0]]
	}
	return nil
}

func (m *Model) flowWarm(string) tea.Cmd {
	m.evac.state.Warm = !m.evac.state.Warm
	return nil
}

func (m *Model) flowDown(string) tea.Cmd {
	m.evac.form.state.Scroll++
	return nil
}

func (m *Model) flowUp(string) tea.Cmd {
	m.evac.form.state.Scroll = max(0, m.evac.form.state.Scroll-1)
	return nil
}

// flowAgain asks again: who could take it, or the checks.
func (m *Model) flowAgain(string) tea.Cmd {
	if m.evac.asking != 0 {
		return nil
	}
	if m.evac.form.state.Step == views.ShiftPlan {
		return m.evacuate()
	}
	return m.planParts()
}

// flowChecks goes on to the checks.
func (m *Model) flowChecks(string) tea.Cmd {
	s := &m.evac.form.state
	s.Step, s.Scroll, s.Checks, s.Stale = views.ShiftChecks, 0, nil, fleet.Safe{}
	m.evac.state.Parts = nil
	return m.planParts()
}

func (m *Model) flowSelect(string) tea.Cmd {
	s := &m.evac.form.state
	s.Step, s.Scroll, s.Stale = views.ShiftPlan, 0, fleet.Safe{}
	m.evac.asking = 0
	return nil
}

// flowConfirm goes on to the confirmation.
func (m *Model) flowConfirm(string) tea.Cmd {
	s := &m.evac.form.state
	s.Ladder = m.climbAll()
	s.Step, s.Stale, s.Scroll = views.ShiftConfirm, fleet.Safe{}, 0
	if s.Ladder.NeedsReason && s.Reason.Text == "" {
		s.Reason.Text = m.book.Access.Incident
		s.Reason.Cursor = len([]rune(s.Reason.Text))
	}
	s.Name = views.TextField{}
	s.Field = m.evac.form.firstField()
	m.evac.form.arm()
	return nil
}

func (m *Model) flowBack(string) tea.Cmd {
	if m.evac.form.starting != 0 {
		return nil
	}
	m.evac.form.state.Step, m.evac.form.state.Scroll = views.ShiftChecks, 0
	m.evac.form.arm()
	return nil
}

func (m *Model) flowNext(string) tea.Cmd     { return m.evac.form.turn(+1) }
func (m *Model) flowPrevious(string) tea.Cmd { return m.evac.form.turn(-1) }

// flowEnter presses what has the focus.
func (m *Model) flowEnter(string) tea.Cmd {
	d := m.evac.form
	switch d.state.Field {
	case views.FieldCancel:
		return m.flowCancel("")
	case views.FieldReason:
		return d.turn(+1)
	}
	d.arm()
	if why := d.missing(); !why.IsEmpty() {
		m.say(why)
		return nil
	}
	return m.startParts()
}

// startParts hands the confirmed plans to the runner.
func (m *Model) startParts() tea.Cmd {
	e := m.evac
	s := &e.form.state
	switch {
	case e.form.starting != 0, e.asking != 0:
		m.say(fleet.Text("wait: the last answer is not there yet"))
		return nil
	case m.paused:
		m.say(whyNoPlans(m))
		return nil
	case m.clock.Now().Sub(s.CheckedAt) >= s.ValidFor:
		m.say(fleet.Text("the checks are no longer valid and run again; then confirm"))
		return m.planParts()
	}
	e.form.starting = m.request()
	approval := e.form.approval(m)
	req, parts, control := e.form.starting, e.state.Parts, m.control
	return command("start", func() tea.Msg {
		return partsStartedMsg{req: req, id: parts[0].Plan.Intent.Failover.ID, started: control.StartParts(parts, approval)}
	})
}

// partsStarted follows the failover from here on; what could not start is said and keeps nothing else.
func (m *Model) partsStarted(msg partsStartedMsg) tea.Cmd {
	var failed []fleet.Safe
	for _, p := range msg.started {
		if p.Err != nil {
			failed = append(failed, fleet.Concat(fleet.Label(p.Object), fleet.Text(": "), fleet.Sentence(p.Err)))
		}
	}
	if len(failed) > 0 {
		m.fail(fleet.Concat(fleet.Int(len(msg.started)-len(failed)), fleet.Text(" of "), fleet.Many(len(msg.started), "change"),
			fleet.Text(" started; "), fleet.Join(failed, fleet.Text("; "))))
	}
	e := m.evac
	if e == nil || msg.req != e.form.starting {
		m.late++
		return nil
	}
	e.form.starting = 0
	if len(failed) == len(msg.started) {
		e.form.state.Step, e.form.state.Scroll = views.ShiftChecks, 0
		return m.planParts()
	}
	m.evac = nil
	m.states.failover.Flow = nil
	m.visit(place{screen: views.ScreenFailover, failover: msg.id})
	return m.startGrace()
}

// flowCancel closes the flow before anything was sent.
func (m *Model) flowCancel(string) tea.Cmd {
	if m.evac.form.starting != 0 {
		m.say(fleet.Text("the failover is being started; wait for the answer"))
		return nil
	}
	m.evac = nil
	m.states.failover.Flow = nil
	m.say(fleet.Text("cancelled; nothing was sent"))
	return m.askOrphan()
}

// flowAge plans and checks again what is no longer valid.
func (m *Model) flowAge() tea.Cmd {
	e := m.evac
	if e == nil || e.asking != 0 || e.form.starting != 0 || e.form.state.Step == views.ShiftPlan || e.state.Parts == nil {
		return nil
	}
	if m.clock.Now().Sub(e.form.state.CheckedAt) < e.form.state.ValidFor {
		return nil
	}
	return m.planParts()
}

// copyFlow puts the command line that plans the same on the clipboard.
func (m *Model) copyFlow(string) tea.Cmd {
	m.say(fleet.Text("copied the command line (OSC 52; tmux needs set-clipboard on)"))
	return tea.SetClipboard(m.evac.form.state.Twin.String())
}
