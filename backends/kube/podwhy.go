package kube

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

// phaseTerminating is the phase of a pod that is deleted and still there; the API has no word for it.
const phaseTerminating = "Terminating"

// verdict is how a pod does, with the one sentence that says why it does not serve.
type verdict struct {
	phase fleet.Safe
	state fleet.State
	why   fleet.Safe
	since time.Time
}

// judgePod decides in the order in which a person would look: gone, refused by the node, not placed, first containers,
// images and crashes, loading, a device that died. What grows with time is added by overdue.
func judgePod(p *corev1.Pod) verdict {
	v := verdict{phase: fleet.Label(string(p.Status.Phase)), state: fleet.StateOK, since: p.CreationTimestamp.UTC()}
	if p.DeletionTimestamp != nil {
		return terminating(p)
	}
	switch p.Status.Phase {
	case corev1.PodSucceeded:
		v.state = fleet.StateIdle
		return v
	case corev1.PodFailed:
		return failed(p, v)
	case corev1.PodUnknown:
		v.state, v.why = fleet.StateUnknown, because(p.Status.Reason, p.Status.Message)
		return v
	default: // Pending and Running: its containers tell
	}
	for _, look := range []func(*corev1.Pod, *verdict) bool{unplaced, initialising, waiting, ended, deadDevice, loading, evicted} {
		if look(p, &v) {
			return v
		}
	}
	if c := podCondition(p, corev1.PodReady); c != nil {
		v.since = c.LastTransitionTime.UTC()
	}
	return v
}

func terminating(p *corev1.Pod) verdict {
	v := verdict{phase: fleet.Text(phaseTerminating), state: fleet.StateIdle, since: p.DeletionTimestamp.UTC(),
		why: fleet.Text("it is being deleted")}
	if len(p.Finalizers) > 0 {
		v.why = fleet.Concat(fleet.Text("it is being deleted; finalizers: "), fleet.Label(clip(strings.Join(p.Finalizers, ", "), 200)))
	}
	return v
}

func failed(p *corev1.Pod, v verdict) verdict {
	v.state, v.why = fleet.StateDown, because(p.Status.Reason, p.Status.Message)
	if t := lastExit(p); t != nil {
		v.since = t.FinishedAt.UTC()
		if v.why.IsEmpty() {
			v.why = fleet.Concat(fleet.Text("it ended: "), exitText(t))
		}
	}
	if v.why.IsEmpty() {
		v.why = fleet.Text("it failed")
	}
	return v
}

// unplaced is a pod that no node took.
func unplaced(p *corev1.Pod, v *verdict) bool {
	c := podCondition(p, corev1.PodScheduled)
	if c == nil || c.Status != corev1.ConditionFalse {
		return false
	}
	v.since, v.state = c.LastTransitionTime.UTC(), fleet.StateCrit
	if c.Reason == corev1.PodReasonSchedulingGated {
		v.state = fleet.StateWarn
	}
	v.why = because(c.Reason, c.Message)
	return true
}

// initialising is a pod whose first containers are not through, such as one that fetches weights.
func initialising(p *corev1.Pod, v *verdict) bool {
	for i := range p.Status.InitContainerStatuses {
		s := &p.Status.InitContainerStatuses[i]
		name := fleet.Label(s.Name)
		switch {
		case isSidecar(p, s.Name) && s.Started != nil && *s.Started, s.State.Terminated != nil && s.State.Terminated.ExitCode == 0:
			continue
		case s.State.Running != nil:
			v.state, v.since = fleet.StateWarn, s.State.Running.StartedAt.UTC()
			v.why = fleet.Concat(fleet.Textf("init container %s is running", name), afterRestarts(s))
			return true
		case s.State.Terminated != nil:
			v.state, v.since = fleet.StateDown, s.State.Terminated.FinishedAt.UTC()
			v.why = fleet.Textf("init container %s ended: %s", name, exitText(s.State.Terminated))
			return true
		case s.State.Waiting != nil && isTrouble(s.State.Waiting.Reason):
			return stuck(s, v, fleet.Text("init container "))
		}
	}
	return false
}

// waiting is a pod with a container that does not start. One in trouble tells more than one that is merely created.
func waiting(p *corev1.Pod, v *verdict) bool {
	creating := ""
	for i := range p.Status.ContainerStatuses {
		s := &p.Status.ContainerStatuses[i]
		if s.State.Waiting == nil {
			continue
		}
		if isTrouble(s.State.Waiting.Reason) {
			return stuck(s, v, fleet.Text("container "))
		}
		creating = s.State.Waiting.Reason
	}
	if creating == "" && p.Status.Phase != corev1.PodPending {
		return false
	}
	v.state, v.why = fleet.StateWarn, fleet.Label(creating)
	if creating == "" {
		v.why = fleet.Text("the node has not started it yet")
	}
	if c := podCondition(p, corev1.PodScheduled); c != nil {
		v.since = c.LastTransitionTime.UTC()
	}
	return true
}

// stuck words a container that waits for a reason that is a fault.
func stuck(s *corev1.ContainerStatus, v *verdict, what fleet.Safe) bool {
	w := s.State.Waiting
	name := fleet.Concat(what, fleet.Label(s.Name))
	v.state = fleet.StateDown
	if t := s.LastTerminationState.Terminated; t != nil {
		v.since = t.FinishedAt.UTC()
		if w.Reason == waitCrash {
			v.why = fleet.Textf("CrashLoopBackOff: %s ended with %s, %s", name, exitText(t), restarts(s))
			return true
		}
	}
	v.why = fleet.Textf("%s: %s", fleet.Label(w.Reason), name)
	if w.Message != "" {
		v.why = fleet.Concat(v.why, fleet.Text(": "), fleet.Label(clip(w.Message, 300)))
	}
	return true
}

// ended is a running pod of which one container is over and not begun again.
func ended(p *corev1.Pod, v *verdict) bool {
	for i := range p.Status.ContainerStatuses {
		if t := p.Status.ContainerStatuses[i].State.Terminated; t != nil {
			v.state, v.since = fleet.StateDown, t.FinishedAt.UTC()
			v.why = fleet.Textf("container %s ended: %s", fleet.Label(p.Status.ContainerStatuses[i].Name), exitText(t))
			return true
		}
	}
	return false
}

// deadDevice is what the kubelet knows of the devices under a container (ResourceHealthStatus, on from 1.36).
func deadDevice(p *corev1.Pod, v *verdict) bool {
	for i := range p.Status.ContainerStatuses {
		for _, status := range p.Status.ContainerStatuses[i].AllocatedResourcesStatus {
			for _, r := range status.Resources {
				if r.Health == corev1.ResourceHealthStatusUnhealthy {
					v.state = fleet.StateCrit
					v.why = fleet.Textf("device %s under it is unhealthy", fleet.Label(string(r.ResourceID)))
					return true
				}
			}
		}
	}
	return false
}

// loading is a pod whose containers run and that is not ready: for a model server, the time in which it loads.
func loading(p *corev1.Pod, v *verdict) bool {
	for i := range p.Status.ContainerStatuses {
		s := &p.Status.ContainerStatuses[i]
		if s.Ready || s.State.Running == nil {
			continue
		}
		v.state, v.since = fleet.StateWarn, s.State.Running.StartedAt.UTC()
		v.why = fleet.Concat(fleet.Textf("loading: container %s runs and is not ready", fleet.Label(s.Name)), afterRestarts(s))
		return true
	}
	ready := podCondition(p, corev1.PodReady)
	if ready == nil || ready.Status == corev1.ConditionTrue {
		return false
	}
	v.state, v.since = fleet.StateWarn, ready.LastTransitionTime.UTC()
	v.why = fleet.Concat(fleet.Text("not ready: "), because(ready.Reason, ready.Message))
	for _, g := range p.Spec.ReadinessGates {
		if c := podCondition(p, g.ConditionType); c == nil || c.Status != corev1.ConditionTrue {
			v.why = fleet.Textf("readiness gate %s is not passed", fleet.Label(string(g.ConditionType)))
		}
	}
	return true
}

// evicted is a pod that still runs and was told to go.
func evicted(p *corev1.Pod, v *verdict) bool {
	c := podCondition(p, corev1.DisruptionTarget)
	if c == nil || c.Status != corev1.ConditionTrue {
		return false
	}
	v.state, v.since, v.why = fleet.StateWarn, c.LastTransitionTime.UTC(), because(c.Reason, c.Message)
	return true
}
