package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// costPane draws today's money in one or, on narrow blocks, two lines. The streams stay apart.
func costPane(b *part.Block, sc Scene, d day) {
	s := &sc.Snap.Spend
	b.Rule(fleet.Text("COST today"), missing(s), fleet.Text("6 detail"))
	b.Gap(1)
	budgetLine(b, s, d)
	if b.Room() < 50 {
		b.End().Gap(1)
	} else {
		b.Gap(2)
	}
	b.Say(themes.Dim, "self-hosted ").Put(themes.Text, moneyRate(s.Capacity, false))
	b.Gap(2).Say(themes.Dim, "api ").Put(themes.Text, moneyRate(s.Metered, s.Metered.OK))
	idle(b, sc.Snap)
	b.End()
}

// missing says what the figures leave out: a sum without it looks like a low bill.
func missing(s *fleet.Spend) fleet.Safe {
	if len(s.Unpriced) == 0 {
		return s.BurnWhy
	}
	names := make([]fleet.Safe, len(s.Unpriced))
	for i, m := range s.Unpriced {
		names[i] = fleet.Label(string(m))
	}
	return fleet.Concat(fleet.Text("not counted, unpriced: "), fleet.Join(names, fleet.Text(" ")))
}

// day is the budget day in dollars as figures: exact amounts are turned into them once a frame.
type day struct {
	spent, budget, forecast fleet.Maybe[float64]
}

func dayOf(s *fleet.Spend) day {
	dollars := func(m fleet.Maybe[fleet.Money]) fleet.Maybe[float64] {
		if !m.OK {
			return fleet.None[float64]()
		}
		return fleet.Some(m.V.Float())
	}
	return day{spent: dollars(s.Today), budget: dollars(s.Budget.PerDay), forecast: dollars(s.Forecast)}
}

// over tells whether the day is going to end over its budget.
func (d day) over() bool { return d.budget.OK && d.forecast.OK && d.forecast.V > d.budget.V }

// hourly spreads the day's budget evenly.
func (d day) hourly() fleet.Maybe[float64] {
	if !d.budget.OK {
		return d.budget
	}
	return fleet.Some(d.budget.V / 24)
}

// budgetLine says what the day has cost and how it will end at this rate.
func budgetLine(b *part.Block, s *fleet.Spend, d day) {
	b.Say(themes.Dim, "spend ").Put(themes.Text, cash(s.Today, d.spent))
	if d.budget.OK {
		b.Say(themes.Dim, " of ").Put(themes.Text, cash(s.Budget.PerDay, d.budget))
		if d.spent.OK && d.budget.V > 0 {
			b.Say(themes.Text, " (").Put(themes.Text, fleet.Float(d.spent.V/d.budget.V*100, 0)).Say(themes.Text, "%)")
		}
	} else {
		b.Say(themes.Dim, ", no budget set")
	}
	if !s.TodayFrom.IsZero() {
		b.Say(themes.Dim, " since ").Put(themes.Dim, fleet.ClockTime(s.TodayFrom))
	}
	if d.forecast.OK {
		b.Gap(2).Say(themes.Dim, "at this rate ").Say(themes.Text, "~").Put(themes.Text, cash(s.Forecast, d.forecast))
		b.Say(themes.Dim, " by 24:00Z")
	}
	if d.over() {
		b.Say(themes.Bad, " OVER")
	}
}

// idle sums what pools without traffic cost.
func idle(b *part.Block, s *fleet.Snapshot) {
	sum, only, count := 0.0, fleet.Safe{}, 0
	for i := range s.Pools {
		p := &s.Pools[i]
		if p.Burn.OK && p.Load.Requests.OK && p.Load.Requests.V == 0 {
			sum += float64(p.Burn.V)
			only = fleet.Label(string(p.Spec.ID))
			count++
		}
	}
	if count == 0 {
		return
	}
	if count > 1 {
		only = fleet.Many(count, "pool")
	}
	b.Gap(2).Say(themes.Dim, "idle ").Put(themes.Dim, only).Gap(1)
	b.Put(themes.Text, moneyRate(fleet.Some(fleet.USDPerHour(sum)), false))
}

// cash draws an amount with three significant digits: "$5.80k".
func cash(m fleet.Maybe[fleet.Money], dollars fleet.Maybe[float64]) fleet.Safe {
	switch {
	case !m.OK:
		return fleet.Text(fleet.Unknown)
	case m.V.Currency() != fleet.USD || dollars.V < 1000:
		return m.V.Text()
	default:
		return fleet.Concat(fleet.Text("$"), fleet.USDPerHour(dollars.V).Text())
	}
}
