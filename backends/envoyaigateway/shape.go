package envoyaigateway

import (
	"context"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/parents"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

const most = 1_000_000 // of the HTTPRoute that is made of it; the API itself takes more

// shape finds a route in each rule that has back ends.
type shape struct{ around *around }

// Kinds implements routeobjects.Shape.
func (shape) Kinds() []fleet.ObjectKind { return slices.Clone(kinds) }

// Ref implements routeobjects.Shape.
func (shape) Ref(route fleet.RouteID) fleet.ObjectRef { return routeobjects.Namespaced(route) }

// Around implements routeobjects.Surrounded.
func (shape) Around(ctx context.Context, c fleet.Objects, _ fleet.ClusterID, namespace string) (routeobjects.Shape, []fleet.Safe, error) {
	a, unread, err := readAround(ctx, c, namespace)
	if err != nil {
		return nil, nil, err
	}
	return shape{a}, unread, nil
}

// Routes implements routeobjects.Shape.
func (s shape) Routes(_ fleet.ObjectKind, ref fleet.ObjectRef, doc any) ([]routeobjects.Route, error) {
	var o object
	if err := jsonptr.Into(doc, &o); err != nil {
		return nil, err
	}
	rules := o.Spec.Rules
	return routeobjects.Rules(len(rules), func(i int) bool { return len(rules[i].Backends) > 0 }, func(i int) string { return rules[i].Name },
		func(i int, called string) routeobjects.Route { return s.route(ref, &o, i, called) }), nil
}

// route is one rule.
func (s shape) route(ref fleet.ObjectRef, o *object, i int, called string) routeobjects.Route {
	r, path := &o.Spec.Rules[i], "/spec/rules/"+strconv.Itoa(i)
	out := routeobjects.Route{ID: routeobjects.ID(ref, called), Same: []string{path + "/name", path + "/matches"},
		Routing: fleet.Routing{Weighing: fleet.WeighingShares, Most: most, KeepsShare: !r.priorities(), ByOrder: fleet.Some(true),
			Aliases: r.models(), Timeout: r.timeout()}}
	movers.Mark(&out.Routing, ref, &o.ObjectMeta, fleet.ObjectRef{})
	out.Routing.Pending, out.Notes = s.pending(o, i)
	if s.around != nil {
		times, answered := s.around.retry(o)
		out.Routing.Retries = times
		if r.priorities() && answered == fleet.Some(false) {
			out.Notes = append(out.Notes, fleet.Textf("members of a greater priority get nothing when others fail: attach a "+
				"BackendTrafficPolicy with retry to the HTTPRoute %s", fleet.Quote(o.Name)))
		}
	}
	for j, id := range r.ids() {
		b, at := &r.Backends[j], path+"/backendRefs/"+strconv.Itoa(j)
		m := routeobjects.Member{ID: fleet.DeploymentID(id), Model: r.served(b), Weight: fleet.Some(float64(weight(b.Weight))),
			At: at + "/weight"}
		if !b.pool() {
			m.Order = fleet.Some(float64(b.priority()))
		}
		for _, part := range []string{"/kind", "/namespace", "/name", "/modelNameOverride", "/priority"} {
			m.Same = append(m.Same, at+part)
		}
		out.Members = append(out.Members, m)
	}
	return out
}

// pending says why the weights of a rule are not in force, "" where they are. Two controllers follow one another: what the first
// makes of the rule is compared with it, since its condition names no generation, and what gateways say of that is the second's.
func (s shape) pending(o *object, i int) (fleet.Safe, []fleet.Safe) {
	if len(o.Status.Conditions) == 0 {
		return fleet.Text("Envoy AI Gateway has said nothing of it yet"), nil
	}
	for j := range o.Status.Conditions {
		if c := &o.Status.Conditions[j]; c.Type == "NotAccepted" || c.Type == "Accepted" && c.Status == metav1.ConditionFalse {
			return fleet.Textf("Envoy AI Gateway does not take it: %s", parents.ConditionText(c)), nil
		}
	}
	if s.around == nil || s.around.noMade {
		return fleet.Safe{}, nil
	}
	m := s.around.made[o.Namespace+"/"+o.Name]
	if m == nil {
		return fleet.Text("its HTTPRoute is not made yet"), nil
	}
	if want, has := o.Spec.Rules[i].weights(), m.weights(i); want != has {
		return fleet.Textf("its HTTPRoute holds %s and not yet %s", fleet.Quote(has), fleet.Quote(want)), nil
	}
	said := parents.Object{Namespace: m.Namespace, Generation: m.Generation, Parents: m.Spec.Parents, Said: m.Status.Parents}
	return said.Pending(), said.Troubles()
}

func (r *rule) weights() string {
	list := make([]string, len(r.Backends))
	for i := range r.Backends {
		list[i] = strconv.Itoa(weight(r.Backends[i].Weight))
	}
	return strings.Join(list, "/")
}

// weights are those of the rule that is made of the i-th: the controller keeps their order.
func (m *made) weights(i int) string {
	if i >= len(m.Spec.Rules) {
		return "no such rule"
	}
	list := make([]string, len(m.Spec.Rules[i].Backends))
	for j := range list {
		list[j] = strconv.Itoa(weight(m.Spec.Rules[i].Backends[j].Weight))
	}
	return strings.Join(list, "/")
}
