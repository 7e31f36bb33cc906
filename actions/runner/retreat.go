package runner

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// retreat is the way back: at most two writes.
type retreat struct {
	steps    []actions.Step
	at       int  // index of the step that is next or in force
	sent     bool // its write went out
	assumed  bool // its answer was lost, and a replica that holds it shows that it was applied
	expected map[fleet.GatewayReplicaID]bool
	deadline time.Time
	tries    int
	// notBefore is until when a write of a process that died may still show; it is not sent again earlier.
	notBefore time.Time
	swapped   bool       // the other possible starting point was tried
	nudged    bool       // replicas that lag were resynced
	why       fleet.Safe // the change's cause as a sentence
}

// takeBack writes down that the change goes back, and why: whoever carries it on says the same.
func (k *carrier) takeBack(cause fleet.Safe) error {
	return k.to(EventRollBack, journal.Record{Kind: journal.KindBack, Cause: cause,
		Why: fleet.Concat(fleet.Text("rolling back: "), cause)})
}

// cause is why a change goes back that a person wants back or takes over: what it goes back for already, else that.
func (k *carrier) cause() fleet.Safe {
	if !k.c.Cause.IsEmpty() {
		return k.c.Cause
	}
	return fleet.Concat(fleet.Text("wanted by "), k.r.o.Actor.Text())
}

// rollBack begins the way back. It is stopped by nothing but HARD interlocks, a foreign change, a lost lock, and a
// journal that cannot be written.
func (k *carrier) rollBack(why fleet.Safe) {
	s := k.c.Plan.Steps[max(k.c.Step, 1)-1]
	if k.c.Plan.Intent.Kind == actions.KindResync {
		k.close(EventAbort, audit.KindClosed, fleet.Concat(fleet.Text("given up: "), why), k.look(s))
		return
	}
	k.rollBackFrom(s.After, why)
}

func (k *carrier) rollBackFrom(holds fleet.Weights, why fleet.Safe) {
	if err := k.takeBack(why); err != nil {
		return
	}
	k.retreat = &retreat{steps: k.wayBack(holds), why: k.c.Why}
	k.r.publish(k)
}

// wayBack gives the inverse steps; where the way has no length, the write that could still be on its way is
// overwritten with what was there before.
func (k *carrier) wayBack(holds fleet.Weights) []actions.Step {
	steps := k.r.o.Rollback(k.c.Plan, holds)
	if len(steps) == 0 {
		steps = inOneStep(k.c.Plan, holds)
	}
	return steps
}

// goBack does one thing on the way back.
func (k *carrier) goBack() time.Duration {
	b := k.retreat
	s := b.steps[b.at]
	w := k.look(s)
	res := k.result(s.N, true, func(r *actions.StepResult) { r.Weights, r.ReadBack = s.After, w.back() })
	k.c.Steps = journal.PutResult(k.c.Steps, res)
	k.r.publish(k)
	if id, strange := k.stranger(w); strange {
		return k.unknown(fleet.Textf(
			"somebody else changed the route, so it is not rolled back over: %s holds neither %s nor a step; %s",
			fleet.Label(string(id)), k.c.Plan.Before.Text(k.c.Plan.Order), w.text(k.c.Plan.Order)), w)
	}
	switch {
	case w.answered() == 0:
		k.say(fleet.Concat(b.why, fleet.Text("; no gateway replica answers, trying on")), time.Time{})
		return k.r.o.Poll
	case b.sent:
		return k.arrive(s, w)
	case b.tries > 0 && w.all(after), !b.notBefore.IsZero() && w.count(after) > 0:
		b.sent, b.assumed = true, true // a write whose answer was lost was applied after all
		b.deadline = later(b.deadline, k.now().Add(2*k.settle()))
		return k.arrive(s, w)
	case k.now().Before(b.notBefore):
		return k.r.o.Poll
	}
	return k.sendBack(s, w)
}

// stranger finds a replica that holds something that this change never wrote and did not find. Mixtures of a step are
// its own for as long as writes spread.
func (k *carrier) stranger(w world) (fleet.GatewayReplicaID, bool) {
	known := slices.Concat(k.c.Plan.Steps[:min(max(k.c.Step, 1), len(k.c.Plan.Steps))], k.retreat.steps)
	for _, r := range w.replicas {
		ours := slices.ContainsFunc(known, func(s actions.Step) bool { return stand(r, s) != foreign })
		if !ours {
			return r.Replica, true
		}
	}
	return "", false
}

// sendBack writes one step of the way back.
func (k *carrier) sendBack(s actions.Step, w world) time.Duration {
	b := k.retreat
	if why := k.forbidden(s); !why.IsEmpty() {
		k.say(fleet.Concat(b.why, fleet.Text("; waits: "), why), time.Time{})
		return k.r.o.Poll
	}
	if err := k.lock.Verify(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("not rolled back: "), fleet.Sentence(err), fleet.Text("; "),
			w.text(k.c.Plan.Order)), w)
	}
	in := intent(k.c.ID, s, true)
	if err := k.to(EventRollBack, journal.Record{Kind: journal.KindIntent, Step: &in, Why: b.why}); err != nil {
		k.say(fleet.Concat(b.why, fleet.Text("; waits: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	}
	b.expected = w.expected()
	sent := k.now()
	err := k.write(s)
	now := k.now()
	b.tries++
	res := k.result(s.N, true, func(r *actions.StepResult) {
		r.Weights, r.Sent, r.Err = s.After, sent, fleet.Sentence(err)
		if err == nil {
			r.Accepted = now
		}
	})
	if err == nil {
		b.sent, b.deadline = true, now.Add(2*k.settle())
		_ = k.to(EventRollBack, journal.Record{Kind: journal.KindResult, Result: &res, Why: b.why, NextAt: b.deadline})
		return 0
	}
	return k.sendBackAgain(s, w, res, err)
}

// sendBackAgain waits for the next try, or finds that the gateway stores something else.
func (k *carrier) sendBackAgain(s actions.Step, w world, res actions.StepResult, err error) time.Duration {
	b := k.retreat
	if fleet.KindOf(err) == fleet.KindConflict {
		// Whether the last step's write was stored is not known for sure: the way back begins at its other end.
		last := k.c.Plan.Steps[max(k.c.Step, 1)-1]
		from := last.Before
		if s.BeforeHash == last.BeforeHash {
			from = last.After
		}
		if b.swapped || b.at > 0 {
			return k.unknown(fleet.Concat(fleet.Text("not rolled back: "), fleet.Sentence(err), fleet.Text("; "),
				w.text(k.c.Plan.Order)), w)
		}
		b.swapped, b.steps = true, k.wayBack(from)
		return 0
	}
	wait := min(retreatWait, leastSettle<<min(b.tries, 10))
	wait = max(wait, min(fleet.RetryAfter(err), retreatWait))
	why := fleet.Textf("%s; try %s failed (%s), trying on: %s", b.why, fleet.Int(b.tries), fleet.Sentence(err),
		w.text(k.c.Plan.Order))
	_ = k.to(EventRollBack, journal.Record{Kind: journal.KindSent, Result: &res, Why: why, NextAt: k.now().Add(wait)})
	return wait
}

// forbidden gives the HARD interlock that stops a step back, "" when none does.
func (k *carrier) forbidden(s actions.Step) fleet.Safe {
	snap := k.r.o.Latest()
	if snap == nil {
		return fleet.Safe{} // going back is never stopped by missing telemetry
	}
	for _, c := range k.r.o.EvaluateRollback(k.c.Plan, s, snap, k.r.bookWithout(&k.c), k.now()) {
		if c.Severity == actions.SeverityHard {
			return fleet.Textf("%s HARD: %s", fleet.Label(c.ID), c.Formula)
		}
	}
	return fleet.Safe{}
}

// arrive waits until every replica holds the step back, then goes on or closes.
func (k *carrier) arrive(s actions.Step, w world) time.Duration {
	b := k.retreat
	missing := w.missing(b.expected)
	now := k.now()
	switch {
	case len(missing) > 0 && now.Before(b.deadline):
		return k.r.o.Poll
	case len(missing) > 0 && b.assumed:
		b.sent, b.assumed, b.notBefore = false, false, time.Time{} // it was applied in part only: write it again
		return 0
	case len(missing) > 0 && now.Before(b.deadline.Add(grace)):
		k.nudge(&b.nudged, missing)
		k.say(fleet.Textf("%s; %s %s not follow and was resynced", b.why, replicaList(missing),
			fleet.Verb(len(missing), "does", "do")), b.deadline.Add(grace))
		return k.r.o.Poll
	case len(missing) > 0:
		return k.unknown(fleet.Concat(fleet.Text("the gateway took the roll-back, but "), w.text(k.c.Plan.Order)), w)
	}
	res := k.result(s.N, true, func(r *actions.StepResult) { r.Verified = now })
	_ = k.to(EventRollBack, journal.Record{Kind: journal.KindVerified, Result: &res, Why: b.why})
	if b.at+1 < len(b.steps) {
		b.at++
		b.sent, b.assumed, b.tries, b.swapped = false, false, 0, true
		return 0
	}
	k.close(EventRestored, audit.KindRolledBack, k.c.Restored(fleet.Concat(fleet.Text("every replica holds "),
		s.After.Text(k.c.Plan.Order), fleet.Text(" again"))), w)
	return 0
}
