// Package openai probes API accounts that speak the OpenAI or the Anthropic dialect: whether the key is accepted, how
// long an answer takes, which models it may call and what is left of its limits.
// It must ask nothing that costs money: the list of models is free and needs the key.
package openai

import (
	"context"
	"net/http"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/ratelimits"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// probeEvery keeps the probe far below every published request limit.
const probeEvery = time.Minute

// OptionRequestsWindow is the source option that says over which window the provider's request-limit headers
// count: "minute" (OpenAI and most others, the default) or "day".
const OptionRequestsWindow = "requests_window"

// Connectors returns the connectors of providers: "openai" (OpenAI and compatible APIs) and "anthropic".
// A source's URL is the API's address with or without its "/v1".
func Connectors() []fleet.Connector {
	const reads = "a free probe of the list of models: key, latency, models, limit headers"
	return []fleet.Connector{
		{Kind: "openai", Title: "OpenAI-compatible API", Reads: reads, Interval: probeEvery, NewReader: newOpenAI},
		{Kind: "anthropic", Title: "Anthropic API", Reads: reads, Interval: probeEvery, NewReader: newAnthropic},
	}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	path   string
	perDay bool // request-limit headers count per day
}

func newOpenAI(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	return newReader(spec, deps, httpx.Options{}, "/models")
}

func newAnthropic(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	return newReader(spec, deps, httpx.Options{
		Header: "x-api-key",
		Extra:  http.Header{"Anthropic-Version": {"2023-06-01"}},
	}, "/models?limit=1000") // the largest page
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, opt httpx.Options, path string) (fleet.Reader, error) {
	window := spec.Options[OptionRequestsWindow]
	if window != "" && window != "minute" && window != "day" {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the probe", Source: spec.ID,
			Next: "write minute or day for " + OptionRequestsWindow}
	}
	opt.Source, opt.Base, opt.Deps = spec.ID, strings.TrimSuffix(spec.URL, "/"), deps
	opt.TLS, opt.Auth = spec.TLS, spec.Auth
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	if !rented.HasVersion(opt.Base) {
		path = "/v1" + path
	}
	return &reader{spec: spec, clock: deps.Clock, client: client, path: path, perDay: window == "day"}, nil
}

// Read probes once. A refused key gives both an error and a reading that says so.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Do(ctx, http.MethodGet, r.path, nil)
	p := fleet.Partial{At: r.clock.Now()}
	if err != nil {
		p.Provider = rented.Refused(err)
		return p, err
	}
	models, err := rented.Models(r.spec.ID, reply)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.ServerTime, p.Notices = reply.ServerTime, rented.Missing(r.spec.Models, models, nil)
	p.Provider = &fleet.ProviderReading{
		Authorised: rented.Accepted(r.spec.Auth),
		Latency:    fleet.Some(fleet.Seconds(reply.Took.Seconds())),
		Models:     models,
		Limits:     ratelimits.Read(reply.Header, reply.ServerTime, p.At, r.perDay),
	}
	return p, nil
}
