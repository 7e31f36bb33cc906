package kube

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"pitwall/fleet"
)

// Limits of a watch.
const (
	pageSize      = 500              // objects of one page of a list: more would be held in memory at once
	pageWithin    = 30 * time.Second // one page
	watchFor      = 8 * time.Minute  // after which the server ends a watch and it is begun again, as client-go does
	silentStream  = 20 * time.Second // of a streamed list, before it is asked for in pages
	forbiddenPoll = time.Minute      // a right may be given later
	absentPoll    = 5 * time.Minute  // a kind may be installed later
	relistAfter   = 4                // failures to go on from where a watch ended
)

// follower keeps the rows of one kind.
type follower struct {
	kind
	set   settings
	line  *line
	world *world
	scope *scope
	dirty func()
	conv  *convertor
	rand  *rand.Rand

	turn <-chan struct{} // closed when the kind before this one is loaded or refused
	done func()          // says so of this one

	paged bool // the server does not stream lists
	heavy bool // pages of the usual size are too long
	fails int

	mu     sync.Mutex
	stop   context.CancelCauseFunc // ends the present session; nil outside of one
	stream bool                    // the list is being streamed
	moved  time.Time               // when it last brought anything
}

var (
	errExpired = errors.New("the watch is too old for the server")
	errSilent  = errors.New("the streamed list does not come")
	errDown    = errors.New("the server does not answer")
)

// run follows the kind until ctx ends.
func (f *follower) run(ctx context.Context, task fleet.Task) {
	task.Idle(func() {
		select {
		case <-f.turn:
		case <-ctx.Done():
		}
	})
	version := ""
	for {
		c := f.line.wait(ctx, task)
		if c == nil {
			return
		}
		begun := f.set.deps.Clock.Now()
		var err error
		version, err = f.session(ctx, task, c, version)
		if ctx.Err() != nil {
			return
		}
		lasted := f.set.deps.Clock.Now().Sub(begun)
		if wait := f.judge(c, &version, lasted, err); wait > 0 && task.Sleep(ctx, wait) != nil {
			return
		}
	}
}

// judge decides what follows the end of a session, and how long after.
func (f *follower) judge(c *conn, version *string, lasted time.Duration, err error) time.Duration {
	if err == nil {
		f.fails = 0
		if lasted < time.Second {
			return retryFirst // a server that ends each watch at once is not asked in a circle
		}
		return 0
	}
	switch {
	case errors.Is(err, errDown):
		return 0
	case errors.Is(err, errExpired):
		*version = ""
		f.fails++
		if f.fails == 1 {
			return 0
		}
		return backOff(f.fails-1, 0, f.rand)
	case errors.Is(err, errSilent):
		f.paged, *version = true, ""
		return 0
	}
	switch fleet.KindOf(err) {
	case fleet.KindAuth:
		if errors.Is(err, errForbidden) {
			return f.refused(c, version, err)
		}
		f.line.suspect() // the credential itself: the pulse finds it too, and says so for all kinds
	case fleet.KindNotFound:
		*version = ""
		f.absent(err)
		return absentPoll
	case fleet.KindInvalid:
		if !f.paged && *version == "" {
			f.paged = true // an old server refuses the parameters of a streamed list
			return 0
		}
		*version = ""
	case fleet.KindUnreachable, fleet.KindTimeout:
		f.line.suspect()
	default:
	}
	return f.again(version, err)
}

// again counts a failure and returns when to go on.
func (f *follower) again(version *string, err error) time.Duration {
	f.fails++
	if !isLink(err) {
		f.say(err)
	}
	if f.fails >= relistAfter {
		*version = ""
	}
	return backOff(f.fails, fleet.RetryAfter(err), f.rand)
}

// refused is a 403: the namespace of the context may be open where the cluster is not.
func (f *follower) refused(c *conn, version *string, err error) time.Duration {
	*version = ""
	if f.namespaced && f.scope.narrow(f.plural, c.namespace) {
		return 0
	}
	f.say(err)
	return forbiddenPoll
}

// say keeps why the kind is not read, and lets the others go on.
func (f *follower) say(err error) {
	f.world.mu.Lock()
	f.world.watch(f.plural).Err = fleet.Cause(err) // where and what was asked the row says
	f.world.mu.Unlock()
	f.done()
	f.dirty()
}

// unsay is called once the kind is read again.
func (f *follower) unsay() {
	f.line.alive()
	f.world.mu.Lock()
	defer f.world.mu.Unlock()
	f.world.watch(f.plural).Err = f.scope.remark(f.plural)
}

func (f *follower) absent(err error) {
	if f.optional {
		f.world.forget(f.plural)
	} else {
		f.say(err)
	}
	f.done()
}
