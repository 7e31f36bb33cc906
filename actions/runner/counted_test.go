package runner

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// byWhole makes the gateway count failures for the whole route only, as Kong does.
func (g *rig) byWhole(errors fleet.Maybe[fleet.Ratio]) {
	g.knob(func() { g.tm.counted, g.tm.whole = fleet.Counted{Errors: fleet.CountedRoute}, errors })
}

// A change whose targets nobody counts failures of is judged by those of the route, and asks nobody to let it go on.
func TestFailuresOfTheWholeRouteJudgeItsSteps(t *testing.T) {
	g := newRig(t)
	g.byWhole(fleet.Some(fleet.Ratio(0.001)))
	id := g.start()
	c := g.until(id, func(c actions.Change) bool { return c.State == actions.StateHeld || c.State == actions.StateCommitted })
	if c.State != actions.StateCommitted {
		t.Fatalf("the change is %s: %s", c.State, c.Why)
	}
	rows := map[string]string{}
	for _, l := range c.Limits {
		rows[l.Name.String()+" "+string(l.Target)] = l.Verdict
	}
	if len(rows) != 1 || rows["err% whole route b"] != verdictPass {
		t.Errorf("judged by %v", rows)
	}
	g.sound()
}

func TestFailuresOfTheWholeRouteRollBack(t *testing.T) {
	g := newRig(t)
	g.byWhole(fleet.Some(fleet.Ratio(0.001)))
	id := g.start()
	g.until(id, settledAt(2))
	g.byWhole(fleet.Some(fleet.Ratio(0.05)))
	c := g.until(id, in(actions.StateRolledBack))
	if !g.gw.now().Equal(path[0]) || !strings.Contains(c.Why.String(), "err% whole route") {
		t.Errorf("%v: %s", g.gw.now(), c.Why)
	}
	g.sound()
}

// What failed before a shift away from it is not what the shift does.
func TestFailuresFromBeforeDoNotRollBack(t *testing.T) {
	g := newRig(t)
	g.byWhole(fleet.Some(fleet.Ratio(0.3)))
	id := g.start()
	if c := g.until(id, func(c actions.Change) bool {
		return c.State == actions.StateCommitted || c.State == actions.StateRolledBack
	}); c.State != actions.StateCommitted {
		t.Errorf("%s: %s", c.State, c.Why)
	}
}

// That the failures of the route are not known any more is no reason to go on.
func TestUnknownFailuresOfTheWholeRouteHold(t *testing.T) {
	g := newRig(t)
	g.byWhole(fleet.Some(fleet.Ratio(0.001)))
	id := g.start()
	g.until(id, settledAt(1))
	g.byWhole(fleet.None[fleet.Ratio]())
	c := g.until(id, in(actions.StateHeld))
	if !strings.Contains(c.Why.String(), "err% whole route of b is not known") {
		t.Errorf("%s", c.Why)
	}
}

// A route of a cluster, whose own pools' engines count: its steps are judged by them, both targets' rows being their own.
func TestEnginesOfOwnPoolsJudgeTheSteps(t *testing.T) {
	counted := fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}
	g := newRig(t)
	g.knob(func() { g.tm.counted = counted })
	id := g.start()
	c := g.until(id, func(c actions.Change) bool { return c.State == actions.StateHeld || c.State == actions.StateCommitted })
	if c.State != actions.StateCommitted || len(c.Limits) == 0 || c.Limits[0].Name.String() != "err%" {
		t.Fatalf("the change is %s: %s, judged by %+v", c.State, c.Why, c.Limits)
	}
	g = newRig(t)
	g.knob(func() { g.tm.counted = counted })
	id = g.start()
	g.until(id, settledAt(2))
	g.knob(func() { g.tm.errors["b"] = 0.05 })
	g.until(id, in(actions.StateRolledBack))
}

// A rented target without weight, which nobody counts, is not waited for; one that the step gives weight, or takes it from, is.
func TestAProofWaitsForWhatCanBeCounted(t *testing.T) {
	at := start.Add(2 * time.Minute)
	target := func(id fleet.TargetID, pool fleet.PoolID, seen fleet.Maybe[fleet.Ratio]) fleet.Target {
		x := fleet.Target{Spec: fleet.TargetSpec{ID: id, Pool: pool}, Seen: seen, SeenOver: time.Minute, Load: fleet.Load{At: at}}
		if seen.OK {
			x.SeenN = 600
		}
		return x
	}
	route := fleet.Route{Counted: fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}, Targets: []fleet.Target{
		target("api", "", fleet.None[fleet.Ratio]()), target("a", "a", fleet.Some(fleet.Ratio(0.6))), target("b", "b", fleet.Some(fleet.Ratio(0.4)))}}
	for _, c := range []struct {
		before, after int
		edit          func(*fleet.Route)
		want          float64
	}{
		{0, 0, func(*fleet.Route) {}, 600},
		{5, 0, func(*fleet.Route) {}, 0},
		{0, 5, func(*fleet.Route) {}, 0},
		{0, 0, func(r *fleet.Route) { r.Counted = fleet.Counted{} }, 0},
		{0, 0, func(r *fleet.Route) { r.Targets[0].Spec.Pool = "c" }, 0},
	} {
		p := proof{last: start}
		r := route
		r.Targets = slices.Clone(route.Targets)
		c.edit(&r)
		p.take(&r, actions.Step{Before: fleet.Weights{"api": c.before}, After: fleet.Weights{"api": c.after}})
		if p.n != c.want {
			t.Errorf("from %d to %d: %v requests counted, want %v", c.before, c.after, p.n, c.want)
		}
	}
}

// A limit of the time to first token holds a rented target of which it was known, and not one of which nobody ever tells it.
func TestATimeThatNobodyTellsIsNotWaitedFor(t *testing.T) {
	for known, state := range map[bool]actions.State{false: actions.StateCommitted, true: actions.StateHeld} {
		g := newRig(t)
		g.byWhole(fleet.Some(fleet.Ratio(0.001)))
		g.knob(func() { g.tm.ttft = fleet.Maybe[fleet.Seconds]{V: 0.2, OK: known} })
		p := g.plan()
		p.Guard.TTFT95 = fleet.Some(fleet.Seconds(1))
		id, err := g.r.Start(p, actions.Approval{Typed: "chat"})
		if err != nil {
			t.Fatal(err)
		}
		g.still()
		g.knob(func() { g.tm.ttft = fleet.None[fleet.Seconds]() })
		c := g.until(id, func(c actions.Change) bool { return c.State == actions.StateHeld || c.State == actions.StateCommitted })
		if c.State != state {
			t.Errorf("known before %v: %s: %s", known, c.State, c.Why)
		}
	}
}
