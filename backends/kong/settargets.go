package kong

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pitwall/fleet"
)

// move is one call: the weight of one target of an upstream.
type move struct {
	target   fleet.TargetID
	key      string
	from, to int
}

// setTargets makes one call for each weight that is not stored yet, those that grow first, so that the route never lacks
// capacity. When one fails, those already made are taken back as far as Kong lets us.
func (w *writer) setTargets(ctx context.Context, n admin, held route, r fleet.RouteSpec, before, after fleet.Weights) error {
	var moves []move
	for _, t := range r.Targets {
		m := held.member(t)
		v, wanted := after[t.ID]
		if m == nil || !wanted {
			now, _ := held.weights(r)
			return w.changed(r, now)
		}
		now := int(m.weight.V)
		if old, was := before[t.ID]; now != v && (!was || now != old) {
			all, _ := held.weights(r)
			return w.changed(r, all)
		}
		if now != v {
			moves = append(moves, move{t.ID, m.key, now, v})
		}
	}
	slices.SortStableFunc(moves, func(a, b move) int { return cmp.Compare(b.to-b.from, a.to-a.from) })
	w.remember(ctx)
	for i, m := range moves {
		if err := n.api.patch(ctx, n.api.at("upstreams", held.key, "targets", m.key), map[string]int{"weight": m.to}); err != nil {
			return w.undo(ctx, n, held, r, moves[:i+1], err)
		}
	}
	return w.verify(ctx, n, r, after)
}

// verify reads what is stored now.
func (w *writer) verify(ctx context.Context, n admin, r fleet.RouteSpec, after fleet.Weights) error {
	stored, err := w.find(ctx, n, r.ID)
	if err != nil {
		return &fleet.Error{Kind: fleet.KindOf(err), Op: opSet + " of " + fleet.Quote(string(r.ID)).String(), Err: err,
			Next: takenUnseen}
	}
	now, err := stored.weights(r)
	if err != nil || now.Equal(after) {
		return err
	}
	return &fleet.Error{Kind: fleet.KindConflict, Op: opSet + " of " + fleet.Quote(string(r.ID)).String(), Source: n.api.source,
		Err:  errors.New("the weights were accepted, and others are held: nothing was changed, or someone else wrote at the same time"),
		Next: "it holds " + now.Text(order(r)).String()}
}

// undo sets back what may have been written, newest first, also after the caller gave up. The last of done is the one that
// failed, which may have been stored in spite of that.
func (w *writer) undo(ctx context.Context, n admin, held route, r fleet.RouteSpec, done []move, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if !uncertain(cause) {
		done = done[:len(done)-1]
	}
	var stuck []string
	for _, m := range slices.Backward(done) {
		if err := n.api.patch(ctx, n.api.at("upstreams", held.key, "targets", m.key), map[string]int{"weight": m.from}); err != nil {
			stuck = append(stuck, fmt.Sprintf("%s may hold %d", fleet.Quote(string(m.target)), m.to))
		}
	}
	next := "the weights are as before"
	if len(stuck) > 0 {
		next = "not set back: " + strings.Join(stuck, ", ")
	}
	return &fleet.Error{Kind: fleet.KindOf(cause), Op: opSet + " of " + fleet.Quote(string(r.ID)).String(), Source: n.api.source, Err: cause,
		Retry: fleet.RetryAfter(cause), Next: next}
}

// uncertain tells whether a call may have been carried out in spite of its error.
func uncertain(err error) bool {
	kinds := []fleet.Kind{fleet.KindUnreachable, fleet.KindTimeout, fleet.KindServer, fleet.KindInterrupted, fleet.KindInternal}
	return slices.Contains(kinds, fleet.KindOf(err))
}
