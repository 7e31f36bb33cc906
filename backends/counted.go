package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// routeSeries is what one gateway replica counts of a route as a whole, over time.
type routeSeries struct{ requests, failures counter }

// takeRoutes keeps the counters of whole routes, and gives the part of each route's requests that failed since the reading
// before. Routes that are counted for each target are absent.
func (w *world) takeRoutes(s *sourceState, p fleet.Partial) map[fleet.RouteID]fleet.Maybe[float64] {
	before := w.byRoute[s.spec.ID]
	now := make(map[fleet.RouteID]*routeSeries, len(p.Gateway.Whole))
	failed := make(map[fleet.RouteID]fleet.Maybe[float64], len(p.Gateway.Whole))
	for id, c := range p.Gateway.Whole {
		r := before[id]
		if r == nil {
			r = &routeSeries{}
		}
		requests, failures := r.requests.total, r.failures.total
		r.requests.add(p.At, c.Requests, p.Gateway.Metrics)
		r.failures.add(p.At, c.Failures, p.Gateway.Metrics)
		now[id], failed[id] = r, fleet.None[float64]()
		if n := r.requests.total - requests; n > 0 && c.Failures.OK {
			failed[id] = fleet.Some(min(1, (r.failures.total-failures)/n))
		}
	}
	w.byRoute[s.spec.ID] = now
	return failed
}

// attribute gives requests of a target their part of the failures of the route, where the route is all that they are counted
// for. Requests of which nobody can tell how they ended are none that went well.
func attribute(did totals, failed fleet.Maybe[float64]) totals {
	if !failed.OK {
		did.requests, did.errors = 0, 0
		return did
	}
	did.errors = did.requests * failed.V
	return did
}

// wholeOf gathers what the gateway's replicas that are read count of a whole route; false where none counts it.
func (w *world) wholeOf(spec fleet.RouteSpec, replicas []fleet.GatewayReplicaSpec, now time.Time) (targetFlow, bool) {
	var f targetFlow
	counts := false
	for _, r := range replicas {
		s := w.index.gateway(spec.Gateway, r.ID)
		if s == nil || s.last.Gateway == nil || s.stale(now) {
			continue
		}
		series := w.byRoute[s.spec.ID][spec.Called()]
		if series == nil {
			continue
		}
		counts = true
		if s.status.LastGood.After(f.at) {
			f.at = s.status.LastGood
		}
		f.requests.add(&series.requests)
		f.failures.add(&series.failures)
	}
	return f, counts
}

// standIn lets the engines of own pools count where gateways do not: failures where those are counted for whole routes only,
// requests too where nothing is counted of a route at all and nothing else leads to the pool. A gateway that ever counted a
// route is not stood in for: that it fell silent is no news of how its requests end.
func (w *world) standIn(seen gatewayLoads, s *fleet.Snapshot, now time.Time) {
	var senders map[fleet.PoolID][]routeKey
	alone := func(pool fleet.PoolID, key routeKey) fleet.Safe {
		if senders == nil {
			senders = w.senders(seen.specs, now)
		}
		return shared(senders[pool], key)
	}
	for _, r := range seen.specs {
		key := keyOf(r)
		flows := seen.flows[key]
		_, whole := seen.whole[key]
		for _, t := range r.Targets {
			f := flows[t.ID]
			if whole && !f.failures.known && !f.successes.known {
				f.by.Errors = fleet.CountedRoute
				if !w.counts[key] {
					f.by.Requests = fleet.CountedRoute
				}
			}
			if p := s.Pool(t.Pool); t.Pool != "" && p != nil && !f.at.IsZero() {
				f = w.byEngines(f, p, key, alone)
			}
			flows[t.ID] = f
		}
	}
}

// byEngines puts what the engines of a pool count in the place of what the gateway does not count of a target.
func (w *world) byEngines(f targetFlow, p *fleet.Pool, key routeKey, alone func(fleet.PoolID, routeKey) fleet.Safe) targetFlow {
	own, why := w.engineFlow(p)
	if w.counts[key] {
		if f.by.Errors == fleet.CountedRoute && own.failures.known {
			f.by.Errors, f.engineErrors = fleet.CountedEngines, own.errors()
		}
		return f
	}
	if why.IsEmpty() {
		why = alone(p.Spec.ID, key)
	}
	if !why.IsEmpty() {
		f.by.Why = why
		return f
	}
	own.by = fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}
	own.blocked, own.cooling, own.cooled, own.coolCauses = f.blocked, f.cooling, f.cooled, f.coolCauses
	return own
}

// engineFlow is what all engines of a pool did in the last window, or why that is not known of all of them.
func (w *world) engineFlow(p *fleet.Pool) (targetFlow, fleet.Safe) {
	var f targetFlow
	switch {
	case p.Whole != nil || p.Spec.Store != nil:
		return f, fleet.Text("its pool is read as one from a store, which does not stand in for the counts of a gateway")
	case len(p.Replicas) == 0:
		return f, fleet.Text("its pool has no replica that counts")
	case !allRead(p):
		return f, fleet.Text("not all replicas of its pool are read, so that their counts do not stand in for those of the gateway")
	}
	for i := range p.Replicas {
		r := &p.Replicas[i]
		if f.at.IsZero() || r.At.Before(f.at) {
			f.at = r.At
		}
		for _, e := range w.engines[r.Source] {
			if !ofModel(w.models[p.Spec.ID], e.last.Model) {
				continue
			}
			f.requests.add(&e.finished)
			f.failures.add(&e.failed)
			f.in.add(&e.prompt)
			f.out.add(&e.output)
			f.ttft, f.latency = append(f.ttft, &e.ttft), append(f.latency, &e.e2e)
		}
	}
	if !f.requests.known {
		return f, fleet.Text("the engines of its pool do not count requests")
	}
	return f, fleet.Safe{}
}

// senders are the routes that may lead requests to each pool, once for each target that does: those with weight, and those
// whose weights nobody knows.
func (w *world) senders(specs []fleet.RouteSpec, now time.Time) map[fleet.PoolID][]routeKey {
	out := map[fleet.PoolID][]routeKey{}
	for _, spec := range specs {
		r := fleet.Route{Spec: spec}
		read := false
		for _, t := range spec.Targets {
			if t.Pool == "" {
				continue
			}
			if !read {
				w.agreement(&r, now)
				read = true
			}
			if mayGet(&r, t.ID) {
				out[t.Pool] = append(out[t.Pool], keyOf(spec))
			}
		}
	}
	return out
}

// mayGet tells whether any gateway replica gives a target weight, as far as is known.
func mayGet(r *fleet.Route, id fleet.TargetID) bool {
	for _, v := range r.Replicas {
		if weight, ok := v.Weights[id]; v.Stale || !ok || weight > 0 {
			return true
		}
	}
	return len(r.Replicas) == 0
}

// shared says which other routes lead to a pool of a route, or that this one does twice; "" where it is alone.
func shared(senders []routeKey, own routeKey) fleet.Safe {
	var names []fleet.Safe
	mine := 0
	for _, k := range senders {
		if k == own {
			mine++
			continue
		}
		name := fleet.Concat(fleet.Label(string(k.route)), fleet.Text(" of "), fleet.Label(string(k.gateway)))
		if !slices.ContainsFunc(names, func(n fleet.Safe) bool { return n.String() == name.String() }) {
			names = append(names, name)
		}
	}
	switch {
	case len(names) > 4:
		names = append(names[:4], fleet.Textf("%s more", fleet.Int(len(names)-4)))
		fallthrough
	case len(names) > 0:
		return fleet.Concat(fleet.Text("its pool is shared with "), fleet.Join(names, fleet.Text(", ")),
			fleet.Text(": what its engines count cannot be told apart"))
	case mine > 1:
		return fleet.Text("two targets of this route lead to its pool: what its engines count cannot be told apart")
	}
	return fleet.Safe{}
}

// byWhole puts what a gateway counts of a whole route in the place of what its targets' counts add up to.
func byWhole(l fleet.Load, whole targetFlow) fleet.Load {
	l.Requests, l.Errors = whole.requests.rate(), whole.errors()
	l.Window = whole.requests.window(whole.at)
	return l
}

// countRoute says who counted a route, and takes out of its load what only some of its members were counted for.
func countRoute(r *fleet.Route, list []targetFlow, all bool, whole targetFlow, isWhole bool) {
	engines := slices.ContainsFunc(list, func(f targetFlow) bool { return f.by.Requests == fleet.CountedEngines })
	switch {
	case engines && all:
		r.Counted = fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}
	case engines: // what some members did is not what the route did
		r.Load = fleet.Load{At: r.Load.At, Window: r.Load.Window}
		r.Counted.Why = fleet.Text("not all of its members with weight are counted, so that shares cannot be told")
	}
	if isWhole {
		r.Load, r.Counted.Errors = byWhole(r.Load, whole), fleet.CountedRoute
	}
}

// boundedVerdict is what the failures of a whole route say of one target: it works where those cannot be half of what it got,
// were they all its own. They never say that it does not.
func (f targetFlow) boundedVerdict(whole targetFlow) fleet.HealthVerdict {
	v := fleet.HealthVerdict{Kind: fleet.HealthGateway, At: f.at, Why: fleet.Text("no requests in the last minute")}
	if !f.requests.known || f.requests.delta < 1 {
		return v
	}
	bad := whole.errors()
	if !bad.OK {
		v.Why = fleet.Text("the failures of its route cannot be read")
		return v
	}
	v.Why = fleet.Concat(fleet.Count(f.requests.delta).Text(), fleet.Text(" requests, "), bad.V.Text(),
		fleet.Text("% of the whole route failed"))
	if whole.failures.perSec < 0.5*f.requests.perSec {
		v.Up = fleet.Some(true)
	} else {
		v.Why = fleet.Concat(v.Why, fleet.Text(", which can be its own"))
	}
	return v
}

// gatewayVerdict is what the gateway's responses say of a target, as far as the gateway counts them.
func gatewayVerdict(f targetFlow, seen gatewayLoads, r *fleet.Route) fleet.HealthVerdict {
	whole, isWhole := seen.whole[keyOf(r.Spec)]
	switch {
	case f.by.Requests == fleet.CountedEngines:
		return fleet.HealthVerdict{Kind: fleet.HealthGateway, Why: fleet.Text("it counts no requests")}
	case isWhole && f.by.Errors != fleet.CountedHere:
		return f.boundedVerdict(whole)
	}
	return f.verdict()
}

// lookedAt is under what name the past of a target is remembered. What engines counted is kept apart from what gateways did.
func (w *world) lookedAt(r *fleet.Route, t *fleet.Target) string {
	key := w.targetName(r.Spec, t.Spec)
	switch {
	case t.Counted.Requests != fleet.CountedEngines:
		return key
	case r.Counted.Requests == fleet.CountedEngines:
		return key + "/engines"
	}
	return key + "/part"
}

// burnsAs is whose past tells how fast a target uses its budget of errors up.
func (w *world) burnsAs(r *fleet.Route, t *fleet.Target) string {
	if t.Counted.Requests == fleet.CountedEngines {
		return "pool/" + string(t.Spec.Pool)
	}
	return w.targetName(r.Spec, t.Spec)
}

// did is what was counted for a target since pitwall watches. What engines counted is a part of the route's only where all of
// its members are counted so.
func (w *world) did(r *fleet.Route, t *fleet.Target) totals {
	switch {
	case t.Counted.Requests != fleet.CountedEngines:
		return w.ledger.target(r.Spec, t.Spec)
	case r.Counted.Requests == fleet.CountedEngines:
		return w.ledger.pool(t.Spec.Pool)
	}
	return totals{}
}
