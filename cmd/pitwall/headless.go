package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// readTime is how long a headless command waits for every source to be tried once.
const readTime = 15 * time.Second

// warmTime is how long it then watches, since rates and shares need two readings.
const warmTime = 12 * time.Second

// outcome is what a headless change reports as JSON: one document, however it ended.
type outcome struct {
	Plan   actions.Plan
	Checks []actions.Check
	Change *actions.Change // null when nothing was started
	Error  fleet.Safe      // "" when it is done
	Exit   int
}

// headless plans, checks, confirms and carries out one change without a screen.
func headless(ctx context.Context, f *flags, c console, x *changeFlags, want func(*desk.Desk) (actions.Intent, error)) error {
	x.refused = func(ctx context.Context, _ *session, d *desk.Desk) error {
		in, err := want(d)
		if err != nil {
			return nil //nolint:nilerr // a change of another machine may still be found
		}
		return d.Refusal(ctx, x.intent(in))
	}
	return onFleet(ctx, f, c, x, func(ctx context.Context, s *session, d *desk.Desk, how *ending) error {
		in, err := want(d)
		if err != nil {
			return err
		}
		return s.change(ctx, d, in, c, x, how)
	})
}

// onFleet opens a session with its desk, reads the fleet until rates stand, and does something on it. ctx of do ends
// when the process is told to stop; how says by what.
func onFleet(ctx context.Context, f *flags, c console, x *changeFlags,
	do func(ctx context.Context, s *session, d *desk.Desk, how *ending) error) error {
	if h := handsOf(ctx); h != nil {
		return do(ctx, h.s, h.d, &ending{})
	}
	s, err := openSession(ctx, f, c, x)
	if err != nil {
		return err
	}
	defer s.close()
	if x.watches > 0 {
		s.warm = x.watches
	}
	s.warn(c.errs)
	d, err := s.openDesk(f)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.Background()) // the fleet is watched for as long as a change is guarded
	wait := s.start(watching)
	defer wait()
	defer stop()
	go d.Watch(watching) // ends with watching
	how := &ending{}
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer watchSignals(func(p parting) { how.set(p); end() })()
	if err := s.readUp(ctx, c, x, d); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exit{exitInterrupted, errors.New("interrupted; nothing was sent")}
	}
	return do(ctx, s, d, how)
}

// readUp reads the fleet for as long as a change needs it, and says so where that takes a while. Its error says why what is
// wanted cannot be.
func (s *session) readUp(ctx context.Context, c console, x *changeFlags, d *desk.Desk) error {
	if x.listens(c.errs) {
		defer meanwhile(c.errs, quietFor, func() string { return x.waitsFor(s.hub.Latest(), s.warm) })()
	}
	s.settle(ctx, readTime)
	s.find(ctx)
	return s.watchUnless(ctx, x.enough, func() error {
		if x.refused == nil {
			return nil
		}
		return x.refused(ctx, s, d)
	})
}

func openSession(ctx context.Context, f *flags, c console, x *changeFlags) (*session, error) {
	if x.output != "" { // discover has no format
		if err := checkFormat(x.output); err != nil {
			return nil, err
		}
	}
	if x.demo {
		x.sim.brief = true
		return openDemo(ctx, f, c, x.sim)
	}
	if x.sim.given() {
		return nil, usage(errors.New("--env, --seed, --speed, --fault and --fault-after shape the embedded fleet: they need --demo"))
	}
	return openConfigured(f, c)
}

// change plans an intent, shows the plan with its checks, and carries it out where it is confirmed.
func (s *session) change(ctx context.Context, d *desk.Desk, in actions.Intent, c console, x *changeFlags, how *ending) error {
	p, err := d.Plan(x.intent(in))
	if err != nil {
		return err
	}
	out := &outcome{Plan: p, Checks: d.Check(p)}
	if x.output != formatJSON {
		if err := report(c, x.output, out, func() string { return plain.Plan(p, out.Checks) }); err != nil {
			return err
		}
		return s.carry(ctx, d, out, c, x, how)
	}
	err = s.carry(ctx, d, out, c, x, how)
	out.Error, out.Exit = fleet.Sentence(err), codeOf(err)
	return errors.Join(report(c, x.output, out, nil), err)
}

func (s *session) carry(ctx context.Context, d *desk.Desk, out *outcome, c console, x *changeFlags, how *ending) error {
	if err := refused(out, d.Book().Access, x); err != nil || x.dryRun {
		return err
	}
	id, err := d.Start(out.Plan, actions.Approval{Typed: x.confirm, Reason: x.reason, Overrides: x.overrides})
	if err != nil {
		return err
	}
	out.Change, err = s.follow(ctx, d, id, c, x, how)
	return err
}

// refused says what keeps a plan from starting, with the flags that would let it.
func refused(out *outcome, access actions.Access, x *changeFlags) error {
	ladder := actions.Confirm(out.Plan, out.Checks)
	if ladder.Level == actions.LevelRefused {
		why := ladder.Refused.String()
		if prod := out.Plan.Env != fleet.EnvStage && out.Plan.Env != fleet.EnvDev; prod && !access.Write {
			why += "; " + access.Why.String()
		}
		return exit{exitBlocked, refusal{fmt.Errorf("refused: %s; nothing was sent", why)}}
	}
	if absent := x.lacks(ladder, out.Plan.Object()); len(absent) > 0 && !x.dryRun {
		return exit{exitBlocked, fmt.Errorf("not confirmed: it needs %s; nothing was sent", strings.Join(absent, " "))}
	}
	return nil
}

// refusal is the error of a plan that no flag lets start.
type refusal struct{ error }

// lacks lists the flags that a confirmation still asks for.
func (x *changeFlags) lacks(ladder actions.Ladder, route string) []string {
	var absent []string
	for _, id := range ladder.Overrides {
		if !contains(x.overrides, id) {
			absent = append(absent, "--override "+id)
		}
	}
	if ladder.TypeName && x.confirm != route {
		absent = append(absent, "--confirm "+route)
	}
	if ladder.NeedsReason && strings.TrimSpace(x.reason) == "" {
		absent = append(absent, "--reason TEXT")
	}
	if !ladder.TypeName && !x.yes && x.confirm != route {
		absent = append(absent, "--yes")
	}
	return absent
}

func contains(list []string, v string) bool {
	for _, o := range list {
		if strings.EqualFold(o, v) {
			return true
		}
	}
	return false
}

// follow tells what happens to a change until it is closed or ctx ends.
func (s *session) follow(ctx context.Context, d *desk.Desk, id fleet.ChangeID, c console, x *changeFlags,
	how *ending) (*actions.Change, error) {
	if h := handsOf(ctx); h != nil {
		h.begun = append(h.begun, id)
		b := d.Book()
		return b.Change(id), nil
	}
	last := ""
	for {
		b := d.Book()
		ch := b.Change(id)
		if ch == nil {
			return nil, exit{exitOpen, fmt.Errorf("change %s is not in the journal any more", id)}
		}
		line := ch.Told().String()
		if line != last && x.output != formatJSON {
			fmt.Fprintf(c.out, "%s %s step %d/%d %s\n", fleet.ClockTime(s.clock.Now()), fleet.Label(string(id)), ch.Step, len(ch.Plan.Steps), line)
			last = line
		}
		if ch.State.Closed() || ch.State == actions.StateUnknown {
			s.finish(d, ch.State)
			if x.output != formatJSON {
				fmt.Fprintln(c.out, strings.TrimRight(plain.Change(*ch, ch.Plan.Order, s.clock.Now()), "\n"))
			}
			return ch, ended(ch)
		}
		if d.BookChanged(ctx) != nil {
			if err := s.leave(d, how.get(), c); err != nil {
				return ch, err
			}
			return s.left(d, id, ch)
		}
	}
}

// finish lets the runner write the last records of a change, or give up one that nobody knows the state of.
func (s *session) finish(d *desk.Desk, state actions.State) {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	end := d.Wait
	if !state.Closed() {
		end = d.Stop
	}
	if err := end(ctx); err != nil {
		s.deps.Log.Error("end the change", "err", err)
	}
}

// left is how a change stands when its process ends: guarded to its end after a hang-up, else open.
func (s *session) left(d *desk.Desk, id fleet.ChangeID, before *actions.Change) (*actions.Change, error) {
	b := d.Book()
	ch := b.Change(id)
	if ch == nil {
		ch = before
	}
	if ch.State.Closed() {
		return ch, ended(ch)
	}
	return ch, exit{exitOpen, fmt.Errorf("change %s is still open (%s); see: pitwall journal show %s", id, ch.State, id)}
}

// ended maps how a change ended to an exit code.
func ended(ch *actions.Change) error {
	switch ch.State {
	case actions.StateCommitted:
		return nil
	case actions.StateRolledBack:
		return exit{exitRolledBack, errors.New(ch.Why.String())}
	case actions.StateAborted:
		return exit{exitFailed, errors.New(ch.Why.String())}
	default:
		return exit{exitOpen, fmt.Errorf("open: %s", ch.Why)}
	}
}
