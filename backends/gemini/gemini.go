// Package gemini probes an account of the Gemini API: whether the key is accepted, how long an answer takes and which models it
// may call. It must ask nothing that costs money: the list of models is free and needs the key. The API tells no limits.
package gemini

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// probeEvery keeps the probe far below every published request limit.
const probeEvery = time.Minute

// Bounds of the list: the largest page, and many times what Google offers.
const (
	pageSize  = "1000"
	mostPages = 20
	mostBytes = 4 << 20 // of one page
)

// Connector returns the connector of kind "gemini". A source's URL is the API's address with or without its "/v1beta".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "gemini", Title: "Gemini API", Reads: "a free probe of the list of models: key, latency, models",
		Interval: probeEvery, NewReader: newReader}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	path   string
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	for name := range spec.Options {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the probe", Source: spec.ID,
			Err:  errors.New("there is no option " + fleet.Quote(name).String()),
			Next: "the Gemini API has no options; take it out of the configuration"}
	}
	// The address of the API in OpenAI's dialect is what people have at hand; the list of models there is shorter.
	base := strings.TrimSuffix(strings.TrimSuffix(spec.URL, "/"), "/openai")
	opt := httpx.For(spec, base, deps)
	opt.Header, opt.MaxBody = "x-goog-api-key", mostBytes
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	r := &reader{spec: spec, clock: deps.Clock, client: client, path: "/models"}
	if !rented.HasVersion(base) {
		r.path = "/v1beta" + r.path
	}
	return r, nil
}

// Read probes once. A refused key gives both an error and a reading that says so.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	list, err := r.listing(r.get).Read(ctx)
	p := fleet.Partial{At: r.clock.Now()}
	if err != nil {
		p.Provider = rented.Refused(err)
		return p, err
	}
	models, err := r.models(list)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.ServerTime = list.Last.ServerTime
	p.Provider = &fleet.ProviderReading{Authorised: rented.Accepted(r.spec.Auth),
		Latency: fleet.Some(fleet.Seconds(list.First.Took.Seconds())), Models: models, Regions: anywhere(r.spec.Models)}
	p.Notices = append(rented.Missing(r.spec.Models, models, bare), fleet.Notice{Level: fleet.LevelInfo,
		Text: fleet.Text("the Gemini API serves from wherever Google likes: it offers no residency")})
	return p, nil
}

func (r *reader) listing(get func(context.Context, string) (*httpx.Reply, error)) googleapi.Listing {
	return googleapi.Listing{Source: r.spec.ID, Path: r.path, Query: url.Values{"pageSize": {pageSize}}, Key: "models",
		Pages: mostPages, Get: get}
}

func (r *reader) get(ctx context.Context, path string) (*httpx.Reply, error) {
	reply, err := r.client.Do(ctx, http.MethodGet, path, nil)
	return reply, googleapi.Explained(reply, err)
}

func (r *reader) models(list googleapi.List) ([]fleet.ModelName, error) {
	if !list.Named {
		return nil, rented.Invalid(r.spec.ID, "the answer holds no list of models; check the url")
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
		names = append(names, name)
	}
	return names, nil
}

// anywhere says of models that nothing bounds where they are answered.
func anywhere(models []fleet.ModelName) map[fleet.ModelName][]string {
	out := map[fleet.ModelName][]string{}
	for _, m := range models {
		out[m] = []string{fleet.Anywhere}
	}
	return out
}

// bare is a name without the word that the API puts before models.
func bare(m fleet.ModelName) fleet.ModelName {
	return fleet.ModelName(strings.TrimPrefix(string(m), "models/"))
}
