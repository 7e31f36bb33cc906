package fleet

import (
	"math"
	"time"

	"github.com/shopspring/decimal"
)

// Books is what is on file of money: days of each stream, how far estimates are from bills, and how sources of bills do.
// It is made anew when one of them changes, and shared by all snapshots until then.
type Books struct {
	At   time.Time // when it was made
	From time.Time // begin of the oldest day on file; zero where nothing is
	// Days are the newest first, then by provider, model and tier. A model that none of the streams speaks of on a day has no
	// row there.
	Days    []CostDay
	Factors []Factor // by provider, model and tier
	// Gateways are the factors of what gateways say themselves that providers cost, by provider and source.
	Gateways []GatewayFactor
	Bypass   []Bypass    // the greatest first
	Chart    []CostPoint // of the last 31 days, the oldest first
	Hours    []CostPoint // of today, the oldest first
	Bills    []BillStatus
	// Problem says why the books are not kept, or not whole; "" where they are.
	Problem Safe
}

// StreamSum is what one stream says of one time.
type StreamSum struct {
	// Cost is known only where the stream speaks of the time: zero is "nothing was used". Nothing is converted without
	// a rate of the site's file: amounts in further currencies are Others, and never in Cost.
	Cost   Maybe[Money]
	Others []Money
	// Uses is how much of what. A kind that is absent is zero where Told, and not known otherwise.
	Uses map[UsageKind]decimal.Decimal
	Told bool
	// Until is up to where the time is covered; zero where nothing of it is.
	Until     time.Time
	Whole     bool        // all of the time is covered, but for moments
	Source    SourceID    // whose word it is; "" is pitwall's own meter
	Also      []SourceSum // what other sources of the same stream say: beside Cost, never added to it
	At        time.Time   // when it was read
	Estimated bool        // its source announces that it may change
	Converted Safe        // the rates that other currencies in Cost were converted by, with their dates; "" for none
	Missing   Safe        // what Cost lacks, such as "2 models unpriced"; "" for nothing
}

// SourceSum is what another source says of the same.
type SourceSum struct {
	Source SourceID
	Cost   Maybe[Money]
}

// Tokens is how many tokens of all kinds there were, known where the stream tells of tokens.
func (s StreamSum) Tokens() Maybe[Tokens] {
	if !s.Told {
		return None[Tokens]()
	}
	sum := decimal.Zero
	for k, n := range s.Uses {
		if k.IsTokens() {
			sum = sum.Add(n)
		}
	}
	return Some(Tokens(sum.InexactFloat64()))
}

// CostDay is what each stream says of one model of one provider on one UTC day. They tell of the same money.
type CostDay struct {
	Provider ProviderID
	Model    ModelName // as price lists call it; "" for what is charged without naming a model
	Tier     string    // of service; "" is the standard one, or all of them where nothing tells tiers apart
	Day      time.Time // its begin

	Metered, Reported, Billed StreamSum
	Credit                    Maybe[Money] // zero or negative; not in Billed
	// Closed says that the bill of the day is whole: billed up to its end, and no longer announced to change.
	Closed bool
	// Factor is billed over estimated, as it is. Against is the estimate: metered, or reported where a day was not metered whole.
	Factor  Maybe[float64]
	Against Stream
	Revised []Revision // earlier bills of the day, the oldest first
	// Bypassed is the part of the reported tokens that passed no gateway, where that is known: the meter is too low by as much.
	Bypassed Maybe[Ratio]
}

// Best is the truest amount that is known of a day, and its stream. A meter that traffic is known to pass by gives way to what the
// provider reports, as far as that is more.
func (d *CostDay) Best() (Maybe[Money], Stream) {
	switch {
	case d.Billed.Cost.OK && (d.Closed || !d.Metered.Cost.OK && !d.Reported.Cost.OK):
		return d.Billed.Cost, StreamBilled
	case d.Bypassed.OK && d.Metered.Cost.OK && d.Reported.Cost.OK && d.Reported.Cost.V.Currency() == d.Metered.Cost.V.Currency() &&
		d.Reported.Cost.V.Amount().GreaterThan(d.Metered.Cost.V.Amount()):
		return d.Reported.Cost, StreamReported
	case d.Metered.Cost.OK:
		return d.Metered.Cost, StreamMetered
	case d.Reported.Cost.OK:
		return d.Reported.Cost, StreamReported
	default:
		return d.Billed.Cost, StreamBilled
	}
}

// Revision is a bill of a day before it was corrected.
type Revision struct {
	At   time.Time // when it was read
	Cost Maybe[Money]
}

// Factors are clipped to these bounds before the median is taken; one that is further from 1 than FactorAlarm is an alarm.
const (
	FactorLeast = 0.5
	FactorMost  = 1.5
	FactorAlarm = 0.10
	FactorDays  = 7
)

// Factor is how far the estimates of one model were from its bills.
type Factor struct {
	Provider ProviderID
	Model    ModelName
	Tier     string
	Rho      Maybe[float64] // median of the last FactorDays closed days; unknown while there is none
	Low      float64        // the least and the greatest of these days, clipped
	High     float64
	Days     int            // how many there were
	Last     Maybe[float64] // of the newest closed day, not clipped
	LastDay  time.Time
	Against  Stream
	History  Trend // one value a day, not clipped; gaps are days without a bill or an estimate
	Off      bool  // beyond FactorAlarm
}

// Lately are the factors of the last n days on file, the oldest first: "x1.02 - x1.10". A day without one is "-".
func (f *Factor) Lately(n int) Safe {
	v := f.History.V
	v = v[max(0, len(v)-n):]
	out := make([]Safe, len(v))
	for i, x := range v {
		out[i] = Text(Unknown)
		if !math.IsNaN(x) {
			out[i] = Concat(Text("x"), Float(x, 2))
		}
	}
	return Join(out, Text(" "))
}

// GatewayFactor is how far a gateway's own word on money was from a provider's bills: its Factor is of no model.
type GatewayFactor struct {
	Source SourceID
	Factor
	Told, Billed Maybe[Money] // on Factor.LastDay
	// Gateways is how many tell of the provider on that day. Each of several has a part of the bill, and Off is of all of them.
	Gateways int
}

// Share is the part of the last bill that the gateway tells.
func (g *GatewayFactor) Share() Maybe[Ratio] {
	if !g.Last.OK || g.Last.V <= 0 {
		return None[Ratio]()
	}
	return Some(Ratio(1 / g.Last.V))
}

// Bypass is traffic that a provider reports and no gateway counted.
type Bypass struct {
	Provider ProviderID
	Model    ModelName
	Span     Span // both streams cover all of it
	Metered  Tokens
	Reported Tokens
	Beyond   Tokens       // of Reported
	Share    Ratio        // of Reported
	Cost     Maybe[Money] // of Beyond, by the mean price of Reported
}

// CostPoint is one bar of a chart: a day or an hour over the whole fleet.
type CostPoint struct {
	Span                                Span
	Metered, Reported, Billed, Capacity Maybe[Money]
	Closed                              bool // all sources of bills have closed it
	Bypassed                            bool // traffic is known to have passed the meter by
	Lacks                               bool // of hours: of a provider that was used nothing is reported by the hour
}

// BillStatus is one source of bills or usage.
type BillStatus struct {
	Source    SourceID
	Kind      string
	Provider  ProviderID
	Streams   []Stream
	Watermark time.Time        // end of the newest span with data
	Refreshed Maybe[time.Time] // by the source's own word
	Fetched   time.Time        // when the newest good answer was read, also by an earlier run; zero for never
	Next      time.Time        // when it is asked again
	Interval  time.Duration
	Stale     bool
	Refused   bool // the key is not accepted or may not read this
	Err       Safe
	Lines     int // on file
	Files     []BillFile
	Limits    []SpendLimit
	Balance   Maybe[Money]
	Calls     int          // paid calls in this month
	Paid      Maybe[Money] // what they cost
}
