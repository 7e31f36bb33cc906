package views

import "pitwall/fleet"

// ShiftBox draws the dialog alone, as it stands on the page of a route.
func ShiftBox(sc Scene, s *ShiftState, sz Size) string {
	var r *fleet.Route
	if sc.Snap != nil {
		r = sc.Snap.Route(s.Route)
	}
	return shiftBox(withLook(sc), s, r, sz.W, sz.H, true).String()
}
