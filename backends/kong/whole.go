package kong

import (
	"context"
	"net/http"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// scope is what a plugin applies to, by Kong's ids, or which host an upstream stands for.
type scope struct {
	route, service string
	narrower       bool // to some consumers only: no counter tells their requests
	host           string
}

func scopeOf(doc any) scope {
	return scope{route: jsonptr.Text(doc, "/route/id"), service: jsonptr.Text(doc, "/service/id"),
		narrower: jsonptr.Text(doc, "/consumer/id") != "" || jsonptr.Text(doc, "/consumer_group/id") != ""}
}

// entrance is where a request came in, as the metrics name it.
type entrance struct{ service, route string }

// statuses counts requests by how they ended.
type statuses struct{ all, failed float64 }

func (p *pages) status(s promtext.Sample) {
	code, err := strconv.Atoi(s.Labels.Value("code"))
	if space := s.Labels.Value("workspace"); err != nil || space != "" && space != p.workspace {
		return
	}
	key := entrance{s.Labels.Value("service"), s.Labels.Value("route")}
	c := p.statuses[key]
	if c == nil {
		c = &statuses{}
		p.statuses[key] = c
	}
	c.all += s.Value
	if failure(code, s.Labels.Value("source")) {
		c.failed += s.Value
	}
}

// failure tells whether a status is no fault of the client: all from 500, and what a target refuses Kong. What Kong refuses a
// client by itself has another source.
func failure(code int, source string) bool {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return source != "exit"
	}
	return code >= http.StatusInternalServerError
}

// names are what the metrics call routes and services. Both have their id there where they have no name.
type names struct {
	routes   map[string]entity // by id
	services map[string]entity
}

// entity is a route or a service of Kong.
type entity struct {
	name    string
	service string // of a route: the id of its service
	host    string // of a service
}

// names reads the routes and services of Kong, where the metrics count by them. A token that may not leaves the counts out.
func (r *reader) names(ctx context.Context, routes []route, read *pages, out *fleet.Partial) (names, error) {
	n := names{}
	if len(read.statuses) == 0 || len(routes) == 0 {
		return n, nil
	}
	var err error
	if n.routes, err = r.entities(ctx, "routes"); err == nil {
		n.services, err = r.entities(ctx, "services")
	}
	switch fleet.KindOf(err) {
	case "":
		return n, nil
	case fleet.KindAuth, fleet.KindNotFound, fleet.KindUnsupported:
		warn(out, fleet.Text("Kong's routes and services are closed to this token: how requests of a route end is not known"))
		return names{}, nil
	default:
		return names{}, err
	}
}

func (r *reader) entities(ctx context.Context, collection string) (map[string]entity, error) {
	list, _, err := r.api.list(ctx, r.api.at(collection))
	if err != nil {
		return nil, err
	}
	out := make(map[string]entity, len(list))
	for _, raw := range list {
		doc, err := jsonptr.Decode(fleet.JSON(raw))
		if err != nil {
			return nil, r.api.invalid("read /"+collection, err)
		}
		e := entity{name: jsonptr.Text(doc, "/name"), service: jsonptr.Text(doc, "/service/id"), host: jsonptr.Text(doc, "/host")}
		id := jsonptr.Text(doc, "/id")
		if e.name == "" && collection == "services" {
			e.name = e.host
		} else if e.name == "" {
			e.name = id
		}
		out[id] = e
	}
	return out, nil
}

// whole gives the counts of each route that is told apart from all others. Kong counts by its routes and services: what
// is for some consumers only, for everybody, or beside another AI plugin in one place, has no counts of its own.
func (p *pages) whole(routes []route, n names) map[fleet.RouteID]fleet.RouteCounts {
	out := map[fleet.RouteID]fleet.RouteCounts{}
	if len(p.statuses) == 0 || len(n.routes)+len(n.services) == 0 {
		return out
	}
	for i := range routes {
		r := &routes[i]
		counted, known := n.match(routes, i)
		if !known {
			continue
		}
		var sum statuses
		for at, c := range p.statuses {
			if counted(at) {
				sum.all, sum.failed = sum.all+c.all, sum.failed+c.failed
			}
		}
		out[r.id] = fleet.RouteCounts{Requests: fleet.Some(sum.all), Failures: fleet.Some(sum.failed)}
	}
	return out
}

// match tells which places of the metrics are those of a route.
func (n names) match(routes []route, i int) (func(entrance) bool, bool) {
	own := routes[i].scope
	if own.narrower {
		return nil, false
	}
	for j := range routes {
		if other := &routes[j]; j != i && !other.off && n.meet(own, other.scope) {
			return nil, false
		}
	}
	switch {
	case own.route != "":
		e, known := n.routes[own.route]
		return func(at entrance) bool { return at.route == e.name }, known && n.once(e.name)
	case own.service != "":
		e, known := n.services[own.service]
		return func(at entrance) bool { return at.service == e.name }, known
	case own.host != "":
		called := map[string]bool{}
		for _, e := range n.services {
			if e.host == own.host {
				called[e.name] = true
			}
		}
		return func(at entrance) bool { return called[at.service] }, len(called) > 0
	}
	return nil, false
}

// meet tells whether another AI plugin takes requests of the place that one is for. The nearer plugin is the one that runs:
// that on a route before that on its service, and one for some consumers before one for all.
func (n names) meet(a, b scope) bool {
	if a.host != "" || b.host != "" {
		return false // what an upstream gets is counted at its services, whatever else is
	}
	service := a.service
	if a.route != "" {
		service = n.routes[a.route].service
	}
	switch {
	case b.route != "" && a.route != "":
		return a.route == b.route
	case b.route != "":
		return n.routes[b.route].service == a.service
	case b.service != "":
		return b.service == service && (a.route == "" || b.narrower)
	}
	return b.narrower
}

// once tells whether one route only has a name: of routes of different workspaces it need not be.
func (n names) once(name string) bool {
	k := 0
	for _, e := range n.routes {
		if e.name == name {
			k++
		}
	}
	return k == 1
}
