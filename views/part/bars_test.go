package part

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"pitwall/fleet"
)

// A bar shows what is not known and what is nothing, each apart; a small part has a cell; the limit runs between the bars.
func TestBars(t *testing.T) {
	known := func(v float64) fleet.Maybe[float64] { return fleet.Some(v) }
	m := fleet.Text("m")
	c := Bars{Limit: known(8), Label: func(v float64) fleet.Safe { return fleet.Float(v, 0) }, Slots: []Slot{
		{Name: fleet.Text("00"), Parts: []Layer{{Value: known(10)}, {Value: known(0.01), Letter: m}}},
		{Name: fleet.Text("01"), Mark: fleet.Text("~"), Parts: []Layer{{}, {Value: known(2), Letter: m}}},
		{Name: fleet.Text("02"), Parts: []Layer{{Value: known(0)}, {Value: known(0), Letter: m}}},
		{Name: fleet.Text("03")},
	}}
	b := NewBlock(mono(true), 21, 8)
	c.Draw(b, 7)
	var lines []string
	for l := range strings.SplitSeq(ansi.Strip(b.String()), "\n") {
		lines = append(lines, strings.TrimRight(l, " "))
	}
	want := []string{
		"      11|mm",
		"       8|##..........",
		"        |##",
		"        |##",
		"        |## mm",
		"        |## ?? __",
		"        +00 01~02 03",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	low := NewBlock(mono(true), 21, 8)
	c.Draw(low, 3)
	if low.Len() != 3 {
		t.Errorf("%d lines where 3 are left", low.Len())
	}
}
