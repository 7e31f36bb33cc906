// Package vllm reads vLLM servers: their metrics page, health claim and version.
// Its reader must ask nothing but GET on /metrics, /health and /version: other paths of the same port
// stop or change the engine, and are open to everyone who reaches it.
package vllm

import (
	"context"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/chat"
	"pitwall/backends/internal/enginepage"
	"pitwall/fleet"
)

// Connector returns the connector of vLLM replicas. A source's URL is the address of one server, with or
// without "/metrics"; a credential is only needed where something in front of the server asks for one.
func Connector() fleet.Connector {
	return enginepage.Connector(fleet.Connector{
		Kind:     "vllm",
		Title:    "vLLM",
		Reads:    "load, latency, tokens, KV cache, sleep state, health and version of 0.8 (also v0 engines) to current",
		Interval: 5 * time.Second,
		Families: []string{"vllm:"},
		Ports:    []int{8000},
		NewAsker: chat.Opener("/metrics"),
	}, newDecode, newReader)
}

type reader struct {
	enginepage.Source
	version aside.Fact[fleet.Safe]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	s, _, err := pages.Open(spec, deps, "/metrics")
	if err != nil {
		return nil, err
	}
	return &reader{Source: s}, nil
}

// Read reads the metrics page, which is the reading, and asks the rest where time is left:
// a server whose page is whole is read, whatever its health endpoint claims.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p, _, err := r.Page(ctx, "/metrics")
	if err != nil {
		return fleet.Partial{}, err
	}
	p.Health, _ = aside.Health(ctx, r.Client, "/health")
	p.Version = r.version.Get(ctx, p.At, aside.FactEvery, aside.Version(r.Client))
	return p, nil
}
