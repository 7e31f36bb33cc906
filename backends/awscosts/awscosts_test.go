package awscosts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/awsrig"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// said draws lines so that they can be compared at once.
func said(b *fleet.BillReading) string {
	var out strings.Builder
	for _, l := range b.Lines {
		cost, n := "-", "-"
		if l.Cost.OK {
			cost = l.Cost.V.Amount().String() + l.Cost.V.Currency()
		}
		if l.Quantity.OK {
			n = l.Quantity.V.String()
		}
		fmt.Fprintf(&out, "%s %s %q %s %s %s %s %s est=%v\n", l.Span.From.Format("02"), l.Charge, l.Model, l.Use, l.Tier, l.Region, n, cost, l.Estimated)
	}
	return out.String()
}

const usageLines = `20 usage "Nova Lite" uncached_in  eu-central-1 16666500 1.0000000001USD est=false
20 usage "Nova Lite" out batch eu-central-1 2000000 0.25USD est=false
20 usage "Claude Opus 5" cache_read  eu-central-1 - 3.75USD est=false
21 usage ""   eu-central-1 1000 0.15USD est=true
`

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/x-amz-json-1.1", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Method: http.MethodPost, Main: "/",
		Credential: awsrig.ID + ":" + awsrig.Secret + ":" + awsrig.Token, Shown: awsrig.ID,
		Pages: map[string]contract.Page{"/": page(fixture(t, "usage.json"))},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Bill == nil || !strings.HasPrefix(said(p.Bill), usageLines) || p.Bill.Calls != 2 || p.Bill.CallPrice.V.Amount().String() != "0.01" {
				t.Fatalf("%+v\n%s", p.Bill, said(p.Bill))
			}
		},
		WrongType:  page(strings.Replace(fixture(t, "usage.json"), `"0.25"`, `{"x":1}`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("an object was taken for an amount: %+v", p.Bill) },
		Hostile: func(text string) map[string]contract.Page {
			q := func(s string) string { b, _ := json.Marshal(s); return string(b) }
			return map[string]contract.Page{"/": page(`{"ResultsByTime":[{"TimePeriod":{"Start":"2026-11-20","End":"2026-11-21"},"Groups":[{"Keys":[` +
				q(text+" Bedrock") + `,` + q(text) + `],"Metrics":{"UnblendedCost":{"Amount":"1","Unit":"USD"},"UsageQuantity":{"Amount":` + q(text) +
				`,"Unit":` + q(text) + `}}}]}],"Extra":` + q(text) + `}`)}
		},
		Series: func(n int) contract.Page {
			row := `{"Keys":["Amazon Bedrock","EUC1-NovaLite-input-tokens"],"Metrics":{"UnblendedCost":{"Amount":"1","Unit":"USD"},` +
				`"UsageQuantity":{"Amount":"1","Unit":"1K tokens"}}},`
			return page(`{"ResultsByTime":[{"TimePeriod":{"Start":"2026-11-20"},"Groups":[` + strings.TrimSuffix(strings.Repeat(row, n), ",") + `]}]}`)
		},
	})
}

// explorer plays Cost Explorer: the answer of usage in pages, that of all other records at once.
func explorer(t *testing.T, asked *[]string, answer func(body string) (int, string)) string {
	return awsrig.Serve(t, "ce", "us-east-1", func(r *http.Request, body []byte) (int, string) {
		if r.Header.Get("X-Amz-Target") != "AWSInsightsIndexService.GetCostAndUsage" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			t.Errorf("%v", r.Header)
		}
		*asked = append(*asked, string(body))
		return answer(string(body))
	}).URL
}

func both(t *testing.T) func(string) (int, string) {
	return func(body string) (int, string) {
		if strings.Contains(body, `"RECORD_TYPE","Type":"DIMENSION"`) {
			return 200, fixture(t, "others.json")
		}
		return 200, fixture(t, "usage.json")
	}
}

func open(t *testing.T, url string, clock fleet.Clock, options ...string) fleet.Reader {
	t.Helper()
	spec := fleet.SourceSpec{ID: "aws", URL: url, Auth: fleet.SecretRef{Env: "K"}, Options: map[string]string{}}
	for i := 0; i < len(options); i += 2 {
		spec.Options[options[i]] = options[i+1]
	}
	r, err := newReader(spec, awsrig.Deps(clock))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCreditsRefundsAndTaxAreApart(t *testing.T) {
	var asked []string
	p, err := open(t, explorer(t, &asked, both(t)), fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const want = usageLines + `20 credit "Amazon Bedrock"    - -0.5USD est=false
20 tax "Claude Opus 5"    - 0.71USD est=false
20 adjustment "Claude Opus 5"    - -1.2USD est=false
`
	if got := said(p.Bill); got != strings.Replace(want, `"Amazon Bedrock"`, `""`, 1) {
		t.Errorf("lines\n%s", got)
	}
	b := p.Bill
	if w := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC); !b.Watermark.Equal(w) || len(b.Covers) != 1 || !b.Covers[0].To.Equal(w) ||
		!b.Covers[0].From.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("today has no data yet, and is not covered: %v %v", b.Watermark, b.Covers)
	}
	if !strings.Contains(asked[0], `"Filter":{"Dimensions":{"Key":"RECORD_TYPE","Values":["Usage"`) || !strings.Contains(asked[1], `"Filter":{"Not":{"Dimensions"`) ||
		!strings.Contains(asked[0], `"TimePeriod":{"End":"2026-11-23","Start":"2026-11-01"}`) {
		t.Errorf("asked %v", asked)
	}
}

func TestPagesAreReadToTheEndAndPaid(t *testing.T) {
	var asked []string
	url := explorer(t, &asked, func(body string) (int, string) {
		switch {
		case strings.Contains(body, `"NextPageToken":"p2"`), strings.Contains(body, `"RECORD_TYPE","Type"`):
			return 200, fixture(t, "others.json")
		default:
			return 200, strings.Replace(fixture(t, "usage.json"), `"DimensionValueAttributes"`, `"NextPageToken":"p2","DimensionValueAttributes"`, 1)
		}
	})
	p, err := open(t, url, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || p.Bill.Calls != 3 || len(p.Bill.Lines) != 4+3+3 {
		t.Errorf("%v %+v", err, p.Bill)
	}
	endless := explorer(t, &asked, func(string) (int, string) {
		return 200, fmt.Sprintf(`{"ResultsByTime":[],"NextPageToken":"%d"}`, len(asked))
	})
	if _, err := open(t, endless, fleet.NewVirtualClock(contract.Start())).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid ||
		!strings.Contains(err.Error(), "more than 20 pages, each of which costs $0.01") {
		t.Errorf("%v", err)
	}
	asked = nil
	round := explorer(t, &asked, func(string) (int, string) { return 200, `{"ResultsByTime":[],"NextPageToken":"again"}` })
	if _, err := open(t, round, fleet.NewVirtualClock(contract.Start())).Read(t.Context()); len(asked) != 2 || !strings.Contains(err.Error(), "in a circle") {
		t.Errorf("each time round costs: %d calls, %v", len(asked), err)
	}
}

func TestNothingIsAskedBeyondTheCapOrWithinTheHour(t *testing.T) {
	var asked []string
	clock := fleet.NewVirtualClock(contract.Start())
	r := open(t, explorer(t, &asked, both(t)), clock, "usd_per_day", "0.05")
	for range 3 { // a refresh asks nothing
		if p, err := r.Read(t.Context()); err != nil || len(p.Bill.Lines) != 7 || !p.At.Equal(contract.Start()) {
			t.Fatalf("%v %+v", err, p)
		}
	}
	_ = clock.Advance(t.Context(), 2*time.Hour)
	if _, err := r.Read(t.Context()); err != nil || len(asked) != 4 || !strings.Contains(asked[2], `"Start":"2026-11-19"`) {
		t.Errorf("later reads look back three days: %v %v", err, asked)
	}
	_ = clock.Advance(t.Context(), 2*time.Hour)
	_, err := r.Read(t.Context())
	if fleet.KindOf(err) != fleet.KindRateLimited || !strings.Contains(err.Error(), "$0.040 of $0.050 a day are spent") || len(asked) != 4 ||
		fleet.RetryAfter(err) != 10*time.Hour+46*time.Minute {
		t.Errorf("%v, %v, %d calls", err, fleet.RetryAfter(err), len(asked))
	}
	_ = clock.Advance(t.Context(), 11*time.Hour)
	if _, err := r.Read(t.Context()); err != nil || len(asked) != 6 {
		t.Errorf("the next day: %v, %d calls", err, len(asked))
	}
}

// A refusal costs nothing, names the right that lacks and shows nothing of the key; the money stays for later.
func TestRefusals(t *testing.T) {
	var asked []string
	url := explorer(t, &asked, func(string) (int, string) {
		return 400, `{"__type":"AccessDeniedException","Message":"User: canary is not authorized to perform: ce:GetCostAndUsage on resource: *"}`
	})
	r := open(t, url, fleet.NewVirtualClock(contract.Start()), "usd_per_day", "0.02")
	for range 4 {
		_, err := r.Read(t.Context())
		if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "lacks the right ce:GetCostAndUsage") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v", err)
		}
	}
	if len(asked) != 4 {
		t.Errorf("%d calls: a refusal was paid", len(asked))
	}
}

func TestAmountsThatAreNone(t *testing.T) {
	for _, bad := range []string{`"NaN"`, `"1e999999999"`, `""`, `"1,5"`, `"0x10"`} {
		var asked []string
		url := explorer(t, &asked, func(string) (int, string) { return 200, strings.Replace(fixture(t, "usage.json"), `"0.25"`, bad, 1) })
		if p, err := open(t, url, fleet.NewVirtualClock(contract.Start())).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v %+v", bad, err, p.Bill)
		}
	}
}

func TestMistakesOfTheConfiguration(t *testing.T) {
	for _, spec := range []fleet.SourceSpec{
		{URL: "https://monitoring.us-east-1.amazonaws.com"},
		{URL: "https://ce.us-east-1.amazonaws.com", Options: map[string]string{"usd_per_day": "much"}},
		{URL: "https://ce.us-east-1.amazonaws.com", Options: map[string]string{"usd_per_dya": "1"}},
		{URL: "https://ce.us-east-1.amazonaws.com", Options: map[string]string{"days": "400"}},
	} {
		if _, err := newReader(spec, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}

// The recorded sample beside the checkout has a model that the Marketplace bills, and it is found.
func TestSample(t *testing.T) {
	var asked []string
	body := contract.BillSample(t, "aws_ce_get_cost_and_usage.json")
	p, err := open(t, explorer(t, &asked, func(string) (int, string) { return 200, string(body) }),
		fleet.NewVirtualClock(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC))).Read(t.Context())
	if err != nil || !strings.HasPrefix(said(p.Bill), "31 usage \"Nova 2 Lite\" uncached_in  us-east-1 41152263 12.3456789USD est=true\n"+
		"31 usage \"Claude Sonnet 4.6\" out  us-east-1 - 310.5USD est=true\n") {
		t.Errorf("%v\n%s", err, said(p.Bill))
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte(fixture(f, "usage.json")), true)
	f.Add([]byte(fixture(f, "others.json")), false)
	f.Fuzz(func(t *testing.T, body []byte, isUsage bool) {
		var page answer
		if json.Unmarshal(body, &page) != nil || page.Days == nil {
			return
		}
		r := &reader{clock: fleet.NewVirtualClock(contract.Start()), names: []string{"bedrock"}}
		lines, err := r.lines(query{usage: isUsage}, *page.Days)
		if err != nil && !fleet.IsClean(err.Error()) {
			t.Errorf("%q", err)
		}
		for _, l := range lines {
			if !l.Cost.OK || l.Cost.V.Currency() == "" || !fleet.IsClean(l.Item.String()) || !fleet.IsClean(l.Unit.String()) ||
				l.Quantity.OK && l.Use != fleet.UseUnknown && !l.Use.IsTokens() {
				t.Errorf("%+v", l)
			}
		}
	})
}
