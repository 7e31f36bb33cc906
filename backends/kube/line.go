package kube

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"pitwall/fleet"
)

// Times of the connection to a server.
const (
	pulseEvery  = 10 * time.Second // how often a server that answers is asked whether it still does
	pulseWithin = 8 * time.Second
	retryFirst  = time.Second // after the first failure; doubled at each further one
	retryMost   = 30 * time.Second
)

// line is the one connection of all watches of a cluster. A pulse tells whether the server answers; while it does not,
// the watches wait here instead of each knocking by itself.
type line struct {
	set  settings
	rand *rand.Rand

	mu      sync.Mutex
	conn    *conn
	up      bool
	change  chan struct{} // closed and replaced when up changes
	nap     context.CancelFunc
	pulse   pulse
	heard   time.Time // the last answer, event or bookmark
	failing time.Time // since when nothing answers; zero while something does
	fails   int
	next    time.Duration // until the next try
	err     error
}

func newLine(s settings) *line {
	return &line{set: s, change: make(chan struct{}), rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
}

// run asks the server again and again until ctx ends. told is called after each answer and each failure.
func (l *line) run(ctx context.Context, task fleet.Task, told func(err error)) {
	for ctx.Err() == nil {
		err := l.ask(ctx, task)
		if ctx.Err() != nil {
			return
		}
		wait := l.note(err)
		told(err)
		l.rest(ctx, task, wait)
	}
}

// reopenAfter is how many failures of the link pass before the kubeconfig is read again without any other reason.
const reopenAfter = 5

// ask opens the connection where there is none and takes the pulse. After a refusal everything is read again: a kubeconfig,
// a certificate or a token may have been renewed meanwhile.
func (l *line) ask(ctx context.Context, task fleet.Task) (err error) {
	l.mu.Lock()
	c, fresh := l.conn, l.fails > 0 && (!isLink(l.err) || l.fails%reopenAfter == 0)
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, l.patience())
	defer cancel()
	var p pulse
	task.Idle(func() {
		if c == nil || fresh {
			old := c
			if c, err = l.set.open(ctx); err != nil {
				return
			}
			if old != nil {
				old.close()
			}
		}
		p, err = c.pulse(ctx)
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if c != nil {
		l.conn = c
	}
	if err == nil {
		p.version = cmp.Or(p.version, l.pulse.version)
		l.pulse = p
	}
	return err
}

// patience is longer before the first answer: a credential plugin may have to run.
func (l *line) patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.heard.IsZero() || l.fails > 0 {
		return pluginTimeout + pulseWithin
	}
	return pulseWithin
}

// note keeps the outcome and returns how long to wait.
func (l *line) note(err error) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.set.deps.Clock.Now()
	l.err = err
	if err == nil {
		l.heard, l.failing, l.fails, l.next = now, time.Time{}, 0, pulseEvery
	} else {
		if l.failing.IsZero() {
			l.failing = now
		}
		l.fails++
		l.next = backOff(l.fails, fleet.RetryAfter(err), l.rand)
	}
	if up := err == nil; up != l.up {
		l.up = up
		close(l.change)
		l.change = make(chan struct{})
	}
	return l.next
}

// backOff doubles with each failure and takes up to a fifth off, so that many consoles do not knock together.
func backOff(fails int, advice time.Duration, r *rand.Rand) time.Duration {
	wait := min(retryFirst<<min(fails-1, 10), retryMost)
	wait -= time.Duration(r.Int64N(int64(wait)/5 + 1))
	return max(wait, min(advice, 5*time.Minute))
}

func (l *line) rest(ctx context.Context, task fleet.Task, wait time.Duration) {
	nap, cancel := context.WithCancel(ctx)
	defer cancel()
	l.mu.Lock()
	l.nap = cancel
	l.mu.Unlock()
	_ = task.Sleep(nap, wait) // a watch that broke ends the nap
	l.mu.Lock()
	l.nap = nil
	l.mu.Unlock()
}

// suspect is called by a watch that broke: the server is asked at once, unless it is known to be away.
func (l *line) suspect() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up && l.nap != nil {
		l.nap()
	}
}

// alive is called at each sign of life.
func (l *line) alive() {
	now := l.set.deps.Clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = now
}

// wait blocks until the server answers and returns the connection; nil once ctx ends.
func (l *line) wait(ctx context.Context, task fleet.Task) *conn {
	for {
		l.mu.Lock()
		c, up, change := l.conn, l.up, l.change
		l.mu.Unlock()
		if up {
			return c
		}
		task.Idle(func() {
			select {
			case <-change:
			case <-ctx.Done():
			}
		})
		if ctx.Err() != nil {
			return nil
		}
	}
}

// describe sets what a cluster says of its connection.
func (l *line) describe(c *fleet.Cluster) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		c.Server = l.conn.server()
	}
	c.Version, c.At, c.State = l.pulse.version, l.heard, fleet.StateOK
	if l.heard.IsZero() {
		c.State, c.Why = fleet.StateUnknown, fleet.Text("connecting")
	}
}

func (l *line) current() *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn
}

// failure is why the server does not answer, since when, and what comes next; nil while it does. n counts the failures in
// a row.
func (l *line) failure() (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := errors.AsType[*fleet.Error](l.err)
	if !ok {
		return l.fails, l.err
	}
	said := *e
	since := fleet.Textf("failing for %s, next try in %s", span(l.set.deps.Clock.Now().Sub(l.failing)), span(l.next)).String()
	if said.Next == "" || e.Kind == fleet.KindUnreachable || e.Kind == fleet.KindTimeout {
		said.Next = since
	} else {
		said.Next += "; " + since
	}
	return l.fails, &said
}

func (l *line) serverTime() fleet.Maybe[time.Time] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pulse.serverTime
}

// span writes a duration in the unit that says enough.
func span(d time.Duration) fleet.Safe {
	switch {
	case d < 90*time.Second:
		return fleet.Label(d.Round(time.Second).String())
	case d < 90*time.Minute:
		return fleet.Textf("%sm", number(int(d.Minutes())))
	case d >= 48*time.Hour:
		return fleet.Textf("%sd", number(int(d.Hours()/24)))
	}
	return fleet.Textf("%sh", number(int(d.Hours())))
}

// isLink tells whether an error means that the server is not there, rather than that it refused.
func isLink(err error) bool {
	e, ok := errors.AsType[*fleet.Error](err)
	return ok && (e.Kind == fleet.KindUnreachable || e.Kind == fleet.KindTimeout || e.Kind == fleet.KindInterrupted)
}
