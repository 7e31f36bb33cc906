package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// saveReport writes what a change did and what it was judged by, for the ticket.
func (m *Model) saveReport(string) tea.Cmd {
	c := m.changeMeant()
	lines := report(c)
	parts := make([]string, len(lines))
	for i, l := range lines {
		parts[i] = l.String()
	}
	return m.saveFile("change-"+fleet.Int(c.Seq).String(), strings.Join(parts, "\n")+"\n")
}

// report tells a change from its plan to its end, in lines without borders.
func report(c *actions.Change) []fleet.Safe {
	p := &c.Plan
	lines := []fleet.Safe{
		fleet.Textf("%s (%s): %s", changeName(c), fleet.Label(string(p.Intent.Kind)), fleet.Label(string(c.State))),
		row(fleet.Text("why"), c.Why),
		row(fleet.Text("context"), fleet.Concat(fleet.Label(p.Context), fleet.Text(" "), fleet.Label(string(p.Env)))),
		row(fleet.Text("plan"), fleet.Label(p.Short())),
		movesRow(p),
		row(fleet.Text("by"), c.Approval.By.Text()), row(fleet.Text("reason"), fleet.Label(c.Approval.Reason)),
		row(fleet.Text("overrides"), fleet.Label(strings.Join(c.Approval.Overrides, " "))),
		row(fleet.Text("started"), fleet.Stamp(c.Started)), row(fleet.Text("ended"), fleet.Stamp(c.Ended)),
	}
	for i := range c.Checks {
		k := &c.Checks[i]
		lines = append(lines, fleet.Textf("check %s %s (%s) %s: %s", fleet.Label(k.ID), fleet.Label(k.Severity.Verdict()),
			fleet.Label(k.Severity.String()), k.Title, k.Formula))
	}
	if p.Work != nil {
		lines = append(lines, workReport(c)...)
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		if p.Errand() {
			lines = append(lines, errandStep(s))
			continue
		}
		back := 0
		for _, r := range s.ReadBack {
			if r.OK {
				back++
			}
		}
		line := fleet.Textf("step %s set %s sent %s, held by %s of %s replicas, verified %s", fleet.Int(s.N),
			s.Weights.Text(p.Order), fleet.ClockTime(s.Sent), fleet.Int(back), fleet.Int(len(s.ReadBack)),
			fleet.ClockTime(s.Verified))
		if s.Back {
			line = fleet.Concat(fleet.Text("back: "), line)
		}
		if !s.Err.IsEmpty() {
			line = fleet.Concat(line, fleet.Text(": "), s.Err)
		}
		lines = append(lines, line)
	}
	for _, l := range append(append([]actions.LimitNow(nil), c.Limits...), c.Harm...) {
		lines = append(lines, fleet.Textf("limit %s %s: before %s, now %s, limit %s %s",
			fleet.Label(string(l.Target)), l.Name, l.Before, l.Now, l.Limit, fleet.Label(l.Verdict)))
	}
	return lines
}

// movesRow says what a change does: its weights, or what else is written.
func movesRow(p *actions.Plan) fleet.Safe {
	if p.Errand() {
		return row(fleet.Text("does"), weightsMove(p))
	}
	return row(fleet.Text("weights"), weightsMove(p))
}

// errandStep is one write on a system that is no gateway: when it was sent and read back.
func errandStep(s *actions.StepResult) fleet.Safe {
	line := fleet.Textf("step %s sent %s, there %s", fleet.Int(s.N), fleet.ClockTime(s.Sent), fleet.ClockTime(s.Verified))
	if s.Back {
		line = fleet.Concat(fleet.Text("back: "), line)
	}
	if !s.Err.IsEmpty() {
		line = fleet.Concat(line, fleet.Text(": "), s.Err)
	}
	return line
}

// workReport tells each field that a change of an object sets, stage by stage.
func workReport(c *actions.Change) []fleet.Safe {
	w := c.Plan.Work
	lines := []fleet.Safe{
		row(fleet.Text("object"), fleet.Concat(views.RefText(w.Was.Object), fleet.Text(" of "), fleet.Label(string(w.Was.Object.Cluster)))),
		row(fleet.Text("ran"), w.Was.Now.Text()),
	}
	for i, stage := range w.Draft.Stages {
		lines = append(lines, fleet.Textf("stage %s: %s", fleet.Int(i+1), stage.Text))
		for _, x := range append(stage.Writes[:len(stage.Writes):len(stage.Writes)], stage.Then...) {
			lines = append(lines, fleet.Textf("  %s %s", fleet.Label(string(x.Verb)), views.RefText(x.Object)))
			for _, f := range x.Fields {
				if !f.Before.Equal(f.After) {
					lines = append(lines, fleet.Textf("    %s %s -> %s", fleet.Quote(f.Path), f.Before.Text(), f.After.Text()))
				}
			}
		}
	}
	return lines
}
