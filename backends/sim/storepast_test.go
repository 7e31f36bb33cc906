package sim_test

import (
	"context"
	"math"
	"testing"
	"time"

	"pitwall/backends"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// TestThePastComesThroughTheStore: a console without any history of its own reads the fortnight before its start from the
// fleet's Prometheus, with the figures that the fleet's own history has.
func TestThePastComesThroughTheStore(t *testing.T) {
	wholeHub(t)
	t.Parallel()
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 2, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	inv := f.Inventory()
	inv.Sources = append(inv.Sources, f.StoreSource())
	set := registry.Set(registry.Connectors())
	deps := set.Equip(fleet.Deps{Clock: clock, Secret: f.Secret}, inv.Sources)
	readers, problems := set.Readers(inv.Sources, deps)
	hub := backends.New(backends.Options{Inventory: inv, Readers: readers, Problems: problems, Clock: clock})
	hub.Gather(time.Second) // nobody looks more often
	ctx, cancel := context.WithCancel(t.Context())
	hold, done := clock.Task(), make(chan struct{})
	go func() { hub.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done; _ = f.Close() })
	for hub.Latest() == nil {
		_, _ = hub.Next(ctx, 0)
	}
	hold.Done()
	if err := clock.Advance(ctx, 150*time.Second); err != nil {
		t.Fatal(err)
	}
	s := hub.Latest()
	truth := map[fleet.PoolID]map[int64]sim.HistoryPoint{}
	best := map[fleet.PoolID]float64{}
	for p := range f.History() {
		if p.Pool == "" {
			continue
		}
		if truth[p.Pool] == nil {
			truth[p.Pool] = map[int64]sim.HistoryPoint{}
		}
		truth[p.Pool][p.At.Unix()] = p
		best[p.Pool] = max(best[p.Pool], p.OutTokens/sim.HistoryStep.Seconds())
	}
	for i := range s.Pools {
		p := &s.Pools[i]
		if p.Past == nil || p.Past.Source != sim.StoreName || s.At.Sub(p.Past.From) < 13*24*time.Hour {
			t.Fatalf("%s: its past is %+v", p.Spec.ID, p.Past)
		}
		checked := 0
		for j, got := range p.Trends.OutRate.V {
			at := p.Trends.OutRate.End.Add(-time.Duration(len(p.Trends.OutRate.V)-1-j) * p.Trends.OutRate.Step)
			end := at.Truncate(sim.HistoryStep)
			if end.Before(at) {
				end = end.Add(sim.HistoryStep)
			}
			h, known := truth[p.Spec.ID][end.Unix()]
			if !known || math.IsNaN(got) || end.After(p.Past.To) {
				continue
			}
			if want := h.OutTokens / sim.HistoryStep.Seconds(); math.Abs(got-want) > .01*want+.01 {
				t.Fatalf("%s at %v: %v tok/s, want %v", p.Spec.ID, at, got, want)
			}
			checked++
		}
		if checked < 2000 {
			t.Errorf("%s: %d values of its chart are known", p.Spec.ID, checked)
		}
		if r := p.Rating.V; r.Kind == "store" && math.Abs(float64(r.Decode)-best[p.Spec.ID]) > .01*best[p.Spec.ID] ||
			r.Kind != "store" && float64(r.Decode) < best[p.Spec.ID] {
			t.Errorf("%s: rating %+v, the history's best is %v tok/s", p.Spec.ID, r, best[p.Spec.ID])
		}
	}
}
