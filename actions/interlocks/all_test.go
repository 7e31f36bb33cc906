package interlocks

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestAGoodShiftPassesEverything(t *testing.T) {
	w := good()
	checks := Evaluate(w.plan(t), w.s, w.b, now)
	if len(checks) != len(All()) {
		t.Fatalf("%d checks of %d interlocks", len(checks), len(All()))
	}
	for _, c := range checks {
		if c.Severity != actions.SeverityPass || c.Missing || c.Formula.IsEmpty() {
			t.Errorf("%s %s: %s", c.ID, c.Severity, c.Formula)
		}
	}
	w = good()
	w.toAPI()
	for _, c := range Evaluate(w.plan(t), w.s, w.b, now) {
		if c.Severity != actions.SeverityPass {
			t.Errorf("to the API: %s %s: %s", c.ID, c.Severity, c.Formula)
		}
	}
}

func TestTheTableIsComplete(t *testing.T) {
	want := strings.Fields("IL-01 IL-02 IL-03 IL-04 IL-05 IL-06 IL-07 IL-08 IL-09 IL-10 IL-11 IL-12 IL-13 IL-14 IL-15 IL-16 IL-17 " +
		"IL-20 IL-21 IL-22 IL-23 IL-24 IL-25 IL-26 IL-27 IL-28 IL-35 IL-36 IL-37 IL-39 IL-40 IL-44 IL-45")
	var ids []string
	for _, il := range All() {
		ids = append(ids, il.ID)
		if il.Title.IsEmpty() || il.Asks.IsEmpty() || il.Check == nil {
			t.Errorf("%s lacks its text or function", il.ID)
		}
	}
	if !slices.Equal(ids, want) {
		t.Errorf("interlocks %v, want %v", ids, want)
	}
}

func TestNothingReadIsNeverMild(t *testing.T) {
	w := good()
	p := w.plan(t)
	checks := Evaluate(p, nil, actions.Book{}, now)
	for _, id := range []string{"IL-01", "IL-37", "IL-39", "IL-45"} {
		if c := find(checks, id); c.Severity != actions.SeverityHard {
			t.Errorf("%s without a snapshot is %s", id, c.Severity)
		}
	}
	for _, il := range All() {
		if got := il.Check(p, nil, actions.Book{}, now); got.Formula.IsEmpty() {
			t.Errorf("%s says nothing without a snapshot", il.ID)
		}
	}
}

func TestEvaluateStep(t *testing.T) {
	w := good()
	w.in.Weights = fleet.Weights{"a": 30, "b": 60}
	w.pool("b").Rating.V.Decode = 4000
	w.pool("b").Rating.V.Prefill = 40_000
	w.pool("b").KVTokens.V = 100_000
	p := w.plan(t)
	if len(p.Steps) != 3 {
		t.Fatalf("%d steps", len(p.Steps))
	}
	if got := actions.Worst(EvaluateStep(p, 1, w.s, w.b, now.Add(11*time.Minute))); got != actions.SeverityHard {
		t.Errorf("first step of an old plan is %s", got)
	}
	r := w.route()
	r.Weights, r.Hash = p.Steps[0].After, p.Steps[0].AfterHash
	for i := range r.Replicas {
		r.Replicas[i].Weights, r.Replicas[i].Hash = r.Weights, r.Hash
	}
	w.b.Changes = []actions.Change{{ID: "c-1", Plan: p, State: actions.StateApplying, Step: 1}}
	r.Reversals = 9
	second := EvaluateStep(p, 2, w.s, w.b, now)
	if got := find(second, "IL-37"); got.Severity != actions.SeverityPass {
		t.Errorf("second step after the first: %s", got.Formula)
	}
	for _, id := range []string{"IL-20", "IL-21", "IL-22"} {
		if got := find(second, id); got.ID != "" {
			t.Errorf("%s was asked of a change's own second step", id)
		}
	}
	p.Created = now.Add(-time.Hour)
	if got := find(EvaluateStep(p, 2, w.s, w.b, now), "IL-37"); got.Severity != actions.SeverityPass {
		t.Errorf("second step of an old plan: %s", got.Formula)
	}
	if got := find(EvaluateStep(p, 3, w.s, w.b, now), "IL-37"); got.Severity != actions.SeverityHard {
		t.Errorf("third step over the first one's world is %s", got.Severity)
	}
	for _, n := range []int{0, 4} {
		if got := actions.Worst(EvaluateStep(p, n, w.s, w.b, now)); got != actions.SeverityHard {
			t.Errorf("step %d of 3 is %s", n, got)
		}
	}
}

// Age, stale telemetry, target health, locks and a lock taken meanwhile never stop a way back; HARD facts do.
func TestEvaluateRollback(t *testing.T) {
	w := good()
	p := w.plan(t)
	back := actions.Step{N: 1, Before: p.After, After: p.Before}
	old := now.Add(48 * time.Hour)
	for i := range w.route().Targets {
		w.route().Targets[i].Verdicts = []fleet.HealthVerdict{down(fleet.HealthEngine)}
		w.route().Targets[i].State = fleet.StateDown
	}
	w.b = actions.Book{Access: actions.Access{Why: fleet.Text("locked")}}
	if got := actions.Worst(EvaluateRollback(p, back, w.s, w.b, old)); got != actions.SeverityPass {
		t.Errorf("a way back is stopped: %s", got)
	}
	back.After = fleet.Weights{"a": 0, "b": 0, "api": 0}
	if got := actions.Worst(EvaluateRollback(p, back, w.s, w.b, old)); got != actions.SeverityHard {
		t.Errorf("a way back to nothing is %s", got)
	}
	back.After = p.Before
	w.s.Mode = fleet.ModeDrill
	if got := actions.Worst(EvaluateRollback(p, back, w.s, w.b, old)); got != actions.SeverityHard {
		t.Errorf("a way back in a drill of a live plan is %s", got)
	}
	w.s.Mode = fleet.ModeLive
	for i := range w.s.Sites {
		w.s.Sites[i].Labels = nil
	}
	if got := find(EvaluateRollback(p, back, w.s, w.b, old), "IL-14"); got.Severity != actions.SeverityHard {
		t.Errorf("a way back to where data must not go is %s", got.Severity)
	}
}

func TestRestoringSkipsOnlyWhatItMayAndOnlyWhenItRestores(t *testing.T) {
	w := good()
	w.route().Reversals = 3
	before := fleet.Weights{"a": 50, "b": 40, "api": 10}
	w.b.Changes = []actions.Change{{ID: "c-1", State: actions.StateCommitted, Step: 1, Ended: ago(time.Minute),
		Plan: actions.Plan{Route: w.route().Spec, Before: before}}}
	w.in.Undoes = "c-1"
	checks := Evaluate(w.plan(t), w.s, w.b, now)
	for _, id := range []string{"IL-13", "IL-21", "IL-22"} {
		if c := find(checks, id); c.Severity != actions.SeverityPass || !strings.Contains(c.Formula.String(), "c-1") {
			t.Errorf("%s on restoring: %s %s", id, c.Severity, c.Formula)
		}
	}
	for _, c := range []struct {
		name string
		edit func()
	}{
		{"other weights", func() { w.b.Changes[0].Plan.Before = fleet.Weights{"a": 49, "b": 41, "api": 10} }},
		{"other route", func() { w.b.Changes[0].Plan.Before, w.b.Changes[0].Plan.Route.ID = before, "batch" }},
		{"unknown change", func() {
			w.b.Changes = nil
		}},
	} {
		name := c.name
		c.edit()
		if c := find(Evaluate(w.p, w.s, w.b, now), "IL-21"); c.Severity != actions.SeverityBlock {
			t.Errorf("%s: IL-21 is %s %s, though nothing is restored", name, c.Severity, c.Formula)
		}
	}
}

func TestAnOverrideForHistoryNeverHidesARealOne(t *testing.T) {
	real, history := verdict(actions.SeverityOVR, fleet.Text("real")), noHistory(
		fleet.Text("history"))
	gone := missing(actions.SeverityOVR, fleet.Text("gone"))
	for _, c := range []struct{ a, b, want actions.Check }{
		{history, real, real}, {real, history, real}, {history, gone, gone}, {gone, real, real},
		{real, verdict(actions.SeverityBlock, fleet.Text("block")), verdict(actions.SeverityBlock, fleet.Text("block"))},
	} {
		got := worse(c.a, c.b)
		if !strings.HasPrefix(got.Formula.String(), c.want.Formula.String()) || got.History {
			t.Errorf("worse(%s, %s) = %s", c.a.Formula, c.b.Formula, got.Formula)
		}
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 5200: "5,200", 1234567: "1,234,567", -1500: "-1,500"} {
		if got := grouped(v).String(); got != want {
			t.Errorf("grouped(%v) = %q, want %q", v, got, want)
		}
	}
}
