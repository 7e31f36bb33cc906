package kubeapi

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Resource is one kind that is served.
type Resource struct {
	Group, Version string
	Kind           string
	Plural         string
	Short          []string
	Namespaced     bool
	Generation     bool     // metadata.generation moves with the spec
	Sub            []string // subresources, such as "status"
	Custom         bool     // a custom resource: JSON only, no strategic merge

	of   string                              // the resource whose objects these are in another form; read only
	view func(runtime.Object) runtime.Object // that form
}

// Names of the served resources, for Store.
const (
	Pods         = "pods"
	Nodes        = "nodes"
	Namespaces   = "namespaces"
	Services     = "services"
	Events       = "events"
	Deployments  = "deployments.apps"
	ReplicaSets  = "replicasets.apps"
	DaemonSets   = "daemonsets.apps"
	StatefulSets = "statefulsets.apps"
	Revisions    = "controllerrevisions.apps"
	Autoscalers  = "horizontalpodautoscalers.autoscaling"
	Budgets      = "poddisruptionbudgets.policy"
	Leases       = "leases.coordination.k8s.io"
)

// resources lists what is served, in the order of discovery.
func resources() []*Resource {
	const apps = "apps"
	return []*Resource{
		{Version: "v1", Kind: "Event", Plural: "events", Short: []string{"ev"}, Namespaced: true},
		{Version: "v1", Kind: "Namespace", Plural: "namespaces", Short: []string{"ns"}, Sub: []string{subStatus}},
		{Version: "v1", Kind: "Node", Plural: "nodes", Short: []string{"no"}, Sub: []string{subStatus}},
		{Version: "v1", Kind: "Pod", Plural: "pods", Short: []string{"po"}, Namespaced: true,
			Sub: []string{subEviction, subLog, subProxy, subStatus}},
		{Version: "v1", Kind: "Service", Plural: "services", Short: []string{"svc"}, Namespaced: true, Sub: []string{subStatus}},
		{Group: apps, Version: "v1", Kind: "ControllerRevision", Plural: "controllerrevisions", Namespaced: true},
		{Group: apps, Version: "v1", Kind: "DaemonSet", Plural: "daemonsets", Short: []string{"ds"}, Namespaced: true,
			Generation: true, Sub: []string{subStatus}},
		{Group: apps, Version: "v1", Kind: "Deployment", Plural: "deployments", Short: []string{"deploy"}, Namespaced: true,
			Generation: true, Sub: []string{subScale, subStatus}},
		{Group: apps, Version: "v1", Kind: "ReplicaSet", Plural: "replicasets", Short: []string{"rs"}, Namespaced: true,
			Generation: true, Sub: []string{subScale, subStatus}},
		{Group: apps, Version: "v1", Kind: "StatefulSet", Plural: "statefulsets", Short: []string{"sts"}, Namespaced: true,
			Generation: true, Sub: []string{subScale, subStatus}},
		{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler", Plural: "horizontalpodautoscalers",
			Short: []string{"hpa"}, Namespaced: true, Sub: []string{subStatus}},
		{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget", Plural: "poddisruptionbudgets", Short: []string{"pdb"},
			Namespaced: true, Generation: true, Sub: []string{subStatus}},
		{Group: "batch", Version: "v1", Kind: "Job", Plural: "jobs", Namespaced: true, Generation: true, Sub: []string{subStatus}},
		{Group: "events.k8s.io", Version: "v1", Kind: "Event", Plural: "events", Short: []string{"ev"}, Namespaced: true,
			of: Events, view: eventView},
		{Group: "coordination.k8s.io", Version: "v1", Kind: "Lease", Plural: "leases", Namespaced: true},
		{Group: "leaderworkerset.x-k8s.io", Version: "v1", Kind: "LeaderWorkerSet", Plural: "leaderworkersets",
			Short: []string{"lws"}, Namespaced: true, Generation: true, Custom: true, Sub: []string{subStatus}},
	}
}

const (
	subStatus   = "status"
	subScale    = "scale"
	subLog      = "log"
	subProxy    = "proxy"
	subEviction = "eviction"
)

// ID is the resource's key in a Store: its plural, followed by "." and the group where it has one.
func (r *Resource) ID() string { return r.groupResource().String() }

func (r *Resource) groupResource() schema.GroupResource {
	return schema.GroupResource{Group: r.Group, Resource: r.Plural}
}

func (r *Resource) groupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: r.Group, Version: r.Version}
}

func (r *Resource) gvk() schema.GroupVersionKind { return r.groupVersion().WithKind(r.Kind) }

func (r *Resource) listGVK() schema.GroupVersionKind {
	return r.groupVersion().WithKind(r.Kind + "List")
}

func (r *Resource) groupKind() schema.GroupKind { return r.gvk().GroupKind() }

func (r *Resource) has(sub string) bool { return slices.Contains(r.Sub, sub) }

// object makes an empty object of the kind.
func (r *Resource) object() (runtime.Object, error) {
	if r.Custom {
		u := &unstructured.Unstructured{}
		u.SetGroupVersionKind(r.gvk())
		return u, nil
	}
	k := served()
	if k.err != nil {
		return nil, k.err
	}
	return k.scheme.New(r.gvk())
}

// verbs lists what can be done with a resource.
func (r *Resource) verbs() []string {
	switch {
	case strings.HasSuffix(r.Kind, "Review"):
		return []string{"create"}
	case r.of != "":
		return []string{"get", "list", "watch"}
	}
	return []string{"create", "delete", "get", "list", "patch", "update", "watch"}
}

// categories are the words that stand for several kinds: "all" is what people look at first.
func (r *Resource) categories() []string {
	switch r.ID() {
	case Pods, Services, Deployments, ReplicaSets, StatefulSets, DaemonSets, Autoscalers, "jobs.batch":
		return []string{"all"}
	}
	return nil
}

// subVerbs lists the verbs of a subresource.
func subVerbs(sub string) []string {
	switch sub {
	case subLog:
		return []string{"get"}
	case subEviction:
		return []string{"create"}
	case subProxy:
		return []string{"create", "delete", "get", "patch", "update"}
	}
	return []string{"get", "patch", "update"}
}

// key is where an object stands in the order of its kind: the order of lists and of continued lists.
func key(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}
