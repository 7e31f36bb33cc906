package backends

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pitwall/fleet"
)

var start = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)

// script is a reader whose answers a test decides by the clock.
type script struct {
	mu    sync.Mutex
	clock fleet.Clock
	f     func(now time.Time) (fleet.Partial, error)
	reads int
}

func (s *script) Read(context.Context) (fleet.Partial, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.f(s.clock.Now())
}

// times is how often it was read, also while a read is under way.
func (s *script) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// bench is a small fleet under a virtual clock: one pool of two replicas, a gateway of three replicas, one provider.
type bench struct {
	t     *testing.T
	clock *fleet.VirtualClock
	hub   *Hub
	read  map[fleet.SourceID]*script
	stop  func()
}

func newBench(t *testing.T, read map[fleet.SourceID]func(time.Time) (fleet.Partial, error)) *bench {
	t.Helper()
	return newBenchOf(t, read, func(*fleet.Inventory) {})
}

// newBenchOf is a bench whose configuration says something else.
func newBenchOf(t *testing.T, read map[fleet.SourceID]func(time.Time) (fleet.Partial, error), edit func(*fleet.Inventory)) *bench {
	t.Helper()
	return newBenchIn(t, read, edit, nil)
}

// newBenchIn is a bench some of whose sources tell of something else.
func newBenchIn(t *testing.T, read map[fleet.SourceID]func(time.Time) (fleet.Partial, error), edit func(*fleet.Inventory),
	about map[fleet.SourceID]fleet.Subject,
) *bench {
	t.Helper()
	b := &bench{t: t, clock: fleet.NewVirtualClock(start), read: map[fleet.SourceID]*script{}}
	inv := fleet.Inventory{
		Context: "test", Env: fleet.EnvDev, Mode: fleet.ModeLive,
		Pools: []fleet.PoolSpec{{ID: "p", Engine: "vllm", Model: "m", GPUsPerReplica: 8, GPUHour: fleet.Some(fleet.USDPerHour(4)),
			Replicas: []fleet.ReplicaSpec{{ID: "r1"}, {ID: "r2"}}, Nodes: []fleet.NodeSpec{{ID: "n1", GPUs: 2}}}},
		Providers: []fleet.ProviderSpec{{ID: "api", Kind: "openai"}},
		Gateways: []fleet.GatewaySpec{{ID: "g", Kind: "litellm", Replicas: []fleet.GatewayReplicaSpec{
			{ID: "gw1"}, {ID: "gw2"}, {ID: "gw3"}}}},
		Routes: []fleet.RouteSpec{{ID: "chat", Gateway: "g", SLO: fleet.Some(fleet.Ratio(0.99)),
			Guard:   fleet.Guard{ErrRatio: fleet.Some(fleet.Ratio(0.02))},
			Targets: []fleet.TargetSpec{{ID: "own", Pool: "p"}, {ID: "rented", Provider: "api", Model: "big"}}}},
	}
	edit(&inv)
	subjects := map[fleet.SourceID]fleet.Subject{
		"r1": {Pool: "p", Replica: "r1", Node: "n1"}, "r2": {Pool: "p", Replica: "r2"}, "n1": {Pool: "p", Node: "n1"},
		"gw1": {Gateway: "g", GatewayReplica: "gw1"}, "gw2": {Gateway: "g", GatewayReplica: "gw2"},
		"gw3": {Gateway: "g", GatewayReplica: "gw3"}, "api": {Provider: "api"},
		"page": {Provider: "api", About: fleet.AboutStatus},
	}
	maps.Copy(subjects, about)
	readers := map[fleet.SourceID]fleet.Reader{}
	for _, id := range []fleet.SourceID{"r1", "r2", "n1", "gw1", "gw2", "gw3", "api", "page", "am", "am2", "prom"} {
		f, ok := read[id]
		if !ok {
			continue
		}
		s := &script{clock: b.clock, f: f}
		b.read[id], readers[id] = s, s
		inv.Sources = append(inv.Sources, fleet.SourceSpec{ID: id, Kind: "fake", URL: "http://user:pw@h/x?k=v",
			Subject: subjects[id], Interval: 5 * time.Second})
	}
	b.hub = New(Options{Inventory: inv, Readers: readers, Clock: b.clock, Rand: rand.New(rand.NewPCG(1, 2))})
	ctx, cancel := context.WithCancel(context.Background())
	hold := b.clock.Task() // nothing moves before the Hub's own tasks are registered
	done := make(chan struct{})
	go func() { b.hub.Run(ctx); close(done) }()
	for b.hub.Latest() == nil {
		_, _ = b.hub.Next(ctx, 0)
	}
	hold.Done()
	b.stop = func() { cancel(); <-done }
	t.Cleanup(b.stop)
	return b
}

func (b *bench) after(d time.Duration) *fleet.Snapshot {
	b.t.Helper()
	if err := b.clock.Advance(context.Background(), d); err != nil {
		b.t.Fatal(err)
	}
	return b.hub.Latest()
}

func engine(e fleet.EngineReading) func(time.Time) (fleet.Partial, error) {
	e.Model = "m"
	return func(time.Time) (fleet.Partial, error) { return fleet.Partial{Engines: []fleet.EngineReading{e}}, nil }
}

// steady is an engine that makes rate tokens a second since the start.
func steady(rate float64, running fleet.Count) func(time.Time) (fleet.Partial, error) {
	return func(now time.Time) (fleet.Partial, error) {
		n := now.Sub(start).Seconds() * rate
		return fleet.Partial{Health: fleet.Some(true), Engines: []fleet.EngineReading{{Model: "m",
			Running: fleet.Some(running), Waiting: fleet.Some(fleet.Count(0)), OutputTokens: fleet.Some(1e6 + n),
			PromptTokens: fleet.Some(1e6 + 2*n), Finished: fleet.Some(100 + n/100)}}}, nil
	}
}
