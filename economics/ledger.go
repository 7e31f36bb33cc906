package economics

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Page is one UTC day of one stream as its source told it last.
type Page struct {
	Stream fleet.Stream
	Day    time.Time    // its begin
	Covers []fleet.Span // what of the day the source answered for, ascending and disjoint
	// Apart is that by provider, of a source that answers for each of them differently; "" is that of the ledger.
	Apart map[fleet.ProviderID][]fleet.Span
	At    time.Time // when it was read last
	Lines []fleet.BillLine
	Was   []Was // what it said before it was corrected, the oldest first
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
	Pages     []Page
}

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
	Unit func(provider fleet.ProviderID, l *fleet.BillLine) (fleet.Money, bool)
	// Rates convert other currencies into US dollars. Without one of the day an amount stays in its currency, apart.
	Rates ExchangeRates
	// Own tells that a model is served by own machines. Gateways write down a provider for these too, that of their protocol: what
	// they meter of them is no money of a provider. nil knows of none.
	Own func(fleet.ProviderID, fleet.ModelName) bool
}

// NameOf is a model of a provider as price lists call it.
func NameOf(n Names, provider fleet.ProviderID, model fleet.ModelName) fleet.ModelName {
	return (&bench{names: n, canonical: map[nameKey]fleet.ModelName{}}).model(provider, model)
}

// standard are the words for the usual tier of service.
var standard = map[string]bool{"": true, "standard": true, "default": true, "auto": true, "on_demand": true, "on-demand": true,
	"ON_DEMAND": true}

// TokenUnit is the price of one unit of a kind of usage by a price of tokens, as far as it has one.
func TokenUnit(p fleet.Price, use fleet.UsageKind) (fleet.Money, bool) {
	got := Cost(Usage{use: decimal.NewFromInt(1)}, p)
	return got.Cost.V, use.IsTokens() && got.Cost.OK && len(got.Missing) == 0
}
