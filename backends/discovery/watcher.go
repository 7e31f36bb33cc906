package discovery

import (
	"context"
	"reflect"
	"sync"
	"time"

	"pitwall/fleet"
)

// Watch returns a watcher that tells what inner tells and what is found in it.
func Watch(inner fleet.Watcher, opt Options) fleet.Watcher {
	return &watcher{inner: inner, finder: newFinder(opt)}
}

type watcher struct {
	inner  fleet.Watcher
	finder *finder

	mu      sync.Mutex // orders what is delivered: never an older cluster after a newer one
	cluster *fleet.Cluster
	found   *fleet.Found
	wake    context.CancelFunc // ends the pause of the search
	changed bool               // pods, nodes or workloads changed since the search began
}

// Read reads the cluster once, without a search.
func (w *watcher) Read(ctx context.Context) (fleet.Partial, error) { return w.inner.Read(ctx) }

// Watch searches beside the watch, and ends its search with it.
func (w *watcher) Watch(ctx context.Context, deliver func(fleet.Partial), failed func(error)) error {
	ctx, cancel := context.WithCancel(ctx)
	task := w.finder.opt.Deps.Clock.Task()
	var search sync.WaitGroup
	search.Go(func() {
		defer task.Done()
		w.search(ctx, task, deliver)
	})
	defer search.Wait()
	defer cancel()
	return w.inner.Watch(ctx, func(p fleet.Partial) { w.pass(p, deliver) }, failed)
}

// pass hands on what the cluster's watcher tells, and wakes the search when rows of interest changed.
func (w *watcher) pass(p fleet.Partial, deliver func(fleet.Partial)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := p.Cluster; c != nil && !c.At.IsZero() {
		if before := w.cluster; before == nil || !sameRows(before, c) {
			w.changed = true
			if w.wake != nil {
				w.wake()
			}
		}
		w.cluster = c
	}
	deliver(p)
}

// sameRows tells cheaply whether a cluster has the rows of another: unchanged lists are shared.
func sameRows(a, b *fleet.Cluster) bool {
	return shared(a.Pods, b.Pods) && shared(a.Nodes, b.Nodes) && shared(a.Workloads, b.Workloads)
}

func shared[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// search looks whenever the cluster changed, or a pod that did not answer is due again.
func (w *watcher) search(ctx context.Context, task fleet.Task, deliver func(fleet.Partial)) {
	clock := w.finder.opt.Deps.Clock
	for ctx.Err() == nil {
		w.mu.Lock()
		c := w.cluster
		w.changed = false
		w.mu.Unlock()
		pause := lastRetry
		if c != nil {
			if next := w.finder.look(ctx, c); !next.IsZero() {
				pause = min(pause, next.Sub(clock.Now()))
			}
			w.tell(c, deliver)
		}
		if task.Sleep(ctx, leastPause) != nil {
			return
		}
		w.rest(ctx, task, pause)
	}
}

// leastPause is how long changes are gathered before the search looks again: pods come and go in bursts.
const leastPause = time.Second

func (w *watcher) rest(ctx context.Context, task fleet.Task, pause time.Duration) {
	nap, wake := context.WithCancel(ctx)
	defer wake()
	w.mu.Lock()
	w.wake = wake
	if w.changed {
		wake()
	}
	w.mu.Unlock()
	_ = task.Sleep(nap, pause) // woken or due: both look again
}

// tell delivers a finding that differs from the last one, with the newest rows.
func (w *watcher) tell(c *fleet.Cluster, deliver func(fleet.Partial)) {
	found := w.finder.assemble(c)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.found != nil && reflect.DeepEqual(w.found, found) {
		return
	}
	w.found = found
	p := fleet.Partial{Cluster: w.cluster, Found: found}
	for _, note := range found.Notes {
		p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: note})
	}
	deliver(p)
}
