package focus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// put writes a file of a folder, as it stood an hour ago.
func put(t testing.TB, dir, name, body string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
	stamp(t, path, contract.Start().Add(-time.Hour))
}

func stamp(t testing.TB, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// bill reads a folder once.
func bill(t testing.TB, dir string, spec fleet.SourceSpec) *fleet.BillReading {
	t.Helper()
	spec.File = dir
	return again(t, contract.Open(t, Connector(), spec, fleet.NewVirtualClock(contract.Start())))
}

func again(t testing.TB, r fleet.Reader) *fleet.BillReading {
	t.Helper()
	p, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p.Bill
}

// told draws lines so that a test can compare them.
func told(b *fleet.BillReading) string {
	var out strings.Builder
	for _, l := range b.Lines {
		words := []string{string(l.Stream), string(l.Provider), l.Span.From.Format("01-02T15") + "+" + l.Span.To.Sub(l.Span.From).String(), string(l.Model),
			string(l.Use), string(l.Charge), l.Tier, l.Project, l.Item.String()}
		if l.Quantity.OK {
			words = append(words, l.Quantity.V.String()+l.Unit.String())
		} else {
			words = append(words, "-")
		}
		if l.Cost.OK {
			words = append(words, l.Cost.V.Amount().String()+" "+l.Cost.V.Currency())
		} else {
			words = append(words, "-")
		}
		if l.List.OK {
			words = append(words, "list "+l.List.V.Amount().String())
		}
		out.WriteString(strings.Join(words, "|") + "\n")
	}
	return out.String()
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if got != strings.TrimLeft(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.TrimLeft(want, "\n"))
	}
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// One file of FOCUS holds all traps at once: NULL, quoted amounts, a credit, a correction, a tax, three ways to write a
// time, JSON with quotation marks, a currency of its own, a service that is none of models.
func TestRowsOfFOCUS(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "november.csv", fixture(t, "focus-1.2.csv"))
	b := bill(t, dir, fleet.SourceSpec{Options: map[string]string{OptionProviders: "Amazon Bedrock=bedrock-us", OptionGrain: "hour"}, Models: []fleet.ModelName{"gpt-4o", "gpt-4o-mini"}})
	same(t, told(b), `
billed|bedrock-us|11-01T00+1h0m0s|||credit||111|Credit|-|-20 USD|list -20
billed|bedrock-us|11-01T00+1h0m0s|||tax||111|VAT|-|3.1 USD|list 3.1
billed|bedrock-us|11-01T00+1h0m0s|Claude Sonnet 4.6|out|usage|batch|111|Output Tokens, Batch|1000|0.0075 USD
billed|bedrock-us|11-01T00+1h0m0s|Claude Sonnet 4.6|uncached_in|usage||111|Input Tokens|2500000|7.5 USD|list 8
billed|openai|11-01T00+24h0m0s|gpt-4o-mini|cache_read|usage||222|gpt-4o-mini cached input|3000|0.3 EUR|list 0.3
billed|openai|11-02T00+1h0m0s|gpt-4o-mini||adjustment||222|gpt-4o-mini cached input|-|-0.1 EUR|list -0.1
`)
	f := b.Files[0]
	if f.Format.String() != "FOCUS 1.2" || f.Rows != 8 || len(f.SHA256) != 64 || !f.Written.Equal(contract.Start().Add(-time.Hour)) ||
		f.Why.String() != "1 row of other services, left out: the option services: all takes them" {
		t.Errorf("%+v", f)
	}
	if len(b.Covers) != 1 || b.Covers[0].From.Format("01-02") != "11-01" || b.Covers[0].To.Format("01-02T15") != "11-02T01" || b.Watermark.Format("01-02T15") != "11-02T00" {
		t.Errorf("covers %v to %v", b.Covers, b.Watermark)
	}
}

// What two sides of a table say does not depend on the order of its columns, and versions are told by their columns.
func TestVersionsAndDefaults(t *testing.T) {
	const first = "ServiceName,BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ServiceCategory,EffectiveCost"
	for extra, want := range map[string]string{"": "FOCUS 1.0", ",SkuMeter": "FOCUS 1.1", ",InvoiceId": "FOCUS 1.2", ",HostProviderName": "FOCUS 1.3", ",x_Own,Id": "FOCUS 1.0"} {
		dir := t.TempDir()
		put(t, dir, "a.csv", first+extra+"\nOpenAI,0,USD,2026-11-01 07:00:00,Usage,AI and Machine Learning,4"+strings.Repeat(",z", strings.Count(extra, ","))+"\n")
		b := bill(t, dir, fleet.SourceSpec{Options: map[string]string{OptionCost: "effective"}})
		if len(b.Lines) != 1 || b.Files[0].Format.String() != want || b.Lines[0].Cost.V.Text().String() != "$4.00" || b.Lines[0].Provider != "openai" {
			t.Errorf("%s: %+v", want, b)
		}
		if b = bill(t, dir, fleet.SourceSpec{}); b.Lines[0].Cost.V.Text().String() != "$0.00" || !strings.Contains(b.Files[0].Why.String(), "option cost") {
			t.Errorf("%s: what is paid otherwise is not said: %+v", want, b.Files)
		}
	}
}

// Whose a row is: what the option names first, by service, provider and publisher; then the source's own provider, what is
// commonly known, and the provider's own name. Either pair of columns says it, also where the older one is empty.
func TestWhoseARowIs(t *testing.T) {
	const head = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ServiceCategory,ServiceName,ProviderName,PublisherName,ServiceProviderName,HostProviderName\n"
	for names, want := range map[string]string{
		"Models,AWS,Acme Labs,,": "mine", "Amazon Bedrock,,,AWS,": "bedrock", "Claude Sonnet 4.6 (Amazon Bedrock Edition),AWS,,,": "bedrock",
		"Inference,NULL,NULL,New Cloud Inc.,Acme Labs": "mine", "Inference,,,New Cloud Inc.,": "new-cloud-inc",
	} {
		for _, own := range []fleet.ProviderID{"", "own"} {
			dir := t.TempDir()
			put(t, dir, "a.csv", head+"1,USD,2026-11-01,Usage,AI and Machine Learning,"+names+"\n")
			b := bill(t, dir, fleet.SourceSpec{Subject: fleet.Subject{Provider: own}, Options: map[string]string{OptionProviders: " ACME labs = mine ;"}})
			expected := fleet.ProviderID(want)
			if own != "" && want != "mine" {
				expected = "" // of the source
			}
			if len(b.Lines) != 1 || b.Lines[0].Provider != expected {
				t.Errorf("%s of %q: %+v", names, own, b.Lines)
			}
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []map[string]string{{OptionGrain: "minute"}, {OptionCost: "x"}, {OptionServices: "some"}, {OptionProviders: "a"}, {OptionProviders: "=x"}, {OptionCurrency: "dollars"}} {
		if _, err := newReader(fleet.SourceSpec{ID: "f", File: "x", Options: o}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid || !fleet.IsClean(err.Error()) {
			t.Errorf("%v: %v", o, err)
		}
	}
	if _, err := newReader(fleet.SourceSpec{ID: "f", URL: "http://x"}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
		t.Error(err)
	}
}
