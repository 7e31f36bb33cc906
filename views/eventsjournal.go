package views

import (
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// journalOrder keeps the order of the book: open changes first, then the newest.
func journalOrder(changes []actions.Change, t Table) ([]int, []string) {
	o := order{
		n: len(changes), id: func(i int) string { return string(changes[i].ID) }, filter: t.Filter,
		text: func(i int) string {
			c := &changes[i]
			in := &c.Plan.Intent
			return strings.Join([]string{fleet.Int(c.Seq).String(), string(c.ID), in.Actor.Name, string(in.Kind),
				c.Plan.Object(), planMove(&c.Plan).String(), string(c.State), c.Why.String(), in.Reason, in.Incident}, " ")
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

func journalColumns(width, route int) []part.Column {
	when := 9
	if width >= normalWidth {
		when = stampWidth
	}
	return []part.Column{
		{Title: fleet.Text("SEQ"), Width: 4, Align: part.Right},
		{Title: fleet.Text("WHEN"), Width: when},
		{Title: fleet.Text("BY"), Width: 7, Most: 24, Drop: 2},
		{Title: fleet.Text("KIND"), Width: 6, Drop: 4, Least: normalWidth},
		{Title: fleet.Text("OBJECT"), Width: route, Most: 28},
		{Title: fleet.Text("WHAT"), Width: 20, Most: 34},
		{Title: fleet.Text("STATE"), Width: 12},
		{Title: fleet.Text("UNDO"), Width: 7, Drop: 1},
		{Title: fleet.Text("REASON"), Width: 16, Most: 60, Drop: 3, Least: normalWidth},
	}
}

// stampWidth is the width of a date with a time.
const stampWidth = 17

// journalPane draws the changes in n rows under its rule and titles.
func journalPane(b *part.Block, sc Scene, t Table, active bool, n int) {
	all := sc.Book.Changes
	index, ids := journalOrder(all, t)
	from, to := window(ids, t, n)
	note := filterNote(t)
	if open := len(sc.Book.Open()); open > 0 {
		note = fleet.Join(nonEmpty(fleet.Concat(fleet.Int(open), fleet.Text(" open")), note), fleet.Text("  "))
	}
	b.Rule(fleet.Concat(fleet.Text("JOURNAL "), fleet.Int(len(all))), note,
		paneNote(active, position(from, to, len(index))))
	route := 8
	for _, i := range index[from:to] {
		route = max(route, min(12, part.Width(fleet.Label(all[i].Plan.Object()))))
	}
	g := part.Layout(journalColumns(b.Width(), route), b.Width(), t.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		c := g.Cells()
		fillChange(c, &all[index[k]], sc, b.Width())
		g.Row(b, c, active && ids[k] == t.Selected)
	}
	if len(all) == 0 && n > 0 {
		b.Gap(2).Say(themes.Dim, "no change yet; S on a route plans one").End()
	}
	noMatch(b, len(all), len(index))
}

func fillChange(cells []part.Cell, c *actions.Change, sc Scene, width int) {
	in := &c.Plan.Intent
	undo := undoCell(c, sc)
	role := themes.Text
	if c.State.Closed() {
		role = themes.Dim
	}
	cells[0] = part.Cell{Text: fleet.Int(c.Seq)}
	cells[1] = part.Cell{Text: whenText(begun(c), sc.Now, width), Role: role}
	cells[2] = part.Cell{Text: byText(in.Actor)}
	cells[3] = part.Cell{Text: fleet.Label(string(in.Kind)), Role: themes.Dim}
	cells[4] = part.Cell{Text: fleet.Label(c.Plan.Object())}
	cells[5] = part.Cell{Text: planMove(&c.Plan)}
	cells[6] = part.Cell{Text: fleet.Label(string(c.State)), Role: journalRole(c)}
	cells[7] = undo
	cells[8] = part.Cell{Text: reasonText(c), Role: themes.Dim}
}

// journalRole is loud for an open change that nobody carries.
func journalRole(c *actions.Change) themes.Role {
	if abandoned(c) {
		return themes.Crit
	}
	return stateRole(c.State)
}

func abandoned(c *actions.Change) bool {
	return !c.State.Closed() && !c.Guard.Mine && c.Guard.Alive.OK && !c.Guard.Alive.V
}

// undoCell says what Z would do about a change.
func undoCell(c *actions.Change, sc Scene) part.Cell {
	none := part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	switch {
	case c.State == actions.StateRollingBack:
		return part.Cell{Text: fleet.Text("on way"), Role: themes.Warn}
	case c.State == actions.StateRolledBack, c.State == actions.StateAborted:
		return none
	case c.Undone != "":
		return part.Cell{Text: fleet.Text("undone"), Role: themes.Dim}
	case !c.State.Closed():
		return part.Cell{Text: fleet.Text("Z ready"), Role: themes.Accent}
	case c.Plan.Intent.Kind == actions.KindResync, c.Plan.Intent.Kind == actions.KindExpire:
		return none
	case c.Plan.Work != nil && (c.Step == 0 || !c.Plan.Work.Draft.NoUndo.IsEmpty()):
		return none
	}
	if sc.Book.OpenOn(c.Plan.Lock()) != nil {
		return part.Cell{Text: fleet.Text("waits"), Role: themes.Dim}
	}
	if movedSince(c, sc.Snap) {
		return part.Cell{Text: fleet.Text("Z moved"), Role: themes.Dim}
	}
	return part.Cell{Text: fleet.Text("Z ready"), Role: themes.Accent}
}

// movedSince tells whether the route is known to hold other weights than the change left.
func movedSince(c *actions.Change, s *fleet.Snapshot) bool {
	if s == nil {
		return false
	}
	r := s.Route(c.Plan.Intent.Route)
	return r != nil && r.Weights != nil && !r.Weights.Equal(c.Plan.After)
}

// byText is who did it; a name that was not verified ends with "?".
func byText(a actions.Actor) fleet.Safe {
	if a.Name != "" && !a.Verified {
		return fleet.Concat(fleet.Label(a.Name), fleet.Text("?"))
	}
	return a.Text()
}

// begun is when a change was started, or planned where it never started.
func begun(c *actions.Change) time.Time {
	if c.Started.IsZero() {
		return c.Plan.Created
	}
	return c.Started
}

// whenText is a date and time where there is room, else the time of today or the day of an older one.
func whenText(at, now time.Time, width int) fleet.Safe {
	switch {
	case at.IsZero() || width >= normalWidth:
		return fleet.Stamp(at)
	case recent(at, now):
		return fleet.ClockTime(at)
	default:
		return fleet.Label(at.UTC().Format("Jan _2"))
	}
}

// reasonText is the reason with the incident, where it does not name it already.
func reasonText(c *actions.Change) fleet.Safe {
	reason, incident := c.Approval.Reason, c.Plan.Intent.Incident
	if reason == "" {
		reason = c.Plan.Intent.Reason
	}
	if incident != "" && !strings.Contains(reason, incident) {
		reason = strings.TrimSpace(incident + " " + reason)
	}
	return orUnknown(fleet.Label(reason))
}

// journalEvidence is why the selected change, else the first, is in its state.
func journalEvidence(sc Scene, t Table) evidence {
	index, ids := journalOrder(sc.Book.Changes, t)
	c := chosen(sc.Book.Changes, index, ids, t.Selected)
	if c == nil {
		return evidence{}
	}
	why := fleet.Join(nonEmpty(c.Whereabouts(), c.Why), fleet.Text("; "))
	if abandoned(c) {
		why = fleet.Join(nonEmpty(fleet.Text("NOBODY CARRIES IT: resume or undo"), why), fleet.Text("; "))
	}
	return evidence{fleet.Concat(fleet.Text("change "), fleet.Int(c.Seq)), why, journalRole(c)}
}
