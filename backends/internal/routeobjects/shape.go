// Package routeobjects reads and changes routes that are documents: objects of a cluster, or of an API with documents of its
// own. What a document of one kind means is told by a Shape, which is pure; reading, comparing, writing and reading back are
// the same for all of them.
package routeobjects

import (
	"context"
	"strings"

	"pitwall/fleet"
)

// Shape finds routes in documents of some kinds.
type Shape interface {
	// Kinds are those of the documents. Of one group the first version that the system has is read; groups that it does not
	// have are passed over.
	Kinds() []fleet.ObjectKind
	// Routes are those in one document. One that holds none is no error.
	Routes(kind fleet.ObjectKind, ref fleet.ObjectRef, doc any) ([]Route, error)
	// Ref names the object that holds a route; kind and cluster are left out.
	Ref(route fleet.RouteID) fleet.ObjectRef
}

// Surrounded is a Shape that has to know objects beside those that hold routes, such as controllers that write their weights.
type Surrounded interface {
	Shape
	// Around reads them, of one namespace or "" for all, and gives the shape that knows them. What may not be read is said.
	Around(ctx context.Context, c fleet.Objects, cluster fleet.ClusterID, namespace string) (Shape, []fleet.Safe, error)
}

// Route is one route in a document.
type Route struct {
	ID      fleet.RouteID
	Routing fleet.Routing
	Members []Member
	// Same are pointers that are compared with each write, since what they lead to tells that the route is the one meant:
	// another may have come into its place.
	Same []string
	// Scaled tells that the members' weights are told in a finer measure than the one that they are stored in, so that they
	// are whole numbers: a write of one stores all of them in that measure, or their shares would be others.
	Scaled bool
	// Refuse says why weights may not be set so, "" where they may; nil refuses nothing more than the weighing does.
	Refuse func(after map[fleet.DeploymentID]int) string
	// List holds the members where 0 is no weight, so that who gets nothing is taken off it; nil where that cannot be done.
	List *List
	// Notes are what is worth saying of the route, each once.
	Notes []fleet.Safe
}

// Member is one member of a route in a document.
type Member struct {
	ID      fleet.DeploymentID
	Model   fleet.ModelName
	APIBase string
	Weight  fleet.Maybe[float64] // as it counts: with the default of its kind where it is not written down
	Order   fleet.Maybe[float64]
	At      string   // pointer to its weight; "" for one that was taken off the List
	Same    []string // as Route.Same, for the member
}

// ID is the name of a route by the object that holds it: "NAMESPACE/NAME", or "NAME" where there are no namespaces, with
// "/RULE" behind it where the object holds several.
func ID(ref fleet.ObjectRef, rule string) fleet.RouteID {
	name := ref.Name
	if ref.Namespace != "" {
		name = ref.Namespace + "/" + name
	}
	if rule != "" {
		name += "/" + rule
	}
	return fleet.RouteID(name)
}

// Rules makes a route of each of n rules that splits traffic. name is a rule's own name; called is what tells it from the
// others of its object.
func Rules(n int, splits func(i int) bool, name func(i int) string, route func(i int, called string) Route) []Route {
	var own []string
	var at []int
	for i := range n {
		if splits(i) {
			own, at = append(own, name(i)), append(at, i)
		}
	}
	list := make([]Route, len(at))
	for k, i := range at {
		list[k] = route(i, Rule(own, k, i+1))
	}
	return list
}

// Namespaced is what ID of an object in a namespace names.
func Namespaced(route fleet.RouteID) fleet.ObjectRef {
	namespace, rest, _ := strings.Cut(string(route), "/")
	name, _, _ := strings.Cut(rest, "/")
	return fleet.ObjectRef{Namespace: namespace, Name: name}
}
