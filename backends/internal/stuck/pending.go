package stuck

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// pending is 3: pods that no node takes.
func pending(f Facts) (Verdict, bool) {
	var waiting []*corev1.Pod
	for _, p := range alive(f.New) {
		if c := podstate.Condition(p, corev1.PodScheduled); p.Spec.NodeName == "" && c != nil && c.Status == corev1.ConditionFalse {
			waiting = append(waiting, p)
		}
	}
	if len(waiting) == 0 {
		return Verdict{}, false
	}
	first := waiting[0]
	c := podstate.Condition(first, corev1.PodScheduled)
	v := Verdict{Phase: fleet.RolloutStuck, Since: c.LastTransitionTime.Time}
	head := fleet.Textf("%s Pending", fleet.Many(len(waiting), "pod"))
	if c.Reason == corev1.PodReasonSchedulingGated {
		v.Why = f.order(fleet.Textf("%s: scheduling gate %s of pod %s is not lifted", head, gatesOf(first), name(first)))
		return v, true
	}
	e := f.event(waiting, "TriggeredScaleUp", "NotTriggerScaleUp")
	if e != nil && e.Reason == "TriggeredScaleUp" && f.Now.Sub(when(e)) < nodeWithin {
		v.Phase = fleet.RolloutMoving
		v.Why = fleet.Textf("%s: the cluster autoscaler adds nodes: %s", head, fleet.Label(podstate.Clip(e.Message, 200)))
		return v, true
	}
	if why, never, ok := f.noGPU(waiting, c.Message); ok {
		v.Never = never
		v.Why = fleet.Concat(fleet.Textf("%s: %s", head, why), f.ending(never))
	} else {
		v.Never = f.nobodyLeaves() && boundElsewhere(c.Message)
		v.Why = fleet.Textf("%s: %s", head, f.scheduler(first, c))
		v.Why = fleet.Concat(v.Why, f.ending(v.Never))
	}
	v.Why = f.order(v.Why)
	return v, true
}

// nodeWithin is how long a cloud may take to bring a node that was asked for.
const nodeWithin = 30 * time.Minute

// boundElsewhere tells messages of the scheduler that say that a claim lies where the pod cannot go.
func boundElsewhere(message string) bool {
	return strings.Contains(message, "volume node affinity conflict") || strings.Contains(message, "find available persistent volumes")
}

// noGPU words pods for which there are not enough GPUs. The scheduler's message says so, or the count does.
func (f Facts) noGPU(waiting []*corev1.Pod, message string) (why fleet.Safe, never, ok bool) {
	resource, each := devices(&waiting[0].Spec)
	if each == 0 {
		return fleet.Safe{}, false, false
	}
	asked := fleet.Textf("%s %s asked", fleet.Int(each*len(waiting)), fleet.Quote(string(resource)))
	if f.Cluster == nil {
		if !strings.Contains(message, "Insufficient "+string(resource)) {
			return fleet.Safe{}, false, false
		}
		return fleet.Textf("%s, how many are free is not known (%s)", asked, fleet.Label(podstate.Clip(message, 200))), f.oldStay(), true
	}
	room := f.Cluster.RoomFor(&waiting[0].Spec)
	product := podspec.Product(&waiting[0].Spec)
	on := fleet.Safe{}
	if !product.IsEmpty() {
		on = fleet.Textf(" on %s", product)
	}
	waits := room.Closed == 0 && !f.Cluster.frees(resource) // for nothing outside of the rollout
	switch {
	case room.Nodes == 0:
		return fleet.Textf("%s%s, and no node that is ready, open and selected has such a resource", asked, on), waits && f.nobodyLeaves(), true
	case room.Fits < len(waiting) || strings.Contains(message, "Insufficient "+string(resource)):
		return fleet.Textf("%s%s, %s", asked, on, room.Text()), waits && f.oldStay(), true
	}
	return fleet.Safe{}, false, false
}

// scheduler is what the scheduler says, with the claim where it is about one.
func (f Facts) scheduler(p *corev1.Pod, c *corev1.PodCondition) fleet.Safe {
	said := podstate.Because(c.Reason, podstate.Clip(c.Message, 300))
	if !strings.Contains(strings.ToLower(c.Message), "volume") {
		return said
	}
	var claims []string
	for i := range p.Spec.Volumes {
		if v := p.Spec.Volumes[i].PersistentVolumeClaim; v != nil {
			claims = append(claims, v.ClaimName)
		}
	}
	if len(claims) == 0 {
		return said
	}
	return fleet.Textf("%s (claim %s)", said, fleet.Quote(strings.Join(claims, ", ")))
}

func gatesOf(p *corev1.Pod) fleet.Safe {
	var list []string
	for _, g := range p.Spec.SchedulingGates {
		list = append(list, g.Name)
	}
	return fleet.Quote(strings.Join(list, ", "))
}

// event finds the newest event of one reason about one of these pods.
func (f Facts) event(pods []*corev1.Pod, reasons ...string) *corev1.Event {
	var last *corev1.Event
	for _, e := range f.Events {
		if !slices.Contains(reasons, e.Reason) || last != nil && when(e).Before(when(last)) {
			continue
		}
		if slices.ContainsFunc(pods, func(p *corev1.Pod) bool { return p.UID == e.InvolvedObject.UID && p.Name == e.InvolvedObject.Name }) {
			last = e
		}
	}
	return last
}

// notAdmitted is 4: the node took the pod and its kubelet or device plugin refused it.
func notAdmitted(f Facts) (Verdict, bool) {
	for _, p := range f.New {
		reason := p.Status.Reason
		if p.DeletionTimestamp != nil || p.Status.Phase != corev1.PodFailed || reason != "UnexpectedAdmissionError" &&
			!strings.HasPrefix(reason, "OutOf") {
			continue
		}
		if slices.ContainsFunc(alive(f.New), func(o *corev1.Pod) bool { return o.CreationTimestamp.After(p.CreationTimestamp.Time) }) {
			continue // another one was made in its place
		}
		return Verdict{Phase: fleet.RolloutStuck, Since: p.CreationTimestamp.Time,
			Why: f.order(fleet.Textf("node %s refused pod %s: %s; its device plugin or its count of devices is wrong",
				fleet.Quote(p.Spec.NodeName), name(p), podstate.Because(reason, podstate.Clip(p.Status.Message, 200))))}, true
	}
	return Verdict{}, false
}
