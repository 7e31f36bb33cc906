package runner

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestTolerance(t *testing.T) {
	w := fleet.Weights{"a": 90, "b": 10}
	for name, c := range map[string]struct {
		n, b float64
		want fleet.Maybe[bool]
	}{
		"too few":               {199, 20, fleet.None[bool]()},
		"exact":                 {200, 20, fleet.Some(true)},
		"within three sigma":    {200, 32, fleet.Some(true)}, // 16 %: 3 sigma are 6.4 points
		"beyond three sigma":    {200, 34, fleet.Some(false)},
		"many, within 2 points": {100_000, 11_900, fleet.Some(true)},
		"many, beyond":          {100_000, 12_100, fleet.Some(false)},
		"nothing arrives":       {1000, 0, fleet.Some(false)},
	} {
		p := proof{n: c.n, by: map[fleet.TargetID]float64{"a": c.n - c.b, "b": c.b}}
		if got := p.within(w, 200); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestWindowsAreCountedOnce draws snapshots at any pace: no request is counted twice, and none from before the step.
func TestWindowsAreCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const perSecond = 10.0
		settled := start
		p := proof{last: settled}
		at := settled.Add(-30 * time.Second)
		for range rapid.IntRange(1, 60).Draw(t, "snapshots") {
			at = at.Add(time.Duration(rapid.IntRange(1, 50).Draw(t, "gap")) * time.Second)
			window := 60 * time.Second
			r := fleet.Route{Targets: []fleet.Target{{Spec: fleet.TargetSpec{ID: "a"}, Seen: fleet.Some(fleet.Ratio(1)),
				SeenN: perSecond * window.Seconds(), SeenOver: window, Load: fleet.Load{At: at}}}}
			p.take(&r, actions.Step{})
			if most := perSecond * at.Sub(settled).Seconds(); p.n > max(0, most)+1e-6 {
				t.Fatalf("%v requests counted, %v can have come", p.n, most)
			}
		}
	})
}
