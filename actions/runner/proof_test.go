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

// Members that share by users or prefixes prove nothing by how much they get; one that is out must get nothing, and has no figures
// where the gateway lists only who is in.
func TestAnUnevenRouteIsProvenByWhoIsOut(t *testing.T) {
	target := func(id fleet.TargetID, set int, seen fleet.Maybe[fleet.Ratio]) fleet.Target {
		out := fleet.Target{Spec: fleet.TargetSpec{ID: id}, Set: fleet.Some(set), Seen: seen, SeenOver: time.Minute,
			Load: fleet.Load{At: start.Add(2 * time.Minute)}}
		if seen.OK {
			out.SeenN = 600
		}
		return out
	}
	w := fleet.Weights{"a": 1, "b": 1, "c": 0}
	routing := fleet.Routing{Weighing: fleet.WeighingInOut, Listed: true, Uneven: true}
	for name, c := range map[string]struct {
		c    fleet.Maybe[fleet.Ratio]
		want fleet.Maybe[bool]
	}{
		"the one that is out has no figures": {fleet.None[fleet.Ratio](), fleet.Some(true)},
		"it gets nothing":                    {fleet.Some(fleet.Ratio(0)), fleet.Some(true)},
		"it still gets something":            {fleet.Some(fleet.Ratio(0.1)), fleet.Some(false)},
	} {
		r := fleet.Route{Routing: routing, Targets: []fleet.Target{target("a", 1, fleet.Some(fleet.Ratio(0.85))),
			target("b", 1, fleet.Some(fleet.Ratio(0.05))), target("c", 0, c.c)}}
		p := proof{last: start}
		p.take(&r, actions.Step{})
		if got := p.within(w, 200); got != c.want || p.n != 600 {
			t.Errorf("%s: %+v of %v requests, want %+v", name, got, p.n, c.want)
		}
	}
	even := fleet.Route{Targets: []fleet.Target{target("a", 1, fleet.Some(fleet.Ratio(0.9))), target("b", 1, fleet.Some(fleet.Ratio(0.1)))}}
	p := proof{last: start}
	p.take(&even, actions.Step{})
	if got := p.within(fleet.Weights{"a": 1, "b": 1}, 200); got != fleet.Some(false) {
		t.Errorf("an even route that is off: %+v", got)
	}
}

// A member that is blocked keeps its weight: that it carries nothing is no fault of the change, which goes on to its end.
func TestABlockedMemberIsMeasuredAtNothing(t *testing.T) {
	g := newRig(t)
	g.tm.blocked = "b"
	id := g.start()
	c := g.until(id, func(c actions.Change) bool { return c.State.Closed() || c.Held })
	if c.State != actions.StateCommitted {
		t.Errorf("%s, held %v: %s", c.State, c.Held, c.Why)
	}
	if len(g.gw.writes) != 3 {
		t.Errorf("%d writes", len(g.gw.writes))
	}
}

// A gateway leaves a member that fails out before the failover has led all load away: it carries less than its weight says. That holds
// nothing; the others are held against each other.
func TestWhoIsLeftMayCarryLessThanItsWeight(t *testing.T) {
	w := fleet.Weights{"a": 17, "b": 53, "c": 30}
	leaving := map[fleet.TargetID]bool{"a": true}
	for name, c := range map[string]struct {
		a, b, c float64
		want    bool
	}{
		"cooled down":                     {10, 636, 354, true},
		"still serving":                   {170, 530, 300, true},
		"it carries more than its weight": {300, 450, 250, false},
		"one of the others gets too much": {10, 790, 200, false},
		"nothing reaches the others":      {1000, 0, 0, false},
	} {
		p := proof{n: 1000, by: map[fleet.TargetID]float64{"a": c.a, "b": c.b, "c": c.c}, leaving: leaving}
		if got := p.within(w, 50); got != fleet.Some(c.want) {
			t.Errorf("%s: %+v, want %v", name, got, c.want)
		}
		if !c.want && p.text(w).IsEmpty() {
			t.Errorf("%s: nothing is said", name)
		}
	}
	p := proof{n: 1000, by: map[fleet.TargetID]float64{"a": 10, "b": 636, "c": 354}}
	if got := p.within(w, 50); got != fleet.Some(false) {
		t.Errorf("a shift by hand: %+v", got)
	}
}
