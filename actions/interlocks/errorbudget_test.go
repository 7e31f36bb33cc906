package interlocks

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// did sets what is on file of the objective of chat, which allows one failure in a hundred.
func (w *world) did(requests, errors float64, watched time.Duration) {
	w.route().Objective = fleet.ErrorBudget{Requests: fleet.Some(requests), Errors: fleet.Some(errors), Watched: fleet.Some(watched), From: ago(watched)}
}

const aDay = 24 * time.Hour

func TestErrorBudget(t *testing.T) {
	judgeAll(t, "IL-09", []verdictCase{
		{name: "something is left", want: ok, says: "5,000 failures of 10,000 that 99% allows of 1,000,000 requests over the 14d on file since 2026-11-08"},
		{name: "exhausted in what is on file", edit: func(w *world) { w.did(1e6, 10_001, 14*aDay) }, want: ovr, says: "exhausted: 10,001 failures of 10,000"},
		{name: "the window is said", edit: func(w *world) { w.did(1e6, 10_001, 14*aDay) }, want: ovr, says: "over the 14d on file since 2026-11-08 14:07Z (of 30d)"},
		{name: "just not", edit: func(w *world) { w.did(1e6, 10_000, 14*aDay) }, want: ok, says: "10,000 failures of 10,000"},
		{name: "the whole of 30 days", edit: func(w *world) { w.did(1e6, 10_001, 30*aDay) }, want: ovr, says: "over the 30d on file"},
		{name: "much in little time, but 30 days could make up for it", edit: func(w *world) { w.did(1000, 200, aDay) }, want: warn,
			says: "too little is on file", data: "missing"},
		{name: "more in little time than 30 days allow", edit: func(w *world) { w.did(1000, 301, aDay) }, want: ovr, says: "of all of the 30d is exhausted"},
		{name: "little on file, nothing bad", edit: func(w *world) { w.did(1000, 0, aDay) }, want: warn, says: "too little", data: "missing"},
		{name: "no request", edit: func(w *world) { w.did(0, 0, 14*aDay) }, want: warn, says: "no request is on file", data: "missing"},
		{name: "nothing on file", edit: func(w *world) { w.route().Objective = fleet.ErrorBudget{} }, want: warn, says: "nothing is on file", data: "missing"},
		{name: "no objective", edit: func(w *world) { w.did(1e6, 1e6, 14*aDay); w.route().Spec.SLO = fleet.None[fleet.Ratio]() }, want: ok, says: "declares an objective"},
		{name: "away from a target that fails", edit: func(w *world) { w.did(1e6, 20_000, 14*aDay); w.target("a").State = fleet.StateDown }, want: ok,
			says: "not optional: it leaves a, which is DOWN"},
		{name: "away from one that only warns", edit: func(w *world) { w.did(1e6, 20_000, 14*aDay); w.target("a").State = fleet.StateWarn }, want: ovr},
		{name: "from one that fails and one that does not", edit: func(w *world) {
			w.did(1e6, 20_000, 14*aDay)
			w.target("a").State = fleet.StateDown
			w.in.Weights = fleet.Weights{"a": 50, "b": 25, "api": 25}
		}, want: ovr},
		{name: "a resync", edit: func(w *world) {
			w.did(1e6, 20_000, 14*aDay)
			r := w.route()
			r.Replicas[2].Weights = fleet.Weights{"a": 50, "b": 40, "api": 10}
			r.Replicas[2].Hash, r.Replicas[2].Differs, r.Weights, r.Hash = fleet.HashWeights(r.Replicas[2].Weights), true, nil, ""
			w.in = actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: "gw-3"}
		}, want: ok, says: "brings a replica back"},
	})
}

func TestRestoringIsNoOptionalChangeAndNotFrozen(t *testing.T) {
	w := good()
	w.did(1e6, 20_000, 14*aDay)
	w.s.Freezes = []fleet.FreezeWindow{{Name: "x", From: ago(time.Hour), To: now.Add(time.Hour)}}
	w.b.Changes = []actions.Change{{ID: "c-1", State: actions.StateCommitted, Step: 1, Ended: ago(time.Hour),
		Plan: actions.Plan{Route: w.route().Spec, Before: fleet.Weights{"a": 50, "b": 40, "api": 10}}}}
	w.in.Undoes = "c-1"
	for _, id := range []string{"IL-09", "IL-40"} {
		if c := find(Evaluate(w.plan(t), w.s, w.b, now), id); c.Severity != ok || !strings.Contains(c.Formula.String(), "restores") {
			t.Errorf("%s: %s %s", id, c.Severity, c.Formula)
		}
	}
	w.in.Undoes = "c-2"
	w.p = actions.Plan{}
	for _, id := range []string{"IL-09", "IL-40"} {
		if c := find(Evaluate(w.plan(t), w.s, w.b, now), id); c.Severity != ovr {
			t.Errorf("%s of what restores nothing: %s %s", id, c.Severity, c.Formula)
		}
	}
}

// An upgrade of a pool is asked for the budgets of the routes that it serves; what adds room or ends a roll is no option.
func TestErrorBudgetsOfWhatAnObjectServes(t *testing.T) {
	w := goodWork()
	w.s.Routes[0].Spec.SLO = fleet.Some(fleet.Ratio(0.99))
	w.s.Routes[0].Objective = fleet.ErrorBudget{Requests: fleet.Some(1e6), Errors: fleet.Some(2e4), Watched: fleet.Some(14 * aDay), From: ago(14 * aDay)}
	p := w.plan(t)
	ask := func(kind actions.Kind) actions.Check {
		q := p
		q.Intent.Kind = kind
		return errorBudget(q, w.s, w.b, now)
	}
	if c := ask(actions.KindUpgrade); c.Severity != ovr || !strings.HasPrefix(c.Formula.String(), "chat: the error budget is exhausted") {
		t.Errorf("%s %s", c.Severity, c.Formula)
	}
	for _, kind := range []actions.Kind{actions.KindScale, actions.KindGiveUpRoll, actions.KindPause, actions.KindUncordon} {
		if c := ask(kind); c.Severity != ok {
			t.Errorf("%s: %s %s", kind, c.Severity, c.Formula)
		}
	}
	w.s.Pools[0].State = fleet.StateDown
	if c := ask(actions.KindRestart); c.Severity != ok || !strings.Contains(c.Formula.String(), "llama is DOWN") {
		t.Errorf("%s %s", c.Severity, c.Formula)
	}
}
