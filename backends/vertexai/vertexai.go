// Package vertexai probes the models of Vertex AI: whether the credential is accepted, how long an answer takes, which models its
// location offers, that those of the configuration can be called, and what their quotas are. It must ask nothing that costs
// money: lists are free, and so is counting tokens.
package vertexai

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// probeEvery keeps the probe far below every published request limit.
const probeEvery = time.Minute

// Bounds of the list of one publisher.
const (
	pageSize  = "100"
	mostPages = 50
	mostBytes = 4 << 20 // of one page
)

// Connector returns the connector of kind "vertex-ai". A source's URL is that of the location, such as
// "https://europe-west4-aiplatform.googleapis.com".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "vertex-ai", Title: "Vertex AI models",
		Reads:    "free lists and counts of tokens: credential, latency, models, quotas",
		Interval: probeEvery, NewReader: newReader}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	set    settings
	client *httpx.Client
	quotas *httpx.Client // Service Usage; nil where it is not configured
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	set, err := parse(spec)
	if err != nil {
		return nil, err
	}
	deps = googleapi.Signed(deps)
	r := &reader{spec: spec, clock: deps.Clock, set: set}
	opt := httpx.For(spec, strings.TrimSuffix(spec.URL, "/"), deps)
	opt.MaxBody, opt.Extra = mostBytes, set.payer()
	if r.client, err = httpx.New(opt); err != nil || set.quotasURL == "" {
		return r, err
	}
	// Google's as well, and so the same credential. The TLS settings are those of the location.
	r.quotas, err = httpx.New(httpx.Options{Source: spec.ID, Base: set.quotasURL, Auth: spec.Auth, Deps: deps, MaxBody: mostBytes,
		Extra: set.payer()})
	return r, err
}

// Read probes once. A refused credential gives both an error and a reading that says so. What cannot be told of quotas is a
// remark, since the credential is proven without.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p := fleet.Partial{}
	var models []fleet.ModelName
	for i, publisher := range r.set.publishers {
		list, err := r.listing(publisher, ask(r.client)).Read(ctx)
		if err != nil {
			return fleet.Partial{At: r.clock.Now(), Provider: rented.Refused(err)}, err
		}
		names, err := r.models(publisher, list)
		if err != nil {
			return fleet.Partial{}, err
		}
		models = append(models, names...)
		if i == 0 {
			p.ServerTime = list.First.ServerTime
			p.Provider = &fleet.ProviderReading{Latency: fleet.Some(fleet.Seconds(list.First.Took.Seconds()))}
		}
	}
	p.Provider.Authorised, p.Provider.Regions = rented.Accepted(r.spec.Auth), r.set.regions(r.spec.Models)
	p.Notices = append(rented.Missing(r.spec.Models, models, bare), r.set.place())
	refused, err := r.counted(ctx, &p)
	if err != nil {
		return fleet.Partial{At: r.clock.Now(), Provider: rented.Refused(err)}, err
	}
	p.Provider.Models = slices.DeleteFunc(models, func(m fleet.ModelName) bool { return slices.Contains(refused, m) })
	if r.quotas != nil {
		limits, notices := r.limits(ctx)
		p.Provider.Limits, p.Notices = limits, append(p.Notices, notices...)
	}
	p.At = r.clock.Now()
	return p, nil
}

// ask reads an address of a client.
func ask(c *httpx.Client) func(context.Context, string) (*httpx.Reply, error) {
	return func(ctx context.Context, path string) (*httpx.Reply, error) {
		reply, err := c.Do(ctx, http.MethodGet, path, nil)
		return reply, googleapi.ExplainedToken(reply, err)
	}
}

func (r *reader) listing(publisher string, get func(context.Context, string) (*httpx.Reply, error)) googleapi.Listing {
	return googleapi.Listing{Source: r.spec.ID, Path: "/v1beta1/publishers/" + publisher + "/models",
		Query: url.Values{"pageSize": {pageSize}}, Key: "publisherModels", Pages: mostPages, Get: get}
}

func (r *reader) models(publisher string, list googleapi.List) ([]fleet.ModelName, error) {
	if !list.Named {
		return nil, rented.Invalid(r.spec.ID, "the answer holds no models of "+publisher+"; check the url and option publishers")
	}
	if len(list.Items) > rented.MaxModels {
		return nil, rented.TooMany(r.spec.ID)
	}
	names := make([]fleet.ModelName, 0, len(list.Items))
	for _, item := range list.Items {
		var m struct {
			Name string `json:"name"`
		}
		name := fleet.ModelName("")
		if json.Unmarshal(item, &m) == nil {
			name = bare(fleet.ModelName(m.Name))
		}
		if name == "" {
			return nil, rented.Invalid(r.spec.ID, "a model of the list has no name")
		}
		if !slices.Contains(names, name) { // versions of one model
			names = append(names, name)
		}
	}
	return names, nil
}

// bare is a model's own name: "publishers/google/models/gemini-3.5-flash", "google/gemini-3.5-flash" and, of partners,
// "claude-opus-5@default" have more.
func bare(m fleet.ModelName) fleet.ModelName {
	name := string(m)
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	name, _, _ = strings.Cut(name, "@")
	return fleet.ModelName(name)
}
