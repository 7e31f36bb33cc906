package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// budgetCap is IL-12: what will be spent by the end of the budget day at the burn after the change.
func budgetCap(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if s == nil {
		return missing(actions.SeverityOVR, fleet.Text("spend is unknown"))
	}
	limit := s.Spend.Budget.PerDay
	if !limit.OK || limit.V.Float() <= 0 {
		return pass(fleet.Text("no budget is declared"))
	}
	if !s.Spend.Forecast.OK || !p.BurnNow.OK || !p.BurnThen.OK {
		return missing(actions.SeverityOVR, fleet.Text("spend or its change is unknown"))
	}
	added := float64(p.BurnThen.V-p.BurnNow.V) * hoursLeft(s.Spend.Budget.Zone, now)
	terms := fleet.Concat(fleet.Text("(est. $"), grouped(s.Spend.Forecast.V.Float()), fleet.Text(" + $"), grouped(added), fleet.Text(")/$"),
		grouped(limit.V.Float()), fleet.Text(" by the end of the budget day"))
	return judge((s.Spend.Forecast.V.Float()+added)/limit.V.Float(), terms,
		band{1.0, actions.SeverityBlock}, band{0.8, actions.SeverityOVR}, band{0.6, actions.SeverityWarn})
}

func hoursLeft(zone string, now time.Time) float64 {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	local := now.In(loc)
	end := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, loc)
	return end.Sub(now).Hours()
}

// unitPrice is IL-13.
func unitPrice(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityWarn, fleet.Text("the route is not in the fleet as read now"))
	}
	now, ok1 := blend(r, p.Before)
	then, ok2 := blend(r, p.After)
	if !ok1 || !ok2 || now <= 0 {
		return missing(actions.SeverityWarn, fleet.Text("a target with weight has no price"))
	}
	terms := fleet.Concat(fleet.Text("est. $"), fleet.USDPerMTok(then).Text(), fleet.Text(" / $"), fleet.USDPerMTok(now).Text(), fleet.Text(" per 1M tokens"), burnChange(p))
	return judge(then/now, terms, band{5, actions.SeverityOVR}, band{2, actions.SeverityWarn})
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

// blend is the price of a million tokens of a route at given weights.
func blend(r *fleet.Route, w fleet.Weights) (float64, bool) {
	sum := 0.0
	for i := range r.Targets {
		t := &r.Targets[i]
		share := w.Share(t.Spec.ID)
		if share.V <= 0 {
			continue
		}
		if !t.Price.OK {
			return 0, false
		}
		sum += float64(share.V) * float64(t.Price.V)
	}
	return sum, true
}
