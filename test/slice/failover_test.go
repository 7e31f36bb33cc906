package slice

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/test/users"
)

var poolB200 = actions.Origin{Kind: actions.OriginPool, ID: "b200-a"}

// rarely reads engines and exporters less often than the demo does, so that much of the fleet's time costs little of the machine's.
func rarely(inv *fleet.Inventory) {
	for i := range inv.Sources {
		if s := &inv.Sources[i]; s.Subject.Gateway == "" {
			s.Interval, s.Timeout = 5*s.Interval, 4*s.Interval
		}
	}
}

// flow lets the rig's clock run until the test ends, and gives what waits on it.
func (r *rig) flow(speed float64) (wait func(time.Duration)) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.sim.Drive(ctx, r.clock, speed, 2*time.Millisecond) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	})
	return func(d time.Duration) {
		task := r.clock.Task()
		defer task.Done()
		if err := task.Sleep(r.t.Context(), d); err != nil {
			r.t.Fatal(err)
		}
	}
}

// gather lets users ask for routes, at all gateway replicas in turn.
func (r *rig) gather(rate float64, models ...string) *users.Crowd {
	r.t.Helper()
	inv := r.sim.Inventory()
	key, err := r.sim.Secret(r.t.Context(), inv.Gateways[0].Auth)
	if err != nil {
		r.t.Fatal(err)
	}
	o := users.Options{Clock: r.clock, Key: key.Reveal(), Models: models, Rate: rate, Tokens: 64}
	for _, x := range inv.Gateways[0].Replicas {
		o.URLs = append(o.URLs, x.URL)
	}
	return users.Gather(o)
}

// leave starts a failover as an operator does who overrides with a reason, and gives its name.
func (r *rig) leave(o actions.Origin, wish actions.FailoverWish) (id string, started []actions.StartedPart) {
	r.t.Helper()
	e, err := r.desk.Evacuate(o, actions.Bounds{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, s := range e.Stays {
		r.t.Errorf("%s stays: %s", s.Route, s.Why)
	}
	parts, err := r.desk.FailoverParts(e, wish)
	if err != nil {
		r.t.Fatal(err)
	}
	a := actions.Approval{Reason: "the slice asks for it", Typed: o.ID}
	for _, p := range parts {
		a.Overrides = append(a.Overrides, actions.Overrides(p.Checks)...)
	}
	started = r.desk.StartParts(parts, a)
	for i, s := range started {
		if s.Err == nil {
			continue
		}
		for _, c := range parts[i].Checks {
			r.t.Logf("%s %-5s %s: %s", c.ID, c.Severity, c.Title, c.Formula)
		}
		r.t.Fatalf("%s: %v", s.Route, s.Err)
	}
	return parts[0].Plan.Intent.Failover.ID, started
}

// readBack waits until every replica holds the end of every part of a failover, and gives when the last was read back.
func (r *rig) readBack(id string, wait func(time.Duration)) time.Time {
	r.t.Helper()
	for range 300 {
		b := r.desk.Book()
		runs := actions.Failovers(b)
		at := slices.IndexFunc(runs, func(x actions.FailoverRun) bool { return x.ID == id })
		if at < 0 {
			r.t.Fatalf("the book does not have the failover %s", id)
		}
		var last time.Time
		all := true
		for _, c := range runs[at].Leaves {
			n := len(c.Plan.Steps)
			i := slices.IndexFunc(c.Steps, func(s actions.StepResult) bool { return s.N == n && !s.Back && !s.Verified.IsZero() })
			switch {
			case c.State == actions.StateRolledBack, c.State == actions.StateUnknown, c.State == actions.StateAborted:
				r.t.Fatalf("%s is %s: %s", c.Plan.Route.ID, c.State, c.Why)
			case i < 0:
				all = false
			case c.Steps[i].Verified.After(last):
				last = c.Steps[i].Verified
			}
		}
		if all {
			return last
		}
		wait(time.Second)
	}
	b := r.desk.Book()
	for i := range b.Changes {
		r.t.Logf("%s is %s: %s", b.Changes[i].Plan.Route.ID, b.Changes[i].State, b.Changes[i].Why)
	}
	r.t.Fatal("five minutes later not every replica holds every part")
	return time.Time{}
}

func TestNoRequestIsLostAfterAFailoverIsReadBack(t *testing.T) {
	t.Parallel()
	r := rigOf(t, sim.Options{Demand: .2, Coalesce: true, Routes: 2}, rarely)
	r.after(time.Minute)
	wait := r.flow(40)
	crowd := r.gather(20, "chat", "chat-01")
	wait(5 * time.Second)
	died := r.clock.Now() // before: its time goes on
	if err := r.sim.Lose("b200-a", true); err != nil {
		t.Fatal(err)
	}
	for n := 0; r.hub.Latest().Pool("b200-a").Ready > 0; n++ {
		if wait(time.Second); n == 600 { // on a busy machine readings are later than the fleet's time
			t.Fatalf("ten minutes later the dead pool has %d replicas ready", r.hub.Latest().Pool("b200-a").Ready)
		}
	}
	id, started := r.leave(poolB200, actions.FailoverWish{Split: actions.SplitBalanced, Ramp: actions.Ramp{Points: 100}})
	if len(started) != 3 {
		t.Errorf("%d parts were started, want chat and two like it", len(started))
	}
	back := r.readBack(id, wait)
	wait(6 * time.Second)
	before, after, lost := 0, 0, 0
	for _, q := range crowd.Leave() {
		switch {
		case q.Sent.Before(died) && q.Ended.Before(died) && q.Lost():
			t.Errorf("a request of before was lost: %+v", q)
		case q.Sent.After(back):
			if after++; q.Lost() {
				t.Errorf("lost after the last read-back at %s: %+v", back, q)
			}
			if strings.HasSuffix(q.Member, "b200-a") {
				t.Errorf("sent to the dead pool after the last read-back at %s: %+v", back, q)
			}
		default:
			before++
			if q.Lost() {
				lost++
			}
		}
	}
	t.Logf("%d of %d requests were lost before the last read-back, none of %d after it", lost, before, after)
	if lost == 0 {
		t.Error("the loss of a pool cost nobody anything: nothing is proven")
	}
	if before < 100 || after < 60 {
		t.Errorf("only %d requests before the read-back at %s and %d after it", before, back, after)
	}
}

// A pool that still serves is left without cutting what is in flight there.
func TestAFailoverCutsNothing(t *testing.T) {
	t.Parallel()
	r := rigOf(t, sim.Options{Demand: .2, Coalesce: true}, rarely)
	r.after(time.Minute)
	wait := r.flow(40)
	crowd := r.gather(20, "chat")
	wait(5 * time.Second)
	id, _ := r.leave(poolB200, actions.FailoverWish{Split: actions.SplitBalanced, Ramp: actions.Ramp{Points: 100}})
	back := r.readBack(id, wait)
	wait(6 * time.Second)
	drained := 0
	for _, q := range crowd.Leave() {
		left := strings.HasSuffix(q.Member, "b200-a")
		switch {
		case q.Lost():
			t.Errorf("lost: %+v", q)
		case left && q.Sent.After(back):
			t.Errorf("sent to the left pool after the last read-back at %s: %+v", back, q)
		case left:
			drained++
		}
	}
	if drained < 50 {
		t.Errorf("only %d requests were answered by the left pool", drained)
	}
	var drain actions.Drain
	for _, run := range actions.Failovers(r.desk.Book()) {
		drain = run.Stand(r.hub.Latest(), r.clock.Now()).Drain
	}
	if drain.Stuck {
		t.Errorf("what is in flight is called stuck: %+v", drain)
	}
}
