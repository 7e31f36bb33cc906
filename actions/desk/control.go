package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pitwall/actions"
	"pitwall/actions/interlocks"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// Plan turns an intent into a plan on the newest snapshot. Nothing is sent.
func (d *Desk) Plan(in actions.Intent) (actions.Plan, error) {
	d.expire()
	in = d.by(in)
	switch {
	case in.Work != nil:
		return d.planWork(context.Background(), in)
	case in.Key != nil:
		return d.planKey(context.Background(), in)
	}
	return plan.New(in, d.o.Latest(), d.o.Clock.Now())
}

// Refusal says why an intent cannot be planned, as far as that needs no rates: its object is read and drafted, and nothing is
// sent. nil is no promise.
func (d *Desk) Refusal(ctx context.Context, in actions.Intent) error {
	if in = d.by(in); in.Key != nil {
		_, err := plan.FindKey(*in.Key, d.o.Latest()) // whose it is may only be known with rates
		if fleet.KindOf(err) == fleet.KindInvalid && !fleet.LooksSecret(in.Key.Of.Alias) {
			return nil
		}
		return err
	}
	if in.Work == nil {
		_, err := plan.New(in, d.o.Latest(), d.o.Clock.Now())
		return err
	}
	r, err := d.roller(in.Work.Object.Cluster)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, draftWithin)
	defer cancel()
	was, err := r.Rollout(ctx, in.Work.Object)
	if err == nil {
		_, err = d.draft(ctx, r, in, was)
	}
	return err
}

// by says who wants it, in which incident.
func (d *Desk) by(in actions.Intent) actions.Intent {
	in.Actor = d.actor
	if in.Incident == "" {
		in.Incident = d.incident()
	}
	return in
}

func (d *Desk) incident() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.access.Incident
}

// Check asks every interlock about a plan on the newest snapshot.
func (d *Desk) Check(p actions.Plan) []actions.Check {
	d.expire()
	return interlocks.Evaluate(p, d.o.Latest(), d.runner.Book(), d.o.Clock.Now())
}

// Start carries a confirmed plan out; see runner.Runner.Start.
func (d *Desk) Start(p actions.Plan, a actions.Approval) (fleet.ChangeID, error) {
	d.expire()
	a.By = d.actor
	if a.At.IsZero() {
		a.At = d.o.Clock.Now()
	}
	id, err := d.runner.Start(p, a)
	if err == nil && d.o.Note != nil {
		d.o.Note(fleet.Event{At: d.o.Clock.Now(), Level: fleet.LevelInfo, Object: d.actor.Text(), Change: id,
			Text: began(&p)})
	}
	return id, err
}

// began says what a change set out to do.
func began(p *actions.Plan) fleet.Safe {
	kind := fleet.Label(string(p.Intent.Kind))
	switch {
	case p.Intent.Kind == actions.KindSilence:
		return fleet.Textf("began %s of %s on %s until %s, which hides %s now", kind, fleet.MatchersText(p.Silence.Silence.Matchers),
			fleet.Label(p.Object()), fleet.Stamp(p.Silence.Silence.Until), fleet.Int(p.Silence.Hides))
	case p.OfKey():
		return fleet.Textf("began %s on gateway %s", p.ErrandText(), fleet.Label(string(p.Gateway)))
	case p.Work != nil, p.Edit != nil:
		return fleet.Textf("began %s on %s %s", p.ErrandText(), fleet.Label(p.ObjectKind()), fleet.Label(p.Object()))
	case p.Errand():
		return fleet.Textf("began %s of silence %s on %s", kind, fleet.Label(p.Intent.Silence.ID), fleet.Label(p.Object()))
	}
	return fleet.Concat(fleet.Text("began "), kind, fleet.Text(" of "), fleet.Label(string(p.Route.ID)), fleet.Text(" "),
		p.Before.Text(p.Order), fleet.Text(" -> "), p.After.Text(p.Order))
}

// Hold stops forward steps of a change; Release ends that; NextNow skips the rest of a step's time.
func (d *Desk) Hold(id fleet.ChangeID) error { return d.runner.Hold(id) }

// Release ends a hold.
func (d *Desk) Release(id fleet.ChangeID) error { return d.runner.Release(id) }

// NextNow starts the next step without waiting for its time.
func (d *Desk) NextNow(id fleet.ChangeID) error { return d.runner.NextNow(id) }

// RollBack takes an open change back to where it began.
func (d *Desk) RollBack(id fleet.ChangeID) error {
	d.lookFor(id)
	return d.runner.RollBack(id)
}

// Resume lets this process carry an open change on, after comparing it with the world.
func (d *Desk) Resume(id fleet.ChangeID) error {
	d.lookFor(id)
	return d.runner.Resume(id)
}

// lookFor looks on other machines for a change that is not known here.
func (d *Desk) lookFor(id fleet.ChangeID) {
	if b := d.runner.Book(); b.Change(id) == nil {
		d.runner.Look(context.Background())
	}
}

// Watch looks at what operators on other machines do, until ctx ends; Look does it once.
func (d *Desk) Watch(ctx context.Context) { d.runner.Watch(ctx) }

// Look reads once what operators on other machines do.
func (d *Desk) Look(ctx context.Context) { d.runner.Look(ctx) }

// Abandon closes an open change without writing anything more.
func (d *Desk) Abandon(id fleet.ChangeID) error {
	d.lookFor(id)
	return d.runner.Abandon(id, "")
}

// UndoIntent is the intent that restores the state before a change.
func (d *Desk) UndoIntent(id fleet.ChangeID) (actions.Intent, error) {
	b := d.runner.Book()
	c := b.Change(id)
	if c == nil {
		return actions.Intent{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "undo", Err: fmt.Errorf("there is no change %q", id)}
	}
	if !c.State.Closed() {
		return actions.Intent{}, &fleet.Error{Kind: fleet.KindConflict, Op: "undo",
			Err: errors.New("the change is still open"), Next: "roll it back instead"}
	}
	return plan.Undo(*c, d.actor)
}

// Twin is an intent as a command line.
func (d *Desk) Twin(in actions.Intent, order []fleet.TargetID) fleet.Safe {
	return fleet.Label(plan.Twin(in, order))
}

// Book is the newest list of changes.
func (d *Desk) Book() actions.Book {
	d.expire()
	b := d.runner.Book()
	if d.o.Rehearsed != nil {
		b.Rehearsals = d.o.Rehearsed()
	}
	return b
}

// lookAround is how often the journal is read for what other processes did.
const lookAround = time.Second

// BookChanged blocks until something in the book may have changed. Other processes' changes and the passing of
// armed time have no signal here, so it returns once a second of the machine's time as well.
func (d *Desk) BookChanged(ctx context.Context) error {
	timer := time.NewTimer(lookAround)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-d.runner.Updates():
	case <-timer.C:
	}
	return nil
}

// Refresh makes every source read now.
func (d *Desk) Refresh() { d.o.Refresh() }
