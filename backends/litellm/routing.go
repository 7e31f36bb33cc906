package litellm

import (
	"slices"

	"pitwall/fleet"
)

// routing tells what the router does with each route that has members, and with those that settings name.
func (s settings) routing(ds []deployment, version string) map[fleet.RouteID]fleet.Routing {
	out := map[fleet.RouteID]fleet.Routing{}
	for _, d := range ds {
		r, known := out[d.route]
		if !known {
			r = s.routingOf(d.route, version)
		}
		if at := d.updatedAt; at.OK && (!r.ChangedAt.OK || at.V.After(r.ChangedAt.V)) {
			r.ChangedAt, r.ChangedBy = at, fleet.Label(d.updatedBy)
		}
		out[d.route] = r
	}
	for _, to := range s.aliases {
		if _, known := out[to]; !known {
			out[to] = s.routingOf(to, version)
		}
	}
	return out
}

func (s settings) routingOf(route fleet.RouteID, version string) fleet.Routing {
	r := fleet.Routing{Strategy: fleet.Label(s.strategyOf(route)), Most: maxWeight, Fallbacks: s.fallbacksOf(route),
		ByOrder: s.byOrder(version), Retries: count(s.retries), AllowedFails: count(s.allowedFails),
		Timeout: seconds(s.timeout), Cooldown: seconds(s.cooldown)}
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

// fallbacksOf are those of a route, and the default ones where it has none for failures of its own.
func (s settings) fallbacksOf(route fleet.RouteID) []fleet.Fallback {
	own := s.fallbacks[route]
	if len(s.byDefault) == 0 || slices.ContainsFunc(own, func(f fleet.Fallback) bool { return f.Kind == fleet.FallbackFailure }) {
		return own
	}
	return append(slices.Clone(own), fleet.Fallback{Kind: fleet.FallbackDefault, To: s.byDefault})
}

// byOrder tells whether the order of members counts: in newer versions always (router.py of 1.96.0), up to 1.81.15 only where
// requests are checked before a member is picked, which the live settings do not tell.
func (s settings) byOrder(version string) fleet.Maybe[bool] {
	always := between(version, number3{1, 81, 15}, number3{1, 96, 0})
	if always.OK && !always.V {
		return s.preCall
	}
	return always
}

func count(n number) fleet.Maybe[fleet.Count] {
	return fleet.Maybe[fleet.Count]{V: fleet.Count(n.V), OK: n.OK && n.V >= 0}
}

func seconds(n number) fleet.Maybe[fleet.Seconds] {
	return fleet.Maybe[fleet.Seconds]{V: fleet.Seconds(n.V), OK: n.OK && n.V >= 0}
}
