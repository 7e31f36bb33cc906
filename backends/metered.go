package backends

import (
	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// usageOf is what gateways counted of a rented target, by kind. What nobody told apart is input that came from no cache.
func usageOf(did totals) economics.Usage {
	mix := economics.MixOf(did.in, did.read, did.written, did.out)
	return economics.Usage{fleet.UseInput: decimal.NewFromFloat(mix.Input), fleet.UseCacheRead: decimal.NewFromFloat(mix.CacheRead),
		fleet.UseCacheWrite5m: decimal.NewFromFloat(mix.CacheWrite), fleet.UseOutput: decimal.NewFromFloat(mix.Output)}
}

// unsplit says which gateways do not tell cached tokens apart, where that changes what is shown.
func (w *world) unsplit(seen gatewayLoads) fleet.Safe {
	var names []fleet.Safe
	said := map[fleet.GatewayID]bool{}
	seen.each(func(t fleet.TargetSpec) bool { return t.Provider != "" }, func(r fleet.RouteSpec, t fleet.TargetSpec, f targetFlow) {
		price, ok := seen.price(t)
		if !ok || !price.CachedIn.OK || !f.in.known || f.read.known || said[r.Gateway] {
			return
		}
		said[r.Gateway] = true
		names = append(names, fleet.Label(string(r.Gateway)))
	})
	if len(names) == 0 {
		return fleet.Safe{}
	}
	return fleet.Textf("with all input at the price of uncached: %s %s cached tokens apart", fleet.Join(names, fleet.Text(", ")),
		fleet.Verb(len(names), "does not tell", "do not tell"))
}
