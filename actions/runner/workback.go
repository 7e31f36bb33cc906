package runner

import (
	"context"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// rollBackWork begins the way back.
func (k *carrier) rollBackWork(why fleet.Safe) {
	k.work.trouble = time.Time{}
	k.work.golden.stop()
	_ = k.takeBack(why)
	k.r.publish(k)
}

// workBack sets back what the stages set, until nothing of it is left, and waits until the old version serves.
func (k *carrier) workBack() time.Duration {
	left, at, err := k.work.wayBack(k.c.Step)
	switch {
	case err != nil:
		k.say(fleet.Concat(fleet.Text("rolling back: it cannot be read, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	case at == vanished:
		return k.unknown(fleet.Text("the object is not there any more: there is nothing to roll back"), world{})
	case at == strange:
		return k.unknown(fleet.Concat(fleet.Text("not rolled back over somebody else's change: "), k.threeWayWork(k.c.Step)), world{})
	case len(left) == 0:
		return k.backThere()
	}
	if err := k.stillMine(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("not rolled back: "), fleet.Sentence(err)), world{})
	}
	in := k.stageIntent(max(k.c.Step, 1), "")
	in.Key, in.Back, in.N = string(k.c.ID)+"/back-1", true, 1
	if err := k.to(EventRollBack, journal.Record{Kind: journal.KindIntent, Step: &in, Why: k.c.Why}); err != nil {
		k.say(fleet.Concat(fleet.Text("rolling back waits: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	}
	sent := k.now()
	err = k.writeAll(actions.BackPart, left)
	res := k.result(1, true, func(r *actions.StepResult) { r.Sent, r.Err = sent, fleet.Sentence(err) })
	kind := journal.KindResult
	if err != nil {
		kind = journal.KindSent
	}
	_ = k.to(EventRollBack, journal.Record{Kind: kind, Result: &res, Why: k.c.Why})
	if err != nil {
		k.say(fleet.Concat(fleet.Text("rolling back: not taken, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	}
	return 0
}

// backThere waits until what was before serves again.
func (k *carrier) backThere() time.Duration {
	if k.work.plan.Rolls() {
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		r, err := k.work.read.Rollout(ctx, k.work.plan.Was.Object)
		switch {
		case err != nil:
			k.say(fleet.Concat(fleet.Text("rolling back: it cannot be read, trying on: "), fleet.Sentence(err)), time.Time{})
			return k.r.o.Poll
		case r.Phase != fleet.RolloutDone && !(r.Phase == fleet.RolloutPaused && k.work.plan.Was.Phase == fleet.RolloutPaused):
			k.say(fleet.Concat(fleet.Text("rolling back, the fields are as before: "), r.Why), time.Time{})
			return k.r.o.Poll
		}
	}
	k.stageVerified(1, true)
	k.close(EventRestored, audit.KindRolledBack, k.c.Restored(fleet.Text("it is as it was before")), world{})
	return 0
}

// wayBack gives the writes that set back what the first n stages set, from where each part of an object is.
func (w *work) wayBack(n int) ([]fleet.ObjectWrite, placed, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	if n == 0 {
		return nil, unapplied, nil
	}
	if back, ok, at, err := w.ownWay(ctx, n); ok || err != nil {
		return back, at, err
	}
	var out []fleet.ObjectWrite
	for _, s := range w.spots(n) {
		home := s[unapplied]
		home.Fields = nil
		for _, f := range s[unapplied].Fields {
			home.Fields = append(home.Fields, fleet.Field{Path: f.Path, Before: f.Before, After: f.Before})
		}
		at, err := w.read.Stand(ctx, home)
		switch {
		case err != nil:
			return nil, strange, err
		case at == fleet.StandsGone:
			return nil, vanished, nil
		case at == fleet.StandsAfter:
			continue // as it was before the change
		}
		level, err := w.find(ctx, s)
		if err != nil || int(level) >= len(s) { // strange or vanished
			return nil, level, err
		}
		back, _ := s.at(level).Inverse()
		out = append(out, back)
	}
	return out, unapplied, nil
}

// ownWay is the way back that the stage in force has of its own, false where it has none.
func (w *work) ownWay(ctx context.Context, n int) (left []fleet.ObjectWrite, ok bool, at placed, err error) {
	if at, err = w.place(n); err != nil || at == vanished {
		return nil, true, at, err
	}
	if at == unapplied {
		n--
	}
	if n == 0 || w.stage(n).Back == nil {
		return nil, false, at, nil
	}
	for _, write := range w.stage(n).Back {
		switch stands, err := w.read.Stand(ctx, write); {
		case err != nil:
			return nil, true, strange, err
		case stands == fleet.StandsGone:
			return nil, true, vanished, nil
		case stands == fleet.StandsBefore:
			left = append(left, write)
		case stands != fleet.StandsAfter:
			return nil, true, strange, nil
		}
	}
	return left, true, unapplied, nil
}

// compareWork finds out where an open change of an object stands, and sets the carrier up to go on from there.
func (k *carrier) compareWork(entry journal.Entry, back bool) error {
	n := max(k.c.Step, 1)
	at, err := k.work.place(n)
	if err != nil {
		return err
	}
	if err := k.takenOver(at.text()); err != nil {
		return err
	}
	back = back || entry.Change.State == actions.StateRollingBack
	if entry.Behind {
		if over, err := k.catchUp(&entry); over || err != nil {
			return err
		}
		n = max(k.c.Step, 1)
		if at, err = k.work.place(n); err != nil {
			return err
		}
	}
	return k.goOn(&entry, n, at, back)
}

// goOn sets the carrier up to go on with the n-th stage, from where its objects are.
func (k *carrier) goOn(entry *journal.Entry, n int, at placed, back bool) error {
	if entry.Last == nil {
		return k.compareUnwrittenWork(at, back)
	}
	k.inForce = inForce{attempt: 1, deadline: later(k.now(), entry.LastAt.Add(2*leastSettle))}
	if !entry.Answered {
		k.inForce.failed = errCrashed
	}
	switch {
	case back && (at < strange || entry.Last.Back):
		return k.takeBack(k.cause())
	case at >= strange:
		why := k.threeWayWork(n)
		k.unknown(why, world{})
		return &fleet.Error{Kind: fleet.KindConflict, Op: "resume the change", Err: plainError(why),
			Next: "nothing was written; a person decides"}
	case at == unapplied && k.inForce.failed == nil:
		k.inForce.failed = errCrashed // only a part of it was written: the rest is sent again
	}
	k.work.followed = at == followed
	return k.to(EventRelease, journal.Record{Kind: journal.KindReleased, Why: fleet.Textf("resumed at stage %s: %s", fleet.Int(n), at.text())})
}

func (k *carrier) compareUnwrittenWork(at placed, back bool) error {
	why := fleet.Safe{}
	switch {
	case back:
		why = fleet.Text("given up before anything was written")
	case at != unapplied:
		why = fleet.Concat(fleet.Text("the plan is stale: "), at.text(), fleet.Text("; nothing was written"))
	case k.now().Sub(k.c.Plan.Created) > actions.PlanLife:
		why = fleet.Text("the plan is older than 10 minutes and nothing was written: plan again")
	}
	if why.IsEmpty() {
		return k.to(EventRetry, journal.Record{Kind: journal.KindReleased, Why: fleet.Text("nothing was written: going on")})
	}
	k.close(EventAbort, audit.KindClosed, why, world{})
	if back {
		return nil
	}
	return &fleet.Error{Kind: fleet.KindConflict, Op: "resume the change", Err: plainError(why)}
}

// plainError is a sentence as an error.
type plainError fleet.Safe

func (e plainError) Error() string { return fleet.Safe(e).String() }
