package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var workColumns = []part.Column{
	{Title: fleet.Text("STAGE"), Width: 6},
	{Title: fleet.Text("DOES"), Width: 36},
	{Title: fleet.Text("SENT"), Width: 9},
	{Title: fleet.Text("THERE"), Width: 9},
}

// workSteps draws the stages of a change of an object: what each does, when it was sent and when it was there.
func workSteps(s *page, c *actions.Change) {
	stages := c.Plan.Work.Draft.Stages
	s.End()
	s.Rule(fleet.Concat(fleet.Text("STAGES "), fleet.Int(len(stages))), fleet.Safe{}, fleet.Safe{})
	g := part.Layout(workColumns, s.Width(), 0)
	g.Head(s.Block)
	sent := map[int]*actions.StepResult{}
	for i := range c.Steps {
		if r := &c.Steps[i]; r.Back {
			sentRow(s, g, r.N, fleet.Text("as before"), r)
		} else {
			sent[r.N] = r
		}
	}
	for i := range stages {
		sentRow(s, g, i+1, stages[i].Text, sent[i+1])
	}
}

// workPlanned is what the plan of a change of an object said: what ran, and each field that is written.
func workPlanned(s *page, c *actions.Change) {
	p := &c.Plan
	s.End()
	s.Rule(fleet.Concat(fleet.Text("PLAN "), fleet.Label(p.Short())), fleet.Safe{}, fleet.Safe{})
	s.tell(fleet.Text("made"), themes.Text, fleet.Concat(fleet.Stamp(p.Created), fleet.Text(" on generation "),
		fleet.Int(p.SeenGen), fleet.Text(" as of "), fleet.ClockTime(p.SeenAt)), 2)
	for i := range p.Work.Draft.Stages {
		stage := &p.Work.Draft.Stages[i]
		for _, w := range append(stage.Writes[:len(stage.Writes):len(stage.Writes)], stage.Then...) {
			s.tell(fleet.Concat(fleet.Text("stage "), fleet.Int(i+1)), themes.Text, writeText(w), 4)
		}
	}
	for _, n := range p.Notes {
		s.tell(fleet.Text("note"), themes.Dim, n, 3)
	}
}

// writeText draws one write with its fields in one sentence.
func writeText(w fleet.ObjectWrite) fleet.Safe {
	object := fleet.Concat(fleet.Label(w.Object.Kind), fleet.Text(" "), fleet.Label(actions.ObjectName(w.Object)))
	if w.Verb != fleet.WriteSet {
		return fleet.Concat(fleet.Label(string(w.Verb)), fleet.Text(" "), object)
	}
	parts := []fleet.Safe{fleet.Concat(fleet.Text("set "), object)}
	for _, f := range w.Fields {
		if f.Before.Equal(f.After) {
			continue
		}
		parts = append(parts, fleet.Concat(fleet.Quote(f.Path), fleet.Text(" "), f.Change()))
	}
	return fleet.Join(parts, fleet.Text("; "))
}
