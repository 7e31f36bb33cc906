package backends

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pitwall/fleet"
)

// call is one read of a source. Its answer is either taken by the read that waits for it, or late.
type call struct {
	got       chan answer // holds one, so that handing an answer over never blocks
	abandoned bool        // guarded by the source's mutex
}

type answer struct {
	partial fleet.Partial
	err     error
}

var (
	errNoAnswer = errors.New("no answer within the deadline")
	errStuck    = errors.New("earlier reads are still without an answer; it is not asked again before one of them ends")
)

// read asks the source once, within its deadline, and hands the answer to the world.
func (h *Hub) read(ctx context.Context, s *sourceState) {
	began := time.Now() // how long a call takes is real time, whatever the clock
	a := h.answerOf(ctx, s)
	if ctx.Err() != nil {
		return // the Hub is stopping: not a failure of the source
	}
	h.accept(ctx, s, a, time.Since(began))
}

func (h *Hub) answerOf(ctx context.Context, s *sourceState) answer {
	ctx, cancel := context.WithTimeout(ctx, s.spec.Timeout)
	defer cancel()
	c := h.ask(ctx, s)
	if c == nil {
		return answer{err: timeout(s, errStuck)}
	}
	return h.await(ctx, s, c)
}

// ask starts a call, unless too many are out already.
func (h *Hub) ask(ctx context.Context, s *sourceState) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.LastTry = h.opt.Clock.Now()
	if s.out >= maxOut {
		return nil
	}
	s.out++
	c := &call{got: make(chan answer, 1)}
	go func() {
		p, err := h.guarded(ctx, s)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.out--
		if c.abandoned {
			s.status.Dropped++
			return
		}
		c.got <- answer{p, err}
	}()
	return c
}

// await waits for the answer until the deadline, and a little longer for an adapter that is just noticing it.
func (h *Hub) await(ctx context.Context, s *sourceState, c *call) answer {
	select {
	case a := <-c.got:
		return a
	case <-ctx.Done():
	}
	patience := time.NewTimer(h.patience)
	defer patience.Stop()
	select {
	case a := <-c.got:
		return a
	case <-patience.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case a := <-c.got: // it came in the last moment
		return a
	default:
		c.abandoned = true
		return answer{err: timeout(s, errNoAnswer)}
	}
}

func timeout(s *sourceState, why error) error {
	return &fleet.Error{Kind: fleet.KindTimeout, Op: "read", Source: s.spec.ID, Err: why}
}

// outstanding is how many calls of the adapter have not returned.
func (s *sourceState) outstanding() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out
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
func (h *Hub) accept(ctx context.Context, s *sourceState, a answer, took time.Duration) {
	now := h.opt.Clock.Now()
	a.partial.At = now
	if a.err == nil && a.partial.Found != nil {
		h.adopt(ctx, s, a.partial.Found)
	}
	h.mu.Lock()
	if h.byID[s.spec.ID] != s { // discovery dropped or replaced it meanwhile
		h.mu.Unlock()
		return
	}
	h.record(s, a, took, now)
	h.spread(s, a, now)
	h.mu.Unlock()
	h.changed()
}

// record notes what a read of one source gave. The Hub's mutex is held.
func (h *Hub) record(s *sourceState, a answer, took time.Duration, now time.Time) {
	s.mu.Lock()
	st := &s.status
	st.Reads++
	st.Took = took
	s.retry = fleet.RetryAfter(a.err)
	if a.err != nil {
		st.Failures++
		st.Failing++
		st.Err, st.ErrKind, st.Cause = fleet.Sentence(a.err), fleet.KindOf(a.err), fleet.Cause(a.err)
		s.last = refused(s.last, st.ErrKind)
		h.log.Warn("read failed", "source", s.spec.ID, "kind", st.ErrKind, "err", a.err, "in_a_row", st.Failing)
	} else {
		if st.Failing > 0 {
			s.back = now
		}
		st.Failing, st.Err, st.Cause, st.ErrKind = 0, fleet.Safe{}, fleet.Safe{}, ""
		st.LastGood, st.Partial = a.partial.At, a.partial.Incomplete
		if !a.partial.Version.IsEmpty() {
			st.Version = a.partial.Version
		}
		if a.partial.ServerTime.OK && a.partial.ServerTime != s.last.ServerTime { // a watcher repeats what it was told once
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
		h.world.probeFailed(s, a, now)
	}
}

// refused takes back that a key is accepted, once it is refused: the other values of the last good answer stay.
func refused(last fleet.Partial, kind fleet.Kind) fleet.Partial {
	if kind != fleet.KindAuth {
		return last
	}
	r := fleet.ProviderReading{}
	if last.Provider != nil {
		r = *last.Provider // a copy: earlier snapshots were made from it
	}
	r.Authorised = fleet.Some(false)
	last.Provider = &r
	return last
}
