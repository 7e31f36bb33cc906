package slice

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

const soak = time.Minute

// start plans, checks and starts a change as an operator does who overrides with a reason.
func (r *rig) start(in actions.Intent) fleet.ChangeID {
	r.t.Helper()
	p, err := r.desk.Plan(in)
	if err != nil {
		r.t.Fatal(err)
	}
	checks := r.desk.Check(p)
	id, err := r.desk.Start(p, actions.Approval{Overrides: actions.Overrides(checks), Reason: "the slice asks for it", Typed: string(p.Route.ID)})
	if err != nil {
		for _, c := range checks {
			r.t.Logf("%s %-5s %s: %s", c.ID, c.Severity, c.Title, c.Formula)
		}
		r.t.Fatal(err)
	}
	return id
}

// until lets time pass until a change is in a state that is wanted, or closed.
func (r *rig) until(id fleet.ChangeID, wanted ...actions.State) *actions.Change {
	r.t.Helper()
	for range 80 {
		c := r.desk.Book().Change(id)
		for _, w := range wanted {
			if c.State == w {
				return c
			}
		}
		if c.State.Closed() {
			return c
		}
		r.after(15 * time.Second)
	}
	return r.desk.Book().Change(id)
}

func TestTheEmbeddedFleetIsHealthyAndAZombieIsNoticed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := r.after(2 * time.Minute)
	for _, p := range s.Pools {
		if p.State.Rank() >= fleet.StateUnknown.Rank() {
			t.Errorf("pool %s is %s: %s", p.Spec.ID, p.State, p.Why)
		}
	}
	if len(s.Alerts) > 0 {
		show(t, s)
		t.Errorf("%d alerts in a healthy fleet", len(s.Alerts))
	}
	if !s.Spend.Burn.OK || !s.Spend.BurnWhy.IsEmpty() || s.Totals.Load.Requests.Or(0) <= 0 {
		t.Errorf("burn %v (%s), requests %v", s.Spend.Burn, s.Spend.BurnWhy, s.Totals.Load.Requests)
	}
	if err := r.sim.Start("F01", r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	s = r.after(time.Minute)
	var sick []fleet.Replica
	for _, p := range s.Pools {
		for _, x := range p.Replicas {
			if x.State.Rank() >= fleet.StateCrit.Rank() {
				sick = append(sick, x)
			}
		}
	}
	if len(sick) != 1 || sick[0].Health != fleet.Some(true) {
		show(t, s)
		t.Fatalf("after a minute %d replicas are noticed, want the one whose health endpoint still answers: %+v", len(sick), sick)
	}
	if m := sick[0].Progress.Moving; !m.OK || m.V {
		t.Errorf("evidence: %+v", sick[0].Progress)
	}
}

func TestAShiftIsCommittedAndUndone(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	before := r.after(90 * time.Second).Route("chat").Weights
	id := r.start(actions.Intent{Kind: actions.KindShift, Route: "chat", Soak: soak,
		Weights: fleet.Weights{"b200-a": 50, "h100-b": 40}})
	if c := r.until(id); c.State != actions.StateCommitted {
		show(t, r.hub.Latest())
		t.Fatalf("the change is %s: %s", c.State, c.Why)
	}
	if w := r.hub.Latest().Route("chat").Weights; w["b200-a"] != 50 || w["h100-b"] != 40 {
		t.Errorf("weights: %v", w)
	}
	in, err := r.desk.UndoIntent(id)
	if err != nil {
		t.Fatal(err)
	}
	in.Soak = soak
	if c := r.until(r.start(in)); c.State != actions.StateCommitted {
		t.Fatalf("the undo is %s: %s", c.State, c.Why)
	}
	if w := r.hub.Latest().Route("chat").Weights; !w.Equal(before) {
		t.Errorf("after the undo %v, before the change %v", w, before)
	}
}

func TestASplitGatewayIsSeenAndResynced(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.after(30 * time.Second)
	if err := r.sim.Start("F24", r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	route := r.after(30 * time.Second).Route("chat")
	lagging := fleet.GatewayReplicaID("")
	for _, v := range route.Replicas {
		if v.Differs {
			lagging = v.ID
		}
	}
	if route.State != fleet.StateDrift || lagging == "" {
		show(t, r.hub.Latest())
		t.Fatalf("route is %s: %s", route.State, route.Why)
	}
	id := r.start(actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: lagging, Soak: soak})
	if c := r.until(id); c.State != actions.StateCommitted {
		t.Fatalf("the resync is %s: %s", c.State, c.Why)
	}
	if route = r.after(15 * time.Second).Route("chat"); route.Weights == nil || route.State == fleet.StateDrift {
		t.Errorf("after the resync the route is %s: %s", route.State, route.Why)
	}
}

func TestABrownoutOfTheReceiverRollsBackByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	route := r.after(90 * time.Second).Route("chat")
	before := route.Weights
	receiver, giver := fleet.TargetID(""), fleet.TargetID("b200-a")
	for i := range route.Targets {
		if id := route.Targets[i].Spec.Provider; id == "openai" {
			receiver = route.Targets[i].Spec.ID
		}
	}
	if receiver == "" {
		t.Fatalf("no target of the provider that browns out: %v", route.Order())
	}
	id := r.start(actions.Intent{Kind: actions.KindShift, Route: "chat", Soak: 10 * time.Minute,
		Weights: fleet.Weights{giver: before[giver] - 10, receiver: before[receiver] + 10}})
	if c := r.until(id, actions.StateSoaking, actions.StateVerifying); c.State.Closed() {
		t.Fatalf("the change is %s before the fault: %s", c.State, c.Why)
	}
	if err := r.sim.Start("F32", r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	c := r.until(id)
	if c.State != actions.StateRolledBack {
		show(t, r.hub.Latest())
		t.Fatalf("the change is %s: %s", c.State, c.Why)
	}
	if w := r.after(15 * time.Second).Route("chat").Weights; !w.Equal(before) {
		t.Errorf("after the roll-back %v, before the change %v", w, before)
	}
}
