package backends

import (
	"time"

	"pitwall/fleet"
)

// Seen share against configured share: a difference beyond this is DRIFT once enough requests were counted.
const (
	driftShare    = fleet.Ratio(0.10)
	driftRequests = 200
)

// route builds one route from what every gateway replica holds and counts.
func (w *world) route(spec fleet.RouteSpec, s *fleet.Snapshot, seen gatewayLoads, now time.Time) fleet.Route {
	r := fleet.Route{Spec: spec}
	remark := w.agreement(&r, now)
	w.routing(&r, now)
	flows := seen.flows[keyOf(spec)]
	list := make([]targetFlow, 0, len(spec.Targets))
	for _, t := range spec.Targets {
		list = append(list, flows[t.ID])
	}
	total := sum(list)
	r.Load = total.load()
	whole, isWhole := seen.whole[keyOf(spec)]
	all := allCounted(&r, list)
	countRoute(&r, list, all, whole, isWhole)
	if !all {
		total.requests.known = false
	}
	for i, t := range spec.Targets {
		r.Targets = append(r.Targets, w.target(&r, t, list[i], total, s, seen, now))
	}
	effective(r.Targets, r.Routing)
	r.Lengths = w.lengths(spec, now)
	r.Objective = w.objective(&r)
	r.Reversals = w.turn(keyOf(spec), r.Weights, now)
	r.State, r.Why = routeState(&r, remark, w.settled(keyOf(spec), now) && explained(&r, total))
	w.routeProbe(&r, now)
	name := w.routeName(spec)
	w.settle("route/"+name, r.State, fleet.Label(string(spec.ID)), r.Why, now)
	r.Trends = w.loadTrends("route/"+name, trendSpan, r.Load, now)
	keys := make([]string, len(spec.Targets))
	for i, t := range spec.Targets {
		keys[i] = w.targetName(spec, t)
	}
	r.Day = w.look.dayTogether(name, keys, now)
	return r
}

// allCounted tells whether the requests of every member that has weight are counted: shares of what is counted of some only would
// be no shares.
func allCounted(r *fleet.Route, list []targetFlow) bool {
	for i, t := range r.Spec.Targets {
		if set(r, t.ID).Or(0) > 0 && !list[i].requests.known {
			return false
		}
	}
	return true
}

// agreement reads the weights of every replica and finds what they agree on.
func (w *world) agreement(r *fleet.Route, now time.Time) (remark fleet.Safe) {
	votes := map[string]int{}
	for _, g := range w.inventory.Gateways {
		if g.ID != r.Spec.Gateway {
			continue
		}
		for _, replica := range g.Replicas {
			view, unset, odd := w.replicaView(r.Spec, replica.ID, now)
			r.Replicas = append(r.Replicas, view)
			for _, id := range unset {
				r.Unset = appendNew(r.Unset, id)
			}
			if !odd.IsEmpty() {
				remark = odd
			}
			if !view.Stale && view.Hash != "" {
				votes[view.Hash]++
			}
		}
	}
	elect(r, votes)
	return remark
}

// elect marks the replicas that differ from most of them, and takes the weights over where all agree.
func elect(r *fleet.Route, votes map[string]int) {
	majority, best := "", 0
	for _, v := range r.Replicas { // in order, so that ties always fall the same way
		if n := votes[v.Hash]; !v.Stale && n > best {
			majority, best = v.Hash, n
		}
	}
	for i := range r.Replicas {
		v := &r.Replicas[i]
		v.Differs = !v.Stale && v.Hash != majority
		if v.Hash == majority && !v.Stale && len(votes) == 1 && r.Weights == nil {
			r.Weights, r.Hash = v.Weights, v.Hash
		}
	}
}

// set returns the weight of a target: what all replicas agree on, else the majority's.
func set(r *fleet.Route, id fleet.TargetID) fleet.Maybe[int] {
	if r.Weights != nil {
		v, ok := r.Weights[id]
		return fleet.Maybe[int]{V: v, OK: ok}
	}
	for _, v := range r.Replicas {
		if !v.Stale && !v.Differs {
			weight, ok := v.Weights[id]
			return fleet.Maybe[int]{V: weight, OK: ok}
		}
	}
	return fleet.None[int]()
}

// setShare returns a target's configured share under the same weights as set.
func setShare(r *fleet.Route, id fleet.TargetID) fleet.Maybe[fleet.Ratio] {
	weights := r.Weights
	for _, v := range r.Replicas {
		if weights == nil && !v.Stale && !v.Differs {
			weights = v.Weights
		}
	}
	if _, ok := weights[id]; !ok {
		return fleet.None[fleet.Ratio]()
	}
	share := weights.Share(id)
	if r.Routing.Uneven && share.V > 0 && share.V < 1 {
		return fleet.None[fleet.Ratio]()
	}
	return share
}

// routeState judges a route by whether its gateways are read, by its worst target with weight, by whether its replicas
// agree, and by whether traffic follows the weights.
func routeState(r *fleet.Route, remark fleet.Safe, settled bool) (fleet.State, fleet.Safe) {
	worst := worstTarget(r)
	broken, weak := judgement{}, judgement{}
	if worst != nil {
		why := fleet.Concat(fleet.Label(string(worst.Spec.ID)), fleet.Text(": "), worst.Why)
		switch {
		case worst.State.Rank() >= fleet.StateCrit.Rank():
			broken = judgement{fleet.StateCrit, why}
		case worst.State == fleet.StateWarn:
			weak = judgement{fleet.StateWarn, why}
		}
	}
	return firstOf(routeReach(r), broken, routeSplit(r, remark), weak, routeOff(r, settled))
}

func worstTarget(r *fleet.Route) *fleet.Target {
	var worst *fleet.Target
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Set.Or(0) > 0 && (worst == nil || t.State.Rank() > worst.State.Rank()) {
			worst = t
		}
	}
	return worst
}

func routeReach(r *fleet.Route) judgement {
	fresh, read := 0, 0
	for _, v := range r.Replicas {
		if !v.At.IsZero() {
			read++
		}
		if !v.Stale {
			fresh++
		}
	}
	switch {
	case len(r.Replicas) == 0:
		return judgement{fleet.StateUnknown, fleet.Text("no gateway replica is configured")}
	case read == 0:
		return judgement{fleet.StateUnknown, fleet.Text("no gateway replica was read yet")}
	case fresh == 0:
		return judgement{fleet.StateStale, fleet.Text("no gateway replica answers")}
	default:
		return judgement{}
	}
}

// routeSplit says when replicas hold different weights, none at all, or weights that cannot be told in whole numbers.
func routeSplit(r *fleet.Route, remark fleet.Safe) judgement {
	for i := len(r.Replicas) - 1; i >= 0; i-- {
		if v := &r.Replicas[i]; v.Differs {
			return judgement{fleet.StateDrift, fleet.Concat(fleet.Label(string(v.ID)), fleet.Text(" holds "), v.Weights.Text(r.Order()))}
		}
	}
	switch {
	case nobodyHolds(r):
		return judgement{fleet.StateWarn, fleet.Text("no gateway replica that answers holds this route")}
	case !remark.IsEmpty():
		return judgement{fleet.StateWarn, remark}
	default:
		return judgement{}
	}
}

func routeOff(r *fleet.Route, settled bool) judgement {
	t := off(r)
	if t == nil || !settled {
		return judgement{}
	}
	return judgement{fleet.StateDrift, fleet.Concat(fleet.Label(string(t.Spec.ID)), fleet.Text(" carries "), t.Seen.V.Whole(),
		fleet.Text("%, set "), t.SetShare.V.Whole(), fleet.Text("%"))}
}

// off finds a target whose measured share is far from its configured one, though nothing explains it.
func off(r *fleet.Route) *fleet.Target {
	for i := range r.Targets {
		t := &r.Targets[i]
		if !t.Seen.OK || !t.SetShare.OK || t.SeenN < driftRequests {
			continue
		}
		if d := t.Seen.V - t.SetShare.V; d > driftShare || d < -driftShare {
			return t
		}
	}
	return nil
}

// nobodyHolds tells whether the gateways answer and none of them knows a member of the route.
func nobodyHolds(r *fleet.Route) bool {
	if len(r.Unset) > 0 {
		return false
	}
	for _, v := range r.Replicas {
		if !v.Stale && len(v.Weights) > 0 {
			return false
		}
	}
	return true
}

// explained tells whether nothing but weights can have moved the measured share: no cool-down that still shows in
// it, no block, and a router that goes by weights.
func explained(r *fleet.Route, total targetFlow) bool {
	if r.Counted.Requests == fleet.CountedEngines { // they count what others than the gateway send as well
		return false
	}
	if total.cooled || r.Routing.Weighing != fleet.WeighingUnknown && !r.Routing.Weighing.Decides() {
		return false
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Blocked.OK && t.Blocked.V || t.Order != r.Targets[0].Order && r.Routing.ByOrder.Or(true) {
			return false
		}
	}
	return true
}

// routeName names what is remembered of a route: declared routes by their own name, others beside their gateway's.
func (w *world) routeName(r fleet.RouteSpec) string {
	if w.declared[keyOf(r)] {
		return string(r.ID)
	}
	return string(r.Gateway) + "\x00" + string(r.Called())
}

func (w *world) targetName(r fleet.RouteSpec, t fleet.TargetSpec) string {
	return "target/" + w.routeName(r) + "/" + string(t.ID)
}
