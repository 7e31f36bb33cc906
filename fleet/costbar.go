package fleet

import (
	"time"

	"github.com/shopspring/decimal"
)

// CostBar is one hour of a day or one day of a month on a chart. API and Capacity are different money and stand apart.
type CostBar struct {
	Span     Span
	API      Maybe[Money] // the truest stream that speaks of it
	Stream   Stream       // of API
	Capacity Maybe[Money]
	Forecast Maybe[Money] // of the part that is to come, both together; unknown for what is past
	Part     bool         // it is not over, was not watched from its begin, or not all providers tell of it
	Ahead    bool         // it has not begun
}

// HourBars are the 24 hours of the UTC day of now. An hour that nothing is on file of is unknown, not zero.
func (s *Spend) HourBars(now time.Time) []CostBar {
	var points []CostPoint
	if s.Books != nil {
		points = s.Books.Hours
	}
	return s.bars(Day(now), func(t time.Time) time.Time { return t.Add(time.Hour) }, points, now)
}

// DayBars are the days of the UTC month of now. What the rest of the month is expected to cost is spread evenly over what is left.
func (s *Spend) DayBars(now time.Time) []CostBar {
	var points []CostPoint
	if s.Books != nil {
		points = s.Books.Chart
	}
	list := s.bars(Month(now), func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }, points, now)
	rest := s.MonthEnd.Rest
	if len(list) == 0 || !rest.OK {
		return list
	}
	left := decimal.NewFromFloat(list[len(list)-1].Span.To.Sub(now).Seconds())
	for i := range list {
		b := &list[i]
		from := b.Span.From
		if from.Before(now) {
			from = now
		}
		if ahead := b.Span.To.Sub(from).Seconds(); ahead > 0 && left.IsPositive() {
			b.Forecast = Some(rest.V.Mul(decimal.NewFromFloat(ahead).Div(left)))
		}
	}
	return list
}

func (s *Spend) bars(of Span, next func(time.Time) time.Time, points []CostPoint, now time.Time) []CostBar {
	known := make(map[int64]*CostPoint, len(points))
	for i := range points {
		known[points[i].Span.From.Unix()] = &points[i]
	}
	var list []CostBar
	for at := of.From; at.Before(of.To); at = next(at) {
		b := CostBar{Span: Span{From: at, To: next(at)}, Ahead: at.After(now)}
		b.Part = b.Span.Has(now) || b.Span.Has(s.Day.MeteredFrom) && s.Day.MeteredFrom.After(b.Span.From)
		if p := known[at.Unix()]; p != nil && !b.Ahead {
			b.API, b.Stream = p.truest()
			b.Part = b.Part || p.Lacks && b.Stream == StreamReported
			b.Capacity = p.Capacity
		}
		list = append(list, b)
	}
	return list
}

// truest is the bill where it is closed, else the meter, the report, and a bill that is still open. A meter that traffic is known to
// pass by gives way to a report of more, as in CostDay.Best.
func (p *CostPoint) truest() (Maybe[Money], Stream) {
	switch {
	case p.Closed && p.Billed.OK:
		return p.Billed, StreamBilled
	case p.Bypassed && p.Metered.OK && p.Reported.OK && p.Reported.V.Currency() == p.Metered.V.Currency() &&
		p.Reported.V.Amount().GreaterThan(p.Metered.V.Amount()):
		return p.Reported, StreamReported
	case p.Metered.OK:
		return p.Metered, StreamMetered
	case p.Reported.OK:
		return p.Reported, StreamReported
	case p.Billed.OK:
		return p.Billed, StreamBilled
	default:
		return None[Money](), ""
	}
}

// DayBudget is what a day may cost: its own budget, else the month's spread evenly over its days. of says which.
func (b Budget) DayBudget(now time.Time) (budget Maybe[Money], of Safe) {
	if b.PerDay.OK || !b.PerMonth.OK {
		return b.PerDay, Text("day budget")
	}
	days := int64(Month(now).Length() / (24 * time.Hour))
	return Some(b.PerMonth.V.Mul(decimal.NewFromInt(1).Div(decimal.NewFromInt(days)))), Text("month budget by its days")
}
