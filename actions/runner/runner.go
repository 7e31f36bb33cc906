package runner

import (
	"context"
	"errors"
	"os"
	"sync"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/actions/shared"
	"pitwall/fleet"
)

// Runner owns the changes that this process carries. Its methods may be called from several goroutines; those that
// act wait until the change's own goroutine has answered, which can be as long as one write takes.
type Runner struct {
	o       Options
	host    string
	updates chan struct{}
	work    sync.WaitGroup
	view    *shared.View

	mu       sync.Mutex
	writers  Writers
	silences Silencers
	works    Works
	sharers  Sharers
	access   actions.Access
	carried  map[fleet.ChangeID]*carrier
	shown    map[fleet.ChangeID]actions.Change // what this process knows of changes that it carries or carried
	stopping bool
	problems map[journal.Problem]bool // that were logged
}

// New returns a runner that carries nothing yet. Changes that an earlier process left open are listed by Book.
func New(o Options) (*Runner, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "learn this machine's name", Err: err}
	}
	r := &Runner{o: o, host: host, updates: make(chan struct{}, 1), writers: o.Writers, silences: o.Silencers, works: o.Works,
		access: actions.Access{Actor: o.Actor}, carried: map[fleet.ChangeID]*carrier{},
		shown: map[fleet.ChangeID]actions.Change{}, problems: map[journal.Problem]bool{}, sharers: o.Sharers}
	r.view = shared.NewView(shared.Options{Readers: o.Shared, Clock: o.Clock, Log: o.Log, Digest: o.Digest, Looked: r.looked})
	return r, nil
}

// SetWriters arms the runner, or with nil makes it read-only. A change in flight keeps the writer that it began
// with, so that its guard can still take it back; its forward steps wait, since IL-39 is asked before each.
func (r *Runner) SetWriters(w Writers) {
	r.mu.Lock()
	r.writers = w
	r.mu.Unlock()
	r.notify()
}

// SetWorks does for clusters what SetWriters does for gateways.
func (r *Runner) SetWorks(w Works) {
	r.mu.Lock()
	r.works = w
	r.mu.Unlock()
	r.notify()
}

// SetSilencers does for alerting systems what SetWriters does for gateways.
func (r *Runner) SetSilencers(s Silencers) {
	r.mu.Lock()
	r.silences = s
	r.mu.Unlock()
	r.notify()
}

// SetAccess tells what Book shows about arming and the taken incident. Write and Actor are the runner's own.
func (r *Runner) SetAccess(a actions.Access) {
	r.mu.Lock()
	a.Actor = r.o.Actor
	r.access = a
	r.mu.Unlock()
	r.notify()
}

// Updates has one element whenever something in the Book changed since it was last taken.
func (r *Runner) Updates() <-chan struct{} { return r.updates }

func (r *Runner) notify() {
	select {
	case r.updates <- struct{}{}:
	default:
	}
}

// Book is the list of all changes of the state directory: those of this process as they stand now, those of others
// as their journals tell.
func (r *Runner) Book() actions.Book {
	changes, problems := r.o.Journal.Changes()
	for _, p := range problems {
		if !p.Torn && r.isNew(p) {
			r.o.Log.Warn("journal", "file", p.File, "line", p.Line, "problem", p.Text.String())
		}
	}
	b := actions.Book{At: r.o.Clock.Now(), Locks: r.o.Locks.List(), Access: r.accessNow()}
	b.LockScope, b.LockWarn = r.o.Locks.Scope()
	for i := range changes {
		changes[i] = r.newest(changes[i])
	}
	b.Changes = changes
	r.view.Merge(&b, func(id fleet.ChangeID) bool { return r.carrierOf(id) != nil }, r.holdsShared)
	journal.Order(b.Changes)
	return b
}

// isNew tells whether a problem was not logged before.
func (r *Runner) isNew(p journal.Problem) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.problems[p]
	r.problems[p] = true
	return !known
}

// newest prefers what this process knows to the journal, unless another process went on since.
func (r *Runner) newest(c actions.Change) actions.Change {
	r.mu.Lock()
	mine, known := r.shown[c.ID]
	_, carried := r.carried[c.ID]
	r.mu.Unlock()
	switch {
	case carried:
		mine.Undone = c.Undone
		return mine
	case known && !c.Updated.After(mine.Updated):
		mine.Undone = c.Undone
		c = mine
	}
	c.Guard.Mine = false
	switch {
	case c.State.Closed():
		c.Guard.Alive = fleet.None[bool]()
	case c.Guard.PID == os.Getpid() && c.Guard.Host == r.host:
		c.Guard.Alive = fleet.Some(false)
	default:
		c.Guard.Alive = r.o.Locks.Alive(c.Plan.Lock(), c.Guard)
	}
	return c
}

func (r *Runner) accessNow() actions.Access {
	r.mu.Lock()
	a := r.access
	armed := r.writers != nil || r.silences != nil
	r.mu.Unlock()
	a.Write = armed
	if !armed && a.Why.IsEmpty() {
		a.Why = fleet.Text("read-only: no writer exists")
	}
	if err := r.o.Journal.Err(); err != nil {
		a.Write, a.Why = false, fleet.Sentence(err)
	}
	return a
}

// bookWithout is the Book without a change and its lock: a change's own steps never object to themselves.
func (r *Runner) bookWithout(c *actions.Change) actions.Book {
	b := r.Book()
	var changes []actions.Change
	for _, other := range b.Changes {
		if other.ID != c.ID {
			changes = append(changes, other)
		}
	}
	var locks []actions.Lock
	for _, l := range b.Locks {
		if !(l.Mine && l.Route == c.Plan.Lock()) {
			locks = append(locks, l)
		}
	}
	b.Changes, b.Locks = changes, locks
	return b
}

// publish shows the change as its carrier has it now.
func (r *Runner) publish(k *carrier) {
	k.c.Copy = k.copies.now()
	r.mu.Lock()
	r.shown[k.c.ID] = k.c
	r.mu.Unlock()
	r.notify()
}

// start runs the carrier's goroutine.
func (r *Runner) start(k *carrier) {
	r.mu.Lock()
	r.carried[k.c.ID] = k
	r.shown[k.c.ID] = k.c
	r.mu.Unlock()
	r.work.Add(1)
	go k.run()
	r.notify()
}

// keep shows a change that is no longer carried here as it was left.
func (r *Runner) keep(k *carrier) {
	k.c.Guard.Mine, k.c.Guard.Alive, k.c.Copy = false, fleet.Some(false), k.copies.now()
	r.mu.Lock()
	delete(r.carried, k.c.ID)
	r.shown[k.c.ID] = k.c
	r.mu.Unlock()
	r.notify()
}

func (r *Runner) carrierOf(id fleet.ChangeID) *carrier {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.carried[id]
}

func (r *Runner) carriers() []*carrier {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*carrier, 0, len(r.carried))
	for _, k := range r.carried {
		out = append(out, k)
	}
	return out
}

func (r *Runner) me(detached bool) *actions.Guardian {
	return &actions.Guardian{PID: os.Getpid(), Host: r.host, Detached: detached, Alive: fleet.Some(true), Mine: true}
}

// Wait returns when no change is carried any more, or with the context's error.
func (r *Runner) Wait(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		r.work.Wait()
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop ends the write in flight of every change, starts no other, and leaves open changes to be resumed.
func (r *Runner) Stop(ctx context.Context) error {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	for _, k := range r.carriers() {
		go func() { // ends when the change's goroutine answers or ends
			_ = k.post(func() error { k.leave(fleet.Text("stopped: resume or undo it")); return nil })
		}()
	}
	return r.Wait(ctx)
}

// Detach goes on without a terminal: no change and no forward step is started, the step in force of each change is
// guarded until its soak ends. Wait returns then.
func (r *Runner) Detach() {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	for _, k := range r.carriers() {
		_ = k.post(k.detach)
	}
}

// audit appends to the chain; with head, the head is published too.
func (r *Runner) audit(kind audit.Kind, c *actions.Change, result fleet.Safe, head bool) {
	rec := audit.Record{Kind: kind, Change: c.ID, Context: c.Plan.Context,
		Before: c.Plan.BeforeHash, After: c.Plan.AfterHash, Verdicts: audit.Verdicts(c.Checks),
		Overrides: c.Approval.Overrides, Reason: c.Approval.Reason, Incident: c.Plan.Intent.Incident,
		Result: string(c.State) + ": " + result.String()}.By(r.o.Actor)
	if rec.Host == "" {
		rec.Host = r.host
	}
	_, err := r.o.Audit.Append(rec)
	if err == nil && head {
		_, err = r.o.Audit.Publish()
	}
	if err != nil {
		r.o.Log.Error("write the audit", "change", string(c.ID), "kind", string(kind), "err", err)
	}
}

var errNotCarried = &fleet.Error{Kind: fleet.KindConflict, Op: "act on the change",
	Err: errors.New("no longer carried here"), Next: "look at its state, then resume or close it"}
