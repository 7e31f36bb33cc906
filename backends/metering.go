package backends

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/books"
	"pitwall/economics"
	"pitwall/fleet"
)

const (
	// mostHours bounds the hours that wait for a disk.
	mostHours = 48
	// pause is how long nobody may have looked for a meter to have run on: counters stand still in between.
	meterPause = 2 * time.Minute
)

// metering is what passed the gateways and what own machines cost, by UTC hour, until it is in the books.
type metering struct {
	last   time.Time
	before map[account]totals
	hours  map[int64]*meterHour
}

type meterHour struct {
	from, to time.Time
	sums     map[meterKey]*meterSum
}

// meterKey is one line of the meter.
type meterKey struct {
	stream   fleet.Stream
	provider fleet.ProviderID
	model    fleet.ModelName
	pool     fleet.PoolID
	route    fleet.RouteID
	use      fleet.UsageKind
}

// meterSum adds up exactly. Time is in nanoseconds and what it costs a multiple of them: an hour's part is divided once.
type meterSum struct {
	quantity decimal.Decimal
	cost     decimal.Decimal
	currency string // "" where there is no price
}

// meterHours enters what was used since the last snapshot. It is kept also where it has no price: a price may be added, and
// tokens are compared with what providers report.
func (w *world) meterHours(s *fleet.Snapshot, seen gatewayLoads, now time.Time) {
	if w.opt.Books == nil {
		return
	}
	m := &w.metering
	if m.before == nil {
		m.before, m.hours = map[account]totals{}, map[int64]*meterHour{}
	}
	hour := m.turn(now)
	seen.each(func(t fleet.TargetSpec) bool { return t.Provider != "" }, func(r fleet.RouteSpec, t fleet.TargetSpec, _ targetFlow) {
		key := account{gateway: r.Gateway, route: r.Called(), deployment: deployment(t)}
		now := w.ledger.target(r, t)
		before, again := m.before[key]
		m.before[key] = now
		if did := now.since(before); again && hour != nil {
			price, priced := seen.price(t)
			uses := usageOf(did)
			uses[fleet.UseRequests] = decimal.NewFromFloat(max(0, did.requests))
			for use, n := range uses {
				if n.IsZero() {
					continue
				}
				line := meterKey{stream: fleet.StreamMetered, provider: t.Provider, model: t.Model, route: r.ID, use: use}
				unit, ok := economics.TokenUnit(price, use)
				hour.add(line, n, unit, ok && priced)
			}
		}
	})
	if hour != nil {
		hour.capacity(s, now.Sub(m.last))
	}
	m.last = now
}

// turn is the hour that is filled now; nil where nobody looked before, so that nothing is known of the time until now.
func (m *metering) turn(now time.Time) *meterHour {
	begin := now.UTC().Add(-1).Truncate(time.Hour) // of the moment before: what came up to a full hour is of the one that ends
	if m.last.IsZero() || !now.After(m.last) {
		return nil
	}
	hour := m.hours[begin.Unix()]
	switch gap := now.Sub(m.last); {
	case gap > meterPause:
		return nil
	case hour == nil:
		from := m.last
		if old := m.hours[begin.Add(-time.Hour).Unix()]; old != nil && from.Before(begin) {
			old.to = begin
		}
		if from.Before(begin) {
			from = begin
		}
		hour = &meterHour{from: from, sums: map[meterKey]*meterSum{}}
		m.hours[begin.Unix()] = hour
	}
	hour.to = now
	for len(m.hours) > mostHours {
		m.dropOldest()
	}
	return hour
}

func (m *metering) dropOldest() {
	oldest := int64(0)
	for at := range m.hours {
		if oldest == 0 || at < oldest {
			oldest = at
		}
	}
	delete(m.hours, oldest)
}

func (h *meterHour) add(key meterKey, n decimal.Decimal, unit fleet.Money, priced bool) {
	s := h.sums[key]
	if s == nil {
		s = &meterSum{}
		h.sums[key] = s
	}
	s.quantity = s.quantity.Add(n)
	if priced {
		s.cost, s.currency = s.cost.Add(unit.Amount().Mul(n)), unit.Currency()
	}
}

// capacity enters what each pool costs, parted over routes by the tokens that they send it; the rest is of no route.
func (h *meterHour) capacity(s *fleet.Snapshot, over time.Duration) {
	nanos := decimal.NewFromInt(int64(over))
	sent := tokensSent(s)
	for i := range s.Pools {
		p := &s.Pools[i]
		if !p.Burn.OK {
			continue
		}
		rest := nanos
		for j := range s.Routes {
			if all := sent[p.Spec.ID]; all > 0 {
				part := nanos.Mul(decimal.NewFromFloat(float64(tokensTo(&s.Routes[j], p.Spec.ID) / all))).Round(0)
				if part.IsPositive() {
					h.machine(p, s.Routes[j].Spec.ID, part)
					rest = rest.Sub(part)
				}
			}
		}
		h.machine(p, "", rest)
	}
}

func (h *meterHour) machine(p *fleet.Pool, route fleet.RouteID, nanos decimal.Decimal) {
	key := meterKey{stream: fleet.StreamCapacity, pool: p.Spec.ID, route: route, use: fleet.UseHours}
	h.add(key, nanos, fleet.NewMoney(decimal.NewFromFloat(float64(p.Burn.V)), fleet.USD), true)
}

func tokensTo(r *fleet.Route, pool fleet.PoolID) fleet.TokenRate {
	var sum fleet.TokenRate
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Spec.Pool == pool {
			sum += t.Load.InRate.V + t.Load.OutRate.V
		}
	}
	return sum
}

// segments are the hours as lines for the books.
func (m *metering) segments() []books.Segment {
	out := make([]books.Segment, 0, len(m.hours))
	for at, h := range m.hours {
		begin := time.Unix(at, 0).UTC()
		span := fleet.Span{From: begin, To: begin.Add(time.Hour)}
		s := books.Segment{Hour: begin, From: h.from, To: h.to, Lines: make([]fleet.BillLine, 0, len(h.sums))}
		for key, sum := range h.sums {
			if key.use == fleet.UseHours {
				sum = &meterSum{sum.quantity.Div(nanosAnHour), sum.cost.Div(nanosAnHour), sum.currency}
			}
			l := fleet.BillLine{Stream: key.stream, Provider: key.provider, Model: key.model, Route: key.route, Use: key.use, Span: span,
				Item: fleet.Label(string(key.pool)), Quantity: fleet.Some(sum.quantity)}
			if sum.currency != "" {
				l.Cost = fleet.Some(fleet.NewMoney(sum.cost, sum.currency))
			}
			s.Lines = append(s.Lines, l)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(x, y books.Segment) int { return cmp.Compare(x.Hour.Unix(), y.Hour.Unix()) })
	return out
}

// written drops the hours that are over and in the books.
func (m *metering) written(now time.Time) {
	begin := now.UTC().Truncate(time.Hour).Unix()
	for at := range m.hours {
		if at < begin {
			delete(m.hours, at)
		}
	}
}
