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
	PricesSite Safe              `json:",omitzero"` // date and hash of the site's file over that list; "" without one
	Idle       Maybe[USDPerHour] // of Capacity: what no load uses, as far as ratings are known
	IdleWhy    Safe              // what Idle lacks, "" when it is whole
	Trends     SpendTrends
	Keys       []KeyBurn // of gateways that count so: those that run away first, then the dearest

	Needle     Pace // of Metered and Capacity together
	Calibrated Calibrated
	Day, Month PeriodSpend
	Ends       []BudgetEnd // the soonest first, then those that hold
	MonthEnd   Forecast
	Rows       []SpendRow // by kind, then the dearest first
	Unlisted   []Unpriced // traffic that is in none of the sums
	Shifted    []ShiftCost
	Beside     []PoolBeside // own pools beside the API, by route
	Books      *Books       `json:",omitempty"` // nil where nothing is kept
}

// SpendTrends are the histories of the live streams, in US dollars an hour.
type SpendTrends struct{ Metered, Capacity, Idle Trend }

// Pace is a burn as two exponential averages: one that follows at once and one to decide by.
type Pace struct {
	Needle Maybe[USDPerHour] // of one minute
	Rate   Maybe[USDPerHour] // of fifteen
}

// Calibrated is the metered burn times how far bills were from it.
type Calibrated struct {
	Burn Maybe[USDPerHour] // Metered x Rho
	Rho  Maybe[float64]    // weighted by what burns now
	// Low and High bound the burn by the least and the greatest factor of the days that Rho is of, and by what has no price.
	Low, High Maybe[USDPerHour]
	Why       Safe // what it lacks: "no bill yet of ..."; "" for nothing
}

// PeriodSpend is a day or a month of UTC up to now, by stream.
type PeriodSpend struct {
	Span                                Span // the whole of it
	Metered, Reported, Billed, Capacity Maybe[Money]
	BilledTo, ReportedTo                time.Time // watermarks
	ClosedTo                            time.Time // end of the newest day that a bill closed
	MeteredFrom                         time.Time // where metering begins within the period, if later; see Best
	// Best is bills for the days that are closed, the meter for the others, and own capacity: different money each.
	Best    Maybe[Money]
	BestWhy Safe    // what it lacks or how it is made up
	Others  []Money // in further currencies, billed and not in any sum
	Credit  Maybe[Money]
}

// BudgetEnd is one limit on spend and when it is used up.
type BudgetEnd struct {
	Of       Safe   // "day", "month", "openai: organization", "gateway gw: openai"
	By       Stream // by whose count; "" where it is the limiter's own
	Provider ProviderID
	Gateway  GatewayID
	Limit    Maybe[Money]
	Spent    Maybe[Money]
	Rate     Maybe[USDPerHour]
	// At is when it ends at Rate; unknown where it holds until Reset, or something is not known: see Holds.
	At     Maybe[time.Time]
	Low    Maybe[time.Time] // the same at the greater end of the rate's uncertainty: the earliest
	Holds  Maybe[bool]      // until Reset, at Rate
	Reset  Maybe[time.Time]
	Hard   bool // requests fail beyond it
	Told   time.Time
	Why    Safe // what is missing, "" for nothing
	Binds  bool // it is the first to end, of all that are known
	Source SourceID
}

// Forecast is what a month will have cost.
type Forecast struct {
	Until    time.Time
	Billed   Maybe[Money] // to BilledTo
	BilledTo time.Time
	Open     Maybe[Money] // metered from there until now
	Rest     Maybe[Money] // of the hours left
	RestBy   Safe         // how Rest was found: "the same hours of the last 3 weeks", "the present rate"
	Total    Maybe[Money] // rounded to cents
	Low      Maybe[Money]
	High     Maybe[Money]
	Why      Safe // what is missing, "" for nothing
}

// SpendBy is what money is parted by.
type SpendBy string

// What money is parted by. Each parts the same money anew.
const (
	SpendByRoute    SpendBy = "route"
	SpendByModel    SpendBy = "model"
	SpendByProvider SpendBy = "provider"
	SpendByPool     SpendBy = "pool"
	SpendByTeam     SpendBy = "team"
	SpendByKey      SpendBy = "key"
)

// SpendRow is one part of the fleet's spend.
type SpendRow struct {
	By       SpendBy
	Name     string
	Provider ProviderID // of a model or key
	Pace     Pace
	Today    Maybe[Money]
	Month    Maybe[Money]
	Stream   Stream         // of Today and Month: of teams and keys it is reported or billed
	Until    time.Time      // watermark of that stream; zero where it is live
	Rho      Maybe[float64] // of a model, or weighted over those of a provider
	PerMTok  Maybe[USDPerMTok]
	Usage    Maybe[USDPerMTok] // of a pool: at full use, where PerMTok is what it costs as used
	Idle     Maybe[USDPerHour]
	Trend    Trend
	Why      Safe
}

// Unpriced is traffic of a model that no price is known for.
type Unpriced struct {
	Provider ProviderID
	Kind     string // of the provider, as price files call it
	Model    ModelName
	Tokens   Maybe[TokenRate]
	Line     Safe // to add to the site's price file
}

// ShiftCost is what the last change of a route's weights did to its burn, as measured.
type ShiftCost struct {
	Route   RouteID
	Gateway GatewayID
	At      time.Time
	Before  Maybe[USDPerHour] // the mean of the minutes before
	After   Maybe[USDPerHour] // the mean since, of the same length at most; unknown until it has settled
}

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
