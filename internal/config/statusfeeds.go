package config

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// StatusFeed is where a provider publishes its incidents, or a file that somebody copies that into.
type StatusFeed struct {
	Kind       string   `yaml:"kind,omitempty"`
	URL        string   `yaml:"url,omitempty"`
	File       string   `yaml:"file,omitempty"`
	Components []string `yaml:"components,omitempty"`
	Regions    []string `yaml:"regions,omitempty"`
	TLS        *TLS     `yaml:"tls,omitempty"`
	Poll       Polling  `yaml:"poll,omitempty"`
}

// StatusFeeds are written as a list, or as the only one without it.
type StatusFeeds []StatusFeed

// UnmarshalYAML reads either form, as strictly as the rest of the file.
func (f *StatusFeeds) UnmarshalYAML(read func(any) error) error {
	var form any
	if err := read(&form); err != nil {
		return err
	}
	if _, many := form.([]any); many {
		var list []StatusFeed
		err := read(&list)
		*f = list
		return err
	}
	var one StatusFeed
	err := read(&one)
	*f = StatusFeeds{one}
	return err
}

// The kinds of status feeds, and the options of their sources.
const (
	statuspageKind = "statuspage"
	optComponents  = "components"
	optRegions     = "regions"
	defaultFeed    = "default" // in place of a url: the one that is known of the provider
	feedTimeout    = 5 * time.Second
	leastFeedPoll  = time.Minute // publishers are minutes late themselves, and refuse who asks more often
)

// publisher is where one provider publishes. Nothing of this is asked unless the configuration says so.
type publisher struct {
	host       string // of the provider's API, with all below it
	kinds      []string
	kind       string
	url        string
	components []string
}

// publishers are those whose pages are known (read 2026-11).
var publishers = []publisher{
	{"api.openai.com", []string{"openai"}, statuspageKind, "https://status.openai.com/api/v2/summary.json",
		[]string{"Chat Completions", "Responses"}},
	{"api.anthropic.com", []string{"anthropic"}, statuspageKind, "https://status.claude.com/api/v2/summary.json",
		[]string{"Claude API (api.anthropic.com)"}},
	{"groq.com", []string{"groq"}, statuspageKind, "https://groqstatus.com/api/v2/summary.json", nil},
	{"cohere.com", []string{"cohere"}, statuspageKind, "https://status.cohere.com/api/v2/summary.json", nil},
	{"fireworks.ai", []string{"fireworks"}, statuspageKind, "https://status.fireworks.ai/api/v2/summary.json", nil},
	{"cerebras.ai", []string{"cerebras"}, statuspageKind, "https://status.cerebras.ai/api/v2/summary.json", nil},
	{"deepseek.com", []string{"deepseek"}, statuspageKind, "https://deepseek.statuspage.io/api/v2/summary.json", nil},
	{"moonshot.cn", []string{"moonshot"}, statuspageKind, "https://status.moonshot.cn/api/v2/summary.json", nil},
	{"googleapis.com", []string{"google", "gemini", "vertex"}, "google-status", "https://status.cloud.google.com/incidents.json", nil},
	{"amazonaws.com", []string{"bedrock", "aws"}, "aws-status", "https://health.aws.amazon.com/public/currentevents", nil},
	{"azure.com", []string{"azure", "azure-openai"}, "azure-status", "https://azure.status.microsoft/en-us/status/feed/", nil},
}

// feedKinds are what a status feed can be.
var feedKinds = []string{statuspageKind, "google-status", "aws-status", "azure-status", "openrouter-status"}

// publisherOf knows a provider by the address of its API, since every compatible one has the kind openai; without an address
// by its kind.
func publisherOf(p *Provider) (publisher, bool) {
	u, err := url.Parse(p.URL)
	if err != nil {
		return publisher{}, false
	}
	host := strings.ToLower(u.Hostname())
	for _, x := range publishers {
		if host == "" && slices.Contains(x.kinds, p.Kind) || host == x.host || strings.HasSuffix(host, "."+x.host) {
			return x, true
		}
	}
	return publisher{}, false
}

// resolved is a feed as it is read: its address, kind and what is watched where that follows from the provider.
func (f StatusFeed) resolved(p *Provider) StatusFeed {
	known, ok := publisherOf(p)
	if ok && f.Kind == "" {
		f.Kind = known.kind
	}
	if ok && f.Kind == known.kind && len(f.Components) == 0 && (f.URL == defaultFeed || f.File != "") {
		f.Components = known.components // of another address nobody knows what its components are called
	}
	if f.URL == defaultFeed && ok {
		f.URL = known.url
	}
	f.Kind = cmp.Or(f.Kind, statuspageKind)
	return f
}

// statusFeeds adds the sources of a provider's status feeds and gives their ids.
func (b *builder) statusFeeds(p *Provider, models []fleet.ModelName) []fleet.SourceID {
	var ids []fleet.SourceID
	for i, f := range p.Status {
		f = f.resolved(p)
		id := "status/" + p.ID
		if i > 0 {
			id = fmt.Sprintf("status/%s-%d", p.ID, i+1)
		}
		options := map[string]string{}
		if len(f.Components) > 0 {
			options[optComponents] = strings.Join(f.Components, "\n")
		}
		if len(f.Regions) > 0 {
			options[optRegions] = strings.Join(f.Regions, "\n")
		}
		poll := f.Poll // those of the context are for sources of one's own
		poll.Interval = Duration(cmp.Or(time.Duration(poll.Interval), b.interval(f.Kind), 2*leastFeedPoll))
		poll.Timeout = cmp.Or(poll.Timeout, Duration(feedTimeout))
		b.source(fleet.SourceSpec{ID: fleet.SourceID(id), Kind: f.Kind, URL: f.URL, File: f.File, TLS: tls(f.TLS),
			Models: models, Options: options, Subject: fleet.Subject{Provider: fleet.ProviderID(p.ID), About: fleet.AboutStatus}}, poll)
		ids = append(ids, fleet.SourceID(id))
	}
	return ids
}

// statusFeeds checks that each feed is read in one way, and that a default is known of this provider.
func (c *checker) statusFeeds(of string, p *Provider) {
	for i := range p.Status {
		f := &p.Status[i]
		on := of + ": status"
		if f.Kind != "" && !slices.Contains(feedKinds, f.Kind) {
			c.fail("%s: kind %q is none of %s", on, fleet.Quote(f.Kind), strings.Join(feedKinds, ", "))
		}
		c.feedPlace(on, p, f)
		for _, name := range slices.Concat(f.Components, f.Regions) {
			if strings.TrimSpace(name) == "" || strings.ContainsAny(name, "\r\n") {
				c.fail("%s: a component or region is empty or has a line break", on)
			}
		}
	}
}

// feedPlace checks from where, and how often, one feed is read.
func (c *checker) feedPlace(on string, p *Provider, f *StatusFeed) {
	known, ok := publisherOf(p)
	switch {
	case (f.URL != "") == (f.File != ""):
		c.fail("%s: needs exactly one of url and file; url: default is the page that is known of the provider", on)
	case f.URL == defaultFeed && !ok:
		c.fail("%s: no page is known of this provider; write the url of its feed", on)
	case f.URL == defaultFeed && f.Kind != "" && f.Kind != known.kind:
		c.fail("%s: the page that is known of this provider is a %s, not a %s; write the url", on, known.kind, f.Kind)
	case f.URL != "" && f.URL != defaultFeed:
		c.url(on, f.URL)
	}
	if every := time.Duration(f.Poll.Interval); f.URL != "" && every > 0 && every < leastFeedPoll {
		c.fail("%s: poll.interval is under 1m: publishers refuse who asks more often", on)
	}
}

// statusFeedsOf writes the feeds of a provider.
func statusFeedsOf(inv fleet.Inventory, id fleet.ProviderID) StatusFeeds {
	var list StatusFeeds
	for _, s := range inv.Sources {
		if s.Subject.Provider != id || s.Subject.About != fleet.AboutStatus {
			continue
		}
		list = append(list, StatusFeed{Kind: s.Kind, URL: s.URL, File: s.File, Components: entries(s.Options[optComponents]),
			Regions: entries(s.Options[optRegions]), TLS: transport(s.TLS), Poll: polling(s)})
	}
	return list
}

// entries are the lines of an option.
func entries(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
