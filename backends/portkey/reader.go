package portkey

import (
	"context"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

type reader struct {
	api    *api
	routes fleet.Reader
	counts *analytics // nil where no workspace is named
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	a, err := open(spec.ID, httpx.For(spec, spec.URL, deps), spec.Options)
	if err != nil {
		return nil, err
	}
	r := &reader{api: a, routes: routeobjects.NewReader(spec, shape{}, restobjects.NewObjects(spec.ID, a), deps.Clock, fleet.GatewayModeAPI)}
	if w := spec.Options[optWorkspace]; w != "" {
		r.counts = &analytics{api: a, workspace: w, clock: deps.Clock}
	}
	return r, nil
}

// Read lists the configs, and what was counted of them.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	out, err := r.routes.Read(ctx)
	if err != nil {
		return out, err
	}
	g := out.Gateway
	g.ModeWhy = fleet.Text("saved configs of Portkey's control plane")
	g.CanBlock = fleet.Some(false)
	out.ServerTime = r.api.serverTime()
	if n := r.api.withoutName(); n > 0 {
		out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn,
			Text: fleet.Textf("%s configs have slugs that no route can be called by, and are left out", fleet.Int(n))})
	}
	if r.counts == nil {
		g.MetricsWhy = fleet.Text("requests are counted by workspaces: name one in the option workspace")
		return out, nil
	}
	r.counts.fill(ctx, g)
	return out, nil
}
