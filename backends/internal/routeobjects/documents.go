package routeobjects

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// documents are those of one gateway.
type documents struct {
	source     fleet.SourceID
	cluster    fleet.ClusterID
	namespaces []string // none for all
	shape      Shape
	objects    fleet.Objects
}

// OptionNamespaces is the option that names the namespaces whose objects are read, with commas between; all without it.
const OptionNamespaces = "namespaces"

func newDocuments(source fleet.SourceID, cluster fleet.ClusterID, options map[string]string, shape Shape, objects fleet.Objects) documents {
	d := documents{source: source, cluster: cluster, shape: shape, objects: objects}
	for _, n := range strings.Split(options[OptionNamespaces], ",") {
		if n = strings.TrimSpace(n); n != "" {
			d.namespaces = append(d.namespaces, n)
		}
	}
	return d
}

// served are the kinds in the versions that the system has.
func (d *documents) served(ctx context.Context) ([]fleet.ObjectKind, error) {
	var list []fleet.ObjectKind
	var groups, has, knows []string
	for _, k := range d.shape.Kinds() {
		knows = append(knows, k.Group+"/"+k.Version)
		if slices.Contains(groups, k.Group+"/"+k.Resource) {
			continue
		}
		versions, err := d.objects.Versions(ctx, k.Group)
		if err != nil {
			return nil, err
		}
		has = append(has, prefixed(k.Group, versions)...)
		if slices.Contains(versions, k.Version) {
			groups = append(groups, k.Group+"/"+k.Resource)
			list = append(list, k)
		}
	}
	switch {
	case len(list) > 0:
		return list, nil
	case len(has) > 0:
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "read routes", Source: d.source,
			Err: errors.New("it has " + fleet.Quote(strings.Join(has, ", ")).String() + ", and pitwall knows " + strings.Join(knows, ", "))}
	}
	return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "read routes", Source: d.source,
		Err:  errors.New("it has none of " + strings.Join(knows, ", ")),
		Next: "install its definitions, or take this gateway out of the configuration"}
}

func prefixed(group string, versions []string) []string {
	list := make([]string, len(versions))
	for i, v := range versions {
		list[i] = group + "/" + v
	}
	return list
}

// place is where a route stands.
type place struct {
	kind  fleet.ObjectKind
	ref   fleet.ObjectRef
	uid   string
	doc   any
	route Route
}

// gathered is what one read of all documents gives.
type gathered struct {
	list    []place
	held    map[fleet.RouteID]bool
	odd     []fleet.Safe
	missing error // a kind that is not served
	listed  bool  // some kind is
}

// all reads every route. A document that cannot be understood is no route, and is said.
func (d *documents) all(ctx context.Context) ([]place, []fleet.Safe, error) {
	kinds, err := d.served(ctx)
	if err != nil {
		return nil, nil, err
	}
	namespaces := d.namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	g := gathered{held: map[fleet.RouteID]bool{}}
	for _, ns := range namespaces {
		shape, unread, err := d.shapeIn(ctx, ns)
		if err != nil {
			return nil, nil, err
		}
		g.odd = append(g.odd, unread...)
		for _, kind := range kinds {
			docs, err := d.objects.List(ctx, kind, ns, "")
			switch fleet.KindOf(err) {
			case "":
				g.listed = true
				d.gather(&g, shape, kind, docs)
			case fleet.KindNotFound: // another kind of the group is there
				g.missing = err
			default:
				return nil, nil, err
			}
		}
	}
	if !g.listed {
		return nil, nil, g.missing
	}
	return g.list, g.odd, nil
}

// gather adds the routes of some documents. Of two under one name the first counts, as find has it.
func (d *documents) gather(g *gathered, shape Shape, kind fleet.ObjectKind, docs []fleet.JSON) {
	for _, body := range docs {
		found, err := d.places(shape, kind, body)
		if err != nil {
			g.odd = append(g.odd, fleet.Textf("one %s cannot be read: %s", fleet.Label(kind.Kind), fleet.Cause(err)))
		}
		for _, p := range found {
			if g.held[p.route.ID] {
				g.odd = append(g.odd, fleet.Textf("route %s is held by two objects; that in %s is passed over", fleet.Quote(string(p.route.ID)),
					fleet.Quote(kind.Group+"/"+kind.Version)))
				continue
			}
			g.held[p.route.ID] = true
			g.list = append(g.list, p)
		}
	}
}

// shapeIn is the shape with what it has to know of a namespace, "" for all.
func (d *documents) shapeIn(ctx context.Context, namespace string) (Shape, []fleet.Safe, error) {
	if s, ok := d.shape.(Surrounded); ok {
		return s.Around(ctx, d.objects, d.cluster, namespace)
	}
	return d.shape, nil, nil
}

// places are the routes of one document.
func (d *documents) places(shape Shape, kind fleet.ObjectKind, body fleet.JSON) ([]place, error) {
	doc, err := jsonptr.Decode(body)
	if err != nil {
		return nil, err
	}
	ref := fleet.ObjectRef{Cluster: d.cluster, Kind: kind.Kind, Namespace: jsonptr.Text(doc, "/metadata/namespace"),
		Name: jsonptr.Text(doc, "/metadata/name")}
	routes, err := shape.Routes(kind, ref, doc)
	list := make([]place, len(routes))
	for i, r := range routes {
		list[i] = place{kind: kind, ref: ref, uid: jsonptr.Text(doc, "/metadata/uid"), doc: doc, route: r}
	}
	return list, err
}

// find reads one route anew.
func (d *documents) find(ctx context.Context, id fleet.RouteID) (place, error) {
	kinds, err := d.served(ctx)
	if err != nil {
		return place{}, err
	}
	ref := d.shape.Ref(id)
	ref.Cluster = d.cluster
	around := ref.Namespace
	if len(d.namespaces) == 0 {
		around = "" // as all reads it
	}
	shape, _, err := d.shapeIn(ctx, around)
	if err != nil {
		return place{}, err
	}
	var missing error
	for _, kind := range kinds {
		ref.Kind = kind.Kind
		body, err := d.objects.Get(ctx, kind, ref)
		if fleet.KindOf(err) == fleet.KindNotFound {
			missing = err
			continue
		}
		if err != nil {
			return place{}, err
		}
		list, err := d.places(shape, kind, body)
		if err != nil {
			return place{}, err
		}
		for _, p := range list {
			if p.route.ID == id {
				return p, nil
			}
		}
	}
	if missing == nil {
		missing = &fleet.Error{Kind: fleet.KindNotFound, Op: "read route " + fleet.Quote(string(id)).String(), Source: d.source,
			Err: errors.New("its object does not hold it any more")}
	}
	return place{}, missing
}

// askTimeout bounds one question or write.
const askTimeout = 10 * time.Second
