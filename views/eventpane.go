package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// happenings draws the newest events in n rows under its rule.
func happenings(b *part.Block, sc Scene, n int) {
	events := sc.Snap.Events
	b.Rule(fleet.Text("EVENTS"), fleet.Text(""), fleet.Text("7 all"))
	width := 0
	for i := range events[:min(n, len(events))] {
		width = min(14, max(width, part.Width(events[i].Object)))
	}
	for i := range events[:min(n, len(events))] {
		e := &events[i]
		b.Gap(1).Put(themes.Dim, fleet.ClockTime(e.At)).Gap(2).Cell(themes.Text, e.Object, width, part.Left).Gap(2)
		b.Put(themes.OfLevel(e.Level), e.Text).End()
	}
}
