package runner

import (
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// Whoever carries a roll-back on keeps why it began: a process that only resumes it, and one that wants it back as well.
func TestARollBackThatAnotherProcessCarriesOnKeepsItsReason(t *testing.T) {
	for _, act := range []string{"resume", "roll back"} {
		t.Run(act, func(t *testing.T) {
			g, c := workRig(t)
			c.broken = true
			id := g.startWork(actions.KindUpgrade, canaryDraft())
			g.until(id, in(actions.StateRollingBack))
			if err := g.r.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			g.armWork(c, nil)
			do := g.r.Resume
			if act != "resume" {
				do = g.r.RollBack
			}
			if err := do(id); err != nil {
				t.Fatal(err)
			}
			c.turn(func() { c.broken = false })
			g.until(id, in(actions.StateRolledBack))
			kept, _ := journal.Load(g.state)
			if why := kept[0].Why.String(); !strings.Contains(why, "p9 crashes: exit code 1") || strings.Contains(why, "wanted by") {
				t.Errorf("the last sentence is %q", why)
			}
			if cause := kept[0].Cause.String(); !strings.Contains(cause, "p9 crashes: exit code 1") {
				t.Errorf("the journal keeps %q", cause)
			}
			g.sound()
		})
	}
}

// A roll-back of weights that stopped before its first write, and one that stopped behind it, is gone on with for its reason.
func TestARollBackOfWeightsKeepsItsReasonToo(t *testing.T) {
	for name, sent := range map[string]bool{"before its write": false, "behind its write": true} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			id := g.start()
			g.until(id, settledAt(2))
			g.knob(func() {
				g.tm.errors["b"] = 0.05
				if !sent {
					g.back = []actions.Check{{ID: "IL-03", Severity: actions.SeverityHard, Formula: fleet.Text("sum 0")}}
				}
			})
			g.until(id, func(c actions.Change) bool {
				return c.State == actions.StateRollingBack && sent == (len(g.gw.writes) > 2)
			})
			if err := g.r.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			g.back = nil
			g.fresh(nil)
			if err := g.r.Resume(id); err != nil {
				t.Fatal(err)
			}
			g.until(id, in(actions.StateRolledBack))
			kept, _ := journal.Load(g.state)
			if why := kept[0].Why.String(); !strings.Contains(why, "5.00 over") || strings.Contains(why, "resumed") {
				t.Errorf("the last sentence is %q", why)
			}
			g.sound()
		})
	}
}
