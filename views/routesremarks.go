package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// routeRemarkLines is how many lines routeRemarks would take in a width: its rule, and each sentence in up to two lines.
func routeRemarkLines(r *fleet.Route, width int) int {
	n := 0
	for i := range r.Lints {
		n += len(remarkText(&r.Lints[i], width))
	}
	return n
}

func remarkText(l *fleet.Lint, width int) []fleet.Safe {
	return part.Wrap(fleet.Concat(fleet.Label(string(l.Rule)), fleet.Text(": "), l.Text), width-4, 2)
}

// routeRemarks says in n rows under its rule what is wrong with how the route is configured; what has no room is counted.
func routeRemarks(b *part.Block, r *fleet.Route, n int) {
	if len(r.Lints) == 0 || n <= 0 {
		return
	}
	right := fleet.Safe{}
	shown, used := 0, 0
	for shown < len(r.Lints) && used+len(remarkText(&r.Lints[shown], b.Width())) <= n {
		used += len(remarkText(&r.Lints[shown], b.Width()))
		shown++
	}
	if shown < len(r.Lints) {
		right = fleet.Textf("%s of %s shown", fleet.Int(shown), fleet.Int(len(r.Lints)))
	}
	b.Rule(fleet.Text("CONFIGURATION"), fleet.Text("faults that show before they hurt"), right)
	for i := range r.Lints[:shown] {
		for k, line := range remarkText(&r.Lints[i], b.Width()) {
			b.Gap(2)
			if k > 0 {
				b.Gap(2)
			}
			b.Put(themes.Warn, line).End()
		}
	}
}

// tries says how often and how long a gateway tries, and how long it leaves out what fails: "retries 2, timeout 10m, cool-down 5s".
func tries(g *fleet.Routing) fleet.Safe {
	var list []fleet.Safe
	if g.Retries.OK {
		list = append(list, fleet.Textf("retries %s", fleet.Show(g.Retries)))
	}
	if g.Timeout.OK {
		list = append(list, fleet.Textf("timeout %s", fleet.Show(g.Timeout)))
	}
	if g.Cooldown.OK {
		list = append(list, fleet.Textf("cool-down %s", fleet.Show(g.Cooldown)))
	}
	return fleet.Join(list, fleet.Text(", "))
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
			next := routeOf(sc.Snap, r.Spec.Gateway, to)
			if next == nil {
				b.Say(themes.Warn, "no route of this gateway").End()
				continue
			}
			b.Put(themes.OfState(next.State), stateText(next.State, next.Load.At, sc.Now)).Gap(2)
			b.Put(themes.Dim, next.Why).End()
		}
	}
}

// routeOf is the route of a gateway under a name or an alias.
func routeOf(s *fleet.Snapshot, gateway fleet.GatewayID, name fleet.RouteID) *fleet.Route {
	for i := range s.Routes {
		r := &s.Routes[i]
		if r.Spec.Gateway != gateway {
			continue
		}
		if r.Spec.ID == name {
			return r
		}
		for _, alias := range r.Routing.Aliases {
			if alias == name {
				return r
			}
		}
	}
	return nil
}
