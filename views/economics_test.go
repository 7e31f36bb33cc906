package views_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/economics"
	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/tcopage"
)

// decided is the economics screen about a route of the fixtures, with one edited input.
func decided(sc views.Scene, pane, selected, name string) views.EconomicsState {
	list, err := economics.Embedded()
	if err != nil {
		panic(err)
	}
	c, err := tco.FromRoute(sc.Snap, "chat-default", list)
	if err == nil {
		c.Name, c.Model = name, name
		err = c.Put("people", 3, tco.Edited, fleet.Text("typed here"), time.Time{})
	}
	if err != nil {
		panic(err)
	}
	a := tco.Solve(&c, 36)
	d := tcopage.Layout(&a)
	return views.EconomicsState{Of: fleet.RouteID(name), Answer: &d, Read: sc.Snap.At, Edits: 1, Pane: pane,
		Tables: map[string]*views.Table{pane: {Selected: selected}}}
}

func economicsFrame(pane, selected string) func(views.Scene, views.Size) string {
	return func(sc views.Scene, sz views.Size) string {
		return views.Economics(sc, decided(sc, pane, selected, "chat-default"), sz)
	}
}

// The verdict and the selected row are on the screen at every size, whichever table has the focus and whatever things are called.
func TestTheVerdictAndTheSelectedRowAreAlwaysSeen(t *testing.T) {
	for _, sz := range append([]views.Size{{W: 60, H: 16}}, sizes...) {
		for _, pane := range views.EconomicsPanes() {
			sc := scene(true, themes.Mono)
			u := decided(sc, pane, "", "chat\x1b[2J"+strings.Repeat("x", 3000))
			ids := views.EconomicsOrder(u)[pane]
			if len(ids) == 0 {
				t.Fatalf("%s has no rows", pane)
			}
			u.Tables[pane].Selected = ids[len(ids)-1]
			frame := views.Economics(sc, u, sz)
			exact(t, frame, sz)
			text := plain(frame)
			if !strings.Contains(text, "verdict") || !strings.Contains(text, "\n> ") {
				t.Errorf("%s at %dx%d lacks its verdict or its cursor:\n%s", pane, sz.W, sz.H, text)
			}
		}
	}
	sc := scene(true, themes.Mono)
	none := plain(views.Economics(sc, views.EconomicsState{Of: "gone", Why: fleet.Text("there is no route gone")}, sizes[0]))
	if !strings.Contains(none, "there is no route gone") {
		t.Error(none)
	}
}
