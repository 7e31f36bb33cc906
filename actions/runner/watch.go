package runner

import (
	"context"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// watch reads the step in force back, judges it, and decides what is next.
func (k *carrier) watch() time.Duration {
	if !k.detached.IsZero() && k.now().Sub(k.detached) > 2*k.c.Plan.Soak+2*actions.InconclusiveAfter {
		k.leave(fleet.Concat(fleet.Text("left without a terminal, since this did not end: "), k.c.Why))
		return 0
	}
	s := k.c.Plan.Steps[k.c.Step-1]
	w := k.look(s)
	k.c.Steps = journal.PutResult(k.c.Steps, k.result(s.N, false, func(r *actions.StepResult) { r.ReadBack = w.back() }))
	k.r.publish(k)
	switch {
	case w.count(foreign) > 0:
		return k.unknown(fleet.Concat(fleet.Text("somebody else changed the route: "), k.threeWay(s, w)), w)
	case k.inForce.failed != nil:
		if done := k.reconcile(s, w); done {
			return 0
		}
	}
	if k.over || k.c.State == actions.StateRollingBack {
		return 0
	}
	if missing := w.missing(k.inForce.expected); len(missing) > 0 || w.answered() == 0 {
		if w.count(after)+w.count(silent) == len(w.standing) && !k.inForce.settled.IsZero() {
			return k.mute(w)
		}
		return k.lag(w, missing)
	}
	k.inForce.mute = time.Time{}
	if k.inForce.failed != nil {
		return k.r.o.Poll
	}
	if k.inForce.settled.IsZero() {
		k.holdsEverywhere(s)
	}
	return k.judge(s)
}

// reconcile finds out from the world what became of a write that failed. It returns true when the state moved on.
func (k *carrier) reconcile(s actions.Step, w world) bool {
	err := k.inForce.failed
	waiting := k.now().Before(k.inForce.deadline)
	switch {
	case w.all(after):
		k.inForce.failed = nil // it was applied after all
		return false
	case waiting || w.answered() == 0:
		return false
	case !k.startsAt(s, w):
		why := fleet.Textf("not all replicas took step %s (%s): %s", fleet.Int(s.N), fleet.Sentence(err),
			w.text(k.c.Plan.Order))
		if w.count(between) > 0 {
			k.unknown(fleet.Concat(fleet.Text("the write was cut short: "), k.threeWay(s, w)), w)
			return true
		}
		k.rollBack(why)
		return true
	case fleet.KindOf(err) == fleet.KindConflict && s.N > 1:
		k.unknown(fleet.Concat(fleet.Text("the gateway holds something else: "), fleet.Sentence(err), fleet.Text("; "),
			w.text(k.c.Plan.Order)), w)
		return true
	case passing(err) && k.inForce.attempt < attempts && !k.tooOld(s):
		k.again(s, err)
		return true
	}
	k.refused(s, w, err)
	return true
}

// tooOld tells whether nothing was written and the plan outlived itself (IL-37).
func (k *carrier) tooOld(s actions.Step) bool {
	return s.N == 1 && k.now().Sub(k.c.Plan.Created) > actions.PlanLife
}

// again sends a step once more, after the world showed that it was not applied. While an interlock objects, one sentence says
// both, and stays.
func (k *carrier) again(s actions.Step, err error) {
	if why := k.objection(s); !why.IsEmpty() {
		k.pause(k.hold(fleet.Textf("step %s was not applied (%s) and is not sent again yet, which is asked every %s: %s", fleet.Int(s.N),
			fleet.Sentence(err), fleet.Age(k.r.o.Poll), why)))
		return
	}
	wait := max(fleet.RetryAfter(err), time.Duration(k.inForce.attempt)*leastSettle)
	why := fleet.Textf("step %s was not applied (%s): trying again", fleet.Int(s.N), fleet.Sentence(err))
	k.say(why, k.now().Add(wait))
	k.pause(wait)
	k.obey()
	if k.over || k.c.State == actions.StateRollingBack || k.c.Held {
		return
	}
	k.forward(s)
}

// refused ends a step that was not applied: before it, nothing of it holds.
func (k *carrier) refused(s actions.Step, w world, err error) {
	why := fleet.Textf("the gateway refused step %s (%s); %s", fleet.Int(s.N), fleet.Sentence(err), w.text(k.c.Plan.Order))
	if s.N == 1 {
		k.close(EventAbort, audit.KindClosed, fleet.Concat(why, fleet.Text(". Nothing was changed")), w)
		return
	}
	res := k.result(s.N, false, func(r *actions.StepResult) { r.Err = fleet.Sentence(err) })
	_ = k.to(EventRefused, journal.Record{Kind: journal.KindRefused, Why: why, Held: true, Result: &res})
	k.c.Step, k.c.Held = s.N-1, true
	k.inForce = inForce{expected: w.expected(), attempt: k.inForce.attempt, settled: k.now(), hurry: true, forgo: true}
	k.guard.reset()
	k.r.publish(k)
}

// mute deals with replicas that held the step and do not answer now: their time proves nothing, and does not count.
func (k *carrier) mute(w world) time.Duration {
	now := k.now()
	f := &k.inForce
	f.looked = now
	if f.mute.IsZero() {
		f.mute = now
	}
	if now.Sub(f.mute) < staleAfter || k.c.Held {
		return k.r.o.Poll
	}
	return k.hold(fleet.Concat(fleet.Text("unclear: "), w.text(k.c.Plan.Order)))
}

// lag deals with replicas that do not hold the step: first they may take their time, then they are shown, at last
// the step is taken back.
func (k *carrier) lag(w world, missing []fleet.GatewayReplicaID) time.Duration {
	now := k.now()
	if !k.inForce.settled.IsZero() { // it held everywhere and went back, such as a replica that was restarted
		k.inForce.settled, k.inForce.deadline = time.Time{}, now.Add(2*k.settle())
	}
	k.inForce.calm, k.inForce.looked = 0, now
	what := fleet.Text("no gateway replica answers")
	if w.answered() > 0 {
		what = fleet.Textf("%s %s not follow: %s", replicaList(missing),
			fleet.Verb(len(missing), "does", "do"), w.text(k.c.Plan.Order))
	}
	end := k.inForce.deadline.Add(grace)
	switch {
	case now.Before(k.inForce.deadline):
		if k.c.State != actions.StateHeld {
			k.say(fleet.Concat(fleet.Text("waiting: "), what), k.inForce.deadline)
		}
		return k.r.o.Poll
	case w.answered() == 0:
		return k.hold(fleet.Concat(what, fleet.Text(": what holds is not known, so nothing is written")))
	case k.inForce.cut && !k.c.Held && k.detached.IsZero():
		return k.complete(w)
	case now.Before(end):
		if k.c.State != actions.StateHeld {
			k.hold(fleet.Concat(what, fleet.Text(": resyncing")))
		}
		k.nudge(&k.inForce.nudged, missing)
		k.say(fleet.Concat(what, fleet.Text(". It was resynced; rolls back unless it catches up")), end)
		return k.r.o.Poll
	case w.count(between) > 0:
		return k.unknown(fleet.Concat(fleet.Text("the write was cut short: "), w.text(k.c.Plan.Order)), w)
	}
	k.rollBack(what)
	return 0
}

// complete sends the step in force again after its process ended during the write. Replicas that only follow a store
// had their time; those that are written one by one still lack it, and no resync brings it to them. Only HARD
// interlocks object, as they would to going back: the step is half in force already.
func (k *carrier) complete(w world) time.Duration {
	k.inForce.cut = false
	s := k.c.Plan.Steps[k.c.Step-1]
	if snap := k.r.o.Latest(); snap != nil {
		for _, c := range k.r.o.EvaluateStep(k.c.Plan, s.N, snap, k.r.bookWithout(&k.c), k.now()) {
			if c.Severity == actions.SeverityHard {
				k.rollBack(fleet.Concat(fleet.Text("the write was cut short, and is not completed: "), fleet.Label(c.ID),
					fleet.Text(" "), c.Formula))
				return 0
			}
		}
	}
	return k.send(s, w)
}

// nudge makes lagging replicas take over the stored state again, once for each write. It changes no weight; what
// comes of it is read back like everything else.
func (k *carrier) nudge(done *bool, lagging []fleet.GatewayReplicaID) {
	if *done || k.lock.Verify() != nil {
		return
	}
	*done = true
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	for _, id := range lagging {
		var err error
		k.task.Idle(func() { err = k.writer.Resync(ctx, k.c.Plan.Route, id) })
		if err != nil {
			k.r.o.Log.Warn("resync of a lagging replica", "change", k.c.ID, "replica", id, "err", err)
		}
	}
}

// holdsEverywhere notes that every replica that answered holds the step.
func (k *carrier) holdsEverywhere(s actions.Step) {
	now := k.now()
	f := &k.inForce
	f.settled, f.looked, f.proof = now, now, proof{last: now, leaving: leftBy(&k.c.Plan)}
	res := k.result(s.N, false, func(r *actions.StepResult) {
		r.Weights, r.Verified, r.Err = s.After, now, fleet.Safe{}
		if r.Accepted.IsZero() {
			r.Accepted = now
		}
	})
	rec := journal.Record{Kind: journal.KindVerified, Result: &res,
		Why: fleet.Text("all replicas hold it: waiting for its traffic"), NextAt: now.Add(s.Hold), Held: k.c.Held}
	if k.c.State == actions.StateHeld && !k.c.Held {
		_ = k.to(EventRelease, rec)
		return
	}
	rec.State, rec.At = k.c.State, now
	_ = k.note(rec)
	if k.c.State == actions.StateHeld {
		rec.Why, rec.NextAt = k.c.Why, time.Time{}
	}
	k.apply(rec)
}

// judge weighs the traffic of the step and moves on where it may.
func (k *carrier) judge(s actions.Step) time.Duration {
	now := k.now()
	v := k.guard.judge(k, now)
	k.c.Limits, k.c.Harm = v.limits, v.harm
	k.measure(s)
	k.r.publish(k)
	if !v.broken.IsEmpty() {
		k.rollBack(v.broken)
		return 0
	}
	if k.soaking() {
		return k.soak(s, v)
	}
	if r := k.waitsFor(s, v); !r.why.IsEmpty() {
		return k.wait(r)
	}
	if k.c.Held && k.detached.IsZero() {
		return k.r.o.Poll
	}
	if s.N < len(k.c.Plan.Steps) && k.detached.IsZero() {
		k.noteSeen(s)
		return k.forward(k.c.Plan.Steps[s.N])
	}
	return k.beginSoak(s)
}

// measure takes the measured share over into the step's result.
func (k *carrier) measure(s actions.Step) {
	snap := k.r.o.Latest()
	if snap == nil {
		return
	}
	route := snap.RouteOf(k.c.Plan.Route)
	if route == nil {
		return
	}
	p := &k.inForce.proof
	p.take(route, s)
	res := k.result(s.N, false, func(r *actions.StepResult) {
		r.Seen, r.SeenN = p.shares(), p.n
		r.SeenOK = p.within(route.Takes(s.After), k.c.Plan.Ramp.WithDefaults().MinRequests)
	})
	k.c.Steps = journal.PutResult(k.c.Steps, res)
}

// noteSeen writes the measured share down, once a step.
func (k *carrier) noteSeen(s actions.Step) {
	if k.inForce.noted {
		return
	}
	k.inForce.noted = true
	res := k.result(s.N, false, func(*actions.StepResult) {})
	_ = k.note(journal.Record{Kind: journal.KindSeen, Result: &res, Why: k.c.Why, NextAt: k.c.NextAt,
		Held: k.c.Held, At: k.now()})
}

// reason is a sentence with a time at which it may change.
type reason struct {
	why  fleet.Safe
	next time.Time
	hold bool // the ramp is held, not merely waiting its time
}

// waitsFor says what the ramp still waits for; an empty sentence means for nothing.
func (k *carrier) waitsFor(s actions.Step, v verdict) reason {
	last := s.N == len(k.c.Plan.Steps)
	due := k.inForce.settled.Add(s.Hold)
	early := !last && k.now().Before(due)
	r := k.lacks(s, v)
	if r.why.IsEmpty() && early && k.detached.IsZero() && !k.inForce.hurry {
		r.why = fleet.Text("verified: waiting for the next step")
	}
	if early {
		r.next = due
	}
	return r
}

// lacks says which evidence of the step is missing.
func (k *carrier) lacks(s actions.Step, v verdict) reason {
	f := &k.inForce
	least := k.c.Plan.Ramp.WithDefaults().MinRequests
	since := k.now().Sub(f.settled)
	few := f.proof.n < float64(least)
	switch {
	case k.c.Plan.Intent.Kind == actions.KindResync: // moves no traffic
	case !v.unclear.IsEmpty():
		return reason{why: v.unclear, hold: since > s.Hold+staleAfter}
	case !v.over.IsEmpty():
		return reason{why: v.over}
	case f.forgo && (few || !v.quiet.IsEmpty()):
	case few:
		why := fleet.Textf("%s of %s requests of this step were seen", fleet.Float(f.proof.n, 0), fleet.Int(least))
		return k.inconclusive(why, since)
	case !f.proof.within(k.taking(s.After), least).Or(false):
		return reason{why: f.proof.text(k.taking(s.After)), hold: true}
	case !v.quiet.IsEmpty():
		return k.inconclusive(v.quiet, since)
	}
	return reason{}
}

// inconclusive waits for evidence, and holds when it does not come in time.
func (k *carrier) inconclusive(why fleet.Safe, since time.Duration) reason {
	if since <= actions.InconclusiveAfter {
		return reason{why: why}
	}
	why = fleet.Concat(why, fleet.Text(" in 10 minutes, inconclusive: n goes on without, Z undoes"))
	return reason{why: why, hold: true}
}

// wait stays where it is and says why.
func (k *carrier) wait(r reason) time.Duration {
	switch {
	case k.c.Held: // a person's hold keeps its own sentence
	case r.hold:
		return k.hold(r.why)
	case k.c.State == actions.StateHeld:
		_ = k.to(EventRelease, journal.Record{Kind: journal.KindReleased, Why: r.why, NextAt: r.next})
	default:
		k.say(r.why, r.next)
	}
	if d := r.next.Sub(k.now()); d > 0 && d < k.r.o.Poll {
		return d
	}
	return k.r.o.Poll
}
