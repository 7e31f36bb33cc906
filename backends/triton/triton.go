// Package triton reads Triton Inference Server, above all with the TensorRT-LLM backend: the page on its metrics port,
// and readiness and version on its HTTP port.
// It must ask nothing but GET on /metrics, /v2 and /v2/health/ready: paths of the repository load and unload models.
package triton

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// The ports of a server that was not told others.
const (
	httpPort    = "8000"
	metricsPort = "8002"
)

// Connector returns the connector of Triton replicas. A source's URL is that of the metrics page, or the server's address;
// readiness is asked on port 8000 of the same host where the metrics port is 8002, and at the same address otherwise.
func Connector() fleet.Connector {
	return enginepage.Connector(fleet.Connector{
		Kind:     "triton",
		Title:    "Triton Inference Server",
		Reads:    "requests, times, in-flight batching, KV cache, GPUs, readiness and version, by model and its version",
		Interval: 5 * time.Second,
		Families: []string{"nv_inference_", "nv_trt_llm_", "nv_gpu_"},
		Ports:    []int{8002},
	}, newDecode, newReader)
}

type reader struct {
	enginepage.Source
	server  *httpx.Client
	version aside.Fact[fleet.Safe]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL, "/metrics")
	page, server := addresses(base)
	s, err := pages.At(spec, page, deps)
	if err != nil {
		return nil, err
	}
	other := httpx.For(spec, server, deps)
	if pod, ok := strings.CutSuffix(deps.Via, ":"+metricsPort); ok { // what carries requests leads to one port
		other.Via = pod + ":" + httpPort
	}
	ready, err := httpx.New(other)
	if err != nil {
		return nil, err
	}
	return &reader{Source: s, server: ready}, nil
}

// addresses are those of the metrics and of the HTTP port: the usual pair where one of the two is given.
func addresses(base string) (metrics, server string) {
	u, err := url.Parse(base)
	if err != nil {
		return base, base
	}
	at := func(port string) string {
		other := *u
		other.Host = net.JoinHostPort(u.Hostname(), port)
		return other.String()
	}
	switch u.Port() {
	case metricsPort:
		return base, at(httpPort)
	case httpPort:
		return at(metricsPort), base
	default:
		return base, base
	}
}

var errNoPage = errors.New("it answered 404: there is no metrics page at this address")

// Read reads the metrics page, and asks the rest where time is left.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p, reply, err := r.Page(ctx, "/metrics")
	if reply != nil && reply.Status == http.StatusNotFound {
		return fleet.Partial{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read metrics", Source: r.ID, Err: errNoPage,
			Next: "let the url lead to the metrics port, 8002 unless --metrics-port sets another"}
	}
	if err != nil {
		return fleet.Partial{}, err
	}
	if p.Health = r.health(ctx); p.Health.OK && !p.Health.V {
		p.NotReady = fleet.Text("its readiness says that not all models can serve")
	}
	p.Version = r.version.Get(ctx, p.At, aside.FactEvery, r.askVersion)
	return p, nil
}

// health is what readiness claims. A server that is not ready says so with 400.
func (r *reader) health(ctx context.Context) fleet.Maybe[bool] {
	claim, reply := aside.Health(ctx, r.server, "/v2/health/ready")
	if !claim.OK && reply != nil && reply.Status == http.StatusBadRequest {
		return fleet.Some(false)
	}
	return claim
}

func (r *reader) askVersion(ctx context.Context) (fleet.Safe, bool) {
	var answer struct {
		Version string `json:"version"`
	}
	ok := aside.JSON(ctx, r.server, "/v2", &answer) && answer.Version != ""
	return fleet.Label(answer.Version), ok
}
