package backends

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// meter adds money up over the budget day, exactly, from the moment that pitwall watches.
type meter struct {
	day      time.Time
	from     time.Time
	today    decimal.Decimal
	known    bool
	tokens   map[string]totals // totals at the last reckoning, by target
	reckoned time.Time
}

var perMillion = decimal.NewFromInt(1_000_000)

// spend builds the money of the whole fleet. The metered and the capacity stream cover different money: rented tokens
// and own hours; other streams of the same money are never added to them.
func (w *world) spend(s *fleet.Snapshot, seen gatewayLoads, now time.Time) fleet.Spend {
	out := fleet.Spend{Budget: w.opt.Inventory.Budget}
	if w.opt.Prices != nil {
		out.PricesAsOf = w.opt.Prices.AsOf()
	}
	unmeasured := 0
	for _, p := range s.Providers {
		if p.Burn.OK {
			out.Metered = fleet.Some(out.Metered.V + p.Burn.V)
		} else if len(p.Unpriced) == 0 && len(seen.gather(onProvider(p.Spec.ID))) > 0 {
			unmeasured++
		}
		for _, m := range p.Unpriced {
			out.Unpriced = appendNew(out.Unpriced, m)
		}
	}
	unpricedPools := 0
	for _, p := range s.Pools {
		if p.Burn.OK {
			out.Capacity = fleet.Some(out.Capacity.V + p.Burn.V)
		} else if len(p.Spec.Replicas) > 0 {
			unpricedPools++
		}
	}
	if out.Metered.OK || out.Capacity.OK {
		out.Burn = fleet.Some(out.Metered.V + out.Capacity.V)
	}
	switch {
	case len(out.Unpriced) > 0:
		out.BurnWhy = fleet.Concat(fleet.Text("without "), fleet.Label(string(out.Unpriced[0])), fleet.Text(": unpriced"))
	case unmeasured > 0:
		out.BurnWhy = fleet.Concat(fleet.Text("without "), fleet.Int(unmeasured), fleet.Text(" providers: their tokens are not measured yet"))
	case unpricedPools > 0:
		out.BurnWhy = fleet.Concat(fleet.Text("without "), fleet.Int(unpricedPools), fleet.Text(" pools: no GPU price"))
	}
	w.reckon(&out, seen, now)
	return out
}

// reckon adds what was spent since the last snapshot.
func (w *world) reckon(out *fleet.Spend, seen gatewayLoads, now time.Time) {
	m := &w.money
	zone, err := time.LoadLocation(out.Budget.Zone) // "" is UTC
	if err != nil {
		zone = time.UTC
	}
	local := now.In(zone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	if !m.day.Equal(day) {
		*m = meter{day: day, from: now, tokens: m.tokens, reckoned: m.reckoned}
		if m.reckoned.After(day) {
			m.from = m.reckoned
		}
	}
	if m.tokens == nil {
		m.tokens = map[string]totals{}
	}
	seen.each(func(t fleet.TargetSpec) bool { return t.Provider != "" }, func(r fleet.RouteSpec, t fleet.TargetSpec, _ targetFlow) {
		price, ok := seen.price(t)
		now := w.targetTotals(r, t)
		key := "target/" + string(r.ID) + "/" + string(t.ID)
		before, again := m.tokens[key]
		m.tokens[key] = now
		if !ok || !again {
			return
		}
		in := decimal.NewFromFloat(max(0, now.in-before.in)).Mul(price.Input.Amount())
		outTok := decimal.NewFromFloat(max(0, now.out-before.out)).Mul(price.Output.Amount())
		m.today = m.today.Add(in.Add(outTok).Div(perMillion))
		m.known = true
	})
	if out.Capacity.OK && !m.reckoned.IsZero() {
		hours := decimal.NewFromFloat(now.Sub(m.reckoned).Hours())
		m.today = m.today.Add(decimal.NewFromFloat(float64(out.Capacity.V)).Mul(hours))
		m.known = true
	}
	m.reckoned = now
	if !m.known {
		return
	}
	out.Today = fleet.Some(fleet.NewMoney(m.today, fleet.USD))
	if m.from.After(day) {
		out.TodayFrom = m.from
	}
	if out.Burn.OK {
		rest := day.AddDate(0, 0, 1).Sub(now).Hours()
		end := m.today.Add(decimal.NewFromFloat(float64(out.Burn.V) * rest))
		out.Forecast = fleet.Some(fleet.NewMoney(end.Round(2), fleet.USD))
	}
}

// targetTotals sums what all gateway replicas counted for a target since pitwall watches.
func (w *world) targetTotals(r fleet.RouteSpec, t fleet.TargetSpec) totals {
	var out totals
	for key, d := range w.deployments {
		if key.route != r.ID || key.deployment != deployment(t) {
			continue
		}
		out.requests += d.requests.total
		out.errors += d.failures.total
		out.in += d.in.total
		out.out += d.out.total
	}
	return out
}

// poolTotals sums what all engines of a pool counted since pitwall watches.
func (w *world) poolTotals(spec fleet.PoolSpec) totals {
	var out totals
	for key, e := range w.engines {
		s := w.byID(key.source)
		if s == nil || s.spec.Subject.Pool != spec.ID {
			continue
		}
		out.requests += e.finished.total
		out.errors += e.failed.total
		out.in += e.prompt.total
		out.out += e.output.total
	}
	return out
}

func (w *world) byID(id fleet.SourceID) *sourceState {
	for _, s := range w.states {
		if s.spec.ID == id {
			return s
		}
	}
	return nil
}
