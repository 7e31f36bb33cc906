package runner

import (
	"testing"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// TestAnotherRouteThatFailsForWhatIsLeftTakesNoLoadBackThere: a pool that dies fails all routes that send to it, and the part that
// left it first must not go back for the errors of those that leave it with it.
func TestAnotherRouteThatFailsForWhatIsLeftTakesNoLoadBackThere(t *testing.T) {
	for stage, want := range map[actions.FailoverStage]actions.State{actions.StageLeave: actions.StateCommitted, actions.StageReturn: actions.StateRolledBack} {
		g := newRig(t)
		sends := func() *fleet.Snapshot {
			s := g.snapshot()
			s.Routes[1].Targets = []fleet.Target{{Spec: fleet.TargetSpec{ID: "m", Pool: "dead"}, Set: fleet.Some(1)}}
			s.Pools = []fleet.Pool{{Spec: fleet.PoolSpec{ID: "dead"}}}
			return s
		}
		g.fresh(func(o *Options, _ *journal.Options) { o.Latest = sends })
		p := g.plan()
		p.Intent.Failover = &actions.FailoverPart{ID: "fo-1", Origin: actions.Origin{Kind: actions.OriginPool, ID: "dead"}, Stage: stage}
		id, err := g.r.Start(p, actions.Approval{})
		if err != nil {
			t.Fatal(err)
		}
		g.until(id, settledAt(2))
		g.knob(func() { g.tm.other = 0.5 })
		c := g.until(id, func(c actions.Change) bool { return c.State.Closed() })
		if c.State != want {
			t.Errorf("%s: %s: %s", stage, c.State, c.Why)
		}
		if len(c.Harm) == 0 {
			t.Errorf("%s: the errors of the other route are not shown", stage)
		}
	}
}
