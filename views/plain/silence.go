package plain

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// errandPlan draws the plan of a silence, or of its end, with its checks: what is hidden, until when, why, and which
// alerts these are now.
func errandPlan(p actions.Plan, checks []actions.Check) string {
	r := &report{}
	s := p.Silence
	r.line(fleet.Text("PLAN "), fleet.Label(p.Short()), fleet.Text("  "), fleet.Label(string(p.Intent.Kind)), fleet.Text(" "),
		rawName(p.Object()), fleet.Text("  "), p.ErrandText())
	r.fact(fleet.Text("context"), fleet.Concat(rawName(p.Context), fleet.Text(" "), or(fleet.Label(string(p.Env))),
		fleet.Text(", alerting system "), rawName(p.Object())))
	r.fact(fleet.Text("by"), p.Intent.Actor.Text())
	r.fact(fleet.Text("reason"), fleet.Label(p.Intent.Reason))
	r.fact(fleet.Text("incident"), fleet.Label(p.Intent.Incident))
	r.fact(fleet.Text("undoes"), fleet.Label(string(p.Intent.Undoes)))
	r.fact(fleet.Text("made"), fleet.Concat(fleet.Stamp(p.Created), fleet.Text(" on generation "), fleet.Int(p.SeenGen),
		fleet.Text(" as of "), fleet.ClockTime(p.SeenAt)))
	r.fact(fleet.Text("matches"), fleet.MatchersText(s.Silence.Matchers))
	r.fact(fleet.Text("ends"), fleet.Concat(fleet.Stamp(s.Silence.Until), fleet.Text(", in "),
		fleet.Age(s.Silence.Until.Sub(p.Created).Round(time.Minute))))
	r.fact(fleet.Text("comment"), fleet.Label(s.Silence.Comment))
	r.fact(fleet.Text("undo"), undoOf(&p))
	hiddenTable(r, &p)
	checkList(r, checks)
	verdict(r, p, checks)
	return r.String()
}

func undoOf(p *actions.Plan) fleet.Safe {
	if p.Intent.Kind == actions.KindExpire {
		return fleet.Text("none: a silence that ended does not come back, a new one can be set")
	}
	return fleet.Text("pitwall undo CHANGE ends it before its time")
}

func hiddenTable(r *report, p *actions.Plan) {
	title := fleet.Text("HIDES NOW ")
	if p.Intent.Kind == actions.KindExpire {
		title = fleet.Text("SHOWS AGAIN ")
	}
	r.line()
	r.line(title, fleet.Int(p.Silence.Hides))
	rows := make([][]fleet.Safe, 0, len(p.Silence.Alerts))
	for _, a := range p.Silence.Alerts {
		state := fleet.Text("shown")
		if a.Hidden {
			state = fleet.Text("silenced")
		}
		route := fleet.Label(string(a.Route))
		if a.Tier > 0 {
			route = fleet.Concat(route, fleet.Text(" (tier "), fleet.Int(a.Tier), fleet.Text(")"))
		}
		rows = append(rows, []fleet.Safe{a.Level.Text(), a.Object, or(route), state, a.Text})
	}
	r.table([]column{left(fleet.Text("LEVEL")), left(fleet.Text("OBJECT")), left(fleet.Text("ROUTE")), left(fleet.Text("NOW")),
		left(fleet.Text("TEXT"))}, rows)
	if more := p.Silence.Hides - len(p.Silence.Alerts); more > 0 {
		r.line(fleet.Text("  and "), fleet.Int(more), fleet.Text(" more"))
	}
}

// errandSteps tells what was written and read back.
func errandSteps(r *report, c *actions.Change) {
	if c.Plan.Edit != nil {
		editSteps(r, c)
		return
	}
	r.line()
	r.line(fleet.Text("STEPS "), fleet.Int(len(c.Plan.Steps)))
	rows := make([][]fleet.Safe, 0, len(c.Steps))
	for i := range c.Steps {
		s := &c.Steps[i]
		number := fleet.Int(s.N)
		if s.Back {
			number = fleet.Concat(number, fleet.Text(" back"))
		}
		rows = append(rows, []fleet.Safe{number, or(fleet.Label(s.Silence)), fleet.ClockTime(s.Sent), fleet.ClockTime(s.Verified), or(s.Err)})
	}
	r.table([]column{left(fleet.Text("STEP")), left(fleet.Text("SILENCE")), left(fleet.Text("SENT")), left(fleet.Text("READ BACK")),
		left(fleet.Text("REMARK"))}, rows)
}
