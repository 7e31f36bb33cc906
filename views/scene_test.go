package views_test

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// scene is the wireframes' incident with a theme and the keys of the overview.
func scene(ascii bool, p themes.Profile) views.Scene {
	key := func(k, w string) views.KeyHint { return views.KeyHint{Key: fleet.Label(k), Word: fleet.Label(w)} }
	return views.Scene{
		Snap: viewtest.Fleet(), Book: viewtest.Book(), Now: viewtest.Now(), Window: 15 * time.Minute,
		Theme: themes.New(themes.Options{Profile: p, ASCII: ascii}),
		Keys: []views.KeyHint{key("enter", "open"), key("S", "shift"), key("/", "filter"), key(":", "command"),
			key("?", "help"),
			key("q", "quit"), key("x", "all actions"), key("1-7", "views"), key("-", "last view"), key("p", "pause")},
	}
}
