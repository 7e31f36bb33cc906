package sim

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/backends/sim/clusters"
	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// Play is a fleet of a configuration that the embedded one plays: its pools, providers and routes under their own names. No
// endpoint of it is ever asked for anything.
type Play struct {
	Inventory fleet.Inventory
	Cold      []fleet.PoolID // pools of which no replica runs at first
	Load      float64        // share of its rating that the busiest pool of a route carries at first; 0 means PlayedLoad
}

// PlayedLoad is how much of its rating a pool carries where nothing else is asked for.
const PlayedLoad = 0.4

// Bounds of what is played.
const (
	playedReplicas = 16 // of a pool
	playedGateways = 6
)

// player makes a world of an inventory.
type player struct {
	in     Play
	spec   world.Spec
	inv    fleet.Inventory // what a console is told, without sources
	kong   bool
	names  map[string]bool
	pools  map[fleet.PoolID]string
	lent   map[fleet.ProviderID]string
	styles map[string]string // of providers
	site   string            // of the gateways
	notes  []fleet.Safe
}

// newPlayer plays a fleet. A fleet without any route that can be played is KindInvalid.
func newPlayer(in Play, o Options) (*player, error) {
	if in.Load <= 0 {
		in.Load = PlayedLoad
	}
	p := &player{in: in, inv: in.Inventory, names: map[string]bool{StoreName: true, AlertmanagerName: true}, pools: map[fleet.PoolID]string{},
		lent: map[fleet.ProviderID]string{}, styles: map[string]string{}}
	p.inv.Mode, p.inv.Sources, p.inv.Golden = o.Mode, nil, nil
	p.spec = world.Spec{Seed: o.Seed, Start: o.Start.Add(-warmUp), Plain: map[string]int{}}
	p.inv.Pools, p.inv.Providers = slices.Clone(in.Inventory.Pools), slices.Clone(in.Inventory.Providers)
	for i := range p.inv.Pools {
		p.pool(&p.inv.Pools[i])
	}
	for i := range p.inv.Providers {
		p.provider(&p.inv.Providers[i])
	}
	p.gateways()
	p.routes()
	if len(p.spec.Routes) == 0 {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "play the fleet",
			Err:  fmt.Errorf("the configuration declares no route with targets"),
			Next: "declare the routes with their targets in the file"}
	}
	if p.kong {
		forKong(p.spec.Deployments)
	}
	return p, nil
}

func (p *player) note(text fleet.Safe) { p.notes = append(p.notes, text) }

// name makes a name of an endpoint or object out of a raw ID, and no other has it.
func (p *player) name(raw string) string {
	clean := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, raw), "-")
	if clean == "" || len(clean) > 40 {
		clean = "x" + clean[:min(len(clean), 40)]
	}
	name := clean
	for i := 2; p.names[name]; i++ {
		name = fmt.Sprintf("%s-%d", clean, i)
	}
	p.names[name] = true
	return name
}

var playedEngines = []string{"vllm", "sglang", "trtllm", "tgi", "triton", "llamacpp"}

func (p *player) pool(spec *fleet.PoolSpec) {
	id := fleet.Label(string(spec.ID))
	w := world.PoolSpec{Name: p.name(string(spec.ID)), Site: cleanSite(spec.Site), Engine: spec.Engine, Model: string(spec.Model),
		GPUs: max(1, spec.GPUsPerReplica), Device: deviceOf(spec.GPU)}
	p.pools[spec.ID] = w.Name
	if w.Model == "" {
		w.Model = "model"
	}
	if !slices.Contains(playedEngines, w.Engine) {
		p.note(fleet.Textf("%s: engine %s is played as vLLM", id, fleet.Label(w.Engine)))
		w.Engine = "vllm"
	}
	n := p.replicas(spec, &w)
	w.Cost = costOf(spec.Rating, n)
	if !spec.Rating.OK {
		p.note(fleet.Textf("%s has no rating: it is played with the speed of an H100 pool, and nothing proves what it can take", id))
	}
	w.PerNode = max(8, w.GPUs)
	for i := range n {
		w.Replicas = append(w.Replicas, p.name(fmt.Sprintf("%s-r%d", w.Name, i+1)))
	}
	for i := range (n*w.GPUs + w.PerNode - 1) / w.PerNode {
		w.Nodes = append(w.Nodes, p.name(fmt.Sprintf("%s-%02d", w.Name, i+1)))
	}
	p.spec.Plain[w.Site] = clusters.PlainNodes
	p.spec.Pools = append(p.spec.Pools, w)
	p.declare(spec, &w)
}

// replicas is how many engines a pool is played with; those that do not run at first are its spares.
func (p *player) replicas(spec *fleet.PoolSpec, w *world.PoolSpec) int {
	id := fleet.Label(string(spec.ID))
	n := len(spec.Replicas)
	if n == 0 {
		n = max(1, spec.Desired.Or(2))
		p.note(fleet.Textf("%s names no replicas in the file: it is played with %s", id, fleet.Int(n)))
	}
	if n > playedReplicas {
		p.note(fleet.Textf("%s: %s replicas stand for %s, each as much faster", id, fleet.Int(playedReplicas), fleet.Int(n)))
		n = playedReplicas
	}
	switch {
	case slices.Contains(p.in.Cold, spec.ID):
		w.Spare = n
		p.note(fleet.Textf("%s is to be started: none of its replicas runs at first", id))
	case spec.Desired.OK && spec.Desired.V < n:
		w.Spare = n - max(0, spec.Desired.V)
	}
	return n
}

// declare tells the console what the pool is now.
func (p *player) declare(spec *fleet.PoolSpec, w *world.PoolSpec) {
	if w.Spare > 0 {
		spec.Desired = fleet.Some(len(w.Replicas) - w.Spare)
	}
	spec.Probe = nil // its endpoint is a real one
	measured := len(spec.Nodes) > 0 || spec.Store != nil
	spec.Engine, spec.Model, spec.Store = w.Engine, fleet.ModelName(w.Model), nil
	spec.Replicas, spec.Nodes, spec.Workload = nil, nil, fleet.ObjectRef{}
	cluster := fleet.ClusterID(clusterPrefix + w.Site)
	watched := len(p.in.Cold) > 0
	if watched {
		spec.Workload = fleet.ObjectRef{Cluster: cluster, Kind: "Deployment", Namespace: world.Namespace, Name: w.Name}
	}
	for i, name := range w.Replicas {
		r := fleet.ReplicaSpec{ID: fleet.ReplicaID(name), Node: nodeOf(w, i)}
		if watched {
			r.Pod = fleet.ObjectRef{Cluster: cluster, Kind: "Pod", Namespace: world.Namespace, Name: name}
		}
		spec.Replicas = append(spec.Replicas, r)
	}
	if measured {
		for _, name := range w.Nodes {
			spec.Nodes = append(spec.Nodes, fleet.NodeSpec{ID: fleet.NodeID(name), GPUs: w.PerNode})
		}
	}
}

func cleanSite(id fleet.SiteID) string {
	n := player{names: map[string]bool{}}
	if id == "" {
		return "site"
	}
	return n.name(string(id))
}

func deviceOf(gpu string) world.Device {
	for _, d := range []world.Device{b200, h200, mi300} {
		for _, word := range strings.Fields(d.Product) {
			if len(word) > 3 && word != "NVIDIA" && word != "Instinct" && strings.Contains(strings.ToUpper(gpu), strings.ToUpper(word)) {
				return d
			}
		}
	}
	return h100
}

// The speed of one replica of the embedded H100 pool, of which other speeds are multiples.
const (
	knownPrefill = 26_000.0
	knownDecode  = 5_000.0
)

// costOf is the speed of one of n replicas that together do what a rating says.
func costOf(rating fleet.Maybe[fleet.Rating], n int) world.Cost {
	c := pools()[1].Cost
	if d := float64(rating.V.Decode) / float64(n); d > 0 {
		slower := knownDecode / d
		c.Decode, c.KV = c.Decode*slower, c.KV*slower
		c.Host, c.Weights = c.Host*min(slower, 2), c.Weights*min(slower, 2)
	}
	if v := float64(rating.V.Prefill) / float64(n); v > 0 {
		c.Prefill *= knownPrefill / v
	}
	return c
}

// The limits of an account that has none in the file.
const (
	playedRPM = 5_000
	playedTPM = 2_000_000
)

func (p *player) provider(spec *fleet.ProviderSpec) {
	id := fleet.Label(string(spec.ID))
	w := world.ProviderSpec{Name: p.name(string(spec.ID)), RPM: leastLimit(spec, fleet.LimitRPM), TPM: leastLimit(spec, fleet.LimitTPM),
		TTFT: world.Lengths{Median: 350, Sigma: .35}, Speed: 80, Errors: .002}
	p.lent[spec.ID] = w.Name
	if w.TPM == 0 {
		w.TPM = leastLimit(spec, fleet.LimitITPM) + leastLimit(spec, fleet.LimitOTPM)
	}
	if w.RPM == 0 || w.TPM == 0 {
		p.note(fleet.Textf("%s: limits that the file does not have are played as %s requests and %s tokens a minute", id,
			fleet.Int(playedRPM), fleet.Int(playedTPM)))
	}
	if w.RPM == 0 {
		w.RPM = playedRPM
	}
	if w.TPM == 0 {
		w.TPM = playedTPM
	}
	spec.Models = slices.Clone(spec.Models)
	for i := range spec.Models {
		spec.Models[i].Probe = nil
	}
	w.Rates, w.Cache = map[string]world.Rates{}, world.CacheAutomatic
	for _, m := range spec.Models {
		w.Models = append(w.Models, string(m.Name))
		if m.Price.OK {
			w.Rates[string(m.Name)] = ratesOf(m.Price.V)
		}
	}
	p.styles[w.Name] = "openai"
	switch spec.Kind {
	case "openai":
	case "anthropic":
		p.styles[w.Name], w.Cache = "anthropic", world.CacheMarked
	default:
		p.note(fleet.Textf("%s: provider %s is played as an API of OpenAI's kind", id, fleet.Label(spec.Kind)))
	}
	p.spec.Providers = append(p.spec.Providers, w)
}

// leastLimit is the least limit of a kind over the models of an account, 0 where none has it.
func leastLimit(spec *fleet.ProviderSpec, kind fleet.LimitKind) float64 {
	least := 0.0
	for i := range spec.Models {
		for _, l := range spec.Models[i].Limits {
			if l.Kind == kind && l.Max.OK && l.Max.V > 0 && (least == 0 || l.Max.V < least) {
				least = l.Max.V
			}
		}
	}
	return least
}

// gateways puts one gateway in the place of all: replicas of one database share all routes.
func (p *player) gateways() {
	all := p.in.Inventory.Gateways
	g := fleet.GatewaySpec{ID: "gateway", Kind: "litellm", Auth: auth, Write: auth}
	n := 1
	if len(all) > 0 {
		g.ID, g.Site = all[0].ID, all[0].Site
		p.kong = !slices.ContainsFunc(all, func(x fleet.GatewaySpec) bool { return x.Kind != wire.GatewayKong })
	}
	if p.kong {
		g.Kind = wire.GatewayKong
	}
	for i := range all {
		n = max(n, len(all[i].Replicas))
		if all[i].Kind != g.Kind || all[i].File != nil {
			p.note(fleet.Textf("gateway %s (%s) is played by LiteLLM with a database: how fast it takes over weights is LiteLLM's",
				fleet.Label(string(all[i].ID)), fleet.Label(all[i].Kind)))
		}
	}
	if len(all) > 1 {
		p.note(fleet.Textf("%s are played by one gateway that has all routes", fleet.Many(len(all), "gateway")))
	}
	p.site = cleanSite(g.Site)
	for i := range min(n, playedGateways) {
		name := p.name(fmt.Sprintf("gw-%d", i+1))
		p.spec.Gateways = append(p.spec.Gateways, name)
		g.Replicas = append(g.Replicas, fleet.GatewayReplicaSpec{ID: fleet.GatewayReplicaID(name)})
	}
	p.inv.Gateways = []fleet.GatewaySpec{g}
}
