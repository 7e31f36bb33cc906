package productionstack

import (
	"maps"
	"slices"

	"pitwall/fleet"
)

// followed is the evidence for the mode of a router with listed back ends.
var followed = fleet.Text("it follows the file of --dynamic-config-yaml or --dynamic-config-json: name that, or the ConfigMap that it is " +
	"mounted from, with the gateway")

// tellListed tells the routes of a router whose back ends are listed in the file that it follows: one for each model.
func tellListed(c *config, p *page, out *fleet.Partial) {
	g := out.Gateway
	g.Mode, g.ModeWhy, g.Strategy = fleet.GatewayModeFile, followed, c.logic
	if c.why != "" {
		warn(out, fleet.Textf("the configuration that it says it holds is odd: %s", fleet.Label(c.why)))
	}
	pending := fleet.Safe{}
	if server := c.foreign(p); server != "" {
		pending = fleet.Textf("the back ends that it chooses from are not those of the file that it says it holds (%s): a part of the file was "+
			"taken over and the rest failed; look for DynamicConfigWatcher in its log", fleet.Quote(string(entry{url: server}.name())))
	}
	for _, model := range c.models() {
		routing := c.routing(model)
		routing.Pending = pending
		g.Routing[fleet.RouteID(model)] = routing
		times := c.times(model)
		told := map[fleet.DeploymentID]bool{}
		for _, e := range c.entries {
			if e.model != model || told[e.name()] {
				continue
			}
			told[e.name()] = true
			d := fleet.DeploymentReading{ID: e.name(), Route: fleet.RouteID(model), Model: fleet.ModelName(model),
				APIBase: string(e.name()), Weight: fleet.Some(1.0)}
			if n := times[e.name()]; n > 1 {
				warn(out, fleet.Textf("%s is listed %s times for %s: that is no weight, the router counts it once", fleet.Quote(string(e.name())),
					fleet.Int(n), fleet.Label(model)))
			}
			if c.checks && p.read {
				if _, in := p.servers[e.url]; !in {
					d.Blocked = fleet.Some(true)
					warn(out, fleet.Textf("the router's health check leaves %s out of %s", fleet.Quote(string(e.name())), fleet.Label(model)))
				}
			}
			p.fill(&d, e)
			g.Deployments = append(g.Deployments, d)
		}
		g.Deployments = append(g.Deployments, p.unlisted(model, told)...)
	}
	tellStrayAliases(c, out)
}

// unlisted are the back ends that the router has asked for a model since its start, and lists no more: they are out, and that they
// get nothing is measured.
func (p *page) unlisted(model string, told map[fleet.DeploymentID]bool) []fleet.DeploymentReading {
	var servers []string
	for key := range p.series {
		if key.model == model && !told[entry{url: key.server}.name()] {
			servers = append(servers, key.server)
		}
	}
	slices.Sort(servers)
	var list []fleet.DeploymentReading
	for _, server := range servers {
		e := entry{model: model, url: server}
		if told[e.name()] {
			continue
		}
		told[e.name()] = true
		d := fleet.DeploymentReading{ID: e.name(), Route: fleet.RouteID(model), Model: fleet.ModelName(model), APIBase: string(e.name()),
			Weight: fleet.Some(0.0)}
		p.fill(&d, e)
		list = append(list, d)
	}
	return list
}

// tellStrayAliases says which aliases lead to a model that has no back end.
func tellStrayAliases(c *config, out *fleet.Partial) {
	served := c.models()
	for _, alias := range slices.Sorted(maps.Keys(c.aliases)) {
		if !slices.Contains(served, c.aliases[alias]) {
			warn(out, fleet.Textf("the alias %s leads to %s, which has no back end in its list", fleet.Label(alias), fleet.Label(c.aliases[alias])))
		}
	}
}

// foreign names a back end of which the list that the router chooses from says otherwise than its configuration; "" for none.
// Where health checks leave back ends out, an absent one says nothing.
func (c *config) foreign(p *page) string {
	if c.discovery != static || !p.read {
		return ""
	}
	listed := map[string]bool{}
	for _, e := range c.entries {
		listed[e.url] = true
		if _, in := p.servers[e.url]; !in && !c.checks {
			return e.url
		}
	}
	for _, server := range slices.Sorted(maps.Keys(p.servers)) {
		if !listed[server] {
			return server
		}
	}
	return ""
}

// routing is what is said of one model.
func (c *config) routing(model string) fleet.Routing {
	out := fleet.Routing{Strategy: c.strategy(), Weighing: fleet.WeighingInOut, Most: 1, Listed: true, KeepsShare: !c.checks,
		Uneven: c.logic != "roundrobin", Aliases: c.aliasesOf(model), Edits: []fleet.EditKind{fleet.EditAlias},
		EditsWhy: fleet.Text("it has no fallbacks, and takes a back end out by not listing it")}
	if why := c.fixed(); why != "" {
		out.Fixed = fleet.Label(why)
	}
	return out
}

func (c *config) strategy() fleet.Safe {
	if c.logic == "session" && c.session != "" {
		return fleet.Textf("session by %s", fleet.Label(c.session))
	}
	return fleet.Label(c.logic)
}

// fixed says why nothing can be taken out of this configuration or put back; "" where it can. A router that takes a new one over
// builds its discovery and its routing anew, whatever field has changed, and gives the routing nothing but its session key
// (production-stack a6c01db, DynamicConfigWatcher.reconfigure_all).
func (c *config) fixed() string {
	switch c.logic {
	case "kvaware", "disaggregated_prefill", "disaggregated_prefill_orchestrated":
		return "with the routing logic " + c.logic + " any change of the file makes the router lose the ports or labels that it was started " +
			"with: change its flags and restart it instead"
	}
	if c.labelled {
		return "labels stand by their place in the list, and a back end that is put back would not get its own again: change back ends and " +
			"labels together by hand"
	}
	return ""
}
