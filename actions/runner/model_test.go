package runner

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

// TestAnySequenceStaysOnThePath drives a change with random wishes, faults and deaths. The fake gateway complains about
// every write that is off the planned path or sums to 0; in the end the change is closed, or unknown because of a
// foreign hand, over whose weights nothing was written.
func TestAnySequenceStaysOnThePath(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := newRig(t)
		g.soak = time.Minute
		id := g.start()
		stranger := fleet.Weights{"a": 7, "b": 3}
		touched := false
		rt.Repeat(map[string]func(*rapid.T){
			"time":    func(rt *rapid.T) { g.pass(time.Duration(rapid.IntRange(1, 120).Draw(rt, "s")) * time.Second) },
			"hold":    func(*rapid.T) { _ = g.r.Hold(id) },
			"release": func(*rapid.T) { _ = g.r.Release(id) },
			"next":    func(*rapid.T) { _ = g.r.NextNow(id) },
			"undo":    func(*rapid.T) { _ = g.r.RollBack(id) },
			"resume":  func(*rapid.T) { _ = g.r.Resume(id) },
			"stop": func(*rapid.T) {
				if err := g.r.Stop(t.Context()); err != nil {
					rt.Fatal(err)
				}
				g.fresh(nil)
			},
			"errors": func(rt *rapid.T) {
				ratio := fleet.Ratio(rapid.SampledFrom([]float64{0, 0.01, 0.1}).Draw(rt, "ratio"))
				g.knob(func() { g.tm.errors["b"] = ratio })
			},
			"stale": func(rt *rapid.T) {
				g.knob(func() { g.tm.frozen = rapid.SampledFrom([]time.Time{{}, g.clock.Now()}).Draw(rt, "at") })
			},
			"silent": func(rt *rapid.T) {
				g.knob(func() { g.gw.silent["gw-2"] = rapid.Bool().Draw(rt, "silent") })
			},
			"fail": func(rt *rapid.T) {
				kind := rapid.SampledFrom([]fleet.Kind{"", fleet.KindTimeout, fleet.KindServer, fleet.KindAuth}).Draw(rt, "kind")
				applied := rapid.Bool().Draw(rt, "applied")
				fail := func(int, fleet.Weights, fleet.Weights) (bool, error) {
					if kind == "" {
						return true, nil
					}
					return applied && ambiguous(&fleet.Error{Kind: kind}), &fleet.Error{Kind: kind, Op: "set weights"}
				}
				g.knob(func() { g.gw.fail = fail })
			},
			"foreign": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "once in a while") == 0 {
					touched = true
					g.still()
					g.gw.set(stranger)
				}
			},
			"": func(rt *rapid.T) {
				g.still()
				if len(g.gw.faults) > 0 {
					rt.Fatal(g.gw.faults)
				}
				if now := g.gw.now(); touched && !now.Equal(stranger) {
					rt.Fatalf("a foreign hand's %v became %v", stranger, now)
				}
			},
		})
		g.settleDown(rt, id, touched)
	})
}

// settleDown takes all faults away and sees where the change ends.
func (g *rig) settleDown(rt *rapid.T, id fleet.ChangeID, touched bool) {
	g.knob(func() {
		g.gw.fail, g.tm.frozen = nil, time.Time{}
		g.tm.errors = map[fleet.TargetID]fleet.Ratio{}
		g.gw.silent = map[fleet.GatewayReplicaID]bool{}
	})
	g.pass(time.Minute)
	if c := g.change(id); !c.State.Closed() && !c.Guard.Alive.Or(false) {
		_ = g.r.Resume(id)
	}
	for range 120 {
		if c := g.change(id); c.State.Closed() || c.State == actions.StateUnknown {
			break
		}
		_ = g.r.Release(id)
		g.pass(30 * time.Second)
	}
	c := g.change(id)
	w := g.gw.now()
	switch {
	case c.State == actions.StateCommitted && (w.Equal(path[3]) || touched):
	case c.State == actions.StateRolledBack && (w.Equal(path[0]) || touched):
	case c.State == actions.StateAborted && (w.Equal(path[0]) || touched):
	case c.State == actions.StateUnknown && touched:
	default:
		rt.Fatalf("it ends %q with %v: %s", c.State, w, c.Why)
	}
	if len(g.gw.faults) > 0 {
		rt.Fatal(g.gw.faults)
	}
	g.sound()
}
