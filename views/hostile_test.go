package views_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// TestHostileNamesStayInTheirRow draws a fleet of hostile names on a terminal emulator: each row of the emulator
// must show exactly the row that was drawn, no more and nowhere else.
func TestHostileNamesStayInTheirRow(t *testing.T) {
	hostile := viewtest.Hostile()
	draw := map[string]func(views.Scene, views.Size) string{
		"overview": func(sc views.Scene, sz views.Size) string {
			return views.Overview(sc, views.OverviewState{},
				sz)
		},
		"pools": func(sc views.Scene, sz views.Size) string { return views.Pools(sc, views.PoolsState{}, sz) },
		"pool": func(sc views.Scene, sz views.Size) string {
			return views.Pools(sc, views.PoolsState{Pool: hostile.Pools[0].Spec.ID}, sz)
		},
		"sources": func(sc views.Scene, sz views.Size) string {
			return views.Sources(sc, views.SourcesState{Open: hostile.Sources[5].ID}, sz)
		},
	}
	for name, screen := range draw {
		for _, sz := range sizes {
			sc := scene(true, themes.ANSI16)
			sc.Snap = hostile
			frame := screen(sc, sz)
			exact(t, frame, sz)
			onScreen(t, name, frame, sz)
		}
	}
}

func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}

func onScreen(t *testing.T, name, frame string, sz views.Size) {
	t.Helper()
	e := vt.NewEmulator(sz.W, sz.H)
	defer e.Close()
	if _, err := e.WriteString(strings.ReplaceAll(frame, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	// The emulator keeps no combining marks, so both sides are compared without them.
	want := strings.Split(unmarked(ansi.Strip(frame)), "\n")
	for y := range sz.H {
		var row strings.Builder
		for x := 0; x < sz.W; {
			c := e.CellAt(x, y)
			if c == nil || c.Width == 0 {
				x++
				continue
			}
			row.WriteString(c.Content)
			x += c.Width
		}
		if got := unmarked(row.String()); got != want[y] {
			t.Errorf("%s %dx%d row %d:\nscreen %q\ndrawn  %q", name, sz.W, sz.H, y, got, want[y])
		}
	}
	for _, r := range ansi.Strip(frame) {
		if r != '\n' && (r < 0x20 || r >= 0x7f && r <= 0x9f) {
			t.Errorf("%s holds control character %U", name, r)
		}
	}
}
