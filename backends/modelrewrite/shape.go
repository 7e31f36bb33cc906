package modelrewrite

import (
	"context"
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/parents"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

const most = 1_000_000 // that the kind takes

// shape finds a route in each rule.
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
	var list []routeobjects.Route
	own, keys := make([]string, len(o.Spec.Rules)), o.keys() // rules have no names
	for i := range o.Spec.Rules {
		list = append(list, s.route(ref, &o, doc, i, keys[i], routeobjects.Rule(own, i, i+1)))
	}
	return list, nil
}

// route is one rule.
func (s shape) route(ref fleet.ObjectRef, o *object, doc any, i int, key, called string) routeobjects.Route {
	r, path := &o.Spec.Rules[i], "/spec/rules/"+strconv.Itoa(i)
	out := routeobjects.Route{ID: routeobjects.ID(ref, called), Same: []string{"/spec/poolRef", path + "/matches"},
		Routing: fleet.Routing{Weighing: fleet.WeighingFromOne, Most: most, Pending: o.pending()},
		List:    &routeobjects.List{At: path + "/targets", Key: key, Item: item}}
	for _, m := range r.models() {
		out.Routing.Aliases = append(out.Routing.Aliases, fleet.RouteID(m))
	}
	movers.Mark(&out.Routing, ref, &o.ObjectMeta, fleet.ObjectRef{})
	if s.around != nil {
		out.Notes = s.around.ofPool(o)
		if name := s.around.before(o, i); name != "" && out.Routing.Fixed.IsEmpty() {
			out.Routing.Fixed = fleet.Textf("all that it is for is answered by a rule that comes before it, in InferenceModelRewrite %s: change "+
				"the weights there", fleet.Quote(name))
		}
	}
	onList := map[fleet.DeploymentID]bool{}
	for j, id := range r.ids() {
		m := routeobjects.Member{ID: fleet.DeploymentID(id), Model: fleet.ModelName(r.Targets[j].Model), Weight: r.weight(j),
			At: path + "/targets/" + strconv.Itoa(j) + "/weight"}
		onList[m.ID] = true
		out.Members = append(out.Members, m)
	}
	for _, id := range routeobjects.Off(doc, key) {
		if !onList[id] && id != "" {
			onList[id] = true
			out.Members = append(out.Members, routeobjects.Member{ID: id, Model: fleet.ModelName(id), Weight: fleet.Some(0.0)})
		}
	}
	return out
}

// item is a target of the list: there is nothing else to it.
func item(id fleet.DeploymentID, weight int) any {
	return map[string]any{"modelRewrite": string(id), "weight": weight}
}

// pending is what is said of the rewrite as it is. The endpoint picker of llm-d 0.10 says nothing and takes over what it sees, so
// that the condition which the kind fills in, of an unknown status, keeps nothing from being in force.
func (o *object) pending() fleet.Safe {
	for i := range o.Status.Conditions {
		c := &o.Status.Conditions[i]
		if c.Type == "Accepted" && c.Status == metav1.ConditionFalse && (c.ObservedGeneration == 0 || c.ObservedGeneration >= o.Generation) {
			return fleet.Textf("it is not taken over: %s", parents.ConditionText(c))
		}
	}
	return fleet.Safe{}
}
