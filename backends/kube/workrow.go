package kube

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// The kinds of workloads, as the API writes them.
const (
	kindDeployment  = "Deployment"
	kindStatefulSet = "StatefulSet"
	kindDaemonSet   = "DaemonSet"
	kindReplicaSet  = "ReplicaSet"
	kindLWS         = "LeaderWorkerSet"
)

// workRow is a workload with what joins it to others.
type workRow struct {
	base   fleet.Workload
	labels map[string]string // of its pods: what disruption budgets select by
	owner  fleet.ObjectRef   // its controller; zero for none
}

func (r *workRow) key() key { return key{r.base.Namespace, r.base.Name} }

func newWorkRow(kind string, m *metav1.ObjectMeta, template *corev1.PodTemplateSpec, w *words) *workRow {
	r := &workRow{base: fleet.Workload{
		Kind: kind, Namespace: w.text(m.Namespace), Name: w.text(m.Name), UID: string(m.UID), Created: m.CreationTimestamp.UTC(),
		Since: m.CreationTimestamp.UTC(),
	}}
	if template != nil {
		r.labels = w.set(template.Labels)
		r.base.GPUsEach = podspec.GPUs(&template.Spec)
		if c := podspec.Serving(&template.Spec, template.Annotations); c != nil {
			r.base.Image = share(w, fleet.Label(c.Image))
		}
	}
	if c := metav1.GetControllerOfNoCopy(m); c != nil {
		r.owner = fleet.ObjectRef{Kind: w.text(c.Kind), Namespace: r.base.Namespace, Name: w.text(c.Name)}
	}
	return r
}

// progress is what decides how far a rollout is; counts are pods, or groups of them.
type progress struct {
	unseen    bool // the controller has not seen the newest spec
	total     int  // pods that there are, of any age
	old       int  // of those, not of the newest template
	failure   fleet.Safe
	late      fleet.Safe // the deadline is missed
	paused    bool
	byHand    bool // nothing moves until somebody deletes pods
	heldBelow int  // pods of the newest template that a partition allows; -1 for no partition
}

// judge words how far a rollout is, in the order in which kubectl decides: not seen, failed, new pods missing, old pods
// leaving, new pods not available, done.
func (r *workRow) judge(p progress) {
	b := &r.base
	wanted := b.Desired
	if p.heldBelow >= 0 {
		wanted = min(wanted, p.heldBelow)
	}
	b.State = fleet.StateWarn
	switch {
	case p.unseen:
		b.Why = fleet.Text("the controller has not seen the newest change yet")
	case !p.failure.IsEmpty():
		b.State, b.Why = fleet.StateCrit, p.failure
	case !p.late.IsEmpty():
		b.State, b.Why = fleet.StateCrit, p.late
	case b.Updated < wanted:
		b.Why = p.missing(b.Updated, wanted)
	case p.old > 0 && p.heldBelow < 0 && p.total > b.Updated:
		b.Why = fleet.Textf("moving: %s %s leaving", fleet.Many(p.old, "old pod"), fleet.Verb(p.old, "is", "are"))
	case b.Available < b.Desired:
		b.Why = fleet.Textf("%s of %s pods are available", number(b.Available), number(b.Desired))
	case p.paused:
		b.Why = fleet.Text("paused")
	case b.Desired == 0:
		b.State, b.Why = fleet.StateStandby, fleet.Text("scaled to 0")
	default:
		b.State = fleet.StateOK
	}
	if b.Desired > 0 && b.Available == 0 && !p.unseen {
		b.State = fleet.StateDown
	}
}

// missing words a rollout of which new pods are not made yet.
func (p progress) missing(updated, wanted int) fleet.Safe {
	switch {
	case p.byHand:
		return fleet.Textf("%s of %s pods are new; the others change when they are deleted", number(updated), number(wanted))
	case p.paused:
		return fleet.Textf("paused: %s of %s pods are new", number(updated), number(wanted))
	}
	return fleet.Textf("moving: %s of %s pods are new", number(updated), number(wanted))
}

func deploymentRow(d *appsv1.Deployment, w *words) *workRow {
	r := newWorkRow(kindDeployment, &d.ObjectMeta, &d.Spec.Template, w)
	s := &d.Status
	r.base.Desired, r.base.Ready = orOne(d.Spec.Replicas), int(s.ReadyReplicas)
	r.base.Updated, r.base.Available = int(s.UpdatedReplicas), int(s.AvailableReplicas)
	p := progress{unseen: d.Generation > s.ObservedGeneration, total: int(s.Replicas), old: int(s.Replicas - s.UpdatedReplicas),
		paused: d.Spec.Paused, heldBelow: -1}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		r.base.Since = later(r.base.Since, c.LastTransitionTime)
		switch {
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			p.failure = because(c.Reason, c.Message)
		case c.Type == appsv1.DeploymentProgressing && c.Reason == "ProgressDeadlineExceeded":
			p.late = fleet.Textf("late: %s of %s new pods are available and the progress deadline is over; the controller goes on trying",
				number(r.base.Available), number(r.base.Desired))
		}
	}
	r.judge(p)
	return r
}

func statefulSetRow(d *appsv1.StatefulSet, w *words) *workRow {
	r := newWorkRow(kindStatefulSet, &d.ObjectMeta, &d.Spec.Template, w)
	s := &d.Status
	r.base.Desired, r.base.Ready = orOne(d.Spec.Replicas), int(s.ReadyReplicas)
	r.base.Updated, r.base.Available = int(s.UpdatedReplicas), int(s.AvailableReplicas)
	if s.UpdateRevision == s.CurrentRevision {
		r.base.Updated = int(s.Replicas) // the field goes back to 0 or lags once a rollout is over
	}
	p := progress{unseen: d.Generation > s.ObservedGeneration, total: int(s.Replicas), old: int(s.Replicas) - r.base.Updated,
		byHand: d.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType, heldBelow: -1}
	if u := d.Spec.UpdateStrategy.RollingUpdate; u != nil && u.Partition != nil && *u.Partition > 0 {
		p.heldBelow = max(r.base.Desired-int(*u.Partition), 0)
	}
	r.judge(p)
	return r
}

func daemonSetRow(d *appsv1.DaemonSet, w *words) *workRow {
	r := newWorkRow(kindDaemonSet, &d.ObjectMeta, &d.Spec.Template, w)
	s := &d.Status
	r.base.Desired, r.base.Ready = int(s.DesiredNumberScheduled), int(s.NumberReady)
	r.base.Updated, r.base.Available = int(s.UpdatedNumberScheduled), int(s.NumberAvailable)
	r.judge(progress{unseen: d.Generation > s.ObservedGeneration, total: int(s.CurrentNumberScheduled),
		byHand: d.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType, heldBelow: -1})
	return r
}

// replicaSetRow keeps no ReplicaSet that only remembers an old template of a Deployment: there are ten for each.
func replicaSetRow(d *appsv1.ReplicaSet, w *words) *workRow {
	if orOne(d.Spec.Replicas) == 0 && d.Status.Replicas == 0 && metav1.GetControllerOfNoCopy(d) != nil {
		return nil
	}
	r := newWorkRow(kindReplicaSet, &d.ObjectMeta, &d.Spec.Template, w)
	s := &d.Status
	r.base.Desired, r.base.Ready, r.base.Available = orOne(d.Spec.Replicas), int(s.ReadyReplicas), int(s.AvailableReplicas)
	r.base.Updated = int(s.Replicas)
	p := progress{unseen: d.Generation > s.ObservedGeneration, total: int(s.Replicas), heldBelow: -1}
	for i := range s.Conditions {
		if c := &s.Conditions[i]; c.Type == appsv1.ReplicaSetReplicaFailure && c.Status == corev1.ConditionTrue {
			p.failure = because(c.Reason, c.Message)
		}
	}
	r.judge(p)
	return r
}

func orOne(n *int32) int {
	if n == nil {
		return 1 // the API's default
	}
	return int(*n)
}

func later(t time.Time, m metav1.Time) time.Time {
	if m.After(t) {
		return m.UTC()
	}
	return t
}
