package kubeapi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

func podCells(p *corev1.Pod, now time.Time) []any {
	ready, restarts, last := 0, int32(0), time.Time{}
	for _, s := range p.Status.ContainerStatuses {
		if s.Ready && s.State.Running != nil {
			ready++
		}
		restarts += s.RestartCount
		if t := s.LastTerminationState.Terminated; t != nil && t.FinishedAt.After(last) {
			last = t.FinishedAt.Time
		}
	}
	again := fmt.Sprint(restarts)
	if restarts > 0 && !last.IsZero() {
		again += " (" + duration.HumanDuration(now.Sub(last)) + " ago)"
	}
	return []any{p.Name, fmt.Sprintf("%d/%d", ready, len(p.Spec.Containers)), podState(p), again, age(p, now),
		orNone(p.Status.PodIP), orNone(p.Spec.NodeName), orNone(p.Status.NominatedNodeName), none}
}

// podState is the one word for a pod: the reason of a container that does not run, else of the pod, else its phase.
func podState(p *corev1.Pod) string {
	word := string(p.Status.Phase)
	if p.Status.Reason != "" {
		word = p.Status.Reason
	}
	running := false
	for _, s := range slices.Backward(p.Status.ContainerStatuses) {
		if said := stateWord(&s.State); said != "" {
			word = said
		} else if s.Ready && s.State.Running != nil {
			running = true
		}
	}
	if word == "Completed" && running { // one of several containers has ended
		if word = "NotReady"; ready(p) {
			word = "Running"
		}
	}
	switch {
	case p.DeletionTimestamp != nil && p.Status.Reason == "NodeLost":
		return "Unknown"
	case p.DeletionTimestamp != nil && p.Status.Phase != corev1.PodFailed && p.Status.Phase != corev1.PodSucceeded:
		return "Terminating"
	}
	return word
}

// stateWord is why a container does not run, "" where it does or says nothing.
func stateWord(s *corev1.ContainerState) string {
	switch t := s.Terminated; {
	case s.Waiting != nil:
		return s.Waiting.Reason
	case t == nil:
		return ""
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return fmt.Sprintf("Signal:%d", t.Signal)
	default:
		return fmt.Sprintf("ExitCode:%d", t.ExitCode)
	}
}

func nodeCells(n *corev1.Node, now time.Time) []any {
	state := "Unknown"
	for _, k := range n.Status.Conditions {
		if k.Type == corev1.NodeReady {
			state = "Not" + string(corev1.NodeReady)
			if k.Status == corev1.ConditionTrue {
				state = string(corev1.NodeReady)
			}
		}
	}
	if n.Spec.Unschedulable {
		state += ",SchedulingDisabled"
	}
	var roles []string
	for k := range n.Labels {
		if role, ok := strings.CutPrefix(k, "node-role.kubernetes.io/"); ok && role != "" {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	at := map[corev1.NodeAddressType]string{}
	for _, a := range n.Status.Addresses {
		at[a.Type] = a.Address
	}
	i := n.Status.NodeInfo
	unknown := func(s string) string {
		if s == "" {
			return "<unknown>"
		}
		return s
	}
	return []any{n.Name, state, orNone(strings.Join(roles, ",")), age(n, now), i.KubeletVersion, orNone(at[corev1.NodeInternalIP]),
		orNone(at[corev1.NodeExternalIP]), unknown(i.OSImage), unknown(i.KernelVersion), unknown(i.ContainerRuntimeVersion)}
}
