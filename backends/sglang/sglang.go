// Package sglang reads SGLang servers: their metrics page or, where metrics are off, their load report.
// Its reader must ask nothing but GET on /metrics, /v1/loads, /v1/models and, seldom, /health: other paths of the same port
// change the server, some of them by GET, and /health may make the server generate.
package sglang

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/chat"
	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Connector returns the connector of SGLang replicas. A source's URL is the address of one server, with or without
// "/metrics"; its credential is the server's --api-key.
func Connector() fleet.Connector {
	return enginepage.Connector(fleet.Connector{
		Kind:     "sglang",
		Title:    "SGLang",
		Reads:    "load, latency, tokens, KV cache, retractions and health of 0.4 to 2026; load alone where metrics are off",
		Interval: 5 * time.Second,
		Families: []string{prefix, loadsPrefix},
		Ports:    []int{30000},
		NewAsker: chat.Opener("/metrics", "/v1/loads"),
	}, newDecode, newReader)
}

// offFor is for how long a server without a metrics page is not asked for it again.
const offFor = time.Minute

type reader struct {
	enginepage.Source
	model  aside.Fact[fleet.ModelName]
	config []fleet.ModelName
	health healthWatch

	mu  sync.Mutex
	off time.Time // when the metrics page was last not there
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	s, _, err := pages.Open(spec, deps, "/metrics", "/v1/loads")
	if err != nil {
		return nil, err
	}
	return &reader{Source: s, config: spec.Models}, nil
}

func newDecode() enginepage.Decode {
	d := enginepage.New("SGLang", keyOf, families())
	return func(page []byte) (fleet.Partial, error) {
		ranks, keys, notices, err := d.Decode(page)
		if err != nil {
			return fleet.Partial{}, err
		}
		return fleet.Partial{Engines: fold(ranks, keys), Notices: notices}, nil
	}
}

// Read reads the metrics page or, where the server has none, its load report.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p, err := r.read(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.At = r.Clock.Now()
	r.nameModel(ctx, &p)
	p.Health = r.health.ask(ctx, r.Client, p)
	return p, nil
}

func (r *reader) read(ctx context.Context) (fleet.Partial, error) {
	if r.isOff(r.Clock.Now()) {
		return r.readLoads(ctx)
	}
	p, _, err := r.Page(ctx, "/metrics")
	if fleet.KindOf(err) == fleet.KindNotFound {
		r.setOff(r.Clock.Now())
		return r.readLoads(ctx)
	}
	return p, err
}

func (r *reader) isOff(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.off.IsZero() && now.Sub(r.off) < offFor
}

func (r *reader) setOff(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = now
}

// nameModel asks for the model where the reading does not say it, as the load report never does.
func (r *reader) nameModel(ctx context.Context, p *fleet.Partial) {
	for i := range p.Engines {
		if p.Engines[i].Model != "" {
			return
		}
	}
	if len(p.Engines) == 0 {
		return
	}
	model := r.model.Get(ctx, p.At, aside.FactEvery, aside.ServedModel(r.Client))
	if model == "" && len(r.config) > 0 {
		model = r.config[0]
	}
	for i := range p.Engines {
		p.Engines[i].Model = model
	}
}

var errNoMetrics = errors.New("it answers, and has neither a metrics page nor a load report (404)")

// readLoads reads the load report, which needs no switch at the server.
func (r *reader) readLoads(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.Client.Get(ctx, "/v1/loads?include=core,queues", "application/json")
	if reply != nil && reply.Status == http.StatusNotFound {
		return fleet.Partial{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read metrics", Source: r.ID, Err: errNoMetrics,
			Next: "start the server with --enable-metrics"}
	}
	if err != nil {
		return fleet.Partial{}, err
	}
	var report loads
	if err := reply.JSON(&report); err != nil {
		return fleet.Partial{}, err
	}
	p, err := report.partial()
	if err != nil {
		return fleet.Partial{}, promtext.Refused(r.ID, err)
	}
	p.ServerTime = reply.ServerTime
	return p, nil
}
