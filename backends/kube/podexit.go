package kube

import (
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

func podCondition(p *corev1.Pod, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == t {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}

// lastExit is the latest end of a container of a pod, nil where none has ended badly or been restarted.
func lastExit(p *corev1.Pod) *corev1.ContainerStateTerminated {
	var last *corev1.ContainerStateTerminated
	for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range list {
			for _, t := range []*corev1.ContainerStateTerminated{list[i].LastTerminationState.Terminated, list[i].State.Terminated} {
				if t != nil && (t.ExitCode != 0 || list[i].RestartCount > 0) && (last == nil || last.FinishedAt.Before(&t.FinishedAt)) {
					last = t
				}
			}
		}
	}
	return last
}

// exitText is the reason and the code, or the signal: "OOMKilled 137", "Error 1".
func exitText(t *corev1.ContainerStateTerminated) fleet.Safe {
	what := t.Reason
	if what == "" {
		what = "code"
	}
	code := strconv.Itoa(int(t.ExitCode))
	if t.Signal != 0 && t.ExitCode == 0 {
		code = "signal " + strconv.Itoa(int(t.Signal))
	}
	return fleet.Label(clip(what, 100) + " " + code)
}

func restarts(s *corev1.ContainerStatus) fleet.Safe {
	if s.RestartCount == 1 {
		return fleet.Text("1 restart")
	}
	return fleet.Textf("%s restarts", number(int(s.RestartCount)))
}

func afterRestarts(s *corev1.ContainerStatus) fleet.Safe {
	if s.RestartCount == 0 {
		return fleet.Safe{}
	}
	text := fleet.Textf(", after %s", restarts(s))
	if t := s.LastTerminationState.Terminated; t != nil {
		text = fleet.Concat(text, fleet.Textf(", the last by %s", exitText(t)))
	}
	return text
}

// Times after which a state that is normal at first becomes trouble.
const (
	goneWithin    = 30 * time.Second // after the grace period of a deletion
	createdWithin = 3 * time.Minute  // from placement to a started container: volumes and images
)

// overdue returns the row of a pod in a state that has lasted too long, or the row itself.
func overdue(r *fleet.Pod, now time.Time) *fleet.Pod {
	age := now.Sub(r.Since)
	switch {
	case r.Phase.String() == phaseTerminating && r.State == fleet.StateIdle && age > goneWithin:
		late := *r
		late.State = fleet.StateCrit
		late.Why = fleet.Concat(r.Why, fleet.Text("; its grace period is over: the node or a finalizer holds it"))
		return &late
	case r.State == fleet.StateWarn && r.Why.String() == waitCreating && age > createdWithin:
		late := *r
		late.State = fleet.StateCrit
		late.Why = fleet.Text("ContainerCreating for long: a volume or an image does not come; see its events")
		return &late
	}
	return r
}
