package interlocks

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

func planOf(w *world) (actions.Plan, error) { return plan.New(w.in, w.s, now) }

// hold makes every gateway replica hold weights, as after a write that all of them took over.
func (w *world) hold(weights fleet.Weights) {
	r := w.route()
	r.Weights, r.Hash = weights.Clone(), fleet.HashWeights(weights)
	for i := range r.Replicas {
		r.Replicas[i].Weights, r.Replicas[i].Hash, r.Replicas[i].Differs = weights.Clone(), r.Hash, false
	}
	for i := range r.Targets {
		r.Targets[i].Set = fleet.Some(weights[r.Targets[i].Spec.ID])
	}
}

// works tells of a target, without the interlocks' own code, whether all that is known of it is good.
func (w *world) works(id fleet.TargetID) bool {
	t := w.target(id)
	for _, v := range t.Verdicts {
		if v.Up.OK && !v.Up.V {
			return false
		}
	}
	probe := t.Verdicts[len(t.Verdicts)-1]
	return probe.Up.OK && t.State != fleet.StateDown
}

// The same input gives the same verdicts, and asking changes nothing of it.
func TestInterlocksArePure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		build := drawWorld(t)
		w := build()
		p, err := planOf(w)
		if err != nil {
			return
		}
		digest := plan.Digest(p)
		first := Evaluate(p, w.s, w.b, now)
		again, other := Evaluate(p, w.s, w.b, now), Evaluate(p, build().s, w.b, now)
		for i, c := range first {
			if c.Formula != again[i].Formula || c.Severity != again[i].Severity || c.Formula != other[i].Formula {
				t.Fatalf("%s says %q, then %q, then %q", c.ID, c.Formula, again[i].Formula, other[i].Formula)
			}
		}
		if plan.Digest(p) != digest {
			t.Fatal("asking changed the plan")
		}
	})
}

// Time alone never makes a verdict milder, but for the cool-down and locks that run out.
func TestAgeNeverMakesAVerdictMilder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)()
		p, err := planOf(w)
		if err != nil {
			return
		}
		later := now.Add(time.Duration(rapid.IntRange(0, 1200).Draw(t, "seconds")) * time.Second)
		young, old := Evaluate(p, w.s, w.b, now), Evaluate(p, w.s, w.b, later)
		for i, c := range old {
			if c.ID == "IL-12" || c.ID == "IL-40" || c.Missing { // less of the budget's day is left to spend in; a freeze ends
				continue
			}
			if c.Severity < young[i].Severity {
				t.Fatalf("%s falls from %s (%s) to %s (%s) by waiting", c.ID, young[i].Severity, young[i].Formula, c.Severity,
					c.Formula)
			}
		}
	})
}
