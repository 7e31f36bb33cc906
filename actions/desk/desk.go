package desk

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/user"
	"strconv"
	"sync"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/interlocks"
	"pitwall/actions/journal"
	"pitwall/actions/lease"
	"pitwall/actions/plan"
	"pitwall/actions/runner"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

// Options are what a Desk needs.
type Options struct {
	State   string // state directory
	Clock   fleet.Clock
	Log     *slog.Logger
	Latest  func() *fleet.Snapshot
	Refresh func() // makes every source read now
	Note    func(fleet.Event)
	Context string
	Env     fleet.Env
	// Writers constructs the writers. It is called when writing becomes allowed, never before.
	Writers func() (map[fleet.GatewayID]fleet.RouteWriter, error)
	// Silencers constructs what writes silences, at the same times; nil where nothing takes any.
	Silencers func() (map[fleet.SourceID]fleet.Silencer, error)
	// Keys gives what looks keys and teams of a gateway up, to whoever may write or not; nil where nothing does. Its error says what
	// can be done instead.
	Keys func(fleet.GatewayID) (fleet.KeyReader, error)
	// Roller gives what reads and drafts the objects of a cluster, to whoever may write or not; nil where there are none.
	Roller func(fleet.ClusterID) (fleet.Roller, bool)
	// ObjectWriters constructs what writes objects of clusters, at the times of Writers; nil where nothing does.
	ObjectWriters func() (map[fleet.ClusterID]fleet.ObjectWriter, error)
	// Shared reads what operators on other machines do, by cluster; SharedWriters constructs what writes it, at the times of
	// Writers. Both are nil where nothing is shared.
	Shared        map[fleet.ClusterID]fleet.SharedReader
	SharedWriters func() (map[fleet.ClusterID]fleet.SharedWriter, error)
	ReadOnly      bool // nothing lifts it
	Write         bool // write at once, in PROD too
	// Advisories is a site's data on vulnerabilities and drivers; nil takes what is compiled in.
	Advisories *advisory.Pack
	// Golden are prompts that new replicas are asked; Asker opens what asks the replica that a source reads.
	Golden []fleet.GoldenPrompt
	Asker  func(fleet.SourceID) (fleet.Asker, error)
	// Rehearsed tells the last rehearsals of runbooks; nil where none are kept.
	Rehearsed func() []actions.Rehearsal
	// Policy is what the site lets interlocks object more mildly, as the snapshots say too. It is audited.
	Policy []fleet.PolicyRule
	// Syslog publishes audit heads outside of the state directory as well.
	Syslog bool
	// Poll is how often a change looks at the world; zero is the runner's default.
	Poll time.Duration
}

// Desk is one process's access to changes. Its methods may be called from several goroutines.
type Desk struct {
	o      Options
	runner carrier
	audit  *audit.Log // nil where the state directory cannot be used
	actor  actions.Actor

	mu     sync.Mutex
	access actions.Access
}

// New opens journal, audit and locks. Where the state directory cannot be used the desk watches only, and says why.
func New(o Options) (*Desk, error) {
	d := &Desk{o: o, actor: Actor()}
	files, err := openState(o)
	if err != nil {
		o.Log.Error("open the state directory", "path", o.State, "err", err)
		w := newWatchOnly(o, d.actor, err)
		d.runner, d.access = w, w.access
		return d, nil
	}
	d.audit = files.audit
	d.runner, err = runner.New(runner.Options{
		Clock: o.Clock, Latest: o.Latest, Log: o.Log, Journal: files.journal, Audit: d.audit, Locks: files.locks, Actor: d.actor,
		Evaluate: interlocks.Evaluate, EvaluateStep: interlocks.EvaluateStep, EvaluateRollback: interlocks.EvaluateRollback,
		Rollback: plan.Rollback, Poll: o.Poll, Shared: o.Shared, Digest: plan.Digest, Golden: goldenOf(o),
	})
	if err != nil {
		return nil, err
	}
	if err := d.auditPolicy(); err != nil {
		return nil, err
	}
	d.open()
	return d, nil
}

// auditPolicy writes down which policy this process judges by: what cannot be recorded is not judged by.
func (d *Desk) auditPolicy() error {
	if err := interlocks.CheckPolicy(d.o.Policy); err != nil || len(d.o.Policy) == 0 {
		return err
	}
	rules := make([]fleet.Safe, len(d.o.Policy))
	for i, r := range d.o.Policy {
		rules[i] = r.Text()
	}
	in := audit.Record{Kind: audit.KindPolicy, Context: d.o.Context, Result: "in force: " + fleet.Join(rules, fleet.Text("; ")).String()}
	_, err := d.audit.Append(in.By(d.actor))
	return err
}

// goldenOf is what new replicas are asked; nil where nothing is configured.
func goldenOf(o Options) *runner.Golden {
	if len(o.Golden) == 0 || o.Asker == nil {
		return nil
	}
	return &runner.Golden{Prompts: o.Golden, Ask: o.Asker}
}

// state is what a desk keeps on the disk.
type state struct {
	journal *journal.Journal
	audit   *audit.Log
	locks   *lease.Locks
}

func openState(o Options) (state, error) {
	var s state
	var err error
	if s.journal, err = journal.Open(o.State, journal.Options{Clock: o.Clock}); err != nil {
		return s, err
	}
	var outside func(audit.Head) error
	if o.Syslog {
		outside = audit.Syslog
	}
	if s.audit, err = audit.Open(o.State, audit.Options{Clock: o.Clock, Outside: outside}); err != nil {
		return s, err
	}
	s.locks, err = lease.Open(o.State, o.Clock)
	return s, err
}

// open allows writing where nothing has to be typed for it.
func (d *Desk) open() {
	switch {
	case d.o.ReadOnly:
		d.close(fleet.Text("started with --read-only: start without it to write"))
	case d.o.Env != fleet.EnvStage && d.o.Env != fleet.EnvDev && !d.o.Write:
		d.close(fleet.Text("PROD opens read-only: :arm 30m in the console or --write for a command allows writing"))
	default:
		if err := d.construct(time.Time{}); err != nil {
			d.close(fleet.Sentence(err))
		}
	}
}

// construct makes the writers and allows writing until a time, zero for no limit.
func (d *Desk) construct(until time.Time) error {
	writers, err := d.o.Writers()
	silencers, quiet := made(d.o.Silencers)
	objects, fixed := made(d.o.ObjectWriters)
	sharers, unshared := made(d.o.SharedWriters)
	err = errors.Join(err, quiet, fixed, unshared)
	if len(writers)+len(silencers)+len(objects) == 0 {
		return errors.Join(&fleet.Error{Kind: fleet.KindReadOnly, Op: "open writers",
			Err: errors.New("no gateway and no cluster can be written")}, err)
	}
	if err != nil {
		d.o.Log.Warn("a system cannot be written", "err", err)
	}
	d.mu.Lock()
	d.access.Write, d.access.Why, d.access.ArmedUntil = true, fleet.Safe{}, until
	access := d.access
	d.mu.Unlock()
	d.runner.SetWriters(func(id fleet.GatewayID) (fleet.RouteWriter, bool) { w, ok := writers[id]; return w, ok })
	d.runner.SetSilencers(func(id fleet.SourceID) (fleet.Silencer, bool) { s, ok := silencers[id]; return s, ok })
	d.runner.SetSharers(func(id fleet.ClusterID) (fleet.SharedWriter, bool) { w, ok := sharers[id]; return w, ok })
	d.runner.SetWorks(func(id fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) {
		w, ok := objects[id]
		if !ok || d.o.Roller == nil {
			return nil, nil, false
		}
		r, ok := d.o.Roller(id)
		return r, w, ok
	})
	d.runner.SetAccess(access)
	return nil
}

// made constructs writers where there is something that does.
func made[K comparable, W any](construct func() (map[K]W, error)) (map[K]W, error) {
	if construct == nil {
		return nil, nil
	}
	return construct()
}

// close drops the writers.
func (d *Desk) close(why fleet.Safe) {
	d.mu.Lock()
	d.access.Write, d.access.Why, d.access.ArmedUntil = false, why, time.Time{}
	access := d.access
	d.mu.Unlock()
	d.runner.SetWriters(nil)
	d.runner.SetSilencers(nil)
	d.runner.SetWorks(nil)
	d.runner.SetSharers(nil)
	d.runner.SetAccess(access)
}

// expire locks an armed desk whose time is over.
func (d *Desk) expire() {
	d.mu.Lock()
	until := d.access.ArmedUntil
	d.mu.Unlock()
	if !until.IsZero() && !d.o.Clock.Now().Before(until) {
		d.record(audit.Record{Kind: audit.KindLocked, Result: "the armed time is over"})
		d.close(fleet.Text("the armed time is over: :arm 30m allows writing again"))
	}
}

// longestArm bounds how long one typed name allows writing.
const longestArm = 12 * time.Hour

// Arm constructs the writers for d. typed must be the raw name of the context.
func (d *Desk) Arm(length time.Duration, typed string) error {
	switch {
	case d.audit == nil:
		return refuse(fleet.KindReadOnly, "arm", d.Book().Access.Why.String())
	case d.o.ReadOnly:
		return refuse(fleet.KindReadOnly, "arm", "this console was started with --read-only")
	case typed != d.o.Context:
		return refuse(fleet.KindInvalid, "arm", "the typed name is not the name of the context")
	case length <= 0 || length > longestArm:
		return refuse(fleet.KindInvalid, "arm", "the time must be between 1s and 12h")
	}
	until := d.o.Clock.Now().Add(length)
	armed := audit.Record{Kind: audit.KindArmed, Context: d.o.Context, Result: "until " + until.Format(time.RFC3339)}
	if _, err := d.audit.Append(armed.By(d.actor)); err != nil {
		return err // who cannot be recorded cannot write
	}
	return d.construct(until)
}

// Lock drops the writers. A change in flight keeps its guard.
func (d *Desk) Lock() {
	if d.audit == nil {
		return // it never was anything else
	}
	d.record(audit.Record{Kind: audit.KindLocked})
	d.close(fleet.Text("locked: :arm 30m allows writing again"))
}

// Incident takes an incident, or drops the taken one for "".
func (d *Desk) Incident(id string) error {
	kind := audit.KindTaken
	d.mu.Lock()
	before := d.access.Incident
	d.mu.Unlock()
	if id == "" {
		kind = audit.KindDropped
	}
	if !fleet.IsClean(id) || len(id) > 64 {
		return refuse(fleet.KindInvalid, "take the incident", "an incident id is up to 64 plain characters")
	}
	if d.audit == nil {
		return refuse(fleet.KindReadOnly, "take the incident", d.Book().Access.Why.String())
	}
	if _, err := d.audit.Append(audit.Record{Kind: kind, Context: d.o.Context, Incident: first(id, before)}.By(d.actor)); err != nil {
		return err
	}
	d.mu.Lock()
	d.access.Incident = id
	access := d.access
	d.mu.Unlock()
	d.runner.SetAccess(access)
	return nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (d *Desk) record(r audit.Record) {
	r.Context = d.o.Context
	if _, err := d.audit.Append(r.By(d.actor)); err != nil {
		d.o.Log.Error("audit", "kind", r.Kind, "err", err)
	}
}

func refuse(kind fleet.Kind, op, why string) error {
	return &fleet.Error{Kind: kind, Op: op, Err: errors.New(why), Next: "nothing was changed"}
}

// Actor is who runs this process. A name that the password file does not have stays unverified.
func Actor() actions.Actor {
	a := actions.Actor{UID: os.Getuid(), Name: os.Getenv("USER")}
	if u, err := user.LookupId(strconv.Itoa(a.UID)); err == nil {
		a.Name, a.Verified = u.Username, true
	}
	if host, err := os.Hostname(); err == nil {
		a.Host = host
	}
	return a
}

// Stop and Detach end this process's part in open changes; Wait returns when none is carried.
func (d *Desk) Stop(ctx context.Context) error { return d.runner.Stop(ctx) }

// Detach goes on without a terminal: see runner.Runner.Detach.
func (d *Desk) Detach() { d.runner.Detach() }

// Wait returns when this process carries no change any more.
func (d *Desk) Wait(ctx context.Context) error { return d.runner.Wait(ctx) }
