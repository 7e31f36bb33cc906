package backends

import (
	"cmp"
	"slices"

	"pitwall/economics"
	"pitwall/fleet"
)

// standardTier is the tier of service that list prices without another word are for.
const standardTier = "standard"

// besideAPI sets each own pool of a route beside the rented targets of that route.
func besideAPI(s *fleet.Snapshot, seen gatewayLoads) []fleet.PoolBeside {
	var list []fleet.PoolBeside
	for i := range s.Routes {
		r := &s.Routes[i]
		flows := seen.flows[keyOf(r.Spec)]
		for j := range r.Targets {
			if p := s.Pool(r.Targets[j].Spec.Pool); p != nil {
				list = append(list, poolBeside(r, &r.Targets[j], p, flows, seen))
			}
		}
	}
	return list
}

func poolBeside(r *fleet.Route, t *fleet.Target, p *fleet.Pool, flows map[fleet.TargetID]targetFlow, seen gatewayLoads) fleet.PoolBeside {
	out := fleet.PoolBeside{Route: r.Spec.ID, Pool: p.Spec.ID, Model: t.Spec.Model, Currency: fleet.USD, At: p.Load.At,
		Allocated: p.PerMTok, Usage: atFull(p)}
	switch {
	case !p.Burn.OK:
		out.Why = fleet.Text("no price of its GPUs: usd_per_gpu_hour")
	case !p.PerMTok.OK:
		out.Why = fleet.Text("no tokens to share its cost out over")
	case !out.Usage.OK:
		out.Why = fleet.Text("at full use: what share of it is used is not known")
	}
	mix, from := mixBeside(t, r, flows)
	sum := mix.Tokens()
	out.Mix = fleet.TokenMix{Input: fleet.Ratio(mix.Input / sum), Cached: fleet.Ratio(mix.CacheRead / sum),
		Written: fleet.Ratio(mix.CacheWrite / sum), Output: fleet.Ratio(mix.Output / sum), From: from}
	for i := range r.Targets {
		if o := &r.Targets[i].Spec; o.Provider != "" {
			out.Others = append(out.Others, apiBeside(o, mix, seen))
		}
	}
	slices.SortStableFunc(out.Others, func(a, b fleet.APIBeside) int {
		if a.Price.OK != b.Price.OK {
			return cmp.Compare(b2i(b.Price.OK), b2i(a.Price.OK))
		}
		return cmp.Compare(a.Price.V, b.Price.V)
	})
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mixBeside is the mix of the pool's own traffic on the route, else of all targets of the route, else the usual one, which is said.
func mixBeside(t *fleet.Target, r *fleet.Route, flows map[fleet.TargetID]targetFlow) (economics.Mix, fleet.Safe) {
	if mix := flows[t.Spec.ID].mix(); mix.Tokens() > 0 {
		return mix, fleet.Concat(fleet.Text("measured on "), fleet.Quote(string(t.Spec.ID)))
	}
	var whole economics.Mix
	for i := range r.Targets {
		mix := flows[r.Targets[i].Spec.ID].mix()
		whole.Input, whole.CacheRead = whole.Input+mix.Input, whole.CacheRead+mix.CacheRead
		whole.CacheWrite, whole.Output = whole.CacheWrite+mix.CacheWrite, whole.Output+mix.Output
	}
	if whole.Tokens() > 0 {
		return whole, fleet.Text("measured on the other targets of the route")
	}
	return economics.Mix{Input: 3, Output: 1}, fleet.Text("no traffic: assumed 3 parts input to 1 output")
}

func apiBeside(t *fleet.TargetSpec, mix economics.Mix, seen gatewayLoads) fleet.APIBeside {
	out := fleet.APIBeside{Target: t.ID, Provider: t.Provider, Model: t.Model, Tier: standardTier, Currency: fleet.USD}
	price, ok := seen.price(*t)
	switch {
	case !ok:
		out.Why = fleet.Text("unpriced")
		return out
	case !price.Of(fleet.UseInput).OK || !price.Of(fleet.UseOutput).OK && mix.Output > 0:
		out.Why = fleet.Text("its price lacks input or output")
		return out
	}
	out.Currency = price.Input.Currency()
	out.Price = economics.Allocated(economics.Metered(mix, price), fleet.TokenRate(mix.Tokens()))
	out.Source, out.AsOf = fleet.Label(price.Source), price.AsOf
	if mix.CacheRead > 0 && !price.CachedIn.OK {
		out.Why = fleet.Text("cached input has no price of its own: taken as input")
	}
	return out
}
