package openaicosts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billrig"
	"pitwall/fleet"
)

func of(use fleet.UsageKind) func(*fleet.BillLine) bool {
	return func(l *fleet.BillLine) bool { return l.Stream == fleet.StreamReported && l.Use == use }
}

func TestCostsUsageAndLimits(t *testing.T) {
	f := usual(t)
	p := billrig.Read(t, f.open(t))
	b := p.Bill
	if len(p.Notices) != 0 || !p.Incomplete.IsEmpty() {
		t.Errorf("%s %s", billrig.Said(p), p.Incomplete)
	}
	if len(b.Streams) != 2 || len(b.Covers) != 1 || b.Covers[0].From.Day() != 1 || b.Covers[0].To.Day() != 23 || !b.Watermark.Equal(noon) {
		t.Errorf("%v covers %v up to %v", b.Streams, b.Covers, b.Watermark)
	}
	// 18 days, 83 hours and 61 minutes of text; the others in days and hours.
	const text, other = 18 + 83 + 61, 18 + 3*24 + 13
	for use, each := range map[fleet.UsageKind][2]int64{
		fleet.UseInput: {300, 10}, fleet.UseCacheRead: {600, 0}, fleet.UseCacheWrite5m: {50, 0}, fleet.UseAudioIn: {40, 0}, fleet.UseImageIn: {10, 0},
		fleet.UseOutput: {65, 0}, fleet.UseAudioOut: {20, 0}, fleet.UseImageOut: {5, 0}, fleet.UseRequests: {4, 5}, fleet.UseImages: {0, 2},
		fleet.UseCharacters: {0, 900}, fleet.UseAudioSeconds: {0, 61}, fleet.UseToolCalls: {0, 13}, fleet.UseUnknown: {0, 4096},
	} {
		if got := billrig.Sum(b.Lines, of(use)); !got.OK || !got.V.Equal(decimal.NewFromInt(each[0]*text+each[1]*other)) {
			t.Errorf("%q: %v, want %d", use, got, each[0]*text+each[1]*other)
		}
	}
	for i := range b.Lines {
		if l := &b.Lines[i]; l.Stream == fleet.StreamReported && l.Cost.OK || l.Project != "proj_a" {
			t.Fatalf("usage has a price: %+v", l)
		}
	}
	if len(b.Limits) != 3 || b.Limits[2].Of.String() != "project proj_a" || b.Limits[2].Max.V.Amount().String() != "99" || b.Limits[0].Max.V.Amount().String() != "2500.5" || !b.Limits[0].Hard || b.Limits[0].Enforcing.String() != "enforcing" ||
		b.Limits[1].Hard || b.Limits[1].Max.V.Amount().String() != "1000" || b.Limits[0].Spent.OK {
		t.Errorf("%+v", b.Limits)
	}
	if text, err := json.Marshal(p); err != nil || strings.Contains(fmt.Sprintf("%+v %s", p, text), canary) {
		t.Errorf("a key or an address was kept: %v", err)
	}
	if a := f.Asked("")[0].Header.Get("Authorization"); !strings.HasPrefix(a, "Bearer sk-admin-") {
		t.Errorf("sent %q", a)
	}
}

func TestAfterTheMonthLateDaysAreReadAgain(t *testing.T) {
	f := usual(t)
	r := f.open(t)
	billrig.Read(t, r)
	if err := f.clock.Advance(t.Context(), every); err != nil {
		t.Fatal(err)
	}
	p := billrig.Read(t, r)
	if c := p.Bill.Covers; len(c) != 1 || c[0].From.Day() != 19 {
		t.Errorf("covers %v", c)
	}
	if n := len(f.Asked("/v1/organization/projects/proj_a/spend_limit")); n != 1 || len(p.Bill.Limits) != 3 {
		t.Errorf("limits of projects were asked for %d times in ten minutes: %+v", n, p.Bill.Limits)
	}
	last := f.Asked("/v1/organization/costs")
	if q := last[len(last)-1].Query; q.Get("start_time") != fmt.Sprint(billrig.Noon(19).Add(-12*time.Hour).Unix()) || q.Get("limit") != "4" ||
		strings.Join(q["group_by[]"], " ") != "project_id line_item api_key_id" {
		t.Errorf("asked %v", q)
	}
}

func TestARevisedDayIsToldAnew(t *testing.T) {
	f := usual(t)
	r := f.open(t)
	billrig.Read(t, r)
	f.results["/organization/costs"] = func(at time.Time) string {
		if at.Day() != 20 {
			return ""
		}
		return `{"amount":{"value":9,"currency":"usd"},"line_item":"gpt-5, output"}`
	}
	p := billrig.Read(t, r)
	for _, l := range p.Bill.Lines {
		if l.Stream == fleet.StreamBilled && (l.Span.From.Day() != 20 || l.Cost.V.Amount().String() != "9") {
			t.Errorf("%+v", l)
		}
	}
}

func TestARefusalTellsWhichKeyAndWhichRight(t *testing.T) {
	for _, x := range []struct {
		key    string
		status int
		body   string
		says   string
	}{
		{"sk-proj-1", 403, `{"error":{"message":"You have insufficient permissions. Missing scopes: api.usage.read. ` + canary + `"}}`, "ordinary key"},
		{"sk-admin-1", 403, `{"error":{"message":"Missing scopes: api.usage.read."}}`, "without the right api.usage.read"},
		{"sk-admin-1", 401, `{"error":{"message":"Missing scopes: api.costs.read"}}`, "without the right api.costs.read"},
		{"sk-admin-1", 401, `{"error":{"message":"Incorrect API key provided: sk-admin-1 ` + canary + `"}}`, "revoked"},
	} {
		f := usual(t)
		f.Key(x.key)
		f.instead["/organization/costs"] = func(url.Values) (int, string) { return x.status, x.body }
		_, err := f.open(t).Read(t.Context())
		if text := fmt.Sprint(err); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(text, x.says) || strings.Contains(text, canary) ||
			strings.Contains(text, x.key) || len(text) > 400 || !fleet.IsClean(text) {
			t.Errorf("%s, %d: %v", x.key, x.status, err)
		}
		if n := len(f.Asked("")); n != 1 {
			t.Errorf("asked %d times with a key that is refused", n)
		}
	}
}

// What of usage and limits is not told leaves the bill; what fails only now leaves what was read of usage before.
func TestAPartThatFailsIsANotice(t *testing.T) {
	fail := func(status int, body string) func(url.Values) (int, string) {
		return func(url.Values) (int, string) { return status, body }
	}
	for _, x := range []struct {
		path    string
		with    func(url.Values) (int, string)
		streams int
		says    string
	}{
		{"usage/completions", fail(403, `{}`), 1, `usage of completions`},
		{"usage/images", fail(404, `{}`), 2, `usage of images`},
		{"usage/images", fail(429, `{}`), 1, "rate_limited"},
		{"usage/completions", fail(200, `{"error":{"message":"`+canary+`"}}`), 1, "200 with an error inside"},
		{"spend_limit", fail(403, `{}`), 2, "the spend limit"},
		{"spend_limit", fail(200, `{"threshold_amount":"250","currency":"USD"}`), 2, "no whole number of cents"},
		{"spend_limit", fail(200, `{"threshold_amount":2.5,"currency":"USD"}`), 2, "no whole number of cents"},
		{"spend_limit", fail(404, `{}`), 2, ""},
		{"projects/proj_a/spend_limit", fail(404, `{}`), 2, ""},
		{"projects/proj_a/spend_limit", fail(403, `{}`), 2, "spend limits of projects"},
		{"usage/completions", fail(200, `{"data":[],"has_more":false}`), 1, ""},
	} {
		f := usual(t)
		f.instead["/organization/"+x.path] = x.with
		r := f.open(t)
		p := billrig.Read(t, r)
		if said := billrig.Said(p); len(p.Bill.Streams) != x.streams || !strings.Contains(said, x.says) || strings.Contains(said, canary) || x.says == "" && said != "" {
			t.Errorf("%s: %v, %s", x.path, p.Bill.Streams, said)
		}
		if x.says != "rate_limited" {
			continue
		}
		delete(f.instead, "/organization/"+x.path)
		if p = billrig.Read(t, r); p.Bill.Covers[0].From.Day() != 1 {
			t.Errorf("%s: the month of usage was never read: %v", x.path, p.Bill.Covers)
		}
	}
}

func TestBadBills(t *testing.T) {
	bucket := func(results string) string {
		return `{"data":[{"start_time":1795219200,"end_time":1795305600,"results":` + results + `}],"has_more":false}`
	}
	for name, x := range map[string]struct {
		body  string
		kind  fleet.Kind
		says  string
		lines int
	}{
		"an error in a 200":   {`{"error":{"message":"` + canary + `"}}`, fleet.KindInvalid, "200 with an error inside", 0},
		"no data":             {`{}`, fleet.KindInvalid, "has no data", 0},
		"a text of no amount": {bucket(`[{"amount":{"value":"$12","currency":"usd"},"line_item":"gpt-5, input"}]`), "", "no number of dollars", 1},
		"no currency":         {bucket(`[{"amount":{"value":1},"line_item":"gpt-5, input"}]`), "", "with a currency", 1},
		"no amount":           {bucket(`[{"line_item":"gpt-5, input"}]`), "", "is unknown", 1},
		"several currencies":  {bucket(`[{"amount":{"value":1,"currency":"usd"}},{"amount":{"value":1,"currency":"eur"}}]`), "", "EUR, USD", 2},
		"a bucket of nothing": {bucket(`null`), "", "unknown, not without use", 0},
		"an empty day":        {bucket(`[]`), "", "", 0},
		"a billion":           {bucket(`[{"amount":{"value":1e10,"currency":"usd"}}]`), "", "is unknown", 1},
	} {
		f := usual(t)
		f.instead["/organization/costs"] = func(url.Values) (int, string) { return 200, x.body }
		p, err := f.open(t).Read(t.Context())
		if fleet.KindOf(err) != x.kind {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err != nil {
			if !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), canary) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		n := 0
		for _, l := range p.Bill.Lines {
			if l.Stream == fleet.StreamBilled {
				n++
				if l.Cost.OK != (name == "several currencies") {
					t.Errorf("%s: %+v", name, l)
				}
			}
		}
		if n != x.lines || !strings.Contains(billrig.Said(p), x.says) || (name == "an empty day") != (len(p.Bill.Covers) == 1) && x.lines == 0 {
			t.Errorf("%s: %d lines, covers %v, %s", name, n, p.Bill.Covers, billrig.Said(p))
		}
	}
}

func TestLineItems(t *testing.T) {
	for _, x := range []struct {
		item, unit string
		use        fleet.UsageKind
		model      fleet.ModelName
		quantity   string // of 2
		tier       string
	}{
		{"gpt-5, input_tokens", "tokens", fleet.UseInput, "gpt-5", "2", ""},
		{"ft:gpt-4o,mini:acme, cached input", "1000_tokens", fleet.UseCacheRead, "ft:gpt-4o,mini:acme", "2000", ""},
		{"gpt-5, output, batch", "tokens", fleet.UseUnknown, "gpt-5, output", "2", "batch"},
		{"gpt-5.6, cache write tokens", "tokens", fleet.UseCacheWrite5m, "gpt-5.6", "2", ""},
		{"gpt-realtime, audio_output_tokens", "tokens", fleet.UseAudioOut, "gpt-realtime", "2", ""},
		{"gpt-image-1, image input tokens", "tokens", fleet.UseImageIn, "gpt-image-1", "2", ""},
		{"dall-e-3, 1024x1024", "images", fleet.UseImages, "dall-e-3", "2", ""},
		{"sora-2, 720p", "duration_seconds", fleet.UseVideoSeconds, "sora-2", "2", ""},
		{"whisper-1, transcription", "duration_minutes", fleet.UseAudioSeconds, "whisper-1", "120", ""},
		{"tts-1, speech", "characters", fleet.UseCharacters, "tts-1", "2", ""},
		{"containers, sessions", "duration_hours", fleet.UseUnknown, "containers", "2", ""},
		{"file search storage", "gibibyte_hours", fleet.UseStorage, "", "2", ""},
		{"web search tool calls", "", fleet.UseToolCalls, "", "", ""},
		{"something, new", "parsecs", fleet.UseUnknown, "something", "2", ""},
	} {
		var c cost
		if err := json.Unmarshal(fmt.Appendf(nil, `{"amount":{"value":1,"currency":"usd"},"line_item":%q,"quantity":2,"quantity_unit":%q}`, x.item, x.unit), &c); err != nil {
			t.Fatal(err)
		}
		l := c.line(fleet.Span{}, nil)
		q := ""
		if l.Quantity.OK {
			q = l.Quantity.V.String()
		}
		if l.Use != x.use || l.Model != x.model || q != x.quantity || l.Tier != x.tier || l.Item.String() != x.item || l.Unit.String() != x.unit {
			t.Errorf("%s: %+v", x.item, l)
		}
	}
}

func TestCountersThatContradict(t *testing.T) {
	for body, want := range map[string]struct {
		input fleet.Maybe[int64]
		says  string
	}{
		`{"input_tokens":100,"input_cached_tokens":30,"output_tokens":0}`:                                                           {fleet.Some(int64(70)), ""},
		`{"input_tokens":100,"input_cached_tokens":30,"input_uncached_tokens":80,"output_tokens":0}`:                                {fleet.Some(int64(80)), "do not make up its whole"},
		`{"input_tokens":100,"input_cached_tokens":130,"output_tokens":0}`:                                                          {fleet.None[int64](), "more than the whole"},
		`{"input_tokens":"100","output_tokens":0}`:                                                                                  {fleet.None[int64](), "is no number"},
		`{"input_tokens":100,"input_cached_tokens":40,"input_cached_image_tokens":40,"input_uncached_tokens":60,"output_tokens":0}`: {fleet.Some(int64(60)), ""},
	} {
		f := usual(t)
		f.results["/organization/usage/completions"] = func(at time.Time) string {
			if !at.Equal(noon) {
				return ""
			}
			return body
		}
		f.results["/organization/usage/embeddings"], f.results["/organization/usage/moderations"] = nil, nil
		p := billrig.Read(t, f.open(t))
		got := billrig.Sum(p.Bill.Lines, of(fleet.UseInput))
		if got.OK != want.input.OK || got.OK && got.V.IntPart() != want.input.V || !strings.Contains(billrig.Said(p), want.says) {
			t.Errorf("%s: %v, %s", body, got, billrig.Said(p))
		}
	}
}

func TestCallsFitTheDescription(t *testing.T) {
	text := billrig.Shared(t, "billing/openai_usage_costs.openapi.yaml")
	f := usual(t)
	billrig.Read(t, f.open(t))
	for path := range f.results {
		if !strings.HasSuffix(path, "completions") && !strings.HasSuffix(path, "costs") {
			delete(f.results, path) // of these the description has only the answers
		}
	}
	others := []string{"/organization/projects/"}
	for _, k := range kinds()[2:] {
		others = append(others, "/organization/usage/"+k.name)
	}
	if checked := f.Fits(t, text, "/v1", others...); len(checked) != 5 {
		t.Errorf("checked %v", checked)
	}
}

func TestTheRecordedPagesAreRead(t *testing.T) {
	costs, usage := billrig.Shared(t, "billing/fixtures/openai_costs.json"), billrig.Shared(t, "billing/fixtures/openai_usage_completions.json")
	f := usual(t)
	at := time.Unix(1793490000, 0).UTC()
	f.clock = fleet.NewVirtualClock(at.Add(time.Minute))
	f.instead["/organization/costs"] = func(url.Values) (int, string) { return 200, string(costs) }
	f.instead["/organization/usage/completions"] = func(q url.Values) (int, string) {
		if q.Get("bucket_width") == "1m" {
			return 200, string(usage)
		}
		return 0, f.page(q, func(time.Time) string { return "" })
	}
	p, err := f.open(t).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := decimal.Decimal{}
	for _, l := range p.Bill.Lines {
		if l.Cost.OK {
			sum = sum.Add(l.Cost.V.Amount())
		}
	}
	if sum.String() != "412.4231" || p.Bill.Covers[0].From.Unix() != 1793404800 {
		t.Errorf("%s of %v", sum, p.Bill.Covers)
	}
}
