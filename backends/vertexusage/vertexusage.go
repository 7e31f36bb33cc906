// Package vertexusage reads what Vertex AI counts of a project: tokens and requests by model and location, from Cloud Monitoring.
// The Gemini Developer API has no such counts.
package vertexusage

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// OptionProject names the project whose use is read.
const OptionProject = "project"

const (
	every = 5 * time.Minute
	// lag is how late a minute may be in Cloud Monitoring.
	lag = 10 * time.Minute
	// mostPages bounds a list, pagePoints one page of it.
	mostPages  = 50
	pagePoints = "10000"
)

// family is what all metrics begin with.
const family = "aiplatform.googleapis.com/publisher/online_serving/"

// metrics are what is summed, in the order in which it is asked for.
var metrics = []string{"token_count", "model_invocation_count"}

// Connector returns the connector "vertex-usage". A source's URL is https://monitoring.googleapis.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "vertex-usage", Title: "Vertex AI in Cloud Monitoring", Interval: every, NewReader: newReader,
		Reads: "reported: input and output tokens and requests by model, location and hour; cached tokens are not told apart"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	back   billing.Lately
	path   string
}

var project = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{0,80}$`)

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	if err := billing.Options(spec, OptionProject); err != nil {
		return nil, err
	}
	if !project.MatchString(spec.Options[OptionProject]) {
		return nil, billing.Wrong(spec.ID, "option project names no project")
	}
	r := &reader{spec: spec, clock: deps.Clock, path: "/v3/projects/" + url.PathEscape(spec.Options[OptionProject]) + "/timeSeries"}
	var err error
	r.client, err = httpx.New(httpx.For(spec, strings.TrimSuffix(spec.URL, "/"), googleapi.Signed(deps)))
	return r, err
}

// uncertain says what these sums are not.
var uncertain = fleet.Text(
	"input tokens hold the cached ones, which Cloud Monitoring does not tell apart: what they cost is an upper estimate")

// Read reads all hours that may have changed.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	return r.back.Usage(r.clock, lag, uncertain, func(h *billing.Hours, span fleet.Span, width time.Duration, p *fleet.Partial) error {
		for _, name := range metrics {
			list, err := r.list(ctx, name, span, width)
			if err != nil {
				return err
			}
			p.ServerTime = list.First.ServerTime
			if err := r.add(name, list.Items, h); err != nil {
				return err
			}
		}
		return nil
	})
}

// list reads the series of one metric. Periods end with the end of the span, which is a whole minute or hour.
func (r *reader) list(ctx context.Context, name string, span fleet.Span, width time.Duration) (googleapi.List, error) {
	list, err := googleapi.Listing{Source: r.spec.ID, Path: r.path, Key: "timeSeries", Pages: mostPages,
		Query: url.Values{"filter": {`metric.type="` + family + name + `"`}, "pageSize": {pagePoints},
			"interval.startTime": {span.From.Format(time.RFC3339)}, "interval.endTime": {span.To.Format(time.RFC3339)},
			"aggregation.alignmentPeriod": {seconds(width)}, "aggregation.perSeriesAligner": {"ALIGN_SUM"}},
		Get: func(ctx context.Context, path string) (*httpx.Reply, error) {
			reply, err := r.client.Do(ctx, http.MethodGet, path, nil)
			return reply, googleapi.ExplainedToken(reply, err)
		}}.Read(ctx)
	if err == nil && (isPart(list.First) || isPart(list.Last)) {
		return list, r.unread("Cloud Monitoring could not read all of it")
	}
	if err == nil && !list.Named && !r.isEmpty(list.First) {
		return list, r.unread("the answer holds no series; check the url")
	}
	return list, err
}

func (r *reader) unread(why string) error { return billing.Unread(r.spec.ID, "the usage", why) }
