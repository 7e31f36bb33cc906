package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
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
		row(fleet.Text("weights"), weightsMove(p)),
		row(fleet.Text("by"), c.Approval.By.Text()), row(fleet.Text("reason"), fleet.Label(c.Approval.Reason)),
		row(fleet.Text("overrides"), fleet.Label(strings.Join(c.Approval.Overrides, " "))),
		row(fleet.Text("started"), fleet.Stamp(c.Started)), row(fleet.Text("ended"), fleet.Stamp(c.Ended)),
	}
	for i := range c.Checks {
		k := &c.Checks[i]
		lines = append(lines, fleet.Textf("check %s %s (%s) %s: %s", fleet.Label(k.ID), fleet.Label(k.Severity.Verdict()),
			fleet.Label(k.Severity.String()), k.Title, k.Formula))
	}
	for i := range c.Steps {
		s := &c.Steps[i]
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
