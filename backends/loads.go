package backends

import (
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// gatewayLoads is what the gateways see of every target, by route, before it is added up by
// pool and provider.
type gatewayLoads struct {
	specs  []fleet.RouteSpec
	flows  map[routeKey]map[fleet.TargetID]targetFlow
	whole  map[routeKey]targetFlow // of routes whose failures are counted as a whole
	prices Prices
	kinds  map[fleet.ProviderID]fleet.ProviderSpec
}

func (w *world) loads(now time.Time) gatewayLoads {
	g := gatewayLoads{
		specs: w.routeSpecs(now), prices: w.opt.Prices,
		flows: map[routeKey]map[fleet.TargetID]targetFlow{}, whole: map[routeKey]targetFlow{},
		kinds: map[fleet.ProviderID]fleet.ProviderSpec{},
	}
	for _, p := range w.inventory.Providers {
		g.kinds[p.ID] = p
	}
	replicas := map[fleet.GatewayID][]fleet.GatewayReplicaSpec{}
	for _, gw := range w.inventory.Gateways {
		replicas[gw.ID] = gw.Replicas
	}
	for _, r := range g.specs {
		flows := make(map[fleet.TargetID]targetFlow, len(r.Targets))
		for _, t := range r.Targets {
			flows[t.ID] = w.flowOf(r, t, replicas[r.Gateway], now)
		}
		g.flows[keyOf(r)] = flows
		if whole, counts := w.wholeOf(r, replicas[r.Gateway], now); counts {
			g.whole[keyOf(r)] = whole
		}
	}
	return g
}

// each calls f for every target that matches.
func (g gatewayLoads) each(match func(fleet.TargetSpec) bool, f func(fleet.RouteSpec, fleet.TargetSpec, targetFlow)) {
	for _, r := range g.specs {
		for _, t := range r.Targets {
			if match(t) {
				f(r, t, g.flows[keyOf(r)][t.ID])
			}
		}
	}
}

// sum adds flows of several targets up.
func sum(list []targetFlow) targetFlow {
	out := targetFlow{summed: true}
	for _, f := range list {
		if f.at.After(out.at) {
			out.at = f.at
		}
		if f.answered.After(out.answered) {
			out.answered = f.answered
		}
		out.requests.plus(f.requests)
		switch {
		case f.summed:
			out.judged.plus(f.judged)
		case f.failures.known || f.successes.known:
			out.judged.plus(f.requests)
		}
		out.successes.plus(f.successes)
		out.failures.plus(f.failures)
		out.in.plus(f.in)
		out.out.plus(f.out)
		out.read.plus(f.read)
		out.written.plus(f.written)
		out.ttft = append(out.ttft, f.ttft...)
		out.latency = append(out.latency, f.latency...)
		out.cooling = out.cooling || f.cooling
		out.cooled = out.cooled || f.cooled
		lowest(&out.remainingRequests, f.remainingRequests)
		lowest(&out.remainingTokens, f.remainingTokens)
	}
	return out
}

// users gathers what gateways counted of all requests: those of a route that is counted as a whole once, and those that engines
// stand in for not at all.
func (g gatewayLoads) users() []targetFlow {
	var list []targetFlow
	for _, r := range g.specs {
		whole, isWhole := g.whole[keyOf(r)]
		if isWhole {
			list = append(list, whole)
		}
		for _, t := range r.Targets {
			f := g.flows[keyOf(r)][t.ID]
			if f.by.Requests == fleet.CountedEngines {
				continue
			}
			if isWhole {
				f.requests, f.successes, f.failures = flow{}, flow{}, flow{}
			}
			list = append(list, f)
		}
	}
	return list
}

func onPool(id fleet.PoolID) func(fleet.TargetSpec) bool {
	return func(t fleet.TargetSpec) bool { return t.Pool == id }
}

func onProvider(id fleet.ProviderID) func(fleet.TargetSpec) bool {
	return func(t fleet.TargetSpec) bool { return t.Provider == id }
}

func (g gatewayLoads) gather(match func(fleet.TargetSpec) bool) []targetFlow {
	var list []targetFlow
	g.each(match, func(_ fleet.RouteSpec, _ fleet.TargetSpec, f targetFlow) { list = append(list, f) })
	return list
}

// poolErrors is the error ratio of a pool as gateways see it.
func (g gatewayLoads) poolErrors(id fleet.PoolID) (fleet.Maybe[fleet.Ratio], bool) {
	e := sum(g.gather(onPool(id))).load().Errors
	return e, e.OK
}

// answered is when the newest answer of a pool that gateways counted came at the earliest: after the reading before the
// one that showed it. It is zero where none was counted.
func (g gatewayLoads) answered(id fleet.PoolID) time.Time {
	return sum(g.gather(onPool(id))).answered
}

// provider is the load of a provider as gateways see it: its own counters are not readable live.
func (g gatewayLoads) provider(id fleet.ProviderID) fleet.Load {
	return sum(g.gather(onProvider(id))).load()
}

// limits are what the gateways last read from the provider's limit headers.
func (g gatewayLoads) limits(id fleet.ProviderID) []fleet.Limit {
	f := sum(g.gather(onProvider(id)))
	var out []fleet.Limit
	if f.remainingRequests.OK {
		out = append(out, fleet.Limit{Kind: fleet.LimitRPM, Remaining: f.remainingRequests, At: f.at})
	}
	if f.remainingTokens.OK {
		out = append(out, fleet.Limit{Kind: fleet.LimitTPM, Remaining: f.remainingTokens, At: f.at})
	}
	return out
}

// guard is the strictest guard of the routes that use a target.
func (g gatewayLoads) strictest(match func(fleet.TargetSpec) bool) fleet.Guard {
	var out fleet.Guard
	g.each(match, func(r fleet.RouteSpec, _ fleet.TargetSpec, _ targetFlow) {
		if e := r.Guard.ErrRatio; e.OK && (!out.ErrRatio.OK || e.V < out.ErrRatio.V) {
			out.ErrRatio = e
		}
		if t := r.Guard.TTFT95; t.OK && (!out.TTFT95.OK || t.V < out.TTFT95.V) {
			out.TTFT95 = t
		}
	})
	return out
}

func (g gatewayLoads) guard(id fleet.PoolID) fleet.Guard { return g.strictest(onPool(id)) }
func (g gatewayLoads) providerGuard(id fleet.ProviderID) fleet.Guard {
	return g.strictest(onProvider(id))
}

// strictestSLO is the highest objective of the routes that use a target.
func (g gatewayLoads) strictestSLO(match func(fleet.TargetSpec) bool) fleet.Maybe[fleet.Ratio] {
	var out fleet.Maybe[fleet.Ratio]
	g.each(match, func(r fleet.RouteSpec, _ fleet.TargetSpec, _ targetFlow) {
		if r.SLO.OK && (!out.OK || r.SLO.V > out.V) {
			out = r.SLO
		}
	})
	return out
}

func (g gatewayLoads) objective(id fleet.PoolID) fleet.Maybe[fleet.Ratio] {
	return g.strictestSLO(onPool(id))
}
func (g gatewayLoads) providerObjective(id fleet.ProviderID) fleet.Maybe[fleet.Ratio] {
	return g.strictestSLO(onProvider(id))
}

// price finds what a provider's model costs: the configuration's own price, else the catalogue's less the contract's discount.
func (g gatewayLoads) price(t fleet.TargetSpec) (fleet.Price, bool) {
	spec, ok := g.kinds[t.Provider]
	if !ok {
		return fleet.Price{}, false
	}
	var list fleet.Prices
	if g.prices != nil {
		list = g.prices.Price
	}
	return spec.PriceOf(t.Model, list)
}

// targetBurn is what a rented target costs an hour by its token counters.
func (g gatewayLoads) targetBurn(t fleet.TargetSpec, f targetFlow) fleet.Maybe[fleet.USDPerHour] {
	price, ok := g.price(t)
	if !ok || !f.in.known && !f.out.known {
		return fleet.None[fleet.USDPerHour]()
	}
	return fleet.Some(economics.Metered(f.mix(), price))
}

// providerBurn sums what can be priced, and names what cannot.
func (g gatewayLoads) providerBurn(id fleet.ProviderID) (fleet.Maybe[fleet.USDPerHour], []fleet.ModelName) {
	var total fleet.Maybe[fleet.USDPerHour]
	var unpriced []fleet.ModelName
	g.each(onProvider(id), func(_ fleet.RouteSpec, t fleet.TargetSpec, f targetFlow) {
		if _, ok := g.price(t); !ok {
			if f.requests.known && f.requests.delta > 0 {
				unpriced = appendNew(unpriced, t.Model)
			}
			return
		}
		if burn := g.targetBurn(t, f); burn.OK {
			total = fleet.Some(total.V + burn.V)
		}
	})
	return total, unpriced
}

func appendNew[T comparable](list []T, v T) []T {
	for _, o := range list {
		if o == v {
			return list
		}
	}
	return append(list, v)
}

// poolBurn is GPU-hours times price, busy or idle; it is unknown where the GPU has no price.
func poolBurn(spec fleet.PoolSpec) fleet.Maybe[fleet.USDPerHour] {
	gpus := len(spec.Replicas) * spec.GPUsPerReplica
	if !spec.GPUHour.OK || gpus == 0 {
		return fleet.None[fleet.USDPerHour]()
	}
	return fleet.Some(economics.Capacity(gpus, spec.GPUHour.V))
}

// allocated is what a million tokens cost now: burn over the prompt and output tokens of the window.
func allocated(burn fleet.Maybe[fleet.USDPerHour], l fleet.Load) fleet.Maybe[fleet.USDPerMTok] {
	if !burn.OK || !l.InRate.OK && !l.OutRate.OK {
		return fleet.None[fleet.USDPerMTok]()
	}
	return economics.Allocated(burn.V, l.InRate.V+l.OutRate.V)
}
