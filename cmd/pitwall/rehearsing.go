package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
)

// rehearsing is a rehearsal under way. Its clock moves only between two looks at the fleet, so that the same seed gives the same run
// and no time passes while anything is planned.
type rehearsing struct {
	s     *session
	d     *desk.Desk
	clock *fleet.VirtualClock
	x     *rehearseFlags
	c     console
	book  *fleet.Runbook
	out   *actions.Rehearsal
	began time.Time
	of    string // the failover
	// counted is what Calls holds already.
	answered, failed int64
}

// The longest waits of a rehearsal, in simulated time.
const (
	rehearsalWarmUp  = 90 * time.Second // until rates stand
	rehearsalSeen    = 5 * time.Minute  // until the console sees what broke
	rehearsalPlanned = 3 * time.Minute  // until a plan can start
	rehearsalHeld    = 10 * time.Minute // until a change that is held goes on by itself
	rehearsalReady   = 40 * time.Minute // until a later stage can begin
)

var errSimulated = errors.New("the simulated time is over")

// run goes through all stages. What fails ends it and is told in the result; an error is one of the machinery.
func (r *rehearsing) run(ctx context.Context) error {
	for _, stage := range []func(context.Context) error{r.breakOrigin, r.leave, r.settle, r.comeBack} {
		err := stage(ctx)
		if errors.Is(err, errSimulated) {
			r.find(fleet.Textf("the simulated time of %s is over", fleet.Age(r.x.most)))
			if !r.out.ReadBack.OK {
				r.fail(fleet.Textf("not everything was moved within %s", fleet.Age(r.x.most)))
			}
			r.count(fleet.Text("until the time was over"))
			return nil
		}
		if err != nil || !r.out.Why.IsEmpty() {
			return err
		}
	}
	return nil
}

func (r *rehearsing) fail(why fleet.Safe) {
	if r.out.Why.IsEmpty() {
		r.out.Why = why
	}
	r.tell(fleet.Concat(fleet.Text("FAILED: "), why))
}

func (r *rehearsing) find(text fleet.Safe) {
	if !slices.Contains(r.out.Findings, text) {
		r.out.Findings = append(r.out.Findings, text)
	}
}

// tell says what happens, with the simulated time since the beginning.
func (r *rehearsing) tell(text fleet.Safe) {
	if r.x.output != formatJSON {
		at := r.clock.Now().Sub(r.began).Round(time.Second)
		fmt.Fprintf(r.c.out, "%3d:%02d  %s\n", int(at.Minutes()), int(at.Seconds())%60, text)
	}
}

// pass lets simulated time pass.
func (r *rehearsing) pass(ctx context.Context, d time.Duration) error {
	if r.clock.Now().Sub(r.began)+d > r.x.most {
		return errSimulated
	}
	if err := r.clock.Advance(ctx, d); err != nil || r.x.speed == 0 {
		return err
	}
	task := fleet.SystemClock{}.Task()
	defer task.Done()
	return task.Sleep(ctx, time.Duration(float64(d)/r.x.speed))
}

// until lets time pass, a second at once, until something holds, for limit at most.
func (r *rehearsing) until(ctx context.Context, limit time.Duration, holds func(*fleet.Snapshot) bool) (bool, error) {
	for end := r.clock.Now().Add(limit); ; {
		if holds(r.s.hub.Latest()) {
			return true, nil
		}
		if !r.clock.Now().Before(end) {
			return false, nil
		}
		if err := r.pass(ctx, time.Second); err != nil {
			return false, err
		}
	}
}

// count keeps how many requests ended since it was last asked.
func (r *rehearsing) count(during fleet.Safe) {
	answered, failed := r.s.sim.Calls()
	r.out.Calls = append(r.out.Calls, actions.RehearsedCalls{During: during, Answered: answered - r.answered, Failed: failed - r.failed})
	r.answered, r.failed = answered, failed
}

// planned plans a stage again and again until it can start, as an operator would.
func (r *rehearsing) planned(ctx context.Context, plan func() (actions.Origin, []actions.PlannedPart, error)) ([]actions.PlannedPart,
	actions.Ladder, error) {
	var ladder actions.Ladder
	for end := r.clock.Now().Add(rehearsalPlanned); ; {
		o, parts, err := plan()
		if err == nil {
			ladder = actions.ConfirmAll(o, parts)
			if ladder.Refused.IsEmpty() {
				return parts, ladder, nil
			}
		}
		if !r.clock.Now().Before(end) {
			return parts, ladder, err
		}
		if err := r.pass(ctx, 10*time.Second); err != nil {
			return nil, ladder, err
		}
	}
}

// leave is the runbook's first stage, by the same way as the command's.
func (r *rehearsing) leave(ctx context.Context) error {
	var said bytes.Buffer
	flags := &failoverFlags{runbook: r.book.Name, change: changeFlags{output: formatJSON}}
	var found failedOver
	parts, ladder, err := r.planned(ctx, func() (actions.Origin, []actions.PlannedPart, error) {
		said.Reset()
		found = failedOver{}
		return r.s.failoverParts(ctx, r.d, console{out: io.Discard, errs: &said}, flags, nil, &found)
	})
	if said.Len() > 0 {
		r.find(fleet.Label(said.String()))
	}
	r.stays(&found, parts)
	switch {
	case errors.Is(err, errSimulated) || ctx.Err() != nil:
		return err
	case err != nil:
		r.fail(fleet.Concat(fleet.Text("nothing could be planned: "), fleet.Sentence(err)))
		return nil
	}
	r.of = parts[0].Plan.Intent.Failover.ID
	for _, id := range r.book.Warm {
		if !slices.ContainsFunc(found.Evacuation.Warmups, func(w actions.Warmup) bool { return w.Pool == id }) {
			r.find(fleet.Concat(fleet.Label(string(id)), fleet.Text(" is not started: no route that is moved could use it, or it runs already")))
		}
	}
	r.count(fleet.Text("broken, before the start"))
	confirmed := r.clock.Now()
	if !r.start(parts, ladder) {
		return nil
	}
	back := false
	err = r.follow(ctx, func(all []*actions.Change) {
		if !back && !slices.ContainsFunc(all, func(c *actions.Change) bool { return c.Plan.Work == nil && !readBack(c) }) {
			back = true
			r.out.ReadBack = fleet.Some(r.clock.Now().Sub(confirmed))
			r.tell(fleet.Concat(fleet.Text("every replica holds the end after "), fleet.Age(r.out.ReadBack.V)))
			r.count(fleet.Text("while it moved"))
		}
	})
	if err == nil {
		r.count(fleet.Text("moved, watched"))
	}
	return err
}

func readBack(c *actions.Change) bool {
	return c.State == actions.StateSoaking || c.State == actions.StateCommitted
}

// stays keeps what does not move: whole routes fail the rehearsal, parts of their load are told.
func (r *rehearsing) stays(found *failedOver, parts []actions.PlannedPart) {
	e := found.Evacuation
	if e == nil {
		return
	}
	for _, s := range e.Stays {
		r.out.Stays = append(r.out.Stays, fleet.Concat(fleet.Label(string(s.Route)), fleet.Text(": "), s.Why))
		r.fail(fleet.Concat(fleet.Label(string(s.Route)), fleet.Text(" stays: "), s.Why))
	}
	if len(parts) == 0 {
		return
	}
	way := e.Way(parts[0].Plan.Intent.Failover.Split)
	for i := range e.Found {
		if way != nil && way.Moves[i].Left > 0 {
			r.out.Stays = append(r.out.Stays, fleet.Concat(fleet.Label(string(e.Found[i].Route)), fleet.Text(": "),
				fleet.Concat(way.Moves[i].Left.Text(), fleet.Text("%")),
				fleet.Text(" of the route fits nowhere without an override")))
		}
	}
}

// start gives every override that is asked for, tells of each, and starts the parts together.
func (r *rehearsing) start(parts []actions.PlannedPart, ladder actions.Ladder) bool {
	for i := range parts {
		for _, c := range parts[i].Checks {
			word := fleet.Text(" asks an override: ")
			switch {
			case c.Severity < actions.SeverityOVR:
				continue
			case c.Severity >= actions.SeverityBlock:
				word = fleet.Text(" refuses: ")
			}
			stage := fleet.Label(string(parts[i].Plan.Intent.Failover.Stage))
			r.find(fleet.Concat(stage, fleet.Text(" "), fleet.Label(parts[i].Plan.Object()), fleet.Text(": "), fleet.Label(c.ID),
				fleet.Text(" "), c.Title, word, c.Formula))
		}
	}
	if !ladder.Refused.IsEmpty() {
		r.fail(fleet.Concat(fleet.Text("refused: "), ladder.Refused))
		return false
	}
	o := parts[0].Plan.Intent.Failover.Origin
	started := r.d.StartParts(parts, actions.Approval{Typed: o.ID, Reason: "rehearsal of runbook " + r.book.Name, Overrides: ladder.Overrides})
	for i, p := range started {
		if p.Err != nil {
			r.fail(fleet.Concat(fleet.Label(parts[i].Plan.Object()), fleet.Text(" did not start: "), fleet.Sentence(p.Err)))
		}
	}
	return true
}

// follow lets time pass until no change of the failover is open, and keeps how each ended. looked is asked at each second.
func (r *rehearsing) follow(ctx context.Context, looked func([]*actions.Change)) error {
	last, held := map[fleet.ChangeID]string{}, map[fleet.ChangeID]time.Time{}
	_, err := r.until(ctx, r.x.most, func(*fleet.Snapshot) bool {
		all, open := r.changes(), 0
		for _, c := range all {
			if line := fleet.Concat(fleet.Label(c.Plan.Object()), fleet.Textf(" step %s/%s ", fleet.Int(c.Step), fleet.Int(len(c.Plan.Steps))),
				fleet.Label(string(c.State))); line.String() != last[c.ID] {
				last[c.ID] = line.String()
				if !c.State.Closed() || c.State == actions.StateRolledBack || c.State == actions.StateAborted {
					r.tell(line)
				}
			}
			switch since, was := held[c.ID]; {
			case c.State != actions.StateHeld:
				delete(held, c.ID)
			case !was:
				held[c.ID] = r.clock.Now()
				r.find(fleet.Concat(fleet.Label(c.Plan.Object()), fleet.Text(" was held: "), c.Why))
			case r.clock.Now().Sub(since) > rehearsalHeld:
				r.fail(fleet.Concat(fleet.Label(c.Plan.Object()), fleet.Textf(" is held since %s: ", fleet.Age(rehearsalHeld)), c.Why))
				return true
			}
			if !c.State.Closed() && c.State != actions.StateUnknown {
				open++
			}
		}
		looked(all)
		return open == 0
	})
	r.ended()
	return err
}

// changes are those of the failover.
func (r *rehearsing) changes() []*actions.Change {
	var out []*actions.Change
	b := r.d.Book()
	for i := range b.Changes {
		if p := b.Changes[i].Plan.Intent.Failover; p != nil && p.ID == r.of {
			out = append(out, &b.Changes[i])
		}
	}
	slices.SortFunc(out, func(a, b *actions.Change) int { return a.Seq - b.Seq })
	return out
}

// ended keeps how the changes stand. One that was not kept to its end fails the rehearsal.
func (r *rehearsing) ended() {
	r.out.Moves = nil
	for _, c := range r.changes() {
		m := actions.RehearsedMove{Stage: c.Plan.Intent.Failover.Stage, Object: c.Plan.Object(), State: c.State, Why: c.Why}
		if c.Plan.Work == nil {
			m.Before, m.After = c.Plan.Before, c.Plan.After
		}
		r.out.Moves = append(r.out.Moves, m)
		if c.State == actions.StateRolledBack || c.State == actions.StateAborted || c.State == actions.StateUnknown {
			r.fail(fleet.Concat(fleet.Label(m.Object), fleet.Text(" ("), fleet.Label(string(m.Stage)), fleet.Text(") ended "),
				fleet.Label(string(c.State)), fleet.Text(": "), c.Why))
		}
	}
}

// settle is the second stage, where standby pools were started.
func (r *rehearsing) settle(ctx context.Context) error {
	if len(r.book.Warm) == 0 {
		return nil
	}
	return r.later(ctx, actions.StageSettle, r.d.SettleParts)
}

// comeBack mends what was broken and goes the way back.
func (r *rehearsing) comeBack(ctx context.Context) error {
	r.s.sim.Mend()
	r.tell(fleet.Concat(actions.RunbookOrigin(r.book).Text(), fleet.Text(" is mended")))
	return r.later(ctx, actions.StageReturn, r.d.ReturnParts)
}

// later waits until a later stage can begin, and carries it out. One that never can is told; it does not fail the rehearsal.
func (r *rehearsing) later(ctx context.Context, stage actions.FailoverStage,
	plan func(string, actions.FailoverWish) ([]actions.PlannedPart, error)) error {
	var why fleet.Safe
	ready, err := r.until(ctx, rehearsalReady, func(s *fleet.Snapshot) bool {
		why = fleet.Text("nothing waits for it")
		runs := actions.Failovers(r.d.Book())
		at := slices.IndexFunc(runs, func(x actions.FailoverRun) bool { return x.ID == r.of })
		if at < 0 {
			return false
		}
		next := runs[at].Stand(s, r.clock.Now()).Next
		k := slices.IndexFunc(next, func(n actions.Next) bool { return n.Stage == stage })
		if k >= 0 {
			why = next[k].Why
		}
		return k >= 0 && next[k].Ready
	})
	if err != nil {
		return err
	}
	name := fleet.Label(string(stage))
	if !ready {
		r.find(fleet.Concat(name, fleet.Textf(": not ready within %s: ", fleet.Age(rehearsalReady)), why))
		return nil
	}
	parts, ladder, err := r.planned(ctx, func() (actions.Origin, []actions.PlannedPart, error) {
		parts, err := plan(r.of, actions.FailoverWish{})
		return actions.RunbookOrigin(r.book), parts, err
	})
	switch {
	case errors.Is(err, errSimulated) || ctx.Err() != nil:
		return err
	case err != nil:
		r.find(fleet.Concat(name, fleet.Text(": "), fleet.Sentence(err)))
		return nil
	}
	r.tell(fleet.Concat(fleet.Text("begins: "), name))
	if r.start(parts, ladder) {
		err = r.follow(ctx, func([]*actions.Change) {})
	}
	r.count(fleet.Concat(fleet.Text("stage "), name, fleet.Text(" with the wait for it")))
	return err
}
