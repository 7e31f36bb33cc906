package views

import (
	"maps"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// failoverFlow draws the steps of a failover that is being planned.
func failoverFlow(b *part.Block, sc Scene, f *FailoverFlow, rows int) {
	form := f.Form
	form.Route = fleet.RouteID(f.Origin.ID) // what is typed to confirm
	d := &shiftDialog{sc: sc, state: &form, confirms: fleet.Concat(fleet.Text("the name of the "), fleet.Label(string(f.Origin.Kind)))}
	s := newSheet(sc, b.Inside())
	failoverRail(s, f)
	switch form.Step {
	case ShiftChecks:
		f.drawChecks(s, d)
	case ShiftConfirm:
		f.drawConfirm(s, d)
	default:
		f.drawSelect(s)
	}
	foot := fleet.Text("nothing is sent before step 4")
	if !form.Busy.IsEmpty() {
		foot = fleet.Concat(form.Busy, fleet.Text("...  "), foot)
	}
	n := max(1, min(len(failoverStepNames), int(form.Step)))
	right := fleet.Textf("step %s of 5: %s", fleet.Int(n), failoverStepNames[n-1])
	box := part.NewBlock(sc.Theme, b.Width(), rows)
	s.frame(box, rows, true, f.title(), right, foot)
	b.Append(box)
}

var failoverStepNames = [...]fleet.Safe{
	fleet.Text("SELECT"), fleet.Text("CHECKS"), fleet.Text("CONFIRM"), fleet.Text("APPLY+VERIFY"), fleet.Text("SOAK"),
}

func (f *FailoverFlow) title() fleet.Safe {
	title := fleet.Concat(fleet.Text("FAILOVER "), f.Origin.Text())
	if f.Runbook != "" {
		title = fleet.Concat(fleet.Text("RUNBOOK "), fleet.Label(f.Runbook), fleet.Text(": "), f.Origin.Text())
	}
	if f.Stage != actions.StageLeave {
		return fleet.Concat(title, fleet.Text(": "), stageWord(f.Stage))
	}
	if f.Found != nil && f.Found.Requests.OK {
		return fleet.Concat(title, fleet.Text(" ("), f.Found.Requests.V.Text(), fleet.Text(" r/s)"))
	}
	return title
}

func failoverRail(s *sheet, f *FailoverFlow) {
	for n, name := range failoverStepNames {
		if n > 0 {
			s.Say(themes.Dim, " > ")
		}
		if n+1 == int(f.Form.Step) {
			s.Say(themes.Accent, "[").Put(themes.Accent, fleet.Int(n+1)).Say(themes.Accent, " ").Put(themes.Accent, name).Say(themes.Accent, "]")
			continue
		}
		s.Put(themes.Dim, fleet.Int(n+1)).Say(themes.Dim, " ").Put(themes.Dim, name)
	}
	s.End()
	s.mark(spareSoon)
	for _, l := range nonEmpty(f.Form.Stale, f.Aside) {
		s.say(themes.Warn, l, 0, 2)
	}
	if !f.Err.IsEmpty() {
		s.say(themes.Bad, f.Err, 0, 4)
	}
	s.mark(spareNever)
	s.blank()
}

// drawSelect is step 1: the ways to spread the load, and route by route who could take what part of it.
func (f *FailoverFlow) drawSelect(s *sheet) {
	e := f.Found
	if e == nil {
		if f.Err.IsEmpty() {
			s.say(themes.Dim, fleet.Text("asking who could take it"), 0, 1)
		}
		s.blank()
		s.hints(f.Form.Grace, hint(fleet.Text("e"), fleet.Text("ask again")), hint(fleet.Text("esc"), fleet.Text("cancel")))
		return
	}
	s.Put(themes.Text, fleet.Concat(fleet.Many(len(e.Found), "route"), fleet.Text("   "), fleet.Show(e.Requests),
		fleet.Text(" req/s to move   "), fleet.Show(e.InFlight), fleet.Text(" in flight, which end there: nothing is cut"))).End()
	s.mark(spareLast)
	for i := range e.Ways {
		f.drawWay(s, &e.Ways[i])
	}
	warmups := f.Warmups()
	for i := range warmups {
		f.drawWarmup(s, &warmups[i])
	}
	s.blank()
	s.openList()
	way := e.Way(f.Split)
	for i := range e.Found {
		s.item()
		f.drawRoute(s, &e.Found[i], way, i)
	}
	for _, stay := range e.Stays {
		s.item()
		s.Say(themes.Warn, "STAYS  ").Put(themes.Text, fleet.Label(string(stay.Route))).End()
		s.say(themes.Dim, stay.Why, 2, 3)
	}
	s.closeList(f.Form.Scroll)
	s.moves = true
	s.blank()
	keys := []KeyHint{}
	if len(e.Ways) > 0 {
		keys = append(keys, hint(fleet.Text("enter"), fleet.Text("checks")), hint(fleet.Text("b c f"), fleet.Text("split")))
	}
	if len(warmups) > 0 {
		keys = append(keys, hint(fleet.Text("w"), fleet.Text("warm up")))
	}
	s.hints(f.Form.Grace, append(keys, hint(fleet.Text("e"), fleet.Text("ask again")), hint(fleet.Text("esc"), fleet.Text("cancel")))...)
}

// drawWay is one way to spread the load, with what it costs and what fits nowhere.
func (f *FailoverFlow) drawWay(s *sheet, w *actions.Way) {
	role := themes.Dim
	if w.Split == f.Split {
		role = themes.Text
	}
	cursor(s.Block, w.Split == f.Split)
	s.Cell(role, fleet.Label(string(w.Split)), 10, part.Left).Put(role, fleet.Concat(fleet.Text("est. $/h +"), fleet.Show(w.Burn))).Gap(2)
	switch {
	case !w.Left.OK:
		s.Say(themes.Warn, "a part of it fits nowhere and stays")
	case w.Left.V > 0:
		s.Put(themes.Warn, fleet.Concat(w.Left.V.Whole(), fleet.Text("% of it fits nowhere and stays")))
	case len(f.Found.Stays) > 0:
		s.Put(role, fleet.Textf("all of it finds room; %s below", fleet.Concat(fleet.Many(len(f.Found.Stays), "route"),
			fleet.Verb(len(f.Found.Stays), " stays", " stay"))))
	default:
		s.Put(role, fleet.Text("all of it finds room"))
	}
	if len(w.Asks) > 0 {
		s.Put(themes.Warn, fleet.Concat(fleet.Text(", asks "), overrideList(w.Asks)))
	}
	s.End()
	s.mark(spareNever)
}

func (f *FailoverFlow) drawWarmup(s *sheet, w *actions.Warmup) {
	word, role := fleet.Text("not started"), themes.Dim
	if f.Warm && w.Why.IsEmpty() {
		word, role = fleet.Textf("started with it: %s", fleet.Many(w.Replicas, "replica")), themes.Text
	}
	takes := fleet.Text("how long a start takes is not known")
	if w.Takes.OK {
		takes = fleet.Concat(fleet.Text("warm in about "), fleet.Age(w.Takes.V))
	}
	name := fleet.Concat(fleet.Text("STANDBY "), fleet.Label(string(w.Pool)))
	s.say(role, fleet.Join(nonEmpty(name, word, takes, w.Why), fleet.Text("  ")), 0, 2)
	s.mark(spareLast)
}

// The columns of the candidates.
var candidateColumns = []part.Column{
	{Title: fleet.Text("TARGET"), Width: 10, Most: 24},
	{Title: fleet.Text("KIND"), Width: 4},
	{Title: fleet.Text("STATE"), Width: 7},
	{Title: fleet.Text("COULD TAKE"), Width: 10, Align: part.Right},
	{Title: fleet.Text("FIT"), Width: 4, Align: part.Right},
	{Title: fleet.Text("CTX"), Width: 5, Align: part.Right, Drop: 3},
	{Title: fleet.Text("+$/H"), Width: 6, Align: part.Right, Drop: 1},
	{Title: fleet.Text("TTFT95"), Width: 6, Align: part.Right, Drop: 2},
	{Title: fleet.Text("LABELS"), Width: 8, Most: 16, Drop: 4, Least: normalWidth},
	{Title: fleet.Text("BOUNDED BY"), Width: 12, Most: 160, Drop: 5, Least: wideWidth},
}

// drawRoute is one route: what leaves it, who could take it, and which weights the chosen way sets.
func (f *FailoverFlow) drawRoute(s *sheet, r *actions.Failover, way *actions.Way, at int) {
	names := make([]fleet.Safe, len(r.Away))
	for i, id := range r.Away {
		names[i] = fleet.Label(string(id))
	}
	s.Put(themes.Title, fleet.Label(string(r.Route))).Put(themes.Dim, fleet.Concat(fleet.Text("  away from "),
		fleet.Join(names, fleet.Text(", ")), fleet.Text(": "), r.Moved.Whole(), fleet.Text("%, "),
		fleet.Show(r.Requests), fleet.Text(" req/s"))).End()
	if way != nil && at < len(way.Moves) {
		p := &way.Moves[at]
		weights := make([]fleet.Safe, 0, len(p.Weights))
		for _, id := range slices.Sorted(maps.Keys(p.Weights)) {
			weights = append(weights, fleet.Concat(fleet.Label(string(id)), fleet.Text(" "), fleet.Int(p.Weights[id])))
		}
		line := fleet.Join(weights, fleet.Text("  "))
		if p.Left > 0 {
			line = fleet.Concat(line, fleet.Text("   "), p.Left.Whole(), fleet.Text("% stays"))
		}
		s.say(themes.Accent, fleet.Concat(fleet.Text("-> "), line), 2, 2)
	}
	g := part.Layout(candidateColumns, s.Width(), 0)
	g.Head(s.Block)
	for i := range r.Candidates {
		c := &r.Candidates[i]
		cells := g.Cells()
		cells[0] = part.Cell{Text: fleet.Label(string(c.Target))}
		cells[1] = part.Cell{Text: fleet.Text("self"), Role: themes.Dim}
		if c.Rented {
			cells[1].Text = fleet.Text("api")
		}
		cells[2] = part.Cell{Text: c.State.Text(), Role: themes.OfState(c.State)}
		cells[3] = part.Cell{Text: couldTake(r, c)}
		cells[4] = part.Cell{Text: fleet.Concat(c.Fit.Whole(), fleet.Text("%"))}
		if len(c.Asks) > 0 {
			cells[4].Role = themes.Warn
		}
		cells[5] = part.Cell{Text: fleet.Show(c.Limit), Role: themes.Dim}
		cells[6] = part.Cell{Text: fleet.Show(c.Burn)}
		cells[7] = part.Cell{Text: fleet.Show(c.TTFT95)}
		cells[8] = part.Cell{Text: labelList(c.Labels), Role: themes.Dim}
		why := c.Limits()
		cells[9] = part.Cell{Text: why, Role: themes.Dim}
		g.Row(s.Block, cells, false)
		if !g.Shows(9) && !why.IsEmpty() {
			s.say(themes.Dim, why, 4, 3)
		}
	}
}

// couldTake is what part of the load of a route a candidate could take, as a rate.
func couldTake(r *actions.Failover, c *actions.Candidate) fleet.Safe {
	if !r.Requests.OK {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Concat(fleet.Text("+"), (r.Requests.V * fleet.Rate(c.Fit)).Text(), fleet.Text(" r/s"))
}

func labelList(list []string) fleet.Safe {
	out := make([]fleet.Safe, len(list))
	for i, l := range list {
		out[i] = fleet.Label(l)
	}
	return fleet.Join(out, fleet.Text(","))
}

// drawChecks is step 2: what each part does, with every check that did not pass.
func (f *FailoverFlow) drawChecks(s *sheet, d *shiftDialog) {
	checks := f.allChecks()
	if len(checks) == 0 {
		s.say(themes.Dim, fleet.Text("the checks are running; nothing is known yet"), 0, 1)
	} else {
		s.Put(severityRole(actions.Worst(checks)), tally(checks)).Gap(3).Put(themes.Dim, d.validity()).End()
	}
	s.mark(spareNever)
	d.drawConsequence(s, checks)
	s.blank()
	s.openList()
	for i := range f.Parts {
		f.drawPart(s, d, &f.Parts[i])
	}
	s.closeList(f.Form.Scroll)
	s.moves = true
	s.blank()
	var keys []KeyHint
	if len(checks) > 0 && f.Form.Ladder.Refused.IsEmpty() {
		keys = append(keys, hint(fleet.Text("enter"), fleet.Text("confirm")))
	}
	keys = append(keys, hint(fleet.Text("e"), fleet.Text("check again")))
	if f.Stage == actions.StageLeave {
		keys = append(keys, hint(fleet.Text("p"), fleet.Text("select")))
	}
	keys = append(keys, hint(fleet.Text("y"), fleet.Text("copy the command")), hint(fleet.Text("esc"), fleet.Text("cancel")))
	s.hints(f.Form.Grace, keys...)
}

func (f *FailoverFlow) allChecks() []actions.Check {
	var all []actions.Check
	for i := range f.Parts {
		all = append(all, f.Parts[i].Checks...)
	}
	return all
}

// drawPart is one part in its steps, with the checks that did not pass.
func (f *FailoverFlow) drawPart(s *sheet, d *shiftDialog, p *actions.PlannedPart) {
	s.item()
	s.Put(themes.Title, fleet.Label(p.Plan.Object())).Gap(2).Put(themes.Accent, movement(&p.Plan)).Gap(2).
		Put(themes.Dim, stepsText(&p.Plan)).End()
	loud := slices.DeleteFunc(worstFirst(p.Checks), func(c actions.Check) bool { return c.Severity == actions.SeverityPass })
	for i := range loud {
		s.item()
		drawCheck(s, &loud[i], d.sc)
	}
	s.say(themes.Dim, fleet.Textf("%s of %s pass", fleet.Int(len(p.Checks)-len(loud)), fleet.Many(len(p.Checks), "check")), 0, 1)
}

// drawConfirm is step 3: what will happen, what overrides it, what a dropped link does, and what must be typed.
func (f *FailoverFlow) drawConfirm(s *sheet, d *shiftDialog) {
	refused := !f.Form.Ladder.Refused.IsEmpty()
	s.Put(themes.Title, f.title()).Gap(2).Put(themes.Dim, fleet.Textf("%s, started together", fleet.Many(len(f.Parts), "change"))).End()
	s.mark(spareNever)
	s.openList()
	for i := range f.Parts {
		p := &f.Parts[i]
		s.item()
		s.Gap(2).Put(themes.Text, fleet.Label(p.Plan.Object())).Gap(2).Put(themes.Accent, movement(&p.Plan)).Gap(2).
			Put(themes.Dim, stepsText(&p.Plan)).End()
	}
	s.closeList(0)
	s.mark(spareNever)
	s.Put(themes.Dim, tally(f.allChecks())).Say(themes.Dim, "  checked ").Put(themes.Dim, d.validity()).End()
	s.mark(spareLast)
	if refused {
		s.say(themes.Crit, fleet.Concat(fleet.Text("REFUSED  "), f.Form.Ladder.Refused), 0, 4)
	} else {
		f.drawOverrides(s)
		s.say(themes.Dim, fleet.Text("the way back of each is written down first; one that fails goes back alone"), 0, 1)
		s.mark(spareSoon)
		drawLink(s)
		s.blank()
		d.drawFields(s)
	}
	d.drawArmed(s)
	s.blank()
	keys := []KeyHint{hint(fleet.Text("tab"), fleet.Text("next")), hint(fleet.Text("enter"), fleet.Text("press")),
		hint(fleet.Text("p"), fleet.Text("checks")), hint(fleet.Text("esc"), fleet.Text("cancel"))}
	if refused {
		keys = keys[2:]
	}
	s.hints(f.Form.Grace, keys...)
}

// drawOverrides lists what is overridden on which part, each with its number.
func (f *FailoverFlow) drawOverrides(s *sheet) {
	if len(f.Form.Ladder.Overrides) == 0 {
		return
	}
	s.say(themes.Warn, fleet.Concat(fleet.Text("This overrides "), overrideList(f.Form.Ladder.Overrides), fleet.Text(":")), 0, 2)
	for i := range f.Parts {
		for k := range f.Parts[i].Checks {
			if c := &f.Parts[i].Checks[k]; c.Severity == actions.SeverityOVR {
				s.say(themes.Warn, fleet.Concat(fleet.Label(f.Parts[i].Plan.Object()), fleet.Text(" "), fleet.Label(c.ID), fleet.Text(" "), c.Title,
					fleet.Text(": "), c.Formula), 2, 2)
			}
		}
	}
	s.mark(spareLast)
}
