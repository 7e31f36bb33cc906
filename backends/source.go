package backends

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
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
)

// sourceState is one source with its schedule and its last good answer.
type sourceState struct {
	spec   fleet.SourceSpec
	reader fleet.Reader
	rand   *rand.Rand

	mu     sync.Mutex
	wake   context.CancelFunc // ends the pause between two reads
	retry  time.Duration      // advice of the last failure (Retry-After), 0 for none
	status fleet.SourceStatus
	last   fleet.Partial // of the last good read
	gen    uint64        // of the read in flight; answers of another are late
}

func newSourceState(spec fleet.SourceSpec, reader fleet.Reader, problem error, seed uint64) *sourceState {
	if spec.Interval <= 0 {
		spec.Interval = defaultInterval
	}
	if spec.Timeout <= 0 || spec.Timeout >= spec.Interval {
		spec.Timeout = spec.Interval * 9 / 10
	}
	s := &sourceState{spec: spec, reader: reader, rand: rand.New(rand.NewPCG(seed, 1))}
	s.status = fleet.SourceStatus{
		ID: spec.ID, Kind: spec.Kind, URL: publicURL(spec.URL), Subject: spec.Subject,
		Interval: spec.Interval, Insecure: spec.TLS.Insecure,
	}
	if problem != nil {
		s.status.Err, s.status.ErrKind, s.status.Failing = fleet.Sentence(problem), fleet.KindOf(problem), 1
	}
	return s
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
	if s.wake != nil && s.retry == 0 {
		s.wake()
	}
}

// poll is the goroutine of one source.
func (h *Hub) poll(ctx context.Context, s *sourceState, task fleet.Task) {
	for ctx.Err() == nil {
		h.read(ctx, s)
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
	s.wake = wake
	s.mu.Unlock()
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

type answer struct {
	partial fleet.Partial
	err     error
}

// read asks the source once, within its deadline, and hands the answer to the world.
func (h *Hub) read(ctx context.Context, s *sourceState) {
	s.mu.Lock()
	s.gen++
	gen := s.gen
	s.status.LastTry = h.opt.Clock.Now()
	s.mu.Unlock()

	began := time.Now() // how long a call takes is real time, whatever the clock
	ctx, cancel := context.WithTimeout(ctx, s.spec.Timeout)
	defer cancel()
	got := make(chan answer, 1)
	go func() {
		p, err := h.guarded(ctx, s)
		got <- answer{p, err}
		s.late(gen)
	}()
	var a answer
	select {
	case a = <-got:
	case <-ctx.Done():
		patience := time.NewTimer(overrun)
		defer patience.Stop()
		select {
		case a = <-got:
		case <-patience.C:
			a.err = &fleet.Error{Kind: fleet.KindTimeout, Op: "read", Source: s.spec.ID,
				Err: errors.New("no answer within the deadline")}
		}
	}
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return // the Hub is stopping: not a failure of the source
	}
	h.accept(s, a, time.Since(began))
}

// late counts an answer that came after its read was given up.
func (s *sourceState) late(gen uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen != gen {
		s.status.Dropped++
	}
}

// guarded turns a panic of an adapter into an error: one broken reply must not end the console.
func (h *Hub) guarded(ctx context.Context, s *sourceState) (p fleet.Partial, err error) {
	defer func() {
		if r := recover(); r != nil {
			h.log.Error("adapter panicked", "source", s.spec.ID, "panic", fmt.Sprint(r))
			err = &fleet.Error{Kind: fleet.KindInternal, Op: "read", Source: s.spec.ID,
				Err: errors.New("the adapter failed on this answer; the log has the details")}
		}
	}()
	return s.reader.Read(ctx)
}

// accept keeps a good answer, or the failure beside the last good one.
func (h *Hub) accept(s *sourceState, a answer, took time.Duration) {
	now := h.opt.Clock.Now()
	h.mu.Lock()
	s.mu.Lock()
	st := &s.status
	st.Reads++
	st.Took = took
	s.retry = fleet.RetryAfter(a.err)
	if a.err != nil {
		st.Failures++
		st.Failing++
		st.Err, st.ErrKind = fleet.Sentence(a.err), fleet.KindOf(a.err)
		h.log.Warn("read failed", "source", s.spec.ID, "kind", st.ErrKind, "err", a.err, "in_a_row", st.Failing)
	} else {
		st.Failing, st.Err, st.ErrKind = 0, fleet.Safe{}, ""
		st.LastGood = now
		a.partial.At = now
		if !a.partial.Version.IsEmpty() {
			st.Version = a.partial.Version
		}
		if a.partial.ServerTime.OK {
			st.Skew = fleet.Some(a.partial.ServerTime.V.Sub(now).Round(time.Second))
		}
		s.last = a.partial
	}
	failing := st.Failing
	s.mu.Unlock()
	if a.err == nil {
		h.world.take(s, a.partial)
	} else {
		h.world.failed(s, failing, now)
	}
	h.mu.Unlock()
	h.changed()
}
