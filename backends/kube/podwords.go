package kube

import (
	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Words that rows share with what explains a rollout; see podstate.
const (
	waitCreating = podstate.Creating
	waitCrash    = podstate.CrashLoop
)

func podCondition(p *corev1.Pod, t corev1.PodConditionType) *corev1.PodCondition {
	return podstate.Condition(p, t)
}

func lastExit(p *corev1.Pod) *corev1.ContainerStateTerminated { return podstate.LastExit(p) }
func exitText(t *corev1.ContainerStateTerminated) fleet.Safe  { return podstate.Exit(t) }
func restarts(s *corev1.ContainerStatus) fleet.Safe           { return podstate.Restarts(s) }
func afterRestarts(s *corev1.ContainerStatus) fleet.Safe      { return podstate.AfterRestarts(s) }
func isSidecar(p *corev1.Pod, name string) bool               { return podstate.IsSidecar(p, name) }
func isTrouble(reason string) bool                            { return podstate.IsTrouble(reason) }
func because(reason, message string) fleet.Safe               { return podstate.Because(reason, message) }
func number(n int) fleet.Safe                                 { return podstate.Number(n) }
func clip(s string, most int) string                          { return podstate.Clip(s, most) }
