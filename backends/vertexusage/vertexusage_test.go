package vertexusage

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

const path = "/v3/projects/acme/timeSeries"

func said(b *fleet.BillReading) string {
	var out strings.Builder
	for _, l := range b.Lines {
		fmt.Fprintf(&out, "%s-%s %s %s %s %s %s\n", l.Span.From.Format("02T15:04"), l.Span.To.Format("15:04"), l.Model, l.Use, l.Quantity.V, l.Region, l.Tier)
	}
	return out.String()
}

// one is a series of one point.
func one(model, kind, tier, from, to, value string) string {
	q := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	return `{"metric":{"type":"x","labels":{"type":` + q(kind) + `,"request_type":` + q(tier) + `}},"resource":{"type":"aiplatform.googleapis.com/PublisherModel","labels":{"location":"europe-west4","resource_container":"42","model_user_id":` +
		q(model) + `}},"metricKind":"DELTA","valueType":"INT64","points":[{"interval":{"startTime":"2026-11-22T` + from + `Z","endTime":"2026-11-22T` + to + `Z"},"value":{"int64Value":` + value + `}}]}`
}

func page(more string, all ...string) string {
	return `{"timeSeries":[` + strings.Join(all, ",") + `]` + more + `,"unit":"1"}`
}

func TestContract(t *testing.T) {
	of := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Main: path,
		Spec:  func(s *fleet.SourceSpec) { s.Options = map[string]string{OptionProject: "acme"} },
		Pages: map[string]contract.Page{path: of(page("", one("gemini-3.5-flash", "input", "shared", "09:00:00", "09:01:00", `"182000"`)))},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			const want = "22T09:00-09:01 gemini-3.5-flash requests 182000 europe-west4 \n22T09:00-09:01 gemini-3.5-flash uncached_in 182000 europe-west4 \n"
			if p.Bill == nil || said(p.Bill) != want || p.Bill.Lines[0].Project != "42" {
				t.Fatalf("%+v", p.Bill)
			}
			if len(p.Notices) != 1 || !strings.Contains(p.Notices[0].Text.String(), "an upper estimate") {
				t.Errorf("%v", p.Notices)
			}
		},
		WrongType:  of(page("", one("m", "input", "shared", "09:00:00", "09:01:00", `{"x":1}`))),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("an object was taken for a count: %+v", p.Bill) },
		Hostile: func(text string) map[string]contract.Page {
			return map[string]contract.Page{path: of(page("", one(text, text, text, "09:00:00", "09:01:00", `"1"`)))}
		},
		Series: func(n int) contract.Page {
			return of(page("", strings.TrimSuffix(strings.Repeat(one("m", "input", "shared", "09:00:00", "09:01:00", `"1"`)+",", n), ",")))
		},
	})
}

// monitor plays Cloud Monitoring.
type monitor struct {
	*httptest.Server
	mu    sync.Mutex
	asked []url.Values
}

func serve(t *testing.T, answer func(metric string, q url.Values) (int, string)) *monitor {
	t.Helper()
	m := &monitor{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		q := r.URL.Query()
		m.asked = append(m.asked, q)
		metric := strings.TrimSuffix(strings.TrimPrefix(q.Get("filter"), `metric.type="aiplatform.googleapis.com/publisher/online_serving/`), `"`)
		status, body := answer(metric, q)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *monitor) open(t *testing.T) fleet.Reader {
	t.Helper()
	return contract.Open(t, Connector(), fleet.SourceSpec{URL: m.URL, Auth: fleet.SecretRef{Env: "K"},
		Options: map[string]string{OptionProject: "acme"}}, fleet.NewVirtualClock(contract.Start()))
}

func TestPagesHoursAndMinutes(t *testing.T) {
	m := serve(t, func(metric string, q url.Values) (int, string) {
		switch {
		case metric != "token_count":
			return 200, `{"unit":"1"}`
		case q.Get("aggregation.alignmentPeriod") == "3600s":
			return 200, page("", one("claude-opus-5", "output", "dedicated", "03:00:00", "04:00:00", `"700"`))
		case q.Get("pageToken") == "p2":
			return 200, page("", one("gemini-3.5-flash", "input", "shared", "09:10:00", "09:11:00", `"4"`), one("gemini-3.5-flash", "image", "shared", "09:10:00", "09:11:00", `"9"`))
		default:
			return 200, page(`,"nextPageToken":"p2"`, one("gemini-3.5-flash", "input", "shared", "08:59:00", "09:00:00", `"38"`))
		}
	})
	p, err := m.open(t).Read(t.Context())
	const want = `22T03:00-04:00 claude-opus-5 out 700 europe-west4 dedicated
22T08:00-09:00 gemini-3.5-flash uncached_in 38 europe-west4 
22T09:00-09:11 gemini-3.5-flash  9 europe-west4 
22T09:00-09:11 gemini-3.5-flash uncached_in 4 europe-west4 
`
	if err != nil || said(p.Bill) != want || p.Bill.Lines[2].Unit.String() != "tokens: image" {
		t.Fatalf("%v\n%s", err, said(p.Bill))
	}
	if len(m.asked) != 5 || m.asked[0].Get("interval.endTime") != "2026-11-22T07:00:00Z" || m.asked[0].Get("aggregation.perSeriesAligner") != "ALIGN_SUM" {
		t.Errorf("%d %v", len(m.asked), m.asked[0])
	}
}

func TestNothingIsNoErrorAndAnErrorIsNotNothing(t *testing.T) {
	m := serve(t, func(string, url.Values) (int, string) { return 200, `{}` })
	p, err := m.open(t).Read(t.Context())
	if err != nil || len(p.Bill.Lines) != 0 || len(p.Bill.Covers) != 1 || !p.Bill.Watermark.IsZero() || len(p.Notices) != 0 {
		t.Errorf("%v %+v", err, p.Bill)
	}
	for body, kind := range map[string]fleet.Kind{`{"error":{"status":"PERMISSION_DENIED","message":"canary"}}`: fleet.KindInvalid, `{"models":[]}`: fleet.KindInvalid,
		`{"executionErrors":[{"code":4,"message":"canary"}]}`:                 fleet.KindInvalid,
		page("", one("m", "input", "shared", "09:00:00", "09:01:00", `"-3"`)): fleet.KindInvalid, page("", one("m", "input", "shared", "09:00:00", "09:01:00", `"1.5"`)): fleet.KindInvalid} {
		m := serve(t, func(string, url.Values) (int, string) { return 200, body })
		if _, err := m.open(t).Read(t.Context()); fleet.KindOf(err) != kind || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", body, err)
		}
	}
	m = serve(t, func(string, url.Values) (int, string) {
		return 403, `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"canary","details":[{"reason":"SERVICE_DISABLED"}]}}`
	})
	if _, err := m.open(t).Read(t.Context()); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "switch the API on") {
		t.Errorf("%v", err)
	}
	for _, bad := range []map[string]string{nil, {OptionProject: "a/b"}, {OptionProject: "acme", "days": "60"}} {
		if _, err := newReader(fleet.SourceSpec{URL: "https://monitoring.googleapis.com", Options: bad}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func hours(now time.Time, add func(*billing.Hours) error) (*fleet.BillReading, error) {
	return (&billing.Lately{}).Ask(fleet.NewVirtualClock(now), lag, func(h *billing.Hours, _ fleet.Span, width time.Duration) error {
		if width == time.Hour {
			return nil
		}
		return add(h)
	})
}

// The recorded sample beside the checkout counts in texts.
func TestSample(t *testing.T) {
	var body struct {
		TimeSeries []json.RawMessage
	}
	if err := json.Unmarshal(contract.BillSample(t, "gcp_timeseries_token_count.json"), &body); err != nil {
		t.Fatal(err)
	}
	b, err := hours(time.Date(2026, 11, 1, 10, 5, 0, 0, time.UTC), func(h *billing.Hours) error { return (&reader{}).add("token_count", body.TimeSeries, h) })
	if err != nil || said(b) != "01T10:00-10:01 gemini-2.5-flash uncached_in 182000 global \n" {
		t.Errorf("%v\n%s", err, said(b))
	}
}

func FuzzSeries(f *testing.F) {
	f.Add([]byte(one("m", "input", "shared", "09:00:00", "09:01:00", `"1"`)))
	f.Fuzz(func(t *testing.T, item []byte) {
		b, err := hours(contract.Start(), func(h *billing.Hours) error { return (&reader{}).add("token_count", []json.RawMessage{item}, h) })
		if err != nil && !fleet.IsClean(err.Error()) {
			t.Errorf("%q", err)
		}
		if err == nil {
			for _, l := range b.Lines {
				if !l.Quantity.V.IsPositive() || !fleet.IsClean(l.Unit.String()) || !l.Span.From.Before(l.Span.To) {
					t.Errorf("%+v", l)
				}
			}
		}
	})
}
