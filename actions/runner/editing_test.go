package runner

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// lists is a gateway of three replicas that keeps fallbacks in one store, which each of them takes over after its lag.
type lists struct {
	*gateway
	mu     sync.Mutex
	clock  fleet.Clock
	stored []fleet.RouteID
	held   map[fleet.GatewayReplicaID][]fleet.RouteID
	since  time.Time
	lag    time.Duration
	silent map[fleet.GatewayReplicaID]bool
	writes int
	fail   func(write int) (applied bool, err error)
	cannot error
}

var listReplicas = []fleet.GatewayReplicaID{"gw-1", "gw-2", "gw-3"}

func newLists(clock fleet.Clock, gw *gateway) *lists {
	l := &lists{gateway: gw, clock: clock, stored: []fleet.RouteID{"backup"}, held: map[fleet.GatewayReplicaID][]fleet.RouteID{},
		silent: map[fleet.GatewayReplicaID]bool{}}
	for _, id := range listReplicas {
		l.held[id] = l.stored
	}
	return l
}

func (l *lists) Editable(context.Context, fleet.RouteSpec, fleet.RouteEdit) error { return l.cannot }

func (l *lists) EditStands(_ context.Context, _ fleet.RouteSpec, e fleet.RouteEdit) []fleet.ReplicaStanding {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []fleet.ReplicaStanding
	for i, id := range listReplicas {
		if l.silent[id] {
			out = append(out, fleet.ReplicaStanding{Replica: id, Err: &fleet.Error{Kind: fleet.KindUnreachable, Op: "ask " + string(id)}})
			continue
		}
		if i == 0 || l.clock.Now().Sub(l.since) >= l.lag {
			l.held[id] = l.stored
		}
		s := fleet.ReplicaStanding{Replica: id}
		switch {
		case slices.Equal(l.held[id], e.After):
			s.At = fleet.StandsAfter
		case slices.Equal(l.held[id], e.Before):
			s.At = fleet.StandsBefore
		default:
			s.At, s.Holds = fleet.StandsForeign, fleet.Label(string(l.held[id][0]))
		}
		out = append(out, s)
	}
	return out
}

func (l *lists) Edit(_ context.Context, _ fleet.RouteSpec, e fleet.RouteEdit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes++
	applied, err := true, error(nil)
	if l.fail != nil {
		applied, err = l.fail(l.writes)
	}
	if !applied {
		return err
	}
	if !slices.Equal(l.stored, e.Before) && !slices.Equal(l.stored, e.After) {
		return &fleet.Error{Kind: fleet.KindConflict, Op: "edit"}
	}
	l.stored, l.since = e.After, l.clock.Now()
	return err
}

func (l *lists) store(to ...fleet.RouteID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stored = to
}

func (l *lists) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, id := range listReplicas {
		out = append(out, string(id)+" "+actions.EditText(fleet.RouteEdit{After: l.held[id]}).String())
	}
	return out
}

func editRig(t *testing.T) (*rig, *lists) {
	g := newRig(t)
	return g, newLists(g.clock, g.gw)
}

func (g *rig) armEdit(l *lists, probe func(string)) {
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Writers = func(id fleet.GatewayID) (fleet.RouteWriter, bool) { return l, id == "lite" }
		o.Probe = probe
	})
}

func (g *rig) editPlan() actions.Plan {
	e := fleet.RouteEdit{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: []fleet.RouteID{"backup"},
		After: []fleet.RouteID{"backup", "spare"}}
	return actions.Plan{Format: 1, Digest: "ed170000", Created: g.clock.Now(), Env: fleet.EnvDev, BeforeHash: "b", AfterHash: "a", Gateway: "lite",
		Route: g.spec(), Intent: actions.Intent{Kind: actions.KindEdit, Route: g.spec().ID}, Edit: &actions.EditPlan{Edit: e},
		Steps: []actions.Step{{N: 1, BeforeHash: "b", AfterHash: "a"}}}
}

func (g *rig) startEdit() fleet.ChangeID {
	g.t.Helper()
	id, err := g.r.Start(g.editPlan(), actions.Approval{})
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

func TestAnEditIsDoneWhenEveryReplicaHoldsIt(t *testing.T) {
	g, l := editRig(t)
	g.armEdit(l, nil)
	l.lag = 40 * time.Second
	id := g.startEdit()
	c := g.until(id, func(c actions.Change) bool {
		return strings.Contains(c.Why.String(), "not yet gw-2, gw-3") || c.State.Closed()
	})
	if c.State.Closed() || !strings.Contains(c.Why.String(), "1 of 3 replicas hold it") {
		t.Fatalf("%s: %s", c.State, c.Why)
	}
	if c = g.until(id, in(actions.StateCommitted)); !strings.Contains(c.Why.String(), "backup -> backup, spare") || l.writes != 1 {
		t.Errorf("%s after %d writes", c.Why, l.writes)
	}
	g.sound()
}

func TestAnEditThatTheGatewayCannotMakeIsRefusedWithItsReason(t *testing.T) {
	g, l := editRig(t)
	g.armEdit(l, nil)
	l.cannot = &fleet.Error{Kind: fleet.KindUnsupported, Op: "edit fallbacks", Err: errors.New("they are kept in a file")}
	_, err := g.r.Start(g.editPlan(), actions.Approval{})
	if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "kept in a file") || l.writes != 0 {
		t.Errorf("%v", err)
	}
	g.fresh(nil) // its writer knows weights only
	if _, err := g.r.Start(g.editPlan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("%v", err)
	}
}

func TestAnEditOfWhatSomebodyElseChangedIsStale(t *testing.T) {
	g, l := editRig(t)
	g.armEdit(l, nil)
	l.store("other")
	if _, err := g.r.Start(g.editPlan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "other") {
		t.Errorf("%v", err)
	}
	l.store("backup")
	l.lag = time.Minute
	id := g.startEdit()
	g.until(id, func(c actions.Change) bool { return strings.Contains(c.Why.String(), "not yet") })
	l.store("theirs")
	c := g.until(id, func(c actions.Change) bool { return c.State == actions.StateUnknown || c.State.Closed() })
	if c.State != actions.StateUnknown || !strings.Contains(c.Why.String(), "somebody else changed it: gw-1 has theirs") {
		t.Errorf("%s: %s", c.State, c.Why)
	}
}

func TestAnEditOfWhichHalfTheReplicasAreSilentWaits(t *testing.T) {
	g, l := editRig(t)
	g.armEdit(l, nil)
	id := fleet.ChangeID("")
	l.fail = func(int) (bool, error) { l.silent["gw-3"] = true; return true, nil }
	id = g.startEdit()
	c := g.until(id, func(c actions.Change) bool {
		return strings.Contains(c.Why.String(), "do not answer") || c.State.Closed()
	})
	if c.State.Closed() {
		t.Fatalf("%s: %s", c.State, c.Why)
	}
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.silent, l.fail = map[fleet.GatewayReplicaID]bool{}, nil
	l.mu.Unlock()
	c = g.until(id, in(actions.StateRolledBack))
	if got := strings.Join(l.all(), "; "); strings.Contains(got, "spare") || !strings.Contains(c.Why.String(), "backup, spare -> backup") {
		t.Errorf("%s; %s", got, c.Why)
	}
}

func TestWhatBecomesOfAnEditThatFails(t *testing.T) {
	for _, x := range []struct {
		name    string
		kind    fleet.Kind
		applied bool
		times   int
		end     actions.State
		writes  int
	}{
		{"the answer is lost", fleet.KindTimeout, true, 1, actions.StateCommitted, 1},
		{"it fails once", fleet.KindServer, false, 1, actions.StateCommitted, 2},
		{"it is refused", fleet.KindInvalid, false, 9, actions.StateAborted, 1},
	} {
		g, l := editRig(t)
		g.armEdit(l, nil)
		l.fail = func(n int) (bool, error) {
			if n > x.times {
				return true, nil
			}
			return x.applied, &fleet.Error{Kind: x.kind, Op: "edit"}
		}
		id := g.startEdit()
		c := g.until(id, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
		if c.State != x.end || l.writes != x.writes {
			t.Errorf("%s: %s (%s) after %d writes", x.name, c.State, c.Why, l.writes)
		}
	}
}

// TestAnEditKilledAtAnyPoint kills the process between any two steps of an edit: a fresh one goes on, or back, and every
// replica holds the same at the end.
func TestAnEditKilledAtAnyPoint(t *testing.T) {
	eachDeath(t, "edit", 8, func(t *testing.T, k *killer) func(bool) {
		g, l := editRig(t)
		l.lag = 3 * time.Second
		g.armEdit(l, k.probe)
		g.tellErrand(g.editPlan(), k.dead)
		return func(undo bool) {
			g.armEdit(l, nil)
			open := g.takeUp(undo)
			want := "backup"
			for _, c := range g.r.Book().Changes {
				if c.State == actions.StateCommitted {
					want = "backup, spare"
				}
			}
			g.pass(l.lag)
			l.EditStands(context.Background(), fleet.RouteSpec{}, g.editPlan().Edit.Edit)
			for _, held := range l.all() {
				if !strings.HasSuffix(held, "-> "+want) {
					t.Errorf("open %v, undo %v: %s, the journal says %s", open, undo, held, want)
				}
			}
			g.sound()
		}
	})
}
