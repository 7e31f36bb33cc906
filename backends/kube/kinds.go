package kube

import (
	"errors"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"pitwall/fleet"
)

// kind is one kind of object that is watched: how it becomes a row, and where the row goes.
type kind struct {
	plural     string
	version    schema.GroupVersion
	namespaced bool
	optional   bool // its absence is not worth a word
	list       func() runtime.Object
	// row makes the row; it runs without the world's mutex. nil is an object that is not kept.
	row func(o runtime.Object, c *convertor) any
	// put and drop run under it and tell whether anything changed.
	put   func(w *world, row any, now time.Time) bool
	drop  func(w *world, k key) bool
	keys  func(w *world) []key
	count func(w *world) int
}

// convertor is what makes rows of one kind in one goroutine.
type convertor struct {
	cluster  fleet.ClusterID
	polarity polarity
	words    *words
}

// kinds are in the order in which they are loaded: what a screen needs first comes first.
var kinds = []kind{
	{
		plural: "nodes", version: corev1.SchemeGroupVersion, list: func() runtime.Object { return &corev1.NodeList{} },
		row: func(o runtime.Object, c *convertor) any {
			if n, ok := o.(*corev1.Node); ok {
				return nodeRow(n, c.polarity, c.words)
			}
			return nil
		},
		put: func(w *world, row any, _ time.Time) bool { return w.putNode(row.(*fleet.KubeNode)) },
		drop: func(w *world, k key) bool {
			gone := w.nodes.drop(k) != nil
			w.changed[partNodes] = w.changed[partNodes] || gone
			return gone
		},
		keys:  func(w *world) []key { return keysOf(&w.nodes) },
		count: func(w *world) int { return len(w.nodes.rows) },
	},
	{
		plural: "pods", version: corev1.SchemeGroupVersion, namespaced: true, list: func() runtime.Object { return &corev1.PodList{} },
		row: func(o runtime.Object, c *convertor) any {
			if p, ok := o.(*corev1.Pod); ok {
				return podRow(p, c.cluster, c.words)
			}
			return nil
		},
		put:   func(w *world, row any, now time.Time) bool { return w.putPod(row.(*fleet.Pod), now) },
		drop:  func(w *world, k key) bool { return w.dropPod(k) },
		keys:  func(w *world) []key { return keysOf(&w.pods) },
		count: func(w *world) int { return len(w.pods.rows) },
	},
	workKind("deployments", kindDeployment, func() runtime.Object { return &appsv1.DeploymentList{} }, deploymentRow),
	workKind("statefulsets", kindStatefulSet, func() runtime.Object { return &appsv1.StatefulSetList{} }, statefulSetRow),
	workKind("daemonsets", kindDaemonSet, func() runtime.Object { return &appsv1.DaemonSetList{} }, daemonSetRow),
	workKind("replicasets", kindReplicaSet, func() runtime.Object { return &appsv1.ReplicaSetList{} }, replicaSetRow),
	leaderWorkerSets(),
	sideKind("horizontalpodautoscalers", autoscalingv2.SchemeGroupVersion,
		func() runtime.Object { return &autoscalingv2.HorizontalPodAutoscalerList{} }, autoscalerRow,
		func(w *world) *table[scaleRow] { return &w.scales }, partWorkloads),
	sideKind("poddisruptionbudgets", policyv1.SchemeGroupVersion,
		func() runtime.Object { return &policyv1.PodDisruptionBudgetList{} }, disruptionRow,
		func(w *world) *table[budgetRow] { return &w.budgets }, partWorkloads),
	events(),
}

func leaderWorkerSets() kind {
	k := workKind("leaderworkersets", kindLWS, func() runtime.Object { return &leaderWorkerSetList{} }, lwsRow)
	k.version, k.optional = lwsVersion, true
	return k
}

func events() kind {
	k := sideKind("events", corev1.SchemeGroupVersion, func() runtime.Object { return &corev1.EventList{} },
		func(*corev1.Event, *words) *eventRow { return nil }, func(w *world) *table[eventRow] { return &w.events }, partEvents)
	k.row = func(o runtime.Object, c *convertor) any {
		if e, ok := o.(*corev1.Event); ok {
			return newEventRow(e, c.cluster, c.words)
		}
		return nil
	}
	return k
}

// workKind is a kind whose rows are workloads.
func workKind[O any](plural, name string, list func() runtime.Object, row func(O, *words) *workRow) kind {
	k := sideKind(plural, appsv1.SchemeGroupVersion, list, row, func(w *world) *table[workRow] { return w.works[name] }, partWorkloads)
	k.put = func(w *world, row any, _ time.Time) bool { return w.putWork(row.(*workRow)) }
	return k
}

// sideKind is a namespaced kind whose rows go to one table.
func sideKind[O, R any](plural string, version schema.GroupVersion, list func() runtime.Object, row func(O, *words) *R,
	in func(*world) *table[R], p part) kind {
	return kind{
		plural: plural, version: version, namespaced: true, list: list,
		row: func(o runtime.Object, c *convertor) any {
			if typed, ok := any(o).(O); ok {
				if r := row(typed, c.words); r != nil {
					return r
				}
			}
			return nil
		},
		put: func(w *world, row any, _ time.Time) bool {
			t, r := in(w), row.(*R)
			if same(t.find(t.keyOf(r)), r) {
				return false
			}
			t.put(r)
			w.changed[p] = true
			return true
		},
		drop: func(w *world, k key) bool {
			gone := in(w).drop(k) != nil
			w.changed[p] = w.changed[p] || gone
			return gone
		},
		keys:  func(w *world) []key { return keysOf(in(w)) },
		count: func(w *world) int { return len(in(w).rows) },
	}
}

func keysOf[T any](t *table[T]) []key {
	list := make([]key, len(t.rows))
	for i, r := range t.rows {
		list[i] = t.keyOf(r)
	}
	return list
}

// codecs decode the groups that are watched, made at the first connection. The clientset of client-go registers every
// group that there is, which makes a program 18 MB larger and its start 5 ms later.
var codecs = sync.OnceValue(func() serializer.CodecFactory { return serializer.NewCodecFactory(newScheme()) })

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	metav1.AddToGroupVersion(s, schema.GroupVersion{Version: "v1"})
	utilruntime.Must(errors.Join(corev1.AddToScheme(s), appsv1.AddToScheme(s), autoscalingv2.AddToScheme(s), policyv1.AddToScheme(s)))
	s.AddKnownTypeWithName(lwsVersion.WithKind(kindLWS), &leaderWorkerSet{})
	s.AddKnownTypeWithName(lwsVersion.WithKind(kindLWS+"List"), &leaderWorkerSetList{})
	metav1.AddToGroupVersion(s, lwsVersion)
	return s
}
