package fleet

import (
	"context"
	"sync"
	"time"
)

// VirtualClock is a Clock that moves only by Advance, from one sleeper's wake-up to the next,
// and never while a task is at work: a due poll is answered at the time it was due.
type VirtualClock struct {
	mu       sync.Mutex
	idle     *sync.Cond
	now      time.Time
	working  int
	sleepers map[*sleeper]struct{}
	order    uint64
}

type sleeper struct {
	due   time.Time
	order uint64 // ties wake in the order in which they went to sleep
	wake  chan struct{}
}

// NewVirtualClock returns a clock that stands at start.
func NewVirtualClock(start time.Time) *VirtualClock {
	c := &VirtualClock{now: start.UTC(), sleepers: map[*sleeper]struct{}{}}
	c.idle = sync.NewCond(&c.mu)
	return c
}

// Now returns the virtual time.
func (c *VirtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Task registers a goroutine as at work.
func (c *VirtualClock) Task() Task {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working++
	return &virtualTask{clock: c}
}

// Advance moves the clock by d, waking sleepers on the way and waiting for each wave
// of them to finish its work. It returns early, with the context's error, when ctx ends.
func (c *VirtualClock) Advance(ctx context.Context, d time.Duration) error {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.idle.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.now.Add(d)
	for {
		for c.working > 0 && ctx.Err() == nil {
			c.idle.Wait()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		next := c.first()
		if next == nil || next.due.After(end) {
			c.now = end
			return nil
		}
		if next.due.After(c.now) {
			c.now = next.due
		}
		delete(c.sleepers, next)
		c.working++ // on behalf of the sleeper, so that no time passes before it runs
		close(next.wake)
	}
}

// first returns the sleeper that is due first, nil when nobody sleeps.
func (c *VirtualClock) first() *sleeper {
	var best *sleeper
	for s := range c.sleepers {
		if best == nil || s.due.Before(best.due) || s.due.Equal(best.due) && s.order < best.order {
			best = s
		}
	}
	return best
}

func (c *VirtualClock) release() {
	c.working--
	if c.working == 0 {
		c.idle.Broadcast()
	}
}

type virtualTask struct {
	clock *VirtualClock
	done  bool
}

func (t *virtualTask) Sleep(ctx context.Context, d time.Duration) error {
	c := t.clock
	c.mu.Lock()
	c.order++
	s := &sleeper{due: c.now.Add(d), order: c.order, wake: make(chan struct{})}
	c.sleepers[s] = struct{}{}
	c.release()
	c.mu.Unlock()
	select {
	case <-s.wake:
		return nil
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, asleep := c.sleepers[s]; asleep {
			delete(c.sleepers, s)
			c.working++
		}
		return ctx.Err()
	}
}

func (t *virtualTask) Idle(wait func()) {
	c := t.clock
	c.mu.Lock()
	c.release()
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.working++
	}()
	wait()
}

func (t *virtualTask) Done() {
	if t.done {
		return
	}
	t.done = true
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
}
