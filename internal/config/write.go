package config

import (
	"time"

	"github.com/goccy/go-yaml"

	"pitwall/fleet"
)

// Write turns an inventory into the text of a configuration file that declares the same fleet.
func Write(inv fleet.Inventory) ([]byte, error) {
	c := Context{Name: inv.Context, Env: string(inv.Env), Budget: Budget{Zone: inv.Budget.Zone}}
	if inv.Budget.PerDay.OK {
		c.Budget.PerDay = inv.Budget.PerDay.V.Amount().String()
	}
	if inv.Budget.PerMonth.OK {
		c.Budget.PerMonth = inv.Budget.PerMonth.V.Amount().String()
	}
	for _, s := range inv.Sites {
		c.Sites = append(c.Sites, Site{ID: string(s.ID), Labels: s.Labels, Fate: s.Fate})
	}
	c.Clusters = clustersOf(inv)
	c.Runs = orchestratorsOf(inv)
	c.Alerting = alertmanagersOf(inv)
	c.Stores = storesOf(inv)
	for _, p := range inv.Pools {
		c.Pools = append(c.Pools, poolOf(inv, p))
	}
	for _, p := range inv.Providers {
		c.Providers = append(c.Providers, providerOf(inv, p))
	}
	c.Bills, c.Compute = billsOf(inv), accountsOf(inv)
	for _, g := range inv.Gateways {
		c.Gateways = append(c.Gateways, gatewayOf(inv, g))
	}
	for _, r := range inv.Routes {
		c.Routes = append(c.Routes, routeOf(r))
	}
	for i := range inv.Golden {
		c.Golden = append(c.Golden, goldenOf(&inv.Golden[i]))
	}
	for i := range inv.Runbooks {
		c.Runbooks = append(c.Runbooks, runbookOf(&inv.Runbooks[i]))
	}
	out := File{Version: Version, Current: c.Name, Contexts: []Context{c}}
	out.writeRules(inv.Rules)
	return yaml.Marshal(out)
}

// sourceOf finds the connection that tells about a subject.
func sourceOf(inv fleet.Inventory, match func(fleet.Subject) bool) fleet.SourceSpec {
	for _, s := range inv.Sources {
		if match(s.Subject) {
			return s
		}
	}
	return fleet.SourceSpec{}
}

func poolOf(inv fleet.Inventory, p fleet.PoolSpec) Pool {
	out := Pool{ID: string(p.ID), Site: string(p.Site), Engine: p.Engine, Model: string(p.Model), GPU: p.GPU,
		GPUsPerReplica: p.GPUsPerReplica, Offers: p.Offers, Labels: p.Labels, Fate: p.Fate, Standby: p.Standby, Embedding: identity(p.Embedding),
		Probe: probeOf(p.Probe)}
	out.Desired = pointer(p.Desired, func(v int) int { return v })
	out.GPUHour = pointer(p.GPUHour, func(v fleet.USDPerHour) float64 { return float64(v) })
	out.MaxContext = pointer(p.MaxContext, func(v fleet.Tokens) int { return int(v) })
	if p.Rating.OK {
		out.Rating = &Rating{Prefill: float64(p.Rating.V.Prefill), Decode: float64(p.Rating.V.Decode), From: day(p.Rating.V.From)}
	}
	if w := p.Store; w != nil {
		out.Store, out.Selector, out.GPUSelector, out.GPUExporter, out.Worst = string(w.Source), w.Replicas, w.GPUs, w.Exporter, w.Worst
	}
	for _, r := range p.Replicas {
		s := sourceOf(inv, func(sub fleet.Subject) bool { return sub.Replica == r.ID })
		out.Replicas = append(out.Replicas, Replica{ID: string(r.ID), URL: s.URL, Node: string(r.Node), Selector: s.Options["selector"]})
		out.Poll, out.Auth, out.Store = polling(s), reference(s.Auth), string(s.From)
	}
	for _, n := range p.Nodes {
		s := sourceOf(inv, func(sub fleet.Subject) bool { return sub.Node == n.ID && sub.Replica == "" })
		out.Nodes = append(out.Nodes, Node{ID: string(n.ID), URL: s.URL, Command: s.Command, File: s.File, Exporter: s.Kind, GPUs: n.GPUs,
			Selector: s.Options["selector"], Poll: polling(s), Auth: reference(s.Auth)})
		if s.From != "" {
			out.Store = string(s.From)
		}
	}
	return out
}

func providerOf(inv fleet.Inventory, p fleet.ProviderSpec) Provider {
	s := sourceOf(inv, func(sub fleet.Subject) bool { return sub.Provider == p.ID && sub.About == fleet.AboutItself })
	out := Provider{ID: string(p.ID), Kind: p.Kind, URL: s.URL, Options: s.Options, Auth: reference(s.Auth),
		Labels: p.Labels, Fate: p.Fate, Poll: polling(s), Status: statusFeedsOf(inv, p.ID), Discounts: discountsOf(p.Discounts)}
	for _, m := range p.Models {
		model := ProviderModel{Name: string(m.Name), Offers: m.Offers, Embedding: identity(m.Embedding), Probe: probeOf(m.Probe)}
		model.MaxContext = pointer(m.MaxContext, func(v fleet.Tokens) int { return int(v) })
		for _, l := range m.Limits {
			if model.Limits == nil {
				model.Limits = map[string]float64{}
			}
			model.Limits[string(l.Kind)] = l.Max.V
		}
		if m.Price.OK {
			model.Price = &Price{AsOf: day(m.Price.V.AsOf),
				Input: m.Price.V.Input.Amount().String(), Output: m.Price.V.Output.Amount().String()}
			if m.Price.V.CachedIn.OK {
				model.Price.Cached = m.Price.V.CachedIn.V.Amount().String()
			}
		}
		out.Models = append(out.Models, model)
	}
	return out
}

func gatewayOf(inv fleet.Inventory, g fleet.GatewaySpec) Gateway {
	out := Gateway{ID: string(g.ID), Kind: g.Kind, Site: string(g.Site), Auth: reference(g.Auth),
		Write: reference(g.Write), Cluster: string(g.Cluster), Options: g.Options, Settle: Duration(g.Settle)}
	if g.File != nil {
		out.File = &GatewayFile{Path: g.File.Path, ReloadReady: Duration(g.File.ReloadReady)}
	}
	for _, r := range g.Replicas {
		out.Poll = polling(sourceOf(inv, func(sub fleet.Subject) bool { return sub.GatewayReplica == r.ID }))
		if g.Cluster != "" && g.Options[fleet.OptionConfigMap] == "" {
			continue
		}
		out.Replicas = append(out.Replicas, GatewayReplica{ID: string(r.ID), URL: r.URL, File: r.File, Reload: r.Reload})
	}
	return out
}

func routeOf(r fleet.RouteSpec) Route {
	out := Route{ID: string(r.ID), Gateway: string(r.Gateway), Name: string(r.Name), Tier: r.Tier, Requires: r.Requires,
		Embedding: identity(r.Embedding), Probe: probeOf(r.Probe), Policy: routePolicyOf(r.Policy)}
	for name, share := range r.Uses {
		if out.Uses == nil {
			out.Uses = map[string]float64{}
		}
		out.Uses[name] = float64(share)
	}
	out.SLO = pointer(r.SLO, func(v fleet.Ratio) float64 { return float64(v) })
	out.Guard.ErrPercent = pointer(r.Guard.ErrRatio, func(v fleet.Ratio) float64 { return float64(v) * 100 })
	out.Guard.TTFT95, out.Guard.For = Duration(r.Guard.TTFT95.V.Duration()), Duration(r.Guard.For)
	for _, t := range r.Targets {
		out.Targets = append(out.Targets, Target{ID: string(t.ID), Pool: string(t.Pool), Provider: string(t.Provider),
			Model: string(t.Model), Deployment: string(t.Deployment)})
	}
	for _, id := range r.Fallbacks {
		out.Fallbacks = append(out.Fallbacks, string(id))
	}
	return out
}

func pointer[A, B any](m fleet.Maybe[A], as func(A) B) *B {
	if !m.OK {
		return nil
	}
	v := as(m.V)
	return &v
}

func identity(e *fleet.EmbeddingIdentity) *Embedding {
	if e == nil {
		return nil
	}
	return &Embedding{Model: string(e.Model), Dimensions: e.Dimensions, Pooling: e.Pooling}
}

func reference(r fleet.SecretRef) *Secret {
	if r.IsZero() {
		return nil
	}
	return &Secret{Env: r.Env, File: r.File, Command: r.Command}
}

func polling(s fleet.SourceSpec) Polling {
	return Polling{Interval: Duration(s.Interval), Timeout: Duration(s.Timeout)}
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(dayOnly)
}
