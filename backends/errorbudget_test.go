package backends

import (
	"testing"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

func TestAnErrorBudgetIsOfWhatIsOnFile(t *testing.T) {
	w := newBench(t, nil).hub.world
	r := fleet.Route{Spec: fleet.RouteSpec{ID: "chat"}, Targets: []fleet.Target{{Spec: fleet.TargetSpec{ID: "own"}}, {Spec: fleet.TargetSpec{ID: "api"}}}}
	if b := w.objective(&r); b.Requests.OK || b.Watched.OK {
		t.Errorf("of nothing: %+v", b)
	}
	keep := func(key string, at time.Time, requests, errors float64) {
		w.look.keep(history.Point{At: at, Key: key, Requests: requests, Errors: errors}, start)
	}
	own, api := w.targetName(r.Spec, r.Targets[0].Spec), w.targetName(r.Spec, r.Targets[1].Spec)
	keep(own, start.Add(-31*24*time.Hour), 1e6, 1e6) // over
	for _, key := range []string{own, api, "pool/own"} {
		keep(key, start.Add(-20*24*time.Hour), 1000, 10)
		keep(key, start.Add(-20*24*time.Hour), 1000, 10) // of a second console
		keep(key, start.Add(-time.Hour), 500, 1)
	}
	b := w.objective(&r)
	if b.Requests.V != 3000 || b.Errors.V != 22 || b.Watched.V != 2*history.Step {
		t.Errorf("%+v", b)
	}
	if old := start.Sub(b.From); old < 20*24*time.Hour || old > 20*24*time.Hour+spentPart {
		t.Errorf("from %s, %s ago", b.From, old)
	}
	w.look.spend(history.Point{At: start.Add(12 * 24 * time.Hour), Key: own, Requests: 1}, start.Add(12*24*time.Hour))
	if b := w.objective(&r); b.Requests.V != 2001 {
		t.Errorf("what is over 30 days old still counts: %v requests", b.Requests.V)
	}
}

func TestAMemberThatLeavesTakesItsErrorsAlong(t *testing.T) {
	l := newLookback()
	l.roll(start)
	l.observe("target/chat/own", totals{}, fleet.None[fleet.Seconds](), true, start)
	for i := 1; i <= 3; i++ {
		l.roll(start.Add(time.Duration(i) * history.Step))
		if _, kept := l.spent["target/chat/own"]; kept != (i == 1) {
			t.Errorf("after %d rounds: kept is %v", i, kept)
		}
	}
}
