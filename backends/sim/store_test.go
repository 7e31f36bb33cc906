package sim

import (
	"context"
	"reflect"
	"testing"
	"time"

	"pitwall/backends/prometheus"
	"pitwall/backends/registry"
	"pitwall/fleet"
)

// rig is a fleet under a virtual clock, its Prometheus, and a reader of that.
type rig struct {
	clock *fleet.VirtualClock
	fleet *Fleet
	store fleet.Store
	set   registry.Set
	deps  fleet.Deps
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{clock: fleet.NewVirtualClock(time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC))}
	var err error
	if r.fleet, err = Listen(t.Context(), Options{Clock: r.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.fleet.Close() })
	r.set = registry.Connectors()
	r.deps = r.set.Equip(fleet.Deps{Clock: r.clock, Secret: r.fleet.Secret}, nil)
	reader, err := prometheus.Connector().NewReader(fleet.SourceSpec{ID: "prom", URL: r.fleet.URL(StoreName),
		Options: map[string]string{"window": "1m"}}, r.deps)
	if err != nil {
		t.Fatal(err)
	}
	r.store = reader.(fleet.Store)
	return r
}

// advance moves the clock; the store scrapes meanwhile.
func (r *rig) advance(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // a hang ends it, a busy machine does not
	defer cancel()
	if err := r.clock.Advance(ctx, d); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) read(t *testing.T) fleet.Partial {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // a hang ends it, a busy machine does not
	defer cancel()
	p, err := r.store.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// through are the sources of the fleet that its Prometheus scrapes, read through that.
func (r *rig) through() []fleet.SourceSpec {
	var parts []fleet.SourceSpec
	for _, s := range r.fleet.Inventory().Sources {
		if s.Subject.Replica != "" || s.Subject.Node != "" && s.Kind == "dcgm" {
			s.From = "prom"
			parts = append(parts, s)
		}
	}
	return parts
}

// direct reads one source by itself.
func (r *rig) direct(t *testing.T, spec fleet.SourceSpec) fleet.Partial {
	t.Helper()
	spec.From = ""
	reader, err := r.set.Open(spec, r.deps)
	if err != nil {
		t.Fatal(err)
	}
	p, err := reader.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTheStoreSaysWhatDirectReadingSays: every value of every engine and GPU is the same, whichever way it came.
func TestTheStoreSaysWhatDirectReadingSays(t *testing.T) {
	r := newRig(t)
	parts := r.through()
	r.store.Serve(parts, nil)
	r.advance(t, time.Minute)
	p := r.read(t) // the first question begins the scraping, at the present of the clock
	if len(p.Parts) != len(parts) || len(parts) < 20 {
		t.Fatalf("%d parts for %d sources", len(p.Parts), len(parts))
	}
	byID := map[fleet.SourceID]fleet.Part{}
	for _, part := range p.Parts {
		byID[part.Source] = part
	}
	engines, gpus := 0, 0
	for _, spec := range parts {
		part := byID[spec.ID]
		if part.Err != nil {
			t.Errorf("%s: %v", spec.ID, part.Err)
			continue
		}
		want := r.direct(t, spec) // the clock stands, and so do the pages
		if !part.Reading.At.Equal(r.clock.Now()) {
			t.Errorf("%s: sampled at %v, scraped at %v", spec.ID, part.Reading.At, r.clock.Now())
		}
		for i := range want.Engines { // TGI names its model elsewhere than on its page
			if i < len(part.Reading.Engines) && part.Reading.Engines[i].Model == "" {
				want.Engines[i].Model = ""
			}
		}
		if !reflect.DeepEqual(part.Reading.Engines, want.Engines) {
			t.Errorf("%s: the store says\n%+v\ndirect reading says\n%+v", spec.ID, part.Reading.Engines, want.Engines)
		}
		if !reflect.DeepEqual(part.Reading.GPUs, want.GPUs) {
			t.Errorf("%s: the store says\n%+v\ndirect reading says\n%+v", spec.ID, part.Reading.GPUs, want.GPUs)
		}
		engines, gpus = engines+len(want.Engines), gpus+len(want.GPUs)
	}
	if engines < 8 || gpus < 80 {
		t.Errorf("only %d engines and %d GPUs were compared", engines, gpus)
	}
}

// TestSampleTimesAreTheStores: a reading is as old as its scrape, however late it is asked for.
func TestSampleTimesAreTheStores(t *testing.T) {
	r := newRig(t)
	r.store.Serve(r.through(), nil)
	r.read(t)
	r.advance(t, 3*storeEvery+2*time.Second)
	want := r.clock.Now().Add(-2 * time.Second)
	for _, part := range r.read(t).Parts {
		if part.Err != nil || !part.Reading.At.Equal(want) {
			t.Errorf("%s: sampled at %v (%v), want %v", part.Source, part.Reading.At, part.Err, want)
		}
	}
}

// TestAggregatesAddUp: what the store says of a pool as a whole is what its replicas say one by one.
func TestAggregatesAddUp(t *testing.T) {
	r := newRig(t)
	parts := r.through()
	r.store.Serve(parts, []fleet.PoolSpec{{ID: poolH100, Engine: engineOf(poolH100),
		Store: &fleet.StorePool{Source: "prom", Replicas: `pod=~"h100-b-r.*"`, GPUs: `node=~"h100-b-.*"`}}})
	r.read(t)
	r.advance(t, 2*time.Minute)
	p := r.read(t)
	if len(p.Pools) != 1 || p.Pools[0].Err != nil {
		t.Fatalf("no reading of the pool: %+v", p.Pools)
	}
	var running, waiting fleet.Count
	var kv fleet.Ratio
	replicas, boards := 0, 0
	var watts fleet.Watts
	for _, part := range p.Parts {
		about := specOf(parts, part.Source).Subject
		if about.Pool == poolH100 && about.Replica != "" {
			replicas++
		}
		for _, e := range part.Reading.Engines {
			if about.Pool != poolH100 {
				continue
			}
			running, waiting, kv = running+e.Running.V, waiting+e.Waiting.V, max(kv, e.KVUsage.V)
		}
		for _, g := range part.Reading.GPUs {
			if specOf(parts, part.Source).Subject.Pool == poolH100 {
				boards++
				watts += g.Power.V
			}
		}
	}
	got := p.Pools[0]
	if replicas == 0 || boards == 0 {
		t.Fatal("nothing to compare with")
	}
	if got.Running != fleet.Some(running) || got.Waiting != fleet.Some(waiting) || got.KVMax != fleet.Some(kv) {
		t.Errorf("running %v waiting %v kv %v, want %v %v %v", got.Running, got.Waiting, got.KVMax, running, waiting, kv)
	}
	if got.Replicas != fleet.Some(replicas) || got.Up != fleet.Some(replicas) || got.Stalled != fleet.Some(0) {
		t.Errorf("replicas %v up %v stalled %v, want %d, %d, 0", got.Replicas, got.Up, got.Stalled, replicas, replicas)
	}
	if got.GPUs.Boards != fleet.Some(boards) || !closeTo(float64(got.GPUs.Power.V), float64(watts), 1e-9) {
		t.Errorf("%v boards, %v watts, want %d, %v", got.GPUs.Boards, got.GPUs.Power, boards, watts)
	}
	if !got.Requests.OK || !got.OutRate.OK || got.OutRate.V < 100 || got.TTFT.Count() < 20 || got.ITL.Count() < 1000 {
		t.Errorf("rates %v %v, %v and %v observations", got.Requests, got.OutRate, got.TTFT.Count(), got.ITL.Count())
	}
	if len(got.Worst) != replicas || len(got.Hurt) == 0 || got.Hurt[0].Pod == "" || got.Hurt[0].Host == "" {
		t.Errorf("%d worst replicas, hurt GPUs %+v", len(got.Worst), got.Hurt)
	}
}

func specOf(list []fleet.SourceSpec, id fleet.SourceID) fleet.SourceSpec {
	for _, s := range list {
		if s.ID == id {
			return s
		}
	}
	return fleet.SourceSpec{}
}

func closeTo(a, b, part float64) bool { return a-b <= part*b && b-a <= part*b }
