package economics

import (
	"time"

	"pitwall/fleet"
)

// Sheet is one UTC day of one stream as its source told it last.
type Sheet struct {
	Stream fleet.Stream
	Day    time.Time    // its begin
	Covers []fleet.Span // what of the day the source answered for, ascending and disjoint
	At     time.Time    // when it was read last
	Lines  []fleet.BillLine
	Was    []Was // what it said before it was corrected, the oldest first
}

// Was is an amount of a day before its source corrected it.
type Was struct {
	Provider fleet.ProviderID
	Model    fleet.ModelName // as the source writes it
	Tier     string
	fleet.Revision
}

// Ledger is all that one source says. Two ledgers that speak of the same stream of a provider tell of the same money.
type Ledger struct {
	Source    fleet.SourceID     // "" is pitwall's own meter
	Provider  fleet.ProviderID   // of lines that name none
	Providers []fleet.ProviderID // that it answers for also where it has no line of them
	Watermark time.Time          // end of the newest span with data; zero where it does not say
	Sheets    []Sheet
}

// Settles is how long after the end of a day its bill may still grow without being announced to change. What is corrected
// later is taken over as well, and the earlier figure stays as a revision.
const Settles = 24 * time.Hour

// nearlyAll is the part of a day that has to be covered for it to count as a whole one: a restart of some minutes is less
// than what factors can tell apart.
const nearlyAll = 0.98

// Names resolves what sources write.
type Names struct {
	// Canonical is a model as price lists call it, so that a dated name and its alias meet. nil takes names as they are.
	Canonical func(kind string, model fleet.ModelName) fleet.ModelName
	// Kind is the kind of a provider, by which price lists know it. nil takes the ID for it.
	Kind func(fleet.ProviderID) string
	// Unit is the price of one unit of a line's use, where one is known. nil prices nothing.
	Unit func(kind string, l *fleet.BillLine) (fleet.Money, bool)
}

// standard are the words for the usual tier of service.
var standard = map[string]bool{"": true, "standard": true, "default": true, "auto": true, "on_demand": true, "on-demand": true, "ON_DEMAND": true}

// UnitPrice is the price of one unit of a kind of usage by a list price of tokens, as far as it has one. Cached and written
// tokens without a price of their own cost what input does.
func UnitPrice(p fleet.Price, use fleet.UsageKind) (fleet.Money, bool) {
	var m fleet.Money
	switch use {
	case fleet.UseInput:
		m = p.Input
	case fleet.UseCacheRead:
		m = p.CachedIn.Or(p.Input)
	case fleet.UseCacheWrite5m, fleet.UseCacheWrite1h:
		m = p.CacheWrite.Or(p.Input)
	case fleet.UseOutput:
		m = p.Output
	default:
		return m, false
	}
	return fleet.NewMoney(m.Amount().Shift(-6), m.Currency()), true // prices are for a million tokens
}
