package litellm

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/fleet"
)

// maxKnown bounds the remembered states of one route.
const maxKnown = 64

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
