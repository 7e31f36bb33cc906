package plain

import (
	"pitwall/actions"
	"pitwall/fleet"
)

// editPlan draws the plan of a change of fallbacks, of an alias, of a block, or of a key, with its checks.
func editPlan(p actions.Plan, checks []actions.Check) string {
	r := &report{}
	r.line(fleet.Text("PLAN "), fleet.Label(p.Short()), fleet.Text("  "), fleet.Label(string(p.Intent.Kind)), fleet.Text(" "),
		rawName(p.Object()), fleet.Text("  "), p.ErrandText())
	r.fact(fleet.Text("context"), fleet.Concat(rawName(p.Context), fleet.Text(" "), or(fleet.Label(string(p.Env))),
		fleet.Text(", gateway "), fleet.Label(string(p.Gateway))))
	r.fact(fleet.Text("by"), p.Intent.Actor.Text())
	r.fact(fleet.Text("reason"), fleet.Label(p.Intent.Reason))
	r.fact(fleet.Text("incident"), fleet.Label(p.Intent.Incident))
	r.fact(fleet.Text("undoes"), fleet.Label(string(p.Intent.Undoes)))
	r.fact(fleet.Text("made"), fleet.Concat(fleet.Stamp(p.Created), fleet.Text(" on generation "), fleet.Int(p.SeenGen),
		fleet.Text(" as of "), fleet.ClockTime(p.SeenAt)))
	r.fact(fleet.Text("done when"), fleet.Textf("all %s replicas that answer hold it", fleet.Int(len(p.Edit.Replicas))))
	r.fact(fleet.Text("undo"), p.Edit.BackText())
	for _, n := range p.Notes {
		r.fact(fleet.Text("note"), n)
	}
	effectTable(r, &p)
	checkList(r, checks)
	verdict(r, p, checks)
	return r.String()
}

// editSteps tells what was written and read back.
func editSteps(r *report, c *actions.Change) {
	r.line()
	r.line(fleet.Text("STEPS "), fleet.Int(len(c.Plan.Steps)))
	rows := make([][]fleet.Safe, 0, len(c.Steps))
	for i := range c.Steps {
		s := &c.Steps[i]
		number, edit := fleet.Int(s.N), c.Plan.Edit.Text()
		if s.Back {
			number, edit = fleet.Concat(number, fleet.Text(" back")), c.Plan.Edit.BackText()
		}
		rows = append(rows, []fleet.Safe{number, edit, fleet.ClockTime(s.Sent), fleet.ClockTime(s.Verified), or(s.Err)})
	}
	r.table([]column{left(fleet.Text("STEP")), left(fleet.Text("EDIT")), left(fleet.Text("SENT")), left(fleet.Text("READ BACK")),
		left(fleet.Text("REMARK"))}, rows)
}
