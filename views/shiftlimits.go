package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var guardColumns = []part.Column{
	{Title: fleet.Text("GUARD"), Width: 12, Most: 30},
	{Title: fleet.Text("ON"), Width: 10, Most: 24, Drop: 2},
	{Title: fleet.Text("BEFORE"), Width: 7, Align: part.Right},
	{Title: fleet.Text("NOW"), Width: 7, Align: part.Right},
	{Title: fleet.Text("LIMIT"), Width: 7, Align: part.Right},
	{Title: fleet.Text("VERDICT"), Width: 16},
}

// drawLimits compares the guard's figures before the change and now with what rolls back: broken limits first, then
// the others, then those of the other routes of the gateway.
func (d *shiftDialog) drawLimits(s *sheet) {
	g := part.Layout(guardColumns, s.Width(), 0)
	g.Head(s.Block)
	for _, broken := range []bool{true, false} {
		for _, list := range [][]actions.LimitNow{d.change.Limits, d.change.Harm} {
			for i := range list {
				if (list[i].Verdict == "FAIL") == broken {
					d.limitRow(s, &g, &list[i])
				}
			}
		}
		if broken {
			s.mark(spareNever)
		}
	}
	s.mark(spareLast)
}

func (d *shiftDialog) limitRow(s *sheet, g *part.Grid, l *actions.LimitNow) {
	c := g.Cells()
	on := fleet.Label(string(l.Target))
	if l.Target == "" {
		on = fleet.Text("other route")
	}
	c[0] = part.Cell{Text: l.Name}
	c[1] = part.Cell{Text: on, Role: themes.Dim}
	c[2] = part.Cell{Text: orUnknown(l.Before), Role: themes.Dim}
	c[3] = part.Cell{Text: orUnknown(l.Now)}
	c[4] = part.Cell{Text: orUnknown(l.Limit), Role: themes.Dim}
	role := themes.OK
	switch l.Verdict {
	case "FAIL":
		role = themes.Crit
		c[3].Role = themes.Bad
	case "UNCLEAR":
		role = themes.Stale
	}
	c[5] = part.Cell{Text: fleet.Label(l.Verdict), Role: role}
	if l.Broken > 0 {
		c[5].Tail = fleet.Concat(fleet.Text(" for "), fleet.Age(l.Broken))
	}
	g.Row(s.Block, c, false)
}
