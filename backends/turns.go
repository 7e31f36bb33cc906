package backends

import (
	"time"

	"pitwall/fleet"
)

// reversalWindow is how long a change of direction counts for IL-21.
const reversalWindow = 30 * time.Minute

// turns follows whether the weights of a route go back and forth, whoever moves them.
type turns struct {
	weights   fleet.Weights
	direction map[fleet.TargetID]int
	at        []time.Time
	changed   time.Time // when the weights last differed from the ones before
}

// turn records the weights of a route and returns how often they changed direction in the window.
func (w *world) turn(id routeKey, weights fleet.Weights, now time.Time) int {
	t, ok := w.reversals[id]
	if !ok {
		t = &turns{direction: map[fleet.TargetID]int{}}
		w.reversals[id] = t
	}
	if weights != nil && t.weights != nil && !weights.Equal(t.weights) {
		reversed := false
		t.changed = now
		for target, v := range weights {
			d := sign(v - t.weights[target])
			if d == 0 {
				continue
			}
			reversed = reversed || t.direction[target] == -d
			t.direction[target] = d
		}
		if reversed {
			t.at = append(t.at, now)
		}
	}
	if weights != nil {
		t.weights = weights
	}
	for len(t.at) > 0 && now.Sub(t.at[0]) > reversalWindow {
		t.at = t.at[1:]
	}
	return len(t.at)
}

func sign(v int) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	default:
		return 0
	}
}

// settled tells whether the weights of a route have stood long enough for the measured share to follow.
func (w *world) settled(id routeKey, now time.Time) bool {
	t, ok := w.reversals[id]
	return ok && now.Sub(t.changed) > 2*rateWindow
}
