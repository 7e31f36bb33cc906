package runner

import (
	"errors"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestTransitions(t *testing.T) {
	events := []Event{EventPlan, EventCheck, EventApprove, EventLease, EventWrite, EventWritten, EventRefused, EventHold, EventRelease,
		EventRetry, EventSoak, EventPass, EventRollBack, EventRestored, EventForeign, EventAbort, EventAbandon}
	want := map[actions.State]map[Event]actions.State{
		"draft":    {"plan": "planned"},
		"planned":  {"check": "checked"},
		"checked":  {"approve": "approved", "abort": "aborted"},
		"approved": {"lease": "leased", "abort": "aborted"},
		"leased": {"write": "applying", "hold": "held", "retry": "leased", "abort": "aborted", "abandon": "aborted",
			"foreign": "unknown"},
		"applying": {"write": "applying", "written": "verifying", "refused": "held", "hold": "held", "release": "verifying",
			"retry": "leased", "roll back": "rolling back", "foreign": "unknown", "abort": "aborted", "abandon": "aborted"},
		"verifying": {"write": "applying", "refused": "held", "hold": "held", "release": "verifying", "retry": "leased",
			"soak": "soaking", "pass": "committed", "roll back": "rolling back", "foreign": "unknown", "abort": "aborted", "abandon": "aborted"},
		"held": {"write": "applying", "refused": "held", "hold": "held", "release": "verifying", "retry": "leased",
			"soak": "soaking", "pass": "committed", "roll back": "rolling back", "foreign": "unknown", "abort": "aborted", "abandon": "aborted"},
		"soaking": {"pass": "committed", "hold": "held", "release": "verifying", "roll back": "rolling back",
			"foreign": "unknown", "abandon": "aborted"},
		"rolling back": {"roll back": "rolling back", "restored": "rolled back", "foreign": "unknown", "abandon": "aborted"},
		"unknown": {"release": "verifying", "retry": "leased", "roll back": "rolling back", "foreign": "unknown",
			"abort": "aborted", "abandon": "aborted"},
		"committed": {}, "aborted": {}, "rolled back": {},
	}
	for state, row := range want {
		for _, e := range events {
			got, err := Next(state, e)
			to, ok := row[e]
			switch {
			case ok && (err != nil || got != to):
				t.Errorf("%q on %q goes to %q, %v; want %q", state, e, got, err, to)
			case !ok && (!errors.Is(err, errNoTransition) || fleet.KindOf(err) != fleet.KindInternal || got != state):
				t.Errorf("%q on %q goes to %q, %v; want a refusal", state, e, got, err)
			}
		}
	}
	for state := range transitions {
		if _, ok := want[state]; !ok || state.Closed() {
			t.Errorf("state %q leaves and is not in the test, or is closed", state)
		}
	}
}
