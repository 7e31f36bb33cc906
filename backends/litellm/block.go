package litellm

import (
	"context"
	"fmt"

	"pitwall/fleet"
)

// SetBlocked takes a target out of a route, or puts it back, without touching its weight. Requests in flight
// finish. LiteLLM has these calls since 1.9x (present in 1.96.0, absent in 1.81.15), for database models only; where
// they are missing the error is KindUnsupported and says what to do instead. The last open target is not
// blocked: LiteLLM would answer 403 to every request of the route.
func (w *dbWriter) SetBlocked(ctx context.Context, r fleet.RouteSpec, target fleet.TargetID, blocked bool) error {
	op := "unblock"
	if blocked {
		op = "block"
	}
	op = fmt.Sprintf("%s %s of %s", op, target, r.ID)
	held := w.ask(ctx, r)
	to := order(w.replicas, held)
	if len(to) == 0 {
		return &fleet.Error{Kind: fleet.KindUnreachable, Op: op, Next: "no replica answers; nothing was written"}
	}
	var state holding
	for _, h := range held {
		if h.replica == to[0].spec.ID {
			state = h
		}
	}
	d, ok := state.members[target]
	if !ok {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: op, Next: "no such target on " + string(state.replica)}
	}
	if !d.fromDB {
		return w.explainFile(ctx, to[0], op, target)
	}
	if blocked && lastOpen(state, target) {
		return &fleet.Error{
			Kind: fleet.KindInvalid, Op: op,
			Next: "it is the last target that is not blocked, and the route would refuse every request; nothing was written",
		}
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if can := to[0].api.features(ctx, w.clock.Now()); can.OK && !can.V {
		return &fleet.Error{
			Kind: fleet.KindUnsupported, Op: op,
			Next: "this version of LiteLLM has no block call; set the target's weight to 0 instead",
		}
	}
	return to[0].api.setBlocked(ctx, d.id, blocked)
}

func lastOpen(h holding, target fleet.TargetID) bool {
	for id, d := range h.members {
		if id != target && !d.blocked.Or(false) {
			return false
		}
	}
	return true
}
