package runner

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// vault is a gateway of three replicas that keeps one key in a store, which each of them caches until it is told.
type vault struct {
	*gateway
	mu     sync.Mutex
	clock  fleet.Clock
	stored fleet.KeyState
	cached map[fleet.GatewayReplicaID]bool // blocked
	told   map[fleet.GatewayReplicaID]bool // by this process: what it was told last
	since  map[fleet.GatewayReplicaID]time.Time
	deaf   map[fleet.GatewayReplicaID]bool
	writes int
	fail   func(write int) error
}

func newVault(clock fleet.Clock, gw *gateway) *vault {
	return &vault{gateway: gw, clock: clock, cached: map[fleet.GatewayReplicaID]bool{}, told: map[fleet.GatewayReplicaID]bool{},
		since: map[fleet.GatewayReplicaID]time.Time{}, deaf: map[fleet.GatewayReplicaID]bool{}}
}

func (v *vault) KeyStands(_ context.Context, e fleet.KeyEdit) []fleet.ReplicaStanding {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []fleet.ReplicaStanding
	for _, id := range listReplicas {
		s := fleet.ReplicaStanding{Replica: id, At: e.StandsAt(v.stored)}
		if s.At == fleet.StandsForeign {
			s.Holds = fleet.Text("something else")
		}
		has, known := v.told[id]
		if !known {
			has = e.Before.Blocked
		}
		if has != v.stored.Blocked {
			if v.since[id].IsZero() {
				v.since[id] = v.clock.Now()
			}
			s.Cached = v.since[id].Add(time.Minute)
		}
		out = append(out, s)
	}
	return out
}

func (v *vault) EditKey(_ context.Context, e fleet.KeyEdit) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writes++
	if v.fail != nil {
		if err := v.fail(v.writes); err != nil {
			return err
		}
	}
	if e.StandsAt(v.stored) == fleet.StandsForeign {
		return &fleet.Error{Kind: fleet.KindConflict, Op: "edit the key"}
	}
	v.stored = e.After
	for _, id := range listReplicas {
		if !v.deaf[id] {
			v.cached[id], v.told[id] = e.After.Blocked, e.After.Blocked
			delete(v.since, id)
		}
	}
	return nil
}

func (g *rig) keyPlan() actions.Plan {
	e := fleet.KeyEdit{Kind: fleet.KeyBlock, Of: fleet.KeyRef{ID: "6f1c", Alias: "loop"}, After: fleet.KeyState{Blocked: true}}
	return actions.Plan{Format: 1, Digest: "4e700000", Created: g.clock.Now(), Env: fleet.EnvDev, BeforeHash: "b", AfterHash: "a", Gateway: "lite",
		Intent: actions.Intent{Kind: actions.KindKey}, Edit: &actions.EditPlan{Key: &actions.KeyPlan{Edit: e,
			Holder: fleet.KeyHolder{KeyRef: e.Of, Cached: time.Minute}}}, Steps: []actions.Step{{N: 1, BeforeHash: "b", AfterHash: "a"}}}
}

func keyRig(t *testing.T) (*rig, *vault) {
	g := newRig(t)
	return g, newVault(g.clock, g.gw)
}

// armKey begins a process, which has told nobody anything.
func (g *rig) armKey(v *vault, probe func(string)) {
	v.mu.Lock()
	v.told, v.since = map[fleet.GatewayReplicaID]bool{}, map[fleet.GatewayReplicaID]time.Time{}
	v.mu.Unlock()
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Writers = func(id fleet.GatewayID) (fleet.RouteWriter, bool) { return v, id == "lite" }
		o.Probe = probe
	})
}

func (g *rig) startKey() fleet.ChangeID {
	g.t.Helper()
	id, err := g.r.Start(g.keyPlan(), actions.Approval{})
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

func TestAKeyIsBlockedOnceAndTakenBack(t *testing.T) {
	g, v := keyRig(t)
	g.armKey(v, nil)
	id := g.startKey()
	c := g.until(id, in(actions.StateCommitted))
	if v.writes != 1 || !v.cached["gw-3"] || !strings.Contains(c.Why.String(), "all replicas hold it: block key loop") {
		t.Errorf("%s after %d writes: %v", c.Why, v.writes, v.cached)
	}
	if c.Plan.Object() != "loop" || c.Plan.ObjectKind() != "key" || c.Plan.Lock() != "key 6f1c of lite" {
		t.Errorf("it is about %s %s, lock %s", c.Plan.ObjectKind(), c.Plan.Object(), c.Plan.Lock())
	}
	g.sound()
}

// A replica that is not told is told again, and then waited for until its cache is over.
func TestAReplicaThatWasNotToldIsSaidUntilItsCacheIsOver(t *testing.T) {
	g, v := keyRig(t)
	g.armKey(v, nil)
	v.deaf["gw-2"] = true
	id := g.startKey()
	c := g.until(id, func(c actions.Change) bool {
		return strings.Contains(c.Why.String(), "gw-2 was not told") || c.State.Closed()
	})
	if c.State.Closed() || !strings.Contains(c.Why.String(), "until ") {
		t.Fatalf("%s: %s", c.State, c.Why)
	}
	began := g.clock.Now()
	g.until(id, in(actions.StateCommitted))
	if waited := g.clock.Now().Sub(began); v.writes != attempts || waited < 50*time.Second {
		t.Errorf("%d writes, done after %s", v.writes, waited)
	}
}

func TestAKeyThatSomebodyElseChangedIsStale(t *testing.T) {
	g, v := keyRig(t)
	g.armKey(v, nil)
	v.stored.Blocked = true
	if _, err := g.r.Start(g.keyPlan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindConflict || v.writes != 0 {
		t.Errorf("%v after %d writes", err, v.writes)
	}
	g.fresh(nil) // its writer knows weights only
	if _, err := g.r.Start(g.keyPlan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindUnsupported ||
		!strings.Contains(err.Error(), "nothing of keys and teams can be changed") {
		t.Errorf("%v", err)
	}
}

func TestAKeyEditThatIsRefusedChangesNothing(t *testing.T) {
	g, v := keyRig(t)
	g.armKey(v, nil)
	v.fail = func(int) error {
		return &fleet.Error{Kind: fleet.KindAuth, Op: "block key loop", Next: "it takes a proxy admin's key"}
	}
	c := g.until(g.startKey(), in(actions.StateAborted))
	if !strings.Contains(c.Why.String(), "proxy admin") || v.stored.Blocked {
		t.Errorf("%s", c.Why)
	}
}

// TestAKeyEditKilledAtAnyPoint kills the process between any two steps: a fresh one goes on, or back, and at the end what is
// stored, what each replica goes by and what the journal says are the same.
func TestAKeyEditKilledAtAnyPoint(t *testing.T) {
	eachDeath(t, "key", 8, func(t *testing.T, k *killer) func(bool) {
		g, v := keyRig(t)
		v.deaf["gw-2"] = true // the dead process did not get to it
		g.armKey(v, k.probe)
		g.tellErrand(g.keyPlan(), k.dead)
		return func(undo bool) {
			v.deaf = map[fleet.GatewayReplicaID]bool{}
			g.armKey(v, nil)
			open := g.takeUp(undo)
			want := false
			for _, c := range g.r.Book().Changes {
				want = want || c.State == actions.StateCommitted
			}
			if v.stored.Blocked != want {
				t.Errorf("open %v, undo %v: stored %v, the journal says %v", open, undo, v.stored.Blocked, want)
			}
			for _, id := range listReplicas {
				if open && v.cached[id] != want {
					t.Errorf("open %v, undo %v: %s goes by %v, the journal says %v", open, undo, id, v.cached[id], want)
				}
			}
			g.sound()
		}
	})
}
