package tui

import (
	"strings"
	"testing"
)

func TestTopRowMovesOnlyWithTheCursor(t *testing.T) {
	rows := strings.Fields("a b c d e f g h")
	for _, c := range []struct {
		top     string
		i       int
		want    string
		because string
	}{
		{"", 2, "", "the cursor is in sight"}, {"", 3, "b", "it left at the bottom"}, {"d", 4, "d", "it moves up within the window"},
		{"d", 1, "b", "it left at the top"}, {"d", 0, "", "it is on the first row"}, {"gone", 1, "", "the top row is gone"},
	} {
		if got := topRow(rows, c.top, c.i, 3); got != c.want {
			t.Errorf("top %q, cursor %d: %q, want %q since %s", c.top, c.i, got, c.want, c.because)
		}
	}
}
