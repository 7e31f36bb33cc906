package runner

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// leastReason is the least length of the reason of an override, in bytes.
const leastReason = 10

// Start carries a confirmed plan out. It evaluates the interlocks once more, takes the route's lock, compares the
// world with the plan and writes the change down; the first write follows at once. An error means that nothing was
// written to the gateway, and says why.
func (r *Runner) Start(p actions.Plan, a actions.Approval) (fleet.ChangeID, error) {
	tools, err := r.toolsFor(&p)
	if err != nil {
		return "", err
	}
	if len(p.Steps) == 0 {
		return "", refuse(fleet.KindInvalid, "the plan has no step", "")
	}
	snap := r.o.Latest()
	if snap == nil {
		return "", refuse(fleet.KindStale, "nothing was read yet", "wait for the first readings")
	}
	task := r.o.Clock.Task()
	k := &carrier{r: r, writer: tools.writer, task: task, finished: make(chan struct{})}
	k.equip(tools, &actions.Change{Plan: p})
	k.guard.reset()
	started := false
	defer func() {
		if !started {
			k.letGo()
		}
	}()
	if err := k.open(p, a, snap); err != nil {
		return "", err
	}
	started = true
	r.start(k)
	return k.c.ID, nil
}

// tools are what a change is written with: one of the three.
type tools struct {
	writer   fleet.RouteWriter
	silencer fleet.Silencer
	roller   fleet.Roller
	objects  fleet.ObjectWriter
}

// equip gives the carrier what carries a change of this kind.
func (k *carrier) equip(with tools, c *actions.Change) {
	switch {
	case c.Plan.Work != nil && with.roller != nil:
		k.work = &work{read: with.roller, write: with.objects, plan: c.Plan.Work}
	case c.Plan.Silence != nil && with.silencer != nil:
		k.errand = errandOf(with.silencer, c)
	}
}

// toolsFor gives the writer of a plan's object while this process may write.
func (r *Runner) toolsFor(p *actions.Plan) (tools, error) {
	r.mu.Lock()
	silences, works, stopping := r.silences, r.works, r.stopping
	r.mu.Unlock()
	switch {
	case stopping:
		return tools{}, refuse(fleet.KindInterrupted, "this process is ending", "start it again in a new console")
	case p.Work != nil:
		return workTools(works, p)
	case !p.Errand():
		w, err := r.writerFor(p.Gateway)
		return tools{writer: w}, err
	case silences == nil:
		return tools{}, refuse(fleet.KindReadOnly, "no writer exists", "arm the console first")
	}
	s, ok := silences(p.Silence.Source)
	if !ok {
		return tools{}, refuse(fleet.KindReadOnly, fmt.Sprintf("%s takes no silences from here", fleet.Label(p.Object())),
			"see it under Sources")
	}
	return tools{silencer: s}, nil
}

func workTools(works Works, p *actions.Plan) (tools, error) {
	if works == nil {
		return tools{}, refuse(fleet.KindReadOnly, "no writer exists", "arm the console first")
	}
	read, write, ok := works(p.Work.Was.Object.Cluster)
	if !ok {
		return tools{}, refuse(fleet.KindReadOnly, fmt.Sprintf("nothing writes objects of cluster %s from here",
			fleet.Label(string(p.Work.Was.Object.Cluster))), "see it under Sources")
	}
	return tools{roller: read, objects: write}, nil
}

// writerFor gives the writer of a gateway while this process may write.
func (r *Runner) writerFor(id fleet.GatewayID) (fleet.RouteWriter, error) {
	r.mu.Lock()
	writers, stopping := r.writers, r.stopping
	r.mu.Unlock()
	if stopping {
		return nil, refuse(fleet.KindInterrupted, "this process is ending", "start it again in a new console")
	}
	if writers == nil {
		return nil, refuse(fleet.KindReadOnly, "no writer exists", "arm the console first")
	}
	w, ok := writers(id)
	if !ok {
		return nil, refuse(fleet.KindReadOnly, fmt.Sprintf("gateway %s cannot be written", fleet.Label(string(id))),
			"see its mode under Sources")
	}
	return w, nil
}

func refuse(kind fleet.Kind, why, next string) error {
	return &fleet.Error{Kind: kind, Op: "start the change", Err: errors.New(why), Next: next}
}

// open does everything that comes before the first write.
func (k *carrier) open(p actions.Plan, a actions.Approval, snap *fleet.Snapshot) error {
	r, now := k.r, k.now()
	book := r.Book()
	if c := book.OpenOn(p.Lock()); c != nil {
		return refuse(fleet.KindConflict, fmt.Sprintf("change %s is open on this %s (%s)", c.ID, p.ObjectKind(), c.State),
			"resume, undo or close it first")
	}
	checks := r.o.Evaluate(p, snap, book, now)
	if err := approved(p, a, checks); err != nil {
		return err
	}
	lock, err := r.o.Locks.Acquire(p.Lock(), r.o.Actor, "")
	if err != nil {
		return err
	}
	k.lock, k.renewed = lock, now
	k.c.Plan = p
	if err := k.claimShared(&p, "", slices.Contains(a.Overrides, sharedLockCheck), false); err != nil {
		return errors.Join(err, lock.Release())
	}
	if err := k.current(p); err != nil {
		return errors.Join(err, k.unlock())
	}
	k.c = actions.Change{Plan: p, Checks: checks, Approval: a, State: actions.StateLeased, Started: now, Updated: now,
		Guard: *r.me(false), Why: lockedWhy(lock.TakenFrom)}
	if k.claim != nil && lock.TakenFrom.IsEmpty() {
		k.c.Why = lockedWhy(k.claim.TakenFrom)
	}
	return k.enter(baseline(snap, p.Gateway))
}

func lockedWhy(from fleet.Safe) fleet.Safe {
	if from.IsEmpty() {
		return fleet.Text("locked, about to write")
	}
	return fleet.Concat(fleet.Text("locked, taken over from "), from)
}

// current compares the world with the plan: the first write must find what was planned on.
func (k *carrier) current(p actions.Plan) error {
	switch {
	case k.errand != nil:
		return k.currentErrand()
	case k.work != nil:
		return k.currentWork()
	}
	w := k.look(p.Steps[0])
	if w.answered() == 0 {
		return refuse(fleet.KindUnreachable, "no gateway replica answers: "+w.text(p.Order).String(), "nothing was written")
	}
	if !k.startsAt(p.Steps[0], w) {
		return refuse(fleet.KindConflict, "the plan is stale: planned on "+p.Before.Text(p.Order).String()+", now "+
			w.text(p.Order).String(), "nothing was written; plan again")
	}
	return nil
}

// enter writes the change into journal and audit.
func (k *carrier) enter(base []journal.Figure) error {
	r := k.r
	r.o.Probe("before opened")
	log, opened, err := r.o.Journal.Create(
		journal.Opened{Plan: k.c.Plan, Checks: k.c.Checks, Approval: k.c.Approval, Baseline: base},
		journal.Record{State: k.c.State, Why: k.c.Why, At: k.c.Started, Guard: &k.c.Guard})
	if err != nil {
		r.notify() // writing may be disabled now
		return errors.Join(err, k.unlock())
	}
	r.o.Probe("after opened")
	k.log, k.c.ID, k.c.Seq = log, opened.ID, opened.Number
	k.share()
	if k.claim != nil {
		k.claim.Bind(k.c.ID)
	}
	if e, ok := k.errand.(*silencing); ok {
		e.change = k.c.ID
	}
	k.setBase(base)
	err = k.lock.Bind(k.c.ID)
	if err == nil {
		rec := audit.Record{Kind: audit.KindOpened, Change: k.c.ID, Context: k.c.Plan.Context, Before: k.c.Plan.BeforeHash,
			After: k.c.Plan.AfterHash, Verdicts: audit.Verdicts(k.c.Checks), Overrides: k.c.Approval.Overrides,
			Reason: k.c.Approval.Reason, Incident: k.c.Plan.Intent.Incident}.By(r.o.Actor)
		_, err = r.o.Audit.Append(rec)
	}
	if err != nil {
		_ = k.to(EventAbort, journal.Record{Kind: journal.KindClosed, Why: fleet.Sentence(err)})
		return errors.Join(err, k.unlock())
	}
	k.stolen()
	k.tell("ChangeStarted", k.c.Plan.ErrandText(), false)
	for _, id := range k.c.Approval.Overrides {
		r.audit(audit.KindOverride, &k.c, fleet.Label(id), false)
	}
	return nil
}

func (k *carrier) setBase(base []journal.Figure) {
	k.base = map[figureKey]journal.Figure{}
	for _, f := range base {
		k.base[figureKey{route: f.Route, target: f.Target}] = f
	}
}

// approved checks the confirmation against the verdicts as they are now.
func approved(p actions.Plan, a actions.Approval, checks []actions.Check) error {
	if why := refusal(checks, a.Overrides); !why.IsEmpty() {
		return &fleet.Error{Kind: fleet.KindBlocked, Op: "start the change", Err: errors.New(why.String()),
			Next: "nothing was written"}
	}
	needed := actions.Overrides(checks)
	prod := p.Env != fleet.EnvStage && p.Env != fleet.EnvDev
	typed := a.Typed != "" && (a.Typed == p.Object() || slices.Contains(poolNames(p), a.Typed))
	if (prod || len(needed) > 0) && !typed {
		return refuse(fleet.KindBlocked, "the name that was typed is not that of the "+p.ObjectKind(), "nothing was written")
	}
	if len(needed) > 0 && len(a.Reason) < leastReason {
		return refuse(fleet.KindBlocked, "an override needs a reason of ten characters or more", "nothing was written")
	}
	return nil
}

// poolNames are the pools of the route: a shift is confirmed with the name of the route or of a pool.
func poolNames(p actions.Plan) []string {
	var names []string
	for _, t := range p.Route.Targets {
		if t.Pool != "" {
			names = append(names, string(t.Pool))
		}
	}
	return names
}

// Resume goes on with a change that its process left open. The world is compared with the journal first: what was
// applied is verified, what was not is sent again, and anything else leaves the change unknown, with an error that
// says what was found.
func (r *Runner) Resume(id fleet.ChangeID) error { return r.adopt(id, false) }

// RollBack takes a change back: one that this process carries, or one that was left open. One that wrote nothing
// is aborted.
func (r *Runner) RollBack(id fleet.ChangeID) error {
	if k := r.carrierOf(id); k != nil {
		return k.post(k.giveUp)
	}
	return r.adopt(id, true)
}

// Hold stops the ramp; the step in force stays guarded.
func (r *Runner) Hold(id fleet.ChangeID) error {
	return r.ask(id, func(k *carrier) error {
		if k.c.State == actions.StateRollingBack {
			return busy("hold it", k.c.State)
		}
		return k.to(EventHold, journal.Record{Kind: journal.KindHeld, Held: true,
			Why: fleet.Concat(fleet.Text("held by "), r.o.Actor.Text())})
	})
}

// Release lets a held ramp go on.
func (r *Runner) Release(id fleet.ChangeID) error {
	return r.ask(id, func(k *carrier) error {
		return k.release(fleet.Concat(fleet.Text("released by "), r.o.Actor.Text()))
	})
}

// NextNow skips the rest of the step's hold. Where traffic did not come in ten minutes, which is inconclusive, it
// goes on without it. It skips no other verification and no interlock.
func (r *Runner) NextNow(id fleet.ChangeID) error {
	return r.ask(id, func(k *carrier) error {
		k.inForce.hurry = true
		k.inForce.forgo = !k.inForce.settled.IsZero() && k.now().Sub(k.inForce.settled) > actions.InconclusiveAfter
		return k.release(fleet.Concat(fleet.Text("next step wanted by "), r.o.Actor.Text()))
	})
}

func (r *Runner) ask(id fleet.ChangeID, do func(*carrier) error) error {
	k := r.carrierOf(id)
	if k == nil {
		return r.notHere(id)
	}
	return k.post(func() error { return do(k) })
}

// notHere says where a change is that this process does not carry.
func (r *Runner) notHere(id fleet.ChangeID) error {
	book := r.Book()
	c := book.Change(id)
	switch {
	case c == nil:
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "act on the change",
			Err: fmt.Errorf("there is no change %s", fleet.Label(string(id)))}
	case c.State.Closed():
		return &fleet.Error{Kind: fleet.KindConflict, Op: "act on the change", Err: fmt.Errorf("it is %s", c.State)}
	case c.Guard.Alive.Or(false):
		return &fleet.Error{Kind: fleet.KindConflict, Op: "act on the change",
			Err: fmt.Errorf("process %d on %s carries it", c.Guard.PID, fleet.Label(c.Guard.Host)), Next: "act there"}
	}
	return errNotCarried
}

// release goes on from a hold.
func (k *carrier) release(why fleet.Safe) error {
	if k.r.o.Journal.Err() != nil {
		if err := k.r.o.Journal.Heal(); err != nil {
			return err
		}
	}
	if k.c.State == actions.StateRollingBack || k.c.State == actions.StateSoaking {
		return busy("go on", k.c.State)
	}
	event, rec := EventRelease, journal.Record{Kind: journal.KindReleased, Why: why}
	if k.c.Step == 0 {
		event = EventRetry
	}
	if err := k.log.Append(withState(rec, k.c.State, event, k.now())); err != nil {
		return err
	}
	next, err := Next(k.c.State, event)
	if err != nil {
		return err
	}
	k.c.State, k.c.Held = next, false
	rec.At = k.now()
	k.apply(rec)
	return nil
}

func busy(op string, s actions.State) error {
	return &fleet.Error{Kind: fleet.KindConflict, Op: op, Err: fmt.Errorf("the change is %s", s)}
}

func withState(rec journal.Record, s actions.State, e Event, at time.Time) journal.Record {
	rec.State, _ = Next(s, e)
	rec.At = at
	return rec
}

// giveUp takes a carried change back.
func (k *carrier) giveUp() error {
	why := fleet.Concat(fleet.Text("wanted by "), k.r.o.Actor.Text())
	switch {
	case k.c.State == actions.StateRollingBack:
		return nil
	case k.c.Step == 0:
		k.close(EventAbort, audit.KindClosed, fleet.Concat(fleet.Text("aborted before anything was written, "), why), world{})
		return nil
	}
	switch {
	case k.errand != nil:
		return k.rollBackErrand(why)
	case k.work != nil:
		k.rollBackWork(why)
		return nil
	}
	k.rollBack(why)
	return nil
}

// detach stops the ramp for good in this process and keeps guarding.
func (k *carrier) detach() error {
	if !k.detached.IsZero() {
		return nil
	}
	if k.c.Step == 0 {
		k.close(EventAbort, audit.KindClosed, fleet.Text("the terminal went away before anything was written"), world{})
		return nil
	}
	k.detached = k.now()
	k.c.Guard = *k.r.me(true)
	_ = k.note(journal.Record{Kind: journal.KindGuard, Guard: &k.c.Guard, Why: k.c.Why, NextAt: k.c.NextAt,
		Held: k.c.Held, At: k.now()})
	k.r.publish(k)
	return nil
}
