package fleet

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

var zero = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func TestVirtualTimeWaitsForWork(t *testing.T) {
	c := NewVirtualClock(zero)
	task := c.Task()
	var woke []time.Duration
	working, release := make(chan struct{}), make(chan struct{})
	go func() {
		defer task.Done()
		for range 3 {
			if task.Sleep(context.Background(), 10*time.Second) != nil {
				return
			}
			woke = append(woke, c.Now().Sub(zero))
			if len(woke) == 2 {
				close(working)
				<-release // at work: the clock must not pass it by
			}
		}
	}()
	done := make(chan error, 1)
	go func() { done <- c.Advance(context.Background(), time.Minute) }()
	<-working
	if got := c.Now().Sub(zero); got != 20*time.Second {
		t.Errorf("the clock ran on to %s while a task was at work", got)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(woke) != 3 || woke[2] != 30*time.Second || c.Now().Sub(zero) != time.Minute {
		t.Errorf("woke at %v, now %s", woke, c.Now().Sub(zero))
	}
}

func TestSleepersWakeInOrder(t *testing.T) {
	c := NewVirtualClock(zero)
	var mu sync.Mutex
	var order []int
	var all sync.WaitGroup
	for i, d := range []time.Duration{3, 1, 2} {
		task := c.Task()
		all.Go(func() {
			defer task.Done()
			if task.Sleep(context.Background(), d*time.Second) == nil {
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
			}
		})
	}
	if err := c.Advance(context.Background(), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if len(order) != 3 || order[0] != 1 || order[1] != 2 || order[2] != 0 {
		t.Errorf("order: %v", order)
	}
}

func TestIdleTasksDoNotHoldTheClock(t *testing.T) {
	c := NewVirtualClock(zero)
	task := c.Task()
	waiting, end := make(chan struct{}), make(chan struct{})
	go func() {
		defer task.Done()
		task.Idle(func() { close(waiting); <-end })
	}()
	<-waiting
	if err := c.Advance(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	close(end)
}

func TestACancelledSleepEndsAndACancelledAdvanceToo(t *testing.T) {
	c := NewVirtualClock(zero)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	task := c.Task()
	if err := task.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("sleep: %v", err)
	}
	if err := c.Advance(ctx, time.Second); !errors.Is(err, context.Canceled) { // the task is at work
		t.Errorf("advance: %v", err)
	}
	task.Done()
	task.Done() // a second time changes nothing
	if err := c.Advance(context.Background(), time.Second); err != nil {
		t.Error(err)
	}
}
