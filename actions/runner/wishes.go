package runner

import (
	"fmt"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// Resume goes on with a change that its process left open. The world is compared with the journal first: what was
// applied is verified, what was not is sent again, and anything else leaves the change unknown, with an error that
// says what was found.
func (r *Runner) Resume(id fleet.ChangeID) error { return r.adopt(id, false) }

// RollBack takes a change back: one that this process carries, or one that was left open. One that wrote nothing
// is aborted.
func (r *Runner) RollBack(id fleet.ChangeID) error {
	if k := r.carrierOf(id); k != nil {
		return k.post(k.giveUp)
	}
	return r.adopt(id, true)
}

// Hold stops the ramp; the step in force stays guarded.
func (r *Runner) Hold(id fleet.ChangeID) error {
	return r.ask(id, func(k *carrier) error {
		if k.c.State == actions.StateRollingBack {
			return busy("hold it", k.c.State)
		}
		return k.to(EventHold, journal.Record{Kind: journal.KindHeld, Held: true,
			Why: fleet.Concat(fleet.Text("held by "), r.o.Actor.Text())})
	})
}

// Release lets a held ramp go on.
func (r *Runner) Release(id fleet.ChangeID) error {
	return r.ask(id, func(k *carrier) error {
		return k.release(fleet.Concat(fleet.Text("released by "), r.o.Actor.Text()))
	})
}

// NextNow skips the rest of the step's hold. Where traffic did not come in ten minutes, which is inconclusive, it
// goes on without it. It skips no other verification and no interlock.
func (r *Runner) NextNow(id fleet.ChangeID) error {
	return r.ask(id, func(k *carrier) error {
		k.inForce.hurry = true
		k.inForce.forgo = !k.inForce.settled.IsZero() && k.now().Sub(k.inForce.settled) > actions.InconclusiveAfter
		return k.release(fleet.Concat(fleet.Text("next step wanted by "), r.o.Actor.Text()))
	})
}

func (r *Runner) ask(id fleet.ChangeID, do func(*carrier) error) error {
	k := r.carrierOf(id)
	if k == nil {
		return r.notHere(id)
	}
	return k.post(func() error { return do(k) })
}

// notHere says where a change is that this process does not carry.
func (r *Runner) notHere(id fleet.ChangeID) error {
	book := r.Book()
	c := book.Change(id)
	switch {
	case c == nil:
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "act on the change",
			Err: fmt.Errorf("there is no change %s", fleet.Label(string(id)))}
	case c.State.Closed():
		return &fleet.Error{Kind: fleet.KindConflict, Op: "act on the change", Err: fmt.Errorf("it is %s", c.State)}
	case c.Guard.Alive.Or(false):
		return &fleet.Error{Kind: fleet.KindConflict, Op: "act on the change",
			Err: fmt.Errorf("process %d on %s carries it", c.Guard.PID, fleet.Label(c.Guard.Host)), Next: "act there"}
	}
	return errNotCarried
}

// release goes on from a hold.
func (k *carrier) release(why fleet.Safe) error {
	if k.r.o.Journal.Err() != nil {
		if err := k.r.o.Journal.Heal(); err != nil {
			return err
		}
	}
	if k.c.State == actions.StateRollingBack || k.c.State == actions.StateSoaking {
		return busy("go on", k.c.State)
	}
	event, rec := EventRelease, journal.Record{Kind: journal.KindReleased, Why: why}
	if k.c.Step == 0 {
		event = EventRetry
	}
	if err := k.log.Append(withState(rec, k.c.State, event, k.now())); err != nil {
		return err
	}
	next, err := Next(k.c.State, event)
	if err != nil {
		return err
	}
	k.c.State, k.c.Held = next, false
	rec.At = k.now()
	k.apply(rec)
	return nil
}

func busy(op string, s actions.State) error {
	return &fleet.Error{Kind: fleet.KindConflict, Op: op, Err: fmt.Errorf("the change is %s", s)}
}

func withState(rec journal.Record, s actions.State, e Event, at time.Time) journal.Record {
	rec.State, _ = Next(s, e)
	rec.At = at
	return rec
}

// giveUp takes a carried change back.
func (k *carrier) giveUp() error {
	why := k.cause()
	switch {
	case k.c.State == actions.StateRollingBack:
		return nil
	case k.c.Step == 0:
		k.close(EventAbort, audit.KindClosed, fleet.Concat(fleet.Text("aborted before anything was written, "), why), world{})
		return nil
	}
	switch {
	case k.errand != nil:
		return k.rollBackErrand(why)
	case k.work != nil:
		k.rollBackWork(why)
		return nil
	}
	k.rollBack(why)
	return nil
}

// detach stops the ramp for good in this process and keeps guarding.
func (k *carrier) detach() error {
	if !k.detached.IsZero() {
		return nil
	}
	if k.c.Step == 0 {
		k.close(EventAbort, audit.KindClosed, fleet.Text("the terminal went away before anything was written"), world{})
		return nil
	}
	k.detached = k.now()
	k.c.Guard = *k.r.me(true)
	_ = k.note(journal.Record{Kind: journal.KindGuard, Guard: &k.c.Guard, Why: k.c.Why, NextAt: k.c.NextAt,
		Held: k.c.Held, At: k.now()})
	k.r.publish(k)
	return nil
}
