package export

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// required are the columns that FOCUS 1.2 wants in each file, and whether they may be null (FOCUS_Spec v1.2,
// specification/columns: feature level "Mandatory", and those conditional ones whose condition rows of pitwall meet).
var required = map[string]bool{
	"BilledCost": false, "BillingAccountId": false, "BillingAccountName": true, "BillingAccountType": false, "BillingCurrency": false,
	"BillingPeriodEnd": false, "BillingPeriodStart": false, "ChargeCategory": false, "ChargeClass": true, "ChargeDescription": true,
	"ChargeFrequency": false, "ChargePeriodEnd": false, "ChargePeriodStart": false, "ConsumedQuantity": true, "ConsumedUnit": true,
	"ContractedCost": false, "ContractedUnitPrice": true, "EffectiveCost": false, "InvoiceIssuerName": false, "ListCost": false,
	"ListUnitPrice": true, "PricingCategory": true, "PricingQuantity": true, "PricingUnit": true, "ProviderName": false, "PublisherName": false,
	"RegionId": true, "RegionName": true, "ResourceId": true, "ServiceCategory": false, "ServiceName": false, "ServiceSubcategory": false,
	"SkuId": true, "SkuMeter": true, "SkuPriceDetails": true, "SkuPriceId": true, "SubAccountId": true, "SubAccountName": true,
	"SubAccountType": true, "Tags": true,
	// Of 1.3, whose readers no longer look for the names above.
	"ServiceProviderName": false, "HostProviderName": false,
}

var (
	numeric = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	instant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

func rows() []Row {
	hour := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)
	line := func(change func(*fleet.BillLine)) fleet.BillLine {
		l := fleet.BillLine{Stream: fleet.StreamMetered, Provider: "openai", Span: fleet.Span{From: hour, To: hour.Add(time.Hour)}, Model: "gpt-5",
			Use: fleet.UseInput, Quantity: fleet.Some(decimal.NewFromInt(3_000_000)), Cost: fleet.Some(fleet.NewMoney(decimal.RequireFromString("3.75"), "USD"))}
		change(&l)
		return l
	}
	return []Row{
		{BillLine: line(func(*fleet.BillLine) {}), Provider: "OpenAI", From: "counters of gateways times the price list of 2026-11-01"},
		{BillLine: line(func(l *fleet.BillLine) {
			l.Stream, l.Use, l.Tier, l.Project, l.Region = fleet.StreamReported, fleet.UseOutput, "batch", "proj_a", "eu"
			l.Quantity = fleet.None[decimal.Decimal]()
		})},
		{BillLine: line(func(l *fleet.BillLine) {
			l.Stream, l.Charge, l.Use, l.Model = fleet.StreamBilled, fleet.ChargeCredit, "", ""
			l.Cost, l.Credit = fleet.None[fleet.Money](), fleet.Some(fleet.NewMoney(decimal.NewFromInt(-5), "EUR"))
		}), Account: "acct"},
		{BillLine: line(func(l *fleet.BillLine) {
			l.Stream, l.Model, l.Item, l.Use = fleet.StreamCapacity, "llama", fleet.Text("idle"), fleet.UseHours
		})},
		{BillLine: line(func(l *fleet.BillLine) {
			l.Model, l.Team, l.Key, l.Project = `=HYPERLINK("http://x","y")`, "+cmd", "@k", "-1+1"
			l.Item = fleet.Label("=1+1\r\nx\t")
		}), Provider: "\t=evil", Account: "=acct"},
		{BillLine: line(func(l *fleet.BillLine) { l.Cost = fleet.None[fleet.Money]() })},
	}
}

func written(t *testing.T, rows []Row) (head []string, list []map[string]string, left int) {
	t.Helper()
	var b strings.Builder
	left, err := WriteFOCUS(&b, rows)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			m[name] = r[i]
		}
		list = append(list, m)
	}
	return all[0], list, left
}

// Each row meets what FOCUS 1.2 wants of its columns; a cost that is not known is not written, and counted.
func TestRowsMeetTheSpecification(t *testing.T) {
	head, list, left := written(t, rows())
	if left != 1 || len(list) != 5 {
		t.Fatalf("%d rows, %d left out", len(list), left)
	}
	have := map[string]bool{}
	for _, h := range head {
		if have[h] {
			t.Errorf("the column %s is there twice", h)
		}
		have[h] = true
		if _, known := required[h]; !known && !strings.HasPrefix(h, "x_") && h != "InvoiceId" && h != "ResourceName" && h != "ResourceType" {
			t.Errorf("the column %s is neither of FOCUS nor marked as ours", h)
		}
	}
	for name, nullable := range required {
		if !have[name] {
			t.Errorf("the column %s is missing", name)
		}
		for i, r := range list {
			v := r[name]
			switch {
			case v == "" && !nullable:
				t.Errorf("row %d has no %s", i, name)
			case v != "" && (strings.HasSuffix(name, "Cost") || strings.HasSuffix(name, "Quantity") || strings.HasSuffix(name, "UnitPrice")) && !numeric.MatchString(v):
				t.Errorf("row %d: %s is %q", i, name, v)
			case (strings.HasSuffix(name, "PeriodStart") || strings.HasSuffix(name, "PeriodEnd")) && !instant.MatchString(v):
				t.Errorf("row %d: %s is %q", i, name, v)
			}
		}
	}
	for i, r := range list {
		usage := r["ChargeCategory"] == "Usage"
		if (r["PricingQuantity"] != "") != usage || (r["ConsumedQuantity"] != "") != usage || (r["PricingCategory"] != "") != usage || (r["ListUnitPrice"] != "") != usage {
			t.Errorf("row %d of %s has %q x %q", i, r["ChargeCategory"], r["PricingQuantity"], r["ListUnitPrice"])
		}
		if (r["SubAccountId"] == "") != (r["SubAccountType"] == "") || (r["SkuId"] == "") != (r["SkuPriceId"] == "") {
			t.Errorf("row %d: %v", i, r)
		}
		if usage {
			product := decimal.RequireFromString(r["ContractedUnitPrice"]).Mul(decimal.RequireFromString(r["PricingQuantity"]))
			if !product.Round(12).Equal(decimal.RequireFromString(r["ContractedCost"])) {
				t.Errorf("row %d: price times quantity is %s, the cost %s", i, product, r["ContractedCost"])
			}
		}
	}
	if r := list[0]; r["BillingPeriodStart"] != "2026-11-01T00:00:00Z" || r["BillingPeriodEnd"] != "2026-12-01T00:00:00Z" || r["ConsumedUnit"] != "Tokens" ||
		r["x_Provenance"] != "metered" || r["SkuMeter"] != "Input Tokens" || r["ProviderName"] != r["ServiceProviderName"] {
		t.Errorf("%v", r)
	}
	if r := list[2]; r["BilledCost"] != "-5" || r["BillingCurrency"] != "EUR" || r["ChargeCategory"] != "Credit" {
		t.Errorf("%v", r)
	}
}

// No field that a spreadsheet may take for a formula begins as one, and no field is more than one line.
func TestNoFieldIsAFormula(t *testing.T) {
	_, list, _ := written(t, rows())
	for _, r := range list {
		for name, v := range r {
			if v != "" && strings.ContainsAny(v[:1], "=+-@\t\r") && !numeric.MatchString(v) || strings.ContainsAny(v, "\r\n\t") {
				t.Errorf("%s is %q", name, v)
			}
		}
	}
}

func TestARowWithoutAStreamIsRefused(t *testing.T) {
	r := rows()[0]
	r.Stream = ""
	if _, err := WriteFOCUS(&strings.Builder{}, []Row{r}); err == nil {
		t.Error("a row of no stream was written")
	}
}
