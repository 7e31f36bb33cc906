package googlecosts

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const main = "/bigquery/v2/projects/acme-billing/queries"

func options() map[string]string {
	return map[string]string{OptionProject: "acme-billing", OptionTable: "acme-billing.bills.gcp_billing_export_v1_00AA11_22BB33_44CC55"}
}

// at is a moment of November 2026 as BigQuery writes it.
func at(day, hour int) string {
	return fmt.Sprint(time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC).Unix())
}

func quote(s string) string { b, _ := json.Marshal(s); return string(b) }

// rowText is one row of an answer: day, SKU, project, region, kind, currency, unit, amount, cost, credit, newest, exported.
func rowText(cells ...string) string {
	var out []string
	for _, c := range cells {
		v := quote(c)
		if c == "NULL" {
			v = "null"
		}
		out = append(out, `{"v":`+v+`}`)
	}
	return `{"f":[` + strings.Join(out, ",") + `]}`
}

func page(extra string, rows ...string) string {
	var fields []string
	for _, n := range names {
		fields = append(fields, `{"name":"`+n+`","type":"STRING","mode":"NULLABLE"}`)
	}
	return `{"kind":"bigquery#queryResponse","schema":{"fields":[` + strings.Join(fields, ",") + `]},"jobReference":{"projectId":"acme-billing","jobId":"job_1","location":"EU"},` +
		extra + `"jobComplete":true,"rows":[` + strings.Join(rows, ",") + `]}`
}

var (
	input = rowText(at(19, 0), "Gemini 2.5 Flash GA Text Input - Predictions", "chat", "europe-west4", "regular", "EUR", "count", "182000000", "54.6000001", "-4.6",
		at(20, 0), at(20, 9))
	output = rowText(at(21, 0), "Generate content output token count batch gemini 3.5 pro short text", "chat", "NULL", "regular", "EUR", "count", "1000", "0.01", "0",
		at(21, 18), at(22, 3))
	tax = rowText(at(19, 0), "Tax", "NULL", "NULL", "tax", "EUR", "NULL", "NULL", "9.5", "0", at(20, 0), at(20, 9))
)

func said(b *fleet.BillReading) string {
	var out strings.Builder
	for _, l := range b.Lines {
		n, credit := "-", ""
		if l.Quantity.OK {
			n = l.Quantity.V.String()
		}
		if l.Credit.OK {
			credit = " credit " + l.Credit.V.Amount().String()
		}
		fmt.Fprintf(&out, "%s %s %q %s %s %s%s %s %s%s est=%v\n", l.Span.From.Format("02"), l.Charge, l.Model, l.Use, n, l.Cost.V.Amount(), l.Cost.V.Currency(), l.Project,
			l.Tier, credit, l.Estimated)
	}
	return out.String()
}

const wantLines = `19 usage "Gemini 2.5 Flash" uncached_in 182000000 54.6000001EUR chat  credit -4.6 est=false
21 usage "gemini 3.5 pro" out 1000 0.01EUR chat batch est=true
19 tax ""  - 9.5EUR   est=false
`

func TestContract(t *testing.T) {
	of := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Method: http.MethodPost, Main: main,
		Spec:  func(s *fleet.SourceSpec) { s.Options = options() },
		Pages: map[string]contract.Page{main: of(page("", input, output, tax))},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Bill == nil || said(p.Bill) != wantLines {
				t.Fatalf("%+v\n%s", p.Bill, said(p.Bill))
			}
			b, newest := p.Bill, time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
			if !b.Watermark.Equal(newest) || !b.Covers[0].To.Equal(newest) || b.Refreshed.V.Format("02T15") != "22T03" || b.Calls != 1 || b.CallPrice.OK {
				t.Errorf("%v %v %v", b.Watermark, b.Covers, b.Refreshed)
			}
		},
		WrongType:  of(page("", strings.Replace(input, `"54.6000001"`, `{"x":1}`, 1))),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("an object was taken for an amount: %+v", p.Bill) },
		Hostile: func(text string) map[string]contract.Page {
			return map[string]contract.Page{main: of(page("", rowText(at(19, 0), text, text, text, "regular", "EUR", text, "1", "1", "0", at(20, 0), at(20, 9))))}
		},
		Series: func(n int) contract.Page { return of(page("", strings.TrimSuffix(strings.Repeat(input+",", n), ","))) },
	})
}

// query plays BigQuery: answer gives a status and a body for a call.
type query struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func serve(t *testing.T, answer func(call, body string) (int, string)) *query {
	t.Helper()
	q := &query{}
	q.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		q.mu.Lock()
		defer q.mu.Unlock()
		call := r.Method + " " + r.URL.RequestURI()
		q.asked = append(q.asked, call+" "+string(body))
		status, text := answer(call, string(body))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(q.Close)
	return q
}

func (q *query) open(t *testing.T, more ...string) fleet.Reader {
	t.Helper()
	o := options()
	for i := 0; i < len(more); i += 2 {
		o[more[i]] = more[i+1]
	}
	return contract.Open(t, Connector(), fleet.SourceSpec{URL: q.URL, Auth: fleet.SecretRef{Env: "K"}, Options: o}, fleet.NewVirtualClock(contract.Start()))
}

func TestTheScanIsBoundedAndPartitioned(t *testing.T) {
	q := serve(t, func(string, string) (int, string) { return 200, page("", input) })
	if _, err := q.open(t, OptionBytes, "20971520", OptionLocation, "EU").Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"maximumBytesBilled":"20971520"`, `_PARTITIONTIME \u003e= @partition`, `"location":"EU"`, `"useLegacySql":false`,
		`{"name":"partition","parameterType":{"type":"TIMESTAMP"},"parameterValue":{"value":"2026-10-31T00:00:00Z"}}`,
		`{"name":"end","parameterType":{"type":"TIMESTAMP"},"parameterValue":{"value":"2026-11-23T00:00:00Z"}}`,
		`"arrayValues":[{"value":"C7E2-9256-1C43"},{"value":"AEFD-7695-64FA"}]`, "FROM `acme-billing.bills.gcp_billing_export_v1_00AA11_22BB33_44CC55`"} {
		if !strings.Contains(q.asked[0], want) {
			t.Errorf("not asked: %s\n%s", want, q.asked[0])
		}
	}
}

func TestAnAnswerThatIsNotReadyOrHasPagesIsWaitedFor(t *testing.T) {
	q := serve(t, func(call, _ string) (int, string) {
		switch {
		case strings.HasPrefix(call, "POST"):
			return 200, `{"jobComplete":false,"jobReference":{"jobId":"job_1","location":"EU"}}`
		case strings.Contains(call, "pageToken=p2"):
			return 200, page("", output, tax)
		default:
			return 200, page(`"pageToken":"p2",`, input)
		}
	})
	p, err := q.open(t).Read(t.Context())
	if err != nil || said(p.Bill) != wantLines || len(q.asked) != 3 || !strings.HasPrefix(q.asked[1], "GET "+main+"/job_1?location=EU&maxResults=5000&pageToken=&timeoutMs=8000") {
		t.Errorf("%v\n%s\n%v", err, said(p.Bill), q.asked)
	}
	q = serve(t, func(string, string) (int, string) { return 200, `{"jobComplete":false,"jobReference":{"jobId":"j"}}` })
	if _, err := q.open(t).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid || len(q.asked) != mostPages {
		t.Errorf("%v after %d calls", err, len(q.asked))
	}
}

func TestACreditThatIsTakenBackIsACorrection(t *testing.T) {
	q := serve(t, func(string, string) (int, string) { return 200, page("", strings.Replace(input, `"-4.6"`, `"2.5"`, 1)) })
	p, err := q.open(t).Read(t.Context())
	if err != nil || len(p.Bill.Lines) != 2 || p.Bill.Lines[1].Charge != fleet.ChargeAdjustment || p.Bill.Lines[1].Cost.V.Amount().String() != "2.5" || p.Bill.Lines[0].Credit.OK {
		t.Errorf("%v\n%s", err, said(p.Bill))
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status      int
		body, words string
		kind        fleet.Kind
	}{
		{400, `{"error":{"code":400,"message":"canary","errors":[{"reason":"bytesBilledLimitExceeded","message":"canary"}],"status":"INVALID_ARGUMENT"}}`,
			"more bytes than option max_bytes_billed allows", fleet.KindInvalid},
		{403, `{"error":{"code":403,"message":"Access Denied: Project canary: User does not have bigquery.jobs.create permission in project canary.","errors":[{"reason":"accessDenied"}],"status":"PERMISSION_DENIED"}}`,
			"it lacks bigquery.jobs.create", fleet.KindAuth},
		{403, `{"error":{"code":403,"message":"canary","errors":[{"reason":"rateLimitExceeded"}]}}`, "asked less often", fleet.KindRateLimited},
		{404, `{"error":{"code":404,"message":"Not found: Table canary","errors":[{"reason":"notFound"}]}}`, "notFound", fleet.KindNotFound},
		{401, `{"error":{"code":401,"message":"canary","status":"UNAUTHENTICATED"}}`, "not valid any more", fleet.KindAuth},
	} {
		q := serve(t, func(string, string) (int, string) { return c.status, c.body })
		if _, err := q.open(t).Read(t.Context()); fleet.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%d: %v", c.status, err)
		}
	}
	for name, bad := range map[string]string{OptionTable: "acme.bills.other`; DROP TABLE x", OptionProject: "", OptionServices: "' OR 1=1", OptionLocation: "EU'", OptionBytes: "5", "tabel": "x"} {
		o := options()
		o[name] = bad
		if _, err := newReader(fleet.SourceSpec{URL: "https://bigquery.googleapis.com", Options: o}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s %q: %v", name, bad, err)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(page("", input, output, tax)))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got answer
		if json.Unmarshal(body, &got) != nil {
			return
		}
		r := &reader{clock: fleet.NewVirtualClock(contract.Start())}
		rows, err := r.take(nil, &got)
		if err != nil {
			if !fleet.IsClean(err.Error()) {
				t.Errorf("%q", err)
			}
			return
		}
		p := r.reading(r.back.Span(contract.Start()), rows, fleet.Partial{})
		for _, l := range p.Bill.Lines {
			if l.Cost.V.Currency() == "" || !fleet.IsClean(l.Item.String()) || l.Credit.OK && !l.Credit.V.Amount().IsNegative() {
				t.Errorf("%+v", l)
			}
		}
	})
}
