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

// tower is a watcher that tells what a test gives it.
type tower struct {
	deliver chan fleet.Partial
	fail    chan error
	done    chan struct{} // one is sent after each of them was told
}

func newTower() *tower {
	return &tower{make(chan fleet.Partial), make(chan error), make(chan struct{})}
}

func (t *tower) Read(context.Context) (fleet.Partial, error) { return fleet.Partial{}, nil }

func (t *tower) Watch(ctx context.Context, deliver func(fleet.Partial), failed func(error)) error {
	for {
		select {
		case p := <-t.deliver:
			deliver(p)
		case err := <-t.fail:
			failed(err)
		case <-ctx.Done():
			return ctx.Err()
		}
		t.done <- struct{}{}
	}
}

func (t *tower) tell(p fleet.Partial) { t.deliver <- p; <-t.done }
func (t *tower) lose(err error)       { t.fail <- err; <-t.done }

// opened notes what discovery made the Hub open.
type opened struct {
	mu   sync.Mutex
	list map[fleet.SourceID]int
	err  error // of all reads from now on
}

func (o *opened) breaks(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

func (o *opened) open(spec fleet.SourceSpec) (fleet.Reader, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list[spec.ID]++
	if spec.Kind == "bad" {
		return nil, errors.New("cannot be opened")
	}
	return &script{clock: fleet.NewVirtualClock(start), f: func(time.Time) (fleet.Partial, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err != nil {
			return fleet.Partial{}, o.err
		}
		return fleet.Partial{Engines: []fleet.EngineReading{{Model: "m", Running: fleet.Some(fleet.Count(2))}}}, nil
	}}, nil
}

func (o *opened) times(id fleet.SourceID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.list[id]
}

type foundRig struct {
	hub   *Hub
	tower *tower
	clock *fleet.VirtualClock
	open  *opened
}

func newFoundRig(t *testing.T, inv fleet.Inventory) *foundRig {
	t.Helper()
	r := &foundRig{tower: newTower(), clock: fleet.NewVirtualClock(start), open: &opened{list: map[fleet.SourceID]int{}}}
	inv.Sources = append(inv.Sources, fleet.SourceSpec{ID: "k", Kind: "kubernetes", Interval: time.Second,
		Subject: fleet.Subject{Cluster: "k"}})
	r.hub = New(Options{Inventory: inv, Readers: map[fleet.SourceID]fleet.Reader{"k": r.tower}, Clock: r.clock,
		Rand: rand.New(rand.NewPCG(1, 1)), Open: r.open.open})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.hub.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	if _, err := r.hub.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *foundRig) pass(t *testing.T, d time.Duration) *fleet.Snapshot {
	t.Helper()
	if err := r.clock.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return r.hub.Latest()
}

func onePool(id, source string) *fleet.Found {
	return &fleet.Found{
		Pools: []fleet.PoolSpec{{ID: fleet.PoolID(id), Model: "m", Replicas: []fleet.ReplicaSpec{{ID: fleet.ReplicaID(source)}}}},
		Sources: []fleet.SourceSpec{{ID: fleet.SourceID(source), Kind: "vllm", Interval: time.Second,
			Subject: fleet.Subject{Pool: fleet.PoolID(id), Replica: fleet.ReplicaID(source)}}},
	}
}

func heard(at time.Time) *fleet.Cluster { return &fleet.Cluster{ID: "k", State: fleet.StateOK, At: at} }

func TestWhatIsFoundIsReadAndLeavesAgain(t *testing.T) {
	r := newFoundRig(t, fleet.Inventory{})
	r.tower.tell(fleet.Partial{Cluster: heard(start), Found: onePool("p", "p-1")})
	snap := r.pass(t, 3*time.Second)
	if p := snap.Pool("p"); p == nil || p.Load.Running != fleet.Some(fleet.Count(2)) {
		t.Fatalf("pool: %+v", p)
	}
	r.tower.tell(fleet.Partial{Cluster: heard(start), Found: onePool("p", "p-1")})
	if n := r.open.times("p-1"); n != 1 {
		t.Errorf("the same finding opened the source %d times", n)
	}
	r.tower.tell(fleet.Partial{Cluster: heard(start)})
	if r.pass(t, 2*time.Second).Pool("p") == nil {
		t.Error("a delivery without a finding dropped what was found")
	}
	r.tower.tell(fleet.Partial{Cluster: heard(start), Found: onePool("q", "q-1")})
	snap = r.pass(t, 3*time.Second)
	if snap.Pool("p") != nil || snap.Source("p-1") != nil || snap.Pool("q") == nil {
		t.Errorf("p should have gone and q come: %+v", snap.Pools)
	}
}

func TestWhatIsConfiguredWinsOverWhatIsFound(t *testing.T) {
	r := newFoundRig(t, fleet.Inventory{Pools: []fleet.PoolSpec{{ID: "p", Model: "mine"}}})
	r.tower.tell(fleet.Partial{Cluster: heard(start), Found: onePool("p", "p-1")})
	if p := r.pass(t, 2*time.Second).Pool("p"); p.Spec.Model != "mine" {
		t.Errorf("the found pool replaced the configured one: %+v", p.Spec)
	}
}

// TestALostWayIsNoDownReplica loses the API server through which a replica is read: nothing is known of the replica then,
// also while the way is back and the replica was not asked again yet.
func TestALostWayIsNoDownReplica(t *testing.T) {
	r := newFoundRig(t, fleet.Inventory{})
	found := onePool("p", "p-1")
	found.Sources[0].Via = "kubernetes/k/llm/p-1:8000"
	r.tower.tell(fleet.Partial{Cluster: heard(start), Found: found})
	if p := r.pass(t, 3*time.Second).Pool("p"); p.Replicas[0].State != fleet.StateOK {
		t.Fatalf("%+v", p.Replicas[0])
	}
	r.open.breaks(&fleet.Error{Kind: fleet.KindUnreachable, Op: "read", Err: errors.New("nothing listens on api:6443")})
	r.tower.lose(&fleet.Error{Kind: fleet.KindUnreachable, Op: "ask"})
	p := r.pass(t, 2*time.Minute).Pool("p")
	if rep := p.Replicas[0]; rep.State != fleet.StateStale || !strings.Contains(rep.Why.String(), "k, through which it is read, does not answer") {
		t.Errorf("%s: %s", rep.State, rep.Why)
	}
	if p.State == fleet.StateDown || p.State == fleet.StateCrit {
		t.Errorf("the pool is %s: %s", p.State, p.Why)
	}
	r.tower.tell(fleet.Partial{Cluster: heard(r.clock.Now())})
	if rep := r.hub.Latest().Pool("p").Replicas[0]; rep.State == fleet.StateDown {
		t.Errorf("the way is back and the replica was not asked: %s", rep.Why)
	}
	if rep := r.pass(t, wayGrace-time.Second).Pool("p").Replicas[0]; rep.State == fleet.StateDown {
		t.Errorf("what was asked as the way came back may have failed by it: %s", rep.Why)
	}
	if rep := r.pass(t, 2*time.Minute).Pool("p").Replicas[0]; rep.State != fleet.StateDown {
		t.Errorf("it does not answer by a way that is there: %s", rep.State)
	}
}

func TestAFoundSourceThatCannotBeOpenedSaysSo(t *testing.T) {
	r := newFoundRig(t, fleet.Inventory{})
	f := onePool("p", "p-1")
	f.Sources[0].Kind = "bad"
	r.tower.tell(fleet.Partial{Cluster: heard(start), Found: f})
	if s := r.pass(t, 2*time.Second).Source("p-1"); s == nil || s.Err.IsEmpty() {
		t.Errorf("source: %+v", s)
	}
}

func TestAClusterIsShownFromTheFirstMomentAndKeepsItsRowsWhenItFallsSilent(t *testing.T) {
	r := newFoundRig(t, fleet.Inventory{})
	if c := r.hub.Latest().Clusters; len(c) != 1 || c[0].State != fleet.StateUnknown || c[0].Why.IsEmpty() {
		t.Fatalf("before anything was heard: %+v", c)
	}
	r.tower.tell(fleet.Partial{Cluster: &fleet.Cluster{ID: "k", State: fleet.StateUnknown, Why: fleet.Text("listing pods")}})
	snap := r.pass(t, time.Second)
	if snap.Clusters[0].Why.String() != "listing pods" || !snap.Source("k").LastGood.IsZero() {
		t.Errorf("nothing was heard yet: %+v %+v", snap.Clusters[0], snap.Source("k"))
	}
	full := heard(start)
	full.Pods = []*fleet.Pod{{Name: "x"}}
	r.tower.tell(fleet.Partial{Cluster: full})
	if snap = r.pass(t, 10*time.Minute); snap.Source("k").Stale {
		t.Error("a quiet watch is not a stale one")
	}
	r.tower.lose(&fleet.Error{Kind: fleet.KindUnreachable, Op: "watch pods"})
	snap = r.pass(t, time.Minute)
	if c := snap.Clusters[0]; c.State != fleet.StateStale || len(c.Pods) != 1 || c.Why.IsEmpty() {
		t.Errorf("after the loss: %+v", c)
	}
	if full.State != fleet.StateOK {
		t.Error("an earlier value was changed")
	}
	r.tower.tell(fleet.Partial{Cluster: full})
	if c := r.pass(t, time.Second).Clusters[0]; c.State != fleet.StateOK {
		t.Errorf("after it came back: %+v", c)
	}
}

func TestAStoreSpeaksForTheSourcesThatAreReadThroughIt(t *testing.T) {
	var mu sync.Mutex // the first read may still be under way while the test goes on
	at := start
	var fail error
	store := &script{clock: fleet.NewVirtualClock(start), f: func(time.Time) (fleet.Partial, error) {
		mu.Lock()
		defer mu.Unlock()
		if fail != nil {
			return fleet.Partial{}, fail
		}
		tokens := 10 * at.Sub(start).Seconds() // ten a second, by the time of the sample
		return fleet.Partial{Parts: []fleet.Part{{Source: "p-1", Reading: fleet.Partial{At: at,
			Engines: []fleet.EngineReading{{Model: "m", OutputTokens: fleet.Some(tokens)}}}}}}, nil
	}}
	inv := fleet.Inventory{Pools: onePool("p", "p-1").Pools, Sources: onePool("p", "p-1").Sources}
	inv.Sources[0].From = "prom"
	inv.Sources = append(inv.Sources, fleet.SourceSpec{ID: "prom", Kind: "prometheus", Interval: 5 * time.Second})
	clock := fleet.NewVirtualClock(start)
	hub := New(Options{Inventory: inv, Readers: map[fleet.SourceID]fleet.Reader{"prom": store}, Clock: clock, Rand: rand.New(rand.NewPCG(1, 1))})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { hub.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	if _, err := hub.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	step := func() *fleet.Snapshot {
		mu.Lock()
		at = at.Add(5 * time.Second)
		mu.Unlock()
		if err := clock.Advance(ctx, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		return hub.Latest()
	}
	for range 5 {
		step()
	}
	snap := step()
	if r := snap.Pool("p").Load.OutRate; !r.OK || r.V < 9.9 || r.V > 10.1 {
		t.Errorf("ten tokens a second were counted, got %+v", r)
	}
	if s := snap.Source("p-1"); s.LastGood.After(at) || s.Failures != 0 {
		t.Errorf("the age follows the sample: %+v", s)
	}
	mu.Lock()
	fail = &fleet.Error{Kind: fleet.KindUnreachable, Op: "query"}
	mu.Unlock()
	if s := step().Source("p-1"); s.Failing == 0 || s.Err.IsEmpty() {
		t.Errorf("its store does not answer: %+v", s)
	}
}

func TestAPoolWithoutReplicasIsJudgedByWhatIsWanted(t *testing.T) {
	inv := fleet.Inventory{Pools: []fleet.PoolSpec{{ID: "undeclared"}, {ID: "asleep", Desired: fleet.Some(0)},
		{ID: "gone", Desired: fleet.Some(3)}}}
	snap := newFoundRig(t, inv).hub.Latest()
	for id, want := range map[fleet.PoolID]fleet.State{"undeclared": fleet.StateUnknown, "asleep": fleet.StateStandby,
		"gone": fleet.StateDown} {
		if got := snap.Pool(id); got.State != want || got.Why.IsEmpty() {
			t.Errorf("%s: got %s %q, want %s", id, got.State, got.Why, want)
		}
	}
}

func TestAConfiguredPoolWithoutReplicasTakesTheFoundOnesAndKeepsItsPrice(t *testing.T) {
	r := newFoundRig(t, fleet.Inventory{Pools: []fleet.PoolSpec{{ID: "p", Model: "m", GPUHour: fleet.Some(fleet.USDPerHour(3))}}})
	found := onePool("p", "p-1")
	found.Pools[0].GPUsPerReplica = 2
	r.tower.tell(fleet.Partial{Cluster: heard(start), Found: found})
	p := r.pass(t, 3*time.Second).Pool("p")
	if len(p.Replicas) != 1 || p.Load.Running != fleet.Some(fleet.Count(2)) || p.Burn != fleet.Some(fleet.USDPerHour(6)) {
		t.Errorf("pool %+v burns %+v", p.Replicas, p.Burn)
	}
}
