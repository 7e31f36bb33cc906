package runner

import (
	"errors"
	"fmt"
	"slices"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

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
	checks := r.o.Evaluate(k.asRead(p), snap, book, now)
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
	if k.errand != nil {
		k.errand.began(k.c.ID)
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
	k.passedBy(k.c.Checks)
	return nil
}

// passedBy audits which rules of the site's policy let a change pass, each once.
func (k *carrier) passedBy(checks []actions.Check) {
	for i := range checks {
		c := &checks[i]
		if c.Lowered == nil || slices.Contains(k.lowered, c.ID) {
			continue
		}
		k.lowered = append(k.lowered, c.ID)
		k.r.audit(audit.KindPolicy, &k.c, fleet.Textf("%s is %s, lowered from %s by site policy: %s", fleet.Label(c.ID),
			fleet.Label(c.Severity.String()), fleet.Label(c.Lowered.From.String()), c.Lowered.Reason), false)
	}
}

func (k *carrier) setBase(base []journal.Figure) {
	k.base = map[figureKey]journal.Figure{}
	for _, f := range base {
		k.base[figureKey{route: f.Route, target: f.Target}] = f
	}
}
