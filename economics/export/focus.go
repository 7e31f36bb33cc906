// Package export writes what pitwall knows of money in the words of others: rows of FOCUS 1.2, which readers of 1.3 and 1.4
// take as well.
// It must not open a file, convert a currency, or write a cost that is not known.
package export

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Row is one row of an export: a line of a bill, and what FOCUS asks for beside it.
type Row struct {
	fleet.BillLine
	// Provider is who provides the service, as people write it: "OpenAI". The line's own Provider stands for it where this is "".
	Provider string
	// Publisher made the model, Issuer writes the invoice; Provider stands for each where it is "".
	Publisher, Issuer string
	// Account is the billing account; "pitwall" stands for it where it is not known.
	Account string
	// Source is the source of bills that says so, or "pitwall". Two sources of one stream may tell of the same money.
	Source string
	// From is how the figure came about, for people: "counters of gateways times the price list of 2026-11-01".
	From string
}

// columns are those of FOCUS 1.2 that are mandatory or are met by rows of pitwall, then those by which 1.3 names providers,
// then pitwall's own.
var columns = []string{
	"BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
	"ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity",
	"ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost", "ListUnitPrice",
	"PricingCategory", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
	"ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails",
	"SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
	"ServiceProviderName", "HostProviderName",
	"x_Provenance", "x_Source", "x_Model", "x_TokenKind", "x_Route", "x_Team", "x_KeyId", "x_Estimated", "x_From",
}

var errStream = errors.New("a row says no stream: its money would be taken for a bill")

// WriteFOCUS writes rows as CSV. FOCUS knows no unknown cost: rows without one are not written, and their number is returned,
// to be said. Nothing is summed: the rows of different streams tell of the same money, and x_Provenance tells which.
func WriteFOCUS(w io.Writer, rows []Row) (left int, err error) {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return 0, err
	}
	record := make([]string, len(columns))
	for i := range rows {
		r := &rows[i]
		if r.Stream == "" {
			return left, errStream
		}
		cost, ok := r.cost()
		if !ok {
			left++
			continue
		}
		fields := r.fields(cost)
		for j, name := range columns {
			record[j] = fields[name]
		}
		if err := out.Write(record); err != nil {
			return left, err
		}
	}
	out.Flush()
	return left, out.Error()
}

// cost is what a row costs: a line that is nothing but a credit costs that.
func (r *Row) cost() (fleet.Money, bool) {
	c := r.Cost
	if !c.OK && r.Charge == fleet.ChargeCredit {
		c = r.Credit
	}
	return c.V, c.OK && c.V.Currency() != ""
}

// fields are the fields of a row by column; what is absent is null, which CSV writes as nothing.
func (r *Row) fields(cost fleet.Money) map[string]string {
	month := time.Date(r.Span.From.Year(), r.Span.From.Month(), 1, 0, 0, 0, 0, time.UTC)
	provider := first(r.Provider, string(r.BillLine.Provider), "unknown")
	list := cost
	if r.List.OK && r.List.V.Currency() == cost.Currency() {
		list = r.List.V
	}
	f := map[string]string{
		"BilledCost": number(cost.Amount()), "ContractedCost": number(cost.Amount()), "EffectiveCost": number(cost.Amount()),
		"ListCost": number(list.Amount()), "BillingCurrency": cost.Currency(),
		"BillingAccountId": text(first(r.Account, "pitwall")), "BillingAccountName": text(first(r.Account, "pitwall")),
		"BillingAccountType": "Estimate", "BillingPeriodStart": moment(month), "BillingPeriodEnd": moment(month.AddDate(0, 1, 0)),
		"ChargePeriodStart": moment(r.Span.From), "ChargePeriodEnd": moment(r.Span.To),
		"ChargeCategory": category(r.Charge), "ChargeFrequency": "One-Time", "ChargeDescription": text(r.description()),
		"ProviderName": text(provider), "ServiceProviderName": text(provider), "PublisherName": text(first(r.Publisher, provider)),
		"HostProviderName": text(first(r.Publisher, provider)), "InvoiceIssuerName": text(first(r.Issuer, provider)),
		"ServiceCategory": "AI and Machine Learning", "ServiceSubcategory": "Generative AI", "ServiceName": text(provider + " models"),
		"RegionId": text(r.Region), "RegionName": text(r.Region), "SubAccountId": text(r.Project), "SubAccountName": text(r.Project),
		"x_Provenance": string(r.Stream), "x_Source": text(r.Source), "x_Model": text(string(r.Model)), "x_TokenKind": string(r.Use),
		"x_Route": text(string(r.Route)), "x_Team": text(r.Team), "x_KeyId": text(r.Key), "x_From": text(r.From), "x_Estimated": "false",
	}
	if r.Project != "" {
		f["SubAccountType"] = "Project"
	}
	if r.Estimated || r.Stream != fleet.StreamBilled {
		f["x_Estimated"] = "true"
	}
	if r.Stream == fleet.StreamBilled {
		f["BillingAccountType"] = "Billing account"
	}
	if r.IsUsage() {
		r.use(f, cost, list)
	}
	return f
}

// use fills what FOCUS wants to know of usage.
func (r *Row) use(f map[string]string, cost, list fleet.Money) {
	f["PricingCategory"] = "Standard"
	f["ChargeFrequency"] = "Usage-Based"
	meter, unit := metered(r.Use)
	if unit == "" {
		unit = unitOf(r.Unit.String())
	}
	sku := strings.TrimSpace(string(r.Model) + " " + meter)
	if sku != "" {
		f["SkuId"], f["SkuPriceId"] = text(sku), text(strings.TrimSpace(sku+" "+r.Tier))
	}
	f["SkuMeter"] = text(meter)
	details := map[string]string{}
	if r.Model != "" {
		details["x_Model"] = string(r.Model)
	}
	if r.Tier != "" {
		details["x_Tier"] = r.Tier
	}
	if f["SkuPriceId"] != "" && len(details) > 0 {
		if b, err := json.Marshal(details); err == nil {
			f["SkuPriceDetails"] = string(b)
		}
	}
	quantity := decimal.NewFromInt(1)
	if r.Quantity.OK && !r.Quantity.V.IsZero() && unit != "" {
		quantity = r.Quantity.V
	} else {
		unit = "Charges" // FOCUS wants a quantity, and how much was used is not known: one charge is
	}
	f["ConsumedQuantity"], f["ConsumedUnit"] = number(quantity), unit
	f["PricingQuantity"], f["PricingUnit"] = number(quantity), unit
	f["ContractedUnitPrice"], f["ListUnitPrice"] = price(cost.Amount(), quantity), price(list.Amount(), quantity)
}

// price is a price of one, which FOCUS wants to be a cost over its quantity and not negative.
func price(cost, quantity decimal.Decimal) string {
	if cost.Sign() < 0 || quantity.Sign() <= 0 {
		return ""
	}
	return number(cost.DivRound(quantity, priceDigits))
}

// priceDigits are digits behind the point: a token costs a millionth.
const priceDigits = 24

func (r *Row) description() string {
	return strings.TrimSpace(strings.Join([]string{r.Item.String(), string(r.Stream)}, ", "))
}

func category(c fleet.Charge) string {
	switch c {
	case fleet.ChargePurchase:
		return "Purchase"
	case fleet.ChargeTax:
		return "Tax"
	case fleet.ChargeCredit:
		return "Credit"
	case fleet.ChargeAdjustment:
		return "Adjustment"
	default:
		return "Usage"
	}
}

// metered is what a kind of use is called as a meter, and its unit in the words of FOCUS.
func metered(use fleet.UsageKind) (meter, unit string) {
	names := map[fleet.UsageKind][2]string{
		fleet.UseInput: {"Input Tokens", "Tokens"}, fleet.UseOutput: {"Output Tokens", "Tokens"},
		fleet.UseCacheRead: {"Cache Read Tokens", "Tokens"}, fleet.UseCacheWrite5m: {"Cache Write Tokens", "Tokens"},
		fleet.UseCacheWrite1h: {"Cache Write Tokens 1h", "Tokens"}, fleet.UseAudioIn: {"Audio Input Tokens", "Tokens"},
		fleet.UseAudioOut: {"Audio Output Tokens", "Tokens"}, fleet.UseImageIn: {"Image Input Tokens", "Tokens"},
		fleet.UseImageOut: {"Image Output Tokens", "Tokens"}, fleet.UseRequests: {"Requests", "Requests"},
		fleet.UseToolCalls: {"Tool Calls", "Calls"}, fleet.UseImages: {"Images", "Images"},
		fleet.UseVideoSeconds: {"Video Seconds", "Seconds"}, fleet.UseAudioSeconds: {"Audio Seconds", "Seconds"},
		fleet.UseCharacters: {"Characters", "Characters"}, fleet.UseStorage: {"Storage", "GiB-Hours"}, fleet.UseHours: {"Hours", "Hours"},
	}
	n := names[use]
	return n[0], n[1]
}

// unitOf is a unit of a source as FOCUS wants it: with a capital letter.
func unitOf(unit string) string {
	if unit == "" {
		return ""
	}
	return text(strings.ToUpper(unit[:1]) + unit[1:])
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// number writes a number as FOCUS wants it: digits, a sign and a point only.
func number(d decimal.Decimal) string { return d.String() }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// text keeps spreadsheets from taking a name for a formula, and a row from being more than one line.
func text(s string) string {
	s = fleet.Label(s).String()
	if s != "" && strings.IndexByte("=+-@", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
