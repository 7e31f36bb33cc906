package views

import (
	"maps"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// AlertID identifies an alert for as long as it lasts: its object and when it began, and the labels of an outside one. Its
// text will not do, since the number in it changes.
func AlertID(a fleet.Alert) string {
	id := a.Object.String() + "@" + a.Since.UTC().Format(time.RFC3339Nano)
	if a.Origin == "" {
		return id
	}
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) { // rules may fire twice on one thing, at one time
		id += "\x00" + name + "=" + a.Labels[name]
	}
	return id
}

// loud counts the alerts that nobody silenced.
func loud(alerts []fleet.Alert) int {
	n := 0
	for i := range alerts {
		if alerts[i].Silenced.IsEmpty() {
			n++
		}
	}
	return n
}

func alertOrder(alerts []fleet.Alert, t Table) ([]int, []string) {
	o := order{
		n: len(alerts), id: func(i int) string { return AlertID(alerts[i]) }, filter: t.Filter,
		text: func(i int) string {
			a := &alerts[i]
			words := []string{string(a.Level), a.Object.String(), a.Text.String(), a.Detail.String(), string(a.Route)}
			return strings.Join(words, " ")
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

// alertColumns are as wide as the object and the text that are shown, within limits; the detail takes the rest.
func alertColumns(object, text int, outside bool) []part.Column {
	columns := []part.Column{
		{Title: fleet.Text("LEVEL"), Width: 5},
		{Title: fleet.Text("AGE"), Width: 4, Align: part.Right},
		{Title: fleet.Text("OBJECT"), Width: object},
		{Title: fleet.Text("WHAT"), Width: text},
		{Title: fleet.Text("DETAIL"), Width: 16, Most: 80, Drop: 2},
		{Title: fleet.Text("ROUTE"), Width: 14, Least: normalWidth},
		{Title: fleet.Text("RUNBOOK"), Width: 12, Least: normalWidth},
	}
	if outside {
		columns = append(columns, part.Column{Title: fleet.Text("FROM"), Width: 15, Most: 20, Least: normalWidth})
	}
	return columns
}

// alertLevel marks what is silenced with "-" and what is old, since its system is lost, with "?".
func alertLevel(a *fleet.Alert) fleet.Safe {
	switch {
	case a.Old:
		return fleet.Concat(fleet.Text("?"), a.Level.Text())
	case !a.Silenced.IsEmpty():
		return fleet.Concat(fleet.Text("-"), a.Level.Text())
	default:
		return a.Level.Text()
	}
}

// alertOrigin names the systems that hold an alert.
func alertOrigin(a *fleet.Alert) fleet.Safe {
	if a.Origin == "" {
		return fleet.Text("pitwall")
	}
	if len(a.Also) == 0 {
		return fleet.Label(string(a.Origin))
	}
	return fleet.Concat(fleet.Label(string(a.Origin)), fleet.Text(" +"), fleet.Int(len(a.Also)))
}

// alertsNote stands at the right of the rule: how many of the alerts are in sight, and how many silences there are, of
// which some may hide none of these.
func alertsNote(sc Scene, from, to, all, room int) fleet.Safe {
	var parts []fleet.Safe
	switch {
	case len(sc.Snap.Alerts) == 0:
		parts = append(parts, fleet.Text("none"))
	case all > room:
		parts = append(parts, position(from, to, all))
	}
	if n := len(sc.Snap.Silences); n > 0 {
		parts = append(parts, fleet.Concat(fleet.Text("m silences "), fleet.Int(n)))
	}
	if len(sc.Snap.Alerts) > 0 {
		parts = append(parts, fleet.Text("a all"))
	}
	return fleet.Join(parts, fleet.Text("  "))
}

// alertsPane draws what is wrong now, worst first, in n rows under its rule.
func alertsPane(b *part.Block, sc Scene, t Table, active bool, n int) {
	alerts := sc.Snap.Alerts
	index, ids := alertOrder(alerts, t)
	from, to := window(ids, t, n)
	title := fleet.Concat(fleet.Text("ALERTS "), fleet.Int(loud(alerts)))
	if hidden := len(alerts) - loud(alerts); hidden > 0 {
		title = fleet.Concat(title, fleet.Text(" + "), fleet.Int(hidden), fleet.Text(" silenced"))
	}
	b.Rule(title, filterNote(t), alertsNote(sc, from, to, len(index), n))
	object, text := 8, 16
	outside := slices.ContainsFunc(alerts, func(a fleet.Alert) bool { return a.Origin != "" })
	for _, i := range index[from:to] {
		object = max(object, min(16, part.Width(alerts[i].Object)))
		text = max(text, min(28, part.Width(alerts[i].Text)))
	}
	g := part.Layout(alertColumns(object, text, outside), b.Width(), 0)
	for _, i := range index[from:to] {
		a := &alerts[i]
		role := themes.OfLevel(a.Level)
		c := g.Cells()
		if !a.Silenced.IsEmpty() {
			role = themes.Dim
		}
		c[0] = part.Cell{Text: alertLevel(a), Role: role}
		c[1] = part.Cell{Text: fleet.Age(sc.Now.Sub(a.Since))}
		c[2] = part.Cell{Text: a.Object}
		c[3] = part.Cell{Text: a.Text, Role: role}
		c[4] = part.Cell{Text: a.Detail}
		if !g.Shows(5) {
			c[4].Text = fleet.Join(nonEmpty(a.Detail, fleet.Label(string(a.Route))), fleet.Text("  "))
		}
		c[5] = part.Cell{Text: fleet.Label(string(a.Route)), Role: themes.Dim}
		c[6] = part.Cell{Text: a.Runbook, Role: themes.Accent}
		if outside {
			c[7] = part.Cell{Text: alertOrigin(a), Role: themes.Dim}
		}
		g.Row(b, c, active && t.Selected != "" && ids[slices.Index(index, i)] == t.Selected)
	}
}

// filterNote says what a table leaves out and how it is sorted.
func filterNote(t Table) fleet.Safe {
	var note []fleet.Safe
	if t.Filter.Match != nil {
		note = append(note, fleet.Concat(fleet.Text("filter /"), t.Filter.Text))
	}
	if t.Sort != "" {
		flip := fleet.Text("")
		if t.Reverse {
			flip = fleet.Text(" reversed")
		}
		note = append(note, fleet.Concat(fleet.Text("by "), sortWord(t.Sort), flip))
	}
	return fleet.Join(note, fleet.Text("  "))
}
