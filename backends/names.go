package backends

import (
	"net"
	"net/url"

	"pitwall/fleet"
)

// names finds what labels of an outside alert are about.
type names struct {
	replicas, nodes, pools, hosts map[string]fleet.Subject
	providers                     map[string]fleet.Subject
	models                        map[string]fleet.Subject // the pool of a model, where it is the only one
	routes                        map[string]fleet.RouteID
}

func newNames(inv fleet.Inventory) names {
	n := names{replicas: map[string]fleet.Subject{}, nodes: map[string]fleet.Subject{}, pools: map[string]fleet.Subject{},
		hosts: map[string]fleet.Subject{}, providers: map[string]fleet.Subject{}, models: map[string]fleet.Subject{},
		routes: map[string]fleet.RouteID{}}
	for _, p := range inv.Pools {
		pool := fleet.Subject{Pool: p.ID}
		n.pools[string(p.ID)] = pool
		if _, twice := n.models[string(p.Model)]; twice {
			pool = fleet.Subject{}
		}
		n.models[string(p.Model)] = pool
		for _, r := range p.Replicas {
			n.replicas[string(r.ID)] = fleet.Subject{Pool: p.ID, Replica: r.ID, Node: r.Node}
			if r.Node != "" {
				n.nodes[string(r.Node)] = fleet.Subject{Pool: p.ID, Node: r.Node}
			}
		}
		for _, node := range p.Nodes {
			n.nodes[string(node.ID)] = fleet.Subject{Pool: p.ID, Node: node.ID}
		}
	}
	for _, p := range inv.Providers {
		n.providers[string(p.ID)] = fleet.Subject{Provider: p.ID}
	}
	for _, r := range inv.Routes { // a name that gateways share says nothing
		if _, twice := n.routes[string(r.Called())]; twice {
			n.routes[string(r.Called())] = ""
			continue
		}
		n.routes[string(r.Called())] = r.ID
	}
	for _, r := range inv.Routes {
		n.routes[string(r.ID)] = r.ID
	}
	for _, s := range inv.Sources {
		if u, err := url.Parse(s.URL); err == nil && u.Host != "" && s.Subject != (fleet.Subject{}) && s.Subject.About != fleet.AboutStatus {
			n.hosts[u.Host] = s.Subject
		}
	}
	return n
}

// find returns the most particular thing that labels name, and the route where they name one.
func (n *names) find(labels map[string]string) (fleet.Subject, fleet.RouteID) {
	var route fleet.RouteID
	for _, name := range []string{"route", "model_group"} {
		if r := n.routes[labels[name]]; r != "" {
			route = r
			break
		}
	}
	host, _, err := net.SplitHostPort(labels["instance"])
	if err != nil {
		host = labels["instance"]
	}
	for _, look := range []struct {
		in   map[string]fleet.Subject
		name string
	}{
		{n.replicas, labels["pod"]}, {n.replicas, labels["replica"]}, {n.hosts, labels["instance"]}, {n.replicas, host},
		{n.nodes, labels["node"]}, {n.nodes, labels["Hostname"]}, {n.nodes, labels["hostname"]}, {n.nodes, host},
		{n.pools, labels["pool"]}, {n.pools, labels["deployment"]}, {n.pools, labels["service"]},
		{n.providers, labels["provider"]}, {n.models, labels["model_name"]}, {n.models, labels["model"]},
	} {
		if subject, ok := look.in[look.name]; ok && look.name != "" && subject != (fleet.Subject{}) {
			return subject, route
		}
	}
	return fleet.Subject{}, route
}
