package sim

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/backends/sim/clusters"
	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
)

// The names of the embedded fleet.
const (
	siteFRA = "fra1"
	siteAMS = "ams1"

	poolB200 = "b200-a"
	poolH100 = "h100-b"
	poolCode = "h100-c"
	poolDR   = "h200-dr"

	providerOpenAI    = "openai"
	providerAnthropic = "anthropic"

	routeChat   = "chat"
	routeCode   = "code"
	routeBatch  = "batch"
	routeBackup = "chat-backup"
	routeLoad   = "load" // of the further pools
)

func siteOf(pool string) string {
	if pool == poolCode || pool == poolDR {
		return siteAMS
	}
	return siteFRA
}

// spec is the fleet of design.md section 5. The world begins a while before it is shown.
func (o Options) spec() world.Spec {
	s := world.Spec{
		Seed: o.Seed, Start: o.Start.Add(-warmUp), Gateways: []string{"gw-1", "gw-2", "gw-3"},
		Pools: pools(), Providers: providers(), Routes: routes(), Deployments: deployments(), Keys: keys(),
		Fallbacks: map[string][]string{routeChat: {routeBackup}, routeBackup: {routeBatch}}, FileWins: wire.FileWins(o.LiteLLM),
		Previous: map[string]float64{"chat-b200-a": 70, "chat-h100-b": 20, "chat-openai": 10},
	}
	o.scale(&s)
	o.furtherRoutes(&s)
	o.demand(&s)
	s.Providers[0].Bypass = o.notebooks()
	s.AtOnce = o.AtOnce
	s.KeyRules = wire.KeyRules(o.LiteLLM)
	if o.Gateway == wire.GatewayKong {
		s.KeyRules = nil
		forKong(s.Deployments)
		s.PollEvery = 5 // db_update_frequency
	}
	s.Plain = map[string]int{siteFRA: clusters.PlainNodes, siteAMS: clusters.PlainNodes}
	for i := range s.Pools {
		o.shape(&s.Pools[i])
		p := &s.Pools[i]
		p.Site, p.Legacy = siteOf(p.Name), p.Name == poolH100
		if e := o.Engines[p.Name]; e != "" {
			p.Engine = e
		}
		if o.Exporters[p.Name] == wire.ExporterAMD {
			p.Device = mi300
		}
	}
	return s
}

// forKong gives members what Kong's targets need: a weight of at least 1, and, since Kong counts by model, a model name of its own
// for each that is served by a pool, as an engine does that serves one model under several names.
func forKong(list []world.DeploymentSpec) {
	for i := range list {
		d := &list[i]
		d.Weight = max(d.Weight, 1)
		if d.Pool != "" {
			d.Model = "openai/" + d.ID
		}
	}
}

// shape gives a pool what the options ask of it.
func (o Options) shape(p *world.PoolSpec) {
	p.Load, p.Spare = o.Loads[p.Name], o.Spares[p.Name]
	n := len(p.Replicas) + p.Spare
	p.Stateful = slices.Contains(o.Stateful, p.Name)
	p.Replicas, p.Nodes = nil, nil
	for i := range n {
		name := fmt.Sprintf("%s-r%d", p.Name, i+1)
		if p.Stateful {
			name = fmt.Sprintf("%s-%d", p.Name, i)
		}
		p.Replicas = append(p.Replicas, name)
	}
	for i := range (n*p.GPUs + p.PerNode - 1) / p.PerNode {
		p.Nodes = append(p.Nodes, fmt.Sprintf("%s-%02d", p.Name, i+1))
	}
}

// exporters are those of all nodes.
func (o Options) exporters(s *world.Spec) map[string]string {
	kinds := map[string]string{}
	for i := range s.Pools {
		for _, n := range s.Pools[i].Nodes {
			kinds[n] = o.exporterOf(&s.Pools[i])
		}
	}
	return kinds
}

// exporterOf is the GPU exporter of a pool's nodes: those of ams1 are newer than those of fra1.
func (o Options) exporterOf(p *world.PoolSpec) string {
	switch kind := o.Exporters[p.Name]; {
	case kind != "":
		return kind
	case siteOf(p.Name) == siteAMS:
		return wire.ExporterRenamed
	}
	return wire.ExporterDCGM
}

var (
	b200 = world.Device{Product: "NVIDIA B200", MemoryMiB: 183359, IdleWatts: 140, MaxWatts: 1000, BoostMHz: 1965,
		MemMHz: 3996}
	h100 = world.Device{Product: "NVIDIA H100 80GB HBM3", MemoryMiB: 81559, IdleWatts: 72, MaxWatts: 700, BoostMHz: 1980,
		MemMHz: 2619}
	h200 = world.Device{Product: "NVIDIA H200", MemoryMiB: 143771, IdleWatts: 78, MaxWatts: 700, BoostMHz: 1980,
		MemMHz: 3201}
	mi300 = world.Device{Product: "AMD Instinct MI300X OAM", MemoryMiB: 196592, IdleWatts: 140, MaxWatts: 750, BoostMHz: 2100,
		MemMHz: 1300}
)

// mixed is whether the demo's pools speak as four engines; else all speak as vLLM.
const mixed = true

// engineOf is the engine of a pool: design.md section 5 wants four of them.
func engineOf(pool string) string {
	if mixed {
		switch pool {
		case poolH100:
			return "sglang"
		case poolCode:
			return "trtllm"
		case poolDR:
			return "tgi"
		}
	}
	return "vllm"
}

func pools() []world.PoolSpec {
	const llama, qwen = "llama-70b", "qwen-coder"
	return []world.PoolSpec{
		pool(poolB200, llama, 3, 8, b200, world.Cost{Host: .006, Weights: .006, Prefill: 16e-6, Decode: 40e-6, KV: 9e-9,
			Capacity: 420_000, MaxSeqs: 256, MaxBatch: 8192}),
		pool(poolH100, llama, 4, 8, h100, world.Cost{Host: .006, Weights: .009, Prefill: 16e-6, Decode: 42e-6, KV: 12e-9,
			Capacity: 400_000, MaxSeqs: 256, MaxBatch: 8192}),
		pool(poolCode, qwen, 2, 4, h100, world.Cost{Host: .006, Weights: .009, Prefill: 20e-6, Decode: 50e-6, KV: 14e-9,
			Capacity: 400_000, MaxSeqs: 256, MaxBatch: 8192}),
		pool(poolDR, llama, 2, 8, h200, world.Cost{Host: .006, Weights: .010, Prefill: 22e-6, Decode: 55e-6, KV: 11e-9,
			Capacity: 560_000, MaxSeqs: 256, MaxBatch: 8192}),
	}
}

func pool(name, model string, replicas, gpus int, d world.Device, c world.Cost) world.PoolSpec {
	p := world.PoolSpec{Name: name, Engine: engineOf(name), Model: model, PerNode: 8, GPUs: gpus, Device: d, Cost: c}
	p.Replicas = make([]string, replicas) // named by shape
	return p
}

func providers() []world.ProviderSpec {
	return []world.ProviderSpec{
		{Name: providerOpenAI, Models: []string{"gpt-4o", "gpt-4o-mini"}, RPM: 5_000, TPM: 2_000_000,
			TTFT: world.Lengths{Median: 310, Sigma: .38}, Speed: 85, Errors: .002,
			Rates: rates("gpt-4o", "gpt-4o-mini"), Cache: world.CacheAutomatic, Snapshots: snapshots},
		{Name: providerAnthropic, Models: []string{"claude-sonnet-4-5"}, RPM: 2_000, TPM: 1_200_000,
			TTFT: world.Lengths{Median: 420, Sigma: .3}, Speed: 70, Errors: .002,
			Rates: rates("claude-sonnet-4-5"), Cache: world.CacheMarked, Snapshots: snapshots},
	}
}

func routes() []world.RouteSpec {
	return []world.RouteSpec{
		{Name: routeChat, Rate: 90, Swing: .06, Prompt: world.Lengths{Median: 700, Sigma: .9, Max: 16000},
			Output: world.Lengths{Median: 170, Sigma: .7, Max: 2048}, CacheHit: .35, Stream: .85, MaxTokens: 2048},
		{Name: routeCode, Rate: 19, Swing: .10, Prompt: world.Lengths{Median: 1500, Sigma: .8, Max: 24000},
			Output: world.Lengths{Median: 130, Sigma: .8, Max: 2048}, CacheHit: .5, Stream: .95, MaxTokens: 2048},
		{Name: routeBatch, Rate: 12, Swing: .05, Prompt: world.Lengths{Median: 1600, Sigma: .6, Max: 16000},
			Output: world.Lengths{Median: 260, Sigma: .5, Max: 1024}, CacheHit: .1, Stream: 0, MaxTokens: 1024},
	}
}

func deployments() []world.DeploymentSpec {
	own := func(route, pool, model string, weight float64) world.DeploymentSpec {
		return world.DeploymentSpec{
			ID: route + "-" + pool, Route: route, Pool: pool, Model: ownPrefix + model, Weight: weight, MaxInput: maxContext,
			APIBase: "http://" + pool + "." + siteOf(pool) + ".internal:8000/v1",
		}
	}
	rented := func(id, route, provider, model string, weight float64) world.DeploymentSpec {
		d := world.DeploymentSpec{ID: id, Route: route, Provider: provider, Model: provider + "/" + model, Weight: weight,
			APIBase: "https://" + provider + ".simulated/v1", MaxInput: 128_000}
		d.SetPrices(rates(model)[model])
		return d
	}
	return []world.DeploymentSpec{
		own(routeChat, poolB200, "llama-70b", 60),
		own(routeChat, poolH100, "llama-70b", 30),
		rented("chat-openai", routeChat, providerOpenAI, "gpt-4o", 10),
		own(routeCode, poolCode, "qwen-coder", 95),
		rented("code-anthropic", routeCode, providerAnthropic, "claude-sonnet-4-5", 5),
		own(routeBatch, poolH100, "llama-70b", 100),
		own(routeBatch, poolDR, "llama-70b", 0),
		rented("backup-anthropic", routeBackup, providerAnthropic, "claude-sonnet-4-5", 1),
	}
}

// ownPrefix is how LiteLLM names what own engines serve, apart from what is rented under the same names.
const ownPrefix = "hosted_vllm/"

// maxContext is what the self-hosted engines take, in tokens.
const maxContext = 32_768

// scale adds pools of one replica and eight GPUs that share a route of their own.
func (o Options) scale(s *world.Spec) {
	if o.Scale <= 0 {
		return
	}
	s.Routes = append(s.Routes, world.RouteSpec{
		Name: routeLoad, Rate: 9 * float64(o.Scale), Swing: .1, Prompt: world.Lengths{Median: 700, Sigma: .9, Max: 16000},
		Output: world.Lengths{Median: 170, Sigma: .7, Max: 2048}, CacheHit: .35, Stream: .85, MaxTokens: 2048,
	})
	for i := range o.Scale {
		p := pool(fmt.Sprintf("pool-%02d", i+1), "llama-70b", 1, 8, h100, pools()[1].Cost)
		s.Pools = append(s.Pools, p)
		s.Deployments = append(s.Deployments, world.DeploymentSpec{
			ID: routeLoad + "-" + p.Name, Route: routeLoad, Pool: p.Name, Model: ownPrefix + "llama-70b", Weight: 1,
			MaxInput: maxContext, APIBase: "http://" + p.Name + "." + siteFRA + ".internal:8000/v1",
		})
	}
}

// furtherRoutes adds routes with the members of chat, each with a little traffic.
func (o Options) furtherRoutes(s *world.Spec) {
	like := s.Routes[0]
	for i := range o.Routes {
		r := like
		r.Name, r.Rate = fmt.Sprintf("%s-%02d", routeChat, i+1), 2
		s.Routes = append(s.Routes, r)
		for _, d := range deployments() {
			if d.Route == routeChat {
				d.ID, d.Route = r.Name+strings.TrimPrefix(d.ID, routeChat), r.Name
				s.Deployments = append(s.Deployments, d)
			}
		}
	}
}

// demand makes all traffic of the fleet's own a part of what it is.
func (o Options) demand(s *world.Spec) {
	if o.Demand <= 0 {
		return
	}
	for i := range s.Routes {
		s.Routes[i].Rate *= o.Demand
	}
}

// endpoints lists everything that listens.
func endpoints(s *world.Spec) []string {
	var names []string
	for _, p := range s.Pools {
		names = append(names, p.Replicas...)
		names = append(names, p.Nodes...)
	}
	names = append(names, s.Gateways...)
	for _, p := range s.Providers {
		names = append(names, p.Name, wire.StatusPrefix+p.Name)
	}
	for _, site := range sites(s) {
		names = append(names, clusterPrefix+site)
	}
	return names
}
