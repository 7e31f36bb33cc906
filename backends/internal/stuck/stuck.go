// Package stuck says in one sentence what stands in the way of a rollout, with object and number. It is pure: it decides
// over the facts that an orchestrator read, in the order of orchestration.md 3.2. What keeps it from ending comes before
// what only takes time.
package stuck

import (
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Facts are what is known of one object that keeps pods.
type Facts struct {
	Now        time.Time
	Generation int64
	Observed   int64 // by its controller; the same as Generation where the kind does not tell

	Unit           string // "pods" or "groups"
	Desired        int
	Available      int
	MaxUnavailable int           // replicas that may be away while it rolls
	Keeps          fleet.Safe    // why no old pod leaves, where that is no number: "cluster a gives none up before b serves"
	MinReady       time.Duration // after which a ready pod counts as available
	Ordered        bool          // one pod at a time, each waits for the one before
	Refused        *Refusal      // the controller may not make pods

	New, Old []*corev1.Pod // of the newest version, and the others
	Cluster  *Cluster      // nil where nodes may not be read
	Claims   []*corev1.PersistentVolumeClaim
	Events   []*corev1.Event // of the object, its pods and its ReplicaSets
}

// Refusal is why a controller may not make pods: a condition ReplicaFailure, or an event FailedCreate.
type Refusal struct {
	By              string // "ReplicaSet m-5d9"
	Reason, Message string
	Since           time.Time
}

// Verdict is what stands in the way.
type Verdict struct {
	Phase fleet.RolloutPhase // RolloutUnseen, RolloutStuck, or RolloutMoving
	Why   fleet.Safe
	Never bool
	Since time.Time
}

// Why decides. false is that nothing was found that explains why it is not over.
func Why(f Facts) (Verdict, bool) {
	for _, look := range []func(Facts) (Verdict, bool){unseen, refused, pending, notAdmitted, notStarted, heldVolume, crashing,
		killedEarly, gated, heldPods, starting, initialising, loading, leaving, waitingOut} {
		if v, ok := look(f); ok {
			return v, true
		}
	}
	return Verdict{}, false
}

// unseen is 1: the controller did not see the newest change.
func unseen(f Facts) (Verdict, bool) {
	if f.Observed >= f.Generation {
		return Verdict{}, false
	}
	return Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("its controller has seen generation %s and not yet %s",
		fleet.Int(f.Observed), fleet.Int(f.Generation))}, true
}

// refused is 2: quota, admission, a ServiceAccount that is not there.
func refused(f Facts) (Verdict, bool) {
	r := f.Refused
	if r == nil {
		r = f.refusalByEvent()
	}
	if r == nil {
		return Verdict{}, false
	}
	missing := f.Desired - len(alive(f.New)) - len(alive(f.Old))
	// Only a quota comes free as pods leave: what else refuses, such as a webhook that did not answer, is asked again.
	v := Verdict{Phase: fleet.RolloutStuck, Since: r.Since, Never: strings.Contains(r.Message, "exceeded quota") && f.oldStay()}
	v.Why = fleet.Textf("%s may not make pods: %s", fleet.Quote(r.By), podstate.Because(r.Reason, podstate.Clip(r.Message, 300)))
	if missing > 0 {
		v.Why = fleet.Textf("%s, %s missing", v.Why, fleet.Many(missing, "pod"))
	}
	v.Why = fleet.Concat(v.Why, f.ending(v.Never))
	return v, true
}

// refusalByEvent stands in for kinds without a condition. An event from before the newest pod is over.
func (f Facts) refusalByEvent() *Refusal {
	var last *corev1.Event
	for _, e := range f.Events {
		if e.Reason == "FailedCreate" && e.InvolvedObject.Kind != "Pod" && (last == nil || when(e).After(when(last))) {
			last = e
		}
	}
	if last == nil || f.Now.Sub(when(last)) > 20*time.Minute { // the controller tries again at the latest every 16 minutes
		return nil
	}
	for _, p := range f.New {
		if !p.CreationTimestamp.Time.Before(when(last)) {
			return nil
		}
	}
	if len(alive(f.New))+len(alive(f.Old)) >= f.Desired {
		return nil
	}
	return &Refusal{By: last.InvolvedObject.Kind + " " + last.InvolvedObject.Name, Reason: last.Reason, Message: last.Message,
		Since: when(last)}
}

func when(e *corev1.Event) time.Time {
	switch {
	case e.Series != nil:
		return e.Series.LastObservedTime.Time
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp.Time
	case !e.EventTime.IsZero():
		return e.EventTime.Time
	}
	return e.CreationTimestamp.Time
}

// nobodyLeaves tells that the rollout itself frees nothing: no old pod is going, and none may go.
func (f Facts) nobodyLeaves() bool {
	for _, p := range f.Old {
		if p.DeletionTimestamp != nil {
			return false
		}
	}
	return f.MaxUnavailable == 0
}

// oldStay tells that a surge waits for pods of its own object that stay. Where there are no more pods than wanted, who else holds
// what they need may leave.
func (f Facts) oldStay() bool {
	return f.nobodyLeaves() && (len(alive(f.Old)) > 0 || len(alive(f.New)) > max(f.Desired, 1))
}

// ending says what that means.
func (f Facts) ending(never bool) fleet.Safe {
	switch {
	case !never:
		return fleet.Safe{}
	case !f.Keeps.IsEmpty():
		return fleet.Textf(", %s: will never finish", f.Keeps)
	case f.oldStay():
		return fleet.Text(", maxUnavailable 0: will never finish")
	}
	return fleet.Text(": will never finish")
}

// order adds that one pod holds up all others.
func (f Facts) order(why fleet.Safe) fleet.Safe {
	if !f.Ordered {
		return why
	}
	return fleet.Concat(why, fleet.Text("; OrderedReady changes no other pod before this one is ready"))
}

// alive leaves out pods that are over and pods that are going.
func alive(pods []*corev1.Pod) []*corev1.Pod {
	var list []*corev1.Pod
	for _, p := range pods {
		if p.DeletionTimestamp == nil && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			list = append(list, p)
		}
	}
	return list
}

func isReady(p *corev1.Pod) bool {
	c := podstate.Condition(p, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

func name(p *corev1.Pod) fleet.Safe { return fleet.Quote(p.Name) }

// devices are the resources of a pod that are accelerators, the one that it asks most of.
func devices(spec *corev1.PodSpec) (resource corev1.ResourceName, each int) {
	for r, n := range podspec.Devices(spec) {
		if n > each || n == each && r < resource {
			resource, each = r, n
		}
	}
	return resource, each
}

// FromReplicaSet is the refusal that a ReplicaSet reports, nil for none.
func FromReplicaSet(s *appsv1.ReplicaSet) *Refusal {
	for i := range s.Status.Conditions {
		if c := &s.Status.Conditions[i]; c.Type == appsv1.ReplicaSetReplicaFailure && c.Status == corev1.ConditionTrue {
			return &Refusal{By: "ReplicaSet " + s.Name, Reason: c.Reason, Message: c.Message, Since: c.LastTransitionTime.Time}
		}
	}
	return nil
}
