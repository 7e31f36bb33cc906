package interlocks

import (
	"maps"
	"math"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// budgetCap is IL-12: what will be spent by the end of the budget's day and month at the burn after the change. A
// change that adds no spend passes: over budget is when it is wanted most.
func budgetCap(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if s == nil {
		return missing(actions.SeverityOVR, fleet.Text("spend is unknown"))
	}
	budget := s.Spend.Budget
	if !budget.PerDay.OK && !budget.PerMonth.OK {
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
	return out
}

// dayCap adds to the forecast what nobody watched: the hours before pitwall began, at today's burn.
func dayCap(p actions.Plan, s *fleet.Snapshot, now time.Time) actions.Check {
	spend := s.Spend
	if !spend.Forecast.OK || !spend.Burn.OK {
		return missing(actions.SeverityOVR, fleet.Text("the spend of the day is unknown"))
	}
	start, end := budgetDay(spend.Budget.Zone, now)
	unwatched := 0.0
	if spend.TodayFrom.After(start) {
		unwatched = float64(spend.Burn.V) * spend.TodayFrom.Sub(start).Hours()
	}
	added := float64(p.BurnThen.V-p.BurnNow.V) * end.Sub(now).Hours()
	limit := spend.Budget.PerDay.V.Float()
	terms := fleet.Concat(fleet.Text("(est. $"), grouped(spend.Forecast.V.Float()+unwatched), fleet.Text(" + $"),
		grouped(added),
		fleet.Text(")/$"), grouped(limit), fleet.Text(" by the end of the budget day"), age(now, s.At))
	return judge((spend.Forecast.V.Float()+unwatched+added)/limit, terms,
		band{1.0, actions.SeverityBlock}, band{0.8, actions.SeverityOVR}, band{0.6, actions.SeverityWarn})
}

// monthCap holds the burn after the change against the month: what the month has cost so far is not known here, so
// the whole of it is taken at that burn.
func monthCap(p actions.Plan, s *fleet.Snapshot, now time.Time) actions.Check {
	if !s.Spend.Burn.OK {
		return missing(actions.SeverityOVR, fleet.Text("the burn is unknown"))
	}
	day, _ := budgetDay(s.Spend.Budget.Zone, now)
	first := day.AddDate(0, 0, 1-day.Day())
	hours := first.AddDate(0, 1, 0).Sub(first).Hours()
	then := float64(s.Spend.Burn.V + p.BurnThen.V - p.BurnNow.V)
	limit := s.Spend.Budget.PerMonth.V.Float()
	terms := fleet.Concat(fleet.Text("est. $"), fleet.USDPerHour(then).Text(), fleet.Text("/h x "), fleet.Float(hours, 0),
		fleet.Text(" h/$"), grouped(limit), fleet.Text(" a month"), age(now, s.At))
	return judge(then*hours/limit, terms,
		band{1.0, actions.SeverityBlock}, band{0.8, actions.SeverityOVR}, band{0.6, actions.SeverityWarn})
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
	was, ok1 := blend(r, r.Takes(p.Before))
	will, ok2 := blend(r, r.Takes(p.After))
	if !ok1 || !ok2 || was <= 0 || math.IsNaN(will/was) {
		return missing(actions.SeverityWarn, fleet.Text("a target with weight has no price"))
	}
	terms := fleet.Concat(fleet.Text("est. $"), fleet.USDPerMTok(will).Text(), fleet.Text(" / $"),
		fleet.USDPerMTok(was).Text(),
		fleet.Text(" per 1M tokens"), burnChange(p), fleet.Text(", prices of "), day(s.Spend.PricesAsOf), age(now, r.Load.At))
	return judge(will/was, terms, band{5, actions.SeverityOVR}, band{2, actions.SeverityWarn})
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

// blend is the price of a million tokens of a route at given weights, known where every target with weight has one.
func blend(r *fleet.Route, w fleet.Weights) (float64, bool) {
	sum, total := 0.0, w.Sum()
	for _, id := range slices.Sorted(maps.Keys(w)) { // in order, so that the same figures add up alike
		if w[id] <= 0 || total <= 0 {
			continue
		}
		t := r.Target(id)
		if t == nil || !t.Price.OK {
			return 0, false
		}
		sum += float64(w[id]) / float64(total) * float64(t.Price.V)
	}
	return sum, true
}
