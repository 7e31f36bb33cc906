package kong

import (
	"cmp"
	"slices"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// The plugins that are routes.
const (
	pluginAdvanced = "ai-proxy-advanced"
	pluginSingle   = "ai-proxy"
)

// defaultWeight is that of a target without one (schemas of 3.10 and 3.15).
const defaultWeight = 100

// pluginRoute is the route that an AI plugin is. ok is false for other plugins.
func pluginRoute(doc any) (r route, ok bool) {
	r = route{key: jsonptr.Text(doc, "/id"), id: fleet.RouteID(cmp.Or(jsonptr.Text(doc, "/instance_name"), jsonptr.Text(doc, "/id")))}
	r.routing = fleet.Routing{Owner: ownerOf(doc), ChangedAt: timeAt(doc, "/updated_at")}
	r.scope = scopeOf(doc)
	enabled, _ := jsonptr.Find(doc, "/enabled")
	r.off = enabled == false
	switch jsonptr.Text(doc, "/name") {
	case pluginAdvanced:
		r.targets(doc)
	case pluginSingle:
		r.single(doc)
	default:
		return route{}, false
	}
	return r, r.id != ""
}

// single makes the route of a plugin with one target, which is in while the plugin is on.
func (r *route) single(doc any) {
	r.shape = aiTarget
	config, _ := jsonptr.Find(doc, "/config")
	m := memberOf(config)
	m.id, m.weight = fleet.DeploymentID(m.name()), fleet.Some(1.0)
	r.members = []member{m.member}
	r.routing.Weighing, r.routing.Most = fleet.WeighingInOut, 1
	r.routing.Fixed = fleet.Text("the plugin ai-proxy has one target and no weights; use ai-proxy-advanced to have several")
}

// targets makes the route of a plugin with several targets.
func (r *route) targets(doc any) {
	r.shape = aiTargets
	list, _ := jsonptr.Find(doc, "/config/targets")
	items, _ := list.([]any)
	all := make([]found, len(items))
	for i, item := range items {
		all[i] = memberOf(item)
		m := &all[i]
		m.at = jsonptr.Path("config", "targets", strconv.Itoa(i), "weight")
		switch v, _ := jsonptr.Find(item, "/weight"); {
		case v == nil:
			m.weight = fleet.Some(float64(defaultWeight))
		default:
			if m.weight = number(item, "/weight"); !m.weight.OK {
				r.odd++
			}
		}
	}
	twins := callMembers(all)
	for i := range all {
		r.members = append(r.members, all[i].member)
	}
	r.balance(doc)
	switch why := untouchable(doc); {
	case twins != "":
		r.routing.Fixed = fleet.Textf("several targets are %s and nothing tells them apart; give each of them a description of its own in Kong",
			fleet.Quote(twins))
	case !why.IsEmpty():
		r.routing.Fixed = why
	}
}

// balance reads how the plugin picks a target.
func (r *route) balance(doc any) {
	algorithm := cmp.Or(jsonptr.Text(doc, "/config/balancer/algorithm"), "round-robin")
	g := &r.routing
	g.Strategy, g.Most = fleet.Label(algorithm), maxWeight
	g.Retries = count(doc, "/config/balancer/retries")
	g.Timeout = milliseconds(doc, "/config/balancer/read_timeout")
	if fails := count(doc, "/config/balancer/max_fails"); fails.OK && fails.V > 0 {
		g.AllowedFails, g.Cooldown = fails, milliseconds(doc, "/config/balancer/fail_timeout")
	}
	g.Weighing, g.Fixed = aiWeighing(algorithm)
	g.ByOrder = fleet.Some(g.Weighing == fleet.WeighingGroups)
	if g.Weighing == fleet.WeighingGroups {
		r.orderByGroups()
	}
}

// aiWeighing is what weights mean under an algorithm of ai-proxy-advanced.
func aiWeighing(algorithm string) (fleet.Weighing, fleet.Safe) {
	instead := fleet.Text("; set balancer.algorithm to round-robin to have shares")
	switch algorithm {
	case "round-robin", "consistent-hashing":
		return fleet.WeighingFromOne, fleet.Safe{}
	case "priority":
		return fleet.WeighingGroups, fleet.Concat(fleet.Text("under priority a weight names the group of a target, and another number "+
			"re-orders who takes over from whom"), instead)
	case "least-connections":
		return fleet.WeighingIgnored, fleet.Concat(fleet.Text("under least-connections a weight is how much a target takes at once, and "+
			"requests in flight decide the share"), instead)
	case "lowest-latency", "lowest-usage", "semantic":
		return fleet.WeighingIgnored, fleet.Concat(fleet.Text("under "), fleet.Label(algorithm),
			fleet.Text(" the share of a target is not by its weight"), instead)
	}
	return fleet.WeighingUnknown, fleet.Concat(fleet.Text("what weights mean under the algorithm "), fleet.Quote(algorithm),
		fleet.Text(" is not known here"), instead)
}

// orderByGroups numbers the groups from 0, the greatest weight first.
func (r *route) orderByGroups() {
	var groups []float64
	for _, m := range r.members {
		if m.weight.OK && !slices.Contains(groups, m.weight.V) {
			groups = append(groups, m.weight.V)
		}
	}
	slices.Sort(groups)
	slices.Reverse(groups)
	for i := range r.members {
		if m := &r.members[i]; m.weight.OK {
			m.order = fleet.Some(float64(slices.Index(groups, m.weight.V)))
		}
	}
}
