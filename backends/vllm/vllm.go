// Package vllm reads vLLM servers: their metrics page, health claim and version.
// It must ask nothing but GET on /metrics, /health and /version: other paths of the same port
// stop or change the engine, and are open to everyone who reaches it.
package vllm

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// versionEvery is how often the version is asked; it changes with a restart only.
const versionEvery = time.Minute

// Connector returns the connector of vLLM replicas. A source's URL is the address of one server, with or
// without "/metrics"; a credential is only needed where something in front of the server asks for one.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:      "vllm",
		Title:     "vLLM",
		Reads:     "load, latency, tokens, KV cache, sleep state, health and version of 0.8 (also v0 engines) to current",
		Interval:  5 * time.Second,
		NewReader: newReader,
	}
}

type reader struct {
	source fleet.SourceID
	clock  fleet.Clock
	client *httpx.Client

	mu      sync.Mutex // a read that overran its deadline may still be at work
	decoder *decoder
	version fleet.Safe
	asked   time.Time // when the version was last asked
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	client, err := httpx.New(httpx.Options{
		Source: spec.ID, Base: strings.TrimSuffix(strings.TrimSuffix(spec.URL, "/"), "/metrics"),
		TLS: spec.TLS, Auth: spec.Auth, Deps: deps,
	})
	if err != nil {
		return nil, err
	}
	return &reader{source: spec.ID, clock: deps.Clock, client: client, decoder: newDecoder()}, nil
}

// Read reads the metrics page, which is the reading, and asks the rest where time is left:
// a server whose page is whole is read, whatever its health endpoint claims.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Get(ctx, "/metrics", promtext.Accept)
	if err != nil {
		return fleet.Partial{}, err
	}
	engines, notices, err := r.decode(reply.Body)
	if err != nil {
		return fleet.Partial{}, promtext.Refused(r.source, err)
	}
	p := fleet.Partial{At: r.clock.Now(), ServerTime: reply.ServerTime, Engines: engines, Notices: notices}
	p.Health = r.health(ctx)
	p.Version = r.currentVersion(ctx, p.At)
	return p, nil
}

func (r *reader) decode(body []byte) ([]fleet.EngineReading, []fleet.Notice, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.decoder.decode(body)
}

// health is what the server claims: true for 2xx, false for 5xx, unknown for everything else,
// such as a proxy that does not pass the path on.
func (r *reader) health(ctx context.Context) fleet.Maybe[bool] {
	ctx, cancel := half(ctx)
	defer cancel()
	reply, err := r.client.Get(ctx, "/health", "")
	switch {
	case err == nil:
		return fleet.Some(true)
	case reply != nil && reply.Status >= http.StatusInternalServerError:
		return fleet.Some(false)
	default:
		return fleet.None[bool]()
	}
}

// currentVersion asks at most once a minute and keeps the last answer.
func (r *reader) currentVersion(ctx context.Context, now time.Time) fleet.Safe {
	r.mu.Lock()
	version, due := r.version, r.asked.IsZero() || now.Sub(r.asked) >= versionEvery
	if due {
		r.asked = now
	}
	r.mu.Unlock()
	if !due {
		return version
	}
	ctx, cancel := half(ctx)
	defer cancel()
	reply, err := r.client.Get(ctx, "/version", "application/json")
	if err != nil {
		return version
	}
	var answer struct {
		Version string `json:"version"`
	}
	if reply.JSON(&answer) != nil || answer.Version == "" {
		return version
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version = fleet.Label(answer.Version)
	return r.version
}

// half gives a side question half of the time that is left, so that it cannot use up the deadline of the reading.
func half(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2) // an HTTP deadline is real time, whatever the clock
}
