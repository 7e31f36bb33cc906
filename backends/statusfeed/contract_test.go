package statusfeed

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func connector(t testing.TB, kind string) fleet.Connector {
	t.Helper()
	for _, c := range Connectors() {
		if c.Kind == kind {
			return c
		}
	}
	t.Fatalf("no connector %q", kind)
	return fleet.Connector{}
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // a string always has a form in JSON
	return string(b)
}

// inUTF16 is a text as AWS sends it.
func inUTF16(text string) string {
	b := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}

const component = `{"id":"c%d","name":%s,"status":"%s","group":false,"group_id":null}`

func summary(title, componentName, status string) string {
	return `{"page":{"id":"p","name":` + quoted(title) + `,"updated_at":"2026-07-09T19:25:56Z"},
"status":{"indicator":"critical","description":"Everything Down"},
"components":[` + fmt.Sprintf(component, 1, quoted(componentName), status) + `,` + fmt.Sprintf(component, 2, `"Site"`, "major_outage") + `],
"incidents":[{"id":"i1","name":` + quoted(title) + `,"status":"investigating","impact":"major","created_at":"2026-11-22T08:59:00.000Z",
"started_at":"2026-11-22T08:50:00Z","shortlink":` + quoted(title) + `,"components":[` + fmt.Sprintf(component, 1, quoted(componentName), status) + `]}],
"scheduled_maintenances":[],"revision":42}`
}

func googleList(title string) string {
	return `[{"id":"g1","begin":"2026-11-22T08:40:00+00:00","end":null,"external_desc":` + quoted(title) + `,"status_impact":"SERVICE_OUTAGE",
"severity":"high","affected_products":[{"title":"Vertex Gemini API","id":"x"}],"currently_affected_locations":[{"title":` + quoted(title) + `,"id":"europe-west4"}],
"most_recent_update":{"status":"SERVICE_OUTAGE"},"number":7}]`
}

func awsList(title string) string {
	return `[{"date":"1795336800","arn":"arn:aws:health:eu-central-1::event/BEDROCK/X/Y","region_name":"Frankfurt","status":"3",
"service":"bedrock-eu-central-1","service_name":"Amazon Bedrock","summary":` + quoted(title) + `,"event_log":[{"status":3}],"n":1}]`
}

func azureFeed(title string) string {
	return `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Azure Status</title>
<item><guid>A-1</guid><title>` + xmlText(title) + `</title><category>Azure OpenAI</category><category>` + xmlText(title) +
		`</category><pubDate>Sun, 22 Nov 2026 09:00:00 Z</pubDate></item></channel></rss>`
}

func xmlText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", "\x1b", "?", "\x07", "?", "\x00", "?", "\xff", "?").Replace(text)
}

func endpoints(name string) string {
	return `{"data":{"id":"x/y","name":` + quoted(name) + `,"endpoints":[{"provider_name":` + quoted(name) + `,"uptime_last_5m":null,"uptime_last_30m":93.25}]}}`
}

func TestContract(t *testing.T) {
	for _, c := range []struct {
		kind, path, main string
		body             func(string) string
		wrong            string
		title            string
		impact           fleet.Impact
	}{
		{"statuspage", "", summaryPath, func(s string) string { return summary(s, "Chat API", "partial_outage") },
			`{"page":{"name":"x"},"components":[{"id":"c","name":"Chat API","status":17}],"incidents":[]}`, "Errors", fleet.ImpactDisrupted},
		{"google-status", "/incidents.json", "/incidents.json", googleList, `[{"id":17}]`, "Errors", fleet.ImpactOutage},
		{"aws-status", "/public/currentevents", "/public/currentevents", func(s string) string { return inUTF16(awsList(s)) },
			inUTF16(`[{"service":17}]`), "Errors", fleet.ImpactOutage},
		{"azure-status", "/feed/", "/feed/", azureFeed, `<feed xmlns="http://www.w3.org/2005/Atom"><entry/></feed>`, "Errors", fleet.ImpactDegraded},
		{"openrouter-status", "/endpoints", "/endpoints", endpoints, `{"data":{"endpoints":[{"provider_name":"a","uptime_last_5m":"good"}]}}`, "", ""},
	} {
		t.Run(c.kind, func(t *testing.T) {
			page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
			contract.Run(t, contract.Case{
				New: connector(t, c.kind).NewReader, NoAuth: true, Path: c.path, Main: c.main,
				Spec: func(s *fleet.SourceSpec) {
					if c.kind == "statuspage" {
						s.Options = map[string]string{OptionComponents: "chat api\n"}
					}
				},
				Pages: map[string]contract.Page{c.main: page(c.body("Errors"))},
				Judge: func(t testing.TB, p fleet.Partial) {
					t.Helper()
					s := p.Status
					if s == nil || len(p.Notices) > 0 {
						t.Fatalf("%+v", p)
					}
					if c.kind == "openrouter-status" {
						if len(s.Components) != 1 || s.Components[0].Impact != fleet.ImpactDisrupted || s.Components[0].Said != "uptime 93.2% in 30m" {
							t.Errorf("%+v", s.Components)
						}
						return
					}
					if len(s.Incidents) != 1 || s.Incidents[0].Title != c.title || s.Incidents[0].Impact != c.impact || !s.Incidents[0].Since.OK || s.Incidents[0].Vague {
						t.Errorf("%+v", s.Incidents)
					}
				},
				WrongType:  page(c.wrong),
				JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("it was read: %+v", p.Status) },
				Hostile: func(text string) map[string]contract.Page {
					return map[string]contract.Page{c.main: page(c.body(text))}
				},
				Series: func(n int) contract.Page {
					switch c.kind {
					case "statuspage":
						one := `{"id":"x","name":"Chat API","status":"partial_outage"}`
						return page(`{"page":{"name":"x"},"incidents":[],"components":[` + strings.Repeat(one+",", n-1) + one + `]}`)
					case "azure-status":
						return page(`<rss><channel>` + strings.Repeat(`<item><title>OpenAI</title></item>`, n) + `</channel></rss>`)
					case "openrouter-status":
						return page(`{"data":{"endpoints":[` + strings.Repeat(`{"provider_name":"a","uptime_last_5m":9},`, n-1) + `{}]}}`)
					case "aws-status":
						return page(inUTF16(`[` + strings.Repeat(`{"service":"bedrock"},`, n-1) + `{}]`))
					}
					return page(`[` + strings.Repeat(`{"affected_products":[{"title":"Vertex"}]},`, n-1) + `{}]`)
				},
			})
		})
	}
}
