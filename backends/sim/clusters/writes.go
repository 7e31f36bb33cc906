package clusters

import (
	"fmt"
	"hash/fnv"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// Admit refuses what the world could not follow: it has the machines, pods and workloads that it has.
func (c *Cluster) Admit(w kubeapi.Write) error {
	var why string
	switch {
	case (w.Verb == "create" || w.Verb == "delete") && slices.Contains([]string{kubeapi.Nodes, kubeapi.Namespaces,
		kubeapi.Deployments, kubeapi.ReplicaSets, kubeapi.DaemonSets, kubeapi.StatefulSets, kubeapi.Revisions}, w.Resource):
		why = "the embedded fleet keeps the nodes and workloads that it was started with"
	case w.Verb == "create" && w.Resource == kubeapi.Pods:
		why = "pods of the embedded fleet are made by its workloads only"
	case w.Sub == "status":
		why = "status in the embedded fleet follows from its model"
	case (w.Verb == "delete" || w.Verb == "evict") && w.Resource == kubeapi.Pods && w.Namespace != world.Namespace:
		why = "only pods of engines can be deleted in the embedded fleet"
	default:
		return nil
	}
	return apierrors.NewForbidden(schema.ParseGroupResource(w.Resource), w.Name, fmt.Errorf("%s", why))
}

// Remove has the world delete a pod: it drains, goes, and its controller makes another one.
func (c *Cluster) Remove(w kubeapi.Write) bool {
	if w.Resource != kubeapi.Pods {
		return false
	}
	found := false
	c.o.World.At(c.o.Clock.Now(), func() { found = c.o.World.DeletePod(w.Name) })
	c.Refresh()
	return found || c.store.Get(kubeapi.Pods, w.Namespace, w.Name) != nil
}

// Written carries a client's write into the world.
func (c *Cluster) Written(w kubeapi.Write) {
	switch now := w.Now.(type) {
	case *corev1.Node:
		before, ok := w.Before.(*corev1.Node)
		if ok {
			c.nodeWritten(before, now)
		}
	case *appsv1.Deployment:
		before, ok := w.Before.(*appsv1.Deployment)
		if ok && c.pools[now.Name] != nil && now.Namespace == world.Namespace {
			c.rolled(now.Name, &now.Spec.Template, before.Spec.Replicas, now.Spec.Replicas,
				deploymentStrategy(&now.Spec))
		}
	case *appsv1.StatefulSet:
		before, ok := w.Before.(*appsv1.StatefulSet)
		if ok && c.pools[now.Name] != nil && now.Namespace == world.Namespace {
			c.rolled(now.Name, &now.Spec.Template, before.Spec.Replicas, now.Spec.Replicas,
				statefulStrategy(&now.Spec))
		}
	}
	c.mu.Lock()
	c.dirty = true // generations and budgets are to be looked at
	c.mu.Unlock()
	c.Refresh()
}

func (c *Cluster) nodeWritten(before, now *corev1.Node) {
	c.o.World.At(c.o.Clock.Now(), func() {
		if before.Spec.Unschedulable != now.Spec.Unschedulable {
			c.o.World.Cordon(now.Name, now.Spec.Unschedulable)
		}
		if !equality.Semantic.DeepEqual(before.Spec.Taints, now.Spec.Taints) {
			c.o.World.SetTaints(now.Name, ownTaints(now.Spec.Taints))
		}
	})
}

// ownTaints leaves out the taints that controllers set for a node's state.
func ownTaints(list []corev1.Taint) []world.Taint {
	var out []world.Taint
	for _, t := range list {
		if t.Key != corev1.TaintNodeUnschedulable && t.Key != corev1.TaintNodeNotReady {
			out = append(out, world.Taint{Key: t.Key, Value: t.Value, Effect: string(t.Effect)})
		}
	}
	return out
}

// rolled begins a roll where the template is another than the wanted one, unless rolls are paused, and scales where the
// size changed. A template that the workload had before is that revision again.
func (c *Cluster) rolled(name string, now *corev1.PodTemplateSpec, before, after *int32, st world.Strategy) {
	c.mu.Lock()
	to := ""
	if r := c.rolls[name]; r != nil && !st.Paused && !equality.Semantic.DeepEqual(r.latest().template, *now) {
		to = c.templateWritten(r, name, now)
	}
	size := -1
	if after != nil && (before == nil || *before != *after) {
		size = int(*after)
	}
	rel := c.release(c.pools[name], now)
	c.mu.Unlock()
	c.o.World.At(c.o.Clock.Now(), func() {
		c.o.World.Guide(name, st)
		if to != "" {
			c.o.World.Describe(name, to, rel)
			c.o.World.Roll(name, to)
		}
		if size >= 0 {
			c.o.World.Scale(name, size)
		}
	})
}

func (c *Cluster) templateWritten(r *rolling, pool string, now *corev1.PodTemplateSpec) string {
	for _, one := range r.revisions {
		if equality.Semantic.DeepEqual(one.template, *now) {
			r.want(&revision{name: one.name, template: one.template, made: one.made})
			return one.name
		}
	}
	name := hashOf(pool, now)
	r.want(&revision{name: name, template: *now.DeepCopy(), made: metav1.NewTime(c.o.Clock.Now())})
	return name
}

// hashOf names a template as the Deployment controller does: letters that form no words.
func hashOf(pool string, t *corev1.PodTemplateSpec) string {
	h := fnv.New64a()
	raw, err := t.Marshal()
	if err != nil {
		raw = []byte(t.String())
	}
	_, _ = h.Write(append(raw, pool...)) // a hash takes everything
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	out, n := make([]byte, 9), h.Sum64()
	for i := range out {
		out[i] = letters[n%uint64(len(letters))]
		n /= uint64(len(letters))
	}
	return string(out)
}
