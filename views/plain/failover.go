package plain

import (
	"maps"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/part"
)

// Failover tells who could take what part of the load that is to leave, route by route, and the ways to spread it. Nothing has been
// sent.
func Failover(e actions.Evacuation) string {
	r := &report{}
	r.line(fleet.Text("FAILOVER "), e.Origin.Text(), fleet.Text("  "), fleet.Many(len(e.Found), "route"), fleet.Text(", "),
		fleet.Show(e.Requests), fleet.Text(" req/s, "), fleet.Show(e.InFlight), fleet.Text(" in flight"))
	for i := range e.Found {
		r.line()
		candidates(r, &e.Found[i])
	}
	for _, stay := range e.Stays {
		r.line()
		r.line(fleet.Text("STAYS "), rawName(string(stay.Route)), fleet.Text("  "), stay.Why)
	}
	r.line()
	r.line(fleet.Text("SPLITS"))
	for i := range e.Ways {
		w := &e.Ways[i]
		head := fleet.Concat(fleet.Text("  "), cell(fleet.Label(string(w.Split)), 10, part.Left), fleet.Text("est. $/h +"), fleet.Show(w.Burn),
			wayLeft(w.Left))
		if len(w.Asks) > 0 {
			head = fleet.Concat(head, fleet.Text("  asks "), idList(w.Asks))
		}
		r.line(head)
		for k, p := range w.Moves {
			r.line(fleet.Text("    "), rawName(string(e.Found[k].Route)), fleet.Text("  "), weightsText(p.Weights), leftText(p.Left))
		}
	}
	for i := range e.Warmups {
		r.line(fleet.Text("STANDBY "), warmText(&e.Warmups[i]))
	}
	return r.String()
}

// candidates are the members of one route that are not left.
func candidates(r *report, f *actions.Failover) {
	r.line(fleet.Text("ROUTE "), rawName(string(f.Route)), fleet.Text("  away from "), idList(f.Away), fleet.Text(", "), f.Moved.Text(),
		fleet.Text("% of its requests, "), fleet.Show(f.Requests), fleet.Text(" req/s; FIT: the part of that load that each could take now"))
	rows := make([][]fleet.Safe, 0, len(f.Candidates))
	for i := range f.Candidates {
		c := &f.Candidates[i]
		kind := fleet.Text("self")
		if c.Rented {
			kind = fleet.Text("api")
		}
		fit := fleet.Concat(c.Fit.Whole(), fleet.Text("%"))
		switch {
		case c.Unproven:
			fit = fleet.Concat(fit, fleet.Text(" unproven"))
		case len(c.Asks) > 0 && c.Fit > 0:
			fit = fleet.Concat(fit, fleet.Text(" override"))
		}
		rows = append(rows, []fleet.Safe{fleet.Label(string(c.Target)), kind, c.State.Text(), fit, fleet.Show(c.TTFT95), fleet.Show(c.Price),
			fleet.Show(c.Burn), fleet.Show(c.Limit), or(c.Limits())})
	}
	r.table([]column{left(fleet.Text("TARGET")), left(fleet.Text("KIND")), left(fleet.Text("STATE")), right(fleet.Text("FIT")),
		right(fleet.Text("TTFT95")), right(fleet.Text("$/1M")), right(fleet.Text("+$/H")), right(fleet.Text("CTX")),
		left(fleet.Text("BOUNDED BY"))}, rows)
}

// FailoverParts draws the plans of a failover that start together, and what one confirmation of all of them asks.
func FailoverParts(o actions.Origin, parts []actions.PlannedPart, ladder actions.Ladder) string {
	r := &report{}
	r.line(fleet.Text("PARTS "), fleet.Int(len(parts)), fleet.Text("  they start together; each has its own way back"))
	for i := range parts {
		p := &parts[i]
		r.line()
		r.line(fleet.Text("PLAN "), fleet.Label(p.Plan.Short()), fleet.Text("  "), fleet.Label(string(p.Plan.Intent.Kind)), fleet.Text(" "),
			rawName(p.Plan.Object()), fleet.Text("  "), move(&p.Plan), fleet.Text("  in "), fleet.Many(len(p.Plan.Steps), "step"))
		partChecks(r, p.Checks)
	}
	r.line()
	switch {
	case !ladder.Refused.IsEmpty():
		r.line(fleet.Text("REFUSED  "), ladder.Refused)
	case len(ladder.Overrides) > 0:
		r.line(fleet.Text("CONFIRM  --confirm "), rawName(o.ID), fleet.Text(" --reason TEXT and an override of "), idList(ladder.Overrides))
	case ladder.TypeName:
		r.line(fleet.Text("CONFIRM  --confirm "), rawName(o.ID), fleet.Text(" --reason TEXT"))
	default:
		r.line(fleet.Text("CONFIRM  --yes"))
	}
	r.line(fleet.Text("nothing was sent yet"))
	return r.String()
}

// partChecks are the checks of one part that did not pass, and how many did.
func partChecks(r *report, checks []actions.Check) {
	passed := 0
	for i := range checks {
		c := &checks[i]
		if c.Severity == actions.SeverityPass {
			passed++
			continue
		}
		r.line(fleet.Text("  "), fleet.Label(c.Severity.Verdict()), fleet.Text(" "), fleet.Label(c.Severity.String()), fleet.Text(" "),
			fleet.Label(c.ID), fleet.Text(" "), c.Title, fleet.Text(": "), c.Formula)
	}
	r.line(fleet.Text("  "), fleet.Int(passed), fleet.Text(" of "), fleet.Many(len(checks), "check"), fleet.Text(" pass"))
}

func idList[T ~string](list []T) fleet.Safe {
	names := make([]fleet.Safe, len(list))
	for i, id := range list {
		names[i] = fleet.Label(string(id))
	}
	return fleet.Join(names, fleet.Text(", "))
}

func warmText(w *actions.Warmup) fleet.Safe {
	text := fleet.Concat(fleet.Label(string(w.Pool)), fleet.Text(" does not serve: "), fleet.Int(w.Ready), fleet.Text(" of "),
		fleet.Many(w.Replicas, "replica"), fleet.Text(" ready"))
	switch {
	case !w.Why.IsEmpty():
		return fleet.Concat(text, fleet.Text("; "), w.Why)
	case w.Takes.OK:
		return fleet.Concat(text, fleet.Text("; a start takes about "), fleet.Age(w.Takes.V))
	}
	return fleet.Concat(text, fleet.Text("; how long a start takes is not known"))
}

func weightsText(w fleet.Weights) fleet.Safe {
	var parts []fleet.Safe
	for _, id := range slices.Sorted(maps.Keys(w)) {
		parts = append(parts, fleet.Concat(fleet.Label(string(id)), fleet.Text(" "), fleet.Int(w[id])))
	}
	return fleet.Join(parts, fleet.Text("  "))
}

// wayLeft is what of a way stays, which is not known where a rate is not.
func wayLeft(left fleet.Maybe[fleet.Ratio]) fleet.Safe {
	if !left.OK {
		return fleet.Text("  a part of it fits nowhere and stays")
	}
	return leftText(left.V)
}

func leftText(left fleet.Ratio) fleet.Safe {
	if left <= 0 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("  "), left.Whole(), fleet.Text("% of it fits nowhere and stays"))
}
