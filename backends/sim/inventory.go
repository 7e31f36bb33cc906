package sim

import (
	"cmp"
	"slices"
	"time"

	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// How often the demo reads. Real configurations read engines every five seconds; the demo's are near.
const (
	engineEvery   = 2 * time.Second
	exporterEvery = 5 * time.Second
	gatewayEvery  = 2 * time.Second
	providerEvery = 15 * time.Second
	alertsEvery   = 5 * time.Second
	statusEvery   = time.Minute
	storeAsked    = 15 * time.Second
	bentosEvery   = 20 * time.Second
)

var auth = fleet.SecretRef{Env: KeyName}

func (f *Fleet) buildInventory(s *world.Spec) fleet.Inventory {
	inv := fleet.Inventory{
		Context: "demo", Env: f.options.Env, Mode: f.options.Mode,
		Sites: []fleet.Site{
			{ID: siteFRA, Labels: []string{"eu"}, Fate: fleet.Fate{"cloud": "own/fra1"}},
			{ID: siteAMS, Labels: []string{"eu"}, Fate: fleet.Fate{"cloud": "own/ams1"}},
		},
		Budget: fleet.Budget{PerDay: fleet.Some(usd("22000")), PerMonth: fleet.Some(usd("660000"))},
	}
	for i := range s.Pools {
		inv.Pools = append(inv.Pools, f.poolSpec(&s.Pools[i]))
		inv.Sources = append(inv.Sources, f.poolSources(&s.Pools[i])...)
	}
	for i := range s.Providers {
		spec := providerSpec(&s.Providers[i])
		spec.Feeds = []fleet.SourceID{fleet.SourceID("status/" + spec.ID)}
		inv.Providers = append(inv.Providers, spec)
		var names []fleet.ModelName
		for _, m := range spec.Models {
			names = append(names, m.Name)
		}
		inv.Sources = append(inv.Sources, source(string(spec.ID), spec.Kind, f.URL(string(spec.ID))+"/v1", providerEvery,
			fleet.Subject{Provider: spec.ID}, auth, names))
		feed := source(string(spec.Feeds[0]), "statuspage", f.URL(wire.StatusPrefix+string(spec.ID))+"/api/v2/summary.json", statusEvery,
			fleet.Subject{Provider: spec.ID, About: fleet.AboutStatus}, fleet.SecretRef{}, names)
		feed.Options = map[string]string{"components": wire.WatchedComponent(f.styles()[string(spec.ID)])}
		inv.Sources = append(inv.Sources, feed)
	}
	gw := fleet.GatewaySpec{ID: "edge", Kind: cmp.Or(f.options.Gateway, "litellm"), Site: siteFRA, Auth: auth, Write: auth}
	for _, name := range s.Gateways {
		gw.Replicas = append(gw.Replicas, fleet.GatewayReplicaSpec{ID: fleet.GatewayReplicaID(name), URL: f.URL(name)})
		inv.Sources = append(inv.Sources, source(name, gw.Kind, f.URL(name), gatewayEvery,
			fleet.Subject{Gateway: gw.ID, GatewayReplica: fleet.GatewayReplicaID(name)}, auth, nil))
	}
	inv.Sources = append(inv.Sources, source(AlertmanagerName, "alertmanager", f.URL(AlertmanagerName), alertsEvery, fleet.Subject{},
		fleet.SecretRef{}, nil))
	if f.bentos != nil {
		inv.Sources = append(inv.Sources, source(BentoCloudName, "bentocloud", f.bentos.url, bentosEvery, fleet.Subject{Cluster: BentoCloudName},
			auth, nil))
	}
	if f.options.Bills {
		inv.Sources = append(inv.Sources, f.billSources()...)
	}
	inv.Golden = goldenPrompts()
	inv.Gateways = []fleet.GatewaySpec{gw}
	inv.Routes = routeSpecs(s, gw.ID)
	if f.options.Gateway == wire.GatewayKong {
		nameByModel(s, inv.Routes)
	}
	if f.rentals != nil {
		f.addMachines(&inv)
	}
	if f.options.Probes {
		f.addProbes(&inv)
	}
	return inv
}

// StoreSource names the simulated Prometheus as a configuration would. The inventory lacks it: a fleet that nobody asks
// through it costs nothing.
func (f *Fleet) StoreSource() fleet.SourceSpec {
	return source(StoreName, "prometheus", f.URL(StoreName), storeAsked, fleet.Subject{}, fleet.SecretRef{}, nil)
}

func source(
	id, kind, url string, every time.Duration, about fleet.Subject, ref fleet.SecretRef, models []fleet.ModelName,
) fleet.SourceSpec {
	return fleet.SourceSpec{ID: fleet.SourceID(id), Kind: kind, URL: url, Subject: about, Interval: every,
		Timeout: every * 3 / 4, Auth: ref, Models: models}
}

// economics of the self-hosted pools: product, price of one GPU-hour (on the market in 2026, for the demo), and
// what the pool was proven to do within its limits.
var poolFacts = map[string]struct {
	gpu             string
	hour            float64
	prefill, decode float64 // tokens per second of one replica
	fate            fleet.Fate
}{
	poolB200: {"B200", 6.20, 30_500, 6_300, fleet.Fate{"power": "F2"}},
	poolH100: {"H100", 2.95, 26_000, 5_000, fleet.Fate{"power": "F2"}},
	poolCode: {"H100", 2.95, 34_000, 2_950, fleet.Fate{"power": "A1"}},
	poolDR:   {"H200", 3.80, 26_500, 5_000, fleet.Fate{"power": "A1"}},
}

func (f *Fleet) poolSpec(p *world.PoolSpec) fleet.PoolSpec {
	facts, ok := poolFacts[p.Name]
	if !ok {
		facts = poolFacts[poolH100]
		facts.fate = nil
	}
	n := float64(len(p.Replicas))
	spec := fleet.PoolSpec{
		ID: fleet.PoolID(p.Name), Site: fleet.SiteID(siteOf(p.Name)), Engine: p.Engine, Model: fleet.ModelName(p.Model),
		GPUsPerReplica: p.GPUs, GPU: facts.gpu, GPUHour: fleet.Some(fleet.USDPerHour(facts.hour)), Fate: facts.fate,
		MaxContext: fleet.Some(fleet.Tokens(maxContext)), Offers: []string{"tools", "json"}, Standby: p.Name == poolDR,
		Rating: fleet.Some(fleet.Rating{
			Prefill: fleet.TokenRate(facts.prefill * n), Decode: fleet.TokenRate(facts.decode * n),
			From: f.options.Start.Add(-9 * 24 * time.Hour).Truncate(time.Hour), Kind: "config",
		}),
	}
	cluster := fleet.ClusterID(clusterPrefix + poolSite(p))
	spec.Workload = fleet.ObjectRef{Cluster: cluster, Kind: "Deployment", Namespace: world.Namespace, Name: p.Name}
	for i, name := range p.Replicas { // its pod in the cluster has the same name
		spec.Replicas = append(spec.Replicas, fleet.ReplicaSpec{ID: fleet.ReplicaID(name), Node: nodeOf(p, i),
			Pod: fleet.ObjectRef{Cluster: cluster, Kind: "Pod", Namespace: world.Namespace, Name: name}})
	}
	for _, name := range p.Nodes {
		spec.Nodes = append(spec.Nodes, fleet.NodeSpec{ID: fleet.NodeID(name), GPUs: p.PerNode})
	}
	return spec
}

func nodeOf(p *world.PoolSpec, replica int) fleet.NodeID {
	return fleet.NodeID(p.Nodes[replica*p.GPUs/p.PerNode])
}

func (f *Fleet) poolSources(p *world.PoolSpec) []fleet.SourceSpec {
	var list []fleet.SourceSpec
	kind := f.options.exporterOf(p)
	if kind == wire.ExporterRenamed {
		kind = wire.ExporterDCGM
	}
	for i, name := range p.Replicas {
		list = append(list, source(name, p.Engine, f.URL(name), engineEvery, fleet.Subject{
			Pool: fleet.PoolID(p.Name), Replica: fleet.ReplicaID(name), Node: nodeOf(p, i)}, fleet.SecretRef{}, nil))
	}
	for _, name := range p.Nodes {
		list = append(list, source(kind+"/"+name, kind, f.URL(name)+"/metrics", exporterEvery, fleet.Subject{
			Pool: fleet.PoolID(p.Name), Node: fleet.NodeID(name)}, fleet.SecretRef{}, nil))
	}
	return list
}

func usd(s string) fleet.Money {
	m, err := fleet.ParseMoney(s, fleet.USD)
	if err != nil {
		return fleet.Money{} // shows as unknown
	}
	return m
}

// providerSpec declares what the configuration of such an account would. Prices are those of the providers' lists.
func providerSpec(p *world.ProviderSpec) fleet.ProviderSpec {
	spec := fleet.ProviderSpec{ID: fleet.ProviderID(p.Name), Kind: p.Name, Labels: []string{"eu"},
		Fate: fleet.Fate{"cdn": "cloudflare"}}
	for _, m := range p.Models {
		spec.Models = append(spec.Models, fleet.ProviderModel{
			Name: fleet.ModelName(m), MaxContext: fleet.Some(fleet.Tokens(128_000)), Offers: []string{"tools", "json", "vision"},
			Limits: []fleet.Limit{
				{Kind: fleet.LimitRPM, Max: fleet.Some(p.RPM)}, {Kind: fleet.LimitTPM, Max: fleet.Some(p.TPM)},
			},
			Price: fleet.Some(fleet.Price{Input: usd(list[m][0]), CachedIn: fleet.Some(usd(list[m][1])),
				CacheWrite: fleet.Some(usd(list[m][2])), Output: usd(list[m][3]),
				Source: "embedded fleet", AsOf: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)}),
		})
	}
	return spec
}

func routeSpecs(s *world.Spec, gateway fleet.GatewayID) []fleet.RouteSpec {
	var list []fleet.RouteSpec
	for _, name := range routeNames(s) {
		spec := fleet.RouteSpec{
			ID: fleet.RouteID(name), Gateway: gateway, Tier: 2, SLO: fleet.Some(fleet.Ratio(.995)),
			Guard: fleet.Guard{ErrRatio: fleet.Some(fleet.Ratio(.02)), TTFT95: fleet.Some(fleet.Seconds(1.5)), For: time.Minute},
			Uses:  map[string]fleet.Ratio{"tools": .2, "json": .1},
		}
		switch name {
		case routeChat:
			spec.Requires, spec.Fallbacks = []string{"eu"}, []fleet.TargetID{providerAnthropic}
			spec.Policy = &fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: .9, Tolerance: .05}
		case routeCode:
			spec.Policy = &fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Local: .9, Tolerance: .05, Model: "qwen-coder"}
		case routeBackup:
			spec.Policy = &fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Tolerance: .05, Fallback: routeBatch,
				Rehearsed: s.Start.Add(-9 * 24 * time.Hour).Truncate(24 * time.Hour)}
		case routeBatch:
			spec.Tier, spec.Guard.TTFT95 = 3, fleet.Some(fleet.Seconds(5))
		}
		for _, d := range s.Deployments {
			if d.Route == name {
				spec.Targets = append(spec.Targets, targetSpec(&d))
			}
		}
		list = append(list, spec)
	}
	return slices.Clip(list)
}

// nameByModel says what Kong's targets are called, which have no ids of their own.
func nameByModel(s *world.Spec, routes []fleet.RouteSpec) {
	models := map[fleet.DeploymentID]string{}
	for _, d := range s.Deployments {
		models[fleet.DeploymentID(d.ID)] = d.Model
	}
	for _, r := range routes {
		for i := range r.Targets {
			r.Targets[i].Deployment = fleet.DeploymentID(models[r.Targets[i].Deployment])
		}
	}
}

// routeNames lists the public names of the gateway: those with demand, then those that are only fallen back to.
func routeNames(s *world.Spec) []string {
	var names []string
	for _, r := range s.Routes {
		names = append(names, r.Name)
	}
	for _, d := range s.Deployments {
		if !slices.Contains(names, d.Route) {
			names = append(names, d.Route)
		}
	}
	return names
}

func targetSpec(d *world.DeploymentSpec) fleet.TargetSpec {
	t := fleet.TargetSpec{ID: fleet.TargetID(d.Pool), Pool: fleet.PoolID(d.Pool), Deployment: fleet.DeploymentID(d.ID)}
	if d.Provider != "" {
		t.ID, t.Provider = fleet.TargetID(d.Provider), fleet.ProviderID(d.Provider)
		t.Model = fleet.ModelName(d.Model[len(d.Provider)+1:])
	}
	return t
}
