package plain

import (
	"cmp"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/part"
)

// Plan draws a plan with its checks and what a confirmation of it would ask, for "--dry-run" and for the question
// before a change without a screen. Nothing has been sent for a plan.
func Plan(p actions.Plan, checks []actions.Check) string {
	switch {
	case p.Work != nil:
		return workPlan(p, checks)
	case p.Edit != nil:
		return editPlan(p, checks)
	case p.Errand():
		return errandPlan(p, checks)
	}
	r := &report{}
	r.line(fleet.Text("PLAN "), fleet.Label(p.Short()), fleet.Text("  "), fleet.Label(string(p.Intent.Kind)),
		fleet.Text(" "),
		rawName(p.Object()), fleet.Text("  "), move(&p))
	r.fact(fleet.Text("context"), fleet.Concat(rawName(p.Context), fleet.Text(" "), or(fleet.Label(string(p.Env))),
		fleet.Text(", gateway "), fleet.Label(string(p.Gateway))))
	r.fact(fleet.Text("by"), p.Intent.Actor.Text())
	r.fact(fleet.Text("reason"), fleet.Label(p.Intent.Reason))
	r.fact(fleet.Text("incident"), fleet.Label(p.Intent.Incident))
	r.fact(fleet.Text("undoes"), fleet.Label(string(p.Intent.Undoes)))
	r.fact(fleet.Text("made"), fleet.Concat(fleet.Stamp(p.Created), fleet.Text(" on generation "), fleet.Int(p.SeenGen),
		fleet.Text(" as of "), fleet.ClockTime(p.SeenAt)))
	ramp := p.Ramp.WithDefaults()
	r.fact(fleet.Text("ramp"), fleet.Concat(fleet.Many(ramp.Points, "point"), fleet.Text(" every "), fleet.Age(ramp.Every),
		fleet.Text(", "), fleet.Many(ramp.MinRequests, "request"), fleet.Text(" a step at least, then soak "),
		fleet.Age(p.Soak)))
	r.fact(fleet.Text("roll back"), limits(p.Guard))
	for _, n := range p.Notes {
		r.fact(fleet.Text("note"), n)
	}
	effectTable(r, &p)
	stepTable(r, &p)
	checkList(r, checks)
	verdict(r, p, checks)
	return r.String()
}

// move is what a plan does in one line, with the names of its targets.
func move(p *actions.Plan) fleet.Safe {
	if p.Errand() {
		return p.ErrandText()
	}
	if p.Intent.Kind == actions.KindResync {
		return fleet.Concat(fleet.Text("gateway replica "), rawName(string(p.Intent.Replica)))
	}
	return fleet.Concat(p.Before.Text(p.Order), fleet.Text(" -> "), p.After.Text(p.Order), fleet.Text("  of "),
		targets(p.Order))
}

func targets(order []fleet.TargetID) fleet.Safe {
	list := make([]fleet.Safe, len(order))
	for i, id := range order {
		list[i] = fleet.Label(string(id))
	}
	return fleet.Join(list, fleet.Text("/"))
}

func limits(g fleet.Guard) fleet.Safe {
	text := fleet.Text("if err% is clearly above the figure at the start")
	if g.ErrRatio.OK {
		text = fleet.Concat(fleet.Text("if err% > "), g.ErrRatio.V.Text())
	}
	if g.TTFT95.OK {
		text = fleet.Concat(text, fleet.Text(" or ttft95 > "), g.TTFT95.V.Text())
	}
	if g.For > 0 {
		return fleet.Concat(text, fleet.Text(" for "), fleet.Age(g.For))
	}
	return fleet.Concat(text, fleet.Text(" for 60s"))
}

// effectTable is what the plan is estimated to do to each target.
func effectTable(r *report, p *actions.Plan) {
	if len(p.Effects) == 0 {
		return
	}
	r.line()
	r.line(fleet.Text("EFFECT estimated"))
	rows := make([][]fleet.Safe, 0, len(p.Effects))
	to := fleet.Text(" -> ")
	for i := range p.Effects {
		e := &p.Effects[i]
		rows = append(rows, []fleet.Safe{fleet.Label(string(e.Target)), fleet.Concat(fleet.Int(e.Now), to, fleet.Int(e.New)),
			fleet.Concat(fleet.Show(e.ShareNow), to, fleet.Show(e.ShareNew)),
			fleet.Concat(fleet.Show(e.RequestsNow), to, fleet.Show(e.RequestsThen)),
			fleet.Concat(wholePercent(e.UseNow), to, wholePercent(e.UseThen)), or(e.UseOf),
			fleet.Concat(fleet.Show(e.TTFT95Now), to, fleet.Show(e.TTFT95Then)),
			fleet.Concat(fleet.Show(e.BurnNow), to, fleet.Show(e.BurnThen))})
	}
	r.table([]column{left(fleet.Text("TARGET")), right(fleet.Text("WEIGHT")), right(fleet.Text("SHARE%")),
		right(fleet.Text("REQ/S")), right(fleet.Text("USE%")), left(fleet.Text("OF")), right(fleet.Text("TTFT95")),
		right(fleet.Text("$/H"))}, rows)
	r.line(fleet.Text("  route $/h "), fleet.Show(p.BurnNow), to, fleet.Show(p.BurnThen), p.BurnBounds())
}

func stepTable(r *report, p *actions.Plan) {
	r.line()
	r.line(fleet.Text("STEPS "), fleet.Int(len(p.Steps)), fleet.Text("  none is sent yet"))
	rows := make([][]fleet.Safe, 0, len(p.Steps))
	for i := range p.Steps {
		s := &p.Steps[i]
		rows = append(rows, []fleet.Safe{fleet.Int(s.N), s.Before.Text(p.Order), s.After.Text(p.Order), fleet.Age(s.Hold)})
	}
	r.table([]column{right(fleet.Text("STEP")), left(fleet.Text("FROM")), left(fleet.Text("TO")),
		left(fleet.Text("THEN WAIT"))}, rows)
}

// checkList tells every check, the worst first, with its formula and what would make it pass.
func checkList(r *report, checks []actions.Check) {
	sorted := slices.Clone(checks)
	for i := range sorted { // a journal may hold what no version of ours wrote
		sorted[i].Severity = max(actions.SeverityPass, min(sorted[i].Severity, actions.SeverityHard))
	}
	r.line()
	r.line(fleet.Text("CHECKS "), fleet.Int(len(sorted)), fleet.Text("  "), counts(sorted))
	slices.SortStableFunc(sorted, func(a, b actions.Check) int { return cmp.Compare(b.Severity, a.Severity) })
	for i := range sorted {
		c := &sorted[i]
		title := c.Title
		if c.Target != "" {
			title = fleet.Concat(title, fleet.Text(" on "), fleet.Label(string(c.Target)))
		}
		if c.Missing {
			title = fleet.Concat(title, fleet.Text(" (no data)"))
		}
		word := fleet.Label(c.Severity.Verdict())
		if c.Severity > actions.SeverityWarn {
			word = fleet.Concat(word, fleet.Text(" "), fleet.Label(c.Severity.String()))
		}
		r.line(fleet.Text("  "), cell(word, 11, part.Left), cell(fleet.Label(c.ID), 7, part.Left), title)
		if !c.Formula.IsEmpty() {
			r.line(fleet.Text("                    "), c.Formula)
		}
		if !c.Fix.IsEmpty() && c.Severity > actions.SeverityPass {
			r.line(fleet.Text("                    "), fleet.Text("fix: "), c.Fix)
		}
	}
}

// counts is how many checks there are of each severity, the worst first.
func counts(checks []actions.Check) fleet.Safe {
	var n [actions.SeverityHard + 1]int
	for i := range checks {
		n[checks[i].Severity]++
	}
	var parts []fleet.Safe
	for severity, k := range slices.Backward(n[:]) {
		if k > 0 {
			parts = append(parts, fleet.Concat(fleet.Int(k), fleet.Text(" "), fleet.Label(actions.Severity(severity).String())))
		}
	}
	return fleet.Join(parts, fleet.Text(", "))
}

// verdict says what a confirmation asks, and that nothing was sent.
func verdict(r *report, p actions.Plan, checks []actions.Check) {
	l := actions.Confirm(p, checks)
	r.line()
	if l.Level == actions.LevelRefused {
		r.line(fleet.Text("REFUSED  "), l.Refused)
		r.line(fleet.Text("nothing was sent"))
		return
	}
	var asks []fleet.Safe
	if l.TypeName {
		asks = append(asks, fleet.Concat(fleet.Text("the name "), rawName(p.Object())))
	}
	if l.NeedsReason {
		asks = append(asks, fleet.Text("a reason"))
	}
	for _, id := range l.Overrides {
		asks = append(asks, fleet.Concat(fleet.Text("the override "), fleet.Label(id)))
	}
	if len(asks) == 0 {
		asks = append(asks, fleet.Text("a yes"))
	}
	r.line(fleet.Text("CONFIRM  asks for "), fleet.Join(asks, fleet.Text(", ")))
	r.line(fleet.Text("nothing was sent"))
}
