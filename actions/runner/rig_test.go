package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/actions/lease"
	"pitwall/fleet"
)

var (
	start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	order = []fleet.TargetID{"a", "b"}
	path  = []fleet.Weights{{"a": 60, "b": 40}, {"a": 50, "b": 50}, {"a": 40, "b": 60}, {"a": 30, "b": 70}}
)

// strictClock is a virtual clock on which a write takes no time, so that tests repeat exactly.
type strictClock struct{ *fleet.VirtualClock }

func (c strictClock) Task() fleet.Task { return strictTask{c.VirtualClock.Task()} }

type strictTask struct{ fleet.Task }

func (strictTask) Idle(wait func()) { wait() }

// gateway is three replicas behind one store; each takes a write over a little later than the one before.
type gateway struct {
	mu      sync.Mutex
	clock   fleet.Clock
	file    string // where it lives when it must outlive the process
	S       stored
	settle  time.Duration
	lags    map[fleet.GatewayReplicaID]bool // takes over only when it is resynced
	stuck   bool                            // a resync cures nothing
	silent  map[fleet.GatewayReplicaID]bool
	fail    func(n int, before, after fleet.Weights) (applied bool, err error)
	writes  []fleet.Weights
	resyncs []fleet.GatewayReplicaID
	faults  []string
	strange fleet.Weights // what a foreign hand put on gw-2 alone
}

type stored struct {
	Now, Was fleet.Weights
	At       time.Time
}

func newGateway(clock fleet.Clock) *gateway {
	return &gateway{clock: clock, S: stored{Now: path[0].Clone(), Was: path[0].Clone(), At: start.Add(-time.Hour)},
		settle: 6 * time.Second, lags: map[fleet.GatewayReplicaID]bool{}, silent: map[fleet.GatewayReplicaID]bool{}}
}

func (g *gateway) load() {
	if g.file == "" {
		return
	}
	b, err := os.ReadFile(g.file)
	if err == nil {
		err = json.Unmarshal(b, &g.S)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		panic(err)
	}
}

func (g *gateway) save() {
	if g.file == "" {
		return
	}
	b, err := json.Marshal(g.S)
	if err == nil {
		err = os.WriteFile(g.file+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(g.file+".new", g.file)
	}
	if err != nil {
		panic(err)
	}
}

func (g *gateway) ReadBack(_ context.Context, _ fleet.RouteSpec) []fleet.ReplicaWeights {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.load()
	var out []fleet.ReplicaWeights
	for i := range 3 {
		id := fleet.GatewayReplicaID(fmt.Sprintf("gw-%d", i+1))
		w := fleet.ReplicaWeights{Replica: id, At: g.clock.Now(), Weights: g.S.Now.Clone()}
		if g.clock.Now().Sub(g.S.At) < g.settle*time.Duration(i)/2 || g.lags[id] {
			w.Weights = g.S.Was.Clone()
		}
		if g.strange != nil && i == 1 {
			w.Weights = g.strange.Clone()
		}
		if g.silent[id] {
			w.Weights, w.Err = nil, &fleet.Error{Kind: fleet.KindUnreachable, Op: "read the route"}
		}
		out = append(out, w)
	}
	return out
}

func (g *gateway) SetWeights(_ context.Context, _ fleet.RouteSpec, before, after fleet.Weights) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.load()
	if after.Sum() <= 0 || !slices.ContainsFunc(path, after.Equal) {
		g.faults = append(g.faults, fmt.Sprintf("wrote %v, which is off the path", after))
	}
	n := len(g.writes) + 1
	g.writes = append(g.writes, after.Clone())
	if !g.S.Now.Equal(before) && !g.S.Now.Equal(after) {
		return &fleet.Error{Kind: fleet.KindConflict, Op: "set weights"}
	}
	applied, err := true, error(nil)
	if g.fail != nil {
		applied, err = g.fail(n, before, after)
	}
	if applied && !g.S.Now.Equal(after) {
		g.S = stored{Now: after.Clone(), Was: g.S.Now.Clone(), At: g.clock.Now()}
		g.save()
	}
	return err
}

func (g *gateway) Resync(_ context.Context, _ fleet.RouteSpec, id fleet.GatewayReplicaID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resyncs = append(g.resyncs, id)
	if !g.stuck {
		delete(g.lags, id)
	}
	return nil
}

func (g *gateway) Settle() time.Duration { return g.settle }

// knob turns something between two actions of the change.
func (g *rig) knob(turn func()) {
	g.t.Helper()
	g.still()
	g.tm.mu.Lock()
	defer g.tm.mu.Unlock()
	g.gw.mu.Lock()
	defer g.gw.mu.Unlock()
	turn()
}

// set is a foreign hand on the store.
func (g *gateway) set(w fleet.Weights) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.S = stored{Now: w.Clone(), Was: w.Clone(), At: start.Add(-time.Hour)}
	g.save()
}

func (g *gateway) now() fleet.Weights {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.load()
	return g.S.Now.Clone()
}

// telemetry is what the snapshots say.
type telemetry struct {
	mu        sync.Mutex
	perMinute float64
	errors    map[fleet.TargetID]fleet.Ratio
	other     fleet.Ratio
	skew      fleet.Ratio    // of the measured share
	blocked   fleet.TargetID // keeps its weight and gets nothing
	frozen    time.Time      // newest sample; zero is now
}

// rig is a runner on a fake gateway.
type rig struct {
	t       testing.TB
	clock   *fleet.VirtualClock
	gw      *gateway
	tm      *telemetry
	state   string
	journal *journal.Journal
	r       *Runner
	o       Options
	step    []actions.Check // what EvaluateStep says
	back    []actions.Check
	soak    time.Duration
}

func newRig(t *testing.T) *rig { return newRigIn(t, stateDir(t)) }

func newRigIn(t testing.TB, state string) *rig {
	clock := fleet.NewVirtualClock(start)
	g := &rig{t: t, clock: clock, gw: newGateway(clock), state: state, soak: 10 * time.Minute,
		tm: &telemetry{perMinute: 600, errors: map[fleet.TargetID]fleet.Ratio{}}}
	g.fresh(nil)
	return g
}

// fresh puts a new runner on the rig's state directory, as a new process would.
func (g *rig) fresh(edit func(*Options, *journal.Options)) {
	g.t.Helper()
	clock := strictClock{g.clock}
	jo := journal.Options{Clock: clock, Write: quick}
	g.o = Options{Clock: clock, Latest: g.snapshot, Actor: actions.Actor{UID: 1001, Name: "mara", Verified: true, Host: "bastion"},
		Writers:      func(id fleet.GatewayID) (fleet.RouteWriter, bool) { return g.gw, id == "lite" },
		Evaluate:     func(actions.Plan, *fleet.Snapshot, actions.Book, time.Time) []actions.Check { return nil },
		EvaluateStep: func(actions.Plan, int, *fleet.Snapshot, actions.Book, time.Time) []actions.Check { return g.step },
		EvaluateRollback: func(actions.Plan, actions.Step, *fleet.Snapshot, actions.Book, time.Time) []actions.Check {
			return g.back
		},
	}
	if edit != nil {
		edit(&g.o, &jo)
	}
	var err error
	if g.journal, err = journal.Open(g.state, jo); err != nil {
		g.t.Fatal(err)
	}
	g.o.Journal = g.journal
	if g.o.Audit, err = audit.Open(g.state, audit.Options{Clock: clock}); err != nil {
		g.t.Fatal(err)
	}
	if g.o.Locks, err = lease.Open(g.state, clock); err != nil {
		g.t.Fatal(err)
	}
	if g.r, err = New(g.o); err != nil {
		g.t.Fatal(err)
	}
}

// quick writes without fsync, which costs most of a test's time on a busy machine.
func quick(f *os.File, b []byte) error {
	_, err := f.Write(b)
	return err
}

func (g *rig) snapshot() *fleet.Snapshot {
	g.tm.mu.Lock()
	defer g.tm.mu.Unlock()
	at := g.clock.Now()
	if !g.tm.frozen.IsZero() {
		at = g.tm.frozen
	}
	w := g.gw.now()
	s := &fleet.Snapshot{At: g.clock.Now(), Routes: []fleet.Route{{Spec: g.spec()}, {Spec: fleet.RouteSpec{ID: "mail", Gateway: "lite"}}}}
	for _, id := range order {
		s.Routes[0].Targets = append(s.Routes[0].Targets, fleet.Target{Spec: fleet.TargetSpec{ID: id}, Blocked: fleet.Some(g.tm.blocked == id)})
	}
	for i, id := range order {
		seen := s.Routes[0].Takes(w).Share(id).Or(0) + g.tm.skew*fleet.Ratio(1-2*i)
		t := fleet.Target{Spec: fleet.TargetSpec{ID: id}, Blocked: fleet.Some(g.tm.blocked == id), SeenOver: time.Minute, SeenN: g.tm.perMinute,
			Load: fleet.Load{At: at, Window: time.Minute, Errors: fleet.Some(g.tm.errors[id])}}
		if g.tm.perMinute > 0 {
			t.Seen = fleet.Some(seen)
		} else {
			t.Load.Errors = fleet.None[fleet.Ratio]()
		}
		s.Routes[0].Targets[i] = t
	}
	s.Routes[1].Load = fleet.Load{At: at, Errors: fleet.Some(g.tm.other)}
	return s
}

func (g *rig) spec() fleet.RouteSpec {
	return fleet.RouteSpec{ID: "chat", Gateway: "lite", Targets: []fleet.TargetSpec{{ID: "a"}, {ID: "b"}}}
}

func (g *rig) plan() actions.Plan {
	p := actions.Plan{Format: 1, Digest: "7f3c91d0", Created: g.clock.Now(), Env: fleet.EnvDev, Gateway: "lite", Route: g.spec(),
		Intent: actions.Intent{Kind: actions.KindShift, Route: "chat"}, Order: order,
		Before: path[0], BeforeHash: fleet.HashWeights(path[0]), After: path[3], AfterHash: fleet.HashWeights(path[3]),
		Guard: fleet.Guard{ErrRatio: fleet.Some(fleet.Ratio(0.02)), For: 30 * time.Second}, Soak: g.soak}
	for i := range 3 {
		p.Steps = append(p.Steps, actions.Step{N: i + 1, Before: path[i], BeforeHash: fleet.HashWeights(path[i]),
			After: path[i+1], AfterHash: fleet.HashWeights(path[i+1]), Hold: 2 * time.Minute})
	}
	return p
}

func (g *rig) start() fleet.ChangeID {
	g.t.Helper()
	id, err := g.r.Start(g.plan(), actions.Approval{Typed: "chat"})
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

// pass lets time go by, one second after the other.
func (g *rig) pass(d time.Duration) {
	g.t.Helper()
	for ; d > 0; d -= time.Second {
		if err := g.clock.Advance(context.Background(), time.Second); err != nil {
			g.t.Fatal(err)
		}
	}
	g.still()
}

// still waits until everybody at work is done.
func (g *rig) still() {
	if err := g.clock.Advance(context.Background(), 0); err != nil {
		g.t.Fatal(err)
	}
}

// until lets time go by until the change is as wanted, at most for an hour.
func (g *rig) until(id fleet.ChangeID, want func(actions.Change) bool) actions.Change {
	g.t.Helper()
	g.still()
	for range 1800 {
		if c := g.change(id); want(c) {
			return c
		}
		g.pass(2 * time.Second)
	}
	g.t.Fatalf("an hour later the change is %q: %s", g.change(id).State, g.change(id).Why)
	return actions.Change{}
}

func in(s actions.State) func(actions.Change) bool {
	return func(c actions.Change) bool { return c.State == s }
}

func settledAt(n int) func(actions.Change) bool {
	return func(c actions.Change) bool {
		return c.State == actions.StateVerifying && c.Step == n && len(c.Steps) >= n && !c.Steps[n-1].Verified.IsZero()
	}
}

func (g *rig) change(id fleet.ChangeID) actions.Change {
	g.t.Helper()
	g.r.mu.Lock()
	mine, carried := g.r.shown[id], g.r.carried[id] != nil
	g.r.mu.Unlock()
	if carried {
		return mine // as Book has it, without reading the disk
	}
	c := g.r.Book().Change(id)
	if c == nil {
		g.t.Fatalf("change %s is not in the book", id)
	}
	return *c
}

// sound checks what must hold after every story.
func (g *rig) sound() {
	g.t.Helper()
	for _, f := range g.gw.faults {
		g.t.Error(f)
	}
	report, err := audit.Verify(g.state)
	if err != nil || !report.OK() {
		g.t.Errorf("audit: %+v, %v", report, err)
	}
	_, problems := journal.Load(g.state)
	for _, p := range problems {
		g.t.Errorf("journal %s:%d: %s", filepath.Base(p.File), p.Line, p.Text)
	}
}
