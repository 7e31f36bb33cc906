package views

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// drawPlan is step 1: the weights with what they are estimated to do, the ramp, what rolls back, and the same as a
// command line.
func (d *shiftDialog) drawPlan(s *sheet) {
	if d.state.Kind == actions.KindResync {
		d.drawResync(s)
	} else {
		d.drawWeights(s)
	}
	if !d.state.PlanErr.IsEmpty() {
		s.fact(fleet.Text("not ready"), themes.Bad, d.state.PlanErr, 3)
		s.mark(spareNever)
	}
	s.blank()
	d.drawTerms(s)
	s.blank()
	d.planHints(s)
}

func (d *shiftDialog) planHints(s *sheet) {
	next := hint(fleet.Text("enter"), fleet.Text("checks"))
	cancel := hint(fleet.Text("esc"), fleet.Text("cancel"))
	if d.state.Kind == actions.KindResync {
		s.hints(d.state.Grace, next, cancel)
		return
	}
	s.hints(d.state.Grace, hint(fleet.Text("j/k"), fleet.Text("target")), hint(fleet.Text("+/-"), fleet.Text("by 5")),
		hint(fleet.Text("0-9"), fleet.Text("type")), hint(fleet.Text("r"), fleet.Text("ramp")),
		hint(fleet.Text("b"), fleet.Text("limits")), next, cancel)
}

// The columns of the plan.
const (
	planTarget = iota
	planNow
	planNew
	planDelta
	planShare
	planLoad
	planUse
	planTTFT
	planBurn
)

var planColumns = []part.Column{
	{Title: fleet.Text("TARGET"), Width: 10, Most: 24},
	{Title: fleet.Text("NOW"), Width: 4, Align: part.Right},
	{Title: fleet.Text("NEW"), Width: 5, Align: part.Right},
	{Title: fleet.Text("DELTA"), Width: 5, Align: part.Right},
	{Title: fleet.Text("SHARE%"), Width: 6, Align: part.Right, Drop: 6},
	{Title: fleet.Text("EST.LOAD"), Width: 9, Align: part.Right, Drop: 4},
	{Title: fleet.Text("EST.USE"), Width: 12, Align: part.Right, Drop: 2},
	{Title: fleet.Text("EST.TTFT95"), Width: 10, Align: part.Right, Drop: 3},
	{Title: fleet.Text("EST.$/H"), Width: 7, Align: part.Right, Drop: 5},
}

// drawWeights is the table of targets.
func (d *shiftDialog) drawWeights(s *sheet) {
	order := d.targets()
	g := part.Layout(planColumns, s.Width(), 0)
	g.Head(s.Block)
	s.openList()
	for i, id := range order {
		s.item()
		c := g.Cells()
		d.fillRow(c, id, i == d.state.Cursor)
		g.Row(s.Block, c, i == d.state.Cursor)
	}
	s.closeList(max(0, d.state.Cursor-listLeast+2))
	s.moves = true
	c := g.Cells()
	now, next := d.now().Sum(), d.state.Draft.Sum()
	c[planTarget] = part.Cell{Text: fleet.Text("sum"), Role: themes.Dim}
	c[planNow] = part.Cell{Text: fleet.Int(now), Role: themes.Dim}
	c[planNew] = part.Cell{Text: fleet.Int(next), Role: themes.Dim}
	g.Row(s.Block, c, false)
	s.mark(spareLast)
	if next != 100 && next > 0 && !g.Shows(planShare) {
		s.say(themes.Dim, fleet.Text("weights are proportions: the share of a target is its weight over the sum"), 2, 2)
		s.mark(spareSoon)
	}
}

// targets are the rows of the plan in the order that the cursor counts them.
func (d *shiftDialog) targets() []fleet.TargetID {
	switch {
	case d.route != nil:
		return d.route.Order()
	case d.plan != nil:
		return d.plan.Order
	default:
		return nil
	}
}

// now are the weights that the plan starts from: what it observed, else what is read.
func (d *shiftDialog) now() fleet.Weights {
	switch {
	case d.plan != nil:
		return d.plan.Before
	case d.route == nil:
		return nil
	case d.route.Weights != nil:
		return d.route.Weights
	}
	w := make(fleet.Weights, len(d.route.Targets))
	for i := range d.route.Targets {
		if t := &d.route.Targets[i]; t.Set.OK {
			w[t.Spec.ID] = t.Set.V
		}
	}
	return w
}

// fits tells whether the plan is that of the draft, and not of the one before.
func (d *shiftDialog) fits() bool {
	if d.plan == nil {
		return false
	}
	for id, w := range d.state.Draft {
		if d.plan.After[id] != w {
			return false
		}
	}
	return true
}

func (d *shiftDialog) fillRow(c []part.Cell, id fleet.TargetID, focus bool) {
	now, hasNow := d.now()[id]
	next, hasNext := d.state.Draft[id]
	c[planTarget] = part.Cell{Text: fleet.Label(string(id))}
	c[planNow] = part.Cell{Text: weightOf(d.now(), id)}
	c[planNew] = part.Cell{Text: weightOf(d.state.Draft, id), Role: themes.Accent}
	if focus && d.state.Typing != "" {
		c[planNew].Text, c[planNew].Tail = fleet.Label(d.state.Typing), fleet.Text("_")
	}
	if hasNow && hasNext {
		c[planDelta] = part.Cell{Text: signed(next - now)}
	}
	c[planShare] = part.Cell{Text: fleet.Show(d.state.Draft.Share(id)), Role: themes.Dim}
	d.fillEffect(c, id)
}

// fillEffect fills the estimates; while the plan of the draft is awaited they are unknown.
func (d *shiftDialog) fillEffect(c []part.Cell, id fleet.TargetID) {
	unknown := part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	c[planLoad], c[planUse], c[planTTFT], c[planBurn] = unknown, unknown, unknown, unknown
	if !d.fits() {
		return
	}
	for i := range d.plan.Effects {
		e := &d.plan.Effects[i]
		if e.Target != id {
			continue
		}
		c[planLoad] = part.Cell{Text: unit(fleet.Show(e.RequestsThen), " r/s", e.RequestsThen.OK)}
		if e.UseThen.OK {
			c[planUse] = part.Cell{Text: fleet.Concat(e.UseOf, fleet.Text(" "), e.UseThen.V.Whole(), fleet.Text("%")),
				Role: bad(themes.Text, e.UseThen.V > fullUse)}
			if e.UseThen.V > fullUse {
				c[planUse].Tail = fleet.Text("!")
			}
		}
		slow := passed(e.TTFT95Then, ttftLimit(d.plan.Guard))
		c[planTTFT] = part.Cell{Text: fleet.Show(e.TTFT95Then), Role: bad(themes.Text, slow)}
		if slow {
			c[planTTFT].Tail = fleet.Text("!")
		}
		c[planBurn] = part.Cell{Text: fleet.Show(e.BurnThen)}
	}
}

// fullUse is the part of a rating from which a target counts as full; IL-04 asks for an override there.
const fullUse = 0.85

func ttftLimit(g fleet.Guard) fleet.Maybe[float64] {
	return stricter(fleet.None[float64](), g.TTFT95)
}

// signed draws a difference with its sign.
func signed(n int) fleet.Safe {
	if n > 0 {
		return fleet.Concat(fleet.Text("+"), fleet.Int(n))
	}
	return fleet.Int(n)
}

// rampTime is how long the steps of a plan take at least.
func rampTime(p *actions.Plan) time.Duration {
	total := time.Duration(0)
	for i := range p.Steps {
		total += p.Steps[i].Hold
	}
	return total
}
