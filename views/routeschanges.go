package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// changesOn are the changes of a route, open ones first, then newest first.
func changesOn(sc Scene, id fleet.RouteID) []*actions.Change {
	var list []*actions.Change
	for i := range sc.Book.Changes {
		if c := &sc.Book.Changes[i]; c.Plan.Intent.Route == id {
			list = append(list, c)
		}
	}
	return list
}

// changeList draws the changes of a route in n rows under its rule.
func changeList(b *part.Block, sc Scene, id fleet.RouteID, n int) {
	list := changesOn(sc, id)
	right := fleet.Text("7 journal")
	if len(list) > n {
		right = fleet.Concat(position(0, max(0, n), len(list)), fleet.Text("  7 journal"))
	}
	b.Rule(fleet.Text("CHANGES"), fleet.Safe{}, right)
	if len(list) == 0 && n > 0 {
		b.Gap(2).Say(themes.Dim, "none in the journal").End()
	}
	for _, c := range list[:max(0, min(n, len(list)))] {
		changeLine(b, sc, c)
	}
}

// changeLine is a change in one line: number, when, who, what, how it stands.
func changeLine(b *part.Block, sc Scene, c *actions.Change) {
	b.Gap(2).Put(themes.Dim, fleet.Int(c.Seq)).Gap(1)
	switch {
	case !c.State.Closed():
		b.Say(themes.Accent, "now")
	case b.Width() >= 60:
		b.Put(themes.Dim, fleet.Stamp(c.Ended))
	default:
		b.Put(themes.Dim, ageOf(c.Ended, sc))
	}
	if b.Width() < 60 {
		b.Gap(2).Put(stateRole(c.State), fleet.Label(string(c.State))).Gap(2).Put(themes.Text, movement(&c.Plan))
		b.Gap(2).Put(themes.Dim, c.Plan.Intent.Actor.Text()).End()
		return
	}
	b.Gap(2).Put(themes.Text, c.Plan.Intent.Actor.Text()).Gap(2).Put(themes.Text, movement(&c.Plan)).Gap(2)
	b.Put(stateRole(c.State), fleet.Label(string(c.State)))
	why := c.Why
	if c.State == actions.StateCommitted {
		why = fleet.Label(c.Plan.Intent.Reason) // it went well: what it was for says more
	}
	if !why.IsEmpty() {
		b.Gap(2).Put(themes.Dim, why)
	}
	b.End()
}

// movement says what a plan does: "60/30/10 -> 30/60/10", "resync gw-3", or what an errand does.
func movement(p *actions.Plan) fleet.Safe {
	if p.Errand() {
		return p.ErrandText()
	}
	if p.Intent.Kind == actions.KindResync {
		return fleet.Concat(fleet.Text("resync "), fleet.Label(string(p.Intent.Replica)))
	}
	return fleet.Concat(p.Before.Text(p.Order), fleet.Text(" -> "), p.After.Text(p.Order))
}

// lastChangeLine is the newest closed change of a route in one line.
func lastChangeLine(b *part.Block, sc Scene, id fleet.RouteID) {
	b.Gap(2)
	for _, c := range changesOn(sc, id) {
		if !c.State.Closed() {
			continue
		}
		b.Put(themes.Dim, fleet.Textf("last change %s  ", fleet.Int(c.Seq)))
		b.Put(themes.Text, fleet.Stamp(c.Ended)).Say(themes.Dim, " by ")
		b.Put(themes.Text, c.Plan.Intent.Actor.Text()).Gap(2).Put(themes.Text, movement(&c.Plan)).Gap(2)
		b.Put(stateRole(c.State), fleet.Label(string(c.State))).End()
		return
	}
	b.Say(themes.Dim, "no change of this route in the journal").End()
}
