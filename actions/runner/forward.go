package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// begin sends the first step.
func (k *carrier) begin() time.Duration {
	if k.c.Held {
		return k.r.o.Poll
	}
	return k.forward(k.c.Plan.Steps[0])
}

// forward sends a step if the world is where the step starts and no interlock objects.
func (k *carrier) forward(s actions.Step) time.Duration {
	w := k.look(s)
	switch {
	case w.answered() == 0:
		return k.hold(fleet.Text("no gateway replica answers: the next step waits"))
	case w.count(foreign) > 0 && k.c.Step == 0:
		k.close(EventAbort, audit.KindClosed, fleet.Concat(fleet.Text("the plan is stale: "), k.threeWay(s, w),
			fleet.Text(". Nothing was written")), w)
		return 0
	case w.count(foreign) > 0:
		return k.unknown(fleet.Concat(fleet.Text("somebody else changed the route: "), k.threeWay(s, w)), w)
	case !k.startsAt(s, w):
		return k.hold(fleet.Concat(fleet.Text("the replicas disagree: "), w.text(k.c.Plan.Order)))
	}
	if why := k.objection(s); !why.IsEmpty() {
		return k.hold(why)
	}
	return k.send(s, w)
}

// startsAt tells whether the replicas are where a step starts. A resync starts with the other replicas at its end.
func (k *carrier) startsAt(s actions.Step, w world) bool {
	if s.Replica == "" {
		return w.all(before)
	}
	for id, at := range w.standing {
		if id == s.Replica && at == silent || id != s.Replica && at != after && at != silent {
			return false
		}
	}
	return true
}

// objection gives the formula of the worst interlock that objects to a step and was not overridden.
func (k *carrier) objection(s actions.Step) fleet.Safe {
	snap := k.r.o.Latest()
	if snap == nil {
		return fleet.Text("nothing was read yet: the next step waits")
	}
	checks := k.r.o.EvaluateStep(k.asRead(k.c.Plan), s.N, snap, k.r.bookWithout(&k.c), k.now())
	why := refusal(checks, k.c.Approval.Overrides)
	if why.IsEmpty() {
		k.passedBy(checks)
	}
	return why
}

// refusal gives the sentence of the worst check that stops, "" when none does.
func refusal(checks []actions.Check, overridden []string) fleet.Safe {
	var worst *actions.Check
	for i := range checks {
		c := &checks[i]
		if c.Severity < actions.SeverityOVR || worst != nil && c.Severity <= worst.Severity {
			continue
		}
		named := func(id string) bool { return slices.Contains(overridden, id) }
		if c.Severity == actions.SeverityOVR &&
			(named(c.ID) || c.Missing && c.History && named(actions.HistoryOverride)) {
			continue
		}
		worst = c
	}
	if worst == nil {
		return fleet.Safe{}
	}
	return fleet.Textf("%s %s: %s", fleet.Label(worst.ID), fleet.Label(worst.Severity.String()), worst.Formula)
}

// send writes a step: lock, journal, then the gateway.
func (k *carrier) send(s actions.Step, w world) time.Duration {
	if err := k.lock.Verify(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("nothing more is written: "), fleet.Sentence(err)), w)
	}
	in := intent(k.c.ID, s, false)
	if err := k.to(EventWrite, journal.Record{Kind: journal.KindIntent, Step: &in,
		Why: fleet.Textf("writing step %s of %s", fleet.Int(s.N), fleet.Int(len(k.c.Plan.Steps)))}); err != nil {
		return k.hold(fleet.Sentence(err))
	}
	attempt := 0
	if k.c.Step == s.N {
		attempt = k.inForce.attempt
	}
	k.c.Step, k.c.Held = s.N, false
	k.inForce = inForce{expected: w.expected(), attempt: attempt + 1}
	k.guard.reset()
	sent := k.now()
	err := k.write(s)
	now := k.now()
	k.inForce.failed, k.inForce.deadline = err, now.Add(2*k.settle())
	if err != nil && !ambiguous(err) {
		k.inForce.deadline = now
	}
	res := k.result(s.N, false, func(r *actions.StepResult) {
		*r = actions.StepResult{N: s.N, Weights: s.After, Sent: sent, Err: fleet.Sentence(err)}
		if err == nil {
			r.Accepted = now
		}
	})
	kind, why := journal.KindResult, fleet.Text("the gateway took the step: reading it back")
	if err != nil {
		kind, why = journal.KindSent, fleet.Concat(fleet.Text("the write failed, reading what holds: "), fleet.Sentence(err))
	}
	_ = k.to(EventWritten, journal.Record{Kind: kind, Result: &res, Why: why, NextAt: k.inForce.deadline})
	return 0
}

// write calls the gateway; meanwhile the change does not hold the clock, since reloading replicas takes time.
func (k *carrier) write(s actions.Step) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	k.r.o.Probe(fmt.Sprintf("before write %d", s.N))
	k.task.Idle(func() {
		if s.Replica != "" {
			err = k.writer.Resync(ctx, k.c.Plan.Route, s.Replica)
			return
		}
		err = k.writer.SetWeights(ctx, k.c.Plan.Route, s.Before, s.After)
	})
	k.r.o.Probe(fmt.Sprintf("after write %d", s.N))
	return err
}

func intent(id fleet.ChangeID, s actions.Step, back bool) journal.Intent {
	key := fmt.Sprintf("%s/step-%d", id, s.N)
	if back {
		key = fmt.Sprintf("%s/back-%d", id, s.N)
	}
	return journal.Intent{N: s.N, Back: back, Key: key, Before: s.Before, BeforeHash: s.BeforeHash,
		After: s.After, AfterHash: s.AfterHash, Inverse: s.Before}
}

// ambiguous tells whether a write that failed like this may still have been applied.
func ambiguous(err error) bool {
	switch fleet.KindOf(err) {
	case fleet.KindTimeout, fleet.KindUnreachable, fleet.KindServer, fleet.KindInterrupted, fleet.KindInternal:
		return true
	default:
		return false
	}
}

// passing tells whether trying again can help.
func passing(err error) bool { return ambiguous(err) || fleet.KindOf(err) == fleet.KindRateLimited }

func (k *carrier) settle() time.Duration { return max(k.writer.Settle(), leastSettle) }

// hold stops the ramp for missing evidence; it goes on by itself when the evidence is there.
func (k *carrier) hold(why fleet.Safe) time.Duration {
	if k.c.State == actions.StateHeld {
		k.say(why, time.Time{})
		return k.r.o.Poll
	}
	_ = k.to(EventHold, journal.Record{Kind: journal.KindHeld, Why: why, Held: k.c.Held})
	return k.r.o.Poll
}

// threeWay draws what was before, what was meant, and what is there.
func (k *carrier) threeWay(s actions.Step, w world) fleet.Safe {
	order := k.c.Plan.Order
	return fleet.Textf("before %s, planned %s, found: %s", s.Before.Text(order), s.After.Text(order), w.text(order))
}
