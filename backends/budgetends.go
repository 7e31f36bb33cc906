package backends

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// budgetEnds are all limits on spend with the moment at which each is used up at the present rate: the budgets of the configuration,
// what providers keep themselves, and what gateways let each provider cost. The first to end binds.
func (w *world) budgetEnds(s *fleet.Snapshot, now time.Time) []fleet.BudgetEnd {
	list := w.ownBudgets(s, now)
	if b := s.Spend.Books; b != nil {
		for i := range b.Bills {
			list = append(list, w.providerEnds(s, &b.Bills[i], now)...)
		}
	}
	for i := range s.Gateways {
		list = append(list, gatewayEnds(s, &s.Gateways[i], now)...)
	}
	rank := func(e *fleet.BudgetEnd) int {
		switch {
		case e.At.OK:
			return 0
		case e.Holds.OK:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(list, func(x, y fleet.BudgetEnd) int { return cmp.Or(rank(&x)-rank(&y), x.At.V.Compare(y.At.V)) })
	if len(list) > 0 && list[0].At.OK {
		list[0].Binds = true
	}
	return list
}

// ownBudgets are the day's and the month's.
func (w *world) ownBudgets(s *fleet.Snapshot, now time.Time) []fleet.BudgetEnd {
	var list []fleet.BudgetEnd
	budget, rate := s.Spend.Budget, s.Spend.Needle.Rate
	low := s.Spend.Calibrated
	if rate.OK && low.Burn.OK && low.Rho.OK { // own machines and what is rented, that calibrated
		rate.V += s.Spend.Needle.Rate.V * meteredPart(s) * fleet.USDPerHour(low.Rho.V-1)
	}
	high := rate
	if rate.OK && low.High.OK && low.Burn.OK && low.Burn.V > 0 {
		high.V += s.Spend.Needle.Rate.V * meteredPart(s) * fleet.USDPerHour(low.Rho.Or(1)) * (low.High.V/low.Burn.V - 1)
	}
	if budget.PerDay.OK {
		end := w.money.day.AddDate(0, 0, 1)
		spent := s.Spend.Today
		why := fleet.Safe{}
		if s.Spend.Day.Best.OK && w.money.zone == time.UTC && (!spent.OK || amountOf(s.Spend.Day.Best) > amountOf(spent)) {
			spent = s.Spend.Day.Best // also what earlier runs counted of the day
		} else if !s.Spend.TodayFrom.IsZero() {
			why = fleet.Concat(fleet.Text("counted since "), fleet.ClockTime(s.Spend.TodayFrom))
		}
		list = append(list, ends(fleet.BudgetEnd{Of: fleet.Text("day"), By: fleet.StreamMetered, Limit: budget.PerDay, Spent: spent, Rate: rate,
			Reset: fleet.Some(end), Told: now, Why: why}, high, now))
	}
	if budget.PerMonth.OK {
		list = append(list, ends(fleet.BudgetEnd{Of: fleet.Text("month"), By: fleet.StreamBilled, Limit: budget.PerMonth,
			Spent: s.Spend.Month.Best,
			Rate:  rate, Reset: fleet.Some(fleet.Month(now).To), Told: now, Why: s.Spend.Month.BestWhy}, high, now))
	}
	return list
}

func meteredPart(s *fleet.Snapshot) fleet.USDPerHour {
	if !s.Spend.Metered.OK || !s.Spend.Burn.OK || s.Spend.Burn.V <= 0 {
		return 0
	}
	return s.Spend.Metered.V / s.Spend.Burn.V
}

// ends finds when a limit is used up. Amounts of another currency than dollars have no rate to end by.
func ends(e fleet.BudgetEnd, high fleet.Maybe[fleet.USDPerHour], now time.Time) fleet.BudgetEnd {
	switch {
	case !e.Limit.OK:
		e.Why = fleet.Text("its limit is not known")
	case !e.Spent.OK:
		e.Why = fleet.Text("what is spent of it is not known")
	case e.Limit.V.Currency() != fleet.USD || e.Spent.V.Currency() != fleet.USD && !e.Spent.V.Amount().IsZero():
		e.Why = fleet.Concat(fleet.Text("it is in "), fleet.Quote(e.Limit.V.Currency()), fleet.Text(": no rate"))
	case !e.Rate.OK:
		e.Why = fleet.Text("the present rate is not known")
	default:
		left := e.Limit.V.Amount().Sub(e.Spent.V.Amount()).InexactFloat64()
		reset := e.Reset.V
		if !e.Told.IsZero() && e.Told.Before(now) { // since it was told more was spent
			left -= float64(e.Rate.V) * now.Sub(e.Told).Hours()
		}
		e.At, e.Holds = economics.UsedUp(now, left, float64(e.Rate.V), reset)
		if high.OK {
			e.Low, _ = economics.UsedUp(now, left, float64(high.V), reset)
		}
	}
	return e
}

// providerEnds are the limits that a provider keeps, by what it says was spent of them, else by what its bill and the meter say of
// the month.
func (w *world) providerEnds(s *fleet.Snapshot, b *fleet.BillStatus, now time.Time) []fleet.BudgetEnd {
	var list []fleet.BudgetEnd
	rate := fleet.None[fleet.USDPerHour]()
	spent := fleet.None[fleet.Money]()
	for i := range s.Spend.Rows {
		if r := &s.Spend.Rows[i]; r.By == fleet.SpendByProvider && r.Provider == b.Provider {
			rate, spent = r.Pace.Rate, r.Month
			if rate.OK {
				rate.V *= fleet.USDPerHour(r.Rho.Or(1))
			}
		}
	}
	name := fleet.Quote(cmp.Or(string(b.Provider), string(b.Source)))
	for _, l := range b.Limits {
		e := fleet.BudgetEnd{Of: fleet.Concat(name, fleet.Text(": "), fleet.Quote(l.Of.String())), Provider: b.Provider, Source: b.Source,
			Limit: l.Max, Spent: l.Spent,
			Rate: rate, Reset: l.Reset, Hard: l.Hard, Told: b.Fetched}
		if b.Provider == "" { // of a gateway's key or team, whose burn nobody follows
			e.Rate, e.Why = meanRate(&l, b.Fetched), fleet.Text("at its mean since it began")
		}
		if !l.Spent.OK {
			e.By, e.Spent, e.Told = fleet.StreamBilled, spent, now
			if !l.Reset.OK {
				e.Reset = fleet.Some(fleet.Month(now).To)
			}
		}
		list = append(list, ends(e, fleet.None[fleet.USDPerHour](), now))
	}
	if b.Balance.OK {
		zero := fleet.NewMoney(decimal.Zero, b.Balance.V.Currency())
		list = append(list, ends(fleet.BudgetEnd{Of: fleet.Concat(name, fleet.Text(": prepaid")), Provider: b.Provider, Source: b.Source,
			Limit: b.Balance,
			Spent: fleet.Some(zero), Rate: rate, Hard: true, Told: b.Fetched}, fleet.None[fleet.USDPerHour](), now))
	}
	return list
}

// meanRate is what a limit was used at since it began anew.
func meanRate(l *fleet.SpendLimit, told time.Time) fleet.Maybe[fleet.USDPerHour] {
	if !l.Spent.OK || !l.Reset.OK || l.Per <= 0 {
		return fleet.None[fleet.USDPerHour]()
	}
	hours := told.Sub(l.Reset.V.Add(-l.Per)).Hours()
	if hours < 1 {
		return fleet.None[fleet.USDPerHour]()
	}
	return fleet.Some(fleet.USDPerHour(l.Spent.V.Float() / hours))
}

// gatewayEnds are what a gateway lets each provider cost, by its own count.
func gatewayEnds(s *fleet.Snapshot, g *fleet.Gateway, now time.Time) []fleet.BudgetEnd {
	var list []fleet.BudgetEnd
	for _, b := range g.Budgets {
		e := fleet.BudgetEnd{Of: fleet.Concat(fleet.Text("gateway "), fleet.Quote(string(g.Spec.ID)), fleet.Text(": "), fleet.Quote(b.Provider)),
			Gateway: g.Spec.ID, Limit: dollarsOf(b.Limit), Spent: dollarsOf(b.Spent), Reset: b.Resets, Hard: true, Told: now}
		for i := range s.Providers {
			if p := &s.Providers[i]; string(p.Spec.ID) == b.Provider || p.Spec.Kind == b.Provider {
				e.Provider = p.Spec.ID
				if p.Burn.OK {
					e.Rate = fleet.Some(e.Rate.V + p.Burn.V)
				}
			}
		}
		list = append(list, ends(e, fleet.None[fleet.USDPerHour](), now))
	}
	return list
}

func dollarsOf(m fleet.Maybe[fleet.Dollars]) fleet.Maybe[fleet.Money] {
	if !m.OK {
		return fleet.None[fleet.Money]()
	}
	return fleet.Some(fleet.NewMoney(decimal.NewFromFloat(float64(m.V)), fleet.USD))
}
