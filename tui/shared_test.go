package tui

import (
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

// A change of another machine is asked about once it is known that nobody carries it there.
func TestAChangeOfAnotherMachineIsAskedAboutWhenItIsAlone(t *testing.T) {
	for _, x := range []struct {
		alive     fleet.Maybe[bool]
		elsewhere bool
		want      bool
	}{
		{fleet.None[bool](), true, false}, {fleet.Some(true), true, false}, {fleet.Some(false), true, true},
		{fleet.None[bool](), false, true}, {fleet.Some(true), false, false},
	} {
		c := actions.Change{State: actions.StateVerifying, Guard: actions.Guardian{Alive: x.alive}, Copy: &actions.Copy{Elsewhere: x.elsewhere}}
		if got := unguarded(&c); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
}
