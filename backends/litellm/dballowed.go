package litellm

import (
	"context"
	"fmt"

	"pitwall/fleet"
)

// allowed refuses, with one sentence, a write that cannot work or would not matter: members that are not in the
// database, or a router that does not look at weights.
func (w *dbWriter) allowed(ctx context.Context, r fleet.RouteSpec, held []holding) error {
	for i, h := range held {
		if h.err != nil {
			continue
		}
		for _, t := range r.Targets {
			if d, ok := h.members[t.ID]; ok && !d.fromDB {
				return w.explainFile(ctx, w.replicas[i], "set weights of "+string(r.ID), t.ID)
			}
		}
	}
	for i, h := range held {
		if h.err == nil {
			return w.checkStrategy(ctx, w.replicas[i], r)
		}
	}
	return nil
}

func (w *dbWriter) explainFile(ctx context.Context, rep replica, op string, t fleet.TargetID) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if ready, _, err := rep.api.readiness(ctx); err == nil && ready.DB == dbNone {
		return unsupported(op, noDatabase)
	}
	return unsupported(op, fmt.Sprintf("%s comes from the config file, and LiteLLM's API only changes models that are "+
		"kept in its database: %s", t, fileAdvice))
}

// The sentences for the modes in which the API cannot write.
const (
	fileAdvice = "configure the gateway's file and reload command, and pitwall edits the file"
	noDatabase = "this LiteLLM runs without a database, so its API cannot change routing: " + fileAdvice
	noStore    = "this LiteLLM keeps its models in the config file (store_model_in_db is off), so its API cannot change " +
		"routing: " + fileAdvice
	configModel = "the model comes from the config file, which LiteLLM's API does not change: " + fileAdvice
)

func unsupported(op, sentence string) error {
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Next: sentence + "; nothing was written"}
}

// checkStrategy asks for the live strategy. Where the call is refused the strategy stays unknown, and the write
// goes on: what follows is judged by traffic.
func (w *dbWriter) checkStrategy(ctx context.Context, rep replica, r fleet.RouteSpec) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return checkStrategy(ctx, w.gateway, rep, r)
}

func checkStrategy(ctx context.Context, g gateway, rep replica, r fleet.RouteSpec) error {
	s, err := rep.api.settings(ctx)
	if err != nil {
		g.log.Warn("router settings not readable, strategy unknown", "replica", string(rep.spec.ID), "error", err)
		return nil
	}
	if strategy := s.strategyOf(r.ID); strategy != "" && strategy != simpleShuffle {
		return unsupported("set weights of "+string(r.ID), fmt.Sprintf(
			"the router picks by %s, which ignores weights; only %s uses them", strategy, simpleShuffle))
	}
	return nil
}
