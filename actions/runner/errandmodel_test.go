package runner

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

// TestAnySequenceLeavesNoSilenceWithoutARecord drives a silence with random wishes, faults and deaths. In the end what the
// system holds is what the journal says.
func TestAnySequenceLeavesNoSilenceWithoutARecord(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g, a := errandRig(t)
		g.arm(a, nil)
		id, err := g.r.Start(g.silencePlan(), actions.Approval{})
		if err != nil {
			rt.Fatal(err)
		}
		touched := false
		knob := func(turn func()) {
			g.still()
			a.mu.Lock()
			defer a.mu.Unlock()
			turn()
		}
		rt.Repeat(map[string]func(*rapid.T){
			"time":    func(rt *rapid.T) { g.pass(time.Duration(rapid.IntRange(1, 60).Draw(rt, "s")) * time.Second) },
			"hold":    func(*rapid.T) { _ = g.r.Hold(id) },
			"release": func(*rapid.T) { _ = g.r.Release(id) },
			"undo":    func(*rapid.T) { _ = g.r.RollBack(id) },
			"resume":  func(*rapid.T) { _ = g.r.Resume(id) },
			"stop": func(*rapid.T) {
				if err := g.r.Stop(t.Context()); err != nil {
					rt.Fatal(err)
				}
				g.arm(a, nil)
			},
			"silent": func(rt *rapid.T) {
				knob(func() { a.silent = rapid.Bool().Draw(rt, "silent") })
			},
			"fail": func(rt *rapid.T) {
				kind := rapid.SampledFrom([]fleet.Kind{"", fleet.KindTimeout, fleet.KindServer, fleet.KindInvalid}).Draw(rt, "kind")
				applied := rapid.Bool().Draw(rt, "applied")
				knob(func() {
					a.fail = func(int) (bool, error) {
						if kind == "" {
							return true, nil
						}
						return applied && kind != fleet.KindInvalid, &fleet.Error{Kind: kind, Op: "silence"}
					}
				})
			},
			"somebody ends it": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "once in a while") == 0 {
					touched = true
					knob(func() {
						for _, s := range a.list {
							a.ended = append(a.ended, s.ID)
						}
					})
				}
			},
		})
		knob(func() { a.silent, a.fail = false, nil })
		if c := g.change(id); !c.State.Closed() && !c.Guard.Alive.Or(false) {
			_ = g.r.Resume(id)
		}
		for range 20 {
			if c := g.change(id); c.State.Closed() || c.State == actions.StateUnknown {
				break
			}
			_ = g.r.Release(id)
			g.pass(10 * time.Second)
		}
		c, held := g.change(id), len(a.active())
		over := !g.clock.Now().Before(c.Plan.Silence.Silence.Until)
		switch {
		case c.State == actions.StateCommitted && (held == 1 || touched || over):
		case (c.State == actions.StateRolledBack || c.State == actions.StateAborted) && held == 0:
		case c.State == actions.StateUnknown && touched:
		default:
			rt.Fatalf("it ends %q with %d silences: %s", c.State, held, c.Why)
		}
		g.sound()
	})
}
