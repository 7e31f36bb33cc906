// Package trtllm reads trtllm-serve, the OpenAI-compatible server of TensorRT-LLM: its Prometheus page, health claim,
// version and model name.
// It must never ask for /metrics or /perf_metrics: these hand out records and empty the queue that they lie in, so that
// every reader takes them from the others, the server's own Prometheus page included.
package trtllm

import (
	"bytes"
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

const metricsPath = "/prometheus/metrics"

// Connector returns the connector of trtllm-serve replicas. A source's URL is the address of one server; a path of
// metrics behind it, of either kind, is replaced by the one that is safe to read.
func Connector() fleet.Connector {
	return enginepage.Connector(fleet.Connector{
		Kind:     "trtllm",
		Title:    "TensorRT-LLM (trtllm-serve)",
		Reads:    "load, latency, tokens, KV cache, health and version; names of 1.0 and 1.1 and those with trtllm_ of 2026",
		Interval: 5 * time.Second,
		Families: []string{"trtllm_", "trtllm:"}, // the names of 1.x have no prefix and prove nothing
		Ports:    []int{8000},
		NewAsker: chat.Opener(metricsPath, "/metrics", "/perf_metrics", "/prometheus"),
	}, newDecode, newReader)
}

type reader struct {
	enginepage.Source
	version aside.Fact[fleet.Safe]
	model   aside.Fact[fleet.ModelName]
	config  []fleet.ModelName

	mu      sync.Mutex
	stopped error // set once the address turned out to be one that must not be read
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	s, _, err := pages.Open(spec, deps, metricsPath, "/metrics", "/perf_metrics", "/prometheus")
	if err != nil {
		return nil, err
	}
	return &reader{Source: s, config: spec.Models}, nil
}

var (
	errNoPage  = errors.New("it answered 404: the server runs, and keeps no Prometheus page")
	errRecords = errors.New("the answer is JSON, as the queue of iteration records is, and reading empties that queue")
)

// Read reads the Prometheus page, and asks the rest where time is left.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	if err := r.isStopped(); err != nil {
		return fleet.Partial{}, err
	}
	reply, err := r.Client.Get(ctx, metricsPath, promtext.Accept)
	if reply != nil && reply.Status == http.StatusNotFound {
		return fleet.Partial{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read metrics", Source: r.ID, Err: errNoPage,
			Next: "start trtllm-serve with return_perf_metrics: true in its options file"}
	}
	if err != nil {
		return fleet.Partial{}, err
	}
	if isRecords(reply.Body) {
		return fleet.Partial{}, r.stop()
	}
	p, err := r.PageOf(reply)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.Health, _ = aside.Health(ctx, r.Client, "/health")
	p.Version = r.version.Get(ctx, p.At, aside.FactEvery, aside.Version(r.Client))
	r.nameModel(ctx, &p)
	return p, nil
}

// isRecords tells JSON by its first character: no metrics page begins with it.
func isRecords(body []byte) bool {
	text := bytes.TrimLeft(body, " \t\r\n")
	return len(text) > 0 && (text[0] == '[' || text[0] == '{')
}

func (r *reader) isStopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// stop ends all reading of the address: each further read would take records from whoever they are meant for.
func (r *reader) stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = &fleet.Error{Kind: fleet.KindInvalid, Op: "read metrics", Source: r.ID, Err: errRecords,
		Next: "it is not asked again; let the url lead to the server whose " + metricsPath + " is Prometheus text"}
	return r.stopped
}

// nameModel asks for the model where the page calls it "undefined", as 1.x does.
func (r *reader) nameModel(ctx context.Context, p *fleet.Partial) {
	if len(p.Engines) != 1 || p.Engines[0].Model != "" {
		return
	}
	p.Engines[0].Model = r.model.Get(ctx, p.At, aside.FactEvery, aside.ServedModel(r.Client))
	if p.Engines[0].Model == "" && len(r.config) > 0 {
		p.Engines[0].Model = r.config[0]
	}
}
