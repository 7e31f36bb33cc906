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
	edits map[string][]string               // the same of edits
}

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

// send makes the calls, and undoes them when one fails.
func (w *dbWriter) send(
	ctx context.Context, r fleet.RouteSpec, to []replica, moves []move, stored fleet.Weights,
) error {
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
