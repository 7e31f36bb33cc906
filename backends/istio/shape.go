package istio

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// most is the greatest weight that fits into the field, and the greatest sum: Istio adds weights up in the same size.
const most = math.MaxInt32

// shape finds a route in each HTTP rule that has destinations.
type shape struct{ movers *movers.Movers }

// Kinds implements routeobjects.Shape.
func (shape) Kinds() []fleet.ObjectKind { return slices.Clone(kinds) }

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

// Routes implements routeobjects.Shape. A rule without destinations redirects, answers by itself or delegates.
func (s shape) Routes(_ fleet.ObjectKind, ref fleet.ObjectRef, doc any) ([]routeobjects.Route, error) {
	var o object
	if err := jsonptr.Into(doc, &o); err != nil {
		return nil, err
	}
	rules := o.Spec.HTTP
	return routeobjects.Rules(len(rules), func(i int) bool { return len(rules[i].Route) > 0 }, func(i int) string { return rules[i].Name },
		func(i int, called string) routeobjects.Route { return s.route(ref, &o, i, called) }), nil
}

// route is one rule.
func (s shape) route(ref fleet.ObjectRef, o *object, i int, called string) routeobjects.Route {
	r, path := &o.Spec.HTTP[i], "/spec/http/"+strconv.Itoa(i)
	out := routeobjects.Route{ID: routeobjects.ID(ref, called), Same: []string{path + "/name", path + "/match"}, Notes: o.faults(),
		Refuse: tooMuch, Routing: fleet.Routing{Weighing: fleet.WeighingShares, Most: most, AloneTakesAll: true, KeepsShare: true,
			Retries: r.retries(), Timeout: r.timeout()}}
	movers.Mark(&out.Routing, ref, &o.ObjectMeta, s.movers.OfVirtualService(ref))
	if r.alone() && out.Routing.Fixed.IsEmpty() {
		out.Routing.Fixed = fleet.Text("a single destination gets everything, whatever its weight is: add a second one to the rule, " +
			"and a weight to both")
	}
	for j, id := range r.ids() {
		at := path + "/route/" + strconv.Itoa(j)
		m := routeobjects.Member{ID: fleet.DeploymentID(id), Weight: r.weight(j), At: at + "/weight", Same: []string{at + "/destination"}}
		if !m.Weight.OK {
			out.Notes = append(out.Notes, fleet.Textf("the weight of %s is below 0, which Istio does not take", fleet.Quote(id)))
		}
		out.Members = append(out.Members, m)
	}
	return out
}

func tooMuch(after map[fleet.DeploymentID]int) string {
	sum := 0
	for _, n := range after {
		sum += n
	}
	if sum > most {
		return fmt.Sprintf("the sum of the weights would be more than the %d that Istio can add up", most)
	}
	return ""
}
