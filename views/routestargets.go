package views

import (
	"math"
	"slices"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// The columns of the targets of a route, in the order of drawing.
const (
	colTarget = iota
	colTargetModel
	colTargetOrder
	colTargetSet
	colTargetSeen
	colTargetTrend
	colTargetEffective
	colTargetRequests
	colTargetErrors
	colTargetTTFT
	colTargetITL
	colTargetLoad
	colTargetPrice
	colTargetFree
	colTargetState
)

// targetColumns are the columns; narrow screens give up history and what the limits leave first, then load and
// inter-token latency. Weights, errors and state always stay.
func targetColumns(look, over time.Duration, name int, ordered bool) []part.Column {
	least := 0
	if !ordered {
		least = math.MaxInt // no member has one
	}
	seen := fleet.Text("SEEN")
	if over > 0 {
		seen = fleet.Concat(seen, fleet.Age(over))
	}
	return []part.Column{
		{Title: fleet.Text("TARGET"), Width: name},
		{Title: fleet.Text("MODEL"), Width: 9, Most: 16, Drop: 3},
		{Title: fleet.Text("ORD"), Width: 3, Align: part.Right, Least: least},
		{Title: fleet.Text("SET"), Width: 4, Align: part.Right},
		{Title: seen, Width: 7, Align: part.Right},
		{Title: fleet.Age(look), Width: 6, Most: 10, Drop: 9},
		{Title: fleet.Text("EFF%"), Width: 4, Align: part.Right, Drop: 4},
		{Title: fleet.Text("REQ/S"), Width: 5, Align: part.Right, Drop: 1},
		{Title: fleet.Text("ERR%"), Width: 5, Align: part.Right},
		{Title: fleet.Text("TTFT95"), Width: 6, Align: part.Right},
		{Title: fleet.Text("ITL95"), Width: 5, Align: part.Right, Drop: 6},
		{Title: fleet.Text("LOAD"), Width: 5, Align: part.Right, Drop: 5},
		{Title: fleet.Text("$/1M"), Width: 6, Align: part.Right, Drop: 2},
		{Title: fleet.Text("RL FREE"), Width: 8, Most: 12, Drop: 8},
		{Title: fleet.Text("STATE"), Width: 9, Most: 12},
	}
}

// targetOrder is the configured order, which weights are written in everywhere, after the filter.
func targetOrder(r *fleet.Route, t Table) ([]int, []string) {
	o := order{
		n: len(r.Targets), id: func(i int) string { return string(r.Targets[i].Spec.ID) }, filter: t.Filter,
		text: func(i int) string {
			x := &r.Targets[i]
			return string(x.Spec.ID) + " " + string(x.Spec.Model) + " " + string(x.State)
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

// targetTable draws the targets in n rows under their titles.
func targetTable(b *part.Block, sc Scene, u RoutesState, r *fleet.Route, n int) {
	index, ids := targetOrder(r, u.Targets)
	from, to := window(ids, u.Targets, n)
	over := time.Duration(0)
	if len(r.Targets) > 0 {
		over = r.Targets[0].SeenOver
	}
	ordered := slices.ContainsFunc(r.Targets, func(t fleet.Target) bool { return t.Order.OK })
	columns := targetColumns(sc.Window, over, nameWidth(ids[from:to], b.Width(), 9), ordered)
	g := part.Layout(columns, b.Width(), u.Targets.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		c := g.Cells()
		fillTarget(c, &r.Targets[index[k]], limitsOfRoute(r), sc)
		g.Row(b, c, ids[k] == u.Targets.Selected)
	}
	if len(r.Targets) == 0 {
		b.Gap(2).Say(themes.Warn, "no target is known").End()
	}
	noMatch(b, len(r.Targets), len(index))
}

func fillTarget(c []part.Cell, t *fleet.Target, limit guardLimits, sc Scene) {
	role := themes.Text
	if t.State == fleet.StateStale || t.State == fleet.StateUnknown {
		role = themes.Stale
	}
	l := &t.Load
	c[colTarget] = part.Cell{Text: fleet.Label(string(t.Spec.ID))}
	c[colTargetModel] = part.Cell{Text: fleet.Label(string(t.Spec.Model)), Role: themes.Dim}
	c[colTargetOrder] = part.Cell{Text: weightText(t.Order), Role: role}
	c[colTargetSet] = part.Cell{Text: weightText(t.Set), Role: role}
	c[colTargetSeen] = part.Cell{Text: fleet.Show(t.Seen), Role: role}
	c[colTargetTrend] = trendCell(t.Trends.Seen, sc, dim(role))
	c[colTargetEffective] = part.Cell{Text: whole(t.Effective), Role: role}
	c[colTargetRequests] = part.Cell{Text: fleet.Show(l.Requests), Role: role}
	if t.Counted.Requests == fleet.CountedEngines {
		c[colTargetRequests].Lead, c[colTargetSeen].Lead = fleet.Text("~"), fleet.Text("~")
	}
	c[colTargetErrors] = part.Cell{Text: fleet.Show(l.Errors), Role: bad(role, passed(l.Errors, limit.errors))}
	if t.Counted.Errors == fleet.CountedEngines {
		c[colTargetErrors].Lead = fleet.Text("~")
	}
	c[colTargetTTFT] = part.Cell{Text: fleet.Show(l.TTFT95), Role: bad(role, passed(l.TTFT95, limit.ttft))}
	c[colTargetITL] = part.Cell{Text: fleet.Show(l.ITL95), Role: role}
	load := loadOfTarget(sc.Snap, t)
	c[colTargetLoad] = part.Cell{Text: unit(whole(load), "%", load.OK), Role: bad(role, over(load, 1))}
	c[colTargetPrice] = part.Cell{Text: fleet.Show(t.Price), Role: role}
	if t.Price.OK && t.Spec.Provider != "" {
		c[colTargetPrice].Lead = fleet.Text("~")
	}
	c[colTargetFree] = part.Cell{Text: limitLeft(sc.Snap.Provider(t.Spec.Provider)), Role: role}
	if c[colTargetFree].Text == fleet.Text(fleet.Unknown) {
		c[colTargetFree].Text = gatewayLimit(t)
	}
	c[colTargetState] = targetState(t, sc)
}

func weightText(m fleet.Maybe[int]) fleet.Safe {
	if !m.OK {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Int(m.V)
}

// targetState is the state, or what keeps a healthy target from being used.
func targetState(t *fleet.Target, sc Scene) part.Cell {
	c := part.Cell{Text: stateText(t.State, t.Load.At, sc.Now), Role: themes.OfState(t.State)}
	var word fleet.Safe
	switch {
	case t.Blocked.OK && t.Blocked.V:
		word = fleet.Text("BLOCKED")
	case t.Cooling:
		word = fleet.Text("COOLING")
	default:
		return c
	}
	if trouble(t.State) == 0 {
		return part.Cell{Text: word, Role: themes.Warn}
	}
	c.Tail = fleet.Concat(fleet.Text(" "), word)
	return c
}

// loadOfTarget is the part of its proven rating that a pool uses now; providers have none.
func loadOfTarget(s *fleet.Snapshot, t *fleet.Target) fleet.Maybe[fleet.Ratio] {
	p := s.Pool(t.Spec.Pool)
	if p == nil || !p.Rating.OK || p.Rating.V.Decode <= 0 || !p.Load.OutRate.OK {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(fleet.Ratio(float64(p.Load.OutRate.V) / float64(p.Rating.V.Decode)))
}

// limitLeft is the quota of a provider that has least left: "tpm 59%".
func limitLeft(p *fleet.Provider) fleet.Safe {
	if p == nil {
		return fleet.Text(fleet.Unknown)
	}
	text, least := fleet.Text(fleet.Unknown), 2.0
	for i := range p.Limits {
		l := &p.Limits[i]
		if !l.Max.OK || !l.Remaining.OK || l.Max.V <= 0 {
			continue
		}
		if left := l.Remaining.V / l.Max.V; left < least {
			least = left
			text = fleet.Concat(fleet.Label(string(l.Kind)), fleet.Text(" "), fleet.Ratio(left).Whole(), fleet.Text("%"))
		}
	}
	return text
}
