package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var runbookColumns = []part.Column{
	{Title: fleet.Text("RUNBOOK"), Width: 14, Most: 30},
	{Title: fleet.Text("AWAY FROM"), Width: 14, Most: 30},
	{Title: fleet.Text("NOW"), Width: 8},
	{Title: fleet.Text("SPLIT"), Width: 9, Drop: 2, Least: 130},
	{Title: fleet.Text("TO"), Width: 10, Most: 30, Drop: 1},
	{Title: fleet.Text("REHEARSED"), Width: 18, Most: 44},
	{Title: fleet.Text("WHEN"), Width: 16, Most: 70},
}

// runbooksPane lists the runbooks of the configuration, those that do not fit the fleet with why.
func runbooksPane(b *part.Block, sc Scene, u FailoverState, n int) {
	all := sc.Snap.Runbooks
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].Name
	}
	from, to := window(ids, u.Runbooks, n)
	b.Rule(fleet.Concat(fleet.Text("RUNBOOKS "), fleet.Int(len(all))), fleet.Text("pitwall runbook rehearse NAME tries one"),
		position(from, to, len(all)))
	g := part.Layout(runbookColumns, b.Width(), u.Runbooks.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		r := &all[k]
		c := g.Cells()
		o := actions.RunbookOrigin(r)
		c[0] = part.Cell{Text: fleet.Label(r.Name)}
		c[1] = part.Cell{Text: o.Text()}
		state := originState(sc.Snap, o)
		c[2] = part.Cell{Text: state.Text(), Role: themes.OfState(state)}
		c[3] = part.Cell{Text: fleet.Label(string(actions.RunbookWish(r, actions.StageLeave).Split)), Role: themes.Dim}
		c[4] = part.Cell{Text: anyone(labelList(r.To)), Role: themes.Dim}
		last := sc.Book.Rehearsal(r.Name)
		c[5] = part.Cell{Text: last.Told(sc.Now), Role: rehearsedRole(last)}
		c[6] = part.Cell{Text: fleet.Label(r.When)}
		if bad := actions.RunbookProblems(r, sc.Snap); len(bad) > 0 {
			c[6] = part.Cell{Text: fleet.Concat(fleet.Text("DOES NOT FIT: "), fleet.Join(bad, fleet.Text("; "))), Role: themes.Bad}
		}
		g.Row(b, c, u.pane() == "runbooks" && ids[k] == u.Runbooks.Selected)
	}
}

// rehearsedRole is how much a last rehearsal is worth.
func rehearsedRole(r *actions.Rehearsal) themes.Role {
	switch {
	case r == nil:
		return themes.Dim
	case !r.OK:
		return themes.Bad
	case r.Stale:
		return themes.Warn
	}
	return themes.OK
}

func anyone(to fleet.Safe) fleet.Safe {
	if to.IsEmpty() {
		return fleet.Text("any that can")
	}
	return to
}

// originState is how something that can be left does now.
func originState(s *fleet.Snapshot, o actions.Origin) fleet.State {
	switch o.Kind {
	case actions.OriginPool:
		if p := s.Pool(fleet.PoolID(o.ID)); p != nil {
			return p.State
		}
	case actions.OriginProvider:
		if p := s.Provider(fleet.ProviderID(o.ID)); p != nil {
			return p.State
		}
	case actions.OriginSite:
		return siteRow(s, fleet.SiteID(o.ID)).state
	case actions.OriginRoute:
		if r := s.Route(fleet.RouteID(o.ID)); r != nil {
			return r.State
		}
	}
	return fleet.StateUnknown
}
