package actions

import (
	"testing"

	"pitwall/fleet"
)

func TestAStateIsNotSaidTwice(t *testing.T) {
	for want, c := range map[string]Change{
		"rolling back, the fields are as before": {State: StateRollingBack, Why: fleet.Text("rolling back, the fields are as before")},
		"held by mara":                           {State: StateHeld, Why: fleet.Text("held by mara")},
		"verifying: stage 1 holds":               {State: StateVerifying, Why: fleet.Text("stage 1 holds")},
		"leased":                                 {State: StateLeased},
	} {
		if got := c.Told().String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhatWasTakenBackSaysWhy(t *testing.T) {
	c := Change{Cause: fleet.Text("p9 crashes")}
	if got := c.Restored(fleet.Text("it is as before")).String(); got != "rolled back: it is as before (p9 crashes)" {
		t.Error(got)
	}
	c.Cause = fleet.Safe{}
	if got := c.Restored(fleet.Text("it is as before")).String(); got != "rolled back: it is as before" {
		t.Error(got)
	}
}
