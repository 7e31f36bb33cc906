package fleet

import (
	"time"

	"github.com/shopspring/decimal"
)

// Stream is one way to know what something costs. Streams tell of the same money: they stand beside each other and are
// never added together, but for metered and capacity, which cover different money.
type Stream string

// The streams, from the newest to the truest.
const (
	StreamMetered  Stream = "metered"  // token counters of gateways and engines times price: seconds old
	StreamReported Stream = "reported" // usage as the provider counts it, times price: minutes old
	StreamBilled   Stream = "billed"   // money as the provider charges it: hours to days old
	StreamCapacity Stream = "capacity" // hours of rented or own machines times price, busy or idle
)

// UsageKind is one bucket of what is used of a model. Buckets are disjoint: input holds neither cached nor written tokens,
// whatever the source means by input.
type UsageKind string

// The kinds of usage. The tokens among them are IsTokens.
const (
	UseUnknown      UsageKind = "" // the source does not say, or says what is not known
	UseInput        UsageKind = "uncached_in"
	UseCacheRead    UsageKind = "cache_read"
	UseCacheWrite5m UsageKind = "cache_write_5m"
	UseCacheWrite1h UsageKind = "cache_write_1h"
	UseOutput       UsageKind = "out"
	UseAudioIn      UsageKind = "audio_in"
	UseAudioOut     UsageKind = "audio_out"
	UseAudioCached  UsageKind = "audio_cached" // audio tokens that were read from a cache
	UseReasoning    UsageKind = "reasoning"    // output that is thought, where a source counts it apart; else it is in UseOutput
	UseImageIn      UsageKind = "image_in"     // tokens of images
	UseImageOut     UsageKind = "image_out"    // tokens of images
	UseRequests     UsageKind = "requests"
	UseToolCalls    UsageKind = "tool_calls"    // web searches, code execution and the like
	UseImages       UsageKind = "images"        // pieces
	UseVideoSeconds UsageKind = "video_seconds" // of video made
	UseAudioSeconds UsageKind = "audio_seconds"
	UseCharacters   UsageKind = "characters"
	UsePages        UsageKind = "pages"      // of documents
	UseMegapixels   UsageKind = "megapixels" // of pictures, 1,000,000 pixels each
	UseStorage      UsageKind = "storage_gib_hours"
	UseHours        UsageKind = "hours" // of machines, provisioned throughput or endpoints
)

// IsTokens tells whether a kind counts tokens.
func (k UsageKind) IsTokens() bool {
	switch k {
	case UseInput, UseCacheRead, UseCacheWrite5m, UseCacheWrite1h, UseOutput, UseAudioIn, UseAudioOut, UseAudioCached,
		UseReasoning, UseImageIn, UseImageOut:
		return true
	default:
		return false
	}
}

// Charge is what a line of a bill is, in the words of FOCUS 1.2 (ChargeCategory).
type Charge string

// The charges. Only usage counts as burn.
const (
	ChargeUsage      Charge = "usage"
	ChargePurchase   Charge = "purchase" // a commitment or a prepayment
	ChargeTax        Charge = "tax"
	ChargeCredit     Charge = "credit" // negative
	ChargeAdjustment Charge = "adjustment"
)

// Span is a time with an exclusive end.
type Span struct{ From, To time.Time }

// Has tells whether a moment lies in a span.
func (s Span) Has(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// BillLine is one amount of one stream over one span, as its source states it.
type BillLine struct {
	Stream   Stream
	Provider ProviderID // "" for the provider of the source
	Span     Span       // in UTC; usually an hour or a day
	Model    ModelName  // as the source writes it; "" where it does not say
	Use      UsageKind
	Item     Safe                   // line item, SKU or meter, as the source writes it
	Quantity Maybe[decimal.Decimal] // in the unit of Use; of UseUnknown in Unit
	Unit     Safe                   // as the source writes it
	Cost     Maybe[Money]           // what is charged before credits and without tax; unknown where the source counts usage only
	List     Maybe[Money]           // at list price, where the source says it
	Credit   Maybe[Money]           // that belongs to this line, negative or zero; not contained in Cost
	Charge   Charge                 // "" is usage
	Tier     string                 // of service, as the source writes it: "batch", "flex", "priority"
	Project  string                 // project, workspace, account or subscription, by its ID
	Team     string
	Key      string // ID of an API key, never the key
	Route    RouteID
	Region   string
	// Estimated says that the source itself announces that the amount may change.
	Estimated bool
}

// IsUsage tells whether a line is what was used, not tax, purchase, credit or a correction.
func (l *BillLine) IsUsage() bool { return l.Charge == "" || l.Charge == ChargeUsage }

// BillReading is what one read of one source of bills says. It replaces, for each of its streams, all that the same source
// said before of the spans that Covers holds; what it said of other spans stands.
type BillReading struct {
	// Streams are those that the source speaks of.
	Streams []Stream
	// Covers are the spans that the source answered for, ascending. What is in none of them is unknown; a day that is
	// covered whole and has no line is a day without any use.
	Covers []Span
	// Apart are the spans that the source answered for by stream and provider, where these differ. Covers is empty then.
	Apart []BillCover
	// Watermark is the end of the newest span with data: what is later may still come. The zero time is no data at all.
	Watermark time.Time
	// Refreshed is when the source itself took its data over last, where it says so.
	Refreshed Maybe[time.Time]
	Lines     []BillLine
	// Files are what was read, of a source that reads a folder.
	Files []BillFile
	// Limits are spend limits and alerts that the provider itself keeps.
	Limits []SpendLimit
	// Balance is prepaid money that is left.
	Balance Maybe[Money]
	// Calls is how many paid calls the read made, CallPrice what each costs.
	Calls     int
	CallPrice Maybe[Money]
}

// BillCover is what a source answered for of one stream and provider.
type BillCover struct {
	Stream   Stream
	Provider ProviderID // "" for the provider of the source
	Spans    []Span     // ascending and disjoint
}

// BillFile is one imported file.
type BillFile struct {
	Name    string // within its folder
	Format  Safe   // "FOCUS 1.2", "OpenCost allocation", "prices"
	SHA256  string // of the bytes that were read
	Written time.Time
	Rows    int
	Covers  Span // of its lines
	// Why says why it, or a part of it, was not used; "" where all of it was.
	Why Safe
}

// SpendLimit is a limit or an alert that a provider or gateway itself keeps on spend.
type SpendLimit struct {
	Of        Safe // "organization", "project proj_a", "key prod", "team search"
	Max       Maybe[Money]
	Spent     Maybe[Money]
	Per       time.Duration // 0 where it never resets or the source does not say
	Reset     Maybe[time.Time]
	Hard      bool // requests fail beyond it
	Enforcing Safe // the source's own word on whether it is in force now; "" where it does not say

	Key, Team string      // whose it is, by its ID at the gateway: never a key
	Blocked   Maybe[bool] // whether the gateway refuses all that it sends
	Rates     []Limit     // of requests and tokens, beside the money
}
