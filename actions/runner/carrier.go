package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/actions/lease"
	"pitwall/fleet"
)

// carrier carries one change. Its fields belong to its goroutine, but for the mailbox.
type carrier struct {
	r        *Runner
	writer   fleet.RouteWriter // nil for errands
	errand   errand            // nil for changes of weights
	work     *work             // of changes of objects of a cluster
	task     fleet.Task
	log      *journal.Log
	lock     *lease.Lease
	sharer   fleet.SharedWriter // of the change's cluster; nil where nothing is shared
	claim    *lease.Shared      // the lock in the cluster; nil where there is none
	copies   *copies
	c        actions.Change // published copies share its slices: they are replaced, never changed
	lowered  []string       // interlocks of which is audited that the site's policy let the change pass
	base     map[figureKey]journal.Figure
	renewed  time.Time
	over     bool      // nothing more to do here: closed, unknown, or left
	detached time.Time // when the terminal went away; zero while it is there

	inForce  inForce
	guard    guard
	retreat  *retreat
	mail     mailbox
	finished chan struct{}
}

// inForce is what is known of the step that was written last.
type inForce struct {
	expected map[fleet.GatewayReplicaID]bool // replicas that answered before the write
	deadline time.Time                       // by which they must hold it
	attempt  int
	failed   error     // the write's own error, until the world tells what became of it
	cut      bool      // its process ended during the write, which reached some replicas and may have missed others
	settled  time.Time // when all of them held it; zero before
	proof    proof
	hurry    bool          // a person skips the rest of the hold
	forgo    bool          // a person goes on without enough requests
	calm     time.Duration // of the soak, without anything unclear
	looked   time.Time     // end of the calm so far
	soakFrom time.Time     // zero while the ramp goes on
	mute     time.Time     // since when a replica that held the step does not answer
	noted    bool          // the measured share is in the journal
	nudged   bool          // replicas that lag were resynced
	unclear  time.Time     // since when evidence is missing; zero when it is not
}

// command is one wish of a person, carried to the goroutine of the change.
type command struct {
	do    func() error
	reply chan error
}

// mailbox wakes the goroutine of a change.
type mailbox struct {
	mu   sync.Mutex
	list []command
	wake context.CancelFunc
}

// post asks the change's goroutine to do something between two of its actions, and waits for the answer.
func (k *carrier) post(do func() error) error {
	c := command{do: do, reply: make(chan error, 1)}
	k.mail.mu.Lock()
	k.mail.list = append(k.mail.list, c)
	if k.mail.wake != nil {
		k.mail.wake()
	}
	k.mail.mu.Unlock()
	select {
	case err := <-c.reply:
		return err
	case <-k.finished:
	}
	select {
	case err := <-c.reply:
		return err
	default:
		return errNotCarried
	}
}

// run is the goroutine of a change.
func (k *carrier) run() {
	defer close(k.finished)
	defer k.drop()
	defer func() {
		if fault := recover(); fault != nil {
			k.r.o.Log.Error("the carrier of a change failed", "change", string(k.c.ID), "fault", fmt.Sprint(fault))
			k.c.Why = fleet.Text("pitwall failed while carrying it: nothing more is written; resume or close it")
			k.r.publish(k)
		}
	}()
	for {
		k.obey()
		if k.over {
			return
		}
		wait := k.advance()
		if k.over {
			return
		}
		k.pause(wait)
	}
}

// drop ends the goroutine's part.
func (k *carrier) drop() {
	if k.work != nil {
		k.work.golden.stop()
	}
	k.r.keep(k)
	k.letGo()
	k.r.work.Done()
}

// letGo frees what the end of the process would free; it writes no record.
func (k *carrier) letGo() {
	k.copies.drop()
	if k.claim != nil {
		k.claim.Drop()
	}
	if k.lock != nil {
		_ = k.lock.Drop() // given back before in most cases
	}
	if k.log != nil {
		_ = k.log.Close()
	}
	k.task.Done()
}

// obey carries out the wishes that came in.
func (k *carrier) obey() {
	k.mail.mu.Lock()
	list := k.mail.list
	k.mail.list = nil
	k.mail.mu.Unlock()
	for _, c := range list {
		if k.over {
			c.reply <- errNotCarried
			continue
		}
		c.reply <- c.do()
	}
}

// pause waits for d, or until somebody wants something.
func (k *carrier) pause(d time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k.mail.mu.Lock()
	waiting := len(k.mail.list) > 0
	k.mail.wake = cancel
	k.mail.mu.Unlock()
	if !waiting && d > 0 {
		_ = k.task.Sleep(ctx, d) // woken or slept out: both mean to look again
	}
	k.mail.mu.Lock()
	k.mail.wake = nil
	k.mail.mu.Unlock()
}

// advance does what the state asks for and returns how long to wait before looking again.
func (k *carrier) advance() time.Duration {
	k.renew()
	switch {
	case k.errand != nil:
		return k.advanceErrand()
	case k.work != nil:
		return k.advanceWork()
	}
	switch k.c.State {
	case actions.StateLeased:
		return k.begin()
	case actions.StateApplying, actions.StateVerifying, actions.StateSoaking:
		return k.watch()
	case actions.StateHeld:
		if k.c.Step == 0 {
			return k.begin()
		}
		return k.watch()
	case actions.StateRollingBack:
		return k.goBack()
	default:
		k.over = true
		return 0
	}
}

// renew keeps the lock from expiring. A lost lock is found by Verify before the next write.
func (k *carrier) renew() {
	now := k.now()
	if now.Sub(k.renewed) < lease.RenewEvery {
		return
	}
	k.renewed = now
	if err := k.lock.Renew(); err != nil {
		k.r.o.Log.Warn("renew the route lock", "change", string(k.c.ID), "err", err)
	}
}

func (k *carrier) now() time.Time { return k.r.o.Clock.Now() }

// to moves the change on and writes that down. A record that must precede a write and cannot be written leaves the
// change where it is; other records that fail are logged, since the change is found again by comparing the world.
func (k *carrier) to(e Event, rec journal.Record) error {
	was := k.c.State
	next, err := Next(was, e)
	if err != nil {
		k.r.o.Log.Error("change", "id", string(k.c.ID), "err", err)
		return err
	}
	rec.State, rec.At = next, k.now()
	if err := k.note(rec); err != nil {
		return err
	}
	k.c.State = next
	k.apply(rec)
	k.tellEnd(was, next)
	return nil
}

// note writes a record down.
func (k *carrier) note(rec journal.Record) error {
	point := string(rec.Kind)
	if rec.Step != nil {
		point = fmt.Sprintf("%s %d", point, rec.Step.N)
	}
	k.r.o.Probe("before " + point)
	rec.State = orState(rec.State, k.c.State)
	err := k.log.Append(rec)
	if err != nil {
		k.r.o.Log.Error("write the journal", "change", string(k.c.ID), "record", string(rec.Kind), "err", err)
	}
	k.r.o.Probe("after " + point)
	if err != nil && (rec.Kind == journal.KindIntent || rec.Kind == journal.KindOpened) {
		return err
	}
	return nil
}

func orState(s, other actions.State) actions.State {
	if s == "" {
		return other
	}
	return s
}

// apply takes a record over into the change and shows it.
func (k *carrier) apply(rec journal.Record) {
	k.c.Why, k.c.NextAt, k.c.Updated = rec.Why, rec.NextAt, rec.At
	if rec.Result != nil {
		k.c.Steps = journal.PutResult(k.c.Steps, *rec.Result)
	}
	switch rec.Kind {
	case journal.KindHeld:
		k.c.Held = rec.Held
	case journal.KindReleased, journal.KindBack:
		k.c.Held, k.c.Cause = false, rec.Cause
	default: // the others say nothing of a hold
	}
	if rec.Golden != nil {
		k.c.Golden = actions.PutGolden(k.c.Golden, *rec.Golden)
	}
	if rec.World != nil {
		k.c.World, k.c.WorldAt = rec.World, rec.At
	}
	if k.c.State.Closed() {
		k.c.Ended, k.c.Held = rec.At, false
	}
	k.r.publish(k)
}

// say changes the sentence and what is due, without a record.
func (k *carrier) say(why fleet.Safe, next time.Time) {
	if k.c.Why == why && k.c.NextAt.Equal(next) {
		return
	}
	k.c.Why, k.c.NextAt = why, next
	k.r.publish(k)
}

// result edits the result of a step in a copy.
func (k *carrier) result(n int, back bool, edit func(*actions.StepResult)) actions.StepResult {
	r := actions.StepResult{N: n, Back: back}
	if i := slices.IndexFunc(k.c.Steps, func(s actions.StepResult) bool { return s.N == n && s.Back == back }); i >= 0 {
		r = k.c.Steps[i]
	}
	edit(&r)
	return r
}

// close ends the change for good.
func (k *carrier) close(e Event, kind audit.Kind, why fleet.Safe, w world) {
	rec := journal.Record{Kind: journal.KindClosed, Why: why, World: w.holds(after)}
	if err := k.to(e, rec); err != nil {
		return
	}
	k.over = true
	k.r.audit(kind, &k.c, why, true)
	if err := k.unlock(); err != nil {
		k.r.o.Log.Warn("give the route lock back", "change", string(k.c.ID), "err", err)
	}
	k.r.o.Probe("end")
}

// unknown stops everything: a person decides.
func (k *carrier) unknown(why fleet.Safe, w world) time.Duration {
	found := w.holds(foreign)
	if found == nil {
		found = w.holds(between)
	}
	if found == nil {
		found = w.holds(before)
	}
	if err := k.to(EventForeign, journal.Record{Kind: journal.KindForeign, Why: why, World: found}); err != nil {
		return k.r.o.Poll
	}
	k.r.audit(audit.KindUnknown, &k.c, why, true)
	if err := k.unlock(); err != nil {
		k.r.o.Log.Warn("give the route lock back", "change", string(k.c.ID), "err", err)
	}
	k.over = true
	return 0
}

// leave ends the carrying and leaves the change open, to be resumed.
func (k *carrier) leave(why fleet.Safe) {
	rec := journal.Record{Kind: journal.KindLeft, Why: why, Held: k.c.Held, At: k.now()}
	_ = k.note(rec)
	rec.State = k.c.State
	k.apply(rec)
	k.over = true
	if err := k.unlock(); err != nil {
		k.r.o.Log.Warn("give the route lock back", "change", string(k.c.ID), "err", err)
	}
}
