package economics

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// weeksBack is how many weeks an hour of the week is averaged over.
const weeksBack = 4

// Hourly is what was burnt in whole hours that are on file, by their begin, in US dollars.
type Hourly map[time.Time]float64

// HoursOf gathers what was metered and what own capacity cost, for the hours that the meter covers whole. Each hour of a provider
// is taken times its factor.
func HoursOf(ledgers []Ledger, back fleet.Span, rho func(fleet.ProviderID, fleet.ModelName) float64) Hourly {
	out := Hourly{}
	for i := range ledgers {
		l := &ledgers[i]
		if l.Source != "" {
			continue // the meter is pitwall's own: others tell of the same money
		}
		out.open(l, back)
		out.fill(l, rho)
	}
	return out
}

// open begins the hours that the meter covers whole.
func (h Hourly) open(l *Ledger, back fleet.Span) {
	for j := range l.Pages {
		s := &l.Pages[j]
		if s.Stream != fleet.StreamMetered || !s.Day.Before(back.To) || !s.Day.Add(oneDay).After(back.From) {
			continue
		}
		for _, c := range s.Covers {
			for at := c.From.Add(time.Hour - 1).Truncate(time.Hour); !at.Add(time.Hour).After(c.To); at = at.Add(time.Hour) {
				h[at] += 0
			}
		}
	}
}

// fill adds what was burnt in the hours that are open.
func (h Hourly) fill(l *Ledger, rho func(fleet.ProviderID, fleet.ModelName) float64) {
	for j := range l.Pages {
		s := &l.Pages[j]
		if s.Stream != fleet.StreamMetered && s.Stream != fleet.StreamCapacity {
			continue
		}
		for k := range s.Lines {
			line := &s.Lines[k]
			_, whole := h[line.Span.From]
			if !whole || !line.Cost.OK || line.Cost.V.Currency() != fleet.USD || line.Span.Length() > time.Hour {
				continue
			}
			f := 1.0
			if s.Stream == fleet.StreamMetered && rho != nil {
				f = rho(line.Provider, line.Model)
			}
			h[line.Span.From] += line.Cost.V.Float() * f
		}
	}
}

// Outlook is what a forecast is made of.
type Outlook struct {
	Now      time.Time
	Month    fleet.PeriodSpend
	Open     fleet.Maybe[fleet.Money] // of Month.Best: what is metered or own capacity, and not billed
	Hours    Hourly
	Rate     fleet.Maybe[fleet.USDPerHour] // calibrated, now
	Low      float64                       // the least and the greatest factor over the one that Rate is calibrated by
	High     float64
	Complete bool // nothing of the month so far is missing
}

// MonthEnd forecasts a month: what is billed, what is metered since, and for each hour that is left the average of the same hour
// of the last weeks, or the present rate where none is on file.
func MonthEnd(o Outlook) fleet.Forecast {
	f := fleet.Forecast{Until: o.Month.Span.To, BilledTo: o.Month.ClosedTo, Open: o.Open}
	if !o.Month.Best.OK {
		f.Why = fleet.Text("nothing of the month is on file")
		return f
	}
	if o.Month.Best.V.Currency() != fleet.USD {
		f.Why = fleet.Text("the month is not in US dollars: no rate")
		return f
	}
	f.Billed = o.Month.Best
	if o.Open.OK && o.Open.V.Currency() == fleet.USD {
		f.Billed = fleet.Some(fleet.NewMoney(o.Month.Best.V.Amount().Sub(o.Open.V.Amount()), fleet.USD))
	}
	rest, same, present, weeks := 0.0, 0, 0, 0
	for at := o.Now; at.Before(f.Until); {
		next := at.Truncate(time.Hour).Add(time.Hour)
		part := next.Sub(at).Hours()
		mean, n := o.Hours.sameHour(at)
		switch {
		case n > 0:
			rest += mean * part
			same++
			weeks = max(weeks, n)
		case o.Rate.OK:
			rest += float64(o.Rate.V) * part
			present++
		default:
			f.Why = fleet.Text("the rate is not known, and no week of history is on file")
			return f
		}
		at = next
	}
	f.RestBy = restBy(same, present, weeks)
	f.Rest = dollars(rest)
	f.Total = fleet.Some(fleet.NewMoney(o.Month.Best.V.Amount().Add(decimal.NewFromFloat(rest)).Round(2), fleet.USD))
	open := 0.0
	if o.Open.OK {
		open = o.Open.V.Float()
	}
	spread := func(by float64) fleet.Maybe[fleet.Money] { return dollars(f.Total.V.Float() + (open+rest)*(by-1)) }
	if o.Low > 0 && o.High > 0 {
		f.Low, f.High = spread(o.Low), spread(o.High)
	}
	if !o.Complete {
		f.Why = o.Month.BestWhy
	}
	return f
}

func restBy(same, present, weeks int) fleet.Safe {
	switch {
	case same == 0 && present == 0:
		return fleet.Text("the month is over")
	case present == 0:
		return fleet.Textf("the same hours of the last %s", fleet.Many(weeks, "week"))
	case same == 0:
		return fleet.Text("the present rate")
	default:
		return fleet.Textf("the same hours of the last %s, the present rate for %s", fleet.Many(weeks, "week"), fleet.Many(present, "hour"))
	}
}

func dollars(v float64) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.NewFromFloat(v).Round(2), fleet.USD))
}

// sameHour is the mean of the same hour of the week in the weeks before.
func (h Hourly) sameHour(at time.Time) (mean float64, weeks int) {
	at = at.UTC().Truncate(time.Hour)
	sum := 0.0
	for i := 1; i <= weeksBack*2; i++ { // hours late in the month have their past weeks partly ahead of now
		v, ok := h[at.AddDate(0, 0, -7*i)]
		if ok {
			sum += v
			weeks++
		}
		if weeks == weeksBack {
			break
		}
	}
	if weeks == 0 {
		return 0, 0
	}
	return sum / float64(weeks), weeks
}

// UsedUp is when a limit ends at a rate, and whether it holds until its reset. What is spent beyond the limit ended it already.
func UsedUp(now time.Time, left, perHour float64, reset time.Time) (at fleet.Maybe[time.Time], holds fleet.Maybe[bool]) {
	if left <= 0 {
		return fleet.Some(now), fleet.Some(false)
	}
	const century = 100 * 365 * 24.0
	if perHour <= 0 || left/perHour > century {
		return at, fleet.Some(true)
	}
	end := now.Add(time.Duration(left / perHour * float64(time.Hour)))
	if !reset.IsZero() && !end.Before(reset) {
		return at, fleet.Some(true)
	}
	return fleet.Some(end), fleet.Some(false)
}
