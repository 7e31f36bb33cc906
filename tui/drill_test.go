package tui

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

// exercise is a drill that remembers what was done.
type exercise struct {
	stand DrillStand
	done  []string
	saw   string
}

func (x *exercise) Stand() DrillStand { return x.stand }

func (x *exercise) Do(deed DrillDeed, text, screen string) (fleet.Safe, error) {
	x.done, x.saw = append(x.done, string(deed)+" "+text), screen
	return fleet.Concat(fleet.Text("done: "), fleet.Label(string(deed))), nil
}

func drilled(t *testing.T) (*rig, *exercise) {
	x := &exercise{stand: DrillStand{Line: fleet.Text("EXERCISE 4m of 24m"), Title: fleet.Text("Green lights"), Hints: 3,
		News:     []fleet.Safe{fleet.Text("user report: it hangs")},
		Theories: []DrillClaim{{ID: "a", Text: fleet.Text("an engine is dead")}, {ID: "b", Text: fleet.Text("a gateway is deaf"), Held: true}}}}
	r := newRig(t, world(), writable(), func(o *Options) { o.Drill, o.Mode = x, fleet.ModeDrill })
	return r, x
}

func TestADrillIsWorkedFromTheConsole(t *testing.T) {
	r, x := drilled(t)
	if f := r.frame(); !strings.Contains(f, "[EXERCISE]") || !strings.Contains(f, "EXERCISE 4m of 24m") {
		t.Errorf("the frame does not say that it is an exercise:\n%s", f)
	}
	r.send(secondMsg{})
	if !strings.Contains(r.frame(), "user report: it hangs") {
		t.Errorf("news do not show:\n%s", r.frame())
	}
	r.keys(":")
	r.typed("mark tokens stand still")
	r.keys("enter")
	if len(x.done) != 1 || x.done[0] != "mark tokens stand still" || !strings.Contains(x.saw, "pitwall") {
		t.Errorf("%q, on screen %d bytes", x.done, len(x.saw))
	}
	r.keys(":")
	r.typed("drill")
	r.keys("enter")
	f := r.frame()
	for _, want := range []string{"Green lights", "NEWS 1", "I hold: an engine is dead", "held already: a gateway is deaf", "costs 5 points (3 left)"} {
		if !strings.Contains(f, want) {
			t.Errorf("the dialog does not say %q:\n%s", want, f)
		}
	}
	r.keys("down", "enter")
	r.keys(":")
	r.typed("drill")
	r.keys("enter", "down", "down", "down", "enter")
	r.keys(":")
	r.typed("drill end")
	r.keys("enter")
	if got := strings.Join(x.done[1:], ", "); got != "theory a, hint , end " {
		t.Errorf("done: %s", got)
	}
	x.stand.Over = true
	r.send(secondMsg{})
	if !strings.Contains(r.frame(), ":quit shows the score") {
		t.Errorf("the end is not said:\n%s", r.frame())
	}
}

func TestOutsideOfADrillItsCommandsSaySo(t *testing.T) {
	r := newRig(t, world(), writable())
	for _, line := range []string{"drill", "mark x", "tell x", "handover x"} {
		r.keys(":")
		r.typed(line)
		r.keys("enter")
		if !strings.Contains(r.frame(), "there is no exercise") {
			t.Errorf(":%s\n%s", line, r.frame())
		}
		r.keys("esc")
	}
	r, x := drilled(t)
	r.keys(":")
	r.typed("tell")
	r.keys("enter")
	if len(x.done) > 0 || !strings.Contains(r.frame(), ":tell TEXT") {
		t.Errorf("%q\n%s", x.done, r.frame())
	}
}

func TestTheDrillSeesWhatWasOnScreenAtAChange(t *testing.T) {
	r, x := drilled(t)
	r.frame()
	r.run(r.m.sawChange("c1"))
	if len(x.done) != 1 || x.done[0] != "saw c1" || x.saw == "" {
		t.Errorf("%q, %d bytes", x.done, len(x.saw))
	}
}
