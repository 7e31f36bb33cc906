// Package slice drives the whole program below the screen: the embedded fleet through the real adapters, the Hub,
// the interlocks and the runner, under a virtual clock.
package slice

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"pitwall/actions/desk"
	"pitwall/backends"
	"pitwall/backends/history"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/economics"
	"pitwall/fleet"
)

// rig is one fleet with one operator.
type rig struct {
	t     *testing.T
	clock *fleet.VirtualClock
	sim   *sim.Fleet
	hub   *backends.Hub
	desk  *desk.Desk
	state string
}

func newRig(t *testing.T, change func(*fleet.Inventory)) *rig {
	t.Helper()
	return rigOf(t, sim.Options{}, change)
}

func rigOf(t *testing.T, o sim.Options, change func(*fleet.Inventory)) *rig {
	t.Helper()
	return rigBeside(t, o, func(_ *rig, inv *fleet.Inventory) {
		if change != nil {
			change(inv)
		}
	})
}

// rigBeside is a rig whose fleet has more on the same clock.
func rigBeside(t *testing.T, o sim.Options, change func(*rig, *fleet.Inventory)) *rig {
	t.Helper()
	r := &rig{t: t, clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)), state: t.TempDir()}
	var err error
	o.Clock = r.clock
	if r.sim, err = sim.Listen(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	inv := r.sim.Inventory()
	for i := range inv.Sources { // as often as real configurations read; the demo is quicker, and here nobody watches it move
		inv.Sources[i].Interval = max(inv.Sources[i].Interval, 5*time.Second)
	}
	change(r, &inv)
	set := registry.Set(registry.Connectors())
	log := slog.New(slog.DiscardHandler)
	deps := fleet.Deps{Clock: r.clock, Log: log, Secret: r.sim.Secret}
	readers, problems := set.Readers(inv.Sources, deps)
	for id, err := range problems {
		t.Errorf("%s: %v", id, err)
	}
	prices, err := economics.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	store, err := history.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Fill(past(r.sim)); err != nil {
		t.Fatal(err)
	}
	r.hub = backends.New(backends.Options{Inventory: inv, Readers: readers, Problems: problems, Clock: r.clock, Log: log, Prices: prices, History: store})
	r.hub.Gather(time.Second) // nobody looks more often
	ctx, cancel := context.WithCancel(context.Background())
	hold := r.clock.Task()
	done := make(chan struct{})
	go func() { r.hub.Run(ctx); close(done) }()
	if _, err := r.hub.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	hold.Done()
	r.desk, err = desk.New(desk.Options{State: r.state, Clock: r.clock, Log: log, Latest: r.hub.Latest, Refresh: r.hub.Refresh,
		Context: inv.Context, Env: inv.Env,
		Writers: func() (map[fleet.GatewayID]fleet.RouteWriter, error) { return set.Writers(inv.Gateways, deps) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		<-done
		_ = r.sim.Close()
	})
	return r
}

func past(f *sim.Fleet) func(func(history.Point) bool) {
	return func(yield func(history.Point) bool) {
		for p := range f.History() {
			key := "pool/" + string(p.Pool)
			switch {
			case p.Target != "":
				key = "target/" + string(p.Route) + "/" + string(p.Target)
			case p.Provider != "":
				key = "provider/" + string(p.Provider)
			}
			if !yield(history.Point{At: p.At, Key: key, Requests: p.Requests, Errors: p.Errors, In: p.InTokens, Out: p.OutTokens,
				TTFT95: float64(p.TTFT95), Share: float64(p.Seen), Within: p.Within}) {
				return
			}
		}
	}
}

func (r *rig) after(d time.Duration) *fleet.Snapshot {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // a hang ends it, a busy machine does not
	defer cancel()
	if err := r.clock.Advance(ctx, d); err != nil {
		r.t.Fatalf("the clock stands still: %v", err)
	}
	return r.hub.Latest()
}
