package interlocks

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// freeze adds a window to the calendar.
func (w *world) freeze(from, to time.Duration, scope fleet.Scope) {
	w.s.Freezes = append(w.s.Freezes, fleet.FreezeWindow{Name: "year end", Reason: "books are closed", From: now.Add(from), To: now.Add(to), Scope: scope})
}

// blocks declares a blocking alert, with the Alertmanager that may hold it.
func (w *world) blocks(scope fleet.Scope) {
	w.s.Rules.Blocking = []fleet.BlockingAlert{{Name: "payments", Reason: "ask the desk", Match: []fleet.Matcher{{Name: "alertname", Value: "PaymentsDown"}}, Scope: scope}}
	w.s.Sources = append(w.s.Sources, fleet.SourceStatus{ID: "am", Silences: true, LastGood: ago(5 * time.Second)})
}

func (w *world) fires() {
	w.s.Alerts = []fleet.Alert{{Origin: "am", Object: fleet.Text("checkout"), Since: ago(time.Minute), Labels: map[string]string{"alertname": "PaymentsDown"}}}
}

func TestFreezes(t *testing.T) {
	all, batch := fleet.Scope{}, fleet.Scope{Routes: []fleet.RouteID{"batch"}}
	judgeAll(t, "IL-40", []verdictCase{
		{name: "none", want: ok, says: "no freeze holds"},
		{name: "holds", edit: func(w *world) { w.freeze(-time.Hour, time.Hour, all) }, want: ovr,
			says: "freeze year end until 2026-11-22 15:07Z: books are closed"},
		{name: "its first moment is in it", edit: func(w *world) { w.freeze(0, time.Hour, all) }, want: ovr},
		{name: "its end is not", edit: func(w *world) { w.freeze(-time.Hour, 0, all) }, want: ok},
		{name: "of another route", edit: func(w *world) { w.freeze(-time.Hour, time.Hour, batch) }, want: ok},
		{name: "of this route", edit: func(w *world) { w.freeze(-time.Hour, time.Hour, fleet.Scope{Routes: []fleet.RouteID{"chat"}}) }, want: ovr},
		{name: "of a pool that it gives less", edit: func(w *world) { w.freeze(-time.Hour, time.Hour, fleet.Scope{Pools: []fleet.PoolID{"a"}}) }, want: ovr},
		{name: "of a pool that keeps its weight", edit: func(w *world) {
			w.toAPI()
			w.freeze(-time.Hour, time.Hour, fleet.Scope{Pools: []fleet.PoolID{"b"}})
		}, want: ok},
		{name: "lifted by the incident that is taken", edit: func(w *world) {
			w.freeze(-time.Hour, time.Hour, all)
			w.b.Access.Incident = "INC-7"
		}, want: ok, says: "lifted by incident INC-7: freeze year end"},
		{name: "lifted by the incident of the plan", edit: func(w *world) {
			w.freeze(-time.Hour, time.Hour, all)
			w.in.Incident = "INC-8"
		}, want: ok, says: "lifted by incident INC-8"},
		{name: "comes long after", edit: func(w *world) { w.freeze(time.Hour, 2*time.Hour, all) }, want: ok},
		{name: "begins while the steps go on", edit: func(w *world) {
			w.in.Weights = fleet.Weights{"a": 30, "b": 60}
			w.freeze(time.Minute, time.Hour, all)
		}, want: warn, says: "begins in 60s, before the change can be through"},
		{name: "alert fires", edit: func(w *world) { w.blocks(all); w.fires() }, want: ovr, says: "alert payments is active on checkout for 60s: ask the desk"},
		{name: "alert fires, incident taken", edit: func(w *world) { w.blocks(all); w.fires(); w.b.Access.Incident = "INC-7" }, want: ok, says: "lifted"},
		{name: "alert of another route", edit: func(w *world) { w.blocks(batch); w.fires() }, want: ok},
		{name: "alert of another environment", edit: func(w *world) { w.blocks(fleet.Scope{Envs: []fleet.Env{fleet.EnvDev}}); w.fires() }, want: ok},
		{name: "alert rests", edit: func(w *world) { w.blocks(all) }, want: ok},
		{name: "alert only pends", edit: func(w *world) { w.blocks(all); w.fires(); w.s.Alerts[0].Pending = true }, want: ok},
		{name: "the Alertmanager is not read", edit: func(w *world) {
			w.blocks(all)
			w.s.Sources[len(w.s.Sources)-1].Stale = true
		}, want: warn, says: "am is not read", data: "missing"},
		{name: "what an unread one said last holds", edit: func(w *world) {
			w.blocks(all)
			w.fires()
			w.s.Alerts[0].Old, w.s.Sources[len(w.s.Sources)-1].Stale = true, true
		}, want: ovr},
		{name: "there is no Alertmanager", edit: func(w *world) {
			w.blocks(all)
			w.s.Sources = w.s.Sources[:len(w.s.Sources)-1]
		}, want: warn, says: "no Alertmanager is read", data: "missing"},
	})
}

// A freeze is of what keeps replicas and of edits too, and never of what stops or ends a roll.
func TestFreezesOfObjectsAndEdits(t *testing.T) {
	w := goodWork()
	p := w.plan(t)
	for _, x := range []struct {
		scope fleet.Scope
		kind  actions.Kind
		want  actions.Severity
	}{
		{fleet.Scope{}, actions.KindUpgrade, ovr},
		{fleet.Scope{Pools: []fleet.PoolID{"llama"}}, actions.KindUpgrade, ovr},
		{fleet.Scope{Routes: []fleet.RouteID{"chat"}}, actions.KindUpgrade, ovr}, // its pool serves it
		{fleet.Scope{Routes: []fleet.RouteID{"batch"}}, actions.KindUpgrade, ok},
		{fleet.Scope{}, actions.KindGiveUpRoll, ok},
		{fleet.Scope{}, actions.KindPause, ok},
	} {
		w.s.Freezes = []fleet.FreezeWindow{{Name: "x", From: ago(time.Hour), To: now.Add(time.Hour), Scope: x.scope}}
		q := p
		q.Intent.Kind = x.kind
		if c := find(Evaluate(q, w.s, w.b, now), "IL-40"); c.Severity != x.want {
			t.Errorf("%s in a freeze of %+v: %s %s", x.kind, x.scope, c.Severity, c.Formula)
		}
	}
	e := editing()
	e.freeze(-time.Hour, time.Hour, fleet.Scope{Routes: []fleet.RouteID{"spare"}})
	if c := checksOf(t, e, now, nil)["IL-40"]; c.Severity != ovr || !strings.Contains(c.Formula.String(), "year end") {
		t.Errorf("an edit that leads to a frozen route: %s %s", c.Severity, c.Formula)
	}
}
