package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// stageResult is what was sent last of a stage, nil where nothing was.
func stageResult(c *actions.Change, n int) *actions.StepResult {
	for i := len(c.Steps) - 1; i >= 0; i-- {
		if r := &c.Steps[i]; r.N == n && !r.Back {
			return r
		}
	}
	return nil
}

// stageLine draws a stage of a change of an object: whether it was sent, is there or to come, what it does, and at the
// right how far it is.
func stageLine(b *part.Block, sc Scene, c *actions.Change, n int) {
	stage := &c.Plan.Work.Draft.Stages[n-1]
	r := stageResult(c, n)
	mark, role := fleet.Text("[ ]"), themes.Dim
	switch {
	case r != nil && n == c.Step && !c.State.Closed() && c.State != actions.StateSoaking:
		mark, role = fleet.Text("[>]"), themes.Accent
	case r != nil:
		mark, role = fleet.Text("[x]"), themes.Text
	}
	right := stageRight(sc, c, n, r)
	b.Gap(1).Put(role, mark).Gap(1).Put(role, fleet.Int(n)).Gap(1)
	b.Put(role, part.Short(stage.Text, max(8, b.Room()-part.Width(right)-3)))
	b.Right(themes.Dim, right).End()
	if r != nil && !r.Err.IsEmpty() {
		for _, l := range part.Wrap(r.Err, b.Width()-7, 2) {
			b.Gap(7).Put(themes.Bad, l).End()
		}
	}
}

// stageRight is how far a stage is: since when it holds and for how long still, or when it was there.
func stageRight(sc Scene, c *actions.Change, n int, r *actions.StepResult) fleet.Safe {
	hold := fleet.Safe{}
	if n <= len(c.Plan.Steps) && c.Plan.Steps[n-1].Hold > 0 {
		hold = fleet.Age(c.Plan.Steps[n-1].Hold)
	}
	switch {
	case r == nil && hold.IsEmpty():
		return fleet.Safe{}
	case r == nil:
		return fleet.Concat(fleet.Text("hold "), hold)
	case r.Verified.IsZero():
		return fleet.Concat(fleet.Text("sent "), fleet.ClockTime(r.Sent))
	case n == c.Step && !c.NextAt.IsZero() && !hold.IsEmpty() && c.State == actions.StateVerifying:
		return fleet.Concat(countdown(c.NextAt.Sub(sc.Now)), fleet.Text(" left of "), hold)
	case c.State.Closed() || n < c.Step:
		return fleet.Concat(fleet.Text("there "), fleet.ClockTime(r.Verified), fleet.Text(" after "), fleet.Age(r.Verified.Sub(r.Sent)))
	}
	return fleet.Concat(fleet.Text("there since "), fleet.ClockTime(r.Verified))
}

// backLine is the way back, where it was sent.
func backLine(b *part.Block, c *actions.Change) {
	for i := range c.Steps {
		r := &c.Steps[i]
		if !r.Back {
			continue
		}
		b.Gap(1).Say(themes.Warn, "[<] back: each field as it was").Gap(2).Say(themes.Dim, "sent ").Put(themes.Text, fleet.ClockTime(r.Sent))
		if !r.Verified.IsZero() {
			b.Say(themes.Dim, "  there ").Put(themes.Text, fleet.ClockTime(r.Verified))
		}
		b.End()
		if !r.Err.IsEmpty() {
			b.Gap(7).Put(themes.Bad, part.Short(r.Err, b.Width()-7)).End()
		}
	}
}

// stagesPane draws the stages in at most n lines under their rule; the stage in force stays in sight.
func stagesPane(b *part.Block, sc Scene, c *actions.Change, n int) {
	all := part.NewBlock(sc.Theme, b.Width(), len(c.Plan.Work.Draft.Stages)+2)
	at := 0
	for i := range c.Plan.Work.Draft.Stages {
		if i+1 == c.Step {
			at = all.Len()
		}
		stageLine(all, sc, c, i+1)
	}
	backLine(all, c)
	right := fleet.Safe{}
	from := 0
	if all.Len() > n {
		from = max(0, min(at-1, all.Len()-n))
		right = position(from, from+n, all.Len())
	}
	b.Rule(fleet.Concat(fleet.Text("STAGES "), fleet.Int(len(c.Plan.Work.Draft.Stages))), fleet.Safe{}, right)
	b.Lines(all, from, from+n)
}

var analysisColumns = []part.Column{
	{Title: fleet.Text("METRIC"), Width: 12, Most: 20},
	{Title: fleet.Text("OLD"), Width: 8, Align: part.Right},
	{Title: fleet.Text("NEW"), Width: 8, Align: part.Right},
	{Title: fleet.Text("LIMIT"), Width: 16, Align: part.Right},
	{Title: fleet.Text("VERDICT"), Width: 14},
}

// analysisHeight is how many lines analysisPane takes; 0 where there is nothing to compare.
func analysisHeight(c *actions.Change, width int) int {
	n := goldenHeight(c, width)
	if len(c.Limits) > 0 {
		n += len(c.Limits) + 1
	}
	if n == 0 {
		return 0
	}
	return n + 1
}

// analysisPane compares what the new version does with the old one beside it, as they were judged last.
func analysisPane(b *part.Block, c *actions.Change) {
	note := fleet.Text("what is unclear never promotes itself")
	if c.Plan.Intent.Work != nil && c.Plan.Intent.Work.ByReadiness {
		note = fleet.Text("goes on by readiness alone")
	}
	b.Rule(fleet.Text("ANALYSIS new against old"), note, fleet.Safe{})
	analysisRows(b, c)
	goldenRows(b, c)
}

// analysisRows draws the figures of both versions.
func analysisRows(b *part.Block, c *actions.Change) {
	if len(c.Limits) == 0 {
		return
	}
	g := part.Layout(analysisColumns, b.Width(), 0)
	g.Head(b)
	for i := range c.Limits {
		l := &c.Limits[i]
		cells := g.Cells()
		cells[0] = part.Cell{Text: l.Name}
		cells[1] = part.Cell{Text: orUnknown(l.Before), Role: themes.Dim}
		cells[2] = part.Cell{Text: orUnknown(l.Now), Role: bad(themes.Text, l.Verdict == "FAIL")}
		cells[3] = part.Cell{Text: orUnknown(l.Limit), Role: themes.Dim}
		cells[4] = part.Cell{Text: fleet.Label(l.Verdict), Role: verdictRole(l.Verdict)}
		g.Row(b, cells, false)
	}
}

// nextText says what is due next in a change of an object, and who decides.
func nextText(sc Scene, c *actions.Change) fleet.Safe {
	last := c.Step >= len(c.Plan.Steps)
	next := fleet.Textf("stage %s", fleet.Int(c.Step+1))
	switch {
	case c.State.Closed():
		return fleet.Safe{}
	case abandoned(c):
		return fleet.Text("nobody carries it: Z asks whether to resume or undo")
	case c.State == actions.StateUnknown:
		return fleet.Text("a person decides: Z asks; nothing is written until then")
	case c.State == actions.StateRollingBack:
		return fleet.Text("it is over when the version before serves again")
	case c.State == actions.StateSoaking:
		return fleet.Concat(fleet.Text("watched for "), countdown(c.NextAt.Sub(sc.Now)),
			fleet.Text(" more; what goes wrong meanwhile takes it back"))
	case c.Held || c.State == actions.StateHeld:
		return fleet.Text("it waits for a person: space goes on, P wants the next stage, A takes it back")
	case last && c.Plan.Soak <= 0:
		return fleet.Text("it is done once it is there")
	case last:
		return fleet.Text("it is watched once it is there")
	case !c.NextAt.IsZero() && c.Step > 0:
		return fleet.Concat(next, fleet.Text(" in "), countdown(c.NextAt.Sub(sc.Now)),
			fleet.Text(" when every figure is within its limit; what is unclear waits for P"))
	}
	return fleet.Concat(next, fleet.Text(" follows when this one is there"))
}
