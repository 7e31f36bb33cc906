package kube

import (
	"reflect"
	"slices"
	"sync"
	"time"

	"pitwall/fleet"
)

// world is all rows of one cluster. Its mutex is held for lookups and pointer moves only, never over I/O.
type world struct {
	id fleet.ClusterID

	mu      sync.Mutex
	nodes   table[fleet.KubeNode]
	pods    table[fleet.Pod]
	events  table[eventRow]
	scales  table[scaleRow]
	budgets table[budgetRow]
	works   map[string]*table[workRow] // by kind
	asked   map[string]int             // GPUs by node, of pods that are not over
	watches []fleet.KindWatch
	changed map[part]bool
	orphans int // pods whose owner is a ReplicaSet, so far as is known

	built struct { // what was handed out last
		nodes     []*fleet.KubeNode
		pods      []*fleet.Pod
		workloads []*fleet.Workload
		events    []*fleet.KubeEvent
	}
}

// part is what is built again when one of its kinds changes.
type part int

const (
	partNodes part = iota
	partPods
	partWorkloads
	partEvents
)

func newWorld(id fleet.ClusterID) *world {
	w := &world{id: id, works: map[string]*table[workRow]{}, asked: map[string]int{}, changed: map[part]bool{}}
	w.nodes.keyOf = func(r *fleet.KubeNode) key { return key{"", r.Name} }
	w.pods.keyOf = func(r *fleet.Pod) key { return key{r.Namespace, r.Name} }
	w.events.keyOf = (*eventRow).key
	w.scales.keyOf = (*scaleRow).key
	w.budgets.keyOf = (*budgetRow).key
	for _, kind := range []string{kindDeployment, kindStatefulSet, kindDaemonSet, kindReplicaSet, kindLWS} {
		w.works[kind] = &table[workRow]{keyOf: (*workRow).key}
	}
	return w
}

// same tells whether a row says what the one before said: a heartbeat is no change.
func same[T any](before, now *T) bool { return before != nil && reflect.DeepEqual(before, now) }

// putNode, putPod and so on take one row and tell whether anything changed.
func (w *world) putNode(r *fleet.KubeNode) bool {
	r.GPUAsked = w.asked[r.Name]
	if before := w.nodes.find(key{"", r.Name}); same(before, r) {
		return false
	}
	w.nodes.put(r)
	w.changed[partNodes] = true
	return true
}

func (w *world) putPod(r *fleet.Pod, now time.Time) bool {
	w.adopt(r)
	r = overdue(r, now)
	before := w.pods.find(key{r.Namespace, r.Name})
	if same(before, r) {
		return false
	}
	w.pods.put(r)
	w.account(before, -1)
	w.account(r, 1)
	w.changed[partPods] = true
	return true
}

// adopt sets the owner of a pod that is not published yet, where its ReplicaSet tells one.
func (w *world) adopt(r *fleet.Pod) {
	if r.Owner.Kind != kindReplicaSet {
		return
	}
	if set := w.works[kindReplicaSet].find(key{r.Namespace, r.Owner.Name}); set != nil && set.owner.Kind != "" {
		r.Owner = set.owner
		r.Owner.Cluster = w.id
	}
}

// account keeps what depends on single pods.
func (w *world) account(r *fleet.Pod, sign int) {
	if r == nil {
		return
	}
	if r.Owner.Kind == kindReplicaSet {
		w.orphans += sign
	}
	if phase := r.Phase.String(); r.GPUs == 0 || r.Node == "" || phase == "Succeeded" || phase == "Failed" {
		return
	}
	w.asked[r.Node] += sign * r.GPUs
	if w.asked[r.Node] == 0 {
		delete(w.asked, r.Node)
	}
	w.changed[partNodes] = true
}

func (w *world) dropPod(k key) bool {
	before := w.pods.drop(k)
	w.account(before, -1)
	w.changed[partPods] = w.changed[partPods] || before != nil
	return before != nil
}

func (w *world) putWork(r *workRow) bool {
	t := w.works[r.base.Kind]
	if before := t.find(r.key()); same(before, r) {
		return false
	}
	t.put(r)
	w.changed[partWorkloads] = true
	if r.base.Kind == kindReplicaSet && r.owner.Kind != "" && w.orphans > 0 {
		w.adoptAll(r)
	}
	return true
}

// adoptAll gives the pods of a ReplicaSet, which came before it, the owner above it.
func (w *world) adoptAll(set *workRow) {
	from, _ := w.pods.search(key{set.base.Namespace, ""})
	for i := from; i < len(w.pods.rows) && w.pods.rows[i].Namespace == set.base.Namespace; i++ {
		r := w.pods.rows[i]
		if r.Owner.Kind != kindReplicaSet || r.Owner.Name != set.base.Name {
			continue
		}
		child := *r
		w.adopt(&child)
		w.pods.own()
		w.pods.rows[i] = &child
		w.account(r, -1)
		w.account(&child, 1)
		w.changed[partPods] = true
	}
}

// review looks for states that have lasted too long and tells whether there are new ones.
func (w *world) review(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := false
	for i, r := range w.pods.rows {
		if late := overdue(r, now); late != r {
			w.pods.own()
			w.pods.rows[i] = late
			w.changed[partPods] = true
			found = true
		}
	}
	return found
}

// watch returns the state of the watch of one kind, to be changed under the mutex.
func (w *world) watch(kind string) *fleet.KindWatch {
	for i := range w.watches {
		if w.watches[i].Kind == kind {
			return &w.watches[i]
		}
	}
	w.watches = append(w.watches, fleet.KindWatch{Kind: kind})
	return &w.watches[len(w.watches)-1]
}

// forget drops a kind from what is said: the cluster does not have it.
func (w *world) forget(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watches = slices.DeleteFunc(w.watches, func(k fleet.KindWatch) bool { return k.Kind == kind })
}
