package views

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var errandColumns = []part.Column{
	{Title: fleet.Text("STEP"), Width: 6},
	{Title: fleet.Text("SILENCE"), Width: 36},
	{Title: fleet.Text("SENT"), Width: 9},
	{Title: fleet.Text("READ-BACK"), Width: 9},
}

var editColumns = []part.Column{
	{Title: fleet.Text("STEP"), Width: 6},
	{Title: fleet.Text("EDIT"), Width: 36, Most: 90},
	{Title: fleet.Text("SENT"), Width: 9},
	{Title: fleet.Text("READ-BACK"), Width: 9},
}

// errandSteps draws what was written on an alerting system, or beside the weights of a gateway, and read back.
func errandSteps(s *page, c *actions.Change) {
	s.End()
	s.Rule(fleet.Text("STEPS 1"), fleet.Safe{}, fleet.Safe{})
	g := part.Layout(errandColumns, s.Width(), 0)
	does := fleet.Safe{}
	if c.Plan.Edit != nil {
		g = part.Layout(editColumns, s.Width(), 0)
		does = c.Plan.Edit.Text()
	}
	g.Head(s.Block)
	if len(c.Steps) == 0 {
		sentRow(s, g, 1, does, nil)
	}
	for i := range c.Steps {
		r := &c.Steps[i]
		what := orUnknown(fleet.Label(r.Silence))
		switch {
		case c.Plan.Edit != nil && r.Back:
			what = c.Plan.Edit.BackText()
		case c.Plan.Edit != nil:
			what = does
		}
		sentRow(s, g, r.N, what, r)
	}
}

// sentRow draws one step of a change that moves no weights: what it does, when it was sent and when it was there. r is nil
// for one that was not sent.
func sentRow(s *page, g part.Grid, n int, does fleet.Safe, r *actions.StepResult) {
	cells := g.Cells()
	cells[0], cells[1] = part.Cell{Text: fleet.Int(n)}, part.Cell{Text: does}
	if r == nil {
		cells[0].Role, cells[2] = themes.Dim, part.Cell{Text: fleet.Text("not sent"), Role: themes.Dim}
		g.Row(s.Block, cells, false)
		return
	}
	if r.Back {
		cells[0] = part.Cell{Text: fleet.Concat(fleet.Int(n), fleet.Text(" back")), Role: themes.Warn}
	}
	cells[2], cells[3] = part.Cell{Text: fleet.ClockTime(r.Sent)}, part.Cell{Text: fleet.ClockTime(r.Verified)}
	g.Row(s.Block, cells, false)
	if !r.Err.IsEmpty() {
		s.say(themes.Crit, r.Err, 9, 3)
	}
}

// errandPlanned is what the plan of a silence, or of its end, said: what it matches, until when, and what it hides.
func errandPlanned(s *page, c *actions.Change) {
	p := &c.Plan
	s.End()
	s.Rule(fleet.Concat(fleet.Text("PLAN "), fleet.Label(p.Short())), fleet.Safe{}, fleet.Safe{})
	where := fleet.Concat(fleet.Text(", alerting system "), fleet.Label(p.Object()))
	if p.Edit != nil {
		where = fleet.Concat(fleet.Text(", gateway "), fleet.Label(string(p.Gateway)))
	}
	s.tell(fleet.Text("context"), themes.Text, fleet.Concat(fleet.Label(p.Context), fleet.Text(" "), fleet.Label(string(p.Env)), where), 2)
	s.tell(fleet.Text("made"), themes.Text, fleet.Concat(fleet.Stamp(p.Created), fleet.Text(" on generation "),
		fleet.Int(p.SeenGen), fleet.Text(" as of "), fleet.ClockTime(p.SeenAt)), 2)
	if p.Edit != nil {
		return
	}
	s.tell(fleet.Text("matches"), themes.Text, fleet.MatchersText(p.Silence.Silence.Matchers), 3)
	s.tell(fleet.Text("ends"), themes.Text, fleet.Concat(fleet.Stamp(p.Silence.Silence.Until), fleet.Text(", after "),
		fleet.Age(p.Silence.Silence.Until.Sub(p.Created).Round(time.Minute))), 1)
	for i := range p.Silence.Alerts {
		a := &p.Silence.Alerts[i]
		name := fleet.Safe{}
		if i == 0 {
			name = fleet.Text("hides")
		}
		s.tell(name, themes.OfLevel(a.Level), fleet.Join(nonEmpty(a.Level.Text(), a.Object, a.Text), fleet.Text("  ")), 2)
	}
	if more := p.Silence.Hides - len(p.Silence.Alerts); more > 0 {
		s.tell(fleet.Safe{}, themes.Dim, fleet.Textf("and %s more", fleet.Int(more)), 1)
	}
}
