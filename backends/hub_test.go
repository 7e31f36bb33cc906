package backends

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
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
	subjects := map[fleet.SourceID]fleet.Subject{
		"r1": {Pool: "p", Replica: "r1"}, "r2": {Pool: "p", Replica: "r2"}, "n1": {Pool: "p", Node: "n1"},
		"gw1": {Gateway: "g", GatewayReplica: "gw1"}, "gw2": {Gateway: "g", GatewayReplica: "gw2"},
		"gw3": {Gateway: "g", GatewayReplica: "gw3"}, "api": {Provider: "api"},
	}
	readers := map[fleet.SourceID]fleet.Reader{}
	for _, id := range []fleet.SourceID{"r1", "r2", "n1", "gw1", "gw2", "gw3", "api"} {
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

func TestRatesAreTakenPerSeriesAndSummed(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": steady(1000, 10), "r2": steady(500, 5)})
	s := b.after(2 * time.Minute)
	p := s.Pool("p")
	if got := float64(p.Load.OutRate.V); !p.Load.OutRate.OK || math.Abs(got-1500) > 1 {
		t.Errorf("output rate: got %v, want 1500 tok/s", p.Load.OutRate)
	}
	if p.Load.Running != fleet.Some(fleet.Count(15)) || p.Ready != 2 || p.State != fleet.StateOK {
		t.Errorf("running %v, ready %d, state %s %s", p.Load.Running, p.Ready, p.State, p.Why)
	}
	want := 64.0 / (4500 * 3600) * 1e6 // 16 GPUs at $4 over prompt and output tokens
	if !p.PerMTok.OK || math.Abs(float64(p.PerMTok.V)-want) > 0.01*want {
		t.Errorf("allocated: got %v, want %.3f", p.PerMTok, want)
	}
}

func TestARestartIsNeverANegativeRate(t *testing.T) {
	restart := start.Add(40 * time.Second)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			n := 1e9 + now.Sub(start).Seconds()*100
			if !now.Before(restart) {
				n = now.Sub(restart).Seconds() * 100
			}
			return engine(fleet.EngineReading{OutputTokens: fleet.Some(n), Running: fleet.Some(fleet.Count(1))})(now)
		}})
	for range 20 {
		s := b.after(5 * time.Second)
		if r := s.Pool("p").Load.OutRate; r.OK && (r.V < 80 || r.V > 101) {
			t.Fatalf("%s: got %v tok/s, want about 100", s.At, r.V)
		}
	}
}

func TestADeadSourceKeepsItsLastValuesWithTheirAge(t *testing.T) {
	dies := start.Add(time.Minute)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			if now.After(dies) {
				return fleet.Partial{}, &fleet.Error{Kind: fleet.KindServer, Op: "read metrics", Err: errors.New("HTTP 500")}
			}
			return steady(1000, 10)(now)
		}})
	before := b.after(time.Minute).Pool("p").Replicas[0]
	s := b.after(2 * time.Minute)
	after := s.Pool("p").Replicas[0]
	if after.State != fleet.StateStale || after.Load.OutRate.OK && after.Load.OutRate.V == 0 {
		t.Errorf("got %s with rate %v, want STALE and never 0", after.State, after.Load.OutRate)
	}
	if !after.At.Equal(before.At) && s.At.Sub(after.At) < time.Minute {
		t.Errorf("age is hidden: last read %s at %s", after.At, s.At)
	}
	src := s.Source("r1")
	if !src.Stale || src.ErrKind != fleet.KindServer || src.Failing < failuresToSay {
		t.Errorf("source: %+v", src)
	}
	if p := s.Pool("p"); p.Load.OutRate.OK {
		t.Errorf("a stale replica is summed into the present: %v", p.Load.OutRate)
	}
	if strings.Contains(src.URL.String(), "pw") || strings.Contains(src.URL.String(), "k=v") {
		t.Errorf("the address shows credentials: %s", src.URL)
	}
}

func TestABackedOffSourceIsAskedLessOftenAndObeysRetryAfter(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindTimeout, Op: "read"}
		},
		"r2": func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindRateLimited, Op: "read", Retry: 2 * time.Minute}
		}})
	b.after(119 * time.Second)
	if got := b.read["r2"].reads; got != 1 {
		t.Errorf("asked %d times within Retry-After of two minutes", got)
	}
	b.hub.Refresh()
	b.after(500 * time.Millisecond)
	if got := b.read["r2"].reads; got != 1 {
		t.Errorf("a refresh broke Retry-After: %d reads", got)
	}
	if got := b.read["r1"].reads; got > 7 || got < 4 {
		t.Errorf("failing source read %d times in two minutes, want exponential back-off", got)
	}
}

func TestAZombieIsNotUp(t *testing.T) {
	frozen := start.Add(time.Minute)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			if now.After(frozen) {
				now = frozen
			}
			return steady(1000, 10)(now) // health stays true
		}, "r2": steady(1000, 10)})
	if s := b.after(time.Minute); s.Pool("p").State != fleet.StateOK {
		t.Fatalf("before: %s %s", s.Pool("p").State, s.Pool("p").Why)
	}
	early := b.after(30 * time.Second).Pool("p")
	if early.Replicas[0].State != fleet.StateCrit || early.State != fleet.StateCrit {
		t.Errorf("after 30 s: replica %s, pool %s", early.Replicas[0].State, early.State)
	}
	late := b.after(time.Minute).Pool("p")
	if late.Replicas[0].State != fleet.StateDown || late.Ready != 1 {
		t.Errorf("after 90 s: %s, ready %d", late.Replicas[0].State, late.Ready)
	}
	if !strings.Contains(late.Why.String(), "no token for") {
		t.Errorf("evidence: %q", late.Why)
	}
}

func histogram(scale float64, bounds ...float64) fleet.Histogram {
	h := fleet.Histogram{}
	for i, b := range append(bounds, math.Inf(1)) {
		h.Bounds = append(h.Bounds, b)
		h.Counts = append(h.Counts, scale*float64(i+1))
	}
	return h
}

func TestQuantilesComeFromMergedBuckets(t *testing.T) {
	fast := fleet.Histogram{Bounds: []float64{0.1, 1, 10, math.Inf(1)}, Counts: []float64{900, 900, 900, 900}}
	slow := fleet.Histogram{Bounds: []float64{0.1, 1, 10, math.Inf(1)}, Counts: []float64{0, 0, 100, 100}}
	merged := quantile(mergeHistograms([]fleet.Histogram{fast, slow}), 0.95)
	if !merged.OK || merged.V < 5 || merged.V > 6 {
		t.Errorf("p95 of the merge: got %v, want 5.5 s (the mean of the two p95s would be 4.8 s)", merged)
	}
	other := fleet.Histogram{Bounds: []float64{0.5, 1, math.Inf(1)}, Counts: []float64{10, 20, 30}}
	m := mergeHistograms([]fleet.Histogram{fast, other})
	if len(m.Bounds) != 2 || m.Bounds[0] != 1 || m.Counts[0] != 920 || m.Counts[1] != 930 {
		t.Errorf("unequal bounds must merge on common values only: %+v", m)
	}
	if q := quantile(histogram(4, 1, 2), 0.95); q.OK {
		t.Errorf("12 observations gave a p95: %v", q)
	}
	if q := quantile(fleet.Histogram{Bounds: []float64{1, math.Inf(1)}, Counts: []float64{0, 100}}, 0.5); q.V != 1 {
		t.Errorf("beyond the last bound: got %v", q)
	}
}

func gatewayReading(weights map[fleet.DeploymentID]float64, requests map[fleet.DeploymentID]float64) fleet.Partial {
	g := &fleet.GatewayReading{Mode: fleet.GatewayModeDatabase, Strategy: "simple-shuffle", Metrics: true}
	for _, id := range []fleet.DeploymentID{"own", "rented", "extra"} {
		w, ok := weights[id]
		if !ok {
			continue
		}
		g.Deployments = append(g.Deployments, fleet.DeploymentReading{ID: id, Route: "chat", Weight: fleet.Some(w),
			Requests: fleet.Some(requests[id]), Successes: fleet.Some(requests[id])})
	}
	return fleet.Partial{Gateway: g}
}

func TestRoutesShowAgreementDriftAndSeenShare(t *testing.T) {
	weights := map[fleet.DeploymentID]float64{"own": 60, "rented": 40}
	read := func(w map[fleet.DeploymentID]float64) func(time.Time) (fleet.Partial, error) {
		return func(now time.Time) (fleet.Partial, error) {
			n := now.Sub(start).Seconds()
			return gatewayReading(w, map[fleet.DeploymentID]float64{"own": 6 * n, "rented": 4 * n}), nil
		}
	}
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"gw1": read(weights), "gw2": read(weights),
		"gw3": func(now time.Time) (fleet.Partial, error) {
			if now.After(start.Add(2 * time.Minute)) {
				return read(map[fleet.DeploymentID]float64{"own": 70, "rented": 30})(now)
			}
			return read(weights)(now)
		}})
	r := b.after(2 * time.Minute).Route("chat")
	if !r.Weights.Equal(fleet.Weights{"own": 60, "rented": 40}) || r.Hash == "" {
		t.Fatalf("agreed weights: %v", r.Weights)
	}
	if own := r.Target("own"); math.Abs(float64(own.Seen.V)-0.6) > 0.001 || own.Effective != fleet.Some(fleet.Ratio(0.6)) {
		t.Errorf("seen %v, effective %v", own.Seen, own.Effective)
	}
	r = b.after(30 * time.Second).Route("chat")
	if r.Weights != nil || r.State != fleet.StateDrift || !r.Replicas[2].Differs || r.Replicas[0].Differs {
		t.Errorf("drift: weights %v, state %s, replicas %+v", r.Weights, r.State, r.Replicas)
	}
	if r.Target("own").Set != fleet.Some(60) {
		t.Errorf("set shows %v, want the majority's 60", r.Target("own").Set)
	}
}

func TestAMemberThatTheConfigurationDoesNotNameIsShown(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"gw1": func(time.Time) (fleet.Partial, error) {
			return gatewayReading(map[fleet.DeploymentID]float64{"own": 50, "extra": 50}, nil), nil
		}})
	r := b.after(10 * time.Second).Route("chat")
	if r.Target("extra") == nil || r.Weights["extra"] != 50 {
		t.Errorf("targets: %+v", r.Order())
	}
	if _, has := r.Weights["rented"]; has {
		t.Errorf("a missing deployment has a weight: %v", r.Weights)
	}
}

func TestAnXidIsAnEventOnlyWhenItChanges(t *testing.T) {
	change := start.Add(30 * time.Second)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"n1": func(now time.Time) (fleet.Partial, error) {
			second := 0
			if now.After(change) {
				second = 79
			}
			return fleet.Partial{GPUs: []fleet.GPUReading{
				{ID: "GPU-a", Index: "0", LastXid: fleet.Some(48), Util: fleet.Some(fleet.Ratio(0.5))},
				{ID: "GPU-b", Index: "1", LastXid: fleet.Some(second), Util: fleet.Some(fleet.Ratio(0.7))}}}, nil
		}})
	count := func(s *fleet.Snapshot, text string) int {
		n := 0
		for _, e := range s.Events {
			if strings.Contains(e.Text.String(), text) {
				n++
			}
		}
		return n
	}
	s := b.after(20 * time.Second)
	if n := count(s, "Xid 48"); n != 0 {
		t.Errorf("an old sticky code was announced %d times", n)
	}
	if x := s.Pool("p").Nodes[0].GPUs[0].Xid; !x.OK || x.V.Code != 48 || x.V.First.OK {
		t.Errorf("sticky code: %+v, want shown with unknown time", x)
	}
	s = b.after(time.Minute)
	if n := count(s, "Xid 79"); n != 1 {
		t.Errorf("Xid 79 announced %d times", n)
	}
	if g := s.Pool("p").GPUUtil; math.Abs(float64(g.V)-0.6) > 0.001 {
		t.Errorf("mean utilisation: %v", g)
	}
}

func TestAGPUThatLeavesThePageIsMissing(t *testing.T) {
	gone := start.Add(30 * time.Second)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"n1": func(now time.Time) (fleet.Partial, error) {
			list := []fleet.GPUReading{{ID: "GPU-a", Index: "0"}, {ID: "GPU-b", Index: "1"}}
			if now.After(gone) {
				list = list[:1]
			}
			return fleet.Partial{GPUs: list}, nil
		}})
	node := b.after(time.Minute).Pool("p").Nodes[0]
	if len(node.GPUs) != 2 || !node.GPUs[1].Missing || node.State.Rank() < fleet.StateCrit.Rank() {
		t.Errorf("node %s %s: %+v", node.State, node.Why, node.GPUs)
	}
}

func TestSnapshotsAreConflatedButTheFirstChangeIsNot(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": steady(1, 1), "r2": steady(1, 1), "gw1": func(time.Time) (fleet.Partial, error) { return fleet.Partial{}, nil }})
	b.after(10 * time.Second)
	from := b.hub.Latest().Gen
	b.after(60 * time.Second)
	if n := b.hub.Latest().Gen - from; n > 4*60 || n < 60 {
		t.Errorf("%d snapshots in a minute, want at most 4 a second and at least one", n)
	}
}

func TestASnapshotNeverChangesOnceGiven(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){"r1": steady(1000, 10)})
	old := b.after(2 * time.Minute)
	trend := append([]float64(nil), old.Pool("p").Trends.OutRate.V...)
	rate := old.Pool("p").Load.OutRate
	b.after(10 * time.Minute)
	for i, v := range old.Pool("p").Trends.OutRate.V {
		if v != trend[i] && !(math.IsNaN(v) && math.IsNaN(trend[i])) {
			t.Fatalf("trend value %d changed from %v to %v", i, trend[i], v)
		}
	}
	if old.Pool("p").Load.OutRate != rate {
		t.Error("rate changed")
	}
}

func TestAPanickingAdapterIsAFailedRead(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(time.Time) (fleet.Partial, error) { panic("broken reply") }})
	s := b.after(time.Minute)
	if src := s.Source("r1"); src.ErrKind != fleet.KindInternal || src.Failing == 0 {
		t.Errorf("got %+v", src)
	}
}

func TestClockSkewIsSaid(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			return fleet.Partial{ServerTime: fleet.Some(now.Add(time.Hour))}, nil
		}})
	s := b.after(10 * time.Second)
	if k := s.Source("r1").Skew; !k.OK || k.V != time.Hour {
		t.Errorf("skew: %v", k)
	}
	said := false
	for _, a := range s.Alerts {
		said = said || strings.Contains(a.Text.String(), "clock is off by +60m")
	}
	if !said {
		t.Errorf("alerts: %+v", s.Alerts)
	}
}
