package clusters

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

func (c *Cluster) statefulSet(w *world.Workload, r *rolling) *appsv1.StatefulSet {
	pool := c.pools[w.Name]
	n, history, all := int32(w.Desired), int32(historyLimit), int32(0)
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: w.Name, Namespace: world.Namespace, Labels: poolLabels(pool), CreationTimestamp: c.born()},
		Spec: appsv1.StatefulSetSpec{Replicas: &n, Selector: selector(pool), Template: *r.latest().template.DeepCopy(), ServiceName: w.Name,
			PodManagementPolicy: appsv1.OrderedReadyPodManagement, RevisionHistoryLimit: &history,
			UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: &all}},
			PersistentVolumeClaimRetentionPolicy: &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
				WhenDeleted: appsv1.RetainPersistentVolumeClaimRetentionPolicyType, WhenScaled: appsv1.RetainPersistentVolumeClaimRetentionPolicyType}},
	}
}

// showStatefulSet puts the status in. There is no condition and no deadline: the real one has none.
func (c *Cluster) showStatefulSet(w *world.Workload, r *rolling) {
	fresh := c.statefulSet(w, r)
	c.store.Update(kubeapi.StatefulSets, fresh, func(current runtime.Object) runtime.Object {
		old, ok := current.(*appsv1.StatefulSet)
		if !ok {
			return nil
		}
		out := old.DeepCopy()
		none := int32(0)
		out.Status = appsv1.StatefulSetStatus{ObservedGeneration: old.Generation, Replicas: int32(w.Total), ReadyReplicas: int32(w.Ready),
			AvailableReplicas: int32(w.Available), UpdatedReplicas: int32(w.Updated), CurrentReplicas: int32(w.Total - w.Updated),
			CurrentRevision: w.Name + "-" + w.Current, UpdateRevision: w.Name + "-" + r.latest().name, CollisionCount: &none}
		if w.Current == w.Revision {
			out.Status.CurrentReplicas = out.Status.UpdatedReplicas
		}
		if !equality.Semantic.DeepEqual(out.Spec.Template, r.latest().template) {
			r.latest().template.DeepCopyInto(&out.Spec.Template)
			out.Status.ObservedGeneration++
		}
		return out
	})
}

// showControllerRevisions puts one ControllerRevision for each template in: the patch that brings it back.
func (c *Cluster) showControllerRevisions(w *world.Workload, r *rolling) {
	owner := c.store.Get(kubeapi.StatefulSets, world.Namespace, w.Name)
	known := map[string]bool{}
	for _, one := range r.revisions {
		name := w.Name + "-" + one.name
		known[name] = true
		raw, err := revisionData(&one.template)
		if err != nil {
			continue // a template always encodes
		}
		labels := maps.Clone(one.template.Labels)
		labels["controller.kubernetes.io/hash"] = one.name
		out := &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: world.Namespace, Labels: labels,
			CreationTimestamp: one.made}, Data: runtime.RawExtension{Raw: raw}, Revision: int64(one.number)}
		if owner != nil {
			out.OwnerReferences = owned(owner, "StatefulSet")
		}
		c.store.Put(kubeapi.Revisions, out)
	}
	for _, obj := range c.store.List(kubeapi.Revisions, world.Namespace) {
		if cr, ok := obj.(*appsv1.ControllerRevision); ok && cr.Labels["app"] == w.Name && !known[cr.Name] {
			c.store.Delete(kubeapi.Revisions, world.Namespace, cr.Name)
		}
	}
}

func revisionData(t *corev1.PodTemplateSpec) ([]byte, error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	var template map[string]any
	if err := json.Unmarshal(raw, &template); err != nil {
		return nil, err
	}
	template["$patch"] = "replace"
	return json.Marshal(map[string]any{"spec": map[string]any{"template": template}})
}

// ordinalLabels are what a StatefulSet marks its pods with.
func ordinalLabels(p *world.Pod) map[string]string {
	index := p.Name[strings.LastIndexByte(p.Name, '-')+1:]
	if _, err := strconv.Atoi(index); err != nil {
		index = "0" // all pods of a StatefulSet are numbered
	}
	return map[string]string{"statefulset.kubernetes.io/pod-name": p.Name, "apps.kubernetes.io/pod-index": index,
		appsv1.ControllerRevisionHashLabelKey: p.Pool + "-" + p.Revision}
}
