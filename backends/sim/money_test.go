package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// bill asks a provider for money or usage.
func bill(t *testing.T, url, credential string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-api-key", credential)
	req.Header.Set("anthropic-version", "2023-06-01")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// quiet is a fleet that is billed and does little else.
func quiet(t *testing.T, at time.Time) (*Fleet, *fleet.VirtualClock) {
	t.Helper()
	clock := fleet.NewVirtualClock(at)
	f, err := Listen(t.Context(), Options{Clock: clock, Demand: .1, Bypass: .05})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, clock
}

type costsPage struct {
	Data []struct {
		Start   int64 `json:"start_time"`
		Results []struct {
			Amount struct {
				Value    json.Number `json:"value"`
				Currency string      `json:"currency"`
			} `json:"amount"`
			Line     *string      `json:"line_item"`
			Quantity *json.Number `json:"quantity"`
		} `json:"results"`
	} `json:"data"`
	More bool    `json:"has_more"`
	Next *string `json:"next_page"`
}

// costs reads all pages of OpenAI's costs, by the begin of each day.
func costs(t *testing.T, f *Fleet, query string) (days map[int64]float64, lines map[string]bool, pages int) {
	t.Helper()
	days, lines = map[int64]float64{}, map[string]bool{}
	next := ""
	for {
		resp, body := bill(t, f.URL(providerOpenAI)+"/v1/organization/costs?"+query+"&page="+url.QueryEscape(next), adminKey)
		var page costsPage
		if err := json.Unmarshal([]byte(body), &page); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s: %v", resp.StatusCode, body, err)
		}
		pages++
		for _, day := range page.Data {
			days[day.Start] += 0
			for _, r := range day.Results {
				v, err := r.Amount.Value.Float64()
				if err != nil || r.Amount.Currency != "usd" {
					t.Fatalf("an amount of %s", body)
				}
				days[day.Start] += v
				if r.Line != nil {
					lines[*r.Line] = true
				}
			}
		}
		if !page.More {
			return days, lines, pages
		}
		next = *page.Next
	}
}

// The bill of yesterday lacks what came after three hours ago, and looks whole a day before its last hour is on it.
func TestOpenAIsBillHasPagesAndIsLate(t *testing.T) {
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	f, _ := quiet(t, midnight)
	query := fmt.Sprintf("start_time=%d&end_time=%d&group_by[]=line_item&limit=1", midnight.AddDate(0, 0, -3).Unix(), midnight.Unix())
	days, lines, pages := costs(t, f, query)
	if pages != 3 || len(days) != 3 || !lines["gpt-4o-2024-08-06, cached input"] || !lines["gpt-4o-2024-08-06, batch output"] {
		t.Errorf("%d pages of %v with %v", pages, days, lines)
	}
	whole, young := days[midnight.AddDate(0, 0, -3).Unix()], days[midnight.AddDate(0, 0, -1).Unix()]
	if part := young / whole; part < .80 || part > .92 {
		t.Errorf("of a day that has just ended %v are on the bill, want 21 of 24 hours", part)
	}
}

// The costs of a past day are its usage at the list prices.
func TestOpenAIsCostsAreItsUsage(t *testing.T) {
	f, _ := quiet(t, noon)
	day := noon.Truncate(24*time.Hour).AddDate(0, 0, -3)
	query := fmt.Sprintf("start_time=%d&end_time=%d", day.Unix(), day.AddDate(0, 0, 1).Unix())
	days, _, _ := costs(t, f, query)
	_, body := bill(t, f.URL(providerOpenAI)+"/v1/organization/usage/completions?"+query+"&bucket_width=1h&limit=24&group_by[]=model&group_by[]=batch", adminKey)
	var usage struct {
		Data []struct {
			Results []struct {
				In, Cached, Uncached, Out int64
				Model                     string
				Batch                     bool
			}
		}
	}
	body = strings.NewReplacer("input_uncached_tokens", "Uncached", "input_cached_tokens", "Cached", "input_tokens", "In", "output_tokens", "Out").Replace(body)
	if err := json.Unmarshal([]byte(body), &usage); err != nil || len(usage.Data) != 24 {
		t.Fatalf("%v of %s", err, body)
	}
	sum := decimal.Zero
	for _, b := range usage.Data {
		for _, r := range b.Results {
			if r.In != r.Cached+r.Uncached {
				t.Fatalf("input %+v", r)
			}
			price := list[map[string]string{snapshots["gpt-4o"]: "gpt-4o", snapshots["gpt-4o-mini"]: "gpt-4o-mini"}[r.Model]]
			cost := decimal.Zero
			for i, n := range []int64{r.Uncached, r.Cached, 0, r.Out} {
				cost = cost.Add(dollars(price[i]).Mul(decimal.NewFromInt(n)).Shift(-6))
			}
			if r.Batch {
				cost = cost.Div(decimal.NewFromInt(2))
			}
			sum = sum.Add(cost)
		}
	}
	if got := days[day.Unix()]; got < 1 || math.Abs(got/sum.InexactFloat64()-1) > 1e-9 {
		t.Errorf("costs %v, usage at list prices %s", got, sum)
	}
}

func TestBillsAreForAdminKeysAndNotTooOften(t *testing.T) {
	f, clock := quiet(t, noon)
	openai := f.URL(providerOpenAI) + "/v1/organization/costs?start_time=1795000000"
	claude := f.URL(providerAnthropic) + "/v1/organizations/cost_report?starting_at=2026-11-20T00:00:00Z"
	for _, c := range []struct {
		url, key string
		status   int
		says     string
	}{
		{openai, key, 403, "api.usage.read"}, {openai, "sk-nobody", 401, "invalid_api_key"}, {openai, adminKey, 200, "bucket"},
		{openai + "&limit=181", adminKey, 400, "limit"}, {openai + "&bucket_width=1h", adminKey, 400, "bucket_width"},
		{openai + "&group_by=model", adminKey, 400, "group_by"}, {openai + "&page=nonsense", adminKey, 400, "page"},
		{claude, key, 401, "invalid x-api-key"}, {claude, claudeAdminKey, 200, "results"}, {claude + "&limit=32", claudeAdminKey, 400, "limit"},
		{claude + "&bucket_width=1m", claudeAdminKey, 400, "bucket_width"}, {claude + "&group_by[]=model", claudeAdminKey, 400, "group_by"},
	} {
		if resp, body := bill(t, c.url, c.key); resp.StatusCode != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s answered %d %s, want %d with %q", c.url, resp.StatusCode, body, c.status, c.says)
		}
	}
	var last *http.Response
	for range 70 {
		if last, _ = bill(t, claude, claudeAdminKey); last.StatusCode != http.StatusOK {
			break
		}
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("seventy questions at once are answered %d", last.StatusCode)
	}
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if last, _ = bill(t, claude, claudeAdminKey); last.StatusCode != http.StatusOK {
		t.Errorf("a minute later it is %d", last.StatusCode)
	}
}

// Anthropic's amounts are cents in strings, and its kinds of tokens the names of its usage report.
func TestAnthropicsReports(t *testing.T) {
	f, _ := quiet(t, noon)
	from := noon.Truncate(24*time.Hour).AddDate(0, 0, -2).Format(time.RFC3339)
	_, body := bill(t, f.URL(providerAnthropic)+"/v1/organizations/cost_report?limit=1&group_by[]=description&starting_at="+from, claudeAdminKey)
	var report struct {
		Data []struct {
			Results []struct{ Amount, Currency, Model, Description, Token, Cost string }
		}
		More bool
		Next string
	}
	body = strings.NewReplacer("token_type", "Token", "cost_type", "Cost", "has_more", "More", "next_page", "Next").Replace(body)
	if err := json.Unmarshal([]byte(body), &report); err != nil || len(report.Data) != 1 || len(report.Data[0].Results) != 4 || !report.More {
		t.Fatalf("%v of %s", err, body)
	}
	cents, kinds := decimal.Zero, ""
	for _, r := range report.Data[0].Results {
		cents, kinds = cents.Add(dollars(r.Amount)), kinds+" "+r.Token
		if r.Currency != "USD" || r.Model != snapshots["claude-sonnet-4-5"] || r.Cost != "tokens" || r.Description == "" {
			t.Errorf("a line %+v", r)
		}
	}
	if kinds != " uncached_input_tokens cache_read_input_tokens cache_creation.ephemeral_5m_input_tokens output_tokens" {
		t.Errorf("kinds%s", kinds)
	}
	_, body = bill(t, f.URL(providerAnthropic)+"/v1/organizations/usage_report/messages?limit=1&starting_at="+from, claudeAdminKey)
	body = strings.NewReplacer("uncached_input_tokens", "In", "cache_read_input_tokens", "Read", "ephemeral_5m_input_tokens", "Write",
		"cache_creation", "Created", "output_tokens", "Out").Replace(body)
	var usage struct {
		Data []struct {
			Results []struct {
				In, Read, Out int64
				Created       struct{ Write int64 }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &usage); err != nil || len(usage.Data[0].Results) != 1 {
		t.Fatalf("%v of %s", err, body)
	}
	u := usage.Data[0].Results[0]
	want := decimal.Zero
	for i, n := range []int64{u.In, u.Read, u.Created.Write, u.Out} {
		want = want.Add(dollars(list["claude-sonnet-4-5"][i]).Mul(decimal.NewFromInt(n)).Shift(-4))
	}
	if !cents.Sub(want).Abs().LessThan(dollars("0.0001")) || !want.IsPositive() {
		t.Errorf("cents %s, usage at list prices %s", cents, want)
	}
}

func TestOpenAIsBillsFitItsDescription(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(shared(t, "billing/openai_usage_costs.openapi.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: "/v1"}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := quiet(t, noon)
	window := fmt.Sprintf("start_time=%d&limit=3", noon.AddDate(0, 0, -3).Unix())
	for _, path := range []string{"/v1/organization/costs?" + window, "/v1/organization/costs?group_by=line_item&group_by=project_id&" + window,
		"/v1/organization/usage/completions?group_by=model&group_by=batch&bucket_width=1h&" + window,
		"/v1/organization/usage/completions?bucket_width=1m&" + window, "/v1/organization/spend_limit", "/v1/organization/spend_alerts",
		"/v1/organization/costs?start_time=0&bucket_width=1d"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://provider"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		route, params, err := router.FindRoute(req)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		resp, body := bill(t, f.URL(providerOpenAI)+path, adminKey)
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: resp.StatusCode,
			Header: resp.Header, Options: in.Options, Body: io.NopCloser(bytes.NewReader([]byte(body)))}
		if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil || resp.StatusCode != 200 {
			t.Errorf("%s answered %d %.300s: %v", path, resp.StatusCode, body, err)
		}
	}
}

func TestSpendByKeyAndTeam(t *testing.T) {
	f, clock := listen(t, Options{Demand: .1})
	if err := clock.Advance(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	today := noon.Format(time.DateOnly)
	_, body := get(t, f.URL("gw-1")+"/user/daily/activity?start_date="+noon.AddDate(0, 0, -2).Format(time.DateOnly)+"&end_date="+today, true)
	type metrics struct {
		Spend float64 `json:"spend"`
		Read  int64   `json:"cache_read_input_tokens"`
		In    int64   `json:"prompt_tokens"`
	}
	var activity struct {
		Results []struct {
			Date      string  `json:"date"`
			Metrics   metrics `json:"metrics"`
			Breakdown struct {
				Keys map[string]struct {
					Metrics  metrics           `json:"metrics"`
					Metadata map[string]string `json:"metadata"`
				} `json:"api_keys"`
			} `json:"breakdown"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(body), &activity); err != nil || len(activity.Results) != 3 || activity.Results[0].Date != today {
		t.Fatalf("%v of %.200s", err, body)
	}
	for _, day := range activity.Results {
		sum := 0.0
		for _, k := range day.Breakdown.Keys {
			sum += k.Metrics.Spend
		}
		if math.Abs(sum-day.Metrics.Spend) > 1e-6*sum || day.Metrics.Read == 0 || day.Metrics.Read >= day.Metrics.In {
			t.Errorf("%s: $%v in all, $%v by key, %+v", day.Date, day.Metrics.Spend, sum, day.Metrics)
		}
	}
	_, body = get(t, f.URL("gw-1")+"/key/list?return_full_object=true&size=3&page=2", true)
	var list struct {
		Keys []struct {
			Alias string   `json:"key_alias"`
			Team  string   `json:"team_id"`
			Spend float64  `json:"spend"`
			Max   *float64 `json:"max_budget"`
		} `json:"keys"`
		Total int `json:"total_count"`
		Pages int `json:"total_pages"`
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || list.Total != 4 || list.Pages != 2 || len(list.Keys) != 1 || list.Keys[0].Max != nil {
		t.Errorf("%v of %s", err, body)
	}
	_, body = get(t, f.URL("gw-1")+"/team/list", true)
	if n := strings.Count(body, `"team_alias"`); n != 3 || strings.Contains(body, key) {
		t.Errorf("%d teams in %s", n, body)
	}
}
