package runner

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// What a person took time to confirm is judged by the object as it is then: at the start, and before the first write.
func TestAnOldReadingIsReadAgainBeforeTheFirstWrite(t *testing.T) {
	for name, x := range map[string]struct {
		old   time.Duration
		edit  func(*cluster, *actions.Plan)
		fresh bool
	}{
		"old":                     {5 * time.Minute, func(*cluster, *actions.Plan) {}, true},
		"of a moment ago":         {20 * time.Second, func(*cluster, *actions.Plan) {}, false},
		"old, another object":     {5 * time.Minute, func(_ *cluster, p *actions.Plan) { p.Work.Was.UID = "u0" }, false},
		"old, gone and made anew": {5 * time.Minute, func(c *cluster, _ *actions.Plan) { c.tells = func(r *fleet.Rollout) { r.UID = "unread" } }, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			c := newCluster(g.clock)
			seen := map[int]time.Time{} // by stage, 0 for the start
			g.fresh(func(o *Options, _ *journal.Options) {
				o.Works = func(id fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) { return c, c, id == "east" }
				o.Evaluate = func(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) []actions.Check {
					seen[0] = p.Work.Was.At
					return nil
				}
				o.EvaluateStep = func(p actions.Plan, n int, _ *fleet.Snapshot, _ actions.Book, _ time.Time) []actions.Check {
					seen[n] = p.Work.Was.At
					return nil
				}
			})
			now := g.clock.Now()
			c.tells = func(r *fleet.Rollout) { r.At = now }
			p := g.workPlan(actions.KindUpgrade, canaryDraft())
			was := now.Add(-x.old)
			p.Work.Was.At = was
			x.edit(c, &p)
			id, err := g.r.Start(p, actions.Approval{})
			if err != nil {
				t.Fatal(err)
			}
			end := g.until(id, in(actions.StateCommitted))
			want := was
			if x.fresh {
				want = now
			}
			if !seen[0].Equal(want) || !seen[1].Equal(want) || !seen[2].Equal(was) || !end.Plan.Work.Was.At.Equal(was) {
				t.Errorf("judged by what was read at %v, planned on %s, now %s", seen, was, now)
			}
			g.sound()
		})
	}
}
