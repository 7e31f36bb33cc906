package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var stepColumns = []part.Column{
	{Title: fleet.Text("STEP"), Width: 6},
	{Title: fleet.Text("SET"), Width: 8, Most: 20},
	{Title: fleet.Text("SENT"), Width: 9},
	{Title: fleet.Text("READ-BACK"), Width: 9},
	{Title: fleet.Text("VERIFIED"), Width: 9},
	{Title: fleet.Text("SEEN %"), Width: 14, Most: 28},
	{Title: fleet.Text("OF REQ"), Width: 6, Align: part.Right, Drop: 1},
	{Title: fleet.Text("TRAFFIC"), Width: 8},
}

// steps draws what was sent, read back and seen of each step, and the steps that are still due.
func steps(s *page, c *actions.Change) {
	s.End()
	s.Rule(fleet.Concat(fleet.Text("STEPS "), fleet.Int(len(c.Plan.Steps))), fleet.Safe{}, fleet.Safe{})
	g := part.Layout(stepColumns, s.Width(), 0)
	g.Head(s.Block)
	done := 0
	for i := range c.Steps {
		r := &c.Steps[i]
		if !r.Back {
			done = max(done, r.N)
		}
		cells := g.Cells()
		fillStep(cells, r, c)
		g.Row(s.Block, cells, false)
		doubts(s, r, c)
	}
	for i := range c.Plan.Steps {
		p := &c.Plan.Steps[i]
		if p.N <= done {
			continue
		}
		cells := g.Cells()
		cells[0] = part.Cell{Text: fleet.Int(p.N), Role: themes.Dim}
		cells[1] = part.Cell{Text: p.After.Text(c.Plan.Order), Role: themes.Dim}
		cells[2] = part.Cell{Text: fleet.Text("not sent"), Role: themes.Dim}
		g.Row(s.Block, cells, false)
	}
}

func fillStep(cells []part.Cell, r *actions.StepResult, c *actions.Change) {
	cells[0] = part.Cell{Text: fleet.Int(r.N)}
	if r.Back {
		cells[0] = part.Cell{Text: fleet.Concat(fleet.Int(r.N), fleet.Text(" back")), Role: themes.Warn}
	}
	cells[1] = part.Cell{Text: r.Weights.Text(c.Plan.Order)}
	cells[2] = part.Cell{Text: fleet.ClockTime(r.Sent)}
	cells[3] = readBack(r)
	cells[4] = part.Cell{Text: fleet.ClockTime(r.Verified)}
	cells[5] = part.Cell{Text: seenShares(r, c.Plan.Order)}
	cells[6] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	if r.SeenN > 0 {
		cells[6] = part.Cell{Text: fleet.Count(r.SeenN).Text()}
	}
	switch {
	case !r.SeenOK.OK:
		cells[7] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	case r.SeenOK.V:
		cells[7] = part.Cell{Text: fleet.Text("as set"), Role: themes.OK}
	default:
		cells[7] = part.Cell{Text: fleet.Text("OFF"), Role: themes.Warn}
	}
}

// readBack counts the gateway replicas that hold a step: "3/3 ok".
func readBack(r *actions.StepResult) part.Cell {
	if len(r.ReadBack) == 0 {
		return part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	}
	held := 0
	for i := range r.ReadBack {
		if r.ReadBack[i].OK {
			held++
		}
	}
	count := fleet.Textf("%s/%s", fleet.Int(held), fleet.Int(len(r.ReadBack)))
	if held < len(r.ReadBack) {
		return part.Cell{Text: fleet.Concat(count, fleet.Text(" NOT")), Role: themes.Crit}
	}
	return part.Cell{Text: fleet.Concat(count, fleet.Text(" ok")), Role: themes.OK}
}

// seenShares draws measured shares in percent in the order of the weights: "41.2/48.9/9.90".
func seenShares(r *actions.StepResult, order []fleet.TargetID) fleet.Safe {
	if len(r.Seen) == 0 {
		return fleet.Text(fleet.Unknown)
	}
	shares := make([]fleet.Safe, len(order))
	for i, id := range order {
		shares[i] = percent(r.Seen[id])
	}
	return fleet.Join(shares, fleet.Text("/"))
}

// doubts are what went wrong with a step, and which replicas do not hold it.
func doubts(s *page, r *actions.StepResult, c *actions.Change) {
	const indent = 9
	if !r.Err.IsEmpty() {
		s.say(themes.Crit, r.Err, indent, 3)
	}
	for i := range r.ReadBack {
		back := &r.ReadBack[i]
		if back.OK && back.Err.IsEmpty() {
			continue
		}
		text := fleet.Concat(fleet.Label(string(back.Replica)), fleet.Text(" holds "), back.Weights.Text(c.Plan.Order))
		if back.Weights == nil {
			text = fleet.Concat(fleet.Label(string(back.Replica)), fleet.Text(" did not say what it holds"))
		}
		text = fleet.Concat(text, fleet.Text(", "), fleet.ClockTime(back.At))
		s.say(themes.Crit, because(text, back.Err), indent, 3)
	}
}

var limitColumns = []part.Column{
	{Title: fleet.Text("FIGURE"), Width: 12, Most: 24},
	{Title: fleet.Text("TARGET"), Width: 10, Most: 24},
	{Title: fleet.Text("BEFORE"), Width: 7, Align: part.Right},
	{Title: fleet.Text("NOW"), Width: 7, Align: part.Right},
	{Title: fleet.Text("LIMIT"), Width: 7, Align: part.Right},
	{Title: fleet.Text("VERDICT"), Width: 7},
	{Title: fleet.Text("BROKEN FOR"), Width: 10, Drop: 1},
}

// limits draws what would roll the change back, with the figures as last judged.
func limits(s *page, c *actions.Change) {
	if len(c.Limits)+len(c.Harm) == 0 {
		return
	}
	s.End()
	s.Rule(fleet.Text("ROLL-BACK LIMITS"), fleet.Safe{}, fleet.Safe{})
	g := part.Layout(limitColumns, s.Width(), 0)
	g.Head(s.Block)
	for _, list := range [][]actions.LimitNow{c.Limits, c.Harm} {
		for i := range list {
			l := &list[i]
			cells := g.Cells()
			cells[0] = part.Cell{Text: l.Name}
			cells[1] = part.Cell{Text: orUnknown(fleet.Label(string(l.Target)))}
			cells[2] = part.Cell{Text: orUnknown(l.Before), Role: themes.Dim}
			cells[3] = part.Cell{Text: orUnknown(l.Now)}
			cells[4] = part.Cell{Text: orUnknown(l.Limit), Role: themes.Dim}
			cells[5] = part.Cell{Text: fleet.Label(l.Verdict), Role: verdictRole(l.Verdict)}
			if l.Broken > 0 {
				cells[6] = part.Cell{Text: fleet.Age(l.Broken), Role: themes.Bad}
			}
			g.Row(s.Block, cells, false)
		}
	}
}

func verdictRole(verdict string) themes.Role {
	switch verdict {
	case "PASS":
		return themes.OK
	case "FAIL":
		return themes.Crit
	default:
		return themes.Stale
	}
}

// approval is who confirmed the change, and with what words.
func approval(s *page, c *actions.Change) {
	a := &c.Approval
	s.End()
	s.Rule(fleet.Text("APPROVAL"), fleet.Safe{}, fleet.Safe{})
	if a.At.IsZero() {
		s.Gap(2).Say(themes.Dim, "was never confirmed").End()
		return
	}
	s.tell(fleet.Text("by"), themes.Text, fleet.Concat(a.By.Text(), fleet.Text(" at "), fleet.Stamp(a.At),
		onHost(a.By.Host)), 2)
	s.tell(fleet.Text("reason"), themes.Text, reasonText(c), 4)
	if a.Typed != "" {
		s.tell(fleet.Text("typed"), themes.Text, rawName(a.Typed), 2)
	}
	if len(a.Overrides) > 0 {
		s.tell(fleet.Text("overrides"), themes.Warn, names(a.Overrides), 3)
	}
}

func onHost(host string) fleet.Safe {
	if host == "" {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(" on "), fleet.Label(host))
}
