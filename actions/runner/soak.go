package runner

import (
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// soaking tells whether nothing is left but to watch: after the last step, or after the step in force when the
// terminal is gone.
func (k *carrier) soaking() bool {
	return !k.inForce.soakFrom.IsZero()
}

// beginSoak starts the watch that ends a change.
func (k *carrier) beginSoak(s actions.Step) time.Duration {
	now := k.now()
	k.noteSeen(s)
	k.inForce.soakFrom, k.inForce.looked, k.inForce.calm = now, now, 0
	if k.leaves(s) {
		k.say(fleet.Text("the terminal is gone: guarding this step, then it can be resumed"), now.Add(k.c.Plan.Soak))
		return k.r.o.Poll
	}
	_ = k.to(EventSoak, journal.Record{Kind: journal.KindSoak, NextAt: now.Add(k.c.Plan.Soak), Why: soakText})
	return k.r.o.Poll
}

var soakText = fleet.Text("soaking: FAIL rolls back, unclear holds")

// leaves tells whether the soak of this step does not end the change, since steps are missing that are not started
// without a terminal, or since a person holds the change.
func (k *carrier) leaves(s actions.Step) bool { return s.N < len(k.c.Plan.Steps) || k.c.Held }

// soak counts only time in which everything was clear.
func (k *carrier) soak(s actions.Step, v verdict) time.Duration {
	now := k.now()
	f := &k.inForce
	why := v.unclear
	if why.IsEmpty() && !f.forgo {
		why = v.quiet
	}
	if why.IsEmpty() {
		why = v.over
	}
	if why.IsEmpty() && !f.proof.within(k.taking(s.After), k.c.Plan.Ramp.WithDefaults().MinRequests).Or(true) {
		why = f.proof.text(k.taking(s.After))
	}
	if !why.IsEmpty() {
		f.looked = now
		if f.unclear.IsZero() {
			f.unclear = now
		}
		if !k.detached.IsZero() && now.Sub(f.unclear) > actions.InconclusiveAfter {
			k.leave(fleet.Concat(fleet.Text("left without a terminal while "), why))
			return 0
		}
		if k.c.Held {
			return k.r.o.Poll
		}
		return k.hold(why)
	}
	f.unclear = time.Time{}
	f.calm += now.Sub(f.looked)
	f.looked = now
	left := k.c.Plan.Soak - f.calm
	if left > 0 || k.c.Held && k.detached.IsZero() {
		k.soakOn(s, max(left, 0))
		return min(k.r.o.Poll, max(left, time.Millisecond))
	}
	if k.leaves(s) {
		k.leave(fleet.Textf("stopped after step %s of %s since the terminal was gone: resume or undo it",
			fleet.Int(s.N), fleet.Int(len(k.c.Plan.Steps))))
		return 0
	}
	k.finish(s)
	return 0
}

// soakOn shows how long is left, after evidence came back too.
func (k *carrier) soakOn(s actions.Step, left time.Duration) {
	end := k.now().Add(left)
	switch {
	case k.c.Held || k.c.State == actions.StateSoaking:
		k.say(k.c.Why, end)
	case !k.leaves(s):
		_ = k.to(EventSoak, journal.Record{Kind: journal.KindSoak, NextAt: end, Why: soakText})
	case k.c.State == actions.StateHeld:
		_ = k.to(EventRelease, journal.Record{Kind: journal.KindReleased, NextAt: end,
			Why: fleet.Text("the terminal is gone: guarding this step, then it can be resumed")})
	default:
		k.say(k.c.Why, end)
	}
}

// finish commits the change after one last look.
func (k *carrier) finish(s actions.Step) {
	k.soakOn(s, 0)
	w := k.look(s)
	if !w.all(after) {
		return // the next look decides
	}
	why := fleet.Text("done: every replica holds it, and its traffic stayed within the limits")
	k.close(EventPass, audit.KindClosed, why, w)
}
