package backends

import (
	"math"
	"testing"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

func point(at time.Time, requests, errors float64) history.Point {
	return history.Point{At: at, Key: "pool/p", Requests: requests, Errors: errors, Within: true}
}

func TestBurnWindowsAreAsLongAsTheySay(t *testing.T) {
	l := newLookback()
	l.keep(point(start.Add(-5*time.Minute), 1000, 1000), start) // all of it before the window
	l.keep(point(start, 1000, 10), start)
	l.due = start.Add(history.Step)
	l.observe("pool/p", totals{}, fleet.None[fleet.Seconds](), true, start)
	now := start.Add(150 * time.Second)
	l.observe("pool/p", totals{requests: 500, errors: 0}, fleet.None[fleet.Seconds](), true, now)
	b := l.burnRate("pool/p", fleet.Some(fleet.Ratio(0.99)), now)
	// Half of the last point, 500 requests with 5 errors, and the open 500 without: 0.5 % of 1 % allowed.
	if !b.M5.OK || math.Abs(b.M5.V-0.5) > 1e-9 {
		t.Errorf("5 min: %v, want 0.5", b.M5)
	}
	if b.M30.OK {
		t.Errorf("30 min: %v, known from 12 minutes only", b.M30)
	}
}

func TestAGapProvesNoRateAndNothingIsCountedTwice(t *testing.T) {
	l := newLookback()
	l.roll(start)
	l.observe("pool/p", totals{}, fleet.None[fleet.Seconds](), true, start)
	// The machine slept for an hour.
	l.observe("pool/p", totals{out: 3_600_000}, fleet.None[fleet.Seconds](), true, start.Add(time.Hour))
	l.roll(start.Add(time.Hour))
	if r := l.rating(fleet.PoolSpec{ID: "p"}); r.OK {
		t.Errorf("an hour in one point proves %v tok/s", r.V.Decode)
	}
	l.keep(point(start.Add(2*time.Hour), 10, 1), start.Add(2*time.Hour))
	l.keep(point(start.Add(2*time.Hour), 10, 1), start.Add(2*time.Hour)) // a second console wrote the same five minutes
	n := 0
	for _, p := range l.recent["pool/p"] {
		if p.At.Equal(start.Add(2 * time.Hour)) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("one point is kept %d times", n)
	}
}

func TestAHandfulOfRequestsCarriesNoShare(t *testing.T) {
	l := newLookback()
	l.keep(history.Point{At: start, Key: "target/chat/own", Requests: 2, Share: 1}, start)
	if c, _ := l.carried("target/chat/own", start); c.OK {
		t.Errorf("two requests prove a share of %v", c)
	}
	l.keep(history.Point{At: start.Add(history.Step), Key: "target/chat/own", Requests: 200, Share: 0.4}, start)
	if c, _ := l.carried("target/chat/own", start.Add(history.Step)); c.V != 0.4 {
		t.Errorf("carried %v", c)
	}
}

func TestASeriesThatLeavesAndComesBackCountsOnce(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"gw1": func(now time.Time) (fleet.Partial, error) {
		n := now.Sub(start).Seconds()
		if n > 60 && n < 90 {
			return deployments(), nil // the member was evicted
		}
		return deployments(fleet.DeploymentReading{ID: "own", Weight: fleet.Some(1.0), Requests: fleet.Some(n)}), nil
	}})
	b.after(7 * time.Minute)
	for _, p := range b.hub.world.look.recent["target/chat/own"] {
		if p.Requests < 0 || p.Requests > 300 {
			t.Errorf("a point of %v requests at one a second", p.Requests)
		}
	}
	if len(b.hub.world.look.recent["target/chat/own"]) == 0 {
		t.Error("no point was kept")
	}
}

func TestNamesThatLeaveAreForgotten(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"gw1": func(now time.Time) (fleet.Partial, error) {
		id := fleet.DeploymentID(now.Format("1504")) // a new member each minute, as hashed names give
		return deployments(fleet.DeploymentReading{ID: id, Weight: fleet.Some(1.0), Requests: fleet.Some(1.0)}), nil
	}})
	b.after(30 * time.Minute)
	w := b.hub.world
	if n := len(w.look.open); n > 15 {
		t.Errorf("%d open points", n)
	}
	if n := len(w.ledger); n > 15 {
		t.Errorf("%d ledger rows", n)
	}
	before := len(w.trends)
	b.after(8 * time.Hour)
	if n := len(w.trends); n > before*20 {
		t.Errorf("trends grew from %d to %d", before, n)
	}
}
