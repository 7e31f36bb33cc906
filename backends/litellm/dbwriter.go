package litellm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"pitwall/fleet"
)

// dbWriter changes weights by API, where LiteLLM keeps its models in a database. There is no transaction and no
// compare-and-set: each weight is a call of its own, and the stored state is compared just before.
type dbWriter struct {
	gateway
	mu    sync.Mutex
	known map[fleet.RouteID][]fleet.Weights // states that this writer left behind: a replica with one of them lags
}

// maxKnown bounds the remembered states of one route.
const maxKnown = 64

// SetWeights sends one PATCH for each weight that is not yet stored: members that gain first, so that the route
// never lacks capacity. A mix of before and after values is what an interrupted call of ours leaves, and is
// completed. When a later call fails, those already made are undone as far as the gateway lets us, and the
// error says what is stored now.
func (w *dbWriter) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	if err := checkWanted(r, after); err != nil {
		return err
	}
	held := w.ask(ctx, r)
	stored, err := w.compare(r, held, before, after)
	if err != nil {
		return err
	}
	moves := planMoves(r, held, stored, after)
	w.remember(r.ID, before, after)
	if len(moves) == 0 {
		return nil
	}
	if err := w.allowed(ctx, r, held); err != nil {
		return err
	}
	return w.send(ctx, r, order(w.replicas, held), moves, stored)
}

// compare finds the stored weights in what the replicas hold, and refuses where somebody else changed them.
func (w *dbWriter) compare(r fleet.RouteSpec, held []holding, before, after fleet.Weights) (fleet.Weights, error) {
	var stored fleet.Weights
	var firstErr error
	for _, h := range held {
		now, err := h.weights()
		if err != nil {
			firstErr = cmpOr(firstErr, err)
			continue
		}
		fresh := len(h.members) == len(r.Targets)
		for id, d := range h.members {
			switch v, set := now[id]; {
			case !d.weight.OK && lacks(before, after, id), set && is(v, before, after, id):
			case w.isKnown(r.ID, id, v, set):
				fresh = false
			default:
				return nil, foreign(r, h.replica, id, d, before, after)
			}
		}
		if fresh && stored == nil {
			stored = now
		}
	}
	if stored != nil {
		return stored, nil
	}
	if firstErr != nil {
		return nil, &fleet.Error{
			Kind: fleet.KindOf(firstErr), Op: "read weights of " + string(r.ID), Err: firstErr,
			Next: "no replica shows the stored weights, so nothing was written",
		}
	}
	return nil, missing(r, held)
}

func is(v int, before, after fleet.Weights, id fleet.TargetID) bool {
	b, inBefore := before[id]
	a, inAfter := after[id]
	return inBefore && v == b || inAfter && v == a
}

func lacks(before, after fleet.Weights, id fleet.TargetID) bool {
	_, inBefore := before[id]
	_, inAfter := after[id]
	return !inBefore || !inAfter
}

func foreign(
	r fleet.RouteSpec, rep fleet.GatewayReplicaID, id fleet.TargetID, d deployment, before, after fleet.Weights,
) error {
	now := "no weight"
	if d.weight.OK {
		now = fmt.Sprint(d.weight.V)
	}
	return &fleet.Error{
		Kind: fleet.KindConflict, Op: "set weights of " + string(r.ID), Source: fleet.SourceID(rep),
		Next: fmt.Sprintf("%s has %s there, neither %s as planned on nor %s as wanted: someone else changed it; "+
			"nothing was written", id, now, shown(before, id), shown(after, id)),
	}
}

func shown(w fleet.Weights, id fleet.TargetID) string {
	if v, ok := w[id]; ok {
		return fmt.Sprint(v)
	}
	return "no weight"
}

func missing(r fleet.RouteSpec, held []holding) error {
	var lost []string
	for _, t := range r.Targets {
		for _, h := range held {
			if _, ok := h.members[t.ID]; h.err == nil && !ok {
				lost = append(lost, fmt.Sprintf("%s on %s", t.ID, h.replica))
			}
		}
	}
	why := "every replica holds an earlier state of the route"
	if len(lost) > 0 {
		why = "no replica has all targets (missing: " + strings.Join(lost, ", ") + ")"
	}
	return &fleet.Error{
		Kind: fleet.KindConflict, Op: "set weights of " + string(r.ID),
		Next: why + "; nothing was written; resync the replicas first",
	}
}

func (w *dbWriter) remember(r fleet.RouteID, states ...fleet.Weights) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range states {
		if !slices.ContainsFunc(w.known[r], s.Equal) {
			w.known[r] = append(w.known[r], s.Clone())
		}
	}
	if n := len(w.known[r]); n > maxKnown {
		w.known[r] = w.known[r][n-maxKnown:]
	}
}

func (w *dbWriter) isKnown(r fleet.RouteID, id fleet.TargetID, v int, set bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.known[r] {
		if old, ok := s[id]; ok == set && old == v {
			return true
		}
	}
	return false
}

// move is one PATCH: the weight of one target.
type move struct {
	target     fleet.TargetID
	deployment fleet.DeploymentID
	from, to   fleet.Maybe[int] // unknown means no weight
}

func (m move) gain() int { return m.to.Or(0) - m.from.Or(0) }

// planMoves lists the weights that at least one replica does not hold yet, those that grow first.
func planMoves(r fleet.RouteSpec, held []holding, stored, after fleet.Weights) []move {
	var moves []move
	for _, t := range r.Targets {
		want := lookup(after, t.ID)
		open := false
		for _, h := range held {
			if h.err != nil {
				continue
			}
			d, ok := h.members[t.ID]
			whole, _ := wholeWeight(d.weight)
			open = open || !ok || d.weight.OK != want.OK || whole != want.V
		}
		if open {
			moves = append(moves, move{t.ID, deploymentOf(t), lookup(stored, t.ID), want})
		}
	}
	slices.SortStableFunc(moves, func(a, b move) int { return b.gain() - a.gain() })
	return moves
}

func lookup(w fleet.Weights, id fleet.TargetID) fleet.Maybe[int] {
	v, ok := w[id]
	return fleet.Maybe[int]{V: v, OK: ok}
}

// order gives the replicas to write to: those that answered with every target first, then others that answered.
func order(all []replica, held []holding) []replica {
	var out []replica
	most := 0
	for _, h := range held {
		most = max(most, len(h.members))
	}
	for _, whole := range []bool{true, false} {
		for i, h := range held {
			if h.err == nil && (len(h.members) == most) == whole {
				out = append(out, all[i])
			}
		}
	}
	return out
}

// send makes the calls, and undoes them when one fails.
func (w *dbWriter) send(ctx context.Context, r fleet.RouteSpec, to []replica, moves []move, stored fleet.Weights) error {
	now := stored.Clone()
	for i, m := range moves {
		certain, err := w.patch(ctx, to, m.deployment, m.to)
		if err == nil {
			put(now, m.target, m.to)
			continue
		}
		done := moves[:i]
		if !certain {
			done = moves[:i+1]
		}
		return w.undo(ctx, r, to, done, now, m, err)
	}
	return nil
}

func put(w fleet.Weights, id fleet.TargetID, v fleet.Maybe[int]) {
	if v.OK {
		w[id] = v.V
	} else {
		delete(w, id)
	}
}

// patch sends one weight to the first replica that takes it. certain is false when the weight may have been
// stored in spite of the error: a cut connection, or the server's own failure after the write (1.109 answers
// 500 "was saved to the database, but …").
func (w *dbWriter) patch(
	ctx context.Context, to []replica, id fleet.DeploymentID, weight fleet.Maybe[int],
) (certain bool, err error) {
	certain = true
	for _, rep := range to {
		one := func() error {
			ctx, cancel := context.WithTimeout(ctx, writeTimeout)
			defer cancel()
			return rep.api.setWeight(ctx, id, weight)
		}()
		if one == nil {
			return true, nil
		}
		err = cmpOr(err, one)
		w.log.Warn("weight refused", "replica", string(rep.spec.ID), "error", one)
		switch fleet.KindOf(one) {
		case fleet.KindUnreachable, fleet.KindTimeout, fleet.KindServer, fleet.KindInterrupted, fleet.KindInternal:
			certain = false
		case fleet.KindAuth, fleet.KindRateLimited:
		default: // the database's answer, the same on every replica
			return certain, one
		}
		if ctx.Err() != nil {
			break
		}
	}
	return certain, err
}

// undo sets back what was written before a call failed, newest first, also after the caller gave up.
func (w *dbWriter) undo(
	ctx context.Context, r fleet.RouteSpec, to []replica, done []move, now fleet.Weights, failed move, cause error,
) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	var stuck []string
	for _, m := range slices.Backward(done) {
		if _, err := w.patch(ctx, to, m.deployment, m.from); err != nil {
			stuck = append(stuck, fmt.Sprintf("%s, which may hold %s", m.target, shownMaybe(m.to)))
			continue
		}
		put(now, m.target, m.from)
	}
	next := fmt.Sprintf("%s did not take weight %s; stored now: %s", failed.target, shownMaybe(failed.to), list(r, now))
	switch {
	case len(stuck) > 0:
		next += "; not set back: " + strings.Join(stuck, "; ")
	case len(done) > 0:
		next += ", as before"
	default:
		next += ", nothing was changed"
	}
	return &fleet.Error{
		Kind: fleet.KindOf(cause), Op: "set weights of " + string(r.ID), Err: cause, Next: next,
		Retry: fleet.RetryAfter(cause),
	}
}

func shownMaybe(v fleet.Maybe[int]) string {
	if !v.OK {
		return "none"
	}
	return fmt.Sprint(v.V)
}

// list draws weights by target, in the route's order.
func list(r fleet.RouteSpec, w fleet.Weights) string {
	var parts []string
	for _, t := range r.Targets {
		parts = append(parts, fmt.Sprintf("%s=%s", t.ID, shownMaybe(lookup(w, t.ID))))
	}
	return strings.Join(parts, " ")
}

// cmpOr keeps the first error.
func cmpOr(first, other error) error {
	if first != nil {
		return first
	}
	return other
}

// Resync makes one replica load the stored models again: any model write makes the replica that takes it reload,
// so an empty one does, which changes no value.
func (w *dbWriter) Resync(ctx context.Context, r fleet.RouteSpec, id fleet.GatewayReplicaID) error {
	rep, err := w.replica(id)
	if err != nil {
		return err
	}
	if len(r.Targets) == 0 {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "resync", Next: "the route has no targets"}
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := rep.api.touch(ctx, deploymentOf(r.Targets[0])); err != nil {
		var cause *fleet.Error
		if errors.As(err, &cause) && cause.Kind == fleet.KindUnsupported {
			return err
		}
		return &fleet.Error{
			Kind: fleet.KindOf(err), Op: "resync " + string(id), Source: fleet.SourceID(id), Err: err,
			Next: "its weights are what they were; it polls the database by itself every 30 s",
		}
	}
	return nil
}
