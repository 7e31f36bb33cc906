package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/views"
)

func TestSelectionFollowsItsRow(t *testing.T) {
	s := world()
	r := newRig(t, s, writable())
	r.keys("3", "j", "j")
	id := r.m.selected()
	if id == "" {
		t.Fatal("nothing is selected")
	}
	turned := world()
	turned.Gen++
	slices.Reverse(turned.Pools)
	for i := range turned.Pools { // worst first follows the state, so that rows move
		turned.Pools[i].State = fleet.StateOK
	}
	r.send(snapshotMsg{snap: turned})
	if r.m.selected() != id {
		t.Errorf("the cursor went from %s to %s", id, r.m.selected())
	}
	if !r.m.notice.text.IsEmpty() {
		t.Errorf("notice %q though nothing is gone", r.m.notice.text)
	}
}

func TestVanishedRowLeavesTheCursorInItsNeighbourhood(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("2")
	all := slices.Clone(r.m.rows[paneRoutes])
	r.keys("j")
	gone := r.m.selected()
	next := world()
	next.Gen++
	next.Routes = slices.DeleteFunc(next.Routes, func(x fleet.Route) bool { return string(x.Spec.ID) == gone })
	r.send(snapshotMsg{snap: next})
	if r.m.selected() != all[2] {
		t.Errorf("cursor on %q, want the next row %q of %q", r.m.selected(), all[2], all)
	}
	r.wantNotice(gone + " is gone; the cursor stands on " + all[2])
}

func TestNeighbour(t *testing.T) {
	for _, c := range []struct{ old, rows, gone, want string }{
		{"a b c", "a c", "b", "c"}, {"a b c", "a b", "c", "b"}, {"a b c", "", "b", ""}, {"a b c", "x y", "b", "x"},
		{"", "x y", "", "x"}, {"a b c d", "a", "c", "a"},
	} {
		if got := neighbour(strings.Fields(c.old), strings.Fields(c.rows), c.gone); got != c.want {
			t.Errorf("%q of %q to %q: %q, want %q", c.gone, c.old, c.rows, got, c.want)
		}
	}
}

func TestMotions(t *testing.T) {
	for _, c := range []struct {
		by          motion
		from, n, to int
	}{
		{moveDown, 0, 5, 1}, {moveDown, 4, 5, 4}, {moveUp, 0, 5, 0}, {moveFirst, 3, 5, 0}, {moveLast, 1, 5, 4},
		{movePageDown, 0, 50, 10}, {movePageUp, 5, 50, 0}, {moveHalfDown, 0, 50, 5}, {moveHalfUp, 20, 50, 15},
		{moveNext, 4, 5, 0}, {movePrevious, 0, 5, 4}, {moveDown, -1, 5, 0},
	} {
		if got := c.by.from(c.from, c.n, 10); got != c.to {
			t.Errorf("motion %d from %d of %d: %d, want %d", c.by, c.from, c.n, got, c.to)
		}
	}
}

func TestFilterIsLiveAndEscGivesItBack(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("3")
	all := len(r.m.rows[panePools])
	r.keys("/")
	r.typed("b200")
	if got := r.m.rows[panePools]; len(got) == 0 || len(got) >= all || !slices.Contains(got, "b200-a") {
		t.Errorf("filtered rows %q", got)
	}
	r.keys("esc")
	if len(r.m.rows[panePools]) != all {
		t.Error("esc did not bring the rows back")
	}
	r.keys("/")
	r.typed("!b200")
	r.keys("enter")
	if got := r.m.rows[panePools]; slices.Contains(got, "b200-a") || len(got) == 0 {
		t.Errorf("inverted filter gives %q", got)
	}
	r.keys("n", "N", "esc")
	if len(r.m.rows[panePools]) != all {
		t.Error("esc did not clear the filter")
	}
	r.keys("n")
	r.wantNotice("no filter is set")
	r.keys("/")
	r.typed("b200(")
	if !strings.Contains(r.m.line.state.Err.String(), "bad pattern") {
		t.Errorf("error %q", r.m.line.state.Err)
	}
	if len(r.m.rows[panePools]) >= all {
		t.Error("a bad pattern dropped the last good one")
	}
}

func TestHistoryOfViews(t *testing.T) {
	r := newRig(t, world(), writable())
	at := func(want views.Screen) {
		t.Helper()
		if got := r.m.place().screen; got != want {
			t.Errorf("on %s, want %s", got, want)
		}
	}
	r.keys("-")
	r.wantNotice("no last view")
	r.keys("2", "3", "7")
	r.keys("-")
	at(views.ScreenPools)
	r.keys("-")
	at(views.ScreenEvents)
	r.keys("[", "[", "[", "[")
	at(views.ScreenRoutes)
	r.keys("]")
	at(views.ScreenPools)
	r.keys("esc")
	at(views.ScreenOverview)
	r.keys("q")
	if !r.quit {
		t.Error("q at the root does not quit")
	}
}

func TestEscapeReturnsWhereAnObjectWasOpenedFrom(t *testing.T) {
	r := newRig(t, world(), writable())
	r.m.setPane(paneRoutes)
	r.m.clamp(false)
	r.keys("enter")
	if r.m.place().route == "" {
		t.Fatalf("enter opened %+v", r.m.place())
	}
	r.keys("esc")
	if r.m.place().screen != views.ScreenOverview {
		t.Errorf("esc led to %+v", r.m.place())
	}
	r.keys("2", "enter", "esc")
	if r.m.place() != (place{screen: views.ScreenRoutes}) {
		t.Errorf("esc led to %+v", r.m.place())
	}
}

func TestPauseHoldsTheDisplayAndThePlans(t *testing.T) {
	r := newRig(t, world(), writable())
	r.toRoute("chat-default")
	r.keys("p")
	next := world()
	next.Gen += 5
	shown := r.m.snap
	r.send(snapshotMsg{snap: next})
	if r.m.snap != shown {
		t.Error("the display moved while paused")
	}
	r.keys("S")
	r.wantNotice("paused")
	r.wantStep(0)
	r.keys("p")
	if r.m.snap != next {
		t.Error("the newest snapshot is not shown after the pause")
	}
}

func TestSortByLetter(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("3", "o")
	r.wantNotice("n=name")
	r.keys("n")
	if got := r.m.rows[panePools]; !slices.IsSorted(got) || r.m.states.pools.List.Sort != "name" {
		t.Errorf("sorted by %q: %q", r.m.states.pools.List.Sort, got)
	}
	r.keys("o", "n")
	if !r.m.states.pools.List.Reverse {
		t.Error("the same column again does not flip")
	}
	r.keys("o", "p")
	r.wantNotice("no column here")
	if r.m.paused {
		t.Error("a letter after o acted as a key")
	}
}

func TestFrameIsDrawnOnlyWhenSomethingChanged(t *testing.T) {
	r := newRig(t, world(), writable())
	r.m.View()
	drawn := r.m.cache.drawn
	for range 100 {
		r.m.View()
		r.send(struct{}{}) // a message that nobody knows
	}
	if r.m.cache.drawn != drawn {
		t.Errorf("%d frames were drawn though nothing changed", r.m.cache.drawn-drawn)
	}
	r.keys("t")
	r.m.View()
	r.clock.advance(time.Second)
	r.m.View()
	if r.m.cache.drawn != drawn+2 {
		t.Errorf("%d frames for a key and a second, want 2", r.m.cache.drawn-drawn)
	}
}
