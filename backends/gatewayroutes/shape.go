package gatewayroutes

import (
	"context"
	"strconv"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// generatedMark is what Envoy AI Gateway writes on the HTTPRoutes that it makes of its own routes.
const generatedMark = "gateway.envoyproxy.io/ai-gateway-generated"

// shape finds a route in each rule that has back ends.
type shape struct{ movers *movers.Movers }

// Kinds implements routeobjects.Shape.
func (shape) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// Ref implements routeobjects.Shape.
func (shape) Ref(route fleet.RouteID) fleet.ObjectRef { return routeobjects.Namespaced(route) }

// Around implements routeobjects.Surrounded.
func (shape) Around(ctx context.Context, c fleet.Objects, of fleet.ClusterID, namespace string) (routeobjects.Shape, []fleet.Safe, error) {
	by, err := movers.Read(ctx, c, of, namespace)
	if err != nil {
		return nil, nil, err
	}
	if by.Unread.IsEmpty() {
		return shape{by}, nil, nil
	}
	return shape{by}, []fleet.Safe{by.Unread}, nil
}

// Routes implements routeobjects.Shape. The HTTPRoute that is made of an AIGatewayRoute is none of its own: what is written there
// is overwritten.
func (s shape) Routes(_ fleet.ObjectKind, ref fleet.ObjectRef, doc any) ([]routeobjects.Route, error) {
	var o object
	if err := jsonptr.Into(doc, &o); err != nil {
		return nil, err
	}
	if owner.Holder(ref, &o.ObjectMeta).Kind == "AIGatewayRoute" || o.Annotations[generatedMark] != "" {
		return nil, nil
	}
	rules := o.Spec.Rules
	return routeobjects.Rules(len(rules), func(i int) bool { return len(rules[i].Backends) > 0 }, func(i int) string { return rules[i].Name },
		func(i int, called string) routeobjects.Route { return s.route(ref, &o, i, called) }), nil
}

// route is one rule.
func (s shape) route(ref fleet.ObjectRef, o *object, i int, called string) routeobjects.Route {
	r, path := &o.Spec.Rules[i], "/spec/rules/"+strconv.Itoa(i)
	out := routeobjects.Route{ID: routeobjects.ID(ref, called), Same: []string{path + "/name", path + "/matches"}, Notes: o.said().Troubles(),
		Routing: fleet.Routing{Weighing: fleet.WeighingShares, Most: most, KeepsShare: true, Pending: o.said().Pending(),
			Retries: r.retries(), Timeout: r.timeout()}}
	movers.Mark(&out.Routing, ref, &o.ObjectMeta, s.movers.OfHTTPRoute(ref))
	for j, id := range r.ids() {
		at := path + "/backendRefs/" + strconv.Itoa(j)
		out.Members = append(out.Members, routeobjects.Member{ID: fleet.DeploymentID(id), Weight: fleet.Some(float64(r.Backends[j].weight())),
			At: at + "/weight", Same: []string{at + "/kind", at + "/namespace", at + "/name", at + "/port"}})
	}
	return out
}

// retries are those of the experimental channel.
func (r *rule) retries() fleet.Maybe[fleet.Count] {
	if r.Retry == nil || r.Retry.Attempts == nil || *r.Retry.Attempts < 0 {
		return fleet.None[fleet.Count]()
	}
	return fleet.Some(fleet.Count(*r.Retry.Attempts))
}

// timeout is that of one try where one is said, else that of the whole request. 0s is none.
func (r *rule) timeout() fleet.Maybe[fleet.Seconds] {
	for _, text := range []string{r.Timeouts.Backend, r.Timeouts.Request} {
		if d, err := time.ParseDuration(text); err == nil && d > 0 {
			return fleet.Some(fleet.Seconds(d.Seconds()))
		}
	}
	return fleet.None[fleet.Seconds]()
}
