// Package alertmanager reads the alerts and silences of an Alertmanager, version 0.16 or later (API v2), and writes
// silences. It must not judge alerts, decide what is silenced, or keep a silence that the operator did not plan.
package alertmanager

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Connector returns the connector of Alertmanager. A source's URL is the address of one replica, with its route prefix;
// all replicas of a cluster hold the same alerts, and gossip their silences. Options: "filter" holds matchers, one a
// line, that all alerts read must match.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:        "alertmanager",
		Title:       "Alertmanager",
		Reads:       "alerts and silences of API v2 (0.16 and later), checked against 0.34",
		Writes:      "silences: set and expire",
		Interval:    15 * time.Second,
		NewReader:   newReader,
		NewSilencer: newSilencer,
		Ports:       []int{9093},
	}
}

// The pages of the API (alertmanager v0.34.0 api/v2/openapi.yaml).
const (
	alertsPath   = "/api/v2/alerts"
	silencesPath = "/api/v2/silences"
	silencePath  = "/api/v2/silence/"
	statusPath   = "/api/v2/status"
	accept       = "application/json"
	optFilter    = "filter"
)

type reader struct {
	source  fleet.SourceID
	clock   fleet.Clock
	client  *httpx.Client
	filter  string // the query of every read of alerts
	version aside.Fact[fleet.Safe]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	client, err := open(spec, deps)
	if err != nil {
		return nil, err
	}
	filter, err := filterOf(spec)
	if err != nil {
		return nil, err
	}
	return &reader{source: spec.ID, clock: deps.Clock, client: client, filter: filter}, nil
}

func open(spec fleet.SourceSpec, deps fleet.Deps) (*httpx.Client, error) {
	base, _ := httpx.Root(spec.URL, alertsPath, silencesPath, statusPath, "/api/v2")
	return httpx.New(httpx.For(spec, base, deps))
}

func filterOf(spec fleet.SourceSpec) (string, error) {
	var list []fleet.Matcher
	for line := range strings.Lines(spec.Options[optFilter]) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		m, err := fleet.ParseMatcher(line)
		if err != nil {
			return "", &fleet.Error{Kind: fleet.KindInvalid, Op: "use the filter", Source: spec.ID, Err: err}
		}
		list = append(list, m)
	}
	return query(list), nil
}

// query asks for the alerts that matchers match.
func query(list []fleet.Matcher) string {
	if len(list) == 0 {
		return ""
	}
	q := url.Values{}
	for _, m := range list {
		q.Add("filter", written(m))
	}
	return "?" + q.Encode()
}

// Read reads alerts, then silences. One after the other: over its limit of concurrent reads an Alertmanager answers 503.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Get(ctx, alertsPath+r.filter, accept)
	if err != nil {
		return fleet.Partial{}, crowded(r.source, reply, err)
	}
	var list []wireAlert
	if err := reply.JSON(&list); err != nil {
		return fleet.Partial{}, err
	}
	if list == nil {
		return fleet.Partial{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + alertsPath, Source: r.source,
			Err: errors.New("the answer is no list of alerts")}
	}
	p := fleet.Partial{At: r.clock.Now(), ServerTime: reply.ServerTime, Alerts: &fleet.AlertsReading{}}
	p.Alerts.Alerts, p.Notices = take(list)
	r.silences(ctx, &p)
	p.Version = r.version.Get(ctx, p.At, aside.FactEvery, r.askVersion)
	return p, nil
}

// silences adds what is silenced. Without it the alerts still hold.
func (r *reader) silences(ctx context.Context, p *fleet.Partial) {
	ctx, cancel := aside.Half(ctx)
	defer cancel()
	list, err := silences(ctx, r.client, r.source)
	if err != nil {
		p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelWarn,
			Text: fleet.Concat(fleet.Text("its silences are not read: "), fleet.Sentence(err))})
		return
	}
	if len(list) > mostSilences {
		p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Textf("%s, of which %s are kept",
			fleet.Many(len(list), "silence"), fleet.Int(mostSilences))})
		list = list[:mostSilences]
	}
	p.Alerts.Silences, p.Alerts.SilencesRead = list, true
}

func (r *reader) askVersion(ctx context.Context) (fleet.Safe, bool) {
	var status struct {
		VersionInfo struct {
			Version string `json:"version"`
		} `json:"versionInfo"`
	}
	ok := aside.JSON(ctx, r.client, statusPath, &status) && status.VersionInfo.Version != ""
	return fleet.Label(status.VersionInfo.Version), ok
}

// crowded tells the refusal over the limit of concurrent reads (--web.get-concurrency) from a failure.
func crowded(source fleet.SourceID, reply *httpx.Reply, err error) error {
	if reply == nil || reply.Status != http.StatusServiceUnavailable || !strings.Contains(string(reply.Body), "oncurrent") {
		return err
	}
	return &fleet.Error{Kind: fleet.KindRateLimited, Op: "read " + alertsPath, Source: source,
		Err: errors.New("over its limit of concurrent reads (--web.get-concurrency)"), Next: "it is asked again at the next interval"}
}
