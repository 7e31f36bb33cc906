package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func withStatus(provider, status string) string {
	return "version: 1\ncontexts:\n  - name: a\n    defaults: {interval: 5s, timeout: 2s}\n    providers:\n      - id: p\n        " + provider +
		"\n        models: [{name: gpt-x}]\n        status: " + status + "\n"
}

func TestStatusFeedsBecomeSources(t *testing.T) {
	text := withStatus("kind: openai\n        url: https://api.openai.com/v1", `
          - {url: default}
          - {kind: google-status, file: /srv/mirror/gcp.json, regions: [us-central1], poll: {interval: 30s}}
          - {url: "https://mirror.example/summary.json", components: [Chat], tls: {ca_file: /ca}}`)
	inv := inventoryOf(t, text)
	want := []fleet.SourceSpec{
		{ID: "status/p", Kind: "statuspage", URL: "https://status.openai.com/api/v2/summary.json", Interval: 2 * time.Minute, Timeout: 5 * time.Second,
			Options: map[string]string{"components": "Chat Completions\nResponses"}},
		{ID: "status/p-2", Kind: "google-status", File: "/srv/mirror/gcp.json", Interval: 30 * time.Second, Timeout: 5 * time.Second,
			Options: map[string]string{"regions": "us-central1"}},
		{ID: "status/p-3", Kind: "statuspage", URL: "https://mirror.example/summary.json", Interval: 2 * time.Minute, Timeout: 5 * time.Second,
			Options: map[string]string{"components": "Chat"}, TLS: fleet.TLSSpec{CAFile: "/ca"}},
	}
	var feeds []fleet.SourceID
	for i := range want {
		want[i].Subject, want[i].Models = fleet.Subject{Provider: "p", About: fleet.AboutStatus}, []fleet.ModelName{"gpt-x"}
		feeds = append(feeds, want[i].ID)
	}
	if got := inv.Sources[1:]; !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if !reflect.DeepEqual(inv.Providers[0].Feeds, feeds) {
		t.Errorf("feeds %v", inv.Providers[0].Feeds)
	}
	body, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	if again := inventoryOf(t, string(body)); !reflect.DeepEqual(again.Sources, inv.Sources) || !reflect.DeepEqual(again.Providers, inv.Providers) {
		t.Errorf("written and read again:\n%s\n%+v", body, again.Sources)
	}
}

// No page is asked that is not written, and the only feed needs no list.
func TestAStatusFeedIsWritten(t *testing.T) {
	if inv := inventoryOf(t, strings.Replace(withStatus("kind: anthropic", "X"), "        status: X\n", "", 1)); len(inv.Sources) != 0 || inv.Providers[0].Feeds != nil {
		t.Errorf("%+v", inv.Sources)
	}
	inv := inventoryOf(t, withStatus("kind: anthropic", "{url: default}"))
	if len(inv.Sources) != 1 || inv.Sources[0].URL != "https://status.claude.com/api/v2/summary.json" ||
		inv.Sources[0].Options["components"] != "Claude API (api.anthropic.com)" {
		t.Errorf("%+v", inv.Sources)
	}
	inv = inventoryOf(t, withStatus("kind: anthropic", "{file: /srv/mirror/claude.json}"))
	if s := inv.Sources[0]; s.Kind != "statuspage" || s.Options["components"] != "Claude API (api.anthropic.com)" || s.File == "" {
		t.Errorf("a copy of a known page: %+v", s)
	}
	if err := valid(t, withStatus("kind: anthropic", "{url: default}")); err != nil {
		t.Errorf("the schema refuses one: %v", err)
	}
	if err := valid(t, withStatus("kind: anthropic", "[{url: default}]")); err != nil {
		t.Errorf("the schema refuses a list: %v", err)
	}
}

func TestBadStatusFeeds(t *testing.T) {
	for status, want := range map[string]string{
		"{}":                                               "exactly one of url and file",
		"{url: default, file: /x}":                         "exactly one of url and file",
		"{url: \"ftp://x/y\"}":                             "http:// or https://",
		"{url: \"https://u:canary@x/y\"}":                  "literal secret",
		"{kind: rss, file: /x}":                            "none of statuspage, google-status",
		"{kind: aws-status, url: default}":                 "is a statuspage, not a aws-status",
		"{url: default, colour: red}":                      "unknown field \"colour\"",
		"[{url: default, colour: red}]":                    "unknown field \"colour\"",
		"{url: default, poll: {interval: 5s}}":             "under 1m",
		"{url: default, components: [\"\"]}":               "is empty",
		"yes":                                              "line 9",
		"[{url: default}, {file: /x, regions: [\"\\n\"]}]": "line break",
	} {
		_, err := Parse([]byte(withStatus("kind: openai", status)))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", status, err, want)
		}
	}
	_, err := Parse([]byte(withStatus("kind: openai\n        url: https://llm.example/v1", "{url: default}")))
	if err == nil || !strings.Contains(err.Error(), "no page is known of this provider") {
		t.Errorf("a compatible API of somebody else got OpenAI's page: %v", err)
	}
	inv := inventoryOf(t, withStatus("kind: openai\n        url: https://api.groq.com/openai/v1", "{url: default}"))
	if inv.Sources[1].URL != "https://groqstatus.com/api/v2/summary.json" {
		t.Errorf("%+v", inv.Sources[1])
	}
}
