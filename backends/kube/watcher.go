package kube

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"pitwall/fleet"
)

// gather is how long followers of a delivered change are gathered: the first change after quiet is delivered at once.
const gather = 220 * time.Millisecond

// goneAfter is how many pulses in a row stay without an answer before the streams are given up too. Most end by
// themselves; what a proxy holds open does not.
const goneAfter = 2

// Watcher reads one cluster. It implements fleet.Watcher.
type Watcher struct {
	set settings
}

// NewWatcher returns the watcher of one cluster. It reads no file and connects to nothing before it is asked to read.
// The log of client-go goes to deps.Log from then on, for the whole process.
func NewWatcher(spec fleet.SourceSpec, deps fleet.Deps) (*Watcher, error) {
	set, err := newSettings(spec, deps)
	if err != nil {
		return nil, err
	}
	routeLogs(set.log)
	return &Watcher{set}, nil
}

// watching is one run of a watch.
type watching struct {
	set     settings
	line    *line
	world   *world
	scope   *scope
	follow  []*follower
	dirty   chan struct{} // holds one token while something waits to be delivered
	deliver func(fleet.Partial)
	failed  func(error)
	tasks   sync.WaitGroup
}

// Watch implements fleet.Watcher. Rows are delivered while the first list still comes in. While the server is away, failed
// is called at each try with how long it has been so; the first delivery after that ends it.
func (w *Watcher) Watch(ctx context.Context, deliver func(fleet.Partial), failed func(error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := w.newWatching(deliver, failed)
	jobs := []func(fleet.Task){
		func(task fleet.Task) { r.line.run(ctx, task, r.answered) },
		func(task fleet.Task) { r.deliverAll(ctx, task) },
	}
	for _, f := range r.follow {
		jobs = append(jobs, func(task fleet.Task) { f.run(ctx, task) })
	}
	var once sync.Once
	var broken error
	for _, job := range jobs {
		task := w.set.deps.Clock.Task()
		r.tasks.Go(func() {
			defer task.Done()
			defer func() {
				if p := recover(); p != nil {
					w.set.log.Error("watch of a cluster panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
					once.Do(func() { broken = w.fault(p) })
					cancel()
				}
			}()
			job(task)
		})
	}
	r.tasks.Wait()
	if c := r.line.current(); c != nil {
		c.close()
	}
	if broken != nil {
		return broken
	}
	return ctx.Err()
}

func (w *Watcher) fault(p any) error {
	return &fleet.Error{Kind: fleet.KindInternal, Op: "watch the cluster", Source: w.set.spec.ID, Err: fmt.Errorf("%v", p),
		Next: "the last rows stay; it is begun again"}
}

func (w *Watcher) newWatching(deliver func(fleet.Partial), failed func(error)) *watching {
	r := &watching{set: w.set, line: newLine(w.set), world: newWorld(w.set.id), scope: newScope(w.set.namespace),
		dirty: make(chan struct{}, 1), deliver: deliver, failed: failed}
	turn := make(chan struct{})
	close(turn)
	for _, k := range kinds {
		next := make(chan struct{})
		r.follow = append(r.follow, &follower{
			kind: k, set: w.set, line: r.line, world: r.world, scope: r.scope, dirty: r.mark,
			conv: &convertor{cluster: w.set.id, polarity: w.set.polarity, words: newWords()},
			rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
			turn: turn, done: sync.OnceFunc(func() { close(next) }),
		})
		turn = next
		if !k.optional {
			r.world.watch(k.plural)
		}
	}
	return r
}

// mark says that there is something to deliver.
func (r *watching) mark() {
	select {
	case r.dirty <- struct{}{}:
	default:
	}
}

// answered follows each pulse: its time is news by itself, and so is a failure.
func (r *watching) answered(err error) {
	now := r.set.deps.Clock.Now()
	r.world.review(now)
	n, _ := r.line.failure()
	gone := isLink(err) && n >= goneAfter
	for _, f := range r.follow {
		f.hurry(now, gone)
	}
	r.mark()
}

// deliverAll delivers at the first change, then gathers for a while.
func (r *watching) deliverAll(ctx context.Context, task fleet.Task) {
	r.deliver(r.partial()) // the connection is on its way, and the screen can say so
	told := 0
	for {
		task.Idle(func() {
			select {
			case <-r.dirty:
			case <-ctx.Done():
			}
		})
		if ctx.Err() != nil {
			return
		}
		switch n, err := r.line.failure(); {
		case err == nil:
			r.deliver(r.partial())
			told = 0
		case n != told: // the last rows stay, and whoever holds them knows their age
			r.failed(err)
			told = n
		}
		if task.Sleep(ctx, gather) != nil {
			return
		}
	}
}

func (r *watching) partial() fleet.Partial {
	c := r.world.build()
	r.line.describe(&c)
	if c.State == fleet.StateOK {
		c.State, c.Why = progressOf(c.Kinds)
	}
	c.Scope = r.scope.text()
	return fleet.Partial{At: r.set.deps.Clock.Now(), Version: c.Version, ServerTime: r.line.serverTime(), Cluster: &c}
}

// progressOf tells how far the reading is by the pods, which are what a first screen needs, and what is being read.
func progressOf(kinds []fleet.KindWatch) (fleet.State, fleet.Safe) {
	state := fleet.StateOK
	var doing fleet.Safe
	for _, k := range kinds {
		switch {
		case k.Synced:
		case !k.Err.IsEmpty() && k.Kind == podKind:
			return fleet.StateWarn, fleet.Concat(fleet.Text("no pods are seen: "), k.Err)
		case !k.Err.IsEmpty():
		default:
			if k.Kind == podKind {
				state = fleet.StateUnknown
			}
			doing = cmp.Or(doing, listing(k))
		}
	}
	return state, doing
}

func listing(k fleet.KindWatch) fleet.Safe {
	if k.Count == 0 {
		return fleet.Textf("listing %s", fleet.Label(k.Kind))
	}
	return fleet.Textf("listing %s: %s so far", fleet.Label(k.Kind), number(k.Count))
}
