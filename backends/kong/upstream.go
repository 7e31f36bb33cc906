package kong

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// upstreamPrefix stands before the name of an upstream in the name of its route, so that no plugin is called the same.
const upstreamPrefix = "upstream/"

// maxUpstreams bounds how many are read: each is a question of its own.
const maxUpstreams = 50

// wantedUpstreams tells which upstreams an option names; all is that none is named.
func wantedUpstreams(option string) (names map[string]bool, all bool) {
	names = map[string]bool{}
	for _, n := range strings.Split(option, ",") {
		if n = strings.TrimSpace(n); n != "" {
			names[n] = true
		}
	}
	if len(names) == 1 && names["none"] {
		return nil, false
	}
	return names, len(names) == 0
}

// upstreams reads the upstreams that are wanted, with their targets. left is how many were passed over for their number.
func (a *api) upstreams(ctx context.Context, option string) (routes []route, left int, err error) {
	names, all := wantedUpstreams(option)
	if !all && len(names) == 0 {
		return nil, 0, nil
	}
	list, _, err := a.list(ctx, a.at("upstreams"))
	if err != nil {
		return nil, 0, err
	}
	for _, raw := range list {
		doc, err := jsonptr.Decode(fleet.JSON(raw))
		if err != nil {
			return nil, 0, a.invalid("read /upstreams", err)
		}
		name := jsonptr.Text(doc, "/name")
		switch {
		case name == "" || !all && !names[name]:
			continue
		case len(routes) == maxUpstreams:
			left++
			continue
		}
		r, err := a.upstream(ctx, doc)
		if err != nil {
			return nil, 0, err
		}
		routes = append(routes, r)
	}
	return routes, left, nil
}

// upstream reads the targets of one upstream.
func (a *api) upstream(ctx context.Context, doc any) (route, error) {
	name := jsonptr.Text(doc, "/name")
	list, _, err := a.list(ctx, a.at("upstreams", name, "targets", "all")) // the list without "all" left out those with weight 0
	if err != nil {
		return route{}, err
	}
	r := upstreamRoute(doc)
	if err := r.fill(list); err != nil {
		return route{}, a.invalid("read the targets of "+fleet.Quote(name).String(), err)
	}
	return r, nil
}

func upstreamRoute(doc any) route {
	name := jsonptr.Text(doc, "/name")
	algorithm := cmp.Or(jsonptr.Text(doc, "/algorithm"), "round-robin")
	r := route{id: fleet.RouteID(upstreamPrefix + name), shape: upstreamOf, key: name}
	r.routing = fleet.Routing{Strategy: fleet.Label(algorithm), Most: maxWeight, Owner: ownerOf(doc),
		ChangedAt: timeAt(doc, "/updated_at"), ByOrder: fleet.Some(false)}
	r.routing.Weighing, r.routing.Fixed = upstreamWeighing(algorithm)
	r.scope.host = name
	return r
}

// upstreamWeighing is what weights mean under an algorithm of an upstream (kong/runloop/balancer of 3.x: least-connections
// and latency divide by the weight what they compare).
func upstreamWeighing(algorithm string) (fleet.Weighing, fleet.Safe) {
	switch algorithm {
	case "round-robin", "consistent-hashing":
		return fleet.WeighingShares, fleet.Safe{}
	case "least-connections", "latency":
		return fleet.WeighingIgnored, fleet.Concat(fleet.Text("under "), fleet.Label(algorithm),
			fleet.Text(" the share of a target is not by its weight; set the algorithm of the upstream to round-robin to have shares"))
	}
	return fleet.WeighingUnknown, fleet.Concat(fleet.Text("what weights mean under the algorithm "), fleet.Quote(algorithm),
		fleet.Text(" is not known here; set the algorithm of the upstream to round-robin to have shares"))
}

// fill takes the targets in. Of several entries for one target the last one made counts, as before Kong 2.2.
func (r *route) fill(list []json.RawMessage) error {
	at := map[string]int{}
	made := map[string]float64{}
	for _, raw := range list {
		doc, err := jsonptr.Decode(fleet.JSON(raw))
		if err != nil {
			return err
		}
		name := jsonptr.Text(doc, "/target")
		if name == "" {
			continue
		}
		m := member{id: fleet.DeploymentID(name), base: name, weight: number(doc, "/weight"), key: jsonptr.Text(doc, "/id")}
		if v, _ := jsonptr.Find(doc, "/weight"); v == nil {
			m.weight = fleet.Some(float64(defaultWeight))
		} else if !m.weight.OK {
			r.odd++
		}
		created := number(doc, "/created_at").V
		i, twice := at[name]
		switch {
		case !twice:
			at[name] = len(r.members)
			r.members = append(r.members, m)
		case created >= made[name]:
			r.members[i] = m
		default:
			continue
		}
		made[name] = created
	}
	return nil
}
