package promapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"pitwall/backends/sim/promapi"
	"pitwall/fleet"
)

// page is a target whose page a test writes.
type page struct {
	*httptest.Server
	text string
}

// scraped is an API over one page, scraped every 5 s of a virtual clock.
func scraped(t *testing.T, rules ...promapi.Rule) (*page, *fleet.VirtualClock, *promapi.Scraper, string) {
	t.Helper()
	p := &page{text: "up_to_now_total{pod=\"mine\"} 100\ng 1\n"}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if p.text == "" {
			http.Error(w, "gone", http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, p.text)
	}))
	t.Cleanup(p.Close)
	clock := fleet.NewVirtualClock(noon)
	s := promapi.NewScraper(clock, 5*time.Second, []promapi.Scraped{{URL: p.URL, Pool: "job",
		Labels: map[string]string{"job": "j", "instance": "i", "pod": "target"}}})
	t.Cleanup(s.Close)
	api := httptest.NewServer(promapi.New(promapi.Options{Data: s.Data(), Clock: clock, Targets: s.Targets, Rules: rules}))
	t.Cleanup(api.Close)
	return p, clock, s, api.URL
}

// get asks and returns status and body.
func get(t *testing.T, base, path string, params ...string) (int, string) {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		form.Add(params[i], params[i+1])
	}
	resp, err := http.PostForm(base+path, form)
	if strings.HasPrefix(path, "/api/v1/t") || strings.HasPrefix(path, "/api/v1/rules") || strings.HasPrefix(path, "/api/v1/a") ||
		strings.HasPrefix(path, "/api/v1/s") && !strings.HasPrefix(path, "/api/v1/series") || strings.HasPrefix(path, "/-/") {
		resp, err = http.Get(base + path + "?" + form.Encode())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(path, "/-/") && !json.Valid(body) {
		t.Errorf("%s answers what is no JSON: %s", path, body)
	}
	return resp.StatusCode, string(body)
}

func TestScrapedSeries(t *testing.T) {
	p, clock, s, base := scraped(t)
	says := func(query, want string) {
		t.Helper()
		if status, body := get(t, base, "/api/v1/query", "query", query); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want %s", query, status, body, want)
		}
	}
	step := func(text string) {
		t.Helper()
		p.text = text
		if err := clock.Advance(t.Context(), 5*time.Second); err != nil {
			t.Fatal(err)
		}
		s.Once()
	}
	s.Once()
	says("up", `"1"`)
	says("up_to_now_total", `"exported_pod":"mine"`)
	says("g", `"pod":"target"`)
	for i := range 4 {
		step("up_to_now_total{pod=\"mine\"} " + "11" + string(rune('0'+i)) + "\ng 2\n")
	}
	says("rate(up_to_now_total[20s])", `"value"`)
	says("timestamp(g)", "1795348820")
	says("g offset 20s", `"1"`)
	step("up_to_now_total 5\n") // g left the page
	says("g", `"result":[]`)
	step("") // the page cannot be read
	says("up", `"0"`)
	says("up_to_now_total", `"result":[]`)
	says("count_over_time(g[1m])", `"5"`)
	step("g 1\ng{ 2\n") // not whole: nothing of it is used
	says("up", `"0"`)
	says("g", `"result":[]`)
}

func TestTheOtherQuestions(t *testing.T) {
	_, _, s, base := scraped(t, promapi.Rule{Name: "Always", Expr: "g > 0", For: time.Minute, Labels: map[string]string{"severity": "page"}})
	s.Once()
	for _, c := range []struct {
		path   string
		params []string
		status int
		want   string
	}{
		{"/api/v1/query_range", []string{"query", "g", "start", "1795348790", "end", "1795348830", "step", "10"}, 200, `"matrix"`},
		{"/api/v1/query_range", []string{"query", "g", "start", "0", "end", "1795348830", "step", "10"}, 400, "11,000"},
		{"/api/v1/query_range", []string{"query", "g", "start", "2", "end", "1", "step", "10"}, 400, "end timestamp"},
		{"/api/v1/query_range", []string{"query", "g", "start", "1", "end", "2", "step", "0"}, 400, "step"},
		{"/api/v1/query", []string{"query", "g{"}, 400, "bad_data"},
		{"/api/v1/query", []string{"query", "g", "time", "soon"}, 400, "bad_data"},
		{"/api/v1/query", []string{"query", "g + on(pod) group_left g", "time", "2026-11-22T12:00:00Z"}, 200, `"success"`},
		{"/api/v1/query", []string{"query", `label_replace(g,"a","$1","pod","(")`}, 422, "execution"},
		{"/api/v1/query", []string{"query", "1/0"}, 200, `"+Inf"`},
		{"/api/v1/query", []string{"query", `"text"`}, 200, `"string"`},
		{"/api/v1/series", []string{"match[]", `{job="j"}`}, 200, `"up_to_now_total"`},
		{"/api/v1/series", nil, 400, "match[]"},
		{"/api/v1/labels", nil, 200, `"exported_pod"`},
		{"/api/v1/label/pod/values", nil, 200, `["target"]`},
		{"/api/v1/targets", nil, 200, `"health":"up"`},
		{"/api/v1/rules", nil, 200, `"state":"pending"`},
		{"/api/v1/alerts", nil, 200, `"severity":"page"`},
		{"/api/v1/status/buildinfo", nil, 200, `"version"`},
		{"/-/ready", nil, 200, "Ready"},
	} {
		if status, body := get(t, base, c.path, c.params...); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %v: %d %s, want %d with %s", c.path, c.params, status, body, c.status, c.want)
		}
	}
}

func TestARuleFires(t *testing.T) {
	_, clock, s, base := scraped(t, promapi.Rule{Name: "Always", Expr: "g > 0", For: 5 * time.Second})
	s.Once()
	if _, body := get(t, base, "/api/v1/alerts"); !strings.Contains(body, `"pending"`) {
		t.Errorf("at first: %s", body)
	}
	if err := clock.Advance(t.Context(), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	s.Once()
	if _, body := get(t, base, "/api/v1/alerts"); !strings.Contains(body, `"firing"`) || !strings.Contains(body, `"activeAt":"2026-11-22T12:00:00Z"`) {
		t.Errorf("after its time: %s", body)
	}
}

func TestARingIsBounded(t *testing.T) {
	r := promapi.NewRing(time.Minute, 2)
	named := func(n string) labels.Labels { return labels.FromStrings("__name__", n) }
	for i := range int64(1000) {
		r.Append(named("a"), i*1000, 1)
	}
	if r.Append(named("a"), 5, 1) || !r.Append(named("b"), 5, 1) || r.Append(named("c"), 5, 1) {
		t.Error("an old sample, or a third series, was taken")
	}
	r.Prune(2_000_000)
	if !r.Append(named("c"), 2_000_000, 1) {
		t.Error("series without new samples still take the room")
	}
}

func TestAlignedAnswersAreKept(t *testing.T) {
	clock := fleet.NewVirtualClock(noon)
	ring := promapi.NewRing(time.Hour, 10)
	ring.Append(labels.FromStrings("__name__", "g"), noon.UnixMilli(), 1)
	api := httptest.NewServer(promapi.New(promapi.Options{Data: ring, Clock: clock, Align: time.Minute}))
	t.Cleanup(api.Close)
	_, first := get(t, api.URL, "/api/v1/query", "query", "g")
	ring.Append(labels.FromStrings("__name__", "g"), noon.UnixMilli()+1000, 2)
	if err := clock.Advance(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	if _, again := get(t, api.URL, "/api/v1/query", "query", "g"); again != first || !strings.Contains(first, `"1"`) {
		t.Errorf("within the minute: %s, then %s", first, again)
	}
	if err := clock.Advance(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	if _, later := get(t, api.URL, "/api/v1/query", "query", "g"); !strings.Contains(later, `"2"`) {
		t.Errorf("a minute later: %s", later)
	}
}
