// Package vllm reads vLLM servers: their metrics page, health claim and version.
// It must ask nothing but GET on /metrics, /health and /version: other paths of the same port
// stop or change the engine, and are open to everyone who reaches it.
package vllm

import (
	"context"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Connector returns the connector of vLLM replicas. A source's URL is the address of one server, with or
// without "/metrics"; a credential is only needed where something in front of the server asks for one.
func Connector() fleet.Connector {
	pages := newPages()
	return fleet.Connector{
		Kind:     "vllm",
		Title:    "vLLM",
		Reads:    "load, latency, tokens, KV cache, sleep state, health and version of 0.8 (also v0 engines) to current",
		Interval: 5 * time.Second,
		NewReader: func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
			return newReader(spec, deps, pages)
		},
		NewDecoder: func() fleet.Decoder { return newPages() },
		Families:   []string{"vllm:"},
		Ports:      []int{8000},
	}
}

type reader struct {
	source  fleet.SourceID
	clock   fleet.Clock
	client  *httpx.Client
	pages   *enginepage.Pages
	version aside.Fact[fleet.Safe]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL, "/metrics")
	client, err := httpx.New(httpx.For(spec, base, deps))
	if err != nil {
		return nil, err
	}
	return &reader{source: spec.ID, clock: deps.Clock, client: client, pages: pages}, nil
}

// Read reads the metrics page, which is the reading, and asks the rest where time is left:
// a server whose page is whole is read, whatever its health endpoint claims.
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
	p.Health, _ = aside.Health(ctx, r.client, "/health")
	p.Version = r.version.Get(ctx, p.At, aside.FactEvery, aside.Version(r.client))
	return p, nil
}
