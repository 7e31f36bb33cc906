package azureml

import (
	"context"
	"fmt"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// mostEndpoints bounds for how many endpoints the deployments are asked for in one read.
const mostEndpoints = 100

type reader struct {
	api   *api
	spec  fleet.SourceSpec
	clock fleet.Clock
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	a, err := open(spec, spec.Auth, deps)
	if err != nil {
		return nil, err
	}
	return &reader{api: a, spec: spec, clock: deps.Clock}, nil
}

// Read lists the endpoints and the deployments of each. What cannot be read is told and left out.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	items, reply, err := r.api.list(ctx, r.api.path("onlineEndpoints"))
	if err != nil {
		return fleet.Partial{}, err
	}
	out := fleet.Partial{ServerTime: reply.ServerTime}
	now := r.clock.Now()
	var works []*fleet.Workload
	for i, item := range items {
		if i == mostEndpoints {
			out.Incomplete = fleet.Textf("%s of %s endpoints were read", fleet.Int(i), fleet.Int(len(items)))
			break
		}
		var e endpoint
		if err := jsonptr.Typed(fleet.JSON(item), &e); err != nil || e.Name == "" || e.ID == "" {
			out.Notices = append(out.Notices, left("endpoint", i, len(items)))
			continue
		}
		list, notices, err := r.deployments(ctx, e.Name)
		switch {
		case fleet.KindOf(err) == fleet.KindNotFound:
			continue // it was deleted meanwhile
		case err != nil:
			return fleet.Partial{}, err
		}
		out.Notices = append(out.Notices, notices...)
		g := &gathered{endpoint: e, deployments: list, now: now}
		works = append(works, g.workload())
		for i := range list {
			works = append(works, list[i].workload(e.Name, now))
		}
	}
	out.At = r.clock.Now()
	server := fleet.Label(r.spec.URL + " workspace " + r.spec.Options[optWorkspace])
	out.Cluster = restobjects.Cluster(r.spec, server, out.At, works, endpointKind, deploymentKind)
	return out, nil
}

func left(what string, i, n int) fleet.Notice {
	return fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Label(fmt.Sprintf("%s %d of %d cannot be read and is left out", what, i+1, n))}
}

func (r *reader) deployments(ctx context.Context, endpoint string) ([]deployment, []fleet.Notice, error) {
	items, _, err := r.api.list(ctx, r.api.path("onlineEndpoints", endpoint, "deployments"))
	if err != nil {
		return nil, nil, err
	}
	var list []deployment
	var notices []fleet.Notice
	for i, item := range items {
		var d deployment
		if err := jsonptr.Typed(fleet.JSON(item), &d); err != nil || d.Name == "" || d.ID == "" {
			notices = append(notices, left("deployment", i, len(items)))
			continue
		}
		list = append(list, d)
	}
	return list, notices, nil
}
