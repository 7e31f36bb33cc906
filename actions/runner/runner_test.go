package runner

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

func TestThreeStepsAndASoak(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.still()
	if len(g.gw.writes) != 1 {
		t.Fatalf("%d writes right after the start", len(g.gw.writes))
	}
	c := g.until(id, in(actions.StateSoaking))
	if took := c.Updated.Sub(start); took < 4*time.Minute || took > 8*time.Minute {
		t.Errorf("three steps with holds of 2 min took %v", took)
	}
	if got := c.NextAt.Sub(g.clock.Now()); got < 9*time.Minute || got > 10*time.Minute {
		t.Errorf("the soak ends in %v", got)
	}
	if !c.Guard.Mine || !c.Guard.Alive.V || c.Step != 3 {
		t.Errorf("%+v", c.Guard)
	}
	if lock := g.r.Book().LockOn("chat"); lock == nil || !lock.Mine || lock.Change != id {
		t.Errorf("lock %+v", lock)
	}
	c = g.until(id, in(actions.StateCommitted))
	if len(g.gw.writes) != 3 || !g.gw.now().Equal(path[3]) || !c.World.Equal(path[3]) {
		t.Errorf("writes %v", g.gw.writes)
	}
	for i, s := range c.Steps {
		if s.N != i+1 || s.Verified.IsZero() || s.Accepted.IsZero() || !s.SeenOK.V || s.SeenN < 200 || len(s.ReadBack) != 3 {
			t.Errorf("step %d: %+v", i+1, s)
		}
	}
	if len(c.Limits) == 0 || c.Limits[0].Verdict != verdictPass || len(c.Harm) != 1 || c.Harm[0].Name.String() != "mail err%" {
		t.Errorf("limits %+v, harm %+v", c.Limits, c.Harm)
	}
	if g.r.Book().LockOn("chat") != nil {
		t.Error("the lock is still held")
	}
	if err := g.r.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	g.fresh(nil)
	if again := g.change(id); again.State != actions.StateCommitted || len(again.Steps) != 3 || !again.Steps[2].SeenOK.V {
		t.Errorf("read from the journal: %+v", again)
	}
	g.sound()
	records, _ := audit.Records(g.state)
	if len(records) != 2 || records[0].Kind != audit.KindOpened || records[1].Kind != audit.KindClosed {
		t.Errorf("%+v", records)
	}
}

func TestABrokenLimitRollsBack(t *testing.T) {
	for name, breach := range map[string]func(*rig){
		"errors of the receiving target": func(g *rig) { g.tm.errors["b"] = 0.05 },
		"errors of another route":        func(g *rig) { g.tm.other = 0.05 },
	} {
		for _, at := range []func(actions.Change) bool{settledAt(2), in(actions.StateSoaking)} {
			t.Run(name, func(t *testing.T) {
				g := newRig(t)
				id := g.start()
				g.until(id, at)
				breach(g)
				broken := g.clock.Now()
				c := g.until(id, in(actions.StateRolledBack))
				if took := g.clock.Now().Sub(broken); took < 30*time.Second || took > 90*time.Second {
					t.Errorf("it took %v", took)
				}
				if !g.gw.now().Equal(path[0]) || !strings.Contains(c.Why.String(), "5.00 over") {
					t.Errorf("%v: %s", g.gw.now(), c.Why)
				}
				if last := c.Steps[len(c.Steps)-1]; !last.Back || last.Verified.IsZero() {
					t.Errorf("%+v", last)
				}
				g.sound()
			})
		}
	}
}

func TestAShortBreachIsSurvived(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(1))
	g.knob(func() { g.tm.errors["b"] = 0.05 })
	g.pass(20 * time.Second)
	if c := g.change(id); !strings.Contains(c.Why.String(), "rolls back at 30s") {
		t.Errorf("%s", c.Why)
	}
	g.knob(func() { g.tm.errors["b"] = 0 })
	g.until(id, in(actions.StateCommitted))
}

func TestAForeignChange(t *testing.T) {
	stranger := fleet.Weights{"a": 1, "b": 99}
	t.Run("between plan and apply", func(t *testing.T) {
		g := newRig(t)
		p := g.plan()
		g.gw.set(stranger)
		_, err := g.r.Start(p, actions.Approval{})
		if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "planned on 60/40, now gw-1, gw-2 and gw-3 hold 1/99") {
			t.Fatalf("%v", err)
		}
		if len(g.gw.writes) != 0 || len(g.r.Book().Changes) != 0 || len(g.r.Book().Locks) != 0 {
			t.Error("something was left behind")
		}
	})
	for name, at := range map[string]func(actions.Change) bool{"between steps": settledAt(2), "in the soak": in(actions.StateSoaking)} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			id := g.start()
			g.until(id, at)
			wrote := len(g.gw.writes)
			g.gw.set(stranger)
			c := g.until(id, in(actions.StateUnknown))
			for _, part := range []string{"before ", "planned ", "found: gw-1, gw-2 and gw-3 hold 1/99"} {
				if !strings.Contains(c.Why.String(), part) {
					t.Errorf("%q lacks %q", c.Why, part)
				}
			}
			if !c.World.Equal(stranger) || c.WorldAt.IsZero() {
				t.Errorf("the world is %v", c.World)
			}
			g.pass(5 * time.Minute)
			if len(g.gw.writes) != wrote || !g.gw.now().Equal(stranger) {
				t.Error("it was written over")
			}
			if err := g.r.Resume(id); fleet.KindOf(err) != fleet.KindConflict {
				t.Errorf("resumed: %v", err)
			}
			if err := g.r.RollBack(id); fleet.KindOf(err) != fleet.KindConflict || len(g.gw.writes) != wrote {
				t.Errorf("rolled back over it: %v", err)
			}
			if err := g.r.Abandon(id, "INC-4 took over"); err != nil {
				t.Fatal(err)
			}
			if c := g.change(id); c.State != actions.StateAborted || !strings.Contains(c.Why.String(), "INC-4") {
				t.Errorf("%s: %s", c.State, c.Why)
			}
			g.sound()
		})
	}
	t.Run("on one replica", func(t *testing.T) {
		g := newRig(t)
		id := g.start()
		g.until(id, settledAt(1))
		g.knob(func() { g.gw.strange = stranger })
		c := g.until(id, in(actions.StateUnknown))
		if !strings.Contains(c.Why.String(), "gw-1 and gw-3 hold 50/50, gw-2 holds 1/99") {
			t.Errorf("%s", c.Why)
		}
	})
}

func TestALaggard(t *testing.T) {
	t.Run("is resynced", func(t *testing.T) {
		g := newRig(t)
		g.knob(func() { g.gw.lags["gw-3"] = true })
		id := g.start()
		c := g.until(id, in(actions.StateHeld))
		if !strings.Contains(c.Why.String(), "gw-3 does not follow: gw-1 and gw-2 hold 50/50, gw-3 holds 60/40") {
			t.Errorf("%s", c.Why)
		}
		if c.NextAt.IsZero() {
			t.Error("it does not say when it rolls back")
		}
		g.until(id, in(actions.StateCommitted))
		if !slices.Equal(g.gw.resyncs, []fleet.GatewayReplicaID{"gw-3"}) {
			t.Errorf("resynced: %v, want gw-3 once", g.gw.resyncs)
		}
	})
	t.Run("never follows", func(t *testing.T) {
		g := newRig(t)
		id := g.start()
		g.until(id, settledAt(1))
		g.knob(func() { g.gw.lags["gw-3"], g.gw.stuck = true, true })
		c := g.until(id, in(actions.StateRollingBack))
		if !strings.Contains(c.Why.String(), "gw-3 does not follow") {
			t.Errorf("%s", c.Why)
		}
		g.knob(func() { delete(g.gw.lags, "gw-3") })
		g.until(id, in(actions.StateRolledBack))
		if !g.gw.now().Equal(path[0]) {
			t.Errorf("%v", g.gw.now())
		}
	})
	t.Run("does not answer from the start", func(t *testing.T) {
		g := newRig(t)
		g.knob(func() { g.gw.silent["gw-2"] = true })
		id := g.start()
		c := g.until(id, in(actions.StateCommitted))
		if back := c.Steps[0].ReadBack[1]; back.Err.IsEmpty() || back.OK {
			t.Errorf("%+v", back)
		}
	})
	t.Run("falls silent in the soak", func(t *testing.T) {
		g := newRig(t)
		id := g.start()
		g.until(id, in(actions.StateSoaking))
		g.knob(func() { g.gw.silent["gw-2"] = true })
		c := g.until(id, in(actions.StateHeld))
		if !strings.Contains(c.Why.String(), "gw-2 does not answer") {
			t.Errorf("%s", c.Why)
		}
		g.pass(20 * time.Minute)
		if g.change(id).State != actions.StateHeld {
			t.Error("it passed without proof")
		}
		g.knob(func() { delete(g.gw.silent, "gw-2") })
		g.until(id, in(actions.StateCommitted))
	})
}

func TestWriterErrors(t *testing.T) {
	fails := func(at int, applied bool, kind fleet.Kind, times int) func(int, fleet.Weights, fleet.Weights) (bool, error) {
		return func(n int, _, _ fleet.Weights) (bool, error) {
			if n >= at && n < at+times {
				return applied, &fleet.Error{Kind: kind, Op: "set weights"}
			}
			return true, nil
		}
	}
	for _, c := range []struct {
		name   string
		fail   func(int, fleet.Weights, fleet.Weights) (bool, error)
		end    actions.State
		held   bool
		writes int
		world  fleet.Weights
	}{
		{"times out and was applied", fails(2, true, fleet.KindTimeout, 1), actions.StateCommitted, false, 3, path[3]},
		{"times out and was not applied", fails(2, false, fleet.KindTimeout, 1), actions.StateCommitted, false, 4, path[3]},
		{"asked too often twice", fails(2, false, fleet.KindRateLimited, 2), actions.StateCommitted, false, 5, path[3]},
		{"fails for good at first", fails(1, false, fleet.KindServer, 99), actions.StateAborted, false, 3, path[0]},
		{"is refused at first", fails(1, false, fleet.KindAuth, 99), actions.StateAborted, false, 1, path[0]},
		{"is refused later", fails(2, false, fleet.KindAuth, 99), actions.StateHeld, true, 2, path[1]},
		{"conflicts later", fails(2, false, fleet.KindConflict, 99), actions.StateUnknown, false, 2, path[1]},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRig(t)
			g.gw.fail = c.fail
			id := g.start()
			got := g.until(id, func(got actions.Change) bool { return got.State == c.end && got.Held == c.held })
			if len(g.gw.writes) != c.writes || !g.gw.now().Equal(c.world) {
				t.Errorf("%d writes, holds %v: %s", len(g.gw.writes), g.gw.now(), got.Why)
			}
			g.sound()
		})
	}
}

func TestARefusedStepGoesOnWhenReleased(t *testing.T) {
	g := newRig(t)
	refuse := true
	g.gw.fail = func(n int, _, _ fleet.Weights) (bool, error) {
		if n > 1 && refuse {
			return false, &fleet.Error{Kind: fleet.KindAuth, Op: "set weights"}
		}
		return true, nil
	}
	id := g.start()
	c := g.until(id, func(c actions.Change) bool { return c.Held })
	if c.Step != 1 || !strings.Contains(c.Why.String(), "refused step 2") || !strings.Contains(c.Why.String(), "hold 50/50") {
		t.Fatalf("step %d: %s", c.Step, c.Why)
	}
	g.fresh(nil) // what the journal says of it
	if c := g.change(id); c.Step != 1 || !c.Held || c.State != actions.StateHeld {
		t.Errorf("the journal says step %d, %s", c.Step, c.State)
	}
}

func TestHalfOfTheReplicasRefuse(t *testing.T) {
	g := newRig(t)
	g.knob(func() { g.gw.lags["gw-2"], g.gw.lags["gw-3"] = true, true })
	g.gw.fail = func(n int, _, _ fleet.Weights) (bool, error) {
		if n == 1 {
			return true, &fleet.Error{Kind: fleet.KindUnsupported, Op: "set weights", Next: "gw-2 and gw-3 did not reload"}
		}
		g.gw.lags = map[fleet.GatewayReplicaID]bool{}
		return true, nil
	}
	id := g.start()
	c := g.until(id, in(actions.StateRolledBack))
	if want := "gw-2 and gw-3 hold 60/40, gw-1 holds 50/50"; !strings.Contains(c.Why.String(), want) {
		t.Errorf("%q lacks %q", c.Why, want)
	}
	if !g.gw.now().Equal(path[0]) {
		t.Errorf("%v", g.gw.now())
	}
}

func TestHoldReleaseAndNext(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(1))
	if err := g.r.Hold(id); err != nil {
		t.Fatal(err)
	}
	g.pass(30 * time.Minute)
	c := g.change(id)
	if c.State != actions.StateHeld || !c.Held || c.Step != 1 || c.Why.String() != "held by mara" {
		t.Fatalf("%s %v step %d: %s", c.State, c.Held, c.Step, c.Why)
	}
	if err := g.r.Release(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, func(c actions.Change) bool { return c.Step == 2 })
	g.until(id, settledAt(2))
	at := g.clock.Now()
	if err := g.r.NextNow(id); err != nil {
		t.Fatal(err)
	}
	g.still()
	if g.change(id).Step != 2 {
		t.Error("the next step was written before the traffic of this one was seen")
	}
	g.until(id, func(c actions.Change) bool { return c.Step == 3 })
	if took := g.clock.Now().Sub(at); took > 100*time.Second {
		t.Errorf("the hold was not skipped: %v", took)
	}
	g.until(id, in(actions.StateCommitted))
	if err := g.r.Hold(id); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("held a closed change: %v", err)
	}
	g.sound()
}

func TestAHeldStepIsStillGuarded(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(1))
	if err := g.r.Hold(id); err != nil {
		t.Fatal(err)
	}
	g.knob(func() { g.tm.errors["b"] = 0.3 })
	g.until(id, in(actions.StateRolledBack))
}

func TestTooFewRequestsAreInconclusive(t *testing.T) {
	g := newRig(t)
	g.knob(func() { g.tm.perMinute = 3 })
	id := g.start()
	c := g.until(id, in(actions.StateHeld))
	if c.Step != 1 || c.Held || !strings.Contains(c.Why.String(), "of 200 requests") || !strings.Contains(c.Why.String(), "inconclusive") {
		t.Fatalf("step %d: %s", c.Step, c.Why)
	}
	if took := g.clock.Now().Sub(start); took < actions.InconclusiveAfter || took > actions.InconclusiveAfter+time.Minute {
		t.Errorf("after %v", took)
	}
	if err := g.r.NextNow(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, func(c actions.Change) bool { return c.Step == 2 })
	g.sound()
}

func TestARouteWithoutTrafficNeedsAPerson(t *testing.T) {
	g := newRig(t)
	g.tm.perMinute = 0
	id := g.start()
	for step := 1; step <= 3; step++ {
		c := g.until(id, func(c actions.Change) bool { return c.State == actions.StateHeld && c.Step == step })
		if !strings.Contains(c.Why.String(), "inconclusive") || c.Limits[0].Verdict != verdictUnclear {
			t.Fatalf("step %d: %s", step, c.Why)
		}
		if err := g.r.NextNow(id); err != nil {
			t.Fatal(err)
		}
	}
	g.until(id, in(actions.StateCommitted))
	g.sound()
}

func TestAShareThatIsOffHolds(t *testing.T) {
	g := newRig(t)
	g.knob(func() { g.tm.skew = 0.2 })
	id := g.start()
	c := g.until(id, in(actions.StateHeld))
	if c.Steps[0].SeenOK.V || !strings.Contains(c.Why.String(), "carries") {
		t.Fatalf("%+v: %s", c.Steps[0], c.Why)
	}
	if err := g.r.NextNow(id); err != nil {
		t.Fatal(err)
	}
	g.pass(10 * time.Minute)
	if g.change(id).Step != 1 {
		t.Error("verification was skipped")
	}
}

func TestStaleTelemetryNeverPasses(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, in(actions.StateSoaking))
	g.knob(func() { g.tm.frozen = g.clock.Now() })
	c := g.until(id, in(actions.StateHeld))
	if !strings.Contains(c.Why.String(), "unclear") || c.Limits[0].Verdict != verdictUnclear {
		t.Fatalf("%s, %+v", c.Why, c.Limits)
	}
	g.pass(40 * time.Minute)
	if c := g.change(id); c.State != actions.StateHeld {
		t.Fatalf("it became %s", c.State)
	}
	g.knob(func() { g.tm.frozen = time.Time{} })
	back := g.clock.Now()
	g.until(id, in(actions.StateCommitted))
	if took := g.clock.Now().Sub(back); took < 8*time.Minute {
		t.Errorf("only %v of the soak were seen", took)
	}
}

func TestInterlocksAreAskedBeforeEachStep(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(1))
	g.knob(func() {
		g.step = []actions.Check{{ID: "IL-04", Severity: actions.SeverityBlock, Formula: fleet.Text("1.20 = 12,000/10,000 tok/s > 1.0")}}
	})
	c := g.until(id, in(actions.StateHeld))
	if c.Step != 1 || c.Why.String() != "IL-04 BLOCK: 1.20 = 12,000/10,000 tok/s > 1.0" {
		t.Fatalf("step %d: %s", c.Step, c.Why)
	}
	g.pass(20 * time.Minute)
	g.knob(func() { g.step = []actions.Check{{ID: "IL-13", Severity: actions.SeverityWarn}} })
	g.until(id, in(actions.StateCommitted))
	g.sound()
}

func TestOnlyHardStopsARollBack(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(2))
	g.knob(func() { g.tm.frozen = start }) // everything is stale
	g.knob(func() {
		g.back = []actions.Check{{ID: "IL-03", Severity: actions.SeverityHard, Formula: fleet.Text("sum 0")}}
	})
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	g.pass(time.Minute)
	if c := g.change(id); c.State != actions.StateRollingBack || !strings.Contains(c.Why.String(), "IL-03 HARD: sum 0") || len(g.gw.writes) != 2 {
		t.Fatalf("%s: %s", c.State, c.Why)
	}
	g.knob(func() { g.back = []actions.Check{{ID: "IL-23", Severity: actions.SeverityBlock}} })
	g.until(id, in(actions.StateRolledBack))
	g.sound()
}

func TestARollBackTriesOn(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(1))
	g.knob(func() {
		g.gw.fail = func(n int, _, _ fleet.Weights) (bool, error) {
			if n < 8 {
				return false, &fleet.Error{Kind: fleet.KindUnreachable, Op: "set weights"}
			}
			return true, nil
		}
	})
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	g.pass(10 * time.Second)
	if c := g.change(id); !strings.Contains(c.Why.String(), "trying on: gw-1, gw-2 and gw-3 hold 50/50") {
		t.Errorf("%s", c.Why)
	}
	g.until(id, in(actions.StateRolledBack))
}

func TestRefusedStarts(t *testing.T) {
	ovr := func(...any) []actions.Check {
		return []actions.Check{{ID: "IL-02", Severity: actions.SeverityOVR, Formula: fleet.Text("1 healthy target")}}
	}
	for name, c := range map[string]struct {
		edit     func(*Options)
		prod     bool
		approval actions.Approval
		kind     fleet.Kind
	}{
		"read-only":             {func(o *Options) { o.Writers = nil }, false, actions.Approval{}, fleet.KindReadOnly},
		"unwritable gateway":    {func(o *Options) { o.Writers = func(fleet.GatewayID) (fleet.RouteWriter, bool) { return nil, false } }, false, actions.Approval{}, fleet.KindReadOnly},
		"override not named":    {nil, false, actions.Approval{Typed: "chat", Reason: "because I say so"}, fleet.KindBlocked},
		"override not typed":    {nil, false, actions.Approval{Reason: "because I say so", Overrides: []string{"IL-02"}}, fleet.KindBlocked},
		"override short reason": {nil, false, actions.Approval{Typed: "chat", Reason: "ok", Overrides: []string{"IL-02"}}, fleet.KindBlocked},
		"production not typed":  {nil, true, actions.Approval{Typed: "chta", Reason: "because I say so", Overrides: []string{"IL-02"}}, fleet.KindBlocked},
		"nothing read":          {func(o *Options) { o.Latest = func() *fleet.Snapshot { return nil } }, false, actions.Approval{}, fleet.KindStale},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			g.fresh(func(o *Options, _ *journal.Options) {
				o.Evaluate = func(actions.Plan, *fleet.Snapshot, actions.Book, time.Time) []actions.Check { return ovr() }
				if c.edit != nil {
					c.edit(o)
				}
			})
			p := g.plan()
			if c.prod {
				p.Env = ""
			}
			if _, err := g.r.Start(p, c.approval); fleet.KindOf(err) != c.kind {
				t.Errorf("%v", err)
			}
			if len(g.gw.writes) != 0 || len(g.r.Book().Changes) != 0 || len(g.r.Book().Locks) != 0 {
				t.Error("something was left behind")
			}
		})
	}
	t.Run("approved override", func(t *testing.T) {
		g := newRig(t)
		g.fresh(func(o *Options, _ *journal.Options) {
			o.Evaluate = func(actions.Plan, *fleet.Snapshot, actions.Book, time.Time) []actions.Check { return ovr() }
		})
		p := g.plan()
		p.Env = ""
		if _, err := g.r.Start(p, actions.Approval{Typed: "chat", Reason: "one pool is in repair", Overrides: []string{"IL-02"}}); err != nil {
			t.Fatal(err)
		}
		g.still()
		records, _ := audit.Records(g.state)
		if len(records) != 2 || records[0].Verdicts != "OVR IL-02" || records[1].Kind != audit.KindOverride {
			t.Errorf("%+v", records)
		}
	})
}

func TestTwoOperators(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.still()
	first := g.r
	g.fresh(nil)
	if _, err := g.r.Start(g.plan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindConflict {
		t.Fatalf("a second change on the route: %v", err)
	}
	for name, act := range map[string]func(fleet.ChangeID) error{"resume": g.r.Resume, "roll back": g.r.RollBack,
		"hold": g.r.Hold, "abandon": func(id fleet.ChangeID) error { return g.r.Abandon(id, "") }} {
		if err := act(id); fleet.KindOf(err) != fleet.KindConflict {
			t.Errorf("%s from the second console: %v", name, err)
		}
	}
	if lock := g.r.Book().LockOn("chat"); lock == nil || lock.Mine || lock.Holder.Name != "mara" {
		t.Errorf("%+v", lock)
	}
	g.r = first
	g.until(id, in(actions.StateCommitted))
}

func TestDetachGuardsTheStepInForce(t *testing.T) {
	t.Run("in the ramp", func(t *testing.T) {
		g := newRig(t)
		id := g.start()
		g.until(id, settledAt(1))
		g.r.Detach()
		if c := g.change(id); !c.Guard.Detached {
			t.Errorf("%+v", c.Guard)
		}
		if _, err := g.r.Start(g.plan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindInterrupted {
			t.Errorf("started while ending: %v", err)
		}
		done := g.until(id, func(c actions.Change) bool { return !c.Guard.Alive.Or(true) })
		if took := g.clock.Now().Sub(start); took < 11*time.Minute || took > 15*time.Minute {
			t.Errorf("left after %v", took)
		}
		if done.State.Closed() || len(g.gw.writes) != 1 || !strings.Contains(done.Why.String(), "stopped after step 1 of 3") {
			t.Errorf("%s, %d writes: %s", done.State, len(g.gw.writes), done.Why)
		}
		if err := g.r.Wait(context.Background()); err != nil {
			t.Error(err)
		}
		g.fresh(nil)
		if err := g.r.Resume(id); err != nil {
			t.Fatal(err)
		}
		g.until(id, in(actions.StateCommitted))
		g.sound()
	})
	t.Run("rolls back", func(t *testing.T) {
		g := newRig(t)
		id := g.start()
		g.until(id, settledAt(2))
		g.r.Detach()
		g.knob(func() { g.tm.errors["b"] = 0.2 })
		g.until(id, in(actions.StateRolledBack))
	})
	t.Run("in the soak", func(t *testing.T) {
		g := newRig(t)
		id := g.start()
		g.until(id, in(actions.StateSoaking))
		g.r.Detach()
		g.until(id, in(actions.StateCommitted))
	})
	t.Run("without any evidence it ends too", func(t *testing.T) {
		g := newRig(t)
		id := g.start()
		g.until(id, settledAt(1))
		g.knob(func() { g.tm.frozen = g.clock.Now() })
		g.r.Detach()
		c := g.until(id, func(c actions.Change) bool { return !c.Guard.Alive.Or(true) })
		if c.State.Closed() || !strings.Contains(c.Why.String(), "unclear") {
			t.Errorf("%s: %s", c.State, c.Why)
		}
	})
}

func TestStopLeavesAResumableJournal(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(2))
	if err := g.r.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if lock := g.r.Book().LockOn("chat"); lock != nil {
		t.Errorf("%+v", lock)
	}
	g.fresh(nil)
	c := g.change(id)
	if c.State.Closed() || c.Guard.Alive.Or(true) || c.Why.String() != "stopped: resume or undo it" {
		t.Fatalf("%s %+v: %s", c.State, c.Guard, c.Why)
	}
	if err := g.r.Resume(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateCommitted))
	if len(g.gw.writes) != 3 {
		t.Errorf("%d writes", len(g.gw.writes))
	}
	g.sound()
}

func TestLockedConsoleStillRollsBack(t *testing.T) {
	g := newRig(t)
	id := g.start()
	g.until(id, settledAt(1))
	g.r.SetWriters(nil)
	if a := g.r.Book().Access; a.Write || a.Why.IsEmpty() {
		t.Errorf("%+v", a)
	}
	g.knob(func() { g.tm.errors["b"] = 0.2 })
	g.until(id, in(actions.StateRolledBack))
}

func TestResync(t *testing.T) {
	g := newRig(t)
	g.gw.S.Was = fleet.Weights{"a": 90, "b": 10}
	g.knob(func() { g.gw.lags["gw-3"] = true })
	p := g.plan()
	p.Intent.Kind, p.Intent.Replica = actions.KindResync, "gw-3"
	p.After, p.AfterHash, p.Soak = p.Before, p.BeforeHash, time.Minute
	p.Steps = []actions.Step{{N: 1, Before: p.Before, BeforeHash: p.BeforeHash, After: p.Before, AfterHash: p.BeforeHash, Replica: "gw-3"}}
	id, err := g.r.Start(p, actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	c := g.until(id, in(actions.StateCommitted))
	if len(g.gw.writes) != 0 || len(g.gw.resyncs) != 1 || c.Steps[0].Verified.IsZero() {
		t.Errorf("%v %v %+v", g.gw.writes, g.gw.resyncs, c.Steps)
	}
	g.sound()
}

func TestAHeldChangeIsLeftWhenTheTerminalGoes(t *testing.T) {
	for _, at := range []func(actions.Change) bool{settledAt(1), in(actions.StateSoaking)} {
		g := newRig(t)
		id := g.start()
		g.until(id, at)
		if err := g.r.Hold(id); err != nil {
			t.Fatal(err)
		}
		g.r.Detach()
		wrote := len(g.gw.writes)
		c := g.until(id, func(c actions.Change) bool { return !c.Guard.Alive.Or(true) })
		if c.State.Closed() || !c.Held || len(g.gw.writes) != wrote {
			t.Errorf("%s, held %v: %s", c.State, c.Held, c.Why)
		}
		g.sound()
	}
}

func TestALostLockStopsEverything(t *testing.T) {
	for name, act := range map[string]func(*rig, fleet.ChangeID){
		"forward": func(*rig, fleet.ChangeID) {},
		"back":    func(g *rig, id fleet.ChangeID) { _ = g.r.RollBack(id) },
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			id := g.start()
			g.until(id, settledAt(1))
			files, err := filepath.Glob(filepath.Join(g.state, "locks", "*.lock"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			if err := os.Remove(files[0]); err != nil {
				t.Fatal(err)
			}
			act(g, id)
			c := g.until(id, in(actions.StateUnknown))
			if len(g.gw.writes) != 1 || !strings.Contains(c.Why.String(), "lock") {
				t.Errorf("%d writes: %s", len(g.gw.writes), c.Why)
			}
		})
	}
}

func TestADamagedJournalCanOnlyBeClosed(t *testing.T) {
	for name, damage := range map[string]string{"first line": "seq\":1,", "later line": "seq\":2,"} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			id := g.start()
			g.until(id, settledAt(1))
			if err := g.r.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			files, _ := filepath.Glob(filepath.Join(g.state, "journal", "*.jsonl"))
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			b = bytes.Replace(b, []byte(damage), []byte(strings.Replace(damage, ":", ": ", 1)[:len(damage)]), 1)
			if err := os.WriteFile(files[0], b, 0o600); err != nil {
				t.Fatal(err)
			}
			g.fresh(nil)
			if c := g.change(id); c.State != actions.StateUnknown {
				t.Fatalf("%s: %s", c.State, c.Why)
			}
			if err := g.r.Resume(id); err == nil {
				t.Error("resumed")
			}
			if err := g.r.Abandon(id, "looked at it"); err != nil {
				t.Fatal(err)
			}
			if c := g.change(id); c.State != actions.StateAborted || len(g.gw.writes) != 1 {
				t.Errorf("%s, %d writes", c.State, len(g.gw.writes))
			}
			g.fresh(nil)
			if c := g.change(id); c.State != actions.StateAborted {
				t.Errorf("the journal says %s", c.State)
			}
		})
	}
}

func TestAnOldPlanIsNotStartedByResuming(t *testing.T) {
	g := newRig(t)
	g.knob(func() {
		g.step = []actions.Check{{ID: "IL-24", Severity: actions.SeverityBlock, Formula: fleet.Text("1 of 2")}}
	})
	id := g.start()
	g.until(id, in(actions.StateHeld))
	if err := g.r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.pass(11 * time.Minute)
	g.fresh(nil)
	g.knob(func() { g.step = nil })
	if err := g.r.Resume(id); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "older than 10 minutes") {
		t.Errorf("%v", err)
	}
	if c := g.change(id); c.State != actions.StateAborted || len(g.gw.writes) != 0 {
		t.Errorf("%s: %s", c.State, c.Why)
	}
	g.sound()
}

// BenchmarkConfirmToWrite measures from the confirmation to the write, with every record on the disk before it.
func BenchmarkConfirmToWrite(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		g := newRigIn(b, stateDir(b))
		g.fresh(func(_ *Options, j *journal.Options) { j.Write = nil })
		sent := make(chan struct{})
		g.gw.fail = func(int, fleet.Weights, fleet.Weights) (bool, error) { close(sent); return true, nil }
		b.StartTimer()
		if _, err := g.r.Start(g.plan(), actions.Approval{}); err != nil {
			b.Fatal(err)
		}
		<-sent
		b.StopTimer()
		g.gw.mu.Lock()
		g.gw.fail = nil
		g.gw.mu.Unlock()
		if err := g.r.Stop(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// cutShort gives a change whose process ended during the first write: gw-3, which is written for itself and follows
// no store, was not reached, and takes the next write.
func cutShort(t *testing.T) (*rig, fleet.ChangeID) {
	g := newRig(t)
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Probe = func(point string) {
			if point == "after write 1" {
				runtime.Goexit()
			}
		}
	})
	g.gw.lags["gw-3"], g.gw.stuck = true, true
	id := g.start()
	g.still()
	g.gw.fail = func(int, fleet.Weights, fleet.Weights) (bool, error) {
		delete(g.gw.lags, "gw-3")
		return true, nil
	}
	g.fresh(nil)
	return g, id
}

func TestAWriteThatWasCutShortIsCompleted(t *testing.T) {
	g, id := cutShort(t)
	if err := g.r.Resume(id); err != nil {
		t.Fatal(err)
	}
	c := g.until(id, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
	if c.State != actions.StateCommitted {
		t.Fatalf("it ends %s: %s", c.State, c.Why)
	}
	if n := len(g.gw.writes); n != 4 || !g.gw.writes[1].Equal(path[1]) || len(g.gw.resyncs) != 0 {
		t.Errorf("writes %v, resyncs %v: want step 1 twice, and no resync", g.gw.writes, g.gw.resyncs)
	}
	g.sound()
}

func TestAWriteThatWasCutShortIsTakenBackAgainstAHardInterlock(t *testing.T) {
	g, id := cutShort(t)
	g.step = []actions.Check{{ID: "IL-01", Severity: actions.SeverityHard, Formula: fleet.Text("0 healthy targets")}}
	if err := g.r.Resume(id); err != nil {
		t.Fatal(err)
	}
	c := g.until(id, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
	if c.State != actions.StateRolledBack || !g.gw.now().Equal(path[0]) || slices.ContainsFunc(g.gw.writes[1:], path[1].Equal) {
		t.Fatalf("it ends %s with %v after %v: %s", c.State, g.gw.now(), g.gw.writes, c.Why)
	}
}
