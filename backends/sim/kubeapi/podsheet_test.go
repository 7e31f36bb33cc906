package kubeapi

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOneWordForAPod(t *testing.T) {
	waiting := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	ended := func(reason string, code, signal int32) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, Signal: signal}}
	}
	runs := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	left := metav1.NewTime(noon)
	for want, p := range map[string]corev1.Pod{
		"Pending":                  {Status: corev1.PodStatus{Phase: corev1.PodPending}},
		"UnexpectedAdmissionError": {Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "UnexpectedAdmissionError"}},
		"ImagePullBackOff": {Status: corev1.PodStatus{Phase: corev1.PodPending,
			ContainerStatuses: []corev1.ContainerStatus{{State: waiting("ImagePullBackOff")}}}},
		"CrashLoopBackOff": {Status: corev1.PodStatus{Phase: corev1.PodRunning,
			ContainerStatuses: []corev1.ContainerStatus{{State: waiting("CrashLoopBackOff")}, {State: runs, Ready: true}}}},
		"OOMKilled": {Status: corev1.PodStatus{Phase: corev1.PodFailed,
			ContainerStatuses: []corev1.ContainerStatus{{State: ended("OOMKilled", 137, 0)}}}},
		"Signal:9":   {Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{State: ended("", 137, 9)}}}},
		"ExitCode:3": {Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{State: ended("", 3, 0)}}}},
		"NotReady": {Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{
			{State: ended("Completed", 0, 0)}, {State: runs, Ready: true}}}},
		"Terminating": {ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &left}, Status: corev1.PodStatus{Phase: corev1.PodRunning}},
		"Unknown": {ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &left},
			Status: corev1.PodStatus{Phase: corev1.PodRunning, Reason: "NodeLost"}},
	} {
		if got := podState(&p); got != want {
			t.Errorf("%s instead of %s", got, want)
		}
	}
}

func TestRestartsSayWhenTheLastWas(t *testing.T) {
	p := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", CreationTimestamp: metav1.NewTime(noon.Add(-time.Hour))},
		Spec: corev1.PodSpec{Containers: make([]corev1.Container, 2)}}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Ready: true, RestartCount: 3,
		State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			FinishedAt: metav1.NewTime(noon.Add(-5 * time.Minute))}}}}
	got := podCells(&p, noon)
	if got[1] != "1/2" || got[3] != "3 (5m ago)" || got[4] != "60m" || got[5] != none {
		t.Errorf("%v", got)
	}
}
