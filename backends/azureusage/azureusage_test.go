package azureusage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const (
	account = "/subscriptions/0-0/resourceGroups/llm/providers/Microsoft.CognitiveServices/accounts/acme"
	path    = account + "/providers/Microsoft.Insights/metrics"
)

func said(b *fleet.BillReading) string {
	var out strings.Builder
	for _, l := range b.Lines {
		fmt.Fprintf(&out, "%s-%s %s %s %s\n", l.Span.From.Format("02T15:04"), l.Span.To.Format("15:04"), l.Model, l.Use, l.Quantity.V)
	}
	return out.String()
}

func metricOf(name, deployment, points string) string {
	return fmt.Sprintf(`{"id":"x","name":{"value":%q},"unit":"Count","errorCode":"Success","timeseries":[{"metadatavalues":[{"name":{"value":"modeldeploymentname"},"value":%s}],"data":[%s]}]}`,
		name, deployment, points)
}

func point(at, total string) string {
	return fmt.Sprintf(`{"timeStamp":"2026-11-22T%sZ","total":%s}`, at, total)
}

func TestContract(t *testing.T) {
	page := func(deployment, points string) contract.Page {
		return contract.Page{Type: "application/json", Body: `{"resourceregion":"swedencentral","value":[` + metricOf("ProcessedPromptTokens", deployment, points) + `]}`}
	}
	contract.Run(t, contract.Case{
		New: newReader, Main: path,
		Spec:  func(s *fleet.SourceSpec) { s.Options = map[string]string{OptionResource: account} },
		Pages: map[string]contract.Page{path: page(`"chat"`, point("09:01:00", "182000.0")+`,{"timeStamp":"2026-11-22T09:02:00Z"}`)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Bill == nil || said(p.Bill) != "22T09:00-09:02 chat uncached_in 182000\n" || p.Bill.Lines[0].Region != "swedencentral" {
				t.Fatalf("%+v", p.Bill)
			}
			if len(p.Notices) != 1 || !strings.Contains(p.Notices[0].Text.String(), "an upper estimate") {
				t.Errorf("%v", p.Notices)
			}
		},
		WrongType:  page(`"chat"`, point("09:01:00", `"many"`)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a word was taken for a count: %+v", p.Bill) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{path: page(string(q), point("09:01:00", "1"))}
		},
		Series: func(n int) contract.Page {
			return contract.Page{Body: `{"value":[` + strings.TrimSuffix(strings.Repeat(metricOf("GeneratedTokens", `"chat"`, "")+",", n), ",") + `]}`}
		},
	})
}

// monitor plays Azure Monitor.
type monitor struct {
	*httptest.Server
	mu    sync.Mutex
	asked []url.Values
}

func serve(t *testing.T, answer func(q url.Values) (int, string)) *monitor {
	t.Helper()
	m := &monitor{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.asked = append(m.asked, r.URL.Query())
		status, body := answer(r.URL.Query())
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *monitor) open(t *testing.T) fleet.Reader {
	t.Helper()
	return contract.Open(t, Connector(), fleet.SourceSpec{URL: m.URL, Auth: fleet.SecretRef{Env: "K"},
		Options: map[string]string{OptionResource: account}}, fleet.NewVirtualClock(contract.Start()))
}

func TestHoursAndMinutesByDeployment(t *testing.T) {
	m := serve(t, func(q url.Values) (int, string) {
		if q.Get("interval") == "PT1H" {
			return 200, `{"value":[` + metricOf("GeneratedTokens", `"chat"`, point("03:00:00", "900")+","+point("07:00:00", "5")) + `,` + metricOf("Other", `"chat"`, point("03:00:00", "1")) + `]}`
		}
		return 200, `{"value":[` + metricOf("GeneratedTokens", `"chat"`, point("08:59:00", "10")+","+point("09:00:00", "20")+","+point("09:12:00", "0")) + `,` +
			metricOf("AzureOpenAIRequests", `"embed"`, point("09:00:00", "3")) + `]}`
	})
	r := m.open(t)
	p, err := r.Read(t.Context())
	const want = `22T03:00-04:00 chat out 900
22T08:00-09:00 chat out 10
22T09:00-09:13 chat out 20
22T09:00-09:13 embed requests 3
`
	if err != nil || said(p.Bill) != want {
		t.Fatalf("%v\n%s", err, said(p.Bill))
	}
	if len(m.asked) != 3 { // 21 days in two questions, and the minutes
		t.Errorf("%d questions", len(m.asked))
	}
	for _, q := range m.asked {
		if q.Get("top") != "1000" || q.Get("$filter") != "ModelDeploymentName eq '*'" || q.Get("aggregation") != "Total" {
			t.Errorf("%v", q)
		}
	}
	if got := m.asked[2].Get("timespan"); got != "2026-11-22T07:00:00Z/2026-11-22T09:14:00Z" {
		t.Errorf("%s", got)
	}
	if b := p.Bill; !b.Watermark.Equal(time.Date(2026, 11, 22, 9, 13, 0, 0, time.UTC)) || len(b.Covers) != 1 || b.Covers[0].From.Format(time.DateOnly) != "2026-11-01" {
		t.Errorf("%v %v", b.Watermark, b.Covers)
	}
}

func TestWhatIsNotKnownIsNoZero(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`{"metadatavalues":[],"data":[]},`, mostDeployments), ",")
	for body, want := range map[string]string{
		`{"value":[{"name":{"value":"GeneratedTokens"},"errorCode":"InternalError","timeseries":[]}]}`: "could not give",
		`{"value":[{"name":{"value":"GeneratedTokens"},"timeseries":[` + many + `]}]}`:                 "more deployments",
		`{"value":[` + metricOf("GeneratedTokens", `"chat"`, point("09:00:00", "-4")) + `]}`:           "no count",
		`{"error":{"code":"x","message":"canary"}}`:                                                    "no metrics",
	} {
		m := serve(t, func(url.Values) (int, string) { return 200, body })
		if _, err := m.open(t).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	m := serve(t, func(url.Values) (int, string) {
		return 403, `{"error":{"code":"AuthorizationFailed","message":"canary does not have authorization to perform action 'Microsoft.Insights/metrics/read'"}}`
	})
	if _, err := m.open(t).Read(t.Context()); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "it lacks Microsoft.Insights/metrics/read") {
		t.Errorf("%v", err)
	}
	for _, bad := range []map[string]string{nil, {OptionResource: "/subscriptions/x"}, {OptionResource: account, "days": "1"}} {
		if _, err := newReader(fleet.SourceSpec{URL: "https://management.azure.com", Options: bad}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// The recorded sample beside the checkout has a minute without a sum.
func TestSample(t *testing.T) {
	var page answer
	if err := json.Unmarshal(contract.BillSample(t, "azure_monitor_metrics.json"), &page); err != nil {
		t.Fatal(err)
	}
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 1, 10, 5, 0, 0, time.UTC))
	b, err := (&billing.Lately{}).Ask(clock, lag, func(h *billing.Hours, _ fleet.Span, width time.Duration) error {
		if width == time.Hour {
			return nil
		}
		return (&reader{}).add(page, width, h)
	})
	if err != nil || said(b) != "01T10:00-10:01 gpt4o-prod uncached_in 182000\n" {
		t.Errorf("%v\n%s", err, said(b))
	}
}

func FuzzSums(f *testing.F) {
	f.Add([]byte(`{"value":[` + metricOf("GeneratedTokens", `"chat"`, point("09:00:00", "3")) + `]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var page answer
		if json.Unmarshal(body, &page) != nil {
			return
		}
		b, err := (&billing.Lately{}).Ask(fleet.NewVirtualClock(contract.Start()), lag, func(h *billing.Hours, _ fleet.Span, width time.Duration) error {
			return (&reader{}).add(page, width, h)
		})
		if err != nil && !fleet.IsClean(err.Error()) {
			t.Errorf("%q", err)
		}
		if err == nil {
			for _, l := range b.Lines {
				if !l.Quantity.V.IsPositive() || !l.Span.From.Before(l.Span.To) {
					t.Errorf("%+v", l)
				}
			}
		}
	})
}
