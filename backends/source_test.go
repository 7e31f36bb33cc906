package backends

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestASourceThatCouldNotBeOpenedIsSaid(t *testing.T) {
	h := New(Options{Clock: fleet.NewVirtualClock(start), Inventory: fleet.Inventory{
		Providers: []fleet.ProviderSpec{{ID: "api"}},
		Sources:   []fleet.SourceSpec{{ID: "api", Subject: fleet.Subject{Provider: "api"}}}},
		Problems: map[fleet.SourceID]error{"api": &fleet.Error{Kind: fleet.KindInvalid, Op: "open the CA file"}}})
	h.publish()
	s := h.Latest()
	if len(s.Alerts) != 1 || strings.Contains(s.Alerts[0].Detail.String(), "retry") || !s.Sources[0].Stale {
		t.Errorf("alerts %+v, source %+v", s.Alerts, s.Sources[0])
	}
	if p := s.Provider("api"); !strings.Contains(p.Why.String(), "CA file") {
		t.Errorf("provider: %s %q", p.State, p.Why)
	}
}

func TestASourceInItsFirstReadIsNotStale(t *testing.T) {
	h := New(Options{Clock: fleet.NewVirtualClock(start), Inventory: fleet.Inventory{Sources: []fleet.SourceSpec{{ID: "a"}}}})
	h.states[0].status.LastTry = start
	h.publish()
	if s := h.Latest(); s.Sources[0].Stale || len(s.Alerts) > 0 {
		t.Errorf("alerts %+v before anything failed", s.Alerts)
	}
}

// deaf ignores its deadline until it is let go.
type deaf struct {
	calls atomic.Int32
	let   chan struct{}
}

func (d *deaf) Read(context.Context) (fleet.Partial, error) {
	d.calls.Add(1)
	<-d.let
	return fleet.Partial{}, nil
}

func TestAdaptersThatIgnoreTheirDeadlineDoNotPileUp(t *testing.T) {
	clock := fleet.NewVirtualClock(start)
	spec := fleet.SourceSpec{ID: "a", Interval: time.Second, Timeout: time.Millisecond}
	d := &deaf{let: make(chan struct{})}
	h := New(Options{Clock: clock, Inventory: fleet.Inventory{Sources: []fleet.SourceSpec{spec}},
		Readers: map[fleet.SourceID]fleet.Reader{"a": d}})
	h.patience = time.Millisecond
	s := h.states[0]
	for range 5 {
		h.read(context.Background(), s)
	}
	if n := d.calls.Load(); n != maxOut {
		t.Errorf("%d calls are out at once, want %d at most", n, maxOut)
	}
	if s.status.Failing != 5 || s.status.ErrKind != fleet.KindTimeout {
		t.Errorf("%+v", s.status)
	}
	close(d.let)
	for s.outstanding() > 0 {
		_ = s // answers are on their way
	}
	h.read(context.Background(), s)
	if s.status.Dropped != maxOut || s.status.Failing != 0 {
		t.Errorf("dropped %d, failing %d", s.status.Dropped, s.status.Failing)
	}
}

func TestARefreshDuringAReadIsNotLost(t *testing.T) {
	var h *Hub
	var asked atomic.Bool
	b := newBench(t, map[fleet.SourceID]readFunc{"r1": func(now time.Time) (fleet.Partial, error) {
		if now.After(start) && asked.CompareAndSwap(false, true) {
			h.Refresh() // as after a write, while the answer under way is older than it
		}
		return fleet.Partial{}, nil
	}})
	h = b.hub
	b.after(5 * time.Second)
	if n := b.read["r1"].times(); n != 3 {
		t.Errorf("%d reads, want the first, the second and the one asked for", n)
	}
}
