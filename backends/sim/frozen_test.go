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
	readers, problems := registry.Set(registry.Connectors()).Readers(inv.Sources, fleet.Deps{Clock: clock,
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret("none"), nil }})
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
