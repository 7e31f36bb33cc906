package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var partColumns = []part.Column{
	{Title: fleet.Text("STAGE"), Width: 7},
	{Title: fleet.Text("ROUTE, POOL"), Width: 12, Most: 28},
	{Title: fleet.Text("CHANGE"), Width: 6, Align: part.Right},
	{Title: fleet.Text("STEP"), Width: 5, Align: part.Right},
	{Title: fleet.Text("STATE"), Width: 12},
	{Title: fleet.Text("WHAT"), Width: 20, Most: 60},
	{Title: fleet.Text("WHY"), Width: 10, Most: 160},
}

// failoverPage is one failover: its changes, what drains, what warms up, and what it can do next.
func failoverPage(b *part.Block, sc Scene, u FailoverState, rows int) {
	r := findRun(sc, u.Of)
	if r == nil {
		b.Rule(fleet.Concat(fleet.Text("FAILOVER "), fleet.Label(u.Of)), fleet.Safe{}, fleet.Text("esc back"))
		b.Gap(2).Say(themes.Stale, "the journal has no such failover any more").End()
		return
	}
	st := r.Stand(sc.Snap, sc.Now)
	below := newPage(sc, b.Width())
	failoverFacts(below, sc, r, &st)
	below.Cut(max(0, rows-4))
	changes := runChanges(r)
	ids := make([]string, len(changes))
	for i := range changes {
		ids[i] = string(changes[i].ID)
	}
	n := max(1, min(len(changes), rows-below.Len()-2))
	from, to := window(ids, u.Parts, n)
	b.Rule(fleet.Concat(fleet.Text("FAILOVER "), r.Origin.Text()), fleet.Concat(fleet.Text("split "), fleet.Label(string(r.Split))),
		fleet.Concat(position(from, to, len(changes)), fleet.Text("   enter change   F next stage   Z undo")))
	g := part.Layout(partColumns, b.Width(), u.Parts.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		fillPart(b, &g, &changes[k], ids[k] == u.Parts.Selected)
	}
	b.Append(below.Block)
}

func fillPart(b *part.Block, g *part.Grid, c *actions.Change, selected bool) {
	cells := g.Cells()
	cells[0] = part.Cell{Text: fleet.Label(string(c.Plan.Intent.Failover.Stage)), Role: themes.Dim}
	cells[1] = part.Cell{Text: fleet.Label(c.Plan.Object())}
	cells[2] = part.Cell{Text: fleet.Int(c.Seq), Role: themes.Dim}
	cells[3] = part.Cell{Text: fleet.Textf("%s/%s", fleet.Int(c.Step), fleet.Int(len(c.Plan.Steps)))}
	cells[4] = part.Cell{Text: fleet.Label(string(c.State)), Role: stateRole(c.State)}
	cells[5] = part.Cell{Text: movement(&c.Plan)}
	cells[6] = part.Cell{Text: c.Why, Role: themes.Dim}
	g.Row(b, cells, selected)
}

// failoverFacts say how a failover stands beside its changes.
func failoverFacts(p *page, sc Scene, r *actions.FailoverRun, st *actions.Standing) {
	p.Rule(fleet.Text("STANDS"), fleet.Label(r.ID), fleet.Safe{})
	text, role := runStanding(r, st)
	p.tell(fleet.Text("now"), role, text, 2)
	by := fleet.Concat(fleet.ClockTime(r.Started), fleet.Text(", "), ageText(r.Started, sc.Now), fleet.Text(" ago"))
	if r.Runbook != "" {
		by = fleet.Concat(by, fleet.Text(", by runbook "), fleet.Label(r.Runbook))
	}
	p.tell(fleet.Text("started"), themes.Text, by, 1)
	p.tell(fleet.Text("moved"), themes.Text, fleet.Textf("%s of %s hold their end on every replica", fleet.Int(st.Moved.Done),
		fleet.Many(st.Moved.Of, "route")), 1)
	if len(st.Unstarted) > 0 {
		names := make([]fleet.Safe, len(st.Unstarted))
		for i, id := range st.Unstarted {
			names[i] = fleet.Label(string(id))
		}
		p.tell(fleet.Text("NOT MOVED"), themes.Warn, fleet.Concat(fleet.Join(names, fleet.Text(", ")), fleet.Text(
			": no change of it was begun, its load is where it was; F on what is left plans it again")), 2)
	}
	drain, role := leftInFlight(&st.Drain, sc)
	p.tell(fleet.Text("drain"), role, drain, 2)
	for i := range st.Warm {
		w := &st.Warm[i]
		p.tell(fleet.Text("warm-up"), themes.Text, fleet.Textf("%s: %s of %s ready", fleet.Label(string(w.Pool)), fleet.Int(w.Ready),
			fleet.Many(w.Replicas, "replica")), 1)
	}
	for _, text := range stillRuns(sc, st) {
		p.tell(fleet.Text("RUNS ON"), themes.Warn, text, 2)
	}
	for _, n := range st.Next {
		role, word := themes.Dim, fleet.Text("not yet: ")
		if n.Ready {
			role, word = themes.Accent, fleet.Text("F plans it: ")
		}
		p.tell(fleet.Text("next"), role, fleet.Concat(stageWord(n.Stage), fleet.Text(", "), word, n.Why), 2)
	}
}

// stillRuns says which standby pools were started for a failover that is over: they cost as before, and nothing stops them by itself.
func stillRuns(sc Scene, st *actions.Standing) []fleet.Safe {
	var out []fleet.Safe
	for i := range st.Warm {
		w := &st.Warm[i]
		if !st.Over || w.Ready == 0 {
			continue
		}
		cost := fleet.Text("what they cost is not known")
		if p := sc.Snap.Pool(w.Pool); p != nil && p.Burn.OK {
			cost = fleet.Concat(fleet.Text("$"), p.Burn.V.Text(), fleet.Text("/h"))
		}
		out = append(out, fleet.Concat(fleet.Label(string(w.Pool)), fleet.Text(": "), fleet.Many(w.Ready, "replica"),
			fleet.Text(" started for it, "), cost, fleet.Text("; Z on its change undoes the start")))
	}
	return out
}

// leftInFlight says how many requests are left in what the load was led away from.
func leftInFlight(d *actions.Drain, sc Scene) (fleet.Safe, themes.Role) {
	switch {
	case !d.InFlight.OK:
		return fleet.Text("what is in flight there is not known: its engines do not tell, or are not ours"), themes.Dim
	case d.InFlight.V == 0 && !d.Shared:
		return fleet.Text("done: nothing is in flight there"), themes.OK
	}
	text := fleet.Concat(d.InFlight.V.Text(), fleet.Text(" in flight there"))
	switch {
	case d.Shared:
		return fleet.Concat(text, fleet.Text("; something still sends to it, so that these are not only what is left")), themes.Text
	case d.Stuck:
		return fleet.Concat(text, fleet.Text(" "), ageText(d.Since, sc.Now), fleet.Text(" after the last write: longer than "),
			fleet.Age(actions.DrainFor), fleet.Text("; pitwall cuts nothing, they end with their replicas")), themes.Warn
	case d.Since.IsZero():
		return fleet.Concat(text, fleet.Text("; load is still being led away")), themes.Text
	}
	return fleet.Concat(text, fleet.Text(", "), ageText(d.Since, sc.Now), fleet.Text(" after the last write; "), fleet.Age(actions.DrainFor),
		fleet.Text(" are given")), themes.Text
}
