package backends

import (
	"context"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"pitwall/fleet"
)

// Schedule limits: a failing source is asked ever less often, but never given up.
const (
	defaultInterval = 5 * time.Second
	maxBackOff      = time.Minute
	maxRetryAfter   = 5 * time.Minute
	// overrun is how long an adapter may ignore its deadline before its answer is abandoned.
	overrun = time.Second
	// maxOut is how many calls of an adapter that ignores its deadline may be out at once.
	maxOut = 3
)

// sourceState is one source with its schedule and its last good answer.
type sourceState struct {
	declared fleet.SourceSpec // as it was given, before defaults
	spec     fleet.SourceSpec
	reader   fleet.Reader
	rand     *rand.Rand
	stop     context.CancelFunc // ends its goroutine; nil where it has none

	mu     sync.Mutex
	wake   context.CancelFunc // ends the pause between two reads
	retry  time.Duration      // advice of the last failure (Retry-After), 0 for none
	status fleet.SourceStatus
	last   fleet.Partial // of the last good read
	back   time.Time     // when it last answered again after failures
	again  bool          // a person asked for a read while one was under way
	out    int           // calls of the adapter that have not returned
	late   time.Duration // before its first read
	asked  bool          // a person wants a source of bills read before its time
	told   bool          // a watcher: it is heard whenever it does not say otherwise
}

func newSourceState(spec fleet.SourceSpec, reader fleet.Reader, problem error, seed uint64) *sourceState {
	declared := spec
	if spec.Interval <= 0 {
		spec.Interval = defaultInterval
	}
	if spec.Timeout <= 0 || spec.Timeout >= spec.Interval {
		spec.Timeout = spec.Interval * 9 / 10
	}
	s := &sourceState{declared: declared, spec: spec, reader: reader, rand: rand.New(rand.NewPCG(seed, 1))}
	s.status = fleet.SourceStatus{
		ID: spec.ID, Kind: spec.Kind, URL: address(spec), Subject: spec.Subject,
		Interval: spec.Interval, Insecure: spec.TLS.Insecure,
	}
	if problem != nil {
		s.status.Err, s.status.ErrKind, s.status.Failing = fleet.Sentence(problem), fleet.KindOf(problem), 1
		s.status.Cause = fleet.Cause(problem)
	}
	return s
}

// address says where a source is read. Of a command only the program is shown: its arguments may hold what they should
// not.
func address(spec fleet.SourceSpec) fleet.Safe {
	switch {
	case len(spec.Command) > 0:
		return fleet.Concat(fleet.Text("command "), fleet.Label(filepath.Base(spec.Command[0])))
	case spec.File != "":
		return fleet.Concat(fleet.Text("file "), fleet.Label(spec.File))
	default:
		return publicURL(spec.URL)
	}
}

// publicURL drops credentials and query values from an address.
func publicURL(raw string) fleet.Safe {
	u, err := url.Parse(raw)
	if err != nil {
		return fleet.Text("(unreadable address)")
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return fleet.Label(u.String())
}

// refresh ends the pause, except of a source that told pitwall to stay away.
func (s *sourceState) refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.retry > 0 || s.spec.Probe != nil: // each probe costs: it has its own time
	case s.wake != nil:
		s.asked = s.spec.Subject.About == fleet.AboutBill
		s.wake()
	default:
		s.again = true
	}
}

// poll is the goroutine of one source.
func (h *Hub) poll(ctx context.Context, s *sourceState, task fleet.Task) {
	if s.late > 0 && task.Sleep(ctx, s.late) != nil {
		return
	}
	for ctx.Err() == nil {
		if wait := h.bookedUntil(s); wait > 0 {
			if h.rest(ctx, s, task, wait) != nil {
				return
			}
			continue
		}
		if s.spec.Probe != nil { // an answer takes the time of the fleet, not only ours
			task.Idle(func() { h.read(ctx, s) })
		} else {
			h.read(ctx, s)
		}
		wait := s.pause(h.opt.Clock.Now())
		if h.rest(ctx, s, task, wait) != nil {
			return
		}
	}
}

// rest sleeps on the clock until the next read is due or a person asks for one.
func (h *Hub) rest(ctx context.Context, s *sourceState, task fleet.Task, wait time.Duration) error {
	nap, wake := context.WithCancel(ctx)
	defer wake()
	s.mu.Lock()
	again := s.again && s.retry == 0
	s.again = false
	if !again {
		s.wake = wake
	}
	s.mu.Unlock()
	if again {
		return ctx.Err()
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wake = nil
	}()
	if err := task.Sleep(nap, wait); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// pause computes when the source is read next: its interval less a little jitter, so that sources do not march in step
// and no change waits longer than an interval; more after failures.
func (s *sourceState) pause(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.spec.Interval
	if n := s.status.Failing; n > 0 {
		wait = min(s.spec.Interval<<min(n-1, 6), max(maxBackOff, s.spec.Interval))
	}
	wait -= time.Duration(s.rand.Int64N(int64(wait)/10 + 1))
	wait = max(wait, min(s.retry, maxRetryAfter))
	s.status.NextTry = now.Add(wait)
	return wait
}
