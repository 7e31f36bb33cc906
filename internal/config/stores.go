package config

import (
	"regexp"
	"time"

	"pitwall/fleet"
)

// StoreKind is the connector that asks stores.
const StoreKind = "prometheus"

// Store is a Prometheus-compatible store that is asked in place of scraping, or beside it.
type Store struct {
	ID      string            `yaml:"id"`
	Kind    string            `yaml:"kind,omitempty"` // prometheus, thanos, mimir or victoriametrics
	URL     string            `yaml:"url"`
	Tenant  string            `yaml:"tenant,omitempty"`
	Headers map[string]string `yaml:"headers,omitempty"`
	Params  map[string]string `yaml:"params,omitempty"`
	Window  Duration          `yaml:"window,omitempty"`
	Auth    *Secret           `yaml:"auth,omitempty"`
	TLS     *TLS              `yaml:"tls,omitempty"`
	Poll    Polling           `yaml:"poll,omitempty"`
}

// partInterval is how old what is read through a store may ordinarily be: stores scrape every 15 to 60 seconds. A part
// is stale after three such times.
const partInterval = time.Minute

// store adds the source of a store.
func (b *builder) store(s *Store) {
	options := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			options[name] = value
		}
	}
	set("flavour", s.Kind)
	set("tenant", s.Tenant)
	for _, name := range sorted(s.Headers) {
		options["header."+name] = s.Headers[name]
	}
	for _, name := range sorted(s.Params) {
		options["param."+name] = s.Params[name]
	}
	if s.Window > 0 {
		set("window", time.Duration(s.Window).String())
	}
	b.source(fleet.SourceSpec{ID: fleet.SourceID(s.ID), Kind: StoreKind, URL: s.URL, Auth: secret(s.Auth), TLS: tls(s.TLS),
		Options: options}, s.Poll)
}

// through makes a source of a pool one that is read through the pool's store, where it has one.
func (p *Pool) through(s *fleet.SourceSpec, selector string, poll *Polling) {
	if p.Store == "" {
		return
	}
	s.From, s.Auth, s.TLS = fleet.SourceID(p.Store), fleet.SecretRef{}, fleet.TLSSpec{}
	if selector != "" {
		s.Options = map[string]string{"selector": selector}
	}
	if poll.Interval == 0 {
		poll.Interval = Duration(partInterval)
	}
}

// whole tells how a pool is asked for as a whole; nil where its replicas are read one by one.
func (p *Pool) whole() *fleet.StorePool {
	if p.Store == "" || len(p.Replicas) > 0 || len(p.Nodes) > 0 {
		return nil
	}
	return &fleet.StorePool{Source: fleet.SourceID(p.Store), Replicas: p.Selector, GPUs: p.GPUSelector, Exporter: p.GPUExporter,
		Worst: p.Worst}
}

// credentialHeader are names of headers that carry credentials.
var credentialHeader = regexp.MustCompile(`(?i)^(authorization|cookie|proxy-authorization|.*(api-?key|token|secret|password).*)$`)

var storeKinds = map[string]bool{"": true, "prometheus": true, "thanos": true, "mimir": true, "victoriametrics": true}

func (c *checker) store(s *Store) {
	c.id("store", s.ID)
	of := "store " + s.ID
	c.url(of, s.URL)
	c.secret(of, s.Auth)
	if !storeKinds[s.Kind] {
		c.fail("%s: kind %q is none of prometheus, thanos, mimir, victoriametrics", of, s.Kind)
	}
	if s.Window != 0 && time.Duration(s.Window) < time.Minute {
		c.fail("%s: window must be at least 1m, and four times as long as the store's scrape interval", of)
	}
	for name := range s.Headers {
		if credentialHeader.MatchString(name) {
			c.fail("%s: headers: %q carries a credential; use auth", of, name)
		}
	}
}

// wholeExporters are the kinds of exporters whose GPUs a store is asked for together.
var wholeExporters = map[string]bool{"": true, "dcgm": true, "nvidia-gpu": true, "amd": true, "triton": true}

// poolStore checks that a pool is either listed or asked for as a whole.
func (c *checker) poolStore(of string, p *Pool) {
	c.refers(of, "store", p.Store)
	c.gpuExporter(of, p)
	listed := len(p.Replicas) > 0 || len(p.Nodes) > 0
	switch {
	case p.Store == "" && (p.Selector != "" || p.GPUSelector != "" || p.Worst != 0):
		c.fail("%s: selector, gpu_selector and worst need a store", of)
	case p.Store == "":
	case listed && (p.Selector != "" || p.GPUSelector != ""):
		c.fail("%s: a pool with a selector lists no replicas and no nodes: it is asked for as a whole", of)
	case !listed && p.Selector == "":
		c.fail("%s: selector is missing; it finds the pool's engines in the store, such as namespace=\"llm\",pod=~\"chat-.*\"", of)
	case p.Worst < 0 || p.Worst > 200:
		c.fail("%s: worst must lie between 0 and 200", of)
	}
}

// gpuExporter checks what the GPUs of a pool are asked by.
func (c *checker) gpuExporter(of string, p *Pool) {
	switch {
	case p.GPUExporter != "" && p.GPUSelector == "":
		c.fail("%s: gpu_exporter says of which kind the series of gpu_selector are, and that is missing", of)
	case !wholeExporters[p.GPUExporter]:
		c.fail("%s: gpu_exporter %q is none of dcgm, nvidia-gpu, amd, triton", of, p.GPUExporter)
	}
}

// found checks that a replica or node has an address, or is found in the pool's store by one or by a selector.
func (c *checker) found(of string, p *Pool, url, selector string) {
	switch {
	case p.Store == "" && selector != "":
		c.fail("%s: selector needs a store in its pool", of)
	case p.Store == "" || selector == "":
		c.url(of, url)
	case url != "":
		c.url(of, url)
	}
}
