package clusters

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// revisionAnnotation is where Deployments and ReplicaSets keep the number of a revision.
const revisionAnnotation = "deployment.kubernetes.io/revision"

// historyLimit is how many old ReplicaSets a Deployment keeps.
const historyLimit = 10

// rolling is what a Deployment's controller knows of one pool.
type rolling struct {
	revisions []*revision // by number, the wanted one last
}

// revision is one template of a pool.
type revision struct {
	name     string // the hash that pods of it bear
	number   int
	template corev1.PodTemplateSpec
}

func (r *rolling) latest() *revision { return r.revisions[len(r.revisions)-1] }

// revision finds a template by its hash, and takes the latest where it is forgotten.
func (r *rolling) revision(name string) *revision {
	for _, one := range r.revisions {
		if one.name == name {
			return one
		}
	}
	return r.latest()
}

// want makes a revision the latest, under the next number.
func (r *rolling) want(one *revision) {
	one.number = r.latest().number + 1
	r.revisions = append(slices.DeleteFunc(r.revisions, func(x *revision) bool { return x.name == one.name }), one)
	if n := len(r.revisions) - historyLimit - 1; n > 0 {
		r.revisions = slices.Delete(r.revisions, 0, n)
	}
}

// follow takes the revision that the world wants of a pool, where no client has set it, and shows the Deployment and
// its ReplicaSets without counts, so that pods find their owners.
func (c *Cluster) follow(w *world.Workload) {
	r := c.rolls[w.Name]
	if r == nil {
		r = &rolling{revisions: []*revision{{name: w.Revision, number: 1, template: c.template(c.pools[w.Name])}}}
		c.rolls[w.Name] = r
		c.store.Put(kubeapi.Deployments, c.deployment(w, r))
		c.showReplicaSets(w, r, nil)
		return
	}
	if r.latest().name == w.Revision {
		return
	}
	next := *r.revision(w.Revision)
	if next.name != w.Revision { // a revision that the world brings
		next.name, next.template = w.Revision, c.brought(w, next.template.DeepCopy())
	}
	r.want(&next)
	c.showReplicaSets(w, r, nil)
}

// brought changes a template to that of a revision which a fault brings.
func (c *Cluster) brought(w *world.Workload, t *corev1.PodTemplateSpec) corev1.PodTemplateSpec {
	one := &t.Spec.Containers[0]
	if e, ok := engines()[w.Engine]; ok && !w.Legacy {
		one.Image = e.image
	}
	if w.Flag != "" {
		one.Args = append(one.Args, w.Flag)
	}
	if t.Annotations == nil {
		t.Annotations = map[string]string{}
	}
	t.Annotations["simulated.revision"] = w.Revision
	return *t
}

// showWorkload puts the Deployment's status in, and the counts of its ReplicaSets.
func (c *Cluster) showWorkload(w *world.Workload, pods []world.Pod) {
	r := c.rolls[w.Name]
	c.showReplicaSets(w, r, pods)
	fresh := c.deployment(w, r)
	c.store.Update(kubeapi.Deployments, fresh, func(current runtime.Object) runtime.Object {
		old, ok := current.(*appsv1.Deployment)
		if !ok {
			return nil
		}
		out := old.DeepCopy()
		if out.Annotations == nil {
			out.Annotations = map[string]string{}
		}
		number := strconv.Itoa(r.latest().number)
		moved := out.Annotations[revisionAnnotation] != number // either makes another generation
		out.Annotations[revisionAnnotation] = number
		out.Status = c.status(w, r, pods, &old.Status)
		if !equality.Semantic.DeepEqual(out.Spec.Template, r.latest().template) {
			r.latest().template.DeepCopyInto(&out.Spec.Template)
			moved = true
		}
		if out.Status.ObservedGeneration = old.Generation; moved {
			out.Status.ObservedGeneration++
		}
		return out
	})
}

func (c *Cluster) deployment(w *world.Workload, r *rolling) *appsv1.Deployment {
	pool := c.pools[w.Name]
	n, history, deadline := int32(w.Desired), int32(historyLimit), int32(1800)
	one, none := intstr.FromInt32(1), intstr.FromInt32(0)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: w.Name, Namespace: world.Namespace, Labels: poolLabels(pool), CreationTimestamp: c.born(),
			Annotations: map[string]string{revisionAnnotation: strconv.Itoa(r.latest().number)}},
		Spec: appsv1.DeploymentSpec{Replicas: &n, Selector: selector(pool), Template: *r.latest().template.DeepCopy(),
			RevisionHistoryLimit: &history, ProgressDeadlineSeconds: &deadline,
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &one, MaxSurge: &none}}},
	}
}

// status is what the controller would report.
func (c *Cluster) status(w *world.Workload, r *rolling, pods []world.Pod, was *appsv1.DeploymentStatus) appsv1.DeploymentStatus {
	total := int32(0)
	for i := range pods {
		if pods[i].Pool == w.Name && pods[i].Phase != world.PhaseFailed {
			total++
		}
	}
	s := appsv1.DeploymentStatus{Replicas: total, UpdatedReplicas: int32(w.Updated), ReadyReplicas: int32(w.Ready),
		AvailableReplicas: int32(w.Ready), UnavailableReplicas: max(int32(w.Desired)-int32(w.Ready), 0)}
	set := func(kind appsv1.DeploymentConditionType, on bool, reason, text string) {
		now := metav1.NewTime(c.store.Now())
		one := appsv1.DeploymentCondition{Type: kind, Status: corev1.ConditionFalse, Reason: reason, Message: text,
			LastTransitionTime: now, LastUpdateTime: now}
		if on {
			one.Status = corev1.ConditionTrue
		}
		for _, old := range was.Conditions {
			if old.Type == kind && old.Status == one.Status {
				one.LastTransitionTime = old.LastTransitionTime
				if old.Reason == reason {
					one.LastUpdateTime = old.LastUpdateTime
				}
			}
		}
		s.Conditions = append(s.Conditions, one)
	}
	if w.Ready >= w.Desired-1 {
		set(appsv1.DeploymentAvailable, true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
	} else {
		set(appsv1.DeploymentAvailable, false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
	}
	set0 := w.Name + "-" + r.latest().name
	if w.Updated >= w.Desired && w.Ready >= w.Desired {
		set(appsv1.DeploymentProgressing, true, "NewReplicaSetAvailable", fmt.Sprintf("ReplicaSet %q has successfully progressed.", set0))
	} else {
		set(appsv1.DeploymentProgressing, true, "ReplicaSetUpdated", fmt.Sprintf("ReplicaSet %q is progressing.", set0))
	}
	return s
}

// showReplicaSets puts one ReplicaSet for each revision in, and takes those out that are forgotten.
func (c *Cluster) showReplicaSets(w *world.Workload, r *rolling, pods []world.Pod) {
	owner := c.store.Get(kubeapi.Deployments, world.Namespace, w.Name)
	known := map[string]bool{}
	for _, one := range r.revisions {
		known[w.Name+"-"+one.name] = true
		fresh := c.replicaSet(w, one, owner)
		have, ready := count(pods, w.Name, one.name)
		want := have
		if one == r.latest() {
			want = int32(w.Desired)
		}
		c.store.Update(kubeapi.ReplicaSets, fresh, func(current runtime.Object) runtime.Object {
			out := fresh.DeepCopy()
			if old, ok := current.(*appsv1.ReplicaSet); ok {
				if pods == nil && old.Annotations[revisionAnnotation] == fresh.Annotations[revisionAnnotation] {
					return nil
				}
				out.Status, out.Spec.Replicas = old.Status, old.Spec.Replicas
			}
			if pods != nil {
				out.Spec.Replicas = &want
				out.Status = appsv1.ReplicaSetStatus{Replicas: have, ReadyReplicas: ready, AvailableReplicas: ready,
					FullyLabeledReplicas: have, ObservedGeneration: max(1, out.Generation)}
			}
			return out
		})
	}
	for _, obj := range c.store.List(kubeapi.ReplicaSets, world.Namespace) {
		if rs, ok := obj.(*appsv1.ReplicaSet); ok && rs.Labels["app"] == w.Name && !known[rs.Name] {
			c.store.Delete(kubeapi.ReplicaSets, world.Namespace, rs.Name)
		}
	}
}

// count is how many pods of a revision there are, and how many of them serve.
func count(pods []world.Pod, pool, revision string) (have, ready int32) {
	for i := range pods {
		if p := &pods[i]; p.Pool == pool && p.Revision == revision && p.Phase != world.PhaseFailed {
			have++
			if p.Ready {
				ready++
			}
		}
	}
	return have, ready
}

func (c *Cluster) replicaSet(w *world.Workload, one *revision, owner runtime.Object) *appsv1.ReplicaSet {
	t := one.template.DeepCopy()
	t.Labels = maps.Clone(t.Labels)
	t.Labels[hashLabel] = one.name
	zero := int32(0)
	out := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: w.Name + "-" + one.name, Namespace: world.Namespace, Labels: t.Labels,
			CreationTimestamp: c.born(), Annotations: map[string]string{revisionAnnotation: strconv.Itoa(one.number)}},
		Spec: appsv1.ReplicaSetSpec{Replicas: &zero, Template: *t,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": w.Name, hashLabel: one.name}}},
	}
	if owner != nil {
		out.OwnerReferences = owned(owner, "Deployment")
	}
	return out
}
