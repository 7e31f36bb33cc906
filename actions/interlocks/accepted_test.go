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

// No sequence of accepted steps, of whatever overrides, leads to a state that a HARD interlock forbids.
func TestNoSequenceOfAcceptedStepsReachesAHardState(t *testing.T) {
	reached := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)()
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			for _, id := range []fleet.TargetID{"a", "b", "api"} {
				w.in.Weights[id] = rapid.SampledFrom([]int{0, 0, 10, 30, 60, 100}).Draw(t, "wish")
			}
			p, err := planOf(w)
			if err != nil || actions.Worst(Evaluate(p, w.s, w.b, now)) >= block {
				continue
			}
			for _, st := range p.Steps {
				if rapid.Bool().Draw(t, "something happens") {
					i := rapid.IntRange(2, 9).Draw(t, "what")
					troubles()[i].do(w)
				}
				if actions.Worst(EvaluateStep(p, st.N, w.s, w.b, now)) >= block {
					break
				}
				w.hold(st.After)
				reached++
				healthy := 0
				for id, v := range st.After {
					if v < 0 {
						t.Fatalf("accepted step to %v", st.After)
					}
					if v > 0 && w.works(id) {
						healthy++
					}
				}
				if st.After.Sum() <= 0 || healthy == 0 {
					t.Fatalf("accepted step to %v with %d healthy targets", st.After, healthy)
				}
				now2 := actions.Plan{Route: p.Route, Order: p.Order, Before: st.After, After: st.After}
				for _, c := range []actions.Check{lastHealthy(now2, w.s, w.b, now), zeroSum(now2, w.s, w.b, now)} {
					if c.Severity == hard {
						t.Fatalf("after an accepted step to %v: %s", st.After, c.Formula)
					}
				}
			}
		}
	})
	if reached == 0 {
		t.Error("no step was ever accepted: the property was not tested")
	}
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
			if c.ID == "IL-12" || c.Missing { // less of the budget's day is left to spend in
				continue
			}
			if c.Severity < young[i].Severity {
				t.Fatalf("%s falls from %s (%s) to %s (%s) by waiting", c.ID, young[i].Severity, young[i].Formula, c.Severity,
					c.Formula)
			}
		}
	})
}
