package plain

import (
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/part"
)

// workPlan draws the plan of a change of an object: how it stands, what is written in which stage, what that needs, and
// the checks.
func workPlan(p actions.Plan, checks []actions.Check) string {
	r := &report{}
	w := p.Work
	r.line(fleet.Text("PLAN "), fleet.Label(p.Short()), fleet.Text("  "), fleet.Label(string(p.Intent.Kind)), fleet.Text(" "),
		rawName(p.Object()))
	r.fact(fleet.Text("context"), fleet.Concat(rawName(p.Context), fleet.Text(" "), or(fleet.Label(string(p.Env))),
		fleet.Text(", cluster "), rawName(string(w.Was.Object.Cluster))))
	r.fact(fleet.Text("object"), fleet.Concat(w.Was.System, fleet.Text(" "), rawName(actions.ObjectName(w.Was.Object))))
	rolloutFacts(r, &w.Was)
	r.fact(fleet.Text("by"), p.Intent.Actor.Text())
	r.fact(fleet.Text("reason"), fleet.Label(p.Intent.Reason))
	r.fact(fleet.Text("incident"), fleet.Label(p.Intent.Incident))
	r.fact(fleet.Text("undoes"), fleet.Label(string(p.Intent.Undoes)))
	if w.Draft.Extra > 0 {
		free := fleet.Text("how many are free is not known")
		if w.Free.OK {
			free = fleet.Concat(fleet.Int(w.Free.V), fleet.Text(" free"))
		}
		r.fact(fleet.Text("GPUs"), fleet.Concat(fleet.Int(w.Draft.Extra), fleet.Text(" more at the most, "), free))
	}
	if !w.Draft.Rented.IsEmpty() {
		r.fact(fleet.Text("takes"), fleet.Concat(w.Draft.Rented, fleet.Text(", how much room the cloud has is not known")))
	}
	if w.Draft.Down > 0 {
		r.fact(fleet.Text("away"), fleet.Textf("%s of %s %s at the most meanwhile", fleet.Int(w.Draft.Down), fleet.Int(w.Was.Desired),
			w.Was.Unit))
	}
	r.fact(fleet.Text("takes"), w.TakesText())
	if p.Compares() {
		r.fact(fleet.Text("limits"), actions.VersionLimits())
	}
	for _, n := range p.Notes {
		r.fact(fleet.Text("note"), n)
	}
	undo := fleet.Text("each field is set back to what it was; pitwall undo CHANGE")
	if !w.Draft.NoUndo.IsEmpty() {
		undo = w.Draft.NoUndo
	}
	r.fact(fleet.Text("undo"), undo)
	stageTable(r, &p)
	checkList(r, checks)
	verdict(r, p, checks)
	return r.String()
}

// Rollout draws how an object stands, for "pitwall rollout".
func Rollout(w fleet.Rollout) string {
	r := &report{}
	r.line(w.System, fleet.Text(" "), rawName(actions.ObjectName(w.Object)), fleet.Text("  "), fleet.Label(string(w.Phase)))
	rolloutFacts(r, &w)
	for i := range w.Traffic.Members {
		r.fact(fleet.Text("traffic"), memberText(&w.Traffic.Members[i]))
	}
	for _, v := range w.Runs {
		r.fact(fleet.Text("before"), v.Text())
	}
	return r.String()
}

// memberText is a member as "pitwall traffic" takes it.
func memberText(m *fleet.TrafficMember) fleet.Safe {
	text := fleet.Textf("%s=%s", fleet.Quote(m.ID), fleet.Int(m.Weight))
	if name := m.Name; !name.IsEmpty() && name != fleet.Quote(m.ID) {
		text = fleet.Textf("%s  %s", text, name)
	}
	if !m.Ready {
		text = fleet.Concat(text, fleet.Text(", not ready"))
	}
	return text
}

func rolloutFacts(r *report, w *fleet.Rollout) {
	r.fact(fleet.Text("runs"), w.Now.Text())
	r.fact(fleet.Text("beside it"), w.Old.Text())
	r.fact(fleet.Text("count"), fleet.Textf("%s %s wanted, %s updated, %s ready, %s available", fleet.Int(w.Desired), w.Unit,
		w.Gaps.Replicas(w.Updated), w.Gaps.Replicas(w.Ready), w.Gaps.Replicas(w.Available)))
	phase := fleet.Label(string(w.Phase))
	if strings.HasPrefix(w.Why.String(), phase.String()+": ") { // says the phase itself
		phase = w.Why
	} else if !w.Why.IsEmpty() {
		phase = fleet.Concat(phase, fleet.Text(": "), w.Why)
	}
	r.fact(fleet.Text("phase"), phase)
	if w.Holder.Name != "" {
		r.fact(fleet.Text("kept by"), fleet.Concat(fleet.Label(w.Holder.Kind), fleet.Text(" "), rawName(actions.ObjectName(w.Holder))))
	}
	r.fact(fleet.Text("applied by"), w.GitOps)
	r.fact(fleet.Text("frozen"), w.Frozen)
	r.fact(fleet.Text("autoscaler"), w.Scaler.Text())
}

func stageTable(r *report, p *actions.Plan) {
	r.line()
	r.line(fleet.Text("STAGES "), fleet.Int(len(p.Work.Draft.Stages)), fleet.Text("  none is sent yet"))
	for i, s := range p.Work.Draft.Stages {
		r.line(fleet.Text("  "), cell(fleet.Int(i+1), 3, part.Right), fleet.Text("  "), s.Text)
		writeLines(r, s.Writes)
		wait := s.Until.Text()
		if s.Canary {
			wait = fleet.Concat(wait, fleet.Text(", then old and new are compared for "), fleet.Age(p.Steps[i].Hold))
		}
		if !wait.IsEmpty() {
			r.line(fleet.Text("       wait: "), wait)
		}
		if len(s.Then) > 0 {
			r.line(fleet.Text("       as soon as they are there:"))
			writeLines(r, s.Then)
		}
	}
}

func writeLines(r *report, writes []fleet.ObjectWrite) {
	for _, w := range writes {
		object := fleet.Concat(fleet.Label(w.Object.Kind), fleet.Text(" "), fleet.Label(actions.ObjectName(w.Object)))
		if w.Part != "" {
			object = fleet.Concat(object, fleet.Text("/"), fleet.Label(w.Part))
		}
		if w.Verb != fleet.WriteSet {
			r.line(fleet.Text("       "), fleet.Label(string(w.Verb)), fleet.Text(" "), object)
			continue
		}
		r.line(fleet.Text("       set "), object)
		for _, f := range w.Fields {
			if f.Before.Equal(f.After) {
				continue
			}
			r.line(fleet.Text("         "), fleet.Quote(f.Path), fleet.Text("  "), f.Change())
		}
	}
}

// workSteps tells what was written and read back, stage by stage.
func workSteps(r *report, c *actions.Change) {
	r.line()
	r.line(fleet.Text("STAGES "), fleet.Int(len(c.Plan.Steps)))
	rows := make([][]fleet.Safe, 0, len(c.Steps))
	for i := range c.Steps {
		s := &c.Steps[i]
		number, text := fleet.Int(s.N), fleet.Text("as before")
		if s.Back {
			number = fleet.Concat(number, fleet.Text(" back"))
		} else if s.N <= len(c.Plan.Work.Draft.Stages) {
			text = c.Plan.Work.Draft.Stages[s.N-1].Text
		}
		rows = append(rows, []fleet.Safe{number, text, fleet.ClockTime(s.Sent), fleet.ClockTime(s.Verified), or(s.Err)})
	}
	r.table([]column{left(fleet.Text("STAGE")), left(fleet.Text("DOES")), left(fleet.Text("SENT")), left(fleet.Text("THERE")),
		left(fleet.Text("REMARK"))}, rows)
	limitTable(r, c)
	goldenLines(r, c)
}

// goldenLines tell what golden prompts showed, replica by replica.
func goldenLines(r *report, c *actions.Change) {
	if len(c.Golden) == 0 {
		return
	}
	r.line()
	r.line(fleet.Text("GOLDEN PROMPTS"))
	for i := range c.Golden {
		g := &c.Golden[i]
		r.line(fleet.Text("  "), cell(fleet.Label(g.Verdict), 7, part.Left), fleet.Text("  "), g.Text())
	}
}
