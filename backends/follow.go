package backends

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pitwall/fleet"
)

// follow is the goroutine of a source that tells of changes by itself. What it waits for is not time, so that it does
// not hold the clock.
func (h *Hub) follow(ctx context.Context, s *sourceState, w fleet.Watcher, task fleet.Task) {
	for ctx.Err() == nil {
		s.mu.Lock()
		s.status.LastTry = h.opt.Clock.Now()
		s.mu.Unlock()
		task.Idle(func() { h.watch(ctx, s, w) })
		if ctx.Err() != nil {
			return
		}
		if task.Sleep(ctx, s.spec.Interval) != nil { // a watch that ends by itself is begun anew, without haste
			return
		}
	}
}

func (h *Hub) watch(ctx context.Context, s *sourceState, w fleet.Watcher) {
	defer func() {
		if r := recover(); r != nil {
			h.log.Error("watcher panicked", "source", s.spec.ID, "panic", fmt.Sprint(r))
			h.fail(ctx, s, &fleet.Error{Kind: fleet.KindInternal, Op: "watch", Source: s.spec.ID,
				Err: errors.New("the adapter failed; the log has the details"), Next: "it is begun anew"})
		}
	}()
	began := time.Now()
	var heard sync.Once
	var took time.Duration // to the first answer: later ones answer nothing that was asked
	err := w.Watch(ctx, func(p fleet.Partial) {
		if p.Cluster == nil || !p.Cluster.At.IsZero() {
			heard.Do(func() { took = time.Since(began) })
		}
		h.deliver(ctx, s, p, took)
	},
		func(err error) { h.fail(ctx, s, err) })
	if err != nil && ctx.Err() == nil {
		h.fail(ctx, s, err)
	}
}

// deliver takes what a watcher tells. A cluster that was not heard yet only says what is being done about it.
func (h *Hub) deliver(ctx context.Context, s *sourceState, p fleet.Partial, took time.Duration) {
	if ctx.Err() != nil {
		return
	}
	if p.Cluster != nil && p.Cluster.At.IsZero() {
		h.mu.Lock()
		h.world.clusters[s.spec.ID] = p.Cluster
		h.mu.Unlock()
		h.changed()
		return
	}
	s.mu.Lock()
	s.told = true
	s.mu.Unlock()
	h.accept(ctx, s, answer{partial: p}, took)
}

// fail takes a watcher's word that its system does not answer.
func (h *Hub) fail(ctx context.Context, s *sourceState, err error) {
	if ctx.Err() == nil && err != nil {
		h.accept(ctx, s, answer{err: err}, 0)
	}
}
