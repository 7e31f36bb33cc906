package statusfeed

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// decode reads a body as one kind, with what is watched.
func decode(t testing.TB, kind, body string, spec fleet.SourceSpec) (*fleet.StatusReading, []fleet.Notice) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feed")
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, contract.Start(), contract.Start()); err != nil {
		t.Fatal(err)
	}
	spec.Kind, spec.File = kind, path
	p, err := contract.Open(t, connector(t, kind), spec, fleet.NewVirtualClock(contract.Start().Add(time.Minute))).Read(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return p.Status, p.Notices
}

func watching(components, regions string, models ...fleet.ModelName) fleet.SourceSpec {
	return fleet.SourceSpec{Options: map[string]string{OptionComponents: components, OptionRegions: regions}, Models: models}
}

const groups = `{"page":{"name":"x"},"incidents":[
 {"id":"1","name":"Site is slow","impact":"minor","status":"identified","components":[{"id":"site","name":"site"}]},
 {"id":"2","name":"Errors on Claude Sonnet 4.5","impact":"weird","status":"new word","components":[{"id":"site","name":"site"}]},
 {"id":"3","name":"Something","impact":"critical","status":"monitoring"},
 {"id":"4","name":"Was bad","impact":"critical","status":"resolved","components":[{"id":"b","name":"Batch"}]},
 {"id":"5","name":"Slow batches","impact":"none","status":"investigating","incident_updates":[{"affected_components":[{"code":"b","name":"Batch"}]}]}],
"components":[{"id":"g","name":"The API","status":"partial_outage","group":true},
 {"id":"b","name":"Batch","status":"degraded_performance","group_id":"g"},{"id":"c","name":"Chat","status":"on fire","group_id":"g"},
 {"id":"site","name":"site","status":"major_outage","group_id":null}],
"scheduled_maintenances":[{"id":"m1","name":"Later","impact":"maintenance","status":"scheduled","scheduled_for":"2026-12-01T00:00:00Z","components":[{"id":"b","name":"Batch"}]},
 {"id":"m2","name":"Now","impact":"maintenance","status":"in_progress","components":[{"id":"b","name":"Batch"}]},
 {"id":"m3","name":"Done","impact":"maintenance","status":"completed","components":[{"id":"b","name":"Batch"}]}]}`

// Only what is watched counts, a group stands for its children, and a word that nobody knows is bad and kept.
func TestAPageIsReadByItsComponents(t *testing.T) {
	s, notices := decode(t, "statuspage", groups, watching("the api\n", "", "anthropic/claude-sonnet-4-5-20250929"))
	want := map[string]fleet.Impact{"2": fleet.ImpactDegraded, "3": fleet.ImpactOutage, "5": fleet.ImpactNone, "m1": fleet.ImpactPlanned,
		"m2": fleet.ImpactMaintenance}
	if len(s.Incidents) != len(want) || s.Others != 1 || len(notices) != 0 {
		t.Errorf("%+v, %d others, %v", s.Incidents, s.Others, notices)
	}
	for _, in := range s.Incidents {
		if want[in.ID] != in.Impact || in.Vague != (in.ID == "3") {
			t.Errorf("%+v, want %s", in, want[in.ID])
		}
		if in.ID == "2" && (len(in.Models) != 1 || in.Said != "weird, new word") {
			t.Errorf("the model that it names, and its words: %+v", in)
		}
	}
	if s.Incidents[0].ID != "3" {
		t.Errorf("the worst is not first: %+v", s.Incidents[0])
	}
	states := map[string]fleet.Impact{}
	for _, c := range s.Components {
		states[c.Name] = c.Impact
	}
	if len(states) != 3 || states["Batch"] != fleet.ImpactDegraded || states["Chat"] != fleet.ImpactDegraded || states["The API"] != fleet.ImpactDisrupted {
		t.Errorf("states %v", states)
	}
}

// A component that was renamed must not make a page silent.
func TestAComponentThatIsGoneIsSaid(t *testing.T) {
	s, notices := decode(t, "statuspage", groups, watching("The API\nResponses", ""))
	if len(s.Missing) != 1 || s.Missing[0] != "Responses" || len(notices) != 1 || !strings.Contains(notices[0].Text.String(), "Responses") {
		t.Errorf("%v, %v", s.Missing, notices)
	}
	s, _ = decode(t, "statuspage", groups, watching("", ""))
	if len(s.Incidents) != 6 || s.Others != 0 || len(s.Missing) != 0 {
		t.Errorf("without a list everything counts: %+v", s)
	}
}

// incident.io's summary leaves components out, which its list of components has.
func TestWhatTheSummaryLacksIsAskedFor(t *testing.T) {
	server := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case summaryPath:
			return &contract.Answer{Body: `{"page":{"name":"OpenAI"},"components":[{"id":"1","name":"Chat Completions","status":"operational"}],"incidents":[]}`}
		case componentsPath:
			return &contract.Answer{Body: `{"components":[{"id":"1","name":"Chat Completions","status":"operational"},{"id":"2","name":"Responses","status":"major_outage"}]}`}
		}
		return nil
	})
	spec := watching("Chat Completions\nResponses", "")
	spec.URL = server.URL + summaryPath
	p, err := contract.Open(t, connector(t, "statuspage"), spec, fleet.SystemClock{}).Read(t.Context())
	if err != nil || len(p.Status.Missing) != 0 || p.Status.Components[0].Name != "Responses" || p.Status.Components[0].Impact != fleet.ImpactOutage {
		t.Errorf("%+v, %v", p.Status, err)
	}
	server.Only(t, "GET "+summaryPath, "GET "+componentsPath)
}

func TestGoogleByProductAndPlace(t *testing.T) {
	one := func(id, product, place, end string) string {
		return `{"id":"` + id + `","begin":"2026-11-22T08:00:00Z",` + end + `"external_desc":"d","status_impact":"SERVICE_DISRUPTION",
		"affected_products":[{"title":"` + product + `"}],"currently_affected_locations":[{"id":"` + place + `"}]}`
	}
	body := "[" + strings.Join([]string{one("in", "Vertex Gemini API", "us-central1", ""), one("far", "Vertex Gemini API", "asia-east1", ""),
		one("all", "Gemini Code", "global", `"end":null,`), one("wide", "Vertex AI", "us", `"end":"",`),
		one("over", "Vertex AI", "us-central1", `"end":"2026-11-22T09:00:00Z",`), one("other", "Compute", "us-central1", "")}, ",") + "]"
	s, _ := decode(t, "google-status", body, watching("", "us-central1"))
	var ids []string
	for _, in := range s.Incidents {
		ids = append(ids, in.ID)
	}
	if got := strings.Join(ids, " "); got != "all in wide" || s.Others != 2 {
		t.Errorf("open are %q and %d others", got, s.Others)
	}
}

func TestAWSByItsMarkAndStatus(t *testing.T) {
	body := `[{"service":"bedrock-us-east-1","region_name":"N. Virginia","status":"0","summary":"was"},
	{"service":"bedrock-us-east-1","region_name":"N. Virginia","status":"1","summary":"is","date":"1795336800","arn":"arn:aws:health:us-east-1::event/A"},
	{"service":"bedrock-eu-west-1","region_name":"Ireland","status":"3","summary":"far"},
	{"service":"bedrock-us-east-1","status":"9","summary":"new word"},
	{"service":"ec2-us-east-1","status":"3","summary":"other"}]`
	little := []byte{0xff, 0xfe}
	for _, b := range []byte(body) {
		little = append(little, b, 0)
	}
	for name, text := range map[string]string{"big-endian": inUTF16(body), "little-endian": string(little), "UTF-8": body, "UTF-8 with a mark": "\xef\xbb\xbf" + body} {
		s, _ := decode(t, "aws-status", text, watching("", "us-east-1"))
		if len(s.Incidents) != 2 || s.Others != 2 {
			t.Fatalf("%s: %+v, %d others", name, s.Incidents, s.Others)
		}
		for _, in := range s.Incidents {
			if in.Impact != fleet.ImpactDegraded || in.Title == "is" && in.Since.V.Unix() != 1795336800 {
				t.Errorf("%s: %+v", name, in)
			}
		}
	}
	if s, _ := decode(t, "aws-status", inUTF16("[]"), fleet.SourceSpec{}); len(s.Incidents) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAzureByServiceAndPlace(t *testing.T) {
	item := func(title string, categories ...string) string {
		return "<item><title>" + title + "</title><category>" + strings.Join(categories, "</category><category>") + "</category></item>"
	}
	feed := func(items ...string) string {
		return `<?xml version="1.0" encoding="utf-16"?><rss><channel><title>Azure Status</title>` + strings.Join(items, "") + "</channel></rss>"
	}
	s, _ := decode(t, "azure-status", feed(), watching("", "East US"))
	if len(s.Incidents) != 0 || s.Page.String() != "Azure Status" {
		t.Errorf("%+v", s)
	}
	s, _ = decode(t, "azure-status", feed(item("Latency", "Azure OpenAI", "East US"), item("Latency", "Azure OpenAI", "West Europe"),
		item("Azure OpenAI down in East US", "Network"), item("Storage", "Storage", "East US")), watching("", "eastus"))
	if len(s.Incidents) != 2 || s.Others != 2 {
		t.Errorf("%+v, %d others", s.Incidents, s.Others)
	}
}

// From what cannot be read nothing is learnt: each is an error, with the words of what to do.
func TestWhatIsNoFeed(t *testing.T) {
	challenge := "<html><head><title>405 Not Allowed</title></head><body>challenge</body></html>"
	for _, c := range []struct {
		name, kind string
		status     int
		header     http.Header
		body, says string
		want       fleet.Kind
	}{
		{"a challenge", "statuspage", 405, nil, challenge, "challenge for browsers (405)", fleet.KindUnreachable},
		{"a firewall", "statuspage", 403, http.Header{"Content-Type": {"text/html"}}, challenge, "challenge for browsers (403)", fleet.KindUnreachable},
		{"a challenge as an answer", "statuspage", 202, http.Header{"X-Amzn-Waf-Action": {"challenge"}}, "", "empty", fleet.KindInvalid},
		{"a web page", "google-status", 200, nil, challenge, "web page", fleet.KindInvalid},
		{"a web page for RSS", "azure-status", 200, nil, "<!DOCTYPE html>" + challenge, "web page", fleet.KindInvalid},
		{"half a character", "aws-status", 200, nil, "\xfe\xff\x00[\x00", "middle of a character", fleet.KindInvalid},
		{"a cut list", "aws-status", 200, nil, inUTF16(`[{"service":"bedrock","status":"3"}`), "cut off", fleet.KindInvalid},
		{"cut RSS", "azure-status", 200, nil, "<rss><channel><item><title>x", "cut off", fleet.KindInvalid},
		{"null", "google-status", 200, nil, "null", "no list", fleet.KindInvalid},
		{"another document", "statuspage", 200, nil, `{"ok":true}`, "no summary", fleet.KindInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range c.header {
					w.Header()[k] = v
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer s.Close()
			p, err := contract.Open(t, connector(t, c.kind), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{}).Read(t.Context())
			if fleet.KindOf(err) != c.want || !strings.Contains(err.Error(), c.says) || p.Status != nil {
				t.Errorf("%v, %+v", err, p.Status)
			}
		})
	}
}

// An answer that still holds is not sent again, and one that could not be used is asked for whole.
func TestUnchangedPagesAreNotSentAgain(t *testing.T) {
	var asked, saved atomic.Int32
	var spoilt atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			saved.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if spoilt.Load() {
			_, _ = w.Write([]byte("<html>"))
			return
		}
		_, _ = w.Write([]byte(googleList("Errors")))
	}))
	defer s.Close()
	r := contract.Open(t, connector(t, "google-status"), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{})
	for range 3 {
		p, err := r.Read(t.Context())
		if err != nil || len(p.Status.Incidents) != 1 {
			t.Fatalf("%+v, %v", p.Status, err)
		}
	}
	if asked.Load() != 3 || saved.Load() != 2 {
		t.Errorf("%d asked, %d saved", asked.Load(), saved.Load())
	}
	spoilt.Store(true)
	fresh := contract.Open(t, connector(t, "google-status"), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{})
	for range 2 { // the second must not be told that the web page still holds
		if p, err := fresh.Read(t.Context()); err == nil {
			t.Fatalf("a web page was read: %+v", p)
		}
	}
	if saved.Load() != 2 {
		t.Error("an answer that could not be used was kept")
	}
}

func TestAMirroredFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.json")
	written := contract.Start()
	clock := fleet.NewVirtualClock(written.Add(10 * time.Minute))
	r := contract.Open(t, connector(t, "google-status"), fleet.SourceSpec{File: path, Interval: time.Minute}, clock)
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte(googleList("Errors")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	if err != nil || p.Status.Copied != fleet.Some(written) || len(p.Status.Incidents) != 1 {
		t.Errorf("%+v, %v", p.Status, err)
	}
	if err := clock.Advance(t.Context(), 6*time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindStale || !strings.Contains(err.Error(), "16m") {
		t.Errorf("an old file: %v", err)
	}
	if err := os.Truncate(path, maxBody+1); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("a file of megabytes: %v", err)
	}
	for _, spec := range []fleet.SourceSpec{{}, {URL: "http://h", File: path}} {
		if _, err := connector(t, "statuspage").NewReader(spec, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%+v was opened: %v", spec, err)
		}
	}
}

func TestManyIncidentsAreBounded(t *testing.T) {
	s, notices := decode(t, "google-status", "["+strings.Repeat(`{"affected_products":[{"title":"Vertex"}]},`, 80)+"{}]", fleet.SourceSpec{})
	if len(s.Incidents) != mostIncidents || len(notices) != 1 {
		t.Errorf("%d incidents, %v", len(s.Incidents), notices)
	}
}

func TestUptimeThatOthersMeasure(t *testing.T) {
	s, _ := decode(t, "openrouter-status", `{"data":{"id":"a/b","endpoints":[{"provider_name":"Fine","uptime_last_5m":99.9},
	{"provider_name":"Gone","uptime_last_5m":3},{"provider_name":"Silent","uptime_last_5m":null},{"provider_name":"Odd","uptime_last_5m":900}]}}`,
		watching("Fine\nGone\nSilent", ""))
	if len(s.Components) != 2 || s.Components[0].Impact != fleet.ImpactOutage || s.Components[1].Impact != fleet.ImpactNone ||
		len(s.Missing) != 1 || s.Missing[0] != "Silent" {
		t.Errorf("%+v", s)
	}
}
