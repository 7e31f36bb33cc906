package togethercosts

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// endpoint is one that runs.
type endpoint struct {
	id, name string
	model    fleet.ModelName
	hardware string
	hourly   fleet.Maybe[fleet.Money]     // of one replica
	replicas fleet.Maybe[decimal.Decimal] // at least
	scales   bool                         // there may be more of them
	reserved bool                         // its price is by contract
}

// meter adds up how long endpoints were seen running, by the hour. Together tells of now only; hours that began before the first
// look are not told.
type meter struct {
	first time.Time // look without a gap since
	last  time.Time
	ran   []endpoint // at the last look
	hours map[time.Time]map[string]*hours
}

// hours are those of one endpoint in one hour.
type hours struct {
	of  endpoint
	sum decimal.Decimal // without replicas
}

// look takes what runs now: what ran at the last look and runs now ran in between.
func (m *meter) look(now time.Time, list []endpoint) {
	if m.first.IsZero() || now.Sub(m.last) > gap || now.Before(m.last) {
		m.first, m.last, m.ran, m.hours = now, now, list, map[time.Time]map[string]*hours{}
		return
	}
	for _, e := range list {
		if !slices.ContainsFunc(m.ran, func(o endpoint) bool { return o.id == e.id }) {
			continue
		}
		for at := m.last; at.Before(now); {
			hour := at.UTC().Truncate(time.Hour)
			end := hour.Add(time.Hour)
			if end.After(now) {
				end = now
			}
			m.add(hour, e, end.Sub(at))
			at = end
		}
	}
	for hour := range m.hours {
		if now.Sub(hour) > 2*gap {
			delete(m.hours, hour)
		}
	}
	m.last, m.ran = now, list
}

func (m *meter) add(hour time.Time, e endpoint, d time.Duration) {
	if m.hours[hour] == nil {
		m.hours[hour] = map[string]*hours{}
	}
	h := m.hours[hour][e.id]
	if h == nil {
		h = &hours{}
		m.hours[hour][e.id] = h
	}
	h.of = e
	h.sum = h.sum.Add(decimal.NewFromInt(d.Milliseconds()).Div(decimal.NewFromInt(time.Hour.Milliseconds())))
}

// reading are the hour that runs and the one before, as far as they were looked at from their begin.
func (m *meter) reading(now time.Time) *fleet.BillReading {
	b := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamCapacity}}
	running := now.UTC().Truncate(time.Hour)
	for _, hour := range []time.Time{running.Add(-time.Hour), running} {
		if hour.Before(m.first) {
			continue
		}
		span := fleet.Span{From: hour, To: hour.Add(time.Hour)}
		b.Covers = append(b.Covers, span)
		for _, h := range m.hours[hour] {
			b.Lines = append(b.Lines, h.line(span))
			b.Watermark = now
		}
	}
	b.Covers = fleet.JoinSpans(b.Covers...)
	slices.SortFunc(b.Lines, func(x, y fleet.BillLine) int {
		if c := x.Span.From.Compare(y.Span.From); c != 0 {
			return c
		}
		return slices.Compare([]string{x.Item.String(), x.Project}, []string{y.Item.String(), y.Project})
	})
	return b
}

// line is an endpoint in an hour. One that scales cost at least that much.
func (h *hours) line(at fleet.Span) fleet.BillLine {
	e := &h.of
	l := fleet.BillLine{Stream: fleet.StreamCapacity, Span: at, Model: e.model, Use: fleet.UseHours, Project: e.id, Estimated: e.scales,
		Item: fleet.Concat(fleet.Quote(e.name), fleet.Text(" on "), fleet.Quote(e.hardware)), Unit: fleet.Text("hours of endpoints")}
	if !e.replicas.OK {
		return l
	}
	l.Quantity = fleet.Some(h.sum.Mul(e.replicas.V))
	if e.hourly.OK {
		l.List = fleet.Some(e.hourly.V.Mul(l.Quantity.V))
		if !e.reserved {
			l.Cost = l.List
		}
	}
	return l
}
