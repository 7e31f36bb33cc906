package runner

import (
	"context"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// rollBackErrand begins the way back.
func (k *carrier) rollBackErrand(why fleet.Safe) error {
	if k.errand.undo() == nil {
		return busy("take it back: a silence that ended does not come back", k.c.State)
	}
	return k.takeBack(why)
}

// errandBack takes the errand back, until the system says that nothing of it is left.
func (k *carrier) errandBack() time.Duration {
	if e, ok := k.errand.(*editing); ok {
		return k.editBack(e)
	}
	at, id, err := k.askErrand()
	now := k.now()
	switch {
	case err != nil:
		k.say(fleet.Concat(fleet.Text("rolling back: it does not answer, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	case at != after && now.Before(k.inForce.deadline):
		return min(k.r.o.Poll, k.inForce.deadline.Sub(now)) // a write whose answer was lost may still arrive
	case at != after:
		k.verified(true, func(r *actions.StepResult) { r.Verified = now })
		k.close(EventRestored, audit.KindRolledBack, k.c.Restored(fleet.Text("nothing is hidden")), world{})
		return 0
	}
	if err := k.lock.Verify(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("not rolled back: "), fleet.Sentence(err)), world{})
	}
	in := k.errandIntent(true)
	if err := k.to(EventRollBack, journal.Record{Kind: journal.KindIntent, Step: &in, Why: k.c.Why}); err != nil {
		k.say(fleet.Concat(fleet.Text("rolling back waits: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	}
	undo := k.errand.undo()
	_, err = k.writeErrand("back", func(ctx context.Context) (string, error) { return id, undo(ctx) })
	res := k.result(1, true, func(r *actions.StepResult) { r.Sent, r.Silence, r.Err = now, id, fleet.Sentence(err) })
	kind := journal.KindResult
	if err != nil {
		kind = journal.KindSent
	}
	_ = k.to(EventRollBack, journal.Record{Kind: kind, Result: &res, Why: k.c.Why})
	if err != nil {
		return k.r.o.Poll
	}
	return 0
}

// compareErrand finds out where an open errand stands, and sets the carrier up to go on from there.
func (k *carrier) compareErrand(entry journal.Entry, back bool) error {
	at, _, err := k.askErrand()
	if err != nil {
		return err
	}
	if err := k.takenOver(at.text()); err != nil {
		return err
	}
	back = back || entry.Change.State == actions.StateRollingBack
	if entry.Last == nil {
		if back {
			k.close(EventAbort, audit.KindClosed, fleet.Text("given up before anything was written"), world{})
			return nil
		}
		return k.to(EventRetry, journal.Record{Kind: journal.KindReleased, Why: fleet.Text("nothing was written: going on")})
	}
	k.c.Step = 1
	k.inForce = inForce{attempt: 1, deadline: later(k.now(), entry.LastAt.Add(2*k.errand.spread()))}
	if !entry.Answered {
		k.inForce.failed = errCrashed
	}
	if back {
		return k.rollBackErrand(k.cause())
	}
	return k.to(EventRelease, journal.Record{Kind: journal.KindReleased, Why: fleet.Concat(fleet.Text("resumed: "), at.text())})
}

// text says where a system stands, seen from an errand.
func (s standing) text() fleet.Safe {
	switch s {
	case after:
		return fleet.Text("what was written is there")
	case before:
		return fleet.Text("what was to be written is not there")
	case between:
		return fleet.Text("some replicas hold what was written")
	default:
		return fleet.Text("somebody else undid it")
	}
}
