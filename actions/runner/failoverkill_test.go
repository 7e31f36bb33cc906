package runner

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// parts is a runner on several routes, each of a gateway of its own, that a failover leads away together.
type parts struct {
	*rig
	names []fleet.RouteID
	gws   map[fleet.GatewayID]*gateway
}

const failoverID = "fo-1130-141205-7c1e"

func newParts(t *testing.T) *parts {
	g := newRig(t)
	g.soak = time.Minute
	p := &parts{rig: g, names: []fleet.RouteID{"chat", "code"}, gws: map[fleet.GatewayID]*gateway{}}
	for _, name := range p.names {
		p.gws[p.gatewayOf(name)] = newGateway(g.clock)
	}
	return p
}

func (p *parts) gatewayOf(name fleet.RouteID) fleet.GatewayID { return fleet.GatewayID("edge-" + name) }

func (p *parts) holds(name fleet.RouteID) *gateway { return p.gws[p.gatewayOf(name)] }

// anew puts a new process on the state directory.
func (p *parts) anew(probe func(string)) {
	p.fresh(func(o *Options, _ *journal.Options) {
		o.Writers = func(id fleet.GatewayID) (fleet.RouteWriter, bool) { w, ok := p.gws[id]; return w, ok }
		o.Latest, o.Probe = p.seen, probe
	})
}

// seen is what is read: every route carries what its gateway holds.
func (p *parts) seen() *fleet.Snapshot {
	s := &fleet.Snapshot{At: p.clock.Now()}
	for _, name := range p.names {
		r, w := fleet.Route{Spec: p.partOf(name)}, p.holds(name).now()
		for _, id := range order {
			r.Targets = append(r.Targets, fleet.Target{Spec: fleet.TargetSpec{ID: id}, Seen: fleet.Some(w.Share(id).Or(0)), SeenOver: time.Minute, SeenN: 600,
				Load: fleet.Load{At: p.clock.Now(), Window: time.Minute, Errors: fleet.Some(fleet.Ratio(0))}})
		}
		s.Routes = append(s.Routes, r)
	}
	return s
}

func (p *parts) partOf(name fleet.RouteID) fleet.RouteSpec {
	r := p.spec()
	r.ID, r.Gateway = name, p.gatewayOf(name)
	return r
}

// partPlan leads a route away in two steps.
func (p *parts) partPlan(name fleet.RouteID) actions.Plan {
	q := p.plan()
	q.Route, q.Gateway, q.Steps = p.partOf(name), p.gatewayOf(name), q.Steps[:2]
	q.After, q.AfterHash = path[2], fleet.HashWeights(path[2])
	q.Intent = actions.Intent{Kind: actions.KindShift, Route: name, Failover: &actions.FailoverPart{ID: failoverID, Stage: actions.StageLeave,
		Origin: actions.Origin{Kind: actions.OriginPool, ID: "a"}, Split: actions.SplitBalanced}}
	return q
}

// death ends all goroutines of a process at one of its points, or at the next that each comes to.
type death struct {
	mu    sync.Mutex
	at, n int
}

func (d *death) probe(string) {
	d.mu.Lock()
	d.n++
	over := d.at > 0 && d.n >= d.at
	d.mu.Unlock()
	if over {
		runtime.Goexit()
	}
}

func (d *death) dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at > 0 && d.n >= d.at
}

// tellParts starts the parts together and lets them run to their end, or to the death of their process.
func (p *parts) tellParts(d *death) {
	done := make(chan struct{})
	go func() { // a death inside of Start ends this goroutine
		defer close(done)
		for _, name := range p.names {
			if _, err := p.r.Start(p.partPlan(name), actions.Approval{Typed: "a"}); err != nil {
				p.t.Error(err)
			}
		}
	}()
	<-done
	for range 600 {
		if b := p.r.Book(); len(b.Open()) == 0 && !d.dead() {
			return
		}
		p.pass(2 * time.Second)
		if d.dead() && len(p.r.carriers()) == 0 {
			return
		}
	}
	p.t.Error("the story has no end")
}

// TestAFailoverKilledAtAnyPoint: wherever the process dies, also between the starts of two parts, the next finds each part that was
// begun as one of the same failover, and resumes or undoes it; what was not begun is as it was.
func TestAFailoverKilledAtAnyPoint(t *testing.T) {
	count := &death{}
	p := newParts(t)
	p.anew(count.probe)
	p.tellParts(count)
	if count.n < 30 {
		t.Fatalf("only %d points", count.n)
	}
	for at := 1; at <= count.n; at++ {
		undo := at%2 == 0
		t.Run(fmt.Sprintf("point %d, undo %v", at, undo), func(t *testing.T) {
			p := newParts(t)
			d := &death{at: at}
			p.anew(d.probe)
			p.tellParts(d)
			p.anew(nil)
			p.takeAllUp(undo)
		})
	}
}

// takeAllUp lets a fresh process end what the dead one left open, and checks what became of every route.
func (p *parts) takeAllUp(undo bool) {
	p.t.Helper()
	b := p.r.Book()
	found := len(b.Changes)
	written := map[fleet.RouteID]bool{}
	for _, name := range p.names {
		written[name] = len(p.holds(name).writes) > 0
	}
	p.oneRun(found)
	for _, c := range b.Open() {
		if c.Guard.Alive.Or(true) {
			p.t.Errorf("the dead guard of %s reads as alive", c.Plan.Route.ID)
		}
		act := p.r.Resume
		if undo {
			act = p.r.RollBack
		}
		if err := act(c.ID); err != nil {
			p.t.Fatalf("%s in %q: %v", c.Plan.Route.ID, c.State, err)
		}
		p.until(c.ID, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
	}
	b = p.r.Book()
	p.oneRun(found)
	begun := map[fleet.RouteID]bool{}
	for _, c := range b.Changes {
		name, want := c.Plan.Route.ID, path[0]
		if begun[name] = true; c.State == actions.StateCommitted {
			want = path[2]
		}
		if w := p.holds(name).now(); !c.State.Closed() || !w.Equal(want) {
			p.t.Errorf("%s ends %s with %v, want %v: %s", name, c.State, w, want, c.Why)
		}
		if !undo && written[name] && c.State != actions.StateCommitted {
			p.t.Errorf("%s was resumed and ends %s: %s", name, c.State, c.Why)
		}
	}
	for _, name := range p.names {
		if g := p.holds(name); !begun[name] && len(g.writes) > 0 {
			p.t.Errorf("%s was written without a change: %v", name, g.writes)
		}
		for _, f := range p.holds(name).faults {
			p.t.Error(f)
		}
	}
	p.sound()
}

// oneRun checks that all changes of the book are parts of the one failover.
func (p *parts) oneRun(changes int) {
	p.t.Helper()
	runs := actions.Failovers(p.r.Book())
	if changes == 0 && len(runs) == 0 {
		return
	}
	if len(runs) != 1 || runs[0].ID != failoverID || len(runs[0].Leaves) != changes {
		p.t.Errorf("%d changes make %+v", changes, runs)
	}
}
