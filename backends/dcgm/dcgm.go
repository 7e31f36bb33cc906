// Package dcgm reads the metrics page of NVIDIA's dcgm-exporter.
// It must ask nothing but that page, and must not judge a GPU: a sticky Xid is passed on as it stands.
package dcgm

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Connector returns the connector of dcgm-exporter. A source's URL is the exporter's address or its full metrics URL.
// The exporter collects every 30 s by default, so that reading more often shows repeats.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:      "dcgm",
		Title:     "NVIDIA DCGM exporter",
		Reads:     "use, memory, power, heat, Xid, row remap, ECC of GPUs and MIG instances, by old and 4.6 field names",
		Interval:  10 * time.Second,
		NewReader: newReader,
	}
}

type reader struct {
	source fleet.SourceID
	clock  fleet.Clock
	client *httpx.Client
	path   string // "" where the URL is the page itself

	mu      sync.Mutex // a read that overran its deadline may still be at work
	decoder *decoder
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	client, err := httpx.New(httpx.Options{
		Source: spec.ID, Base: spec.URL, TLS: spec.TLS, Auth: spec.Auth, Deps: deps,
	})
	if err != nil {
		return nil, err
	}
	r := &reader{source: spec.ID, clock: deps.Clock, client: client, decoder: newDecoder()}
	if u, err := url.Parse(spec.URL); err == nil && (u.Path == "" || u.Path == "/") {
		r.path = "/metrics"
	}
	return r, nil
}

var errForeign = errors.New("the page has no GPU metrics of DCGM: no GPU answers the exporter, " +
	"or the url is of something else")

// Read reads the page once.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Get(ctx, r.path, promtext.Accept)
	if err != nil {
		return fleet.Partial{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	gpus, notices, err := r.decoder.decode(reply.Body)
	if err == nil && len(gpus) == 0 {
		err = errForeign
	}
	if err != nil {
		return fleet.Partial{}, promtext.Refused(r.source, err)
	}
	return fleet.Partial{At: r.clock.Now(), ServerTime: reply.ServerTime, GPUs: gpus, Notices: notices}, nil
}
