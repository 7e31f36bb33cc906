package sim

import (
	"math"
	"slices"

	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// routes plays every route that names its targets. The file has no weights: members share evenly, and what stands by gets nothing.
func (p *player) routes() {
	p.inv.Routes = nil
	for _, r := range p.in.Inventory.Routes {
		id := fleet.Label(string(r.ID))
		if len(r.Targets) == 0 {
			p.note(fleet.Textf("route %s names no targets in the file: it is not played", id))
			continue
		}
		if r.Embedding != nil {
			p.note(fleet.Textf("route %s serves embeddings: it is played as chat", id))
		}
		r.Probe = nil
		r.Gateway, r.Targets = p.inv.Gateways[0].ID, slices.Clone(r.Targets)
		weights := p.even(r.Targets)
		for i := range r.Targets {
			d := p.deployment(&r, &r.Targets[i], weights[i])
			r.Targets[i].Deployment = fleet.DeploymentID(d.ID)
			p.spec.Deployments = append(p.spec.Deployments, d)
		}
		p.inv.Routes = append(p.inv.Routes, r)
	}
	p.demand()
	if len(p.inv.Routes) > 0 {
		p.note(fleet.Textf("the played fleet has no past: checks that look back further have nothing to go by, and ask overrides for it"))
		p.note(fleet.Textf("the file has no weights: members share each route evenly, pools that stand by get nothing"))
		p.note(fleet.Textf("the file has no demand: the busiest member of each route carries about %s%% of its rating or limits",
			fleet.Ratio(p.in.Load).Text()))
	}
}

// even shares 100 among the members of a route, without pools that stand by or are cold. Where only such are left they share it.
func (p *player) even(targets []fleet.TargetSpec) []float64 {
	serves := func(t *fleet.TargetSpec) bool {
		at := slices.IndexFunc(p.inv.Pools, func(x fleet.PoolSpec) bool { return x.ID == t.Pool })
		return at < 0 || !p.inv.Pools[at].Standby && p.spec.Pools[at].Spare < len(p.spec.Pools[at].Replicas)
	}
	n := 0
	for i := range targets {
		if serves(&targets[i]) {
			n++
		}
	}
	out := make([]float64, len(targets))
	left := 100 % max(n, 1)
	for i := range targets {
		switch {
		case n == 0:
			out[i] = 1
		case serves(&targets[i]):
			out[i] = float64(100 / n)
			if left > 0 {
				out[i]++
				left--
			}
		}
	}
	return out
}

func (p *player) deployment(r *fleet.RouteSpec, t *fleet.TargetSpec, weight float64) world.DeploymentSpec {
	d := world.DeploymentSpec{ID: p.name(string(r.ID) + "-" + string(t.ID)), Route: string(r.ID), Weight: weight}
	if name, own := p.pools[t.Pool]; own {
		at := slices.IndexFunc(p.spec.Pools, func(x world.PoolSpec) bool { return x.Name == name })
		d.Pool, d.Model, d.APIBase = name, ownPrefix+p.spec.Pools[at].Model, "http://"+name+".internal:8000/v1"
		d.MaxInput = int(p.inv.Pools[at].MaxContext.Or(0))
		return d
	}
	d.Provider = p.lent[t.Provider]
	d.Model, d.APIBase = d.Provider+"/"+string(t.Model), "https://"+d.Provider+".simulated/v1"
	at := slices.IndexFunc(p.spec.Providers, func(x world.ProviderSpec) bool { return x.Name == d.Provider })
	d.SetPrices(p.spec.Providers[at].Rates[string(t.Model)])
	return d
}

// Requests of a route: fewer are judged too slowly, more cost time and show nothing else. Their lengths make up for it.
const (
	leastRate = 4.0
	mostRate  = 120.0 // of all routes together
)

// demand gives each route as many requests as the share of its busiest member lets through.
func (p *player) demand() {
	prompt := world.Lengths{Median: 700, Sigma: .6, Max: 16000}
	output := world.Lengths{Median: 170, Sigma: .5, Max: 2048}
	used := p.uses()
	for _, r := range p.inv.Routes {
		sum, most := 0.0, math.Inf(1)
		for _, d := range p.spec.Deployments {
			if d.Route == string(r.ID) {
				sum += d.Weight
			}
		}
		for _, d := range p.spec.Deployments {
			if d.Route == string(r.ID) && d.Weight > 0 {
				can := p.takes(&d, prompt.Mean(), output.Mean()) / float64(used[d.Pool+"\x00"+d.Provider])
				most = min(most, can*sum/d.Weight)
			}
		}
		rate := most * p.in.Load
		longer := min(max(rate/(mostRate/float64(len(p.inv.Routes))), 1), 4)
		if rate < leastRate {
			longer = max(rate/leastRate, .02)
		}
		spec := world.RouteSpec{Name: string(r.ID), Rate: max(rate/longer, .5), Swing: .03, Prompt: stretched(prompt, longer),
			Output: stretched(output, longer), CacheHit: .3, Stream: .8, MaxTokens: 4096}
		p.spec.Routes = append(p.spec.Routes, spec)
	}
	p.bound()
}

func stretched(l world.Lengths, by float64) world.Lengths {
	l.Median = max(l.Median*by, 4)
	return l
}

// uses counts the routes that send something to each pool and provider.
func (p *player) uses() map[string]int {
	used := map[string]int{}
	for _, d := range p.spec.Deployments {
		if d.Weight > 0 {
			used[d.Pool+"\x00"+d.Provider]++
		}
	}
	return used
}

// takes is how many requests a second a member can take of given lengths.
func (p *player) takes(d *world.DeploymentSpec, prompt, output float64) float64 {
	if at := slices.IndexFunc(p.spec.Providers, func(x world.ProviderSpec) bool { return x.Name == d.Provider }); at >= 0 {
		return min(p.spec.Providers[at].RPM, p.spec.Providers[at].TPM/(prompt+output)) / 60
	}
	at := slices.IndexFunc(p.spec.Pools, func(x world.PoolSpec) bool { return x.Name == d.Pool })
	n := float64(len(p.spec.Pools[at].Replicas))
	prefill, decode := knownPrefill*n, knownDecode*n
	if r := p.inv.Pools[at].Rating; r.OK {
		if r.V.Prefill > 0 {
			prefill = float64(r.V.Prefill)
		}
		if r.V.Decode > 0 {
			decode = float64(r.V.Decode)
		}
	}
	return min(prefill/prompt, decode/output)
}

// bound keeps all routes together within what can be played.
func (p *player) bound() {
	sum := 0.0
	for _, r := range p.spec.Routes {
		sum += r.Rate
	}
	if sum <= mostRate {
		return
	}
	for i := range p.spec.Routes {
		p.spec.Routes[i].Rate *= mostRate / sum
	}
	p.note(fleet.Textf("%s requests/s would be the demand: %s are played, so that pools are emptier than they would be",
		fleet.Rate(sum).Text(),
		fleet.Rate(mostRate).Text()))
}

// inventory is what a console is told of a played fleet.
func (p *player) inventory(f *Fleet) fleet.Inventory {
	inv := p.inv
	for i := range p.spec.Pools {
		w, spec := &p.spec.Pools[i], &inv.Pools[i]
		for _, s := range f.poolSources(w) {
			if s.Subject.Pool = spec.ID; s.Subject.Replica != "" || len(spec.Nodes) > 0 {
				inv.Sources = append(inv.Sources, s)
			}
		}
	}
	for i := range inv.Providers {
		spec := &inv.Providers[i]
		name := p.lent[spec.ID]
		var models []fleet.ModelName
		for _, m := range spec.Models {
			models = append(models, m.Name)
		}
		inv.Sources = append(inv.Sources, source(name, p.styles[name], f.URL(name)+"/v1", providerEvery,
			fleet.Subject{Provider: spec.ID}, auth, models))
	}
	g := &inv.Gateways[0]
	for i := range g.Replicas {
		r := &g.Replicas[i]
		r.URL = f.URL(string(r.ID))
		inv.Sources = append(inv.Sources, source(string(r.ID), g.Kind, r.URL, gatewayEvery, fleet.Subject{Gateway: g.ID,
			GatewayReplica: r.ID}, auth, nil))
	}
	if g.Kind == wire.GatewayKong {
		nameByModel(&p.spec, inv.Routes)
	}
	return inv
}

// Notes say what stands in for what in a played fleet.
func (f *Fleet) Notes() []fleet.Safe {
	if f.player == nil {
		return nil
	}
	return slices.Clone(f.player.notes)
}

// Break takes pools and providers of a played fleet away until Mend.
func (f *Fleet) Break(pools []fleet.PoolID, providers []fleet.ProviderID) {
	var o world.Outage
	for _, id := range pools {
		o.Pools = append(o.Pools, f.player.pools[id])
	}
	for _, id := range providers {
		o.Providers = append(o.Providers, f.player.lent[id])
	}
	f.world.At(f.options.Clock.Now(), func() { f.world.Break(o) })
	f.refreshClusters()
}

// Mend gives back what Break took away. Engines start anew, at their own speed.
func (f *Fleet) Mend() {
	f.world.At(f.options.Clock.Now(), f.world.Mend)
	f.refreshClusters()
}

// Calls is how many requests of clients were answered so far, and how many failed for good.
func (f *Fleet) Calls() (answered, failed int64) {
	f.world.At(f.options.Clock.Now(), func() { answered, failed = f.world.Ledger().Answered, f.world.Ledger().Failed })
	return answered, failed
}
