package focusfiles

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
)

// row is one line of an export.
type row struct {
	account.Item
	to              time.Time
	model, provider string
	list            decimal.Decimal // for a million tokens
}

func (r *row) period() string { return r.At.Format("2006-01") }

// words are what the account calls the kinds of tokens.
var words = map[account.Kind]string{account.Input: "Input Tokens", account.CacheRead: "Cached Input Tokens",
	account.CacheWrite: "Cache Write Input Tokens", account.Output: "Output Tokens"}

func (r *row) meter() string {
	if r.Tier != "" {
		return words[r.Kind] + ", Batch"
	}
	return words[r.Kind]
}

func (r *row) sku() string { return fmt.Sprintf("%s-%d%s", r.model, r.Kind, r.Tier) }

func (r *row) month() time.Time { return time.Date(r.At.Year(), r.At.Month(), 1, 0, 0, 0, 0, time.UTC) }

// column is one column of a version of FOCUS.
type column struct {
	name string
	of   func(*row) string
}

// version is a table as the account writes it.
type version struct {
	name    string
	columns []column
}

// v10 is FOCUS 1.0 as its sample has it: moments without a zone, and NULL for what is not said.
var v10 = version{"1.0", money("2006-01-02 15:04:05", "NULL")}

// v12 is FOCUS 1.2, which names meters and their details.
var v12 = version{"1.2", append(money(time.RFC3339, ""),
	text("BillingAccountType", "Organization"), text("InvoiceId", ""), text("PricingCurrency", "USD"),
	text("ServiceSubcategory", "Generative AI"),
	column{"SkuMeter", (*row).meter},
	column{"SkuPriceDetails", func(r *row) string { return fmt.Sprintf(`{"x_Model": %q, "Model": %q}`, r.model, r.model) }})}

func text(name, said string) column { return column{name, func(*row) string { return said }} }

// money are the columns that both versions have.
func money(layout, null string) []column {
	at := func(name string, of func(*row) time.Time) column {
		return column{name, func(r *row) string { return of(r).UTC().Format(layout) }}
	}
	cost := func(name string) column {
		return column{name, func(r *row) string { return r.Cost.StringFixed(place) }}
	}
	provider := func(name string) column { return column{name, func(r *row) string { return r.provider }} }
	count := func(name string, of func(*row) decimal.Decimal) column {
		return column{name, func(r *row) string { return of(r).String() }}
	}
	n := func(r *row) decimal.Decimal { return decimal.NewFromInt(r.N) }
	return []column{
		cost("BilledCost"), text("BillingAccountId", "simulated-1"), text("BillingAccountName", company), text("BillingCurrency", "USD"),
		at("BillingPeriodEnd", func(r *row) time.Time { return r.month().AddDate(0, 1, 0) }), at("BillingPeriodStart", (*row).month),
		text("ChargeCategory", "Usage"), text("ChargeClass", null),
		{"ChargeDescription", func(r *row) string { return r.model + ", " + r.meter() }}, text("ChargeFrequency", "Usage-Based"),
		at("ChargePeriodEnd", func(r *row) time.Time { return r.to }), at("ChargePeriodStart", func(r *row) time.Time { return r.At }),
		text("CommitmentDiscountId", null), count("ConsumedQuantity", n), text("ConsumedUnit", "Tokens"), cost("ContractedCost"),
		cost("EffectiveCost"), provider("InvoiceIssuerName"), cost("ListCost"),
		count("ListUnitPrice", func(r *row) decimal.Decimal { return r.list }),
		text("PricingCategory", "Standard"), count("PricingQuantity", func(r *row) decimal.Decimal { return n(r).Shift(-6) }),
		text("PricingUnit", "1000000 Tokens"), provider("ProviderName"), provider("PublisherName"), text("RegionId", null),
		text("ResourceId", null), text("ServiceCategory", "AI and Machine Learning"), provider("ServiceName"),
		{"SkuId", (*row).sku}, {"SkuPriceId", (*row).sku}, text("SubAccountId", "simulated-1-a"), text("Tags", `{"env": "simulated, at home"}`),
	}
}

// file is one delivery, in parts of so many rows.
type file struct {
	folder, period string
	table          version
	part, rows     int
}

// append writes further rows behind those that are there; the time of the file is that of the account.
func (f *file) append(now time.Time, list []row) error {
	for len(list) > 0 {
		if f.part == 0 || f.rows == perFile {
			f.part, f.rows = f.part+1, 0
		}
		n := min(len(list), perFile-f.rows)
		if err := f.add(now, list[:n]); err != nil {
			return err
		}
		f.rows, list = f.rows+n, list[n:]
	}
	return nil
}

func (f *file) add(now time.Time, list []row) error {
	dir := filepath.Join(f.folder, "billing_period="+f.period)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, fmt.Sprintf("focus-%s-%05d.csv", f.table.name, f.part))
	out, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if f.rows == 0 {
		_ = w.Write(f.table.head()) // kept as the writer's error
	}
	for i := range list {
		_ = w.Write(f.table.line(&list[i]))
	}
	w.Flush()
	if err := w.Error(); err != nil {
		_ = out.Close()
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Chtimes(path, now, now)
}

func (v version) head() []string {
	line := make([]string, len(v.columns))
	for i, c := range v.columns {
		line[i] = c.name
	}
	return line
}

func (v version) line(r *row) []string {
	line := make([]string, len(v.columns))
	for i, c := range v.columns {
		line[i] = c.of(r)
	}
	return line
}
