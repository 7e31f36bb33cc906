package bedrockusage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/awsrig"
	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func at(clock string) int64 {
	t, err := time.Parse(time.RFC3339, "2026-11-22T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

func said(b *fleet.BillReading) string {
	var out strings.Builder
	for _, l := range b.Lines {
		fmt.Fprintf(&out, "%s-%s %s %s %s %s\n", l.Span.From.Format("02T15:04"), l.Span.To.Format("15:04"), l.Model, l.Use, l.Quantity.V, l.Region)
	}
	return out.String()
}

const listed = `"Metrics":[{"Namespace":"AWS/Bedrock","MetricName":"InputTokenCount","Dimensions":[{"Name":"ModelId","Value":%s}]},` +
	`{"Namespace":"AWS/Bedrock","MetricName":"InputTokenCount","Dimensions":[{"Name":"ModelId","Value":"m"},{"Name":"ImageSize","Value":"x"}]},` +
	`{"Namespace":"AWS/Bedrock","MetricName":"InputTokenCount","Dimensions":[]},{"Namespace":"AWS/Bedrock","MetricName":"Other","Dimensions":[]}]`

func TestContract(t *testing.T) {
	page := func(model, id, status, value string) contract.Page {
		return contract.Page{Type: "application/x-amz-json-1.0", Body: fmt.Sprintf(`{`+listed+`,"MetricDataResults":[{"Id":%s,"Label":%s,"StatusCode":%s,"Timestamps":[%d],"Values":[%s]}]}`,
			model, id, model, status, at("09:01:00"), value)}
	}
	contract.Run(t, contract.Case{
		New: newReader, Method: http.MethodPost, Main: "/",
		Spec:       func(s *fleet.SourceSpec) { s.Options = map[string]string{"region": "eu-central-1"} },
		Credential: awsrig.ID + ":" + awsrig.Secret, Shown: awsrig.ID,
		Pages: map[string]contract.Page{"/": page(`"m"`, `"m0"`, `"Complete"`, "41")},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Bill == nil || said(p.Bill) != "22T09:00-09:02 m uncached_in 41 eu-central-1\n" {
				t.Fatalf("%+v", p.Bill)
			}
		},
		WrongType:  page(`"m"`, `"m0"`, `"Complete"`, `"41"`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a text was taken for a count: %+v", p.Bill) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/": page(string(q), `"m0"`, string(q), "1")}
		},
		Series: func(n int) contract.Page {
			return contract.Page{Body: `{"Metrics":[` + strings.TrimSuffix(strings.Repeat(`{"Namespace":"AWS/Bedrock","MetricName":"InputTokenCount","Dimensions":[{"Name":"ModelId","Value":"m"}]},`, n), ",") + `]}`}
		},
	})
}

// watch plays CloudWatch: values gives each sum that is asked for.
func watch(t *testing.T, asked *[]string, list string, values func(name, model string, period int) string) string {
	return awsrig.Serve(t, "monitoring", "eu-central-1", func(r *http.Request, body []byte) (int, string) {
		*asked = append(*asked, string(body))
		if r.Header.Get("X-Amz-Target") == "GraniteServiceVersion20100801.ListMetrics" {
			return 200, list
		}
		var ask struct {
			MetricDataQueries []struct {
				ID         string `json:"Id"`
				MetricStat struct {
					Period int
					Stat   string
					Metric struct {
						MetricName string
						Dimensions []struct{ Value string }
					}
				}
			}
		}
		if err := json.Unmarshal(body, &ask); err != nil {
			t.Error(err)
		}
		var out []string
		for _, q := range ask.MetricDataQueries {
			if q.MetricStat.Stat != "Sum" {
				t.Errorf("%s", body)
			}
			out = append(out, fmt.Sprintf(`{"Id":%q,"StatusCode":"Complete",%s}`, q.ID,
				values(q.MetricStat.Metric.MetricName, q.MetricStat.Metric.Dimensions[0].Value, q.MetricStat.Period)))
		}
		return 200, `{"MetricDataResults":[` + strings.Join(out, ",") + `],"Messages":[]}`
	}).URL
}

func list(names ...string) string {
	var all []string
	for _, n := range names {
		all = append(all, fmt.Sprintf(`{"MetricName":%q,"Dimensions":[{"Name":"ModelId","Value":"eu.anthropic.claude-opus-5"}]}`, n))
	}
	return `{"Metrics":[` + strings.Join(all, ",") + `]}`
}

func open(t *testing.T, url string, clock fleet.Clock, options map[string]string) fleet.Reader {
	t.Helper()
	o := map[string]string{"region": "eu-central-1"}
	for k, v := range options {
		o[k] = v
	}
	r, err := newReader(fleet.SourceSpec{ID: "aws", URL: url, Auth: fleet.SecretRef{Env: "K"}, Options: o}, awsrig.Deps(clock))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMinutesAreSummedToHoursByModelAndKind(t *testing.T) {
	var asked []string
	clock := fleet.NewVirtualClock(contract.Start()) // 09:14
	url := watch(t, &asked, list("InputTokenCount", "OutputTokenCount", "CacheReadInputTokenCount", "CacheWriteInputTokenCount", "Invocations"),
		func(name, _ string, period int) string {
			switch {
			case period == 3600 && name == "InputTokenCount":
				return fmt.Sprintf(`"Timestamps":[%d,%d],"Values":[1000,7]`, at("05:00:00"), at("08:00:00")) // the second one was not asked for
			case period == 60 && name == "InputTokenCount":
				return fmt.Sprintf(`"Timestamps":[%d,%d,%d],"Values":[10,20,5]`, at("08:58:00"), at("08:59:00"), at("09:00:00"))
			case period == 60 && name == "CacheReadInputTokenCount":
				return fmt.Sprintf(`"Timestamps":[%d],"Values":[400]`, at("09:11:00"))
			default:
				return `"Timestamps":[],"Values":[]`
			}
		})
	r := open(t, url, clock, nil)
	p, err := r.Read(t.Context())
	const want = `22T05:00-06:00 eu.anthropic.claude-opus-5 uncached_in 1000 eu-central-1
22T08:00-09:00 eu.anthropic.claude-opus-5 uncached_in 30 eu-central-1
22T09:00-09:12 eu.anthropic.claude-opus-5 cache_read 400 eu-central-1
22T09:00-09:12 eu.anthropic.claude-opus-5 uncached_in 5 eu-central-1
`
	if err != nil || said(p.Bill) != want {
		t.Fatalf("%v\n%s", err, said(p.Bill))
	}
	b := p.Bill
	if b.Watermark.Unix() != at("09:12:00") || len(b.Covers) != 1 || b.Covers[0].To.Unix() != at("10:00:00") ||
		b.Covers[0].From.Format(time.DateOnly) != "2026-11-01" || b.Streams[0] != fleet.StreamReported {
		t.Errorf("%v %v", b.Watermark, b.Covers)
	}
	if b.Calls != 1+5+5 || b.CallPrice.V.Amount().String() != "0.00001" {
		t.Errorf("one list and ten metrics are paid: %d at %v", b.Calls, b.CallPrice)
	}
	asked = nil
	if p, err := r.Read(t.Context()); err != nil || len(asked) != 2 || p.Bill.Covers[0].From.Unix() != at("07:00:00") {
		t.Errorf("the past is asked for once: %v %d", err, len(asked))
	}
	_ = clock.Advance(t.Context(), 6*time.Hour)
	if p, err := r.Read(t.Context()); err != nil || p.Bill.Covers[0].From.Unix() != at("07:00:00") {
		t.Errorf("what was missed is asked for later: %v %+v", err, p.Bill.Covers)
	}
}

func TestAtMost500MetricsACall(t *testing.T) {
	var models []string
	for i := range 620 {
		models = append(models, fmt.Sprintf(`{"MetricName":"Invocations","Dimensions":[{"Name":"ModelId","Value":"m%03d"}]}`, i))
	}
	var asked []string
	url := watch(t, &asked, `{"Metrics":[`+strings.Join(models, ",")+`]}`, func(_, _ string, _ int) string { return `"Timestamps":[],"Values":[]` })
	p, err := open(t, url, fleet.NewVirtualClock(contract.Start()), nil).Read(t.Context())
	if err != nil || p.Bill.Calls != 1+2*620 || len(p.Bill.Lines) != 0 {
		t.Fatalf("%v %+v", err, p.Bill)
	}
	for _, a := range asked[1:] {
		if n := strings.Count(a, `"Id"`); n > 500 || n == 0 {
			t.Errorf("%d metrics in one call", n)
		}
	}
	if to := p.Bill.Covers[0].To.Unix(); to != at("09:04:00") || !p.Bill.Watermark.IsZero() {
		t.Errorf("nothing was used up to %d, and what is newer than the lag is not known", to)
	}
}

func TestWhatFailedInsideIsNoZeroAndTheCapHolds(t *testing.T) {
	for _, values := range []string{`"StatusCode":"InternalError","Timestamps":[],"Values":[]`, `"Timestamps":[1],"Values":[]`,
		fmt.Sprintf(`"Timestamps":[%d],"Values":[-1]`, at("09:00:00")), fmt.Sprintf(`"Timestamps":[%d],"Values":[1e300]`, at("09:00:00"))} {
		var asked []string
		url := watch(t, &asked, list("Invocations"), func(_, _ string, _ int) string { return values })
		if p, err := open(t, url, fleet.NewVirtualClock(contract.Start()), nil).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v %+v", values, err, p.Bill)
		}
	}
	var asked []string
	url := watch(t, &asked, list("Invocations"), func(_, _ string, _ int) string { return `"Timestamps":[],"Values":[]` })
	r := open(t, url, fleet.NewVirtualClock(contract.Start()), map[string]string{"usd_per_day": "0.00004"})
	for _, want := range []fleet.Kind{"", fleet.KindRateLimited} {
		if _, err := r.Read(t.Context()); fleet.KindOf(err) != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func FuzzSums(f *testing.F) {
	f.Add([]byte(`{"MetricDataResults":[{"Id":"m0","StatusCode":"Complete","Timestamps":[1795338000],"Values":[12]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got page
		if json.Unmarshal(body, &got) != nil || got.Results == nil {
			return
		}
		r, back := &reader{spec: fleet.SourceSpec{ID: "aws"}}, &billing.Lately{}
		b, err := back.Ask(fleet.NewVirtualClock(contract.Start()), lag, func(h *billing.Hours, _ fleet.Span, width time.Duration) error {
			for _, s := range *got.Results {
				if err := r.add([]series{{"m", "Invocations"}}, s, width, h); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && !fleet.IsClean(err.Error()) {
			t.Errorf("%q", err)
		}
		if err == nil {
			for _, l := range b.Lines {
				if l.Quantity.V.IsNegative() || !l.Span.From.Before(l.Span.To) || l.Span.To.After(b.Watermark) {
					t.Errorf("%+v", l)
				}
			}
		}
	})
}
