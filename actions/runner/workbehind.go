package runner

import (
	"context"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// furthest finds the stage that the world is at, for a journal that may lack what its last process wrote: that one may have
// gone further than the n-th stage, or back. undone tells that nothing of the change is there though it began.
func (w *work) furthest(n int) (stage int, at placed, undone bool, err error) {
	last := len(w.plan.Draft.Stages)
	for m := last; m > n; m-- {
		if !w.tells(m) {
			continue
		}
		if at, err = w.place(m); err != nil || at == applied || at == followed {
			return m, at, false, err
		}
	}
	if at, err = w.place(n); err != nil || at < strange || at == vanished {
		return n, at, false, err
	}
	for m := last; m > n; m-- { // a stage of which a part was written
		if at, err = w.place(m); err != nil || at == unapplied && w.tells(m) {
			return m, at, false, err
		}
	}
	return w.gone(n)
}

// gone tells whether nothing of a change is there any more of which n stages began.
func (w *work) gone(n int) (stage int, at placed, undone bool, err error) {
	if at, err = w.place(1); err == nil && at == unapplied && n > 1 {
		return n, at, true, nil
	}
	return n, strange, false, err
}

// tells tells a stage whose writes are seen in the objects afterwards: others were made or not, and nothing shows it.
func (w *work) tells(n int) bool {
	for _, write := range w.stage(n).Writes {
		if write.Verb == fleet.WriteEvict {
			return true
		}
		for _, f := range write.Fields {
			if lasts(&write) && !f.Before.Equal(f.After) {
				return true
			}
		}
	}
	return false
}

// partly tells whether a write of a stage was made already.
func (w *work) partly(n int) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	for _, write := range w.stage(n).Writes {
		if at, err := w.read.Stand(ctx, write); err != nil || at == fleet.StandsAfter {
			return err == nil, err
		}
	}
	return false, nil
}

// catchUp brings a journal that came from a copy up to what the world shows. over is true when the change goes back, or
// cannot be compared: nothing else is to be done then.
func (k *carrier) catchUp(entry *journal.Entry) (over bool, err error) {
	if k.c.State == actions.StateRollingBack {
		return true, k.takeBack(k.cause())
	}
	n, at, undone, err := k.work.furthest(max(k.c.Step, 1))
	answered := entry.Last != nil && entry.Answered
	switch {
	case err != nil:
		return true, err
	case undone, answered && n == 1 && at == unapplied: // its last process took it back, or somebody: it is not sent again
		return true, k.takeBack(fleet.Text("it was taken over, and its object is as it was before"))
	case at >= strange, entry.Last != nil && n <= k.c.Step:
		return false, nil
	case at == unapplied && n == 1:
		if part, err := k.work.partly(n); err != nil || !part {
			return err != nil, err
		}
	}
	in := k.stageIntent(n, "")
	rec := journal.Record{Kind: journal.KindIntent, Step: &in, State: actions.StateApplying, At: k.now(),
		Why: fleet.Textf("taken over: its last process began stage %s, as its object shows", fleet.Int(n))}
	if err := k.log.Append(rec); err != nil {
		return true, err
	}
	k.c.State, k.c.Step = rec.State, n
	entry.Last, entry.LastAt, entry.Answered, entry.Verified = &in, rec.At, at != unapplied, false
	k.apply(rec)
	return false, nil
}
