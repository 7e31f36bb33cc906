package runner

import (
	"errors"
	"fmt"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// adopt takes over a change that no living process carries.
func (r *Runner) adopt(id fleet.ChangeID, back bool) error {
	k, entry, err := r.take(id, false)
	if err != nil {
		return err
	}
	started := false
	defer func() {
		if !started {
			k.letGo()
		}
	}()
	verdict := k.compareWith(entry, back)
	switch {
	case k.over: // closed or unknown at once
		r.keep(k)
		return verdict
	case verdict != nil:
		return errors.Join(verdict, k.lock.Release())
	}
	started = true
	r.start(k)
	return nil
}

// take locks the route of an open change and opens its journal. A change whose plan is lost has no gateway: it can
// only be closed, without a writer.
func (r *Runner) take(id fleet.ChangeID, closing bool) (*carrier, journal.Entry, error) {
	if r.carrierOf(id) != nil {
		return nil, journal.Entry{}, &fleet.Error{Kind: fleet.KindConflict, Op: "take the change over",
			Err: errors.New("it is being carried here")}
	}
	book := r.Book()
	c := book.Change(id)
	if c == nil || c.State.Closed() {
		return nil, journal.Entry{}, r.notHere(id)
	}
	if onlySummary(c) {
		return nil, journal.Entry{}, &fleet.Error{Kind: fleet.KindUnsupported, Op: "take the change over", Err: plainError(c.Copy.Problem),
			Next: "act there; where that machine is gone for good, set the object right by hand and abandon the change"}
	}
	with, err := r.toolsFor(&c.Plan)
	if err != nil && !(closing && r.accessNow().Write) {
		return nil, journal.Entry{}, err
	}
	lock, err := r.o.Locks.Acquire(c.Plan.Lock(), r.o.Actor, id)
	if err != nil {
		return nil, journal.Entry{}, err
	}
	k := &carrier{r: r, writer: with.writer, task: r.o.Clock.Task(), lock: lock, renewed: r.o.Clock.Now(), finished: make(chan struct{})}
	entry, err := k.pickUp(c)
	if err != nil {
		err = errors.Join(err, k.unlock())
		k.letGo()
		return nil, journal.Entry{}, err
	}
	k.equip(with, &k.c)
	k.c.Guard = *r.me(false)
	k.guard.reset()
	k.setBase(entry.Baseline)
	k.share()
	k.stolen()
	return k, entry, nil
}

// pickUp opens the journal of a change whose object is locked here: under the lock of its cluster, and as the last process
// left it that carried it, on whatever machine.
func (k *carrier) pickUp(c *actions.Change) (journal.Entry, error) {
	if err := k.claimShared(&c.Plan, c.ID, false, true); err != nil {
		return journal.Entry{}, err
	}
	if err := k.fetch(c); err != nil {
		return journal.Entry{}, err
	}
	log, entry, err := k.r.o.Journal.Continue(c.ID)
	if err == nil && entry.Change.State.Closed() {
		err = errors.Join(fmt.Errorf("change %s is closed", fleet.Label(string(c.ID))), log.Close())
	}
	if err == nil {
		k.log, k.c = log, entry.Change
	}
	return entry, err
}

func (k *carrier) compareWith(entry journal.Entry, back bool) error {
	switch {
	case k.errand != nil && !entry.Corrupt:
		return k.compareErrand(entry, back)
	case k.work != nil && !entry.Corrupt:
		return k.compareWork(entry, back)
	}
	return k.compare(entry, back)
}

// compare finds out where the change stands in the world, and sets the carrier up to go on from there.
func (k *carrier) compare(entry journal.Entry, back bool) error {
	if entry.Corrupt || len(k.c.Plan.Steps) == 0 {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "resume the change", Err: errors.New("its journal is damaged"),
			Next: "compare the gateway with the plan, then close the change"}
	}
	s := lastStep(k.c.Plan, entry)
	w := k.look(s)
	if w.answered() == 0 {
		return &fleet.Error{Kind: fleet.KindUnreachable, Op: "resume the change",
			Err: errors.New("no gateway replica answers"), Next: "nothing was written; try again when one does"}
	}
	if err := k.takenOver(w.text(k.c.Plan.Order)); err != nil {
		return err
	}
	back = back || entry.Change.State == actions.StateRollingBack
	switch {
	case entry.Last == nil:
		return k.compareUnwritten(s, w, back)
	case entry.Last.Back:
		return k.compareBack(entry, s, w)
	}
	return k.compareForward(entry, s, w, back)
}

// takenOver writes down that this process carries the change from here, and where it found it.
func (k *carrier) takenOver(found fleet.Safe) error {
	if err := k.log.Append(journal.Record{Kind: journal.KindGuard, State: k.c.State, Why: k.c.Why, Held: k.c.Held,
		Guard: &k.c.Guard, At: k.now()}); err != nil {
		return err
	}
	k.r.audit(audit.KindResumed, &k.c, found, false)
	return nil
}

// lastStep is the write that was under way last, or the first one of the plan.
func lastStep(p actions.Plan, entry journal.Entry) actions.Step {
	in := entry.Last
	if in == nil {
		return p.Steps[0]
	}
	s := actions.Step{N: in.N, Before: in.Before, BeforeHash: in.BeforeHash, After: in.After, AfterHash: in.AfterHash}
	if !in.Back && in.N <= len(p.Steps) {
		s.Replica = p.Steps[in.N-1].Replica
	}
	return s
}

// compareUnwritten goes on with a change that wrote nothing.
func (k *carrier) compareUnwritten(s actions.Step, w world, back bool) error {
	why := fleet.Safe{}
	switch {
	case back:
		why = fleet.Text("given up before anything was written")
	case !k.startsAt(s, w):
		why = fleet.Concat(fleet.Text("the plan is stale, "), k.threeWay(s, w), fleet.Text("; nothing was written"))
	case k.now().Sub(k.c.Plan.Created) > actions.PlanLife:
		why = fleet.Text("the plan is older than 10 minutes and nothing was written: plan again")
	}
	if why.IsEmpty() {
		return k.to(EventRetry, journal.Record{Kind: journal.KindReleased, Why: fleet.Text("nothing was written: going on")})
	}
	k.close(EventAbort, audit.KindClosed, why, w)
	if back {
		return nil
	}
	return &fleet.Error{Kind: fleet.KindConflict, Op: "resume the change", Err: errors.New(why.String())}
}

// compareForward goes on with a change whose last write went forward.
func (k *carrier) compareForward(entry journal.Entry, s actions.Step, w world, back bool) error {
	k.c.Step = s.N
	now := k.now()
	settled := entry.LastAt.Add(2 * k.settle())
	k.inForce = inForce{expected: w.expected(), attempt: 1, deadline: now.Add(2 * k.settle())}
	moves := s.Replica == "" // a resync moves no weight: its before and after are the same
	switch {
	case w.count(foreign) > 0:
		return k.lost(s, w)
	case back:
		k.wantedBack(s, moves && w.all(before) && !entry.Answered)
		return nil
	case moves && w.all(before) && entry.Verified:
		return k.lost(s, w) // it was there on every replica: somebody took it back
	case moves && w.all(before):
		k.inForce.failed = errCrashed
		k.inForce.deadline = settled
		if entry.Answered {
			k.inForce.failed = nil // the gateway took it: replicas may still be on their way
			k.inForce.deadline = later(settled, now)
		}
	case moves && !entry.Answered && !w.all(after):
		k.inForce.cut = true
		k.inForce.deadline = later(settled, now)
	}
	return k.to(EventRelease, journal.Record{Kind: journal.KindReleased, Why: fleet.Textf("resumed at step %s: %s",
		fleet.Int(s.N), w.text(k.c.Plan.Order))})
}

// wantedBack begins the way back that a person asked for, from before the step where its write never arrived.
func (k *carrier) wantedBack(s actions.Step, untouched bool) {
	if untouched {
		k.rollBackFrom(s.Before, k.cause())
		return
	}
	k.rollBack(k.cause())
}

// compareBack goes on with a roll-back.
func (k *carrier) compareBack(entry journal.Entry, s actions.Step, w world) error {
	first := k.c.Plan.Steps[max(k.c.Step, 1)-1]
	b := &retreat{why: fleet.Concat(fleet.Text("rolling back: "), k.cause()), expected: w.expected()}
	b.steps = k.wayBack(first.After)
	if entry.Last.N >= 1 && entry.Last.N <= len(b.steps) {
		b.at = entry.Last.N - 1
	}
	b.steps[b.at] = s
	// One replica that took it shows that the write was stored; where none did, it may still be on its way.
	b.assumed = !entry.Answered && w.count(after)+w.count(between) > 0
	b.sent = entry.Answered || b.assumed
	b.notBefore = entry.LastAt.Add(2 * k.settle())
	b.deadline = later(b.notBefore, k.now())
	k.retreat = b
	if id, strange := k.stranger(w); strange {
		return k.lost(s, w, id)
	}
	return k.takeBack(k.cause())
}

// lost leaves the change unknown and says what was found.
func (k *carrier) lost(s actions.Step, w world, _ ...fleet.GatewayReplicaID) error {
	why := fleet.Concat(fleet.Text("the world equals neither before nor after: "), k.threeWay(s, w))
	k.unknown(why, w)
	return &fleet.Error{Kind: fleet.KindConflict, Op: "resume the change", Err: errors.New(why.String()),
		Next: "nothing was written; a person decides"}
}

// Abandon closes an open change that nobody carries as it stands: nothing is written to the gateway.
func (r *Runner) Abandon(id fleet.ChangeID, reason string) error {
	book := r.Book()
	if c := book.Change(id); c != nil && onlySummary(c) {
		return r.abandonSummary(c)
	}
	k, _, err := r.take(id, true)
	if err != nil {
		return err
	}
	defer k.letGo()
	w := world{}
	why := fleet.Concat(fleet.Text("closed by "), r.o.Actor.Text())
	if reason != "" {
		why = fleet.Concat(why, fleet.Text(": "), fleet.Label(reason))
	}
	if len(k.c.Plan.Steps) > 0 && k.writer != nil {
		w = k.look(k.c.Plan.Steps[max(k.c.Step, 1)-1])
		why = fleet.Concat(why, fleet.Text("; "), w.text(k.c.Plan.Order))
	}
	k.close(EventAbandon, audit.KindAbandoned, why, w)
	r.keep(k)
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// errCrashed stands for the answer that a process did not live to see.
var errCrashed = &fleet.Error{Kind: fleet.KindInterrupted, Op: "write the step",
	Err: errors.New("the process ended during it")}
