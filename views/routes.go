package views

import (
	"pitwall/fleet"
	"pitwall/views/part"
)

// Routes lists the routes, worst first, over what the selected one sends where. With Route set it shows that route:
// its targets, what each gateway replica holds, its changes and its history. With Shift set the shift dialog is
// drawn: beside the data where there is room, else over what is below the targets.
func Routes(sc Scene, u RoutesState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		id := u.route()
		if id == "" {
			routeList(b, sc, u, rows)
			return
		}
		r := sc.Snap.Route(id)
		switch {
		case r == nil && u.Shift == nil:
			goneLine(b, fleet.Text("ROUTE "), string(id))
		case b.Width() >= wideWidth:
			wideRoute(b, sc, u, r, rows)
		case b.Width() >= besideWidth, b.Width() >= normalWidth && u.Shift == nil:
			routePage(b, sc, u, r, rows)
		case u.Shift != nil:
			routeUnderShift(b, sc, u, r, rows)
		default:
			routeColumn(b, sc, u, r, rows)
		}
	})
}

// RoutesOrder tells the order of the tables of the routes screen by pane.
func RoutesOrder(sc Scene, u RoutesState) map[string][]string {
	out := map[string][]string{}
	if sc.Snap == nil {
		return out
	}
	id := u.route()
	if id == "" {
		_, out["routes"] = weightOrder(sc.Snap.Routes, u.List)
		return out
	}
	if r := sc.Snap.Route(id); r != nil {
		_, out["targets"] = targetOrder(r, u.Targets)
	}
	return out
}

// route is the route that is open; a dialog opens its own.
func (u RoutesState) route() fleet.RouteID {
	if u.Shift != nil {
		return u.Shift.Route
	}
	return u.Route
}
