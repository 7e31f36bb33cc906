package lease

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

const (
	askWithin = 5 * time.Second // bounds one question to the lock service
	longLife  = time.Minute     // no holder is waited for longer, whatever his lock says
	mostRaces = 5               // how often somebody may be faster before taking is given up
)

// Wanted is a lock in a cluster that is to be taken.
type Wanted struct {
	Store fleet.SharedWriter
	Clock fleet.Clock
	Log   *slog.Logger
	Name  string
	Actor actions.Actor
	Host  string
	PID   int
	// Change is what it is taken for; "" until it has an ID.
	Change fleet.ChangeID
	// Since tells since when this process knows a lock in its present version; nil where it looks for the first time.
	Since func(fleet.SharedLock) (time.Time, bool)
}

// Shared is a lock in a cluster, held beside the one of the state directory: it binds other machines. A process of its
// own renews it. Its methods may be called from several goroutines.
type Shared struct {
	w      Wanted
	holder fleet.LockHolder
	stop   context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	lock    fleet.SharedLock
	held    bool
	renewed time.Time // when the last renewal that worked was sent
	lost    error     // somebody else has it
	failed  error     // why the last renewal did not work
	// TakenFrom names the holder whose lock ran out and was taken over, "" otherwise.
	TakenFrom fleet.Safe
}

// Claim takes a lock. Where somebody holds it, it waits until he renews it, which is KindConflict, or until his time is
// over by the clock of this process, when the lock is taken over. Other errors say that the lock service cannot be asked.
func (w Wanted) Claim(ctx context.Context, task fleet.Task) (*Shared, error) {
	s := w.begin()
	var seen fleet.SharedLock
	var since time.Time
	for races := 0; ; {
		now, err := s.read(ctx, task)
		if err != nil {
			return nil, err
		}
		at := w.Clock.Now()
		if seen.Version != "" && now.Version != seen.Version && !s.free(now) && now.Holder.Token == seen.Holder.Token {
			return nil, sharedBy(now) // he renews it
		}
		if now.Version != seen.Version {
			seen, since = now, at
			if known, ok := w.since(now); ok {
				since = known
			}
		}
		if !s.free(now) && at.Sub(since) < life(now) {
			if err := task.Sleep(ctx, fleet.SharedLockRetry); err != nil {
				return nil, &fleet.Error{Kind: fleet.KindInterrupted, Op: "lock " + fleet.Label(w.Name).String(), Err: err}
			}
			continue
		}
		err = s.take(ctx, task, now)
		if races++; fleet.KindOf(err) == fleet.KindConflict && races < mostRaces {
			continue // somebody was faster: look again
		}
		if err != nil {
			return nil, err
		}
		s.renew()
		return s, nil
	}
}

// Pursue is Claim where the lock service cannot be asked: the lock is tried for until it is got, or until somebody else
// turns out to have it. Meanwhile Doubt says why it is not held.
func (w Wanted) Pursue(why error) *Shared {
	s := w.begin()
	s.failed = why
	s.renew()
	return s
}

func (w Wanted) begin() *Shared {
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	return &Shared{w: w, done: make(chan struct{}), holder: fleet.LockHolder{Token: token(), UID: w.Actor.UID, Name: w.Actor.Name,
		Verified: w.Actor.Verified, Host: w.Host, PID: w.PID, Change: w.Change}}
}

func (w Wanted) since(l fleet.SharedLock) (time.Time, bool) {
	if w.Since == nil {
		return time.Time{}, false
	}
	return w.Since(l)
}

// free tells a lock that nobody holds, or that this process holds already: an answer of its own may have been lost.
func (s *Shared) free(l fleet.SharedLock) bool {
	return l.Holder.Token == "" || l.Holder.Token == s.holder.Token
}

func life(l fleet.SharedLock) time.Duration {
	if l.Life <= 0 {
		return fleet.SharedLockLife
	}
	return min(l.Life, longLife)
}

func (s *Shared) read(ctx context.Context, task fleet.Task) (l fleet.SharedLock, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	task.Idle(func() { l, err = s.w.Store.Lock(ctx, s.w.Name) })
	l.Name = s.w.Name
	return l, err
}

// take writes this process into a lock as it was read.
func (s *Shared) take(ctx context.Context, task fleet.Task, was fleet.SharedLock) error {
	s.mu.Lock()
	mine := fleet.SharedLock{Name: s.w.Name, Holder: s.holder, Life: fleet.SharedLockLife, Version: was.Version}
	s.mu.Unlock()
	mine.Renewed = s.w.Clock.Now()
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var err error
	var now fleet.SharedLock
	task.Idle(func() { now, err = s.w.Store.PutLock(ctx, mine) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.free(was) {
		s.TakenFrom = fleet.Concat(holderText(was.Holder), fleet.Text(", who did not renew it for "), fleet.Age(life(was)))
	}
	s.lock, s.held, s.renewed, s.failed = now, true, mine.Renewed, nil
	return nil
}

// renew starts what keeps the lock.
func (s *Shared) renew() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	task := s.w.Clock.Task()
	go func() { // ends when the lock is given back, dropped or lost
		defer close(s.done)
		defer task.Done()
		wait := fleet.SharedLockRenew
		if s.Doubt() != nil {
			wait = fleet.SharedLockRetry
		}
		for task.Sleep(ctx, wait) == nil {
			var err error
			if wait, err = s.again(ctx, task); err != nil {
				return
			}
		}
	}()
}

// again renews once. An error ends it: somebody else has the lock.
func (s *Shared) again(ctx context.Context, task fleet.Task) (time.Duration, error) {
	s.mu.Lock()
	was, held := s.lock, s.held
	s.mu.Unlock()
	var err error
	if !held {
		was, err = s.read(ctx, task)
	}
	if err == nil && (held || s.free(was)) {
		if err = s.take(ctx, task, was); err == nil {
			return fleet.SharedLockRenew, nil
		}
	}
	if err == nil || fleet.KindOf(err) == fleet.KindConflict || fleet.KindOf(err) == fleet.KindNotFound {
		var now fleet.SharedLock // it changed: by a lost answer of this process, by a hand on its labels, or by another holder
		if now, err = s.read(ctx, task); err == nil {
			if !s.free(now) {
				return 0, s.lose(now)
			}
			err = s.take(ctx, task, now)
		}
	}
	if err == nil {
		return fleet.SharedLockRenew, nil
	}
	s.mu.Lock()
	s.failed = err
	s.mu.Unlock()
	s.w.Log.Warn("renew the lock in the cluster", "lock", s.w.Name, "err", err)
	return fleet.SharedLockRetry, nil
}

func (s *Shared) lose(now fleet.SharedLock) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost, s.held = sharedBy(now), false
	return s.lost
}

// Bind names the change that the lock is held for, once it has an ID; the next renewal tells others.
func (s *Shared) Bind(change fleet.ChangeID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holder.Change = change
}

// Verify tells whether somebody else has the lock. It asks nobody: renewing does.
func (s *Shared) Verify() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Doubt says why the lock may not be held any more, nil while it is.
func (s *Shared) Doubt() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.w.Clock.Now().Sub(s.renewed)
	switch {
	case s.lost != nil:
		return s.lost
	case s.held && age < fleet.SharedLockLife:
		return nil
	case s.held:
		return fmt.Errorf("the lock in the cluster was not renewed for %s: %w", fleet.Age(age), errors.Join(s.failed))
	}
	return fmt.Errorf("the lock in the cluster is not held: %w", errors.Join(s.failed))
}

// Token is under which this process holds it.
func (s *Shared) Token() string { return s.holder.Token }

// Release gives the lock back.
func (s *Shared) Release(ctx context.Context, task fleet.Task) error {
	s.Drop()
	s.mu.Lock()
	was, held := s.lock, s.held
	s.mu.Unlock()
	if !held {
		return nil
	}
	free := fleet.SharedLock{Name: was.Name, Life: was.Life, Renewed: s.w.Clock.Now(), Version: was.Version}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var err error
	task.Idle(func() { _, err = s.w.Store.PutLock(ctx, free) })
	return err
}

// Drop stops renewing, as the end of the process would.
func (s *Shared) Drop() {
	s.stop()
	<-s.done
}

func sharedBy(l fleet.SharedLock) error {
	return &fleet.Error{Kind: fleet.KindConflict, Op: "lock " + fleet.Label(l.Name).String(),
		Err:  fmt.Errorf("held by %s, for change %s", holderText(l.Holder), fleet.Label(string(l.Holder.Change))),
		Next: "nothing was written; wait for that change or speak to its holder"}
}

// HolderOf is the holder of a shared lock as an actor.
func HolderOf(h fleet.LockHolder) actions.Actor {
	return actions.Actor{UID: h.UID, Name: h.Name, Verified: h.Verified, Host: h.Host}
}

func holderText(h fleet.LockHolder) fleet.Safe {
	return fleet.Concat(HolderOf(h).Text(), fleet.Text(", process "), fleet.Int(h.PID), fleet.Text(" on "), fleet.Label(h.Host))
}
