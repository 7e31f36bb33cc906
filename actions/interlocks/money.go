package interlocks

import (
	"maps"
	"math"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// budgetCap is IL-12: what will be spent by the end of the budget's day and month at the burn after the change, and of what a
// provider or gateway itself lets a receiver cost: the tightest of them. A change that adds no spend passes: over budget is when
// it is wanted most.
func budgetCap(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if s == nil {
		return missing(actions.SeverityOVR, fleet.Text("spend is unknown"))
	}
	budget := s.Spend.Budget
	kept := keptLimits(p, s)
	if !budget.PerDay.OK && !budget.PerMonth.OK && len(kept) == 0 {
		return pass(fleet.Text("no budget is declared"))
	}
	if !p.BurnNow.OK || !p.BurnThen.OK {
		return missing(actions.SeverityOVR, fleet.Text("what the change costs is unknown"))
	}
	if p.BurnThen.V <= p.BurnNow.V {
		return pass(fleet.Text("est. $"), p.BurnThen.V.Text(), fleet.Text("/h <= $"), p.BurnNow.V.Text(),
			fleet.Text("/h: the change adds no spend"))
	}
	var out actions.Check
	if budget.PerDay.OK {
		out = dayCap(p, s, now)
	}
	if budget.PerMonth.OK {
		out = worse(out, monthCap(p, s, now))
	}
	for _, e := range kept {
		out = worse(out, keptCap(p, s, e, now))
	}
	return out
}

// budgetBands are the parts of a budget at which a change is warned of, asks for an override and is refused.
var budgetBands = []band{{1.0, actions.SeverityBlock}, {0.8, actions.SeverityOVR}, {0.6, actions.SeverityWarn}}

// billedBurn is the burn now by what bills taught about the meter, with the part of it by which it may be higher.
func billedBurn(s *fleet.Snapshot) (burn, more float64) {
	burn = float64(s.Spend.Burn.V)
	if c := s.Spend.Calibrated; c.Burn.OK && s.Spend.Metered.OK {
		burn += float64(c.Burn.V - s.Spend.Metered.V)
		if c.High.OK {
			more = float64(c.High.V - c.Burn.V)
		}
	}
	return burn, more
}

// addedBurn is what a plan adds an hour, by the bills of its targets.
func addedBurn(p actions.Plan, s *fleet.Snapshot) float64 {
	added := float64(p.BurnThen.V - p.BurnNow.V)
	r := route(p, s)
	if r == nil {
		return added
	}
	for i := range p.Effects {
		e := &p.Effects[i]
		if t := r.Target(e.Target); t != nil && t.Bills.Rho.OK && e.BurnThen.OK {
			added += float64(e.BurnThen.V-e.BurnNow.Or(0)) * (t.Bills.Rho.V - 1)
		}
	}
	return added
}

// dayCap adds up what the day has cost by bills and meter, and what its rest will at the burn by the bills. Where no books are
// kept, the hours before pitwall began are taken at today's burn.
func dayCap(p actions.Plan, s *fleet.Snapshot, now time.Time) actions.Check {
	spend := &s.Spend
	if !spend.Forecast.OK || !spend.Burn.OK {
		return missing(actions.SeverityOVR, fleet.Text("the spend of the day is unknown"))
	}
	start, end := budgetDay(spend.Budget.Zone, now)
	burn, more := billedBurn(s)
	hours := end.Sub(now).Hours()
	rest := spend.Forecast.V.Float() + (burn-float64(spend.Burn.V))*hours
	if spend.Today.OK && spend.Day.Best.OK && start.Equal(spend.Day.Span.From) && spend.Day.Best.V.Currency() == fleet.USD {
		rest += max(0, spend.Day.Best.V.Float()-spend.Today.V.Float()) // earlier runs counted more of the day
		start = now
	}
	unwatched := 0.0
	if spend.TodayFrom.After(start) {
		unwatched = burn * spend.TodayFrom.Sub(start).Hours()
	}
	added := addedBurn(p, s) * hours
	limit := spend.Budget.PerDay.V.Float()
	terms := fleet.Concat(fleet.Text("(est. $"), grouped(rest+unwatched), fleet.Text(" + $"),
		grouped(added),
		fleet.Text(")/$"), grouped(limit), fleet.Text(" by the end of the budget day"), unsure(more*hours), age(now, s.At))
	return judge((rest+unwatched+added)/limit, terms, budgetBands...)
}

// unsure says by how much more it may be, by the greatest factor of the last closed days.
func unsure(more float64) fleet.Safe {
	if more < 0.5 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(", up to $"), grouped(more), fleet.Text(" more by the bills"))
}

// monthCap holds what the month will have cost against its budget: by bills, meter and the same hours of past weeks where these
// are on file, else at the burn after the change for the whole of it.
func monthCap(p actions.Plan, s *fleet.Snapshot, now time.Time) actions.Check {
	if !s.Spend.Burn.OK {
		return missing(actions.SeverityOVR, fleet.Text("the burn is unknown"))
	}
	limit := s.Spend.Budget.PerMonth.V.Float()
	if f := &s.Spend.MonthEnd; f.Total.OK && f.Why.IsEmpty() && f.Total.V.Currency() == fleet.USD {
		added := addedBurn(p, s) * max(0, f.Until.Sub(now).Hours())
		more := 0.0
		if f.High.OK {
			more = f.High.V.Float() - f.Total.V.Float()
		}
		terms := fleet.Concat(fleet.Text("(est. $"), grouped(f.Total.V.Float()), fleet.Text(" + $"), grouped(added), fleet.Text(")/$"),
			grouped(limit),
			fleet.Text(" by the end of the month, by "), f.RestBy, unsure(more), age(now, s.At))
		return judge((f.Total.V.Float()+added)/limit, terms, budgetBands...)
	}
	day, _ := budgetDay(s.Spend.Budget.Zone, now)
	first := day.AddDate(0, 0, 1-day.Day())
	hours := first.AddDate(0, 1, 0).Sub(first).Hours()
	burn, more := billedBurn(s)
	then := burn + addedBurn(p, s)
	terms := fleet.Concat(fleet.Text("est. $"), fleet.USDPerHour(then).Text(), fleet.Text("/h x "), fleet.Float(hours, 0),
		fleet.Text(" h/$"), grouped(limit), fleet.Text(" a month"), unsure(more*hours), age(now, s.At))
	return judge(then*hours/limit, terms, budgetBands...)
}

// keptLimits are the limits that providers and gateways keep on what receivers of a plan cost.
func keptLimits(p actions.Plan, s *fleet.Snapshot) []*fleet.BudgetEnd {
	r := route(p, s)
	if r == nil {
		return nil
	}
	var list []*fleet.BudgetEnd
	for i := range s.Spend.Ends {
		e := &s.Spend.Ends[i]
		if e.Provider != "" && addedAt(p, r, e.Provider) > 0 {
			list = append(list, e)
		}
	}
	return list
}

// addedAt is what a plan adds an hour at a provider.
func addedAt(p actions.Plan, r *fleet.Route, id fleet.ProviderID) float64 {
	sum := 0.0
	for i := range p.Effects {
		e := &p.Effects[i]
		if t := r.Target(e.Target); t != nil && t.Spec.Provider == id && e.BurnThen.OK {
			sum += float64(e.BurnThen.V-e.BurnNow.Or(0)) * t.Bills.Rho.Or(1)
		}
	}
	return sum
}

// prepaidHours are for how long money that is prepaid has to last: long enough for a person to pay more in.
const prepaidHours = 24.0

// keptCap holds one limit of a provider or gateway against what it will have seen by its reset. One beyond which requests fail
// refuses, any other asks.
func keptCap(p actions.Plan, s *fleet.Snapshot, e *fleet.BudgetEnd, now time.Time) actions.Check {
	name := fleet.Concat(fleet.Text("limit of "), e.Of)
	if !e.Limit.OK || !e.Spent.OK || !e.Rate.OK || e.Limit.V.Currency() != fleet.USD || e.Limit.V.Float() <= 0 {
		return missing(actions.SeverityWarn, name, fleet.Text(": "), e.Why)
	}
	hours := prepaidHours
	if e.Reset.OK {
		hours = max(0, e.Reset.V.Sub(now).Hours())
	}
	added := addedAt(p, route(p, s), e.Provider)
	limit, will := e.Limit.V.Float(), e.Spent.V.Float()+(float64(e.Rate.V)+added)*hours
	terms := fleet.Concat(name, fleet.Text(": ($"), grouped(e.Spent.V.Float()), fleet.Text(" + est. $"),
		fleet.USDPerHour(float64(e.Rate.V)+added).Text(),
		fleet.Text("/h x "), fleet.Float(hours, 0), fleet.Text(" h)/$"), grouped(limit), age(now, e.Told))
	bands := budgetBands
	if !e.Hard {
		bands = []band{{1.0, actions.SeverityOVR}, {0.8, actions.SeverityWarn}}
	}
	return judge(will/limit, terms, bands...)
}

// budgetDay is the budget's day around now. A zone that the program does not know counts as UTC.
func budgetDay(zone string, now time.Time) (start, end time.Time) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	local := now.In(loc)
	start = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, loc)
	return start, start.AddDate(0, 0, 1)
}

// unitPrice is IL-13.
func unitPrice(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityWarn, fleet.Text("the route is not in the fleet as read now"))
	}
	rho := func(t *fleet.Target) float64 { return t.Bills.Rho.Or(1) }
	was, ok1 := blend(r, r.Takes(p.Before), rho)
	will, ok2 := blend(r, r.Takes(p.After), rho)
	if !ok1 || !ok2 || was <= 0 || math.IsNaN(will/was) {
		return missing(actions.SeverityWarn, fleet.Text("a target with weight has no price"))
	}
	terms := fleet.Concat(fleet.Text("est. $"), fleet.USDPerMTok(will).Text(), fleet.Text(" / $"),
		fleet.USDPerMTok(was).Text(),
		fleet.Text(" per 1M tokens"), priceRange(p, r), burnChange(p), fleet.Text(", prices of "), day(s.Spend.PricesAsOf), age(now, r.Load.At))
	return judge(will/was, terms, band{5, actions.SeverityOVR}, band{2, actions.SeverityWarn})
}

// priceRange is the price after the change with the least and the greatest factors of the bills of its targets.
func priceRange(p actions.Plan, r *fleet.Route) fleet.Safe {
	known := false
	bound := func(of func(*fleet.Factor) float64) float64 {
		v, _ := blend(r, r.Takes(p.After), func(t *fleet.Target) float64 {
			if !t.Bills.Rho.OK {
				return 1
			}
			known = true
			return of(&t.Bills)
		})
		return v
	}
	low, high := bound(func(f *fleet.Factor) float64 { return f.Low }), bound(func(f *fleet.Factor) float64 { return f.High })
	if !known {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(" ("), fleet.USDPerMTok(low).Text(), fleet.Text(" to "), fleet.USDPerMTok(high).Text(),
		fleet.Text(" by the bills)"))
}

func burnChange(p actions.Plan) fleet.Safe {
	if !p.BurnNow.OK || !p.BurnThen.OK {
		return fleet.Safe{}
	}
	sign := fleet.Text("+")
	if p.BurnThen.V < p.BurnNow.V {
		sign = fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(", "), sign, (p.BurnThen.V - p.BurnNow.V).Text(), fleet.Text(" $/h"))
}

// blend is the price of a million tokens of a route at given weights, known where every target with weight has one; each is taken
// times a factor.
func blend(r *fleet.Route, w fleet.Weights, factor func(*fleet.Target) float64) (float64, bool) {
	sum, total := 0.0, w.Sum()
	for _, id := range slices.Sorted(maps.Keys(w)) { // in order, so that the same figures add up alike
		if w[id] <= 0 || total <= 0 {
			continue
		}
		t := r.Target(id)
		if t == nil || !t.Price.OK {
			return 0, false
		}
		sum += float64(w[id]) / float64(total) * float64(t.Price.V) * factor(t)
	}
	return sum, true
}
