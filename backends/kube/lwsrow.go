package kube

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// lwsVersion is the API of LeaderWorkerSet, a custom resource: JSON only, and absent from most clusters.
var lwsVersion = schema.GroupVersion{Group: "leaderworkerset.x-k8s.io", Version: "v1"}

// leaderWorkerSet holds the fields that a row is made of (LeaderWorkerSet v0.10).
type leaderWorkerSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Replicas *int32 `json:"replicas"`
		Template struct {
			Leader *corev1.PodTemplateSpec `json:"leaderTemplate"`
			Worker corev1.PodTemplateSpec  `json:"workerTemplate"`
			Size   *int32                  `json:"size"`
		} `json:"leaderWorkerTemplate"`
		Rollout struct {
			Rolling struct {
				Partition *int32 `json:"partition"`
			} `json:"rollingUpdateConfiguration"`
		} `json:"rolloutStrategy"`
	} `json:"spec"`
	Status struct {
		Replicas           int32              `json:"replicas"`
		ReadyReplicas      int32              `json:"readyReplicas"`
		UpdatedReplicas    int32              `json:"updatedReplicas"`
		ObservedGeneration *int64             `json:"observedGeneration"`
		Conditions         []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// DeepCopyObject is asked for by the decoder's registry. A decoded object is turned into a row and dropped.
func (s *leaderWorkerSet) DeepCopyObject() runtime.Object {
	c := *s
	s.DeepCopyInto(&c.ObjectMeta)
	return &c
}

type leaderWorkerSetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []leaderWorkerSet `json:"items"`
}

// DeepCopyObject is asked for by the decoder's registry.
func (l *leaderWorkerSetList) DeepCopyObject() runtime.Object {
	c := *l
	return &c
}

// lwsRow counts groups: one replica is a leader with its workers.
func lwsRow(s *leaderWorkerSet, w *words) *workRow {
	leader := s.Spec.Template.Leader
	if leader == nil {
		leader = &s.Spec.Template.Worker
	}
	r := newWorkRow(kindLWS, &s.ObjectMeta, leader, w)
	workers := max(orOne(s.Spec.Template.Size), 1) - 1
	r.base.GPUsEach = podspec.GPUs(&leader.Spec) + workers*podspec.GPUs(&s.Spec.Template.Worker.Spec)
	r.base.Desired, r.base.Ready = orOne(s.Spec.Replicas), int(s.Status.ReadyReplicas)
	r.base.Updated, r.base.Available = int(s.Status.UpdatedReplicas), int(s.Status.ReadyReplicas)
	p := progress{total: int(s.Status.Replicas), old: int(s.Status.Replicas - s.Status.UpdatedReplicas), heldBelow: -1}
	if s.Status.ObservedGeneration != nil { // from v0.9.0 on
		p.unseen = s.Generation > *s.Status.ObservedGeneration
	}
	if part := s.Spec.Rollout.Rolling.Partition; part != nil && *part > 0 {
		p.heldBelow = max(r.base.Desired-int(*part), 0)
	}
	for i := range s.Status.Conditions {
		r.base.Since = later(r.base.Since, s.Status.Conditions[i].LastTransitionTime)
	}
	r.judge(p)
	if r.base.State == fleet.StateWarn || r.base.State == fleet.StateDown {
		r.base.Why = fleet.Concat(r.base.Why, fleet.Textf(" (groups of %s)", number(workers+1)))
	}
	return r
}
