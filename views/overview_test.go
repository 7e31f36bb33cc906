package views_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func scene(ascii bool, p themes.Profile) views.Scene {
	key := func(k, w string) views.KeyHint { return views.KeyHint{Key: fleet.Label(k), Word: fleet.Label(w)} }
	return views.Scene{
		Snap: viewtest.Fleet(), Book: viewtest.Book(), Now: viewtest.Now(), Window: 15 * time.Minute,
		Theme: themes.New(themes.Options{Profile: p, ASCII: ascii}),
		Keys: []views.KeyHint{key("enter", "open"), key("S", "shift"), key("/", "filter"), key(":", "command"), key("?", "help"),
			key("q", "quit"), key("x", "all actions"), key("1-7", "views"), key("-", "last view"), key("p", "pause")},
	}
}

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") == "" {
		t.Skip("set LOOK=1 to print the frames")
	}
	for _, sz := range []views.Size{{80, 24}, {120, 40}, {200, 60}} {
		fmt.Println(views.Overview(scene(true, themes.Mono), views.OverviewState{Pools: views.Table{Selected: "b200-a"}}, sz))
		fmt.Println()
	}
}
