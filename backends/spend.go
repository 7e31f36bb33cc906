package backends

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// meter adds money up over the budget day, exactly, from the moment that pitwall watches.
type meter struct {
	day      time.Time
	from     time.Time
	today    decimal.Decimal
	known    bool
	tokens   map[account]totals // totals at the last reckoning, by target
	zone     *time.Location
	reckoned time.Time
}

// nanosAnHour turns a time into hours.
var nanosAnHour = decimal.NewFromInt(int64(time.Hour))

// spend builds the money of the whole fleet. The metered and the capacity stream cover different money: rented tokens
// and own hours; other streams of the same money are never added to them.
func (w *world) spend(s *fleet.Snapshot, seen gatewayLoads, now time.Time) fleet.Spend {
	out := fleet.Spend{Budget: w.inventory.Budget}
	if w.opt.Prices != nil {
		out.PricesAsOf = w.opt.Prices.AsOf()
		if site, ok := w.opt.Prices.(interface{ SiteFile() fleet.Safe }); ok {
			out.PricesSite = site.SiteFile()
		}
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
	out.BurnWhy = burnWhy(out.Unpriced, unmeasured, unpricedPools)
	out.MeteredWhy, out.Keys = w.unsplit(seen), w.keys.list(now)
	w.reckon(&out, seen, now)
	return out
}

// burnWhy says what the burn lacks, "" where it is whole.
func burnWhy(unpriced []fleet.ModelName, unmeasured, unpricedPools int) fleet.Safe {
	switch {
	case len(unpriced) > 0:
		return fleet.Concat(fleet.Text("without "), fleet.Label(string(unpriced[0])), fleet.Text(": unpriced"))
	case unmeasured > 0:
		return fleet.Concat(fleet.Text("without "), fleet.Many(unmeasured, "provider"), fleet.Text(": their tokens are not measured yet"))
	case unpricedPools > 0:
		return fleet.Concat(fleet.Text("without "), fleet.Many(unpricedPools, "pool"), fleet.Text(": no GPU price"))
	default:
		return fleet.Safe{}
	}
}

// reckon adds what was spent since the last snapshot.
func (w *world) reckon(out *fleet.Spend, seen gatewayLoads, now time.Time) {
	m := &w.money
	m.turn(out.Budget.Zone, now)
	seen.each(func(t fleet.TargetSpec) bool { return t.Provider != "" }, func(r fleet.RouteSpec, t fleet.TargetSpec, _ targetFlow) {
		price, ok := seen.price(t)
		counted := w.ledger.target(r, t)
		key := account{gateway: r.Gateway, route: r.Called(), deployment: deployment(t)}
		before, again := m.tokens[key]
		m.tokens[key] = counted
		if !ok || !again {
			return
		}
		if cost := economics.Cost(usageOf(counted.since(before)), price).Cost; cost.OK {
			m.today = m.today.Add(cost.V.Amount())
		}
		m.known = true
	})
	if out.Capacity.OK && !m.reckoned.IsZero() {
		from := m.reckoned
		if from.Before(m.day) {
			from = m.day // the hours before belong to yesterday
		}
		hours := decimal.NewFromInt(int64(now.Sub(from))).Div(nanosAnHour)
		m.today = m.today.Add(decimal.NewFromFloat(float64(out.Capacity.V)).Mul(hours))
		m.known = true
	}
	m.reckoned = now
	if !m.known {
		return
	}
	out.Today = fleet.Some(fleet.NewMoney(m.today, fleet.USD))
	if m.from.After(m.day) {
		out.TodayFrom = m.from
	}
	if out.Burn.OK {
		rest := m.day.AddDate(0, 0, 1).Sub(now).Hours()
		end := m.today.Add(decimal.NewFromFloat(float64(out.Burn.V) * rest))
		out.Forecast = fleet.Some(fleet.NewMoney(end.Round(2), fleet.USD))
	}
}

// turn begins a new budget day when one has come. What was spent between the last reckoning and midnight is lost to
// neither day by more than the second between two snapshots.
func (m *meter) turn(zone string, now time.Time) {
	if m.zone == nil {
		loc, err := time.LoadLocation(zone) // "" is UTC
		if err != nil {
			loc = time.UTC
		}
		m.zone = loc
	}
	if m.tokens == nil {
		m.tokens = map[account]totals{}
	}
	local := now.In(m.zone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, m.zone)
	if m.day.Equal(day) {
		return
	}
	from := now
	if !m.reckoned.IsZero() {
		from = day // pitwall watched over midnight
	}
	*m = meter{day: day, from: from, tokens: m.tokens, reckoned: m.reckoned, zone: m.zone}
}
