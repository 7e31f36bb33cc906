package fleet

import (
	"time"
)

// Spend is money over time, one stream apart from the other: they are never added together.
type Spend struct {
	Metered    Maybe[USDPerHour] // API tokens times catalogue price, now
	MeteredWhy Safe              // why Metered is another sum than the true one, "" for nothing that is known
	Capacity   Maybe[USDPerHour] // own GPU-hours times price, now
	Burn       Maybe[USDPerHour] // of the two live streams that cover different money: metered APIs and own capacity
	BurnWhy    Safe
	Today      Maybe[Money] // since the budget day began, as far as pitwall watched
	TodayFrom  time.Time    // when watching began, if later than the day
	Budget     Budget
	Forecast   Maybe[Money] // at the end of the budget day at this rate
	Unpriced   []ModelName
	PricesAsOf time.Time
	Idle       Maybe[USDPerHour] // of Capacity: what no load uses, as far as ratings are known
	IdleWhy    Safe              // what Idle lacks, "" when it is whole
	Trends     SpendTrends
	Keys       []KeyBurn // of gateways that count so: those that run away first, then the dearest
}

// SpendTrends are the histories of the live streams, in US dollars an hour.
type SpendTrends struct{ Metered, Capacity, Idle Trend }

// RouteCost is what the traffic of one route costs now. Its two parts are of different streams.
type RouteCost struct {
	Metered Maybe[USDPerHour] // rented tokens times price
	Own     Maybe[USDPerHour] // of the burn of own pools, by the route's share of the tokens that gateways send them
	PerMTok Maybe[USDPerMTok] // both over the route's tokens
	Why     Safe              // what is missing, "" when nothing is
}

// Total is the sum of the parts that are known.
func (c RouteCost) Total() Maybe[USDPerHour] {
	if !c.Metered.OK && !c.Own.OK {
		return None[USDPerHour]()
	}
	return Some(c.Metered.V + c.Own.V)
}
