package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// routeRemarks is what is wrong with how a route is configured, broken for a width: each sentence in up to two lines.
type routeRemarks [][]fleet.Safe

func remarksOf(r *fleet.Route, width int) routeRemarks {
	if len(r.Lints) == 0 {
		return nil
	}
	list := make(routeRemarks, len(r.Lints))
	for i := range r.Lints {
		l := &r.Lints[i]
		list[i] = part.Wrap(fleet.Concat(fleet.Label(string(l.Rule)), fleet.Text(": "), l.Text), width-4, 2)
	}
	return list
}

// lines is how many lines all of them take without their rule.
func (x routeRemarks) lines() int {
	n := 0
	for _, text := range x {
		n += len(text)
	}
	return n
}

// draw says them in n rows under their rule; those that have no room are counted.
func (x routeRemarks) draw(b *part.Block, n int) {
	if len(x) == 0 || n <= 0 {
		return
	}
	shown, used := 0, 0
	for shown < len(x) && used+len(x[shown]) <= n {
		used += len(x[shown])
		shown++
	}
	right := fleet.Safe{}
	if shown < len(x) {
		right = fleet.Textf("%s of %s shown", fleet.Int(shown), fleet.Int(len(x)))
	}
	b.Rule(fleet.Text("CONFIGURATION"), fleet.Text("faults that show before they hurt"), right)
	for _, text := range x[:shown] {
		for k, line := range text {
			b.Gap(2+2*min(k, 1)).Put(themes.Warn, line).End()
		}
	}
}

// tries says how often and how long a gateway tries, and how long it leaves out what fails: "retries 2, timeout 10m, cool-down 5s".
func tries(g *fleet.Routing) fleet.Safe {
	parts := make([]fleet.Safe, 0, 8)
	say := func(name, value fleet.Safe) {
		if len(parts) > 0 {
			parts = append(parts, fleet.Text(", "))
		}
		parts = append(parts, name, value)
	}
	if g.Retries.OK {
		say(fleet.Text("retries "), fleet.Show(g.Retries))
	}
	if g.Timeout.OK {
		say(fleet.Text("timeout "), fleet.Show(g.Timeout))
	}
	if g.Cooldown.OK {
		say(fleet.Text("cool-down "), fleet.Show(g.Cooldown))
	}
	return fleet.Concat(parts...)
}

// fallbackRows are the lines on fallbacks: those that the gateway has by what they answer, else those that are declared.
func fallbackRows(r *fleet.Route) int {
	n := 0
	for _, f := range r.Routing.Fallbacks {
		n += len(f.To)
	}
	if n > 0 {
		return n
	}
	return max(1, len(r.Spec.Fallbacks))
}

// routedFallbacks draws where the gateway sends what a route cannot answer, with how that route does.
func routedFallbacks(b *part.Block, sc Scene, r *fleet.Route, n int) {
	for _, f := range r.Routing.Fallbacks {
		for i, to := range f.To {
			if n--; n < 0 {
				return
			}
			b.Gap(2).Put(themes.Dim, fleet.Int(i+1)).Gap(1).Cell(themes.Dim, fleet.Label(string(f.Kind)), 14, part.Left).Gap(1)
			b.Put(themes.Text, fleet.Label(string(to))).Gap(2)
			next := sc.Snap.RouteAt(r.Spec.Gateway, to)
			if next == nil {
				b.Say(themes.Warn, "no route of this gateway").End()
				continue
			}
			b.Put(themes.OfState(next.State), stateText(next.State, next.Load.At, sc.Now)).Gap(2)
			b.Put(themes.Dim, next.Why).End()
		}
	}
}
