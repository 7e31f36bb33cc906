package fleet

import (
	"context"
	"time"
)

// Clock is the one notion of time of the Hub, the adapters, the runner and the simulator.
// In demo, drills and tests it is virtual and advances only while no Task is at work,
// so that rates are true at any speed.
type Clock interface {
	Now() time.Time
	// Task registers a goroutine that takes part in time. The task counts as at work
	// until it sleeps, idles or is done.
	Task() Task
}

// Task is one goroutine's part in a Clock. It is used by that goroutine alone.
type Task interface {
	// Sleep waits for d on the clock, or until ctx ends, whose error it returns.
	Sleep(ctx context.Context, d time.Duration) error
	// Idle runs wait, which blocks on something other than time; meanwhile the task does not hold the clock.
	Idle(wait func())
	// Done ends the task's part. It must be called once, and may be deferred.
	Done()
}

// SystemClock is the machine's own clock.
type SystemClock struct{}

// Now returns the current time in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// Task returns a task that holds nothing.
func (SystemClock) Task() Task { return systemTask{} }

type systemTask struct{}

func (systemTask) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (systemTask) Idle(wait func()) { wait() }

func (systemTask) Done() {}
