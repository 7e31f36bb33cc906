package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"pitwall/fleet"
)

// validate finds everything that is wrong with references and ranges, not only the first.
func validate(f *File) error {
	var errs []error
	if len(f.Contexts) == 0 {
		errs = append(errs, errors.New("contexts: at least one is needed"))
	}
	names := map[string]bool{}
	for i := range f.Contexts {
		c := &f.Contexts[i]
		if c.Name == "" {
			errs = append(errs, fmt.Errorf("contexts[%d]: name is missing", i))
		}
		if names[c.Name] {
			errs = append(errs, fmt.Errorf("context %q appears twice", c.Name))
		}
		names[c.Name] = true
		for _, err := range checkContext(c) {
			errs = append(errs, fmt.Errorf("context %q: %w", c.Name, err))
		}
	}
	errs = append(errs, oneOf("theme", f.Theme, "File.theme"), oneOf("glyphs", f.Glyphs, "File.glyphs"))
	if f.Current != "" && !names[f.Current] {
		errs = append(errs, fmt.Errorf("current: there is no context %q", f.Current))
	}
	rules, err := f.siteRules()
	for i := range f.Contexts {
		f.Contexts[i].rules = rules
	}
	return errors.Join(append(errs, err)...)
}

// oneOf holds a value to the list that the schema shows.
func oneOf(key, value, list string) error {
	if value == "" || slices.Contains(enums[list], any(value)) {
		return nil
	}
	return fmt.Errorf("%s %q is none of %v", key, value, enums[list])
}

// checker gathers what is wrong with one context.
type checker struct {
	errs []error
	ids  map[string]map[string]bool
	// names are the routes by gateway and by what it calls them.
	names map[[2]string]string
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// id registers an identifier of a kind; it must be there and be the only one.
func (c *checker) id(kind, id string) {
	switch {
	case id == "":
		c.fail("%s: id is missing", kind)
	case c.ids[kind][id]:
		c.fail("%s %q appears twice", kind, id)
	}
	if c.ids[kind] == nil {
		c.ids[kind] = map[string]bool{}
	}
	c.ids[kind][id] = true
}

func (c *checker) refers(from, kind, id string) {
	if id != "" && !c.ids[kind][id] {
		c.fail("%s: there is no %s %q", from, kind, id)
	}
}

func (c *checker) url(of, raw string) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		c.fail("%s: url is missing", of)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		c.fail("%s: url must be http:// or https:// with a host", of)
	case u.User != nil:
		c.fail("%s: url holds a literal secret (user or password); use auth", of)
	}
}

func (c *checker) secret(of string, s *Secret) {
	if s == nil {
		return
	}
	n := 0
	for _, set := range []bool{s.Env != "", s.File != "", len(s.Command) > 0} {
		if set {
			n++
		}
	}
	if n != 1 {
		c.fail("%s: auth needs exactly one of env, file, command", of)
	}
}

func checkContext(ctx *Context) []error {
	c := &checker{ids: map[string]map[string]bool{}, names: map[[2]string]string{}}
	if env := fleet.Env(ctx.Env); env != "" && !slices.Contains([]fleet.Env{fleet.EnvProd, fleet.EnvStage, fleet.EnvDev}, env) {
		c.fail("env %q is none of prod, stage, dev", ctx.Env)
	}
	for _, s := range ctx.Sites {
		c.id("site", s.ID)
	}
	for i := range ctx.Clusters {
		c.cluster(&ctx.Clusters[i])
	}
	for i := range ctx.Runs {
		c.orchestrator(&ctx.Runs[i])
	}
	for i := range ctx.Stores {
		c.store(&ctx.Stores[i])
	}
	for i := range ctx.Alerting {
		c.alertmanager(&ctx.Alerting[i])
	}
	for i := range ctx.Pools {
		c.pool(&ctx.Pools[i])
	}
	for i := range ctx.Providers {
		c.provider(&ctx.Providers[i])
	}
	c.money(ctx)
	for i := range ctx.Gateways {
		c.gateway(&ctx.Gateways[i])
	}
	for i := range ctx.Routes {
		c.route(&ctx.Routes[i])
	}
	for i := range ctx.Runbooks {
		c.runbook(&ctx.Runbooks[i])
	}
	c.policies(ctx)
	c.goldenPrompts(ctx)
	if _, err := budget(ctx.Budget); err != nil {
		c.fail("budget: %w", err)
	}
	if _, err := runaway(ctx.Runaway); err != nil {
		c.fail("runaway: %w", err)
	}
	return c.errs
}

func (c *checker) pool(p *Pool) {
	c.id("pool", p.ID)
	of := fmt.Sprintf("pool %q", p.ID)
	c.refers(of, "site", p.Site)
	c.secret(of, p.Auth)
	if p.Engine == "" {
		c.fail("%s: engine is missing", of)
	}
	if p.GPUHour != nil && *p.GPUHour < 0 {
		c.fail("%s: usd_per_gpu_hour is negative", of)
	}
	if p.Rating != nil {
		if _, err := date(p.Rating.From); err != nil {
			c.fail("%s: rating.from: %w", of, err)
		}
	}
	c.poolStore(of, p)
	c.probe(of, p.Probe, false)
	for _, r := range p.Replicas {
		c.id("replica", r.ID)
		c.found(fmt.Sprintf("replica %q", r.ID), p, r.URL, r.Selector)
	}
	for _, n := range p.Nodes {
		c.id("node", n.ID)
		if p.Store != "" && n.Exporter != printed {
			c.found(fmt.Sprintf("node %q", n.ID), p, n.URL, n.Selector)
		} else {
			c.node(fmt.Sprintf("node %q", n.ID), &n)
		}
		c.secret(fmt.Sprintf("node %q", n.ID), n.Auth)
	}
}

// printed is the exporter that is no server: a program whose output is read.
const printed = "nvidia-smi"

// node checks that a machine is read in the one way that its exporter has.
func (c *checker) node(of string, n *Node) {
	switch {
	case n.Exporter != printed && (len(n.Command) > 0 || n.File != ""):
		c.fail("%s: command and file need exporter: %s", of, printed)
	case n.Exporter != printed:
		c.url(of, n.URL)
	case n.URL != "":
		c.fail("%s: exporter %s has no url, but a command or a file", of, printed)
	case (len(n.Command) > 0) == (n.File != ""):
		c.fail("%s: exporter %s needs exactly one of command and file", of, printed)
	case slices.Contains(n.Command, ""):
		c.fail("%s: command has an empty word; write program and arguments as a list", of)
	}
}

func (c *checker) provider(p *Provider) {
	c.id("provider", p.ID)
	of := fmt.Sprintf("provider %q", p.ID)
	c.secret(of, p.Auth)
	if p.Kind == "" {
		c.fail("%s: kind is missing", of)
	}
	if p.URL != "" {
		c.url(of, p.URL)
	}
	c.statusFeeds(of, p)
	if _, err := discounts(p.Discounts); err != nil {
		c.fail("%s: %w", of, err)
	}
	for _, m := range p.Models {
		if m.Name == "" {
			c.fail("%s: a model has no name", of)
		}
		if _, err := price(m.Price); err != nil {
			c.fail("%s, model %q: price: %w", of, m.Name, err)
		}
		c.probe(fmt.Sprintf("%s, model %q", of, m.Name), m.Probe, true)
		for kind := range m.Limits {
			if !slices.Contains(limitKinds, fleet.LimitKind(kind)) {
				c.fail("%s, model %q: limit %q is none of rpm, tpm, itpm, otpm, rpd, concurrency", of, m.Name, kind)
			}
		}
	}
}

var limitKinds = []fleet.LimitKind{fleet.LimitRPM, fleet.LimitTPM, fleet.LimitITPM, fleet.LimitOTPM,
	fleet.LimitRPD, fleet.LimitConcurrency}

func (c *checker) gateway(g *Gateway) {
	c.id("gateway", g.ID)
	of := fmt.Sprintf("gateway %q", g.ID)
	c.refers(of, "site", g.Site)
	c.secret(of, g.Auth)
	c.secret(of, g.Write)
	if g.Kind == "" {
		c.fail("%s: kind is missing", of)
	}
	c.refers(of, "cluster", g.Cluster)
	c.gatewayPlace(of, g)
	for _, r := range g.Replicas {
		c.id("gateway replica", r.ID)
		c.url(fmt.Sprintf("gateway replica %q", r.ID), r.URL)
		if g.File != nil && len(r.Reload) == 0 && !followsFile[g.Kind] {
			c.fail("gateway replica %q: reload is missing; file mode needs the command that makes it read the file again", r.ID)
		}
	}
	if g.File != nil && g.File.Path == "" {
		c.fail("%s: file.path is missing", of)
	}
}

// followsFile are the kinds of gateways that look for changes of their file by themselves.
var followsFile = map[string]bool{"production-stack": true}

// gatewayPlace checks that a gateway keeps its routes in one place.
func (c *checker) gatewayPlace(of string, g *Gateway) {
	byMap := g.Options[fleet.OptionConfigMap] != ""
	switch {
	case byMap && (g.Cluster == "" || len(g.Replicas) == 0 || g.File != nil):
		c.fail("%s: its config file is in a ConfigMap; name the cluster that keeps it and each replica by its own address, and no file", of)
	case byMap:
	case g.Cluster == "" && len(g.Replicas) == 0:
		c.fail("%s: replicas are missing; name each by its own address, not a service; or name the cluster whose objects are its routes", of)
	case g.Cluster != "" && len(g.Replicas) > 0:
		c.fail("%s: it has a cluster and replicas; where the routes are objects of a cluster, its API server is the only replica", of)
	case g.Cluster != "" && g.File != nil:
		c.fail("%s: it has a cluster and a file; only one of them can hold its routes", of)
	}
}

// called refuses two entries for one route of a gateway.
func (c *checker) called(of string, r *Route) {
	key := [2]string{r.Gateway, cmp.Or(r.Name, r.ID)}
	if other, twice := c.names[key]; twice && other != r.ID {
		c.fail("%s: gateway %q has one route of the name %q, and it is route %q already", of, r.Gateway, key[1], other)
	}
	c.names[key] = r.ID
}

func (c *checker) route(r *Route) {
	c.id("route", r.ID)
	of := fmt.Sprintf("route %q", r.ID)
	if r.Gateway == "" {
		c.fail("%s: gateway is missing", of)
	}
	c.refers(of, "gateway", r.Gateway)
	c.called(of, r)
	if r.SLO != nil && (*r.SLO <= 0 || *r.SLO >= 1) {
		c.fail("%s: slo must lie between 0 and 1, such as 0.995", of)
	}
	c.probe(of, r.Probe, rented(r))
	targets := map[string]bool{}
	for _, t := range r.Targets {
		to := fmt.Sprintf("%s, target %q", of, t.ID)
		if t.ID == "" || targets[t.ID] {
			c.fail("%s: target ids must be there and be different", of)
		}
		targets[t.ID] = true
		c.refers(to, "pool", t.Pool)
		c.refers(to, "provider", t.Provider)
		switch {
		case t.Pool == "" && t.Provider == "":
			c.fail("%s: pool or provider is missing", to)
		case t.Pool != "" && t.Provider != "":
			c.fail("%s: pool and provider exclude each other", to)
		case t.Provider != "" && t.Model == "":
			c.fail("%s: model is missing", to)
		}
	}
}
