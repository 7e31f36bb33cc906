package plain_test

import (
	"strings"
	"testing"

	"pitwall/fleet"
	"pitwall/views/plain"
)

func TestAPhaseIsNotSaidTwice(t *testing.T) {
	for why, want := range map[string]string{
		"paused: 1 of 4 replicas is new": "phase     paused: 1 of 4 replicas is new\n",
		"somebody waits":                 "phase     paused: somebody waits\n",
	} {
		if got := plain.Rollout(fleet.Rollout{Phase: fleet.RolloutPaused, Why: fleet.Label(why)}); !strings.Contains(got, want) {
			t.Errorf("%s: %q", why, got)
		}
	}
}
