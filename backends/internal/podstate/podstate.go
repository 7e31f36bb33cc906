// Package podstate says in words how the containers of a pod stand. It is pure and judges nothing.
package podstate

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

// Reasons for which a container waits: the first two without any fault.
const (
	Creating     = "ContainerCreating"
	Initialising = "PodInitializing"
	CrashLoop    = "CrashLoopBackOff"
)

// Condition is one condition of a pod, nil where it has none of the type.
func Condition(p *corev1.Pod, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == t {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}

// LastExit is the latest end of a container of a pod, nil where none has ended badly or been restarted.
func LastExit(p *corev1.Pod) *corev1.ContainerStateTerminated {
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

// Exit is the reason and the code, or the signal: "OOMKilled 137", "Error 1".
func Exit(t *corev1.ContainerStateTerminated) fleet.Safe {
	what := t.Reason
	if what == "" {
		what = "code"
	}
	code := strconv.Itoa(int(t.ExitCode))
	if t.Signal != 0 && t.ExitCode == 0 {
		code = "signal " + strconv.Itoa(int(t.Signal))
	}
	return fleet.Label(Clip(what, 100) + " " + code)
}

// Restarts counts the restarts of a container.
func Restarts(s *corev1.ContainerStatus) fleet.Safe {
	if s.RestartCount == 1 {
		return fleet.Text("1 restart")
	}
	return fleet.Textf("%s restarts", Number(int(s.RestartCount)))
}

// AfterRestarts adds them to a sentence, with the last end; "" for none.
func AfterRestarts(s *corev1.ContainerStatus) fleet.Safe {
	if s.RestartCount == 0 {
		return fleet.Safe{}
	}
	text := fleet.Textf(", after %s", Restarts(s))
	if t := s.LastTerminationState.Terminated; t != nil {
		text = fleet.Concat(text, fleet.Textf(", the last by %s", Exit(t)))
	}
	return text
}

// IsSidecar tells init containers that go on running beside the others.
func IsSidecar(p *corev1.Pod, name string) bool {
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		if c.Name == name {
			return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		}
	}
	return false
}

// IsTrouble tells reasons for waiting that are a fault.
func IsTrouble(reason string) bool {
	return reason != "" && reason != Creating && reason != Initialising
}

// Because joins a reason and a message that may be either.
func Because(reason, message string) fleet.Safe {
	message = strings.TrimSpace(Clip(message, 500))
	switch {
	case reason == "":
		return fleet.Label(message)
	case message == "" || message == reason:
		return fleet.Label(reason)
	}
	return fleet.Label(reason + ": " + message)
}

// Number is a number as text.
func Number(n int) fleet.Safe { return fleet.Label(strconv.Itoa(n)) }

// Clip cuts a text; "~" says so.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "~"
}
