package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
)

// freezeSoon is how long before its begin a freeze is told of.
const freezeSoon = 2 * time.Hour

// freezeNote says which freeze holds, or which one comes soon, of the whole fleet or of a part of it. It is dim where the taken
// incident lifts it.
func freezeNote(sc Scene, wide bool) (note, bool) {
	if sc.Snap == nil {
		return note{}, false
	}
	role := themes.Warn
	if sc.Book.Access.Incident != "" {
		role = themes.Dim
	}
	coming := note{role: themes.Dim}
	for i := range sc.Snap.Freezes {
		w := &sc.Snap.Freezes[i]
		switch ahead := w.From.Sub(sc.Now); {
		case w.Holds(sc.Now):
			return note{freezeText(w.Name, w.Scope, fleet.Text(" "), w.To.Sub(sc.Now), wide), role}, true
		case ahead > 0 && ahead <= freezeSoon && coming.text.IsEmpty():
			coming.text = freezeText(w.Name, w.Scope, fleet.Text(" in "), ahead, wide)
		}
	}
	for i := range sc.Snap.Rules.Blocking {
		if b := &sc.Snap.Rules.Blocking[i]; b.Scope.In(sc.Snap.Env) && b.Active(sc.Snap) != nil {
			return note{freezeText(b.Name, b.Scope, fleet.Safe{}, 0, wide), role}, true
		}
	}
	return coming, !coming.text.IsEmpty()
}

// freezeText is "freeze year end 3h", and what it is about where there is room.
func freezeText(name string, about fleet.Scope, word fleet.Safe, left time.Duration, wide bool) fleet.Safe {
	text := fleet.Concat(fleet.Text("freeze "), fleet.Label(name))
	if names := about.Text(); wide && !names.IsEmpty() {
		text = fleet.Concat(text, fleet.Text(" ("), names, fleet.Text(")"))
	}
	if left > 0 {
		text = fleet.Concat(text, word, fleet.Age(left))
	}
	return text
}
