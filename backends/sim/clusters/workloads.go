package clusters

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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

// rolling is what the controller of a workload knows of one pool.
type rolling struct {
	revisions []*revision // by number, the wanted one last
}

// revision is one template of a pool.
type revision struct {
	name     string // the hash that pods of it bear
	number   int
	template corev1.PodTemplateSpec
	made     metav1.Time
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

// follow takes the revision that the world wants of a pool, where no client has set it, and shows the workload and its
// revisions without counts, so that pods find their owners.
func (c *Cluster) follow(w *world.Workload) {
	r := c.rolls[w.Name]
	if r == nil {
		r = &rolling{revisions: []*revision{{name: w.Revision, number: 1, template: c.template(c.pools[w.Name]), made: c.born()}}}
		c.rolls[w.Name] = r
		if c.pools[w.Name].Stateful {
			c.store.Put(kubeapi.StatefulSets, c.statefulSet(w, r))
		} else {
			c.store.Put(kubeapi.Deployments, c.deployment(w, r))
		}
		c.showRevisions(w, r, false)
		return
	}
	if r.latest().name == w.Revision {
		return
	}
	next := *r.revision(w.Revision)
	if next.name != w.Revision { // a revision that the world brings
		next.name, next.template = w.Revision, c.brought(w, next.template.DeepCopy())
		next.made = metav1.NewTime(c.store.Now())
	}
	r.want(&next)
	c.showRevisions(w, r, false)
}

// showRevisions puts in what keeps the templates of a workload: ReplicaSets or ControllerRevisions.
func (c *Cluster) showRevisions(w *world.Workload, r *rolling, counted bool) {
	if c.pools[w.Name].Stateful {
		c.showControllerRevisions(w, r)
		return
	}
	c.showReplicaSets(w, r, counted)
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

// showWorkload puts the status of a workload in, and the counts of its revisions.
func (c *Cluster) showWorkload(w *world.Workload) {
	r := c.rolls[w.Name]
	c.showRevisions(w, r, true)
	if c.pools[w.Name].Stateful {
		c.showStatefulSet(w, r)
		return
	}
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
		out.Status = c.status(w, r, &old.Status)
		// What a client wrote while the roll is paused waits in the template.
		if !old.Spec.Paused && !equality.Semantic.DeepEqual(out.Spec.Template, r.latest().template) {
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
func (c *Cluster) status(w *world.Workload, r *rolling, was *appsv1.DeploymentStatus) appsv1.DeploymentStatus {
	leaving := int32(w.Leaving)
	s := appsv1.DeploymentStatus{UpdatedReplicas: int32(w.Updated), ReadyReplicas: int32(w.Ready), AvailableReplicas: int32(w.Available),
		UnavailableReplicas: max(int32(w.Total-w.Available), 0), TerminatingReplicas: &leaving}
	for _, one := range w.Sets {
		s.Replicas += int32(one.Have)
	}
	moved := s.UpdatedReplicas != was.UpdatedReplicas || s.ReadyReplicas != was.ReadyReplicas ||
		s.AvailableReplicas != was.AvailableReplicas
	set := func(kind appsv1.DeploymentConditionType, on corev1.ConditionStatus, reason, text string) {
		now := metav1.NewTime(c.store.Now())
		one := appsv1.DeploymentCondition{Type: kind, Status: on, Reason: reason, Message: text, LastTransitionTime: now, LastUpdateTime: now}
		for _, old := range was.Conditions {
			if old.Type == kind && old.Status == one.Status {
				one.LastTransitionTime = old.LastTransitionTime
				if old.Reason == reason && (kind == appsv1.DeploymentAvailable || !moved) {
					one.LastUpdateTime = old.LastUpdateTime
				}
			}
		}
		s.Conditions = append(s.Conditions, one)
	}
	if w.Available >= w.Least {
		set(appsv1.DeploymentAvailable, corev1.ConditionTrue, "MinimumReplicasAvailable", "Deployment has minimum availability.")
	} else {
		set(appsv1.DeploymentAvailable, corev1.ConditionFalse, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
	}
	set0 := fmt.Sprintf("ReplicaSet %q ", w.Name+"-"+r.latest().name)
	switch {
	case w.Strategy.Paused:
		set(appsv1.DeploymentProgressing, corev1.ConditionUnknown, "DeploymentPaused", "Deployment is paused")
	case w.Late:
		set(appsv1.DeploymentProgressing, corev1.ConditionFalse, "ProgressDeadlineExceeded", set0+"has timed out progressing.")
	case w.Complete:
		set(appsv1.DeploymentProgressing, corev1.ConditionTrue, "NewReplicaSetAvailable", set0+"has successfully progressed.")
	default:
		set(appsv1.DeploymentProgressing, corev1.ConditionTrue, "ReplicaSetUpdated", set0+"is progressing.")
	}
	return s
}

// showReplicaSets puts one ReplicaSet for each revision in, and takes those out that are forgotten. Where nothing is counted
// yet, those that are there stay as they are.
func (c *Cluster) showReplicaSets(w *world.Workload, r *rolling, counted bool) {
	owner, _ := c.store.Get(kubeapi.Deployments, world.Namespace, w.Name).(*appsv1.Deployment)
	known := map[string]bool{}
	for _, one := range r.revisions {
		known[w.Name+"-"+one.name] = true
		fresh := c.replicaSet(w, one, owner)
		n := world.Set{}
		for _, x := range w.Sets {
			if x.Revision == one.name {
				n = x
			}
		}
		want, have, ready, available := int32(n.Want), int32(n.Have), int32(n.Ready), int32(n.Available)
		c.store.Update(kubeapi.ReplicaSets, fresh, func(current runtime.Object) runtime.Object {
			out := fresh.DeepCopy()
			if old, ok := current.(*appsv1.ReplicaSet); ok {
				if !counted && old.Annotations[revisionAnnotation] == fresh.Annotations[revisionAnnotation] {
					return nil
				}
				out.Status, out.Spec.Replicas = old.Status, old.Spec.Replicas
				if one != r.latest() { // it keeps what it was told of while it was the latest
					out.Annotations = maps.Clone(old.Annotations)
					out.Annotations[revisionAnnotation] = fresh.Annotations[revisionAnnotation]
				}
			}
			if counted {
				out.Spec.Replicas = &want
				out.Status = appsv1.ReplicaSetStatus{Replicas: have, ReadyReplicas: ready, AvailableReplicas: available,
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

// told are the annotations of a Deployment that its newest ReplicaSet is given: the cause of a change is among them.
func told(d *appsv1.Deployment) map[string]string {
	out := map[string]string{}
	if d == nil {
		return out
	}
	for k, v := range d.Annotations {
		if k != corev1.LastAppliedConfigAnnotation && !strings.HasPrefix(k, "deployment.kubernetes.io/") {
			out[k] = v
		}
	}
	return out
}

func (c *Cluster) replicaSet(w *world.Workload, one *revision, owner *appsv1.Deployment) *appsv1.ReplicaSet {
	t := one.template.DeepCopy()
	t.Labels = maps.Clone(t.Labels)
	t.Labels[hashLabel] = one.name
	zero := int32(0)
	out := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: w.Name + "-" + one.name, Namespace: world.Namespace, Labels: t.Labels,
			CreationTimestamp: one.made, Annotations: told(owner)},
		Spec: appsv1.ReplicaSetSpec{Replicas: &zero, Template: *t,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": w.Name, hashLabel: one.name}}},
	}
	out.Annotations[revisionAnnotation] = strconv.Itoa(one.number)
	if owner != nil {
		out.OwnerReferences = owned(owner, "Deployment")
	}
	return out
}
