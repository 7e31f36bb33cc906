package backends

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// used is one kind of tokens that were counted, and what they cost.
type used struct {
	kind   fleet.UsageKind
	tokens decimal.Decimal
	cost   fleet.Maybe[fleet.Money]
}

// usedOf deals what gateways counted of a rented target out to the kinds that have prices. Without prices the costs are
// unknown. What nobody told apart is input that came from no cache.
func usedOf(did totals, price fleet.Price, priced bool) []used {
	mix := economics.MixOf(did.in, did.read, did.written, did.out)
	var list []used
	for _, k := range []struct {
		kind fleet.UsageKind
		n    float64
	}{{fleet.UseInput, mix.Input}, {fleet.UseCacheRead, mix.CacheRead}, {fleet.UseCacheWrite5m, mix.CacheWrite}, {fleet.UseOutput, mix.Output}} {
		if k.n <= 0 {
			continue
		}
		u := used{kind: k.kind, tokens: decimal.NewFromFloat(k.n)}
		if one, ok := economics.UnitPrice(price, k.kind); ok && priced {
			u.cost = fleet.Some(one.Mul(u.tokens))
		}
		list = append(list, u)
	}
	return list
}

// meteredKey is one line of what is metered.
type meteredKey struct {
	provider fleet.ProviderID
	model    fleet.ModelName
	route    fleet.RouteID
	kind     fleet.UsageKind
}

type meteredSum struct {
	tokens, cost decimal.Decimal
	unpriced     bool // some of it has no price
}

// meteredHour is what was metered of rented models in one UTC hour, exactly. Watched is the part of the hour in which
// pitwall ran.
type meteredHour struct {
	hour    time.Time
	watched fleet.Span
	sums    map[meteredKey]*meteredSum
}

// hoursKept is how many hours the meter remembers: whoever keeps them longer takes them over by then.
const hoursKept = 3

// enter adds what was counted since the last reckoning to the hour of now.
func (m *meter) enter(r fleet.RouteSpec, t fleet.TargetSpec, list []used, now time.Time) {
	h := m.hours[len(m.hours)-1]
	for _, u := range list {
		key := meteredKey{t.Provider, t.Model, r.ID, u.kind}
		s := h.sums[key]
		if s == nil {
			s = &meteredSum{}
			h.sums[key] = s
		}
		s.tokens = s.tokens.Add(u.tokens)
		if !u.cost.OK {
			s.unpriced = true
			continue
		}
		s.cost = s.cost.Add(u.cost.V.Amount())
	}
	h.watched.To = now
}

// strike begins a new hour when one has come. The meter watches an hour from its begin on where it watched the one before.
func (m *meter) strike(now time.Time) {
	hour := now.UTC().Truncate(time.Hour)
	n := len(m.hours)
	if n > 0 && m.hours[n-1].hour.Equal(hour) {
		m.hours[n-1].watched.To = now
		return
	}
	from := now
	if n > 0 && m.hours[n-1].hour.Add(time.Hour).Equal(hour) && !m.reckoned.IsZero() {
		from = hour
		m.hours[n-1].watched.To = hour
	}
	m.hours = append(m.hours, &meteredHour{hour: hour, watched: fleet.Span{From: from, To: now}, sums: map[meteredKey]*meteredSum{}})
	if len(m.hours) > hoursKept {
		m.hours = slices.Delete(m.hours, 0, 1)
	}
}

// lines are those of a bill that the meter would write of its hour: one for each provider, model, route and kind of tokens.
func (h *meteredHour) lines() []fleet.BillLine {
	keys := slices.SortedFunc(maps.Keys(h.sums), func(a, b meteredKey) int {
		return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.model, b.model), cmp.Compare(a.route, b.route),
			cmp.Compare(a.kind, b.kind))
	})
	list := make([]fleet.BillLine, 0, len(keys))
	for _, k := range keys {
		s := h.sums[k]
		l := fleet.BillLine{Stream: fleet.StreamMetered, Provider: k.provider, Model: k.model, Route: k.route, Use: k.kind,
			Span: fleet.Span{From: h.hour, To: h.hour.Add(time.Hour)}, Quantity: fleet.Some(s.tokens)}
		if !s.unpriced {
			l.Cost = fleet.Some(fleet.NewMoney(s.cost, fleet.USD))
		}
		list = append(list, l)
	}
	return list
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
