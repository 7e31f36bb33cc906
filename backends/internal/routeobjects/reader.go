package routeobjects

import (
	"context"

	"pitwall/fleet"
)

// NewReader reads the routes of one gateway. mode says what can change them.
func NewReader(spec fleet.SourceSpec, shape Shape, objects fleet.Objects, clock fleet.Clock, mode fleet.GatewayMode) fleet.Reader {
	return &reader{newDocuments(spec.ID, fleet.ClusterID(spec.Options[fleet.OptionCluster]), spec.Options, shape, objects), clock, mode}
}

// ClusterReader reads the routes that are objects of the cluster that the source's options name.
func ClusterReader(spec fleet.SourceSpec, deps fleet.Deps, shape Shape) (fleet.Reader, error) {
	objects, err := clusterObjects(fleet.ClusterID(spec.Options[fleet.OptionCluster]), deps)
	if err != nil {
		return nil, err
	}
	return NewReader(spec, shape, objects, deps.Clock, fleet.GatewayModeObjects), nil
}

type reader struct {
	documents
	clock fleet.Clock
	mode  fleet.GatewayMode
}

// Read implements fleet.Reader.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	list, odd, err := r.all(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	out := fleet.Partial{At: r.clock.Now(), Health: fleet.Some(true), Gateway: &fleet.GatewayReading{Mode: r.mode,
		Routing: map[fleet.RouteID]fleet.Routing{}}}
	for _, text := range odd {
		out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: text})
	}
	for _, p := range list {
		for _, text := range p.route.Notes {
			out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn,
				Text: fleet.Textf("route %s: %s", fleet.Quote(string(p.route.ID)), text)})
		}
		out.Gateway.Routing[p.route.ID] = p.route.Routing
		for _, m := range p.route.Members {
			out.Gateway.Deployments = append(out.Gateway.Deployments, fleet.DeploymentReading{ID: m.ID, Route: p.route.ID, Model: m.Model,
				APIBase: m.APIBase, Weight: m.Weight, Order: m.Order})
		}
	}
	return out, nil
}
