package sim

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"pitwall/backends/sim/promapi"
	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
)

// StoreName is the endpoint of the simulated Prometheus, which scrapes the fleet's engines and exporters from its
// first question on, and remembers the fortnight before the start.
const StoreName = "prometheus"

// storeEvery is how often the simulated Prometheus scrapes.
const storeEvery = 5 * time.Second

// store is the simulated Prometheus of a fleet.
type store struct {
	url     string
	scraper *promapi.Scraper
	server  *http.Server
}

// newStore serves on l, which the store closes. address gives the base URL of an endpoint.
func newStore(l net.Listener, o Options, s *world.Spec, address func(string) string, memory *storeMemory) *store {
	st := &store{url: "http://" + l.Addr().String(),
		scraper: promapi.NewScraper(o.Clock, storeEvery, scrapeTargets(s, address))}
	st.scraper.Recall(memory.of)
	api := promapi.New(promapi.Options{Data: st.scraper.Data(), Clock: o.Clock, Targets: st.scraper.Targets,
		Rules: storeRules(), Asked: st.scraper.Begin})
	st.server = &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = st.server.Serve(l) }() // ends with http.ErrServerClosed
	return st
}

func (s *store) close() error {
	err := s.server.Close()
	s.scraper.Close()
	return err
}

// reserveStore opens the store's own port.
func reserveStore(ctx context.Context) (net.Listener, error) {
	held, err := wire.Reserve(ctx, []string{StoreName})
	return held[StoreName], err
}

// scrapeTargets are the engines and exporters of a world, with the labels that a Prometheus in a cluster puts on.
func scrapeTargets(s *world.Spec, address func(string) string) []promapi.Scraped {
	var list []promapi.Scraped
	add := func(name, job, path string, labels map[string]string) {
		at, err := url.Parse(address(name))
		if err != nil || at.Host == "" {
			return
		}
		labels["instance"], labels["job"] = at.Host, job
		list = append(list, promapi.Scraped{URL: at.String() + path, Pool: job, Labels: labels})
	}
	for _, p := range s.Pools {
		for _, r := range p.Replicas {
			add(r, p.Engine, pagePath(p.Engine), map[string]string{"namespace": "serving", "pod": r})
		}
		for _, n := range p.Nodes {
			add(n, "dcgm", "/metrics", map[string]string{"namespace": "gpu-operator", "pod": "dcgm-exporter-" + n, "node": n})
		}
	}
	return list
}

// pagePath is where an engine has its metrics.
func pagePath(engine string) string {
	if engine == "trtllm" {
		return "/prometheus/metrics"
	}
	return "/metrics"
}

// storeRules are the alerts that the simulated Prometheus evaluates. Their labels are among those that the Alertmanager has
// of the same alerts, as they are where a Prometheus sends on what it found with labels of its own added.
func storeRules() []promapi.Rule {
	return []promapi.Rule{
		{Name: "EngineDown", Expr: `max by (pod, namespace) (up{job!="dcgm"}) == 0`, For: time.Minute,
			Labels:      map[string]string{"severity": "critical"},
			Annotations: map[string]string{"summary": "An engine does not answer its scrapes."}},
		{Name: "QueueGrows", Expr: `sum by (pod, namespace) (vllm:num_requests_waiting) > 30`, For: 2 * time.Minute,
			Labels:      map[string]string{"severity": "warning"},
			Annotations: map[string]string{"summary": "More than 30 requests wait at one engine."}},
	}
}
