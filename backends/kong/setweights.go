package kong

import (
	"context"
	"fmt"

	"pitwall/fleet"
)

// opSet is what a change is called in errors.
const opSet = "set weights"

// SetWeights implements fleet.RouteWriter.
func (w *writer) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	n, held, err := w.first(ctx, r.ID)
	if err != nil {
		return err
	}
	now, err := held.weights(r)
	switch {
	case err != nil:
		return err
	case held.lacks(r, after) != "":
		return w.refuse(fleet.KindConflict, opSet, r.ID, "Kong has no target "+held.lacks(r, after)+" there, and targets have other names "+
			"when their models or addresses change; correct deployment of the target in the configuration")
	case now.Equal(after):
		return nil
	}
	if err := w.allowed(ctx, n, held, r, after); err != nil {
		return err
	}
	defer w.written(r.ID)
	if held.shape == upstreamOf { // several calls: a mix of before and after is what an interrupted one of ours leaves
		return w.setTargets(ctx, n, held, r, before, after)
	}
	if !now.Equal(before) {
		return w.changed(r, now)
	}
	return w.setArray(ctx, n, held, r, before, after)
}

// written notes that a change was sent, whatever came of it.
func (w *writer) written(id fleet.RouteID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrote[id] = w.clock.Now()
}

// lacks names a target that is to get a weight and is not there, "" where all are.
func (r *route) lacks(spec fleet.RouteSpec, after fleet.Weights) string {
	for _, t := range spec.Targets {
		if _, wanted := after[t.ID]; wanted && r.member(t) == nil {
			return fleet.Quote(string(t.ID)).String()
		}
	}
	return ""
}

// first reads the route at the first node that answers; they share one database.
func (w *writer) first(ctx context.Context, id fleet.RouteID) (admin, route, error) {
	var failed error
	for _, n := range w.nodes {
		held, err := w.find(ctx, n, id)
		switch fleet.KindOf(err) {
		case "":
			return n, held, nil
		case fleet.KindUnreachable, fleet.KindTimeout, fleet.KindServer:
			if failed == nil {
				failed = err
			}
		default:
			return admin{}, route{}, err
		}
	}
	if failed == nil {
		failed = w.refuse(fleet.KindInvalid, opSet, id, "the gateway has no replica in the configuration")
	}
	return admin{}, route{}, failed
}

// allowed refuses what Kong does not take, or what would not do what is meant.
func (w *writer) allowed(ctx context.Context, n admin, held route, r fleet.RouteSpec, after fleet.Weights) error {
	what, err := n.api.node(ctx)
	if err != nil {
		return err
	}
	if why := what.fixed(); !why.IsEmpty() {
		return w.refuse(fleet.KindUnsupported, opSet, r.ID, why.String())
	}
	if why := held.routing.Fixed; !why.IsEmpty() {
		return w.refuse(fleet.KindUnsupported, opSet, r.ID, why.String())
	}
	sum := 0
	for _, m := range held.members {
		named := false
		for _, t := range r.Targets {
			v, wanted := after[t.ID]
			if x := held.member(t); x == nil || x.id != m.id || !wanted {
				continue
			}
			named = true
			sum += v
			if err := w.bounds(held, r.ID, t.ID, v); err != nil {
				return err
			}
		}
		if !named && m.weight.OK {
			sum += int(m.weight.V)
		}
	}
	if sum == 0 {
		return w.refuse(fleet.KindInvalid, opSet, r.ID, "all weights would be 0, and no request would be answered")
	}
	return nil
}

func (w *writer) bounds(held route, id fleet.RouteID, target fleet.TargetID, v int) error {
	called := fleet.Quote(string(target)).String()
	switch {
	case v == 0 && held.shape == aiTargets:
		return w.refuse(fleet.KindUnsupported, opSet, id, "Kong takes no weight below 1 here, and a target that is taken off its list could not "+
			"be put back, since its keys are kept nowhere else; give "+called+" weight 1 beside great weights of the others")
	case v < 0 || v > maxWeight:
		return w.refuse(fleet.KindInvalid, opSet, id, fmt.Sprintf("the weight %d of %s is not within what Kong takes, at most %d", v, called,
			maxWeight))
	}
	return nil
}

func (w *writer) changed(r fleet.RouteSpec, now fleet.Weights) error {
	return w.refuse(fleet.KindConflict, opSet, r.ID, "it holds "+now.Text(order(r)).String()+" by now: someone else changed it")
}

func order(r fleet.RouteSpec) []fleet.TargetID {
	list := make([]fleet.TargetID, len(r.Targets))
	for i, t := range r.Targets {
		list[i] = t.ID
	}
	return list
}
