package config

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Default schedules; a connector's own default wins where it has one.
const (
	defaultInterval = 5 * time.Second
	dayOnly         = "2006-01-02"
)

// Pick returns the context with a name, or the current one: the file's choice, else the first.
func (f *File) Pick(name string) (*Context, error) {
	if name == "" {
		name = f.Current
	}
	for i := range f.Contexts {
		if name == "" || f.Contexts[i].Name == name {
			return &f.Contexts[i], nil
		}
	}
	known := make([]string, 0, len(f.Contexts))
	for _, c := range f.Contexts {
		known = append(known, c.Name)
	}
	return nil, problem("choose the context", fmt.Errorf("there is no context %q; there are %q", name, known))
}

// Inventory turns a checked context into the fleet that it declares. interval gives the default
// interval of a connector kind, 0 for none.
func (c *Context) Inventory(interval func(kind string) time.Duration) (fleet.Inventory, error) {
	inv := fleet.Inventory{Context: c.Name, Env: fleet.Env(c.Env), Mode: fleet.ModeLive,
		Retention: fleet.Retention{Days: c.History.Days}, Rules: c.rules}
	if inv.Env == "" {
		inv.Env = fleet.EnvProd // who forgot to say is asked the most
	}
	for _, s := range c.Sites {
		inv.Sites = append(inv.Sites, fleet.Site{ID: fleet.SiteID(s.ID), Labels: s.Labels, Fate: s.Fate})
	}
	b := &builder{inv: &inv, polling: c.Defaults, interval: interval}
	for i := range c.Clusters {
		b.cluster(&c.Clusters[i], len(c.Clusters) > 1)
	}
	for i := range c.Runs {
		b.orchestrator(&c.Runs[i])
	}
	for i := range c.Stores {
		b.store(&c.Stores[i])
	}
	for i := range c.Alerting {
		b.alertmanager(&c.Alerting[i])
	}
	for i := range c.Pools {
		b.pool(&c.Pools[i])
	}
	for i := range c.Providers {
		b.provider(&c.Providers[i])
	}
	b.money(c)
	for i := range c.Gateways {
		b.gateway(&c.Gateways[i])
	}
	for i := range c.Routes {
		spec := route(&c.Routes[i])
		spec.Probe = b.probed(c.Routes[i].Probe)
		inv.Routes = append(inv.Routes, spec)
	}
	for i := range c.Runbooks {
		inv.Runbooks = append(inv.Runbooks, runbook(&c.Runbooks[i]))
	}
	b.probes()
	for i := range c.Golden {
		p, err := golden(&c.Golden[i])
		b.note(err)
		inv.Golden = append(inv.Golden, p)
	}
	if err := c.limits(&inv); err != nil {
		return inv, err
	}
	return inv, b.err
}

// limits are the amounts and times of a context that stand by themselves.
func (c *Context) limits(inv *fleet.Inventory) (err error) {
	inv.Budget, err = budget(c.Budget)
	if err != nil {
		return problem("read the budget", err)
	}
	if inv.Retention.Replay, err = c.History.replay(); err != nil {
		return problem("read the configuration", err)
	}
	if inv.Runaway, err = runaway(c.Runaway); err != nil {
		return problem("read the runaway rule", err)
	}
	return nil
}

type builder struct {
	inv      *fleet.Inventory
	polling  Polling
	interval func(kind string) time.Duration
	err      error
}

// source adds one connection with its schedule.
func (b *builder) source(s fleet.SourceSpec, poll Polling) {
	for _, d := range []time.Duration{time.Duration(poll.Interval), time.Duration(b.polling.Interval),
		b.interval(s.Kind), defaultInterval} {
		if d > 0 {
			s.Interval = d
			break
		}
	}
	s.Timeout = time.Duration(poll.Timeout)
	if s.Timeout == 0 {
		s.Timeout = time.Duration(b.polling.Timeout)
	}
	if s.Timeout <= 0 || s.Timeout >= s.Interval {
		s.Timeout = s.Interval * 9 / 10 // a deadline is always shorter than the interval
	}
	b.inv.Sources = append(b.inv.Sources, s)
}

func (b *builder) pool(p *Pool) {
	spec := fleet.PoolSpec{
		ID: fleet.PoolID(p.ID), Site: fleet.SiteID(p.Site), Engine: p.Engine, Model: fleet.ModelName(p.Model),
		GPUsPerReplica: p.GPUsPerReplica, GPU: p.GPU, Offers: p.Offers, Labels: p.Labels, Fate: p.Fate,
		Embedding: embedding(p.Embedding), Standby: p.Standby, Store: p.whole(), Probe: b.probed(p.Probe),
	}
	spec.Desired = optional(p.Desired, func(v int) int { return v })
	spec.GPUHour = optional(p.GPUHour, func(v float64) fleet.USDPerHour { return fleet.USDPerHour(v) })
	spec.MaxContext = optional(p.MaxContext, func(v int) fleet.Tokens { return fleet.Tokens(v) })
	if p.Rating != nil {
		from, err := date(p.Rating.From)
		b.note(err)
		spec.Rating = fleet.Some(fleet.Rating{Prefill: fleet.TokenRate(p.Rating.Prefill),
			Decode: fleet.TokenRate(p.Rating.Decode), From: from, Kind: "config"})
	}
	var models []fleet.ModelName
	if spec.Model != "" {
		models = []fleet.ModelName{spec.Model}
	}
	for _, r := range p.Replicas {
		spec.Replicas = append(spec.Replicas, fleet.ReplicaSpec{ID: fleet.ReplicaID(r.ID), Node: fleet.NodeID(r.Node)})
		s := fleet.SourceSpec{ID: fleet.SourceID(r.ID), Kind: p.Engine, URL: r.URL, Auth: secret(p.Auth), TLS: tls(p.TLS), Models: models,
			Subject: fleet.Subject{Pool: spec.ID, Replica: fleet.ReplicaID(r.ID), Node: fleet.NodeID(r.Node)}}
		poll := p.Poll
		p.through(&s, r.Selector, &poll)
		b.source(s, poll)
	}
	for _, n := range p.Nodes {
		kind := n.Exporter
		if kind == "" {
			kind = "dcgm"
		}
		spec.Nodes = append(spec.Nodes, fleet.NodeSpec{ID: fleet.NodeID(n.ID), GPUs: n.GPUs})
		s := fleet.SourceSpec{ID: fleet.SourceID(kind + "/" + n.ID), Kind: kind, URL: n.URL, Auth: secret(n.Auth), TLS: tls(n.TLS),
			Command: slices.Clone(n.Command), File: n.File,
			Subject: fleet.Subject{Pool: spec.ID, Node: fleet.NodeID(n.ID)}}
		poll := n.Poll
		p.through(&s, n.Selector, &poll)
		b.source(s, poll)
	}
	b.inv.Pools = append(b.inv.Pools, spec)
}

func (b *builder) provider(p *Provider) {
	spec := fleet.ProviderSpec{ID: fleet.ProviderID(p.ID), Kind: p.Kind, Labels: p.Labels, Fate: p.Fate}
	var names []fleet.ModelName
	for _, m := range p.Models {
		model := fleet.ProviderModel{Name: fleet.ModelName(m.Name), Offers: m.Offers, Embedding: embedding(m.Embedding),
			Probe: b.probed(m.Probe)}
		model.MaxContext = optional(m.MaxContext, func(v int) fleet.Tokens { return fleet.Tokens(v) })
		for _, kind := range limitKinds { // in a fixed order
			if v, ok := m.Limits[string(kind)]; ok {
				model.Limits = append(model.Limits, fleet.Limit{Kind: kind, Max: fleet.Some(v)})
			}
		}
		var err error
		model.Price, err = price(m.Price)
		b.note(err)
		spec.Models = append(spec.Models, model)
		names = append(names, model.Name)
	}
	var err error
	spec.Discounts, err = discounts(p.Discounts)
	b.note(err)
	at := len(b.inv.Providers)
	b.inv.Providers = append(b.inv.Providers, spec)
	if p.URL != "" {
		b.source(fleet.SourceSpec{ID: fleet.SourceID(p.ID), Kind: p.Kind, URL: p.URL, Auth: secret(p.Auth), TLS: tls(p.TLS),
			Subject: fleet.Subject{Provider: spec.ID}, Models: names, Options: p.Options}, p.Poll)
	}
	b.inv.Providers[at].Feeds = b.statusFeeds(p, names)
}

func (b *builder) gateway(g *Gateway) {
	spec := fleet.GatewaySpec{ID: fleet.GatewayID(g.ID), Kind: g.Kind, Site: fleet.SiteID(g.Site), Auth: secret(g.Auth),
		Write: secret(g.Write), TLS: tls(g.TLS), Cluster: fleet.ClusterID(g.Cluster), Options: g.Options, Settle: time.Duration(g.Settle)}
	if g.File != nil {
		spec.File = &fleet.GatewayFile{Path: g.File.Path, ReloadReady: time.Duration(g.File.ReloadReady)}
	}
	options, replicas := g.Options, g.Replicas
	if g.Cluster != "" && g.Options[fleet.OptionConfigMap] == "" { // the API server holds the one copy of its routes
		replicas = []GatewayReplica{{ID: g.ID}}
		options = map[string]string{}
		maps.Copy(options, g.Options)
		options[fleet.OptionCluster] = g.Cluster
	}
	for _, r := range replicas {
		spec.Replicas = append(spec.Replicas, fleet.GatewayReplicaSpec{ID: fleet.GatewayReplicaID(r.ID), URL: r.URL,
			File: r.File, Reload: r.Reload})
		b.source(fleet.SourceSpec{ID: fleet.SourceID(r.ID), Kind: g.Kind, URL: r.URL, Auth: spec.Auth, TLS: spec.TLS, Options: options,
			Subject: fleet.Subject{Gateway: spec.ID, GatewayReplica: fleet.GatewayReplicaID(r.ID)}}, g.Poll)
	}
	b.inv.Gateways = append(b.inv.Gateways, spec)
}

func (b *builder) note(err error) {
	if err != nil && b.err == nil {
		b.err = problem("read the configuration", err)
	}
}

func route(r *Route) fleet.RouteSpec {
	spec := fleet.RouteSpec{ID: fleet.RouteID(r.ID), Gateway: fleet.GatewayID(r.Gateway), Name: fleet.RouteID(r.Name), Tier: r.Tier,
		Requires: r.Requires, Embedding: embedding(r.Embedding), Policy: routePolicy(r.Policy)}
	if len(r.Uses) > 0 {
		spec.Uses = map[string]fleet.Ratio{}
		for name, share := range r.Uses {
			spec.Uses[name] = fleet.Ratio(share)
		}
	}
	spec.SLO = optional(r.SLO, func(v float64) fleet.Ratio { return fleet.Ratio(v) })
	spec.Guard.ErrRatio = optional(r.Guard.ErrPercent, func(v float64) fleet.Ratio { return fleet.Ratio(v / 100) })
	if d := time.Duration(r.Guard.TTFT95); d > 0 {
		spec.Guard.TTFT95 = fleet.Some(fleet.Seconds(d.Seconds()))
	}
	spec.Guard.For = time.Duration(r.Guard.For)
	for _, t := range r.Targets {
		spec.Targets = append(spec.Targets, fleet.TargetSpec{ID: fleet.TargetID(t.ID), Pool: fleet.PoolID(t.Pool),
			Provider: fleet.ProviderID(t.Provider), Model: fleet.ModelName(t.Model), Deployment: fleet.DeploymentID(t.Deployment)})
	}
	for _, id := range r.Fallbacks {
		spec.Fallbacks = append(spec.Fallbacks, fleet.TargetID(id))
	}
	return spec
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func optional[A, B any](p *A, as func(A) B) fleet.Maybe[B] {
	if p == nil {
		return fleet.None[B]()
	}
	return fleet.Some(as(*p))
}

func secret(s *Secret) fleet.SecretRef {
	if s == nil {
		return fleet.SecretRef{}
	}
	return fleet.SecretRef{Env: s.Env, File: s.File, Command: slices.Clone(s.Command)}
}

func tls(t *TLS) fleet.TLSSpec {
	if t == nil {
		return fleet.TLSSpec{}
	}
	return fleet.TLSSpec{CAFile: t.CAFile, CertFile: t.CertFile, KeyFile: t.KeyFile, ServerName: t.ServerName, Insecure: t.Insecure}
}

func embedding(e *Embedding) *fleet.EmbeddingIdentity {
	if e == nil {
		return nil
	}
	return &fleet.EmbeddingIdentity{Model: fleet.ModelName(e.Model), Dimensions: e.Dimensions, Pooling: e.Pooling}
}

func date(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(dayOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no date such as 2026-11-20", s)
	}
	return t, nil
}

func money(s string) (fleet.Money, error) {
	d, err := decimal.NewFromString(s)
	// An exponent of a billion would be reckoned with digit by digit.
	if err != nil || d.Exponent() > 12 || d.Exponent() < -18 || d.IsNegative() {
		return fleet.Money{}, fmt.Errorf("%q is no amount such as 2.50", s)
	}
	return fleet.NewMoney(d, fleet.USD), nil
}

func price(p *Price) (fleet.Maybe[fleet.Price], error) {
	if p == nil {
		return fleet.None[fleet.Price](), nil
	}
	out := fleet.Price{Source: "configuration"}
	var err error
	if out.Input, err = money(p.Input); err != nil {
		return fleet.None[fleet.Price](), err
	}
	if out.Output, err = money(p.Output); err != nil {
		return fleet.None[fleet.Price](), err
	}
	if p.Cached != "" {
		cached, err := money(p.Cached)
		if err != nil {
			return fleet.None[fleet.Price](), err
		}
		out.CachedIn = fleet.Some(cached)
	}
	out.AsOf, err = date(p.AsOf)
	return fleet.Some(out), err
}

func budget(b Budget) (fleet.Budget, error) {
	out := fleet.Budget{Zone: b.Zone}
	if _, err := time.LoadLocation(b.Zone); err != nil {
		return out, fmt.Errorf("tz %q is not known", b.Zone)
	}
	for _, f := range []struct {
		text string
		to   *fleet.Maybe[fleet.Money]
	}{{b.PerDay, &out.PerDay}, {b.PerMonth, &out.PerMonth}} {
		if f.text == "" {
			continue
		}
		m, err := money(f.text)
		if err != nil {
			return out, err
		}
		*f.to = fleet.Some(m)
	}
	return out, nil
}

// The bounds of the factor of runaway spend: an alert ends at one and a half times the old rate.
const (
	leastTimes = 1.5
	mostTimes  = 1000
)

func runaway(r Runaway) (fleet.RunawayRule, error) {
	out := fleet.RunawayRule{Times: r.Times}
	if r.Times != 0 && (r.Times < leastTimes || r.Times > mostTimes) {
		return out, fmt.Errorf("times is %v, and must be between %v and %d", r.Times, leastTimes, mostTimes)
	}
	if r.PerHour == "" {
		return out, nil
	}
	m, err := money(r.PerHour)
	if err != nil {
		return out, fmt.Errorf("usd_per_hour: %w", err)
	}
	if !m.Amount().IsPositive() {
		return out, fmt.Errorf("usd_per_hour is %s, and must be more than 0: any spending at all would be an alert", m.Amount())
	}
	out.Floor = fleet.USDPerHour(m.Float())
	return out, nil
}
