// Package statusfeed reads what providers publish about incidents: pages of Statuspage and of what is compatible with it,
// the feeds of Google Cloud, AWS and Azure, and the uptime that OpenRouter measures of others.
// It must not judge a provider: a page is late and says what its owner wants to say. A feed that cannot be read says nothing,
// neither that all is well nor that it is not.
package statusfeed

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Options of a source, one entry a line.
const (
	OptionComponents = "components" // what is watched, by parts of names
	OptionRegions    = "regions"    // where, by names of the provider
)

// pollEvery is between what the publishers bear and what is of use: they are minutes late themselves.
const pollEvery = 2 * time.Minute

// Connectors returns the connectors of status feeds. A source has a URL, or a file that somebody mirrors it into.
func Connectors() []fleet.Connector {
	of := func(kind, title, reads string, f format) fleet.Connector {
		return fleet.Connector{Kind: kind, Title: title, Reads: reads, Interval: pollEvery,
			NewReader: func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) { return newReader(spec, deps, f) }}
	}
	return []fleet.Connector{
		of("statuspage", "Statuspage", "open incidents, maintenance and component states of a Statuspage v2 or incident.io page",
			format{pages: []string{summaryPath, "/api/v2"}, path: summaryPath, decode: statuspage}),
		of("google-status", "Google Cloud status", "open incidents of Vertex AI and Gemini in incidents.json",
			format{decode: google, watch: []string{"Vertex", "Gemini"}}),
		of("aws-status", "AWS status", "open events of Bedrock in currentevents",
			format{decode: aws, watch: []string{"Bedrock"}}),
		of("azure-status", "Azure status", "what the public RSS feed says of Azure OpenAI",
			format{decode: azure, watch: []string{"OpenAI", "AI Foundry", "Cognitive Services", "AI Services"}}),
		of("openrouter-status", "OpenRouter endpoints", "uptime that OpenRouter measures of each provider of one model",
			format{decode: openRouter}),
	}
}

// format is one way of publishing.
type format struct {
	pages  []string // that may stand behind the address of the server in a URL
	path   string   // what is read of it; "" is the URL itself
	watch  []string // what is watched where the configuration does not say, in feeds of whole clouds
	decode func(context.Context, *reader, []byte) (*fleet.StatusReading, error)
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	format format
	watch  watch
	client *httpx.Client // nil where a file is read
	oldest time.Duration // of a file

	mu    sync.Mutex
	pages map[string]page // the last answers by path
}

// A copy of a page may be as old as three intervals, at least a quarter of an hour.
const (
	fileIntervals = 3
	fileLeast     = 15 * time.Minute
)

func newReader(spec fleet.SourceSpec, deps fleet.Deps, f format) (fleet.Reader, error) {
	r := &reader{spec: spec, clock: deps.Clock, format: f, watch: watchOf(spec, f.watch), pages: map[string]page{},
		oldest: max(fileIntervals*spec.Interval, fileLeast)}
	if (spec.URL != "") == (spec.File != "") {
		return nil, r.invalid("open the feed", "a status feed needs either a url or a file", "correct status in the configuration")
	}
	if spec.File != "" {
		return r, nil
	}
	base := spec.URL
	if f.path != "" {
		base, _ = httpx.Root(spec.URL, f.pages...)
	}
	opt := httpx.For(spec, base, deps)
	opt.MaxBody = maxBody
	client, err := httpx.New(opt)
	r.client = client
	return r, err
}

// Read reads the feed once.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	got, err := r.fetch(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	reading, err := r.format.decode(ctx, r, got.body)
	if err != nil {
		return fleet.Partial{}, err
	}
	p := fleet.Partial{At: r.clock.Now(), ServerTime: got.date, Status: reading}
	if !got.written.IsZero() {
		reading.Copied = fleet.Some(got.written)
	}
	p.Notices = r.finish(reading)
	return p, nil
}

// mostIncidents bounds what is kept of a feed.
const mostIncidents = 50

// finish puts the worst first, bounds the lists and remarks what the page lacks.
func (r *reader) finish(s *fleet.StatusReading) []fleet.Notice {
	worstFirst(s)
	var notices []fleet.Notice
	if n := len(s.Incidents); n > mostIncidents {
		notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Textf("%s, of which the worst %s are kept",
			fleet.Many(n, "open incident"), fleet.Int(mostIncidents))})
		s.Incidents = s.Incidents[:mostIncidents:mostIncidents]
	}
	if n := len(s.Components); n > mostIncidents {
		s.Components = s.Components[:mostIncidents:mostIncidents]
		notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Textf("%s are watched, of which the worst %s are kept",
			fleet.Many(n, "component"), fleet.Int(mostIncidents))})
	}
	for _, name := range s.Missing {
		notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Textf(
			"the page lists no component %s: how that does is not known", fleet.Quote(name))})
	}
	return notices
}

func (r *reader) invalid(op, why, next string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: r.spec.ID, Err: fmt.Errorf("%s", why), Next: next}
}

// unread is an answer of which nothing was used.
func (r *reader) unread(why string) error {
	return r.invalid("read the status feed", why, "nothing of it was used; how the provider does is unknown")
}

// challenge turns the refusal of a server that wants a browser into words: from such a page nothing is learnt.
func (r *reader) challenge(reply *httpx.Reply, err error) error {
	if reply == nil {
		return err
	}
	html := isHTML(reply.Body) || strings.HasPrefix(reply.Header.Get("Content-Type"), "text/html")
	switch {
	case reply.Status == http.StatusMethodNotAllowed,
		reply.Status == http.StatusForbidden && html,
		reply.Header.Get("X-Amzn-Waf-Action") != "", reply.Header.Get("Cf-Mitigated") != "":
		return &fleet.Error{Kind: fleet.KindUnreachable, Op: "read the status feed", Source: r.spec.ID,
			Err:  fmt.Errorf("it answers programs with a challenge for browsers (%d)", reply.Status),
			Next: "how the provider does is unknown; another address of the same page may answer, or a file that is mirrored"}
	}
	return err
}
