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

// TestFrozenTelemetryIsToldFromAHungEngine freezes what one machine tells (F40): its exporter's page and its engine's.
func TestFrozenTelemetryIsToldFromAHungEngine(t *testing.T) {
	f, after := watched(t)
	p := after(time.Minute).Pools[0]
	replica := p.Replicas[0]
	for _, name := range []string{string(replica.Node), string(replica.ID)} {
		if err := f.FreezeTelemetry(name, true); err != nil {
			t.Fatal(err)
		}
	}
	s := after(4 * time.Minute)
	for _, pool := range s.Pools {
		for _, n := range pool.Nodes {
			if frozen := strings.HasPrefix(n.Why.String(), "frozen"); frozen != (n.ID == replica.Node) || frozen != n.GPUs[0].Frozen {
				t.Errorf("node %s is %s %q", n.ID, n.State, n.Why)
			}
		}
	}
	got := s.Pools[0].Replicas[0]
	if got.State != fleet.StateStale || !strings.Contains(got.Why.String(), "nor of its GPUs' page") {
		t.Errorf("replica %s is %s %q: telemetry failed, not the engine", got.ID, got.State, got.Why)
	}
}

// TestLostTelemetryIsNoLostPool: engines of a site whose pages stop or freeze (F40) go on working, as its gateways show.
// At no moment may a pool be called down, critical or short
// of replicas for it.
func TestLostTelemetryIsNoLostPool(t *testing.T) {
	for id, says := range map[string]string{"F40": "gateways get answers of its pool", "F40B": "frozen"} {
		t.Run(id, func(t *testing.T) {
			f, after := watched(t)
			after(75 * time.Second)
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
		})
	}
}
