// Package bentoml reads BentoML servers: their metrics page, their claim to be ready, and the name of the service that
// answers. It must ask nothing but GET on /metrics, /readyz and /schema.json: other paths of the port belong to the service.
package bentoml

import (
	"context"
	"slices"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/enginepage"
	"pitwall/fleet"
)

// Connector returns the connector of BentoML servers. A source's URL is the address of one server, with or without
// "/metrics".
func Connector() fleet.Connector {
	return enginepage.Connector(fleet.Connector{
		Kind:     "bentoml",
		Title:    "BentoML",
		Reads:    "requests, failures, requests at hand, duration and readiness of services of 1.0 to 1.4",
		Interval: 5 * time.Second,
		Families: []string{prefix, oldPrefix},
		Ports:    []int{3000},
	}, newDecode, newReader)
}

type reader struct {
	enginepage.Source
	entry  aside.Fact[fleet.ModelName]
	models []fleet.ModelName
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	s, _, err := pages.Open(spec, deps, "/metrics")
	if err != nil {
		return nil, err
	}
	return &reader{Source: s, models: spec.Models}, nil
}

// Read reads the metrics page, and asks the rest where time is left.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p, _, err := r.Page(ctx, "/metrics")
	if err != nil {
		return fleet.Partial{}, err
	}
	r.choose(ctx, &p)
	p.Health, _ = aside.Health(ctx, r.Client, "/readyz")
	return p, nil
}

// choose keeps the service that answers clients: those behind it count the same requests again. Where the source says
// which models it is read for, these are all that matters, and the choice is the pool's.
func (r *reader) choose(ctx context.Context, p *fleet.Partial) {
	entry := r.entry.Get(ctx, p.At, aside.FactEvery, r.askEntry)
	for i := range p.Engines {
		if e := &p.Engines[i]; e.Model == "" {
			e.Model = entry
		}
	}
	if len(r.models) > 0 || entry == "" {
		return
	}
	if i := slices.IndexFunc(p.Engines, func(e fleet.EngineReading) bool { return e.Model == entry }); i >= 0 {
		p.Engines = p.Engines[i : i+1]
	} else { // only services behind it were called so far
		p.Engines = []fleet.EngineReading{{Model: entry}}
	}
}

// askEntry asks for the description of the API, which names the service. Versions before 1.2 have none.
func (r *reader) askEntry(ctx context.Context) (fleet.ModelName, bool) {
	var answer struct {
		Name string `json:"name"`
	}
	ok := aside.JSON(ctx, r.Client, "/schema.json", &answer) && answer.Name != ""
	return fleet.ModelName(answer.Name), ok
}
