package anthropiccosts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billrig"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const (
	canary    = "canary-77ac"
	costPath  = "/v1/organizations/cost_report"
	usagePath = "/v1/organizations/usage_report/messages"
)

var noon = billrig.Noon(22)

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	one := func(result string) string {
		return `{"data":[{"starting_at":"2026-11-21T00:00:00Z","ending_at":"2026-11-22T00:00:00Z","results":[` + result + `]}],"has_more":false,"next_page":null}`
	}
	good, err := os.ReadFile("testdata/cost_report.json")
	if err != nil {
		t.Fatal(err)
	}
	contract.Run(t, contract.Case{
		New: newReader, Pages: map[string]contract.Page{costPath: page(string(good))}, Main: costPath,
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Bill == nil || len(p.Bill.Lines) != 4 || !strings.Contains(billrig.Said(p), "usage of messages") {
				t.Fatalf("%+v", p)
			}
			l := p.Bill.Lines
			if l[0].Cost.V.Amount().String() != "24.70125" || l[0].Use != fleet.UseInput || l[0].Region != "global" || l[1].Use != fleet.UseCacheWrite1h ||
				l[1].Region != "" || l[1].Tier != "batch" || l[2].Use != fleet.UseToolCalls || l[3].Charge != fleet.ChargeCredit || l[3].Cost.V.Amount().String() != "-1" {
				t.Errorf("%+v", l)
			}
		},
		WrongType: page(one(`{"amount":2470.125,"currency":"USD"}`)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if l := p.Bill.Lines; len(l) != 1 || l[0].Cost.OK {
				t.Errorf("money was made of a bare number: %+v", l)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{costPath: page(one(fmt.Sprintf(`{"amount":"1","currency":%[1]s,"description":%[1]s,"cost_type":%[1]s,"model":%[1]s,"service_tier":%[1]s,"workspace_id":%[1]s}`, q)))}
		},
		Series: func(n int) contract.Page {
			return page(one(strings.TrimSuffix(strings.Repeat(`{"amount":"1","currency":"USD","description":"x"},`, n), ",")))
		},
	})
}

// organisation answers with these results in each bucket.
func organisation(t testing.TB, clock fleet.Clock, results map[string]func(at time.Time) string) *billrig.Rig {
	t.Helper()
	s := billrig.Serve(t, func(path string, q url.Values) (int, string) {
		result := results[path]
		begin, err := time.Parse(time.RFC3339, q.Get("starting_at"))
		if result == nil || err != nil || len(q["group_by[]"]) == 0 {
			return 400, `{"type":"error","error":{"type":"invalid_request_error","message":"` + canary + `"}}`
		}
		return 0, billrig.Buckets(q, begin, clock.Now(), "", func(from, to time.Time) string {
			return fmt.Sprintf(`{"starting_at":%q,"ending_at":%q,"results":[%s]}`, from.Format(time.RFC3339), to.Format(time.RFC3339), result(from))
		})
	})
	s.Key("sk-ant-admin01-" + canary)
	return s
}

func usual() map[string]func(time.Time) string {
	return map[string]func(time.Time) string{
		costPath: func(time.Time) string {
			return `{"currency":"USD","amount":"0.5","description":"Claude Sonnet 4.6 Usage - Output Tokens","cost_type":"tokens","model":"claude-sonnet-4-6","token_type":"output_tokens"}`
		},
		usagePath: func(time.Time) string {
			return `{"uncached_input_tokens":100,"cache_creation":{"ephemeral_1h_input_tokens":7,"ephemeral_5m_input_tokens":20},"cache_read_input_tokens":900,"output_tokens":40,` +
				`"server_tool_use":{"web_search_requests":3},"api_key_id":"apikey_1","workspace_id":null,"model":"claude-sonnet-4-6","service_tier":"priority","context_window":"0-200k","inference_geo":"us"}`
		},
	}
}

func TestCostsAndUsage(t *testing.T) {
	clock := fleet.NewVirtualClock(noon)
	s := organisation(t, clock, usual())
	r := s.Open(t, Connector(), clock)
	p := billrig.Read(t, r)
	if len(p.Bill.Streams) != 2 || len(p.Bill.Covers) != 1 || p.Bill.Covers[0].From.Day() != 1 || !p.Bill.Watermark.Equal(noon) {
		t.Errorf("%v %v %v", p.Bill.Streams, p.Bill.Covers, p.Bill.Watermark)
	}
	const buckets = 18 + 83 + 61
	for use, each := range map[fleet.UsageKind]int64{fleet.UseInput: 100, fleet.UseCacheWrite1h: 7, fleet.UseCacheWrite5m: 20, fleet.UseCacheRead: 900,
		fleet.UseOutput: 40, fleet.UseToolCalls: 3} {
		got := billrig.Sum(p.Bill.Lines, func(l *fleet.BillLine) bool { return l.Stream == fleet.StreamReported && l.Use == use })
		if !got.OK || !got.V.Equal(decimal.NewFromInt(each*buckets)) {
			t.Errorf("%s: %v, want %d", use, got, each*buckets)
		}
	}
	cost := decimal.Decimal{}
	for _, l := range p.Bill.Lines {
		if l.Cost.OK {
			cost = cost.Add(l.Cost.V.Amount())
		}
	}
	if cost.String() != "0.11" { // 22 days of half a cent
		t.Errorf("$%s", cost)
	}
	if !strings.Contains(billrig.Said(p), "Priority Tier") || strings.Contains(fmt.Sprintf("%+v", p), canary) {
		t.Error(billrig.Said(p))
	}
	for _, e := range s.Asked("") {
		if !strings.HasPrefix(e.Header.Get("X-Api-Key"), "sk-ant-admin") || e.Header.Get("Authorization") != "" || e.Header.Get("Anthropic-Version") != "2023-06-01" ||
			e.Header.Get("User-Agent") != "pitwall" || e.Query.Get("ending_at") != "" {
			t.Errorf("%s %v %v", e.Path, e.Header, e.Query)
		}
	}
	asked := len(s.Asked(""))
	for _, x := range []struct {
		wait time.Duration
		more int
	}{{59 * time.Second, 0}, {time.Second, 3}} { // late days have no grain of days
		if err := clock.Advance(t.Context(), x.wait); err != nil {
			t.Fatal(err)
		}
		if billrig.Read(t, r); len(s.Asked("")) != asked+x.more {
			t.Errorf("after %v %d calls more, want %d", x.wait, len(s.Asked(""))-asked, x.more)
		}
	}
}

func TestUsageThatIsNotToldLeavesTheCosts(t *testing.T) {
	results := usual()
	delete(results, usagePath)
	clock := fleet.NewVirtualClock(noon)
	p := billrig.Read(t, organisation(t, clock, results).Open(t, Connector(), clock))
	if len(p.Bill.Streams) != 1 || len(p.Bill.Lines) != 22 || !strings.Contains(billrig.Said(p), "usage of messages") || strings.Contains(billrig.Said(p), canary) {
		t.Errorf("%v, %d lines, %s", p.Bill.Streams, len(p.Bill.Lines), billrig.Said(p))
	}
}

func TestARefusalTellsTheKindOfKey(t *testing.T) {
	for _, x := range []struct {
		key    string
		status int
		says   string
	}{{"sk-ant-api03-x", 401, "ordinary key"}, {"sk-ant-admin01-x", 403, "without the right to read usage and costs"}, {"sk-ant-admin01-x", 401, "revoked"}} {
		s := billrig.Serve(t, func(string, url.Values) (int, string) {
			return x.status, `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key ` + canary + `"}}`
		})
		s.Key(x.key)
		_, err := s.Open(t, Connector(), fleet.NewVirtualClock(noon)).Read(t.Context())
		if text := fmt.Sprint(err); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(text, x.says) || strings.Contains(text, canary) || strings.Contains(text, x.key) || len(text) > 400 {
			t.Errorf("%s: %v", x.key, err)
		}
	}
}

func TestTheRecordedPagesAreRead(t *testing.T) {
	costs, usage := billrig.Shared(t, "billing/fixtures/anthropic_cost_report.json"), billrig.Shared(t, "billing/fixtures/anthropic_usage_report_messages.json")
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 1, 10, 2, 0, 0, time.UTC))
	s := billrig.Serve(t, func(path string, q url.Values) (int, string) {
		switch {
		case path == costPath:
			return 0, string(costs)
		case q.Get("bucket_width") == "1m":
			return 0, string(usage)
		}
		begin, _ := time.Parse(time.RFC3339, q.Get("starting_at"))
		return 0, billrig.Buckets(q, begin, clock.Now(), "", func(from, to time.Time) string {
			return fmt.Sprintf(`{"starting_at":%q,"ending_at":%q,"results":[]}`, from.Format(time.RFC3339), to.Format(time.RFC3339))
		})
	})
	p := billrig.Read(t, s.Open(t, Connector(), clock))
	sum := decimal.Decimal{}
	for _, l := range p.Bill.Lines {
		if l.Cost.OK {
			sum = sum.Add(l.Cost.V.Amount())
		}
	}
	if sum.String() != "548.3828912" { // 547.02 + 1.2378912 + 0.125
		t.Errorf("$%s", sum)
	}
}

// Whatever a result holds: no crash, no use below zero, no key, and nothing unclean is said.
func FuzzResults(f *testing.F) {
	f.Add([]byte(`{"amount":"-1.5","currency":"USD","description":"refund","cost_type":"tokens","token_type":"output_tokens"}`))
	f.Add([]byte(`{"uncached_input_tokens":-1,"cache_creation":{"ephemeral_1h_input_tokens":1e400},"api_key_id":"sk-ant-1","server_tool_use":{"web_search_requests":"3"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		odd, lines := &bills.Odd{}, []fleet.BillLine{}
		var c cost
		if json.Unmarshal(body, &c) == nil {
			lines = append(lines, c.line(fleet.Span{}, odd))
		}
		var m messages
		if json.Unmarshal(body, &m) == nil {
			lines = append(lines, m.lines(fleet.Span{}, odd)...)
		}
		billrig.Sane(t, lines, odd.Notices())
	})
}
