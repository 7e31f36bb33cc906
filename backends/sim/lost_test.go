package sim_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"pitwall/backends"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// watched runs the Hub with the production adapters on an embedded fleet.
func watched(t *testing.T) (*sim.Fleet, func(time.Duration) *fleet.Snapshot) {
	t.Helper()
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	inv := f.Inventory()
	readers, problems := registry.Set(registry.Connectors()).Readers(inv.Sources, fleet.Deps{Clock: clock, Secret: f.Secret})
	hub := backends.New(backends.Options{Inventory: inv, Readers: readers, Problems: problems, Clock: clock})
	hub.Gather(time.Second) // nobody looks more often
	ctx, cancel := context.WithCancel(t.Context())
	hold, done := clock.Task(), make(chan struct{}) // nothing moves before the Hub's own tasks are registered
	go func() { hub.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done; _ = f.Close() })
	for hub.Latest() == nil {
		_, _ = hub.Next(ctx, 0)
	}
	hold.Done()
	return f, func(d time.Duration) *fleet.Snapshot {
		if err := clock.Advance(ctx, d); err != nil {
			t.Fatal(err)
		}
		return hub.Latest()
	}
}

// TestLostTelemetryIsNoLostPool: engines of a site whose pages stop (F40) or freeze (F40B) go on working, as its gateways
// show. At no moment may a pool be called down, critical or short of replicas for it.
func TestLostTelemetryIsNoLostPool(t *testing.T) {
	wholeHub(t)
	t.Parallel()
	f, after := watched(t)
	after(75 * time.Second)
	for _, lost := range []struct{ id, says string }{{"F40", "gateways get answers of its pool"}, {"F40B", "frozen"}} {
		t.Run(lost.id, func(t *testing.T) { loseTelemetry(t, f, after, lost.id, lost.says) })
	}
}

// loseTelemetry puts a fault in for a minute and a half, and leaves the fleet well.
func loseTelemetry(t *testing.T, f *sim.Fleet, after func(time.Duration) *fleet.Snapshot, id, says string) {
	if err := f.Start(id, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for i := range 18 {
		for _, a := range after(5 * time.Second).Alerts {
			if a.Level == fleet.LevelCrit || strings.Contains(a.Text.String(), " ready") {
				t.Fatalf("%d s later: %s %s %s", 5*(i+1), a.Level, a.Object, a.Text)
			}
		}
	}
	s := after(time.Second)
	for _, name := range []fleet.PoolID{"b200-a", "h100-b"} {
		p := s.Pool(name)
		if p.State != fleet.StateStale || !strings.Contains(p.Why.String(), says) || p.Load.OutRate.OK {
			t.Errorf("%s is %s %q, output %v", name, p.State, p.Why, p.Load.OutRate)
		}
	}
	if p := s.Pool("h100-c"); p.State != fleet.StateOK {
		t.Errorf("the other site's pool is %s %q", p.State, p.Why)
	}
	if err := f.Stop(id); err != nil {
		t.Fatal(err)
	}
	if p := after(75 * time.Second).Pool("b200-a"); p.State != fleet.StateOK {
		t.Errorf("when it is over: %s %q", p.State, p.Why)
	}
}
