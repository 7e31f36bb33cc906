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
		Keys: []views.KeyHint{key("enter", "open"), key("S", "shift"), key("/", "filter"), key(":", "command"),
			key("?", "help"),
			key("q", "quit"), key("x", "all actions"), key("1-7", "views"), key("-", "last view"), key("p", "pause")},
	}
}

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") == "" {
		t.Skip("set LOOK=1 to print the frames")
	}
	sc := scene(true, themes.Mono)
	for _, sz := range []views.Size{{W: 80, H: 24}, {W: 120, H: 40}, {W: 200, H: 60}} {
		if os.Getenv("LOOK") == "1" {
			fmt.Println(views.Overview(sc, views.OverviewState{Pools: views.Table{Selected: "b200-a"}}, sz) + "\n")
			continue
		}
		fmt.Println(views.Pools(sc, views.PoolsState{List: views.Table{Selected: "b200-a"}}, sz) + "\n")
		fmt.Println(views.Pools(sc, views.PoolsState{Pool: "b200-a", Replicas: views.Table{Selected: "b200-a-r7"}},
			sz) + "\n")
		fmt.Println(views.Sources(sc, views.SourcesState{List: views.Table{Selected: "openai-probe"}}, sz) + "\n")
	}
}
