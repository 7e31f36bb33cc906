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

// evictAgain is how long is waited before a budget that refused is asked again, as kubectl does.
const evictAgain = 5 * time.Second

// watchWork reads the stage in force back, waits for what it brings about, and decides what is next.
func (k *carrier) watchWork() time.Duration {
	if k.workAbandoned() {
		return 0
	}
	n := k.c.Step
	at, err := k.work.place(n)
	switch {
	case err != nil:
		k.say(fleet.Concat(fleet.Text("it cannot be read back, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	case at == vanished:
		return k.unknown(fleet.Text("the object is not there any more, or another one has its name: nothing more is written"), world{})
	case at == strange:
		return k.unknown(k.threeWayWork(n), world{})
	case at == unapplied:
		return k.unappliedStage(n)
	case at == followed:
		k.work.followed = true
	}
	k.inForce.failed = nil
	return k.waitFor(n)
}

// workAbandoned leaves a change without a terminal that does not end.
func (k *carrier) workAbandoned() bool {
	if k.detached.IsZero() || k.now().Sub(k.detached) <= 2*k.c.Plan.Soak+2*k.work.plan.Hold+2*actions.InconclusiveAfter {
		return false
	}
	k.leave(fleet.Concat(fleet.Text("left without a terminal, since this did not end: "), k.c.Why))
	return true
}

// unappliedStage finds out what became of writes that do not hold.
func (k *carrier) unappliedStage(n int) time.Duration {
	err := k.inForce.failed
	now := k.now()
	if lost := k.stillMine(); lost != nil {
		return k.unknown(fleet.Concat(fleet.Text("nothing more is written: "), fleet.Sentence(lost)), world{})
	}
	switch {
	case now.Before(k.inForce.deadline):
		return min(k.r.o.Poll, k.inForce.deadline.Sub(now))
	case fleet.KindOf(err) == fleet.KindBlocked && k.work.stage(n).Until.Gone:
		return k.blockedStage(n, err)
	case err == nil:
		return k.unknown(fleet.Textf("stage %s was taken, and does not hold: somebody took it back", fleet.Int(n)), world{})
	case passing(err) && k.inForce.attempt < attempts:
		if k.c.Held {
			return k.r.o.Poll
		}
		return k.sendStage(n)
	}
	return k.refusedStage(n, err)
}

// blockedStage asks again what a disruption budget refused, for as long as a person does not stop it.
func (k *carrier) blockedStage(n int, err error) time.Duration {
	if k.work.trouble.IsZero() {
		k.work.trouble = k.now()
	}
	waited := k.now().Sub(k.work.trouble)
	why := fleet.Textf("stage %s waits since %s: %s", fleet.Int(n), fleet.Age(waited), fleet.Sentence(err))
	if k.c.Held || !k.detached.IsZero() {
		k.say(why, time.Time{})
		return evictAgain
	}
	if waited > k.work.plan.Give && k.c.State != actions.StateHeld {
		return k.hold(fleet.Concat(why, fleet.Text("; it is asked again every 5 s; roll back to give up")))
	}
	k.say(why, k.now().Add(evictAgain))
	k.pause(evictAgain)
	k.obey()
	if k.over || k.c.Held || k.c.State == actions.StateRollingBack {
		return 0
	}
	since := k.work.trouble
	wait := k.sendStage(n)
	if k.work.trouble.IsZero() && k.inForce.failed != nil {
		k.work.trouble = since
	}
	return wait
}

// refusedStage ends a stage that was not applied; what the stages before it wrote stays.
func (k *carrier) refusedStage(n int, err error) time.Duration {
	why := fleet.Textf("stage %s was refused: %s", fleet.Int(n), fleet.Sentence(err))
	if n == 1 {
		k.close(EventAbort, audit.KindClosed, fleet.Concat(why, fleet.Text(". Nothing was changed")), world{})
		return 0
	}
	res := k.result(n, false, func(r *actions.StepResult) { r.Err = fleet.Sentence(err) })
	_ = k.to(EventRefused, journal.Record{Kind: journal.KindRefused, Why: why, Held: true, Result: &res})
	k.c.Step, k.c.Held = n-1, true
	k.inForce = inForce{attempt: 0, settled: k.now(), hurry: true, forgo: true}
	k.work.followed = true
	k.r.publish(k)
	return k.r.o.Poll
}

// waitFor waits for what the stage brings about.
func (k *carrier) waitFor(n int) time.Duration {
	s := k.work.stage(n)
	ready, why, err := k.progress(s)
	now := k.now()
	switch {
	case err != nil:
		k.say(fleet.Concat(fleet.Text("it cannot be read, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	case len(s.Then) > 0 && !k.work.followed:
		// What is not seen yet still counts the replicas of the version before as its newest.
		if k.work.now.Phase == fleet.RolloutUnseen || k.work.now.Updated < s.Until.Updated {
			k.say(fleet.Textf("stage %s: %s", fleet.Int(n), why), time.Time{})
			return k.inTrouble(n, why)
		}
		return k.follow(n)
	}
	k.askGolden()
	switch {
	case !ready:
		k.work.reached, k.work.worse = time.Time{}, time.Time{}
		k.say(fleet.Textf("stage %s: %s", fleet.Int(n), why), time.Time{})
		return k.inTrouble(n, why)
	}
	k.work.trouble = time.Time{}
	if k.work.reached.IsZero() {
		k.work.reached, k.inForce.settled = now, now
		k.stageVerified(n, false)
	}
	if why := otherWeights(&k.work.now); !why.IsEmpty() && k.c.Plan.Intent.Kind == actions.KindUpgrade {
		k.rollBackWork(fleet.Concat(fleet.Text("the new replicas do not serve the same model: "), why))
		return 0
	}
	if s.Canary {
		if wait, decided := k.compareVersions(n); decided {
			return wait
		}
	}
	return k.proven(n)
}

// follow sends what follows on the writes of a stage, such as the pause of a canary.
func (k *carrier) follow(n int) time.Duration {
	if err := k.stillMine(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("nothing more is written: "), fleet.Sentence(err)), world{})
	}
	in := k.stageIntent(n, actions.ThenPart)
	if err := k.note(journal.Record{Kind: journal.KindIntent, Step: &in, Why: k.c.Why, Held: k.c.Held, At: k.now()}); err != nil {
		k.say(fleet.Concat(fleet.Text("what follows waits: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	}
	if err := k.writeAll(fmt.Sprint(n)+actions.ThenPart, k.work.stage(n).Then); err != nil {
		k.say(fleet.Concat(fleet.Text("what follows was not taken, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	}
	k.work.followed = true
	_ = k.note(journal.Record{Kind: journal.KindResult, Why: k.c.Why, Held: k.c.Held, At: k.now()})
	return 0
}

// progress reads the rollout and tells whether what a stage waits for is there, and if not, what is missing.
func (k *carrier) progress(s *fleet.Stage) (ready bool, why fleet.Safe, err error) {
	if s.Until == (fleet.Until{}) {
		return true, fleet.Safe{}, nil
	}
	if s.Until.Gone {
		return k.gone(s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	r, err := k.work.read.Rollout(ctx, k.work.plan.Was.Object)
	if err != nil {
		return false, fleet.Safe{}, err
	}
	k.work.now = r
	why = r.Why
	if why.IsEmpty() {
		why = fleet.Textf("%s of %s updated, %s of these ready", fleet.Int(r.Updated), fleet.Int(r.Desired), fleet.Int(r.UpdatedReady))
	}
	return s.Until.Reached(&r), why, nil
}

// gone tells whether the pods that a stage evicts are gone.
func (k *carrier) gone(s *fleet.Stage) (bool, fleet.Safe, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	for _, w := range s.Writes {
		if w.Verb == fleet.WriteSet {
			continue
		}
		at, err := k.work.read.Stand(ctx, w)
		if err != nil {
			return false, fleet.Safe{}, err
		}
		if at != fleet.StandsGone {
			return false, fleet.Concat(fleet.Label(w.Object.Kind), fleet.Text(" "), fleet.Label(w.Object.Name), fleet.Text(" is ending")), nil
		}
	}
	return true, fleet.Safe{}, nil
}

// inTrouble takes an upgrade back that will not end, and holds what else does not.
func (k *carrier) inTrouble(n int, why fleet.Safe) time.Duration {
	now := k.now()
	r := &k.work.now
	bad := r.Never || r.Phase == fleet.RolloutFailed || r.Phase == fleet.RolloutStuck
	switch {
	case !bad || k.work.stage(n).Until.Gone:
		k.work.trouble = time.Time{}
		return k.r.o.Poll
	case k.work.trouble.IsZero():
		k.work.trouble = now
	}
	if now.Sub(k.work.trouble) < k.work.plan.Give || k.c.Held {
		return k.r.o.Poll
	}
	why = fleet.Textf("stage %s stands since %s: %s", fleet.Int(n), fleet.Age(now.Sub(k.work.trouble)), why)
	if k.c.Plan.Intent.Kind != actions.KindUpgrade {
		return k.hold(why)
	}
	k.rollBackWork(why)
	return 0
}

// afterStage goes on to the next stage when this one's time is over, or ends the ramp.
func (k *carrier) afterStage(n int) time.Duration {
	now := k.now()
	left := k.work.reached.Add(k.c.Plan.Steps[n-1].Hold).Sub(now)
	switch {
	case left > 0 && !k.inForce.hurry && k.detached.IsZero():
		k.say(fleet.Textf("stage %s holds, old and new are compared", fleet.Int(n)), now.Add(left))
		return min(k.r.o.Poll, left)
	case k.c.Held:
		return k.r.o.Poll
	case n < len(k.c.Plan.Steps) && !k.detached.IsZero():
		k.leave(fleet.Textf("left without a terminal after stage %s of %s: resume it", fleet.Int(n), fleet.Int(len(k.c.Plan.Steps))))
		return 0
	case n < len(k.c.Plan.Steps):
		return k.sendStage(n + 1)
	case k.c.Plan.Soak > 0:
		k.inForce.soakFrom = now
		_ = k.to(EventSoak, journal.Record{Kind: journal.KindSoak, Why: fleet.Text("all stages are done: watching"),
			NextAt: now.Add(k.c.Plan.Soak)})
		return k.r.o.Poll
	}
	k.close(EventPass, audit.KindClosed, k.workDone(), world{})
	return 0
}

// soakWork watches the end state.
func (k *carrier) soakWork() time.Duration {
	n := len(k.c.Plan.Steps)
	if k.inForce.soakFrom.IsZero() { // of a process that died
		k.inForce.soakFrom = k.now()
	}
	at, err := k.work.place(n)
	switch {
	case err != nil:
		return k.r.o.Poll
	case at == unapplied || at >= strange:
		return k.unknown(k.threeWayWork(n), world{})
	}
	ready, why, err := k.progress(k.work.stage(n))
	switch {
	case err != nil:
		return k.r.o.Poll
	case !ready:
		k.say(fleet.Concat(fleet.Text("while it is watched: "), why), time.Time{})
		k.inForce.soakFrom = k.now()
		return k.inTrouble(n, why)
	}
	k.work.trouble = time.Time{}
	end := k.inForce.soakFrom.Add(k.c.Plan.Soak)
	if left := end.Sub(k.now()); left > 0 && !k.inForce.hurry {
		k.say(fleet.Text("all stages are done: watching"), end)
		return min(k.r.o.Poll, left)
	}
	k.close(EventPass, audit.KindClosed, k.workDone(), world{})
	return 0
}

func (k *carrier) workDone() fleet.Safe {
	return fleet.Concat(fleet.Text("done: "), k.c.Plan.ErrandText())
}

// stageVerified notes that a stage, or the way back, was read back.
func (k *carrier) stageVerified(n int, back bool) {
	now := k.now()
	res := k.result(n, back, func(r *actions.StepResult) { r.Verified, r.Err = now, fleet.Safe{} })
	rec := journal.Record{Kind: journal.KindVerified, Result: &res, Why: fleet.Textf("stage %s is there", fleet.Int(n)), At: now,
		Held: k.c.Held}
	_ = k.note(rec)
	k.apply(rec)
}

// threeWayWork says of the first field that somebody else set what it was, what it was meant to be, and, as far as the system
// tells, what it is and who set it: a rehearsal of that field alone is refused with that.
func (k *carrier) threeWayWork(n int) fleet.Safe {
	text := fleet.Textf("somebody else changed it: it holds neither what was before stage %s nor what the stage wrote", fleet.Int(n))
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	for _, w := range fleet.Net(k.work.plan.Writes(n)) {
		for _, f := range w.Fields {
			one := w
			one.Fields = []fleet.Field{f}
			if at, err := k.work.read.Stand(ctx, one); err != nil || at != fleet.StandsForeign {
				continue
			}
			text = fleet.Textf("%s; %s was %s, meant %s", text, fleet.Quote(f.Path), f.Before.Text(), f.After.Text())
			if err := k.work.write.Write(ctx, one, actions.RehearsalName(k.c.ID), true); fleet.KindOf(err) == fleet.KindConflict {
				return fleet.Textf("%s; %s", text, fleet.Cause(err))
			}
			return fleet.Textf("%s, see the object for what it is", text)
		}
	}
	return text
}
