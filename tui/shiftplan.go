package tui

import (
	"maps"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
)

// weightStep is what + and - move a weight by; maxWeight bounds what can be typed.
const (
	weightStep = 5
	maxWeight  = 1000
)

// ramps are the choices of r in the plan step, the default first.
func ramps() []actions.Ramp {
	return []actions.Ramp{
		actions.Ramp{}.WithDefaults(),
		actions.Ramp{Points: 5, Every: 5 * time.Minute}.WithDefaults(),
		actions.Ramp{Points: 20, Every: 2 * time.Minute}.WithDefaults(),
		actions.Ramp{Points: 50, Every: time.Minute}.WithDefaults(),
	}
}

// errorLimits are the choices of b in the plan step; the first leaves the route's own limit.
func errorLimits() []fleet.Maybe[fleet.Ratio] {
	return []fleet.Maybe[fleet.Ratio]{
		fleet.None[fleet.Ratio](),
		fleet.Some(fleet.Ratio(0.01)), fleet.Some(fleet.Ratio(0.02)), fleet.Some(fleet.Ratio(0.05)),
	}
}

// intent is what the draft asks for.
func (m *Model) intent() actions.Intent {
	s := &m.shift.state
	in := actions.Intent{
		Kind: s.Kind, Route: s.Route, Replica: s.Replica, Ramp: s.Ramp, Guard: s.Guard, Soak: s.Soak, Undoes: s.Undoes,
		Incident: m.book.Access.Incident, Actor: m.book.Access.Actor,
	}
	if s.Kind == actions.KindShift {
		in.Weights = s.Draft.Clone()
	}
	return in
}

// replan makes the plan of the newest draft. Edits while the planner works are taken together: only the newest one
// is planned next.
func (m *Model) replan() tea.Cmd {
	d := m.shift
	d.wanted = m.request()
	if d.state.Work != nil {
		return m.launchWork()
	}
	if d.running != 0 {
		return nil
	}
	return m.launchPlan()
}

func (m *Model) launchPlan() tea.Cmd {
	d, in, control := m.shift, m.intent(), m.control
	d.running = d.wanted
	req, r := d.running, m.snap.Route(d.state.Route)
	short, order := changed(in, currentWeights(r)), r.Order()
	return command("plan", func() tea.Msg {
		plan, err := control.Plan(in)
		return planMsg{req: req, plan: plan, twin: control.Twin(short, order), err: err}
	})
}

// planned takes over a plan; an answer to an older draft is dropped.
func (m *Model) planned(msg planMsg) tea.Cmd {
	d := m.shift
	if d == nil || msg.req != d.running {
		m.late++
		return nil
	}
	d.running = 0
	if msg.req != d.wanted {
		m.late++
		return m.launchPlan()
	}
	s := &d.state
	s.Twin = msg.twin
	if msg.err != nil {
		s.Plan, s.PlanErr, s.Checks, d.recheck = nil, fleet.Sentence(msg.err), nil, false
		return nil
	}
	s.Plan, s.PlanErr = &msg.plan, fleet.Safe{}
	d.workPlanned()
	if d.recheck {
		d.recheck = false
		return m.check()
	}
	return nil
}

func (m *Model) planDown(string) tea.Cmd { return m.planMove(+1) }
func (m *Model) planUp(string) tea.Cmd   { return m.planMove(-1) }

func (m *Model) planMove(by int) tea.Cmd {
	s := &m.shift.state
	if n := len(m.targets()); n > 0 {
		s.Cursor = max(0, min(n-1, s.Cursor+by))
	}
	s.Typing = ""
	m.pointAt()
	return nil
}

// pointAt keeps the row of the page behind the dialog on the target under the cursor.
func (m *Model) pointAt() {
	if ids := m.targets(); m.shift.state.Cursor < len(ids) {
		m.states.routes.Targets.Selected = string(ids[m.shift.state.Cursor])
	}
}

func (m *Model) planMore(string) tea.Cmd { return m.setWeight(m.weight()+weightStep, "") }
func (m *Model) planLess(string) tea.Cmd { return m.setWeight(m.weight()-weightStep, "") }

// planDigit types a weight; the draft follows every digit.
func (m *Model) planDigit(key string) tea.Cmd {
	typing := strings.TrimLeft(m.shift.state.Typing+key, "0")
	if typing == "" {
		typing = "0"
	}
	w, err := strconv.Atoi(typing)
	if err != nil || w > maxWeight {
		m.say(fleet.Textf("a weight is at most %s", fleet.Int(maxWeight)))
		return nil
	}
	return m.setWeight(w, typing)
}

func (m *Model) planErase(string) tea.Cmd {
	typing := m.shift.state.Typing
	if typing == "" {
		typing = strconv.Itoa(m.weight())
	}
	typing = typing[:len(typing)-1]
	w, _ := strconv.Atoi("0" + typing) // digits only, and at most four of them
	return m.setWeight(w, typing)
}

// weight is the drafted weight of the target under the cursor.
func (m *Model) weight() int {
	if ids := m.targets(); m.shift.state.Cursor < len(ids) {
		return m.shift.state.Draft[ids[m.shift.state.Cursor]]
	}
	return 0
}

func (m *Model) setWeight(w int, typing string) tea.Cmd {
	ids := m.targets()
	s := &m.shift.state
	s.Typing = typing
	if s.Cursor >= len(ids) {
		return nil
	}
	id := ids[s.Cursor]
	w = max(0, min(maxWeight, w))
	if old, ok := s.Draft[id]; ok && old == w {
		return nil
	}
	s.Draft = s.Draft.Clone() // plans under way hold the old one
	s.Draft[id] = w
	return m.replan()
}

func (m *Model) planRamp(string) tea.Cmd {
	d := m.shift
	d.ramp = (d.ramp + 1) % len(ramps())
	d.state.Ramp = ramps()[d.ramp]
	return m.replan()
}

func (m *Model) planLimits(string) tea.Cmd {
	d := m.shift
	d.limit = (d.limit + 1) % len(errorLimits())
	d.state.Guard.ErrRatio = errorLimits()[d.limit]
	return m.replan()
}

// planDone goes on to the checks and runs them.
func (m *Model) planDone(string) tea.Cmd {
	m.shift.state.Typing = ""
	return m.toChecks()
}

// changed is the intent with only those weights that the draft changes, for the command line that does the same.
func changed(in actions.Intent, now fleet.Weights) actions.Intent {
	in.Weights = in.Weights.Clone()
	maps.DeleteFunc(in.Weights, func(id fleet.TargetID, w int) bool { return now[id] == w })
	return in
}
