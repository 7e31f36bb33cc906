package smg

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// carryOut puts workers back before it takes others out, so that a route never lacks capacity; on all routers at once. When one
// fails, what was done is undone as far as the routers let us.
func (w *writer) carryOut(ctx context.Context, op string, r fleet.RouteSpec, moves []move) error {
	var done []move
	for _, in := range []bool{true, false} {
		sent, errs := make([]bool, len(moves)), make([]error, len(moves))
		var all sync.WaitGroup
		for i, m := range moves {
			if m.in == in {
				all.Go(func() { sent[i], errs[i] = w.carry(ctx, m) })
			}
		}
		all.Wait()
		var failed error
		for i, m := range moves {
			if sent[i] {
				done = append(done, m)
			}
			if failed == nil {
				failed = errs[i]
			}
		}
		if failed != nil {
			return w.undo(ctx, op, r, done, failed)
		}
	}
	return nil
}

// carry makes one move. sent tells that the router may have taken a call for it, whatever came of it.
func (w *writer) carry(ctx context.Context, m move) (sent bool, err error) {
	if m.in {
		return w.put(ctx, m)
	}
	return w.take(ctx, m)
}

// unsure tells whether a call may have been carried out in spite of its error.
func unsure(err error) bool {
	switch fleet.KindOf(err) {
	case fleet.KindUnreachable, fleet.KindTimeout, fleet.KindServer, fleet.KindInterrupted, fleet.KindInternal:
		return true
	default:
		return false
	}
}

// take removes a worker, and comes back when it gets no more requests. Those that it has go on while it drains.
func (w *writer) take(ctx context.Context, m move) (sent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, takeTimeout)
	defer cancel()
	if err := m.api.remove(ctx, m.old, *m.worker); err != nil {
		return unsure(err), err
	}
	return true, w.until(ctx, m, "take it out", func(held listing) (bool, error) {
		x := w.byAddress(held, m)
		return x == nil || !x.in(), nil
	})
}

// put adds a worker, and comes back when the router has found it ready. One that still drains has to be gone first; one that
// somebody else added meanwhile is not touched.
func (w *writer) put(ctx context.Context, m move) (sent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	there := false
	err = w.until(ctx, m, "wait until it has drained", func(held listing) (bool, error) {
		x := w.byAddress(held, m)
		there = x != nil && x.in()
		return x == nil || there, nil
	})
	if err != nil {
		return false, err
	}
	var id string
	var key fleet.Secret
	if !there {
		var body map[string]any
		if body, key, err = w.plans.body(ctx, deployment(m.target), w.secret); err != nil {
			return false, err
		}
		if id, err = m.api.add(ctx, m.old, string(deployment(m.target)), body); err != nil {
			return unsure(err), err
		}
	}
	return !there, w.until(ctx, m, "put it back", func(held listing) (bool, error) {
		x := w.byAddress(held, m)
		if x == nil || x.status == statusPending {
			return false, w.jobOf(ctx, m, id, key)
		}
		switch {
		case !x.leftOut(nil).IsEmpty() || !x.in():
			return false, nil
		case !w.serves(x, m.route):
			return false, m.failed("put it back", "it came back as a member of "+fleet.Quote(string(x.routes(w.unnamed)[0])).String()+
				", another route; see which model it serves, or write its settings in the option "+OptionSettings)
		}
		return true, nil
	})
}

// jobOf asks what became of adding a worker that is not on the list yet; lists do not tell.
func (w *writer) jobOf(ctx context.Context, m move, id string, key fleet.Secret) error {
	if id == "" || m.old {
		return nil
	}
	x, err := m.api.one(ctx, id)
	if err != nil || x.job.status != "failed" {
		return nil //nolint:nilerr // it is asked again, and the list decides
	}
	text := x.job.message
	for _, hidden := range []string{key.Reveal(), x.url} {
		if hidden != "" {
			text = strings.ReplaceAll(text, hidden, "[...]")
		}
	}
	return m.failed("put it back", "the router could not add it: "+fleet.Quote(text).String())
}

func (m move) failed(op, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op + ": " + fleet.Quote(string(m.target.ID)).String(), Source: m.api.source,
		Err: errors.New(why)}
}

// byAddress is the worker with the address of a move's target, whatever it serves.
func (w *writer) byAddress(held listing, m move) *worker {
	for i := range held.workers {
		if x := &held.workers[i]; x.id == deployment(m.target) {
			return x
		}
	}
	return nil
}

// until asks a router again and again until something is so, or ctx ends.
func (w *writer) until(ctx context.Context, m move, op string, so func(listing) (bool, error)) error {
	for {
		held, _, err := m.api.list(ctx)
		if err == nil {
			ok, failed := so(held)
			if ok || failed != nil {
				return failed
			}
		}
		if slept := w.sleep(ctx, w.every); slept != nil {
			if err == nil {
				err = errors.New("the router took the call, and it is not so yet; it may go on with it for some minutes")
			}
			return &fleet.Error{Kind: fleet.KindTimeout, Op: op + ": " + fleet.Quote(string(m.target.ID)).String(), Source: m.api.source, Err: err}
		}
	}
}

func (w *writer) sleep(ctx context.Context, d time.Duration) error {
	task := w.clock.Task()
	defer task.Done()
	return task.Sleep(ctx, d)
}

// undo sets back what may have been done, also after the caller gave up, and tells what each router holds then.
func (w *writer) undo(ctx context.Context, op string, r fleet.RouteSpec, done []move, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putTimeout)
	defer cancel()
	errs := make([]error, len(done))
	var all sync.WaitGroup
	for i, m := range done {
		all.Go(func() { errs[i] = w.back(ctx, m) })
	}
	all.Wait()
	var now []string
	for _, s := range w.ask(ctx) {
		text := "does not answer"
		if s.err == nil {
			text = "holds " + w.weights(s.held, r).Text(order(r)).String()
		}
		now = append(now, fleet.Quote(string(s.id)).String()+" "+text)
	}
	next := "it is as before"
	if err := errors.Join(errs...); err != nil {
		next = fmt.Sprintf("%d of %d changes are not set back", failures(errs), len(done))
	}
	return &fleet.Error{Kind: fleet.KindOf(cause), Op: op + " of " + fleet.Quote(string(r.ID)).String(), Err: cause,
		Retry: fleet.RetryAfter(cause), Next: next + "; " + strings.Join(now, ", ")}
}

func failures(errs []error) int {
	n := 0
	for _, err := range errs {
		if err != nil {
			n++
		}
	}
	return n
}

// back takes one move back.
func (w *writer) back(ctx context.Context, m move) error {
	if !m.in {
		m.in = true
		_, err := w.put(ctx, m)
		return err
	}
	held, _, err := m.api.list(ctx)
	if err != nil {
		return err
	}
	x := w.byAddress(held, m)
	if x == nil {
		return nil
	}
	m.in, m.worker = false, x
	_, err = w.take(ctx, m)
	return err
}
