package views

import (
	"cmp"
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// weightOrder orders the overview's routes: worst first, or by a sort key.
func weightOrder(routes []fleet.Route, t Table) ([]int, []string) {
	value := func(r *fleet.Route) func(string) (float64, bool) {
		return func(key string) (float64, bool) {
			switch key {
			case "req":
				return known(r.Load.Requests)
			case "err":
				return known(r.Load.Errors)
			case "ttft":
				return known(r.Load.TTFT95)
			default:
				return 0, false
			}
		}
	}
	o := order{
		n: len(routes), id: func(i int) string { return string(routes[i].Spec.ID) }, filter: t.Filter, flip: t.Reverse,
		text: func(i int) string { return string(routes[i].Spec.ID) + " " + string(routes[i].State) },
		less: func(i, j int) int {
			a, b := &routes[i], &routes[j]
			switch t.Sort {
			case "", "state":
				return cmp.Compare(trouble(b.State), trouble(a.State))
			case "name":
				return strings.Compare(string(a.Spec.ID), string(b.Spec.ID))
			}
			return compareKnown(value(a), value(b), t.Sort)
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

// weightsPane draws who serves what: set and seen weights, fallback, and which gateway replica disagrees.
func weightsPane(b *part.Block, sc Scene, t Table, active bool, n int) {
	routes := sc.Snap.Routes
	index, ids := weightOrder(routes, t)
	from, to := window(ids, t, n)
	wide := b.Width() >= normalWidth
	note := filterNote(t)
	if !wide {
		note = fleet.Join(nonEmpty(fleet.Text("set (seen%)"), note), fleet.Text("  "))
	}
	b.Rule(fleet.Concat(fleet.Text("ROUTES "), fleet.Int(len(routes))), note, driftNote(routes, from, to, len(index)))
	if wide {
		weightTable(b, sc, t, active, index[from:to], ids[from:to])
		return
	}
	name := 12
	for _, i := range index[from:to] {
		name = min(16, max(name, part.Width(fleet.Label(string(routes[i].Spec.ID)))))
	}
	for k := from; k < to; k++ {
		weightLine(b, &routes[index[k]], name, active && ids[k] == t.Selected)
	}
}

// driftNote names the gateway replicas that disagree; without any it says which rows are visible.
func driftNote(routes []fleet.Route, from, to, all int) fleet.Safe {
	var lagging []fleet.Safe
	seen := map[fleet.GatewayReplicaID]bool{}
	for i := range routes {
		for _, r := range routes[i].Replicas {
			if r.Differs && !seen[r.ID] {
				seen[r.ID] = true
				lagging = append(lagging, fleet.Label(string(r.ID)))
			}
		}
	}
	where := fleet.Text("")
	if to-from < all {
		where = position(from, to, all)
	}
	if len(lagging) == 0 {
		return where
	}
	drift := fleet.Concat(fleet.Text("drift: "), fleet.Join(lagging, fleet.Text(" ")))
	return fleet.Join(nonEmpty(drift, where), fleet.Text("  "))
}

// weightLine is a route in one line of a compact screen: name, set (seen) of each target, fallback, state.
func weightLine(b *part.Block, r *fleet.Route, name int, selected bool) {
	const state = 12
	cursor(b, selected)
	b.Cell(themes.Text, fleet.Label(string(r.Spec.ID)), name, part.Left).Gap(2)
	weights := setSeen(r)
	fallback := fleet.Concat(fleet.Text("fb "), fallbackText(r))
	room := b.Room() - state - 1
	if w := part.Width(weights) + 2 + part.Width(fallback); w <= room {
		b.Put(themes.Text, weights).To(b.Width()-state-1-part.Width(fallback)).Put(themes.Dim, fallback)
	} else {
		b.Cell(themes.Text, weights, room, part.Left)
	}
	b.To(b.Width() - state)
	b.Cell(themes.OfState(r.State), routeState(r), state, part.Left).End()
}

// cursor opens a row: it marks the selected one.
func cursor(b *part.Block, selected bool) {
	if selected {
		b.Base(themes.Selected).Glyph(themes.Accent, b.Theme().Glyphs.Cursor, 1).Gap(1)
		return
	}
	b.Gap(2)
}

// routeState is the state of a route with the replica that is to blame for a drift.
func routeState(r *fleet.Route) fleet.Safe {
	for i := range r.Replicas {
		if r.State == fleet.StateDrift && r.Replicas[i].Differs {
			return fleet.Concat(r.State.Text(), fleet.Text(" "), fleet.Label(string(r.Replicas[i].ID)))
		}
	}
	return r.State.Text()
}

// setSeen draws "b200-a 60 (58.9) | h100-b 30 (31.2)".
func setSeen(r *fleet.Route) fleet.Safe {
	parts := make([]fleet.Safe, 0, 4*len(r.Targets))
	for i := range r.Targets {
		t := &r.Targets[i]
		if i > 0 {
			parts = append(parts, fleet.Text(" | "))
		}
		parts = append(parts, fleet.Label(string(t.Spec.ID)), fleet.Text(" "), setText(t),
			fleet.Text(" ("), whole(t.Seen), fleet.Text(")"))
	}
	return fleet.Concat(parts...)
}

// setText is the configured weight of a target, with what keeps it from being used.
func setText(t *fleet.Target) fleet.Safe {
	set := fleet.Text(fleet.Unknown)
	if t.Set.OK {
		set = fleet.Int(t.Set.V)
	}
	switch {
	case t.Blocked.OK && t.Blocked.V:
		return fleet.Concat(set, fleet.Text(" blocked"))
	case t.Cooling:
		return fleet.Concat(set, fleet.Text(" cooling"))
	default:
		return set
	}
}

func fallbackText(r *fleet.Route) fleet.Safe {
	for _, f := range r.Routing.Fallbacks {
		if f.Kind == fleet.FallbackFailure || f.Kind == fleet.FallbackDefault {
			parts := make([]fleet.Safe, len(f.To))
			for i, to := range f.To {
				parts[i] = fleet.Label(string(to))
			}
			return fleet.Join(parts, fleet.Text(", "))
		}
	}
	if len(r.Spec.Fallbacks) == 0 {
		return fleet.Text("none")
	}
	names := make([]fleet.Safe, len(r.Spec.Fallbacks))
	for i, id := range r.Spec.Fallbacks {
		names[i] = fleet.Label(string(id))
	}
	return fleet.Join(names, fleet.Text(", "))
}

var weightColumns = []part.Column{
	{Key: "name", Title: fleet.Text("ROUTE"), Width: 13, Most: 24},
	{Title: fleet.Text("WEIGHTS (set)"), Width: 38, Most: 48},
	{Title: fleet.Text("SEEN%"), Width: 20, Most: 24},
	{Title: fleet.Text("FALLBACK"), Width: 11, Most: 18, Drop: 2},
	{Title: fleet.Text("REPLICAS"), Width: 15, Most: 20, Drop: 3},
	{Key: "state", Title: fleet.Text("STATE"), Width: 8, Most: 9},
}

func weightTable(b *part.Block, sc Scene, t Table, active bool, index []int, ids []string) {
	g := part.Layout(weightColumns, b.Width(), 0)
	g.Sort = t.Sort
	g.Head(b)
	for k, i := range index {
		r := &sc.Snap.Routes[i]
		set, seen := setAndSeen(r)
		c := g.Cells()
		c[0] = part.Cell{Text: fleet.Label(string(r.Spec.ID))}
		c[1] = part.Cell{Text: set}
		c[2] = part.Cell{Text: seen}
		c[3] = part.Cell{Text: fallbackText(r), Role: themes.Dim}
		c[4] = replicasCell(r)
		c[5] = part.Cell{Text: r.State.Text(), Role: themes.OfState(r.State)}
		g.Row(b, c, active && ids[k] == t.Selected)
	}
}

// setAndSeen draws "b200-a 60 | h100-b 30" and "58.9 / 31.2".
func setAndSeen(r *fleet.Route) (set, seen fleet.Safe) {
	sets := make([]fleet.Safe, 0, 4*len(r.Targets))
	shares := make([]fleet.Safe, 0, len(r.Targets))
	for i := range r.Targets {
		t := &r.Targets[i]
		if i > 0 {
			sets = append(sets, fleet.Text(" | "))
		}
		sets = append(sets, fleet.Label(string(t.Spec.ID)), fleet.Text(" "), setText(t))
		shares = append(shares, fleet.Show(t.Seen))
	}
	return fleet.Concat(sets...), fleet.Join(shares, fleet.Text(" / "))
}

// replicasCell says whether the gateway replicas agree; with "!" behind each that does not.
func replicasCell(r *fleet.Route) part.Cell {
	agree, silent := true, 0
	names := make([]fleet.Safe, 0, len(r.Replicas))
	for i := range r.Replicas {
		name := fleet.Label(string(r.Replicas[i].ID))
		if r.Replicas[i].Differs {
			agree = false
			name = fleet.Concat(name, fleet.Text("!"))
		}
		if r.Replicas[i].Stale {
			silent++
			name = fleet.Concat(name, fleet.Text("~"))
		}
		names = append(names, name)
	}
	switch {
	case len(names) == 0:
		return part.Cell{Text: fleet.Text(fleet.Unknown)}
	case agree && silent == 0:
		return part.Cell{Text: fleet.Concat(fleet.Int(len(names)), fleet.Text(" agree")), Role: themes.OK}
	default:
		return part.Cell{Text: fleet.Join(names, fleet.Text(" ")), Role: themes.Warn}
	}
}
