// Package tgi reads Text Generation Inference: its metrics page, health claim, and what /info says of model and version.
// It must ask nothing but GET on /metrics, /health and /info.
package tgi

import (
	"context"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Connector returns the connector of TGI replicas. A source's URL is the address of one server, with or without
// "/metrics".
func Connector() fleet.Connector {
	pages := newPages()
	return fleet.Connector{
		Kind:     "tgi",
		Title:    "Text Generation Inference",
		Reads:    "load, request and queue time, tokens, batch room, health, model and version of 2.x and 3.x",
		Interval: 5 * time.Second,
		NewReader: func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
			return newReader(spec, deps, pages)
		},
		NewDecoder: func() fleet.Decoder { return newPages() },
		Families:   []string{"tgi_"},
		Ports:      []int{3000, 8080, 80}, // its own, and those that containers set
	}
}

// info is the part that is read of GET /info.
type info struct {
	model   fleet.ModelName
	version fleet.Safe
}

type reader struct {
	source fleet.SourceID
	clock  fleet.Clock
	client *httpx.Client
	pages  *enginepage.Pages
	info   aside.Fact[info]
	config []fleet.ModelName
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL, "/metrics")
	client, err := httpx.New(httpx.For(spec, base, deps))
	if err != nil {
		return nil, err
	}
	return &reader{source: spec.ID, clock: deps.Clock, client: client, pages: pages, config: spec.Models}, nil
}

// Read reads the metrics page, and asks the rest where time is left. The page never names the model.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Get(ctx, "/metrics", promtext.Accept)
	if err != nil {
		return fleet.Partial{}, err
	}
	p, err := r.pages.DecodeOf(r.source, reply.Body)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.At, p.ServerTime = r.clock.Now(), reply.ServerTime
	about := r.info.Get(ctx, p.At, aside.FactEvery, r.askInfo)
	if about.model == "" && len(r.config) > 0 {
		about.model = r.config[0]
	}
	p.Version = about.version
	for i := range p.Engines {
		p.Engines[i].Model = about.model
	}
	p.Health, _ = aside.Health(ctx, r.client, "/health")
	return p, nil
}

func (r *reader) askInfo(ctx context.Context) (info, bool) {
	var answer struct {
		Model   string `json:"model_id"`
		Version string `json:"version"`
	}
	ok := aside.JSON(ctx, r.client, "/info", &answer) && answer.Model != ""
	return info{fleet.ModelName(answer.Model), fleet.Label(answer.Version)}, ok
}
