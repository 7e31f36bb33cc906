// Package tgi reads Text Generation Inference: its metrics page, health claim, and what /info says of model and version.
// Its reader must ask nothing but GET on /metrics, /health and /info.
package tgi

import (
	"context"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/chat"
	"pitwall/backends/internal/enginepage"
	"pitwall/fleet"
)

// Connector returns the connector of TGI replicas. A source's URL is the address of one server, with or without
// "/metrics".
func Connector() fleet.Connector {
	return enginepage.Connector(fleet.Connector{
		Kind:     "tgi",
		Title:    "Text Generation Inference",
		Reads:    "load, request and queue time, tokens, batch room, health, model and version of 2.x and 3.x",
		Interval: 5 * time.Second,
		Families: []string{"tgi_"},
		Ports:    []int{3000, 8080, 80}, // its own, and those that containers set
		NewAsker: chat.Opener("/metrics"),
	}, newDecode, newReader)
}

// info is the part that is read of GET /info.
type info struct {
	model   fleet.ModelName
	version fleet.Safe
}

type reader struct {
	enginepage.Source
	info   aside.Fact[info]
	config []fleet.ModelName
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	s, _, err := pages.Open(spec, deps, "/metrics")
	if err != nil {
		return nil, err
	}
	return &reader{Source: s, config: spec.Models}, nil
}

// Read reads the metrics page, and asks the rest where time is left. The page never names the model.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p, _, err := r.Page(ctx, "/metrics")
	if err != nil {
		return fleet.Partial{}, err
	}
	about := r.info.Get(ctx, p.At, aside.FactEvery, r.askInfo)
	if about.model == "" && len(r.config) > 0 {
		about.model = r.config[0]
	}
	p.Version = about.version
	for i := range p.Engines {
		p.Engines[i].Model = about.model
	}
	p.Health, _ = aside.Health(ctx, r.Client, "/health")
	return p, nil
}

func (r *reader) askInfo(ctx context.Context) (info, bool) {
	var answer struct {
		Model   string `json:"model_id"`
		Version string `json:"version"`
	}
	ok := aside.JSON(ctx, r.Client, "/info", &answer) && answer.Model != ""
	return info{fleet.ModelName(answer.Model), fleet.Label(answer.Version)}, ok
}
