package runner

import (
	"context"
	"fmt"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// errand is a change of one write on a system that is no gateway: it moves no weights, so that there is no ramp, no soak
// and no traffic to judge it by. What holds is found by asking the system. Doing it twice leaves what doing it once leaves.
type errand interface {
	// ask tells where the system stands, seen from the errand: before, after, or foreign where somebody undid it. id is
	// the name of what it made, where there is one.
	ask(ctx context.Context) (standing, string, error)
	// agree compares the system with the plan before anything is written down. Its error says why the plan is stale.
	agree(ctx context.Context) error
	do(ctx context.Context) (id string, err error)
	// undo takes it back; nil where it cannot be.
	undo() func(ctx context.Context) error
	// intent is what is written down before the write: with what takes it back.
	intent() journal.Intent
	// over tells from when on the errand has no effect any more whatever becomes of it; zero for never.
	over() time.Time
	// spread is how long what was written may take to show.
	spread() time.Duration
	// done says that it is there, under a name where there is one; odd says where the system stands that holds neither what
	// was nor what was wanted.
	done(id string) fleet.Safe
	odd(at standing) fleet.Safe
	// again tells, after ask found it between, whether it has to be written once more for whoever was not told.
	again() bool
	// began tells which change it belongs to.
	began(id fleet.ChangeID)
}

// askErrand reads where the system stands.
func (k *carrier) askErrand() (standing, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	return k.errand.ask(ctx)
}

// currentErrand compares the system with the plan: nothing was written yet.
func (k *carrier) currentErrand() error {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	err := k.errand.agree(ctx)
	if err == nil || fleet.KindOf(err) != "" && fleet.KindOf(err) != fleet.KindInternal {
		return err
	}
	return refuse(fleet.KindConflict, "the plan is stale: "+err.Error(), "nothing was written; plan again")
}

// advanceErrand does what the state asks for and returns how long to wait before looking again.
func (k *carrier) advanceErrand() time.Duration {
	switch {
	case k.c.State == actions.StateRollingBack:
		return k.errandBack()
	case k.c.Step == 0 && (k.c.State == actions.StateLeased || k.c.State == actions.StateHeld):
		return k.beginErrand()
	case k.c.State == actions.StateApplying, k.c.State == actions.StateVerifying, k.c.State == actions.StateHeld:
		return k.verifyErrand()
	default:
		k.over = true
		return 0
	}
}

func (k *carrier) beginErrand() time.Duration {
	if k.c.Held {
		return k.r.o.Poll
	}
	at, _, err := k.askErrand()
	switch {
	case err != nil:
		return k.hold(fleet.Concat(fleet.Text("it does not answer, nothing is written: "), fleet.Sentence(err)))
	case at != before:
		k.close(EventAbort, audit.KindClosed, fleet.Text("it is as wanted already; nothing was written"), world{})
		return 0
	case k.now().Sub(k.c.Plan.Created) > actions.PlanLife:
		k.close(EventAbort, audit.KindClosed, fleet.Text("the plan is older than 10 minutes and nothing was written: plan again"), world{})
		return 0
	}
	return k.sendErrand()
}

// sendErrand writes: checks, lock, journal, then the system.
func (k *carrier) sendErrand() time.Duration {
	if why := k.objection(k.c.Plan.Steps[0]); !why.IsEmpty() {
		return k.hold(why)
	}
	if err := k.lock.Verify(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("nothing more is written: "), fleet.Sentence(err)), world{})
	}
	in := k.errandIntent(false)
	if err := k.to(EventWrite, journal.Record{Kind: journal.KindIntent, Step: &in, Why: fleet.Text("writing the only step")}); err != nil {
		return k.hold(fleet.Sentence(err))
	}
	k.c.Step, k.c.Held = 1, false
	k.inForce.attempt++
	sent := k.now()
	id, err := k.writeErrand("1", k.errand.do)
	now := k.now()
	k.inForce.failed, k.inForce.deadline = err, now.Add(2*k.errand.spread())
	res := k.result(1, false, func(r *actions.StepResult) {
		r.Sent, r.Err = sent, fleet.Sentence(err)
		if err == nil {
			r.Accepted, r.Silence = now, id
		}
	})
	kind, why := journal.KindResult, fleet.Text("it was taken: reading it back")
	if err != nil {
		kind, why = journal.KindSent, fleet.Concat(fleet.Text("the write failed, reading what holds: "), fleet.Sentence(err))
	}
	_ = k.to(EventWritten, journal.Record{Kind: kind, Result: &res, Why: why, NextAt: k.inForce.deadline})
	return 0
}

// writeErrand calls the system; meanwhile the change does not hold the clock.
func (k *carrier) writeErrand(name string, write func(context.Context) (string, error)) (id string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	k.r.o.Probe("before write " + name)
	k.task.Idle(func() { id, err = write(ctx) })
	k.r.o.Probe("after write " + name)
	return id, err
}

func (k *carrier) errandIntent(back bool) journal.Intent {
	in := k.errand.intent()
	in.N, in.Back = 1, back
	in.Key = fmt.Sprintf("%s/step-1", k.c.ID)
	in.BeforeHash, in.AfterHash = k.c.Plan.BeforeHash, k.c.Plan.AfterHash
	if back {
		in.Key = fmt.Sprintf("%s/back-1", k.c.ID)
		in.BeforeHash, in.AfterHash = in.AfterHash, in.BeforeHash
	}
	return in
}

// verifyErrand reads back what was written, from the system that took it.
func (k *carrier) verifyErrand() time.Duration {
	at, id, err := k.askErrand()
	now := k.now()
	switch {
	case err != nil:
		k.say(fleet.Concat(fleet.Text("it cannot be read back, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	case at == after:
		k.verified(false, func(r *actions.StepResult) {
			r.Verified, r.Err = now, fleet.Safe{}
			if id != "" {
				r.Silence = id
			}
		})
		return k.endErrand(EventPass, k.errand.done(id))
	case at == between && k.spreading(now):
		if k.toTell() {
			return k.sendErrand()
		}
		k.say(k.errand.odd(at), time.Time{})
		return k.r.o.Poll
	case at == foreign && k.errandOver(now):
		return k.endErrand(EventPass, fleet.Text("it ended as planned"))
	case k.errandOver(now):
		return k.endErrand(EventAbort, fleet.Text("its time is over: nothing is hidden any more"))
	case at != foreign && k.inForce.failed != nil && !passing(k.inForce.failed):
		return k.endErrand(EventAbort, fleet.Concat(fleet.Text("refused, nothing was changed: "), fleet.Sentence(k.inForce.failed)))
	case now.Before(k.inForce.deadline):
		return min(k.r.o.Poll, k.inForce.deadline.Sub(now)) // it may be on its way, or another replica of it answered
	case at == foreign:
		return k.unknown(k.errand.odd(at), world{})
	}
	return k.errandAgain()
}

// toTell tells whether what is stored has to be told once more to whoever was not.
func (k *carrier) toTell() bool {
	return k.errand.again() && k.inForce.attempt < attempts && !k.c.Held
}

// spreading tells whether what was written is still on its way to all replicas.
func (k *carrier) spreading(now time.Time) bool {
	return k.inForce.failed == nil || now.Before(k.inForce.deadline) || k.toTell()
}

// errandAgain writes once more what did not arrive.
func (k *carrier) errandAgain() time.Duration {
	switch {
	case k.inForce.failed == nil:
		return k.unknown(fleet.Text("it was taken, and is not there"), world{})
	case k.inForce.attempt >= attempts:
		return k.endErrand(EventAbort, fleet.Concat(fleet.Text("given up after three tries, nothing was changed: "),
			fleet.Sentence(k.inForce.failed)))
	case k.c.Held:
		return k.r.o.Poll
	}
	return k.sendErrand()
}

// endErrand closes the change.
func (k *carrier) endErrand(e Event, why fleet.Safe) time.Duration {
	k.close(e, audit.KindClosed, why, world{})
	return 0
}

// verified notes that the step, or its way back, was read back.
func (k *carrier) verified(back bool, edit func(*actions.StepResult)) {
	res := k.result(1, back, edit)
	rec := journal.Record{Kind: journal.KindVerified, Result: &res, Why: fleet.Text("read back")}
	_ = k.note(rec)
	rec.At = k.now()
	k.apply(rec)
}

// errandOver tells whether the errand has no effect any more.
func (k *carrier) errandOver(now time.Time) bool {
	end := k.errand.over()
	return !end.IsZero() && !now.Before(end)
}
