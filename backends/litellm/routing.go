package litellm

import (
	"slices"

	"pitwall/fleet"
)

// routing tells what the router does with each route that has members, and with those that settings name.
func (s settings) routing(ds []deployment) map[fleet.RouteID]fleet.Routing {
	out := map[fleet.RouteID]fleet.Routing{}
	for _, d := range ds {
		if _, known := out[d.route]; !known {
			out[d.route] = s.routingOf(d.route)
		}
	}
	for _, to := range s.aliases {
		if _, known := out[to]; !known {
			out[to] = s.routingOf(to)
		}
	}
	return out
}

func (s settings) routingOf(route fleet.RouteID) fleet.Routing {
	r := fleet.Routing{Strategy: fleet.Label(s.strategyOf(route)), Most: maxWeight, Fallbacks: s.fallbacks[route],
		Retries: count(s.retries), AllowedFails: count(s.allowedFails), Timeout: seconds(s.timeout), Cooldown: seconds(s.cooldown)}
	switch s.strategyOf(route) {
	case "":
	case simpleShuffle:
		r.Weighing = fleet.WeighingShares
	default:
		r.Weighing = fleet.WeighingIgnored
	}
	for alias, to := range s.aliases {
		if to == route {
			r.Aliases = append(r.Aliases, alias)
		}
	}
	slices.Sort(r.Aliases)
	return r
}

func count(n number) fleet.Maybe[fleet.Count] {
	return fleet.Maybe[fleet.Count]{V: fleet.Count(n.V), OK: n.OK && n.V >= 0}
}

func seconds(n number) fleet.Maybe[fleet.Seconds] {
	return fleet.Maybe[fleet.Seconds]{V: fleet.Seconds(n.V), OK: n.OK && n.V >= 0}
}
