package productionstack

import (
	"context"
	"maps"
	"slices"

	"pitwall/fleet"
)

const (
	unlisted = "it was started without --dynamic-config-yaml or --dynamic-config-json, and reads its back ends at its start alone: start it " +
		"with one of them to take back ends out while it runs"
	discovered = "its back ends are those that it finds by a label in Kubernetes: take the label off a pod, or scale, to take one out"
	external   = "its back ends are providers of a file that is read at its start alone"
)

// tellFound tells the routes of a router whose back ends are not listed in a file that it follows. It says what models its back ends
// have, and which back ends there are, and not which is which.
func (r *reader) tellFound(ctx context.Context, held *config, p *page, out *fleet.Partial) error {
	engines, err := r.api.engines(ctx)
	if err != nil {
		return err
	}
	why := unlisted
	routing := fleet.Routing{Weighing: fleet.WeighingInOut, Most: 1, Uneven: true} // the logic is not said where no file is followed
	if held != nil {
		why = discovered
		if held.discovery != "k8s" {
			why = external
		}
		routing.Strategy, routing.Uneven, out.Gateway.Strategy = held.strategy(), held.logic != "roundrobin", held.logic
	}
	routing.Fixed = fleet.Label(why)
	routing.EditsWhy = routing.Fixed
	out.Gateway.Mode, out.Gateway.ModeWhy = fleet.GatewayModeNone, routing.Fixed
	served := serving(engines)
	for _, model := range slices.Sorted(maps.Keys(served)) {
		n := served[model]
		out.Gateway.Routing[fleet.RouteID(model)] = routing
		members := p.membersOf(model, n, len(engines))
		if len(members) < n && p.read {
			warn(out, fleet.Textf("of the %s back ends of %s the router names %s: the others had no request yet", fleet.Int(n), fleet.Label(model),
				fleet.Int(len(members))))
		}
		for _, server := range members {
			e := entry{model: model, url: server}
			d := fleet.DeploymentReading{ID: e.name(), Route: fleet.RouteID(model), Model: fleet.ModelName(model), APIBase: string(e.name()),
				Weight: fleet.Some(1.0)}
			p.fill(&d, e)
			out.Gateway.Deployments = append(out.Gateway.Deployments, d)
		}
	}
	return nil
}

// serving counts the back ends of each model.
func serving(engines [][]string) map[string]int {
	n := map[string]int{}
	for _, models := range engines {
		once := map[string]bool{}
		for _, m := range models {
			if m != "" && !once[m] {
				once[m] = true
				n[m]++
			}
		}
	}
	return n
}

// membersOf are the back ends of a model, as far as they are known: all where all have it, else those that it was asked of.
func (p *page) membersOf(model string, serve, all int) []string {
	var list []string
	for _, server := range slices.Sorted(maps.Keys(p.servers)) {
		if serve == all && all == len(p.servers) || p.series[series{server, model}] != nil {
			list = append(list, server)
		}
	}
	return list
}
