package backends

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/fleet"
)

// teller is a store that says what a test wants.
type teller struct {
	clock fleet.Clock
	say   func(now time.Time) (fleet.Partial, error)

	mu    sync.Mutex
	parts []fleet.SourceSpec
	pools []fleet.PoolSpec
}

func (s *teller) Read(context.Context) (fleet.Partial, error) { return s.say(s.clock.Now()) }

func (s *teller) Serve(parts []fleet.SourceSpec, pools []fleet.PoolSpec) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts, s.pools = parts, pools
}

// stored runs a Hub with one store, one pool that is asked for as a whole and one replica that is read through it.
func stored(t *testing.T, say func(time.Time) (fleet.Partial, error)) (*teller, func(time.Duration) *fleet.Snapshot) {
	t.Helper()
	clock := fleet.NewVirtualClock(start)
	store := &teller{clock: clock, say: say}
	inv := fleet.Inventory{
		Pools: []fleet.PoolSpec{
			{ID: "huge", Engine: "vllm", Model: "m", GPUsPerReplica: 8, GPUHour: fleet.Some(fleet.USDPerHour(2)),
				Store: &fleet.StorePool{Source: "prom", Replicas: `a="b"`}},
			{ID: "listed", Engine: "vllm", Replicas: []fleet.ReplicaSpec{{ID: "r1"}}}},
		Sources: []fleet.SourceSpec{{ID: "prom", Kind: "prometheus", Interval: 15 * time.Second},
			{ID: "r1", Kind: "vllm", From: "prom", Interval: time.Minute, Subject: fleet.Subject{Pool: "listed", Replica: "r1"}}},
	}
	h := New(Options{Inventory: inv, Clock: clock, Rand: rand.New(rand.NewPCG(1, 2)),
		Readers: map[fleet.SourceID]fleet.Reader{"prom": store}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	if _, err := h.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	return store, func(d time.Duration) *fleet.Snapshot {
		t.Helper()
		if err := clock.Advance(ctx, d); err != nil {
			t.Fatal(err)
		}
		h.publish()
		return h.Latest()
	}
}

// goodReading is a pool of 250 replicas that works.
func goodReading(now time.Time) fleet.PoolReading {
	return fleet.PoolReading{Pool: "huge", At: now.Add(-10 * time.Second), Window: 5 * time.Minute,
		Replicas: fleet.Some(250), Up: fleet.Some(250), Reporting: fleet.Some(250), Stalled: fleet.Some(0),
		Running: fleet.Some(fleet.Count(4000)), Waiting: fleet.Some(fleet.Count(12)), KVMax: fleet.Some(fleet.Ratio(.8)),
		Requests: fleet.Some(fleet.Rate(1000)), Failed: fleet.Some(fleet.Rate(10)),
		InRate: fleet.Some(fleet.TokenRate(7e5)), OutRate: fleet.Some(fleet.TokenRate(2e5)),
		TTFT: fleet.Histogram{Bounds: []float64{.1, .2}, Counts: []float64{500, 1000}},
		GPUs: fleet.GPUTotals{Boards: fleet.Some(2000), Util: fleet.Some(fleet.Ratio(.7)), Power: fleet.Some(fleet.Watts(1e6))},
		Worst: []fleet.ReplicaReading{{ID: "huge-7", Running: fleet.Some(fleet.Count(30)), Waiting: fleet.Some(fleet.Count(12)),
			OutRate: fleet.Some(fleet.TokenRate(900)), Up: fleet.Some(true), At: now}},
		Hurt: []fleet.GPUReading{{ID: "GPU-1", Index: "3", Host: "n7", LastXid: fleet.Some(79)}}}
}

func TestAPoolAsAWhole(t *testing.T) {
	store, after := stored(t, func(now time.Time) (fleet.Partial, error) {
		return fleet.Partial{Pools: []fleet.PoolReading{goodReading(now)}}, nil
	})
	s := after(5 * time.Minute)
	if len(store.parts) != 1 || store.parts[0].ID != "r1" || len(store.pools) != 1 || store.pools[0].ID != "huge" {
		t.Errorf("the store was told of %v and %v", store.parts, store.pools)
	}
	p := s.Pool("huge")
	if p.State != fleet.StateOK && p.State != fleet.StateWarn || p.Ready != 250 || p.Desired != 250 {
		t.Errorf("%s %s, %d of %d", p.State, p.Why, p.Ready, p.Desired)
	}
	if p.Load.OutRate != fleet.Some(fleet.TokenRate(2e5)) || p.Load.Errors != fleet.Some(fleet.Ratio(.01)) || !p.Load.TTFT95.OK {
		t.Errorf("load is %+v", p.Load)
	}
	if p.Whole == nil || p.Whole.Source != "prom" || p.Whole.Replicas != fleet.Some(250) || p.Whole.Shown != 1 {
		t.Errorf("it does not say that it is an aggregate: %+v", p.Whole)
	}
	if p.Burn != fleet.Some(fleet.USDPerHour(4000)) || p.GPUUtil != fleet.Some(fleet.Ratio(.7)) {
		t.Errorf("burn %v, GPU %v", p.Burn, p.GPUUtil)
	}
	if len(p.Replicas) != 1 || p.Replicas[0].State != fleet.StateOK || len(p.Nodes) != 1 || p.Nodes[0].State != fleet.StateCrit {
		t.Errorf("replicas %+v nodes %+v", p.Replicas, p.Nodes)
	}
	if s.Totals.GPUs != 2000 || s.Totals.Load.OutRate != fleet.Some(fleet.TokenRate(2e5)) || s.Totals.GPUUtil != fleet.Some(fleet.Ratio(.7)) {
		t.Errorf("totals are %+v", s.Totals)
	}
}

func TestTheLedgerOfAPoolAsAWhole(t *testing.T) {
	clock := fleet.NewVirtualClock(start)
	inv := fleet.Inventory{Pools: []fleet.PoolSpec{{ID: "huge", Store: &fleet.StorePool{Source: "prom"}}}}
	src := newSourceState(fleet.SourceSpec{ID: "prom"}, nil, nil, 1)
	w := newWorld(Options{Inventory: inv, Clock: clock}, []*sourceState{src})
	for i := range 5 {
		now := start.Add(time.Duration(i) * 30 * time.Second)
		w.takePools(src, fleet.Partial{At: now, Pools: []fleet.PoolReading{goodReading(now)}})
		w.takePools(src, fleet.Partial{At: now, Pools: []fleet.PoolReading{goodReading(now)}}) // the same samples again
	}
	if got := w.ledger.pool("huge"); got.requests != 120*1000 || got.out != 120*2e5 || got.errors != 1200 {
		t.Errorf("in 120 s it did %+v", got)
	}
}

func TestWhatLacksOfAPoolAsAWhole(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *fleet.PoolReading)
		state  fleet.State
		says   string
	}{
		"one down":    {func(r *fleet.PoolReading) { r.Up, r.Reporting = fleet.Some(249), fleet.Some(249) }, fleet.StateWarn, "249 of 250"},
		"many down":   {func(r *fleet.PoolReading) { r.Up = fleet.Some(200) }, fleet.StateCrit, "200 of 250"},
		"stalled":     {func(r *fleet.PoolReading) { r.Stalled = fleet.Some(3) }, fleet.StateWarn, "3 have work and no token"},
		"all down":    {func(r *fleet.PoolReading) { r.Up, r.Reporting = fleet.Some(0), fleet.None[int]() }, fleet.StateDown, "none of 250"},
		"full caches": {func(r *fleet.PoolReading) { r.KVMax = fleet.Some(fleet.Ratio(.97)) }, fleet.StateWarn, "KV cache 97"},
		"nothing known": {func(r *fleet.PoolReading) {
			r.Running, r.Waiting, r.OutRate, r.Requests = fleet.None[fleet.Count](), fleet.None[fleet.Count](), fleet.None[fleet.TokenRate](), fleet.None[fleet.Rate]()
		}, fleet.StateUnknown, "neither queue"},
		"old samples": {func(r *fleet.PoolReading) { r.At = r.At.Add(-10 * time.Minute) }, fleet.StateStale, "ago"},
		"no series": {func(r *fleet.PoolReading) {
			*r = fleet.PoolReading{Pool: "huge", Err: errors.New("the store has no series of it")}
		}, fleet.StateUnknown, "no series"},
	} {
		t.Run(name, func(t *testing.T) {
			_, after := stored(t, func(now time.Time) (fleet.Partial, error) {
				r := goodReading(now)
				r.Hurt = nil
				c.change(&r)
				return fleet.Partial{Pools: []fleet.PoolReading{r}}, nil
			})
			p := after(2 * time.Minute).Pool("huge")
			if p.State != c.state || !strings.Contains(p.Why.String(), c.says) {
				t.Errorf("%s %q, want %s with %q", p.State, p.Why, c.state, c.says)
			}
		})
	}
}

func TestAStoreThatDiesLeavesItsPoolsStale(t *testing.T) {
	dies := start.Add(time.Minute)
	_, after := stored(t, func(now time.Time) (fleet.Partial, error) {
		if now.After(dies) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindUnreachable, Op: "query", Err: errors.New("nothing listens")}
		}
		return fleet.Partial{Pools: []fleet.PoolReading{goodReading(now)}, Incomplete: fleet.Text("partial data: x")}, nil
	})
	s := after(50 * time.Second)
	if s.Source("prom").Partial.IsEmpty() || s.Pool("huge").State == fleet.StateStale {
		t.Errorf("source %+v, pool %s", s.Source("prom"), s.Pool("huge").State)
	}
	p := after(5 * time.Minute).Pool("huge")
	if p.State != fleet.StateStale || p.Desired != 250 || p.Ready != 0 || p.Load.OutRate.OK || len(p.Replicas) != 0 || p.Load.At.IsZero() {
		t.Errorf("%s %s, load %+v", p.State, p.Why, p.Load)
	}
}

func TestPartsOfAStore(t *testing.T) {
	_, after := stored(t, func(now time.Time) (fleet.Partial, error) {
		at := now.Truncate(30 * time.Second) // it scrapes every 30 s, and is asked every 15
		return fleet.Partial{Parts: []fleet.Part{{Source: "r1", Reading: fleet.Partial{At: at, Engines: []fleet.EngineReading{{
			Running: fleet.Some(fleet.Count(3)), OutputTokens: fleet.Some(at.Sub(start).Seconds() * 100)}}}}}}, nil
	})
	s := after(4 * time.Minute)
	p := s.Pool("listed")
	if rate := p.Load.OutRate; !rate.OK || rate.V < 99 || rate.V > 101 || p.State != fleet.StateOK {
		t.Errorf("%s %s, %v tok/s; want 100", p.State, p.Why, rate)
	}
	if at := s.Source("r1").LastGood; !at.Equal(at.Truncate(30 * time.Second)) {
		t.Errorf("its age is counted from %v, which is no scrape", at)
	}
}
