package azurecosts

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

const (
	own  = "/subscriptions/00000000-0000-0000-0000-000000000000"
	path = own + "/providers/Microsoft.CostManagement/query"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func said(b *fleet.BillReading) string {
	var out strings.Builder
	for _, l := range b.Lines {
		fmt.Fprintf(&out, "%s %s %q %s %s %s%s est=%v\n", l.Span.From.Format("02"), l.Charge, l.Model, l.Use, l.Tier, l.Cost.V.Amount(), l.Cost.V.Currency(), l.Estimated)
	}
	return out.String()
}

func page(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

// last is the first page without a next one.
func last(t testing.TB) string {
	t.Helper()
	return strings.Replace(fixture(t, "page1.json"), `"https://elsewhere.example/steal?api-version=2022-10-01&$skiptoken=AQAAAA%3D%3D"`, `""`, 1)
}

func TestContract(t *testing.T) {
	contract.Run(t, contract.Case{
		New: newReader, Method: http.MethodPost, Main: path,
		Spec:  func(s *fleet.SourceSpec) { s.Options = map[string]string{OptionScope: own} },
		Pages: map[string]contract.Page{path: page(last(t))},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			const want = "15 usage \"gpt 5.2\" uncached_in  12.34567890123456789EUR est=false\n15 usage \"gpt 5.2\" cache_read  0.75EUR est=false\n" +
				"21 usage \"gpt 5.2\" out batch 61.2EUR est=true\n"
			if p.Bill == nil || said(p.Bill) != want {
				t.Fatalf("%+v\n%s", p.Bill, said(p.Bill))
			}
			b := p.Bill
			if day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC); !b.Watermark.Equal(day) || len(b.Covers) != 1 || !b.Covers[0].To.Equal(day) {
				t.Errorf("%v %v", b.Watermark, b.Covers)
			}
		},
		WrongType:  page(strings.Replace(last(t), `20261121`, `"soon"`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a date was made of a word: %+v", p.Bill) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{path: page(strings.ReplaceAll(last(t), `"gpt 5.2 Inp glbl Tokens"`, string(q)))}
		},
		Series: func(n int) contract.Page {
			return page(`{"properties":{"columns":[{"name":"Cost"},{"name":"UsageDate"},{"name":"Meter"},{"name":"Currency"}],"rows":[` +
				strings.TrimSuffix(strings.Repeat(`[1,20261115,"gpt 5.2 Inp glbl Tokens with a long name that fills the page to its end","EUR"],`, n), ",") + `]}}`)
		},
	})
}

// azure plays Cost Management: headers are added to each answer.
type azure struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	header http.Header
	answer func(query string) (int, string)
}

func serve(t *testing.T, answer func(query string) (int, string)) *azure {
	t.Helper()
	a := &azure{header: http.Header{}, answer: answer}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.asked = append(a.asked, r.URL.Path+"?"+r.URL.RawQuery+" "+string(body))
		for k, v := range a.header {
			w.Header()[k] = v
		}
		status, text := a.answer(r.URL.RawQuery)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *azure) open(t *testing.T, clock fleet.Clock) fleet.Reader {
	t.Helper()
	return contract.Open(t, Connector(), fleet.SourceSpec{URL: a.URL, Auth: fleet.SecretRef{Env: "K"}, Options: map[string]string{OptionScope: own}}, clock)
}

func TestPagesFollowTheirOwnAddressOnlyAndCurrenciesStay(t *testing.T) {
	a := serve(t, func(query string) (int, string) {
		if strings.Contains(query, "$skiptoken=AQAAAA%3D%3D") {
			return 200, fixture(t, "page2.json")
		}
		return 200, fixture(t, "page1.json")
	})
	p, err := a.open(t, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	const want = `15 usage "" hours  720EUR est=false
16 adjustment ""   -3.5USD est=false
16 purchase ""   100EUR est=false
16 credit ""   -20EUR est=false
16 tax ""   1.9EUR est=false
`
	if err != nil || !strings.HasSuffix(said(p.Bill), want) || len(p.Bill.Lines) != 8 {
		t.Fatalf("%v\n%s", err, said(p.Bill))
	}
	if len(a.asked) != 2 || !strings.HasPrefix(a.asked[1], path) || !strings.Contains(a.asked[1], `"granularity":"Daily"`) ||
		!strings.Contains(a.asked[0], `"to":"2026-11-22T23:59:59Z"`) || strings.Count(a.asked[0], `"type":"Dimension"`) != 2 {
		t.Errorf("%v", a.asked)
	}
}

func TestTheRationOfTheTenantIsKept(t *testing.T) {
	clock := fleet.NewVirtualClock(contract.Start())
	var used ration
	took := func(units string) { used.told(&httpx.Reply{Header: http.Header{consumedHeader: {units}}}, clock.Now()) }
	for _, x := range []struct {
		units string
		then  time.Duration // until there is room for one more
	}{{"6", 0}, {"2", 10 * time.Second}, {"25", 10 * time.Second}, {"8", time.Minute}} {
		took(x.units)
		if got := fleet.RetryAfter(used.room("a", clock.Now())); got != x.then {
			t.Errorf("after %s: %v, want %v", x.units, got, x.then)
		}
	}
	if err := used.wait(t.Context(), "a", clock); fleet.KindOf(err) != fleet.KindRateLimited || !strings.Contains(err.Error(), "the ration of the tenant is used up") {
		t.Errorf("a minute is not waited for: %v", err)
	}
	_ = clock.Advance(t.Context(), time.Minute)
	if err := used.wait(t.Context(), "a", clock); err != nil {
		t.Error(err)
	}
	for value, want := range map[string]time.Duration{"QueriesPerHour:577,QueriesPer10Sec:0": 10 * time.Second, "QueriesPerHour:577,QueriesPerMin:59": 0, "": 0, "?": 0} {
		var r ration
		r.told(&httpx.Reply{Header: http.Header{remainsHeader: {value}}}, clock.Now())
		if got := fleet.RetryAfter(r.room("a", clock.Now())); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	a := serve(t, func(string) (int, string) {
		return 429, `{"error":{"code":"429","message":"Too many requests. canary"}}`
	})
	a.header.Set("x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after", "9")
	a.header.Set("x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after", "31")
	clock := fleet.NewVirtualClock(contract.Start())
	r := a.open(t, clock)
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindRateLimited || fleet.RetryAfter(err) != 31*time.Second {
		t.Errorf("%v after %v", err, fleet.RetryAfter(err))
	}
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindRateLimited || len(a.asked) != 1 {
		t.Errorf("it was asked again at once: %v, %d", err, len(a.asked))
	}
	a = serve(t, func(string) (int, string) {
		return 403, `{"error":{"code":"AuthorizationFailed","message":"The client 'canary' does not have authorization to perform action 'Microsoft.CostManagement/query/read' over scope"}}`
	})
	if _, err := a.open(t, clock).Read(t.Context()); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "it lacks Microsoft.CostManagement/query/read") ||
		strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
	a = serve(t, func(string) (int, string) { return 200, `{"error":{"code":"x","message":"canary"}}` })
	if _, err := a.open(t, clock).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "an error in place of rows") {
		t.Errorf("%v", err)
	}
}

func TestRowsThatAreNone(t *testing.T) {
	for old, bad := range map[string]string{`"EUR"`: `""`, `0.75`: `null`, `61.2`: `1e99`, `{"name":"UsageDate","type":"Number"},`: ``, `"name":"Meter"`: `"name":"M"`} {
		a := serve(t, func(string) (int, string) { return 200, strings.Replace(last(t), old, bad, 1) })
		if p, err := a.open(t, fleet.NewVirtualClock(contract.Start())).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v %+v", bad, err, p.Bill)
		}
	}
	for _, bad := range []map[string]string{nil, {OptionScope: "subscriptions"}, {OptionScope: own + "/../x y"}, {OptionScope: own, "resource_type": "x"}} {
		if _, err := newReader(fleet.SourceSpec{URL: "https://management.azure.com", Options: bad}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// The recorded sample beside the checkout is in euros and has integer dates.
func TestSample(t *testing.T) {
	body := contract.BillSample(t, "azure_cost_query.json")
	a := serve(t, func(string) (int, string) { return 200, string(body) })
	p, err := a.open(t, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || said(p.Bill) != "31 usage \"gpt-4o\" uncached_in  19.545EUR est=false\n31 usage \"gpt-4o\" out  61.2EUR est=false\n" {
		t.Errorf("%v\n%s", err, said(p.Bill))
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"columns":[{"name":"Cost"},{"name":"UsageDate"},{"name":"Meter"},{"name":"Currency"},{"name":"ChargeType"}],"rows":[[1.5,20261031,"gpt Inp","EUR","Usage"]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var page table
		if json.Unmarshal(body, &page) != nil {
			return
		}
		r := &reader{clock: fleet.NewVirtualClock(contract.Start())}
		lines, err := r.lines(page)
		if err != nil && !fleet.IsClean(err.Error()) {
			t.Errorf("%q", err)
		}
		for _, l := range lines {
			if l.Cost.V.Currency() == "" || !fleet.IsClean(l.Item.String()) || l.Charge == "" {
				t.Errorf("%+v", l)
			}
		}
	})
}
