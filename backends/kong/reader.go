package kong

import (
	"context"
	"errors"
	"sync"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

var errOdd = errors.New("an entry of the list is not of the shape that was expected")

// reader reads one node, or one control plane with its data planes.
type reader struct {
	api       *api
	clock     fleet.Clock
	upstreams string
	scraped   []pageOf

	table    *promtext.Table
	scraping sync.Mutex
	raw      promtext.Page // memory that is used again
}

func newReader(s fleet.SourceSpec, deps fleet.Deps) (*reader, error) {
	a, err := newAPI(s.ID, s.URL, s.Auth, s.TLS, s.Options, deps)
	if err != nil {
		return nil, err
	}
	scraped, err := metricsPages(s, a, deps)
	if err != nil {
		return nil, err
	}
	return &reader{api: a, clock: deps.Clock, upstreams: s.Options[OptionUpstreams], scraped: scraped,
		table: promtext.NewTable(families()...)}, nil
}

// Read implements fleet.Reader.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	n, err := r.api.node(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	routes, reply, err := r.api.plugins(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	out := fleet.Partial{Version: fleet.Label(n.Version), ServerTime: reply.ServerTime, Health: fleet.Some(true),
		Gateway: &fleet.GatewayReading{CanBlock: fleet.Some(false)}}
	if routes, err = r.withUpstreams(ctx, routes, &out); err != nil {
		return fleet.Partial{}, err
	}
	g := out.Gateway
	g.Mode, g.ModeWhy = n.mode()
	pending := fleet.Safe{}
	if n.Configuration.Role == controlPlane {
		pending = r.planes(ctx, &out)
	}
	read, err := r.metrics(ctx, g)
	if err != nil {
		return fleet.Partial{}, err
	}
	out.Notices = append(out.Notices, read.notices...)
	called, err := r.names(ctx, routes, read, &out)
	if err != nil {
		return fleet.Partial{}, err
	}
	r.tell(routes, called, n.fixed(), pending, read, &out)
	out.At = r.clock.Now()
	return out, nil
}

// plugins reads the routes that are AI plugins. Nothing of other plugins is looked at.
func (a *api) plugins(ctx context.Context) ([]route, *httpx.Reply, error) {
	list, reply, err := a.list(ctx, a.at("plugins"))
	if err != nil {
		return nil, nil, err
	}
	var routes []route
	for _, raw := range list {
		doc, err := jsonptr.Decode(fleet.JSON(raw))
		if _, object := doc.(map[string]any); err != nil || !object {
			return nil, nil, a.invalid("read /plugins", errOdd)
		}
		if r, ok := pluginRoute(doc); ok {
			routes = append(routes, r)
		}
	}
	return routes, reply, nil
}

// withUpstreams adds the upstreams. A token that may not read them leaves them out, which is said.
func (r *reader) withUpstreams(ctx context.Context, routes []route, out *fleet.Partial) ([]route, error) {
	ups, left, err := r.api.upstreams(ctx, r.upstreams)
	switch fleet.KindOf(err) {
	case "":
	case fleet.KindAuth, fleet.KindNotFound, fleet.KindUnsupported:
		warn(out, fleet.Text("the upstreams are closed to this token, and are no routes here"))
		return routes, nil
	default:
		return nil, err
	}
	if left > 0 {
		warn(out, fleet.Textf("%s upstreams beyond the first %s are not read; name those that are wanted in the option %s",
			fleet.Int(left), fleet.Int(maxUpstreams), fleet.Text(OptionUpstreams)))
	}
	return append(routes, ups...), nil
}

// planes tells what data planes have not taken over.
func (r *reader) planes(ctx context.Context, out *fleet.Partial) fleet.Safe {
	list, now, err := r.api.planes(ctx, r.clock.Now())
	if err != nil {
		warn(out, fleet.Concat(fleet.Text("whether the data planes hold what is stored is not known: "), fleet.Cause(err)))
		return fleet.Safe{}
	}
	live, silent := present(list, now)
	if silent > 0 {
		warn(out, fleet.Textf("%s data planes have been silent for more than 2 minutes: they ended, or are cut off and serve what they had",
			fleet.Int(silent)))
	}
	if len(live) == 0 {
		warn(out, fleet.Text("no data plane is connected to this control plane"))
	}
	return pendingAt(live, "")
}

func warn(out *fleet.Partial, text fleet.Safe) {
	out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: text})
}

// tell writes the routes down.
func (r *reader) tell(routes []route, names names, fixed, pending fleet.Safe, read *pages, out *fleet.Partial) {
	g := out.Gateway
	g.Routing = map[fleet.RouteID]fleet.Routing{}
	members := map[fleet.RouteID][]fleet.DeploymentReading{}
	var kept []route
	odd, twice := 0, 0
	for _, one := range routes {
		if _, known := g.Routing[one.id]; known {
			twice++
			continue
		}
		kept = append(kept, one)
		routing := one.routing
		routing.Pending = pending
		if !fixed.IsEmpty() {
			routing.Fixed = fixed
		}
		g.Routing[one.id] = routing
		members[one.id] = one.readings()
		odd += one.odd
	}
	g.Whole = read.whole(kept, names)
	untold := read.fill(kept, g.Whole, members)
	for _, one := range kept {
		g.Deployments = append(g.Deployments, members[one.id]...)
	}
	if odd > 0 {
		warn(out, fleet.Textf("%s targets have a weight that is no number", fleet.Int(odd)))
	}
	if twice > 0 {
		warn(out, fleet.Textf("%s routes have the name of another one and are left out", fleet.Int(twice)))
	}
	if untold > 0 {
		warn(out, fleet.Textf("%s targets have provider and model in common with others, and Kong counts them together: their counters "+
			"are unknown", fleet.Int(untold)))
	}
}

func (r *route) readings() []fleet.DeploymentReading {
	list := make([]fleet.DeploymentReading, len(r.members))
	for i, m := range r.members {
		list[i] = fleet.DeploymentReading{ID: m.id, Route: r.id, Model: m.model, APIBase: m.base, Weight: m.weight, Order: m.order}
		if r.off {
			list[i].Blocked = fleet.Some(true)
		}
	}
	return list
}
