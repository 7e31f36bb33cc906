package views

import (
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// EventID identifies an event by all that it says, which does not change: "2026-11-22T14:03:41Z b200-a-07 Xid 119".
func EventID(e fleet.Event) string {
	return strings.Join([]string{e.At.UTC().Format(time.RFC3339Nano), e.Object.String(), e.Text.String()}, " ")
}

// eventOrder keeps the newest first. An event that says the same as another at the same time is left out: it would
// be the same row to the cursor, and tells nothing more.
func eventOrder(events []fleet.Event, t Table) ([]int, []string) {
	o := order{
		n: len(events), id: func(i int) string { return EventID(events[i]) }, filter: t.Filter,
		text: func(i int) string {
			e := &events[i]
			return strings.Join([]string{string(e.Level), e.Object.String(), e.Text.String(), string(e.Change)}, " ")
		},
	}
	all := o.rows()
	index, seen := make([]int, 0, len(all)), make(map[string]bool, len(all))
	ids := make([]string, 0, len(all))
	for _, i := range all {
		if id := EventID(events[i]); !seen[id] {
			seen[id] = true
			index, ids = append(index, i), append(ids, id)
		}
	}
	return index, ids
}

func eventColumns(width, object int) []part.Column {
	when := 9
	if width >= normalWidth {
		when = stampWidth
	}
	return []part.Column{
		{Title: fleet.Text("TIME"), Width: when},
		{Title: fleet.Text("LEVEL"), Width: 5},
		{Title: fleet.Text("OBJECT"), Width: object},
		{Title: fleet.Text("CHG"), Width: 4, Align: part.Right, Least: normalWidth},
		{Title: fleet.Text("WHAT"), Width: 24, Most: 200},
	}
}

// eventsPane draws what happened, newest first, in n rows under its rule and titles.
func eventsPane(b *part.Block, sc Scene, t Table, active bool, n int) {
	all := eventsOf(sc)
	index, ids := eventOrder(all, t)
	from, to := window(ids, t, n)
	b.Rule(fleet.Concat(fleet.Text("EVENTS "), fleet.Int(len(all))), filterNote(t),
		paneNote(active, position(from, to, len(index))))
	g := part.Layout(eventColumns(b.Width(), objectWidth(all, index[from:to])), b.Width(), t.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		e := &all[index[k]]
		role := themes.OfLevel(e.Level)
		c := g.Cells()
		c[0] = part.Cell{Text: whenText(e.At, sc.Now, b.Width()), Role: themes.Dim}
		if recent(e.At, sc.Now) {
			c[0].Text = fleet.ClockTime(e.At)
		}
		c[1] = part.Cell{Text: e.Level.Text(), Role: role}
		c[2] = part.Cell{Text: e.Object}
		c[3] = part.Cell{Role: themes.Dim}
		if change := sc.Book.Change(e.Change); change != nil && e.Change != "" {
			c[3].Text = fleet.Int(change.Seq)
		}
		c[4] = part.Cell{Text: e.Text, Role: role}
		g.Row(b, c, active && ids[k] == t.Selected)
	}
	if len(all) == 0 && n > 0 {
		b.Gap(2).Say(themes.Dim, "nothing has happened since this console began to watch").End()
	}
	noMatch(b, len(all), len(index))
}

// recent tells whether the time of day alone says when something was.
func recent(at, now time.Time) bool { return now.Sub(at) < 12*time.Hour }

// objectWidth is the room that the objects of the visible rows need, within limits.
func objectWidth(all []fleet.Event, index []int) int {
	width := 8
	for _, i := range index {
		width = max(width, min(16, part.Width(all[i].Object)))
	}
	return width
}

// eventEvidence is the whole text of the selected event where its row of a table of that width has cut it.
func eventEvidence(sc Scene, t Table, width int) evidence {
	all := eventsOf(sc)
	index, ids := eventOrder(all, t)
	e := chosen(all, index, ids, t.Selected)
	if e == nil {
		return evidence{}
	}
	g := part.Layout(eventColumns(width, objectWidth(all, index)), width, t.Column)
	if part.Width(e.Text) <= g.Columns[len(g.Columns)-1].Width {
		return evidence{}
	}
	return evidence{e.Object, e.Text, themes.OfLevel(e.Level)}
}
