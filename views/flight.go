package views

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// flightPane draws the changes that are being carried out, in n rows under its rule.
func flightPane(b *part.Block, sc Scene, n int) {
	open := sc.Book.Open()
	right := fleet.Text("7 journal")
	if len(open) > n {
		right = fleet.Concat(position(0, n, len(open)), fleet.Text("  7 journal"))
	}
	b.Rule(fleet.Concat(fleet.Text("IN FLIGHT "), fleet.Int(len(open))), fleet.Text(""), right)
	for i := range open[:min(n, len(open))] {
		flightLine(b, &open[i], sc.Now)
	}
}

// How wide what an errand does is drawn, so that its state stays in sight.
const (
	errandNarrow = 24
	errandWide   = 56
)

// flightLine says what a change does, where it stands and what is due next.
func flightLine(b *part.Block, c *actions.Change, now time.Time) {
	gap, tail := 2, 1
	if b.Width() >= normalWidth {
		gap, tail = 3, 3
	}
	p := &c.Plan
	b.Gap(1).Put(themes.Text, fleet.Label(string(p.Intent.Kind))).Gap(1)
	b.Put(themes.Text, fleet.Label(p.Object())).Gap(1)
	switch {
	case p.Errand():
		width := errandNarrow
		if b.Width() >= normalWidth {
			width = errandWide
		}
		b.Cell(themes.Text, p.ErrandText(), width, part.Left)
	case p.Intent.Kind == actions.KindResync:
		b.Put(themes.Text, fleet.Label(string(p.Intent.Replica)))
	default:
		b.Put(themes.Text, p.Before.Text(p.Order)).Say(themes.Dim, " -> ").Put(themes.Text, p.After.Text(p.Order))
	}
	b.Gap(gap)
	if b.Width() >= 80 {
		b.Say(themes.Dim, "step ")
	}
	b.Put(themes.Text, fleet.Textf("%s/%s", fleet.Int(c.Step), fleet.Int(len(p.Steps))))
	b.Gap(1).Put(stateRole(c.State), fleet.Label(string(c.State)))
	carried(b, &c.Guard)
	if !c.NextAt.IsZero() {
		b.Gap(tail).Say(themes.Dim, "next ").Put(themes.Text, countdown(c.NextAt.Sub(now)))
	}
	b.Gap(tail).Say(themes.Dim, "by ").Put(themes.Text, p.Intent.Actor.Text())
	if b.Width() >= normalWidth && !c.Why.IsEmpty() {
		b.Gap(gap).Put(themes.Dim, c.Why)
	}
	if keys := fleet.Text("Z undo  enter"); part.Width(keys)+gap <= b.Room() {
		b.Right(themes.Dim, keys)
	}
	b.End()
}

// carried warns when no process verifies or rolls back what is in force, or says that one does so without a screen.
func carried(b *part.Block, g *actions.Guardian) {
	switch {
	case g.Mine:
	case g.Alive.OK && !g.Alive.V:
		b.Gap(1).Say(themes.Crit, "NOBODY CARRIES IT: resume or undo")
	case g.Detached:
		b.Gap(1).Say(themes.Dim, "without a screen, pid ").Put(themes.Dim, fleet.Int(g.PID))
	}
}

func stateRole(s actions.State) themes.Role {
	switch s {
	case actions.StateHeld, actions.StateRollingBack:
		return themes.Warn
	case actions.StateUnknown:
		return themes.Crit
	case actions.StateCommitted:
		return themes.OK
	default:
		return themes.Accent
	}
}
