package litellmcosts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
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
	canary       = "canary-31d9"
	activityPath = "/user/daily/activity"
)

var noon = billrig.Noon(22)

// metric writes sums of so many dollars and requests.
func metric(dollars string, requests int) string {
	return fmt.Sprintf(`"metrics":{"spend":%s,"prompt_tokens":%d,"completion_tokens":%d,"cache_read_input_tokens":%d,"cache_creation_input_tokens":%d,"total_tokens":%d,"successful_requests":%[6]d,"failed_requests":0,"api_requests":%[6]d}`,
		dollars, 10*requests, 3*requests, 4*requests, requests, requests)
}

// day is one with two models, of which two keys used the first.
func day(date string) string {
	return fmt.Sprintf(`{"date":%q,%s,"breakdown":{"mcp_servers":{},"model_groups":{},"endpoints":{},"entities":{},"api_keys":{},
 "models":{"openai/gpt-5":{%s,"metadata":{},"api_key_breakdown":{
  "hash-1":{%s,"metadata":{"key_alias":"prod","team_id":"team-1"}},"sk-%s":{%s,"metadata":{"key_alias":null,"team_id":null}}}},
  "azure/gpt-5":{%s,"metadata":{},"api_key_breakdown":{}}},
 "providers":{"openai":{%s,"metadata":{},"api_key_breakdown":{}},"azure":{%[9]s,"metadata":{},"api_key_breakdown":{}}}}}`,
		date, metric("2.30000000000000004", 12), metric("1.30000000000000004", 9), metric("0.9", 6), canary, metric("0.3", 2), metric("0.75", 2),
		metric("1.3", 9), metric("0.75", 2))
}

func page(n, pages int, days ...string) string {
	return fmt.Sprintf(`{"results":[%s],"metadata":{"total_spend":1,"total_prompt_tokens":1,"total_completion_tokens":1,"total_tokens":1,"total_api_requests":1,"total_successful_requests":1,"total_failed_requests":0,
"total_cache_read_input_tokens":0,"total_cache_creation_input_tokens":0,"page":%d,"total_pages":%d,"has_more":%v}}`, strings.Join(days, ","), n, pages, n < pages)
}

const (
	teams = `[{"team_id":"team-1","team_alias":"search","max_budget":500,"budget_duration":"30d","budget_reset_at":"2026-12-01T00:00:00+00:00","spend":123.5,"tpm_limit":100000,"rpm_limit":60,"blocked":false,"keys":[{"token":"hash-1","key_name":"sk-...` + canary + `"}]},
 {"team_id":"team-2","team_alias":null,"max_budget":null,"spend":0,"tpm_limit":null,"rpm_limit":null,"blocked":true},{"team_id":"team-3","team_alias":"free","max_budget":null,"spend":4,"blocked":false}]`
	keys = `{"keys":[{"token":"hash-1","key_name":"sk-...` + canary + `","key_alias":"prod","spend":9.25,"max_budget":10,"soft_budget":8,"budget_duration":"1mo","team_id":"team-1","blocked":null},
 {"token":"hash-2-longer","key_alias":null,"spend":1,"max_budget":null,"litellm_budget_table":{"max_budget":3,"budget_duration":"7d","rpm_limit":5}},"hash-3"],"total_count":3,"current_page":1,"total_pages":1}`
)

func TestContract(t *testing.T) {
	of := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Main: activityPath,
		Pages: map[string]contract.Page{activityPath: of(page(1, 1, day("2026-11-21"))), "/team/list": of(teams)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			b := p.Bill
			if b == nil || len(b.Streams) != 1 || b.Streams[0] != fleet.StreamMetered || len(b.Covers) != 1 || b.Covers[0].From.Day() != 1 || b.Covers[0].To.Day() != 23 ||
				!b.Watermark.Equal(fleet.Day(noon).From) {
				t.Fatalf("%+v", b)
			}
			if len(b.Limits) != 2 || b.Limits[0].Team != "team-1" || b.Limits[0].Max.V.Amount().String() != "500" || len(b.Limits[0].Rates) != 2 || !b.Limits[1].Blocked.V {
				t.Errorf("%+v", b.Limits)
			}
		},
		WrongType: of(page(1, 1, `{"date":"2026-11-21","metrics":{"spend":"2.3"}}`)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if len(p.Bill.Lines) != 0 || len(p.Bill.Covers) != 2 || !strings.Contains(billrig.Said(p), "2026-11-21 is not told") {
				t.Errorf("money was made of a text: %+v", p.Bill)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{
				activityPath: of(page(1, 1, fmt.Sprintf(`{"date":"2026-11-21",%s,"breakdown":{"models":{%[2]s:{%[1]s,"api_key_breakdown":{%[2]s:{%[1]s,"metadata":{"key_alias":%[2]s,"team_id":%[2]s}}}}},"providers":{%[2]s:{}}}}`, metric("1", 1), q))),
				"/team/list": of(fmt.Sprintf(`[{"team_id":%[1]s,"team_alias":%[1]s,"max_budget":1,"budget_duration":%[1]s,"budget_reset_at":%[1]s}]`, q)),
				"/key/list":  of(fmt.Sprintf(`{"keys":[{"token":%[1]s,"key_alias":%[1]s,"max_budget":1}]}`, q)),
			}
		},
		Series: func(n int) contract.Page {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, `"m%d":{},`, i)
			}
			return of(page(1, 1, `{"date":"2026-11-22","breakdown":{"models":{`+strings.TrimSuffix(b.String(), ",")+`}}}`))
		},
	})
}

// proxy is one whose days have so many pages.
func proxy(t testing.TB, pages int, change func(path string, q url.Values) (int, string)) *billrig.Rig {
	return billrig.Serve(t, func(path string, q url.Values) (int, string) {
		if status, body := change(path, q); status != 0 || body != "" {
			return status, body
		}
		switch path {
		case "/team/list":
			return 0, teams
		case "/key/list":
			return 0, keys
		case activityPath:
			n, _ := strconv.Atoi(q.Get("page"))
			return 0, page(n, pages, day(q.Get("start_date")))
		}
		return 0, ""
	})
}

func open(t testing.TB, s *billrig.Rig, clock fleet.Clock) fleet.Reader {
	return s.Open(t, Connector(), clock, func(spec *fleet.SourceSpec, _ *fleet.Deps) {
		spec.URL, spec.Options = s.URL, map[string]string{OptionProvider + "azure": "azure-eu"}
	})
}

func usual(string, url.Values) (int, string) { return 0, "" }

func TestSpendingByModelKeyAndTeam(t *testing.T) {
	clock := fleet.NewVirtualClock(noon)
	s := proxy(t, 2, usual)
	r := open(t, s, clock)
	p := billrig.Read(t, r)
	spent := map[string]decimal.Decimal{}
	for _, l := range p.Bill.Lines {
		if l.Cost.OK {
			at := fmt.Sprint(l.Provider, "|", l.Model, "|", l.Key, "|", l.Team, "|", l.Item)
			spent[at] = spent[at].Add(l.Cost.V.Amount())
		}
	}
	for at, each := range map[string]string{"openai|openai/gpt-5|hash-1|team-1|prod": "0.9", "openai|openai/gpt-5|||": "0.40000000000000004", // a key that shows itself, and what no key explains
		"azure-eu|azure/gpt-5|||": "0.75", "||||": "0.25"} {
		want := decimal.RequireFromString(each).Mul(decimal.NewFromInt(2 * 22))
		if !spent[at].Equal(want) {
			t.Errorf("%s: %s, want %s", at, spent[at], want)
		}
		delete(spent, at)
	}
	if len(spent) != 0 {
		t.Errorf("also %v", spent)
	}
	for use, each := range map[fleet.UsageKind]int64{fleet.UseInput: 5 * 12, fleet.UseCacheRead: 4 * 12, fleet.UseCacheWrite5m: 12, fleet.UseOutput: 3 * 12, fleet.UseRequests: 12} {
		got := billrig.Sum(p.Bill.Lines, func(l *fleet.BillLine) bool { return l.Use == use })
		if !got.OK || !got.V.Equal(decimal.NewFromInt(each*2*22)) {
			t.Errorf("%s: %v, want %d", use, got, each*2*22)
		}
	}
	if text, err := json.Marshal(p); err != nil || strings.Contains(fmt.Sprintf("%+v %s", p, text), canary) || billrig.Said(p) != "what a key may spend is not told\n" {
		t.Errorf("%s, %v", billrig.Said(p), err)
	}
	billrig.Sane(t, p.Bill.Lines, p.Notices)
	asked := len(s.Asked(activityPath))
	if err := clock.Advance(t.Context(), every); err != nil {
		t.Fatal(err)
	}
	if p = billrig.Read(t, r); asked != 44 || len(s.Asked(activityPath))-asked != 8 || p.Bill.Covers[0].From.Day() != 19 {
		t.Errorf("asked %d times, and then %d more for %v", asked, len(s.Asked(activityPath))-asked, p.Bill.Covers)
	}
}

func TestBudgets(t *testing.T) {
	p := billrig.Read(t, open(t, proxy(t, 1, usual), fleet.NewVirtualClock(noon)))
	var said []string
	for _, l := range p.Bill.Limits {
		said = append(said, fmt.Sprintf("%s|%s|%v|%v|%s|%s|%s|%d", l.Of, l.Max.V.Text(), l.Hard, l.Per, l.Key, l.Team, l.Enforcing, len(l.Rates)))
	}
	want := []string{"team search|$500.00|true|720h0m0s||team-1||2", "team team-2|-|true|0s||team-2|blocked|0",
		"key prod|$10.00|true|720h0m0s|hash-1|team-1||0", "key prod|$8.00|false|720h0m0s|hash-1|team-1||0", "key without an alias, hash-2-l|$3.00|true|168h0m0s|hash-2-longer|||1"}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(said, "\n"))
	}
	if r := p.Bill.Limits[0].Reset; !r.OK || !r.V.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || p.Bill.Limits[0].Spent.V.Amount().String() != "123.5" {
		t.Errorf("%+v", p.Bill.Limits[0])
	}
}

func TestAKeyThatIsToldOnlyOfItsOwnIsRefused(t *testing.T) {
	s := proxy(t, 1, func(path string, _ url.Values) (int, string) {
		if path == "/team/list" {
			return 401, `{"detail":{"error":"Admin-only endpoint. ` + canary + `"}}`
		}
		return 0, ""
	})
	_, err := open(t, s, fleet.NewVirtualClock(noon)).Read(t.Context())
	if fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "admin viewer") || strings.Contains(err.Error(), canary) || len(s.Asked("")) != 1 {
		t.Errorf("%v", err)
	}
}

func TestPartsThatDoNotFitTheWhole(t *testing.T) {
	whole := func(parts string) string {
		return page(1, 1, `{"date":"2026-11-22",`+metric("1", 1)+`,"breakdown":{"models":{`+parts+`}}}`)
	}
	for name, x := range map[string]struct {
		body  string
		says  string
		costs string
		keyed bool
		kind  fleet.Kind
	}{
		"models beyond the day":   {whole(`"a":{` + metric("1.5", 1) + `}`), "models of a day are more", "1", false, ""},
		"keys beyond their model": {whole(`"a":{` + metric("0.5", 1) + `,"api_key_breakdown":{"h":{` + metric("0.75", 1) + `}}}`), "keys of a model are more", "1", false, ""},
		"fractions of a cent":     {whole(`"a":{` + metric("1", 1) + `,"api_key_breakdown":{"h":{` + metric("1.0000000000000002", 1) + `}}}`), "", "1.0000000000000002", true, ""},
		"no spending":             {page(1, 1, `{"date":"2026-11-22",`+metric("0", 5)+`}`), "", "0", false, ""},
		"below zero":              {page(1, 1, `{"date":"2026-11-22",`+metric("-1", 5)+`}`), "below zero", "", false, fleet.KindInvalid},
		"an error inside":         {`{"error":{"message":"` + canary + `"}}`, "200 with an error inside", "", false, fleet.KindInvalid},
	} {
		s := proxy(t, 1, func(path string, q url.Values) (int, string) {
			if path != activityPath || q.Get("start_date") != "2026-11-22" {
				return 0, ""
			}
			return 200, x.body
		})
		p, err := open(t, s, fleet.NewVirtualClock(noon)).Read(t.Context())
		if said := billrig.Said(p) + fmt.Sprint(err); fleet.KindOf(err) != x.kind || !strings.Contains(said, x.says) || strings.Contains(said, canary) || x.says == "" && said != "what a key may spend is not told\n<nil>" {
			t.Errorf("%s: %s", name, said)
		}
		if err != nil {
			continue
		}
		sum, keyed := decimal.Decimal{}, false
		for _, l := range p.Bill.Lines {
			if l.Span.From.Day() == 22 && l.Cost.OK {
				sum, keyed = sum.Add(l.Cost.V.Amount()), keyed || l.Key != ""
			}
		}
		if sum.String() != x.costs || keyed != x.keyed {
			t.Errorf("%s: $%s, by key %v", name, sum, keyed)
		}
	}
}

func TestPagesWithoutAnEndAndTimeThatRunsOut(t *testing.T) {
	endless := proxy(t, 1_000_000, usual)
	p := billrig.Read(t, open(t, endless, fleet.NewVirtualClock(time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC))))
	if len(p.Bill.Lines) != 0 || len(p.Bill.Covers) != 0 || !strings.Contains(p.Incomplete.String(), "do not end") || len(endless.Asked(activityPath)) != 4*64 {
		t.Errorf("%d calls, %v, %q", len(endless.Asked(activityPath)), p.Bill.Covers, p.Incomplete)
	}
	circle := proxy(t, 1, func(path string, _ url.Values) (int, string) {
		if path != activityPath {
			return 0, ""
		}
		return 200, page(1, 9, day("2026-11-22"))
	})
	if p = billrig.Read(t, open(t, circle, fleet.NewVirtualClock(noon))); len(p.Bill.Lines) != 0 || p.Incomplete.IsEmpty() {
		t.Errorf("the first page again and again: %+v", p.Bill)
	}
	slow := proxy(t, 1, func(path string, q url.Values) (int, string) {
		if path == activityPath && q.Get("start_date") == "2026-11-20" {
			return 408, `{}`
		}
		return 0, ""
	})
	p = billrig.Read(t, open(t, slow, fleet.NewVirtualClock(noon)))
	if c := p.Bill.Covers; len(c) != 1 || c[0].From.Day() != 21 || !strings.Contains(p.Incomplete.String(), "not all days were read: timeout") {
		t.Errorf("%v, %q", c, p.Incomplete)
	}
	broken := proxy(t, 1, func(path string, q url.Values) (int, string) {
		if path == activityPath && q.Get("start_date") == "2026-11-20" {
			return 200, page(1, 1, `{"date":"2026-11-20",`+metric("-1", 5)+`}`)
		}
		return 0, ""
	})
	p = billrig.Read(t, open(t, broken, fleet.NewVirtualClock(noon)))
	if c := p.Bill.Covers; len(c) != 2 || c[0].To.Day() != 20 || c[1].From.Day() != 21 || !strings.Contains(p.Incomplete.String(), "2026-11-20 is not told") {
		t.Errorf("one day is no sum: %v, %q", c, p.Incomplete)
	}
}

func TestCallsAndAnswersFitTheDescription(t *testing.T) {
	text := billrig.Shared(t, "gateways/litellm-openapi-1.96.0-subset.json")
	s := proxy(t, 2, usual)
	billrig.Read(t, open(t, s, fleet.NewVirtualClock(noon)))
	if checked := s.Fits(t, text, "", "/key/list", "/team/list"); !checked[activityPath] { // the others are not in it
		t.Errorf("checked %v", checked)
	}
	sample := billrig.Shared(t, "gateways/litellm-user-daily-activity.example.json")
	s = proxy(t, 1, func(path string, _ url.Values) (int, string) {
		if path != activityPath {
			return 0, ""
		}
		return 200, string(sample)
	})
	p := billrig.Read(t, open(t, s, fleet.NewVirtualClock(time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC))))
	sum := decimal.Decimal{}
	for _, l := range p.Bill.Lines {
		if l.Cost.OK {
			sum = sum.Add(l.Cost.V.Amount())
		}
		if l.Provider != "openai" {
			t.Errorf("%+v", l)
		}
	}
	if sum.String() != "1.56" {
		t.Errorf("$%s", sum)
	}
}

// Whatever an answer holds: no crash, no use below zero, no key, and nothing unclean is said.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(page(1, 1, day("2026-11-22"))))
	f.Add([]byte(`{"token":"sk-1","key_alias":"\u001b","max_budget":-1,"spend":"3","budget_duration":"9mo","budget_reset_at":7,"tpm_limit":1e400,"soft_budget":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		odd := &bills.Odd{}
		var a activity
		r := reader{}
		if json.Unmarshal(body, &a) == nil && a.Results != nil {
			s := newSums()
			if s.add(&a, "2026-11-22", "x") == nil {
				lines, _ := s.lines(fleet.Day(noon), r.provider, odd)
				billrig.Sane(t, lines, nil)
			}
		}
		var h holder
		if json.Unmarshal(body, &h) == nil {
			for _, l := range h.limits(h.keyName(), odd) {
				if strings.HasPrefix(l.Key, "sk-") || l.Max.OK && l.Max.V.Amount().IsNegative() || !fleet.IsClean(l.Of.String()) || l.Per < 0 {
					t.Errorf("%+v", l)
				}
			}
		}
		billrig.Sane(t, nil, odd.Notices())
	})
}
