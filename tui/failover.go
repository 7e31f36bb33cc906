package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// failoverMsg answers where the load of a target can go.
type failoverMsg struct {
	req   uint64
	found actions.Failover
	err   error
}

// whyNoFailover is why F does nothing.
func whyNoFailover(m *Model) fleet.Safe {
	if why := whyNoShift(m); !why.IsEmpty() {
		return why
	}
	route := m.selectedRoute()
	if c := m.book.OpenOn(route); c != nil {
		return fleet.Concat(changeName(c), fleet.Text(" is open on this route: S shows it, Z takes it back"))
	}
	if m.failing(m.snap.Route(route)) == "" {
		return fleet.Text("no target of this route carries anything")
	}
	return works()
}

// failing is the target whose load is to move: the one under the cursor, else the worst that has weight.
func (m *Model) failing(r *fleet.Route) fleet.TargetID {
	if m.pane() == paneTargets {
		if t := r.Target(fleet.TargetID(m.selected())); t != nil && t.Set.Or(0) > 0 {
			return t.Spec.ID
		}
	}
	var worst *fleet.Target
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Set.Or(0) > 0 && (worst == nil || t.State.Rank() > worst.State.Rank()) {
			worst = t
		}
	}
	if worst == nil {
		return ""
	}
	return worst.Spec.ID
}

func (m *Model) openFailover(string) tea.Cmd {
	r := m.snap.Route(m.selectedRoute())
	return m.findRoom(r.Spec.ID, []fleet.TargetID{m.failing(r)})
}

// findRoom asks who could take the load of targets.
func (m *Model) findRoom(route fleet.RouteID, away []fleet.TargetID) tea.Cmd {
	req, control := m.request(), m.control
	m.say(fleet.Text("asking who could take it"))
	return command("failover", func() tea.Msg {
		found, err := control.Failover(route, away)
		return failoverMsg{req: req, found: found, err: err}
	})
}

// failoverFound shows who could take what, and the ways to spread it.
func (m *Model) failoverFound(msg failoverMsg) tea.Cmd {
	if msg.req != m.req || m.ask != nil || m.line != nil || m.shift != nil {
		m.late++ // the person went on to something else
		return nil
	}
	if msg.err != nil {
		m.fail(fleet.Sentence(msg.err))
		return nil
	}
	f := msg.found
	state := views.AskState{Title: failoverTitle(&f), Lines: failoverLines(&f), Choices: []fleet.Safe{fleet.Text("cancel; nothing is sent")}}
	for _, p := range f.Proposals {
		state.Choices = append(state.Choices, m.proposalText(&f, p))
	}
	return m.open(&question{answer: failoverAnswer{f}, state: state})
}

func failoverTitle(f *actions.Failover) fleet.Safe {
	names := make([]fleet.Safe, len(f.Away))
	for i, id := range f.Away {
		names[i] = fleet.Label(string(id))
	}
	return fleet.Concat(fleet.Text("FAILOVER "), fleet.Label(string(f.Route)), fleet.Text(" away from "), fleet.Join(names, fleet.Text(", ")),
		fleet.Text(" ("), f.Moved.Whole(), fleet.Text("%, "), fleet.Show(f.Requests), fleet.Text(" req/s)"))
}

// failoverLines are the candidates: what part of the load each could take now, and what bounds it.
func failoverLines(f *actions.Failover) []fleet.Safe {
	lines := []fleet.Safe{fleet.Text("What part of that load each could take now without an override:")}
	for i := range f.Candidates {
		c := &f.Candidates[i]
		line := fleet.Concat(fleet.Text("  "), fleet.Label(string(c.Target)), fleet.Text("  "), c.Fit.Whole(), fleet.Text("%"))
		if c.Unproven {
			line = fleet.Concat(line, fleet.Text(" unproven"))
		}
		line = fleet.Concat(line, fleet.Text("  ttft95 "), fleet.Show(c.TTFT95), fleet.Text("  $/1M "), fleet.Show(c.Price))
		if !c.Why.IsEmpty() {
			line = fleet.Concat(line, fleet.Text("  "), c.Why)
		}
		lines = append(lines, line)
	}
	return append(lines, fleet.Text("A split opens the plan with its checks. Nothing is sent before you confirm it."))
}

// proposalText says which weights a way to spread the load sets: "balanced: b200-a 0  h100-b 60  openai 40".
func (m *Model) proposalText(f *actions.Failover, p actions.Proposal) fleet.Safe {
	parts := []fleet.Safe{fleet.Concat(fleet.Label(string(p.Split)), fleet.Text(": "))}
	if r := m.snap.Route(f.Route); r != nil {
		for _, id := range r.Order() {
			parts = append(parts, fleet.Concat(fleet.Label(string(id)), fleet.Text(" "), fleet.Int(p.Weights[id]), fleet.Text("  ")))
		}
	}
	if p.Left > 0 {
		parts = append(parts, p.Left.Whole(), fleet.Text("% of it fits nowhere and stays"))
	}
	return fleet.Concat(parts...)
}

// failoverAnswer opens the plan of the chosen split.
type failoverAnswer struct{ found actions.Failover }

func (a failoverAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	if chosen < 1 || chosen > len(a.found.Proposals) || m.snap.Route(a.found.Route) == nil {
		m.say(fleet.Text("cancelled; nothing was sent"))
		return nil
	}
	return m.planShiftBy(a.found.Route, a.found.Proposals[chosen-1].Weights, actions.EmergencyRamp())
}

// cmdFailover asks who could take the load of targets.
func (m *Model) cmdFailover(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	if len(args) < 2 || m.snap.Route(fleet.RouteID(args[0])) == nil {
		return nil, fleet.Text("name a route of this fleet and the targets whose load is to move")
	}
	if c := m.book.OpenOn(fleet.RouteID(args[0])); c != nil {
		return nil, fleet.Concat(changeName(c), fleet.Text(" is open on this route: S shows it, Z takes it back"))
	}
	var away []fleet.TargetID
	for _, id := range args[1:] {
		away = append(away, fleet.TargetID(id))
	}
	return m.findRoom(fleet.RouteID(args[0]), away), fleet.Safe{}
}
