package kube

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

func describePod(p *page, pod *corev1.Pod) {
	v := judgePod(pod)
	p.field(0, "state", strings.TrimSpace(v.phase.String()+" "+string(v.state)))
	p.field(0, "why", v.why.String())
	p.field(0, "node", pod.Spec.NodeName)
	p.field(0, "address", pod.Status.PodIP)
	p.field(0, "service account", pod.Spec.ServiceAccountName)
	p.field(0, "priority class", pod.Spec.PriorityClassName)
	if n := podspec.GPUs(&pod.Spec); n > 0 {
		p.field(0, "GPUs", fmt.Sprint(n))
	}
	if g := pod.Spec.TerminationGracePeriodSeconds; g != nil {
		p.field(0, "grace", fmt.Sprintf("%ds", *g))
	}
	for n := range pod.Spec.InitContainers {
		describeContainer(p, "init container", &pod.Spec.InitContainers[n], pod.Status.InitContainerStatuses)
	}
	for n := range pod.Spec.Containers {
		describeContainer(p, "container", &pod.Spec.Containers[n], pod.Status.ContainerStatuses)
	}
	if len(pod.Status.Conditions) > 0 {
		p.add(0, "conditions:")
	}
	for _, c := range pod.Status.Conditions {
		p.add(1, "%s %s since %s %s", c.Type, c.Status, c.LastTransitionTime.UTC().Format("2006-01-02 15:04:05Z"), because(c.Reason, c.Message))
	}
	for _, volume := range pod.Spec.Volumes {
		if source := volumeText(volume); source != "" {
			p.field(0, "volume", volume.Name+": "+source)
		}
	}
	for _, t := range pod.Spec.Tolerations {
		p.field(0, "tolerates", strings.TrimSpace(t.Key+" "+string(t.Operator)+" "+t.Value+" "+string(t.Effect)))
	}
	p.pairs(0, "node selector", pod.Spec.NodeSelector)
}

func volumeText(v corev1.Volume) string {
	switch {
	case v.PersistentVolumeClaim != nil:
		return "claim " + v.PersistentVolumeClaim.ClaimName
	case v.HostPath != nil:
		return "host " + v.HostPath.Path
	case v.Image != nil:
		return "image " + v.Image.Reference
	case v.ConfigMap != nil:
		return "config map " + v.ConfigMap.Name
	case v.Secret != nil:
		return "secret " + v.Secret.SecretName
	case v.EmptyDir != nil:
		return strings.TrimSpace("empty " + string(v.EmptyDir.Medium))
	}
	return ""
}

func describeContainer(p *page, what string, c *corev1.Container, statuses []corev1.ContainerStatus) {
	p.add(0, "%s %s:", what, c.Name)
	p.field(1, "image", c.Image)
	for n := range statuses {
		if s := &statuses[n]; s.Name == c.Name {
			p.field(1, "state", stateText(&s.State))
			p.field(1, "ready", fmt.Sprint(s.Ready))
			p.field(1, "restarts", fmt.Sprint(s.RestartCount))
			p.field(1, "before", stateText(&s.LastTerminationState))
		}
	}
	if args := redactArgs(commandLine(c)); len(args) > 0 {
		p.add(1, "command:")
		for _, a := range args {
			p.add(2, "%s", a)
		}
	}
	for _, port := range c.Ports {
		p.field(1, "port", strings.TrimSpace(fmt.Sprint(port.ContainerPort, " ", port.Name)))
	}
	p.pairs(1, "limits", quantities(c.Resources.Limits))
	for _, probe := range []struct {
		name string
		p    *corev1.Probe
	}{{"startup probe", c.StartupProbe}, {"readiness probe", c.ReadinessProbe}, {"liveness probe", c.LivenessProbe}} {
		if probe.p != nil {
			p.field(1, probe.name, fmt.Sprintf("every %ds, %d failures, so within %ds", max(probe.p.PeriodSeconds, 1),
				max(probe.p.FailureThreshold, 1), max(probe.p.PeriodSeconds, 1)*max(probe.p.FailureThreshold, 1)))
		}
	}
	for _, e := range c.Env {
		p.field(1, "env", e.Name+"="+envText(e))
	}
}

func envText(e corev1.EnvVar) string {
	switch {
	case e.ValueFrom == nil && isSuspicious(e.Name):
		return hidden
	case e.ValueFrom == nil:
		return clip(hideText("", e.Value), 300)
	case e.ValueFrom.SecretKeyRef != nil:
		return "(secret " + e.ValueFrom.SecretKeyRef.Name + ")"
	case e.ValueFrom.ConfigMapKeyRef != nil:
		return "(config map " + e.ValueFrom.ConfigMapKeyRef.Name + ")"
	}
	return "(from elsewhere)"
}

func stateText(s *corev1.ContainerState) string {
	switch {
	case s.Running != nil:
		return "running since " + s.Running.StartedAt.UTC().Format("2006-01-02 15:04:05Z")
	case s.Waiting != nil:
		return "waiting: " + because(s.Waiting.Reason, s.Waiting.Message).String()
	case s.Terminated != nil:
		text := "ended at " + s.Terminated.FinishedAt.UTC().Format("2006-01-02 15:04:05Z") + ": " + exitText(s.Terminated).String()
		if s.Terminated.Message != "" {
			text += ": " + clip(s.Terminated.Message, 400)
		}
		return text
	}
	return ""
}

func describeNode(p *page, n *corev1.Node, pol polarity) {
	r := nodeRow(n, pol, newWords())
	p.field(0, "state", string(r.State))
	p.field(0, "why", r.Why.String())
	p.field(0, "GPU", r.GPUProduct.String())
	p.field(0, "driver", r.Driver.String())
	if r.GPUCapacity.OK {
		p.field(0, "GPUs", fmt.Sprintf("%d, of which %d can be allocated", r.GPUCapacity.V, r.GPUUsable.V))
	}
	p.field(0, "driver upgrade", r.Upgrade.String())
	for _, t := range r.Taints {
		p.field(0, "taint", t.String())
	}
	if len(r.Conditions) > 0 {
		p.add(0, "conditions:")
	}
	for _, c := range r.Conditions {
		mark := ""
		if c.Bad {
			mark = " TROUBLE"
		}
		p.add(1, "%s %s%s since %s %s", c.Type, c.Status, mark, c.Since.Format("2006-01-02 15:04:05Z"), c.Why)
	}
	for _, a := range n.Status.Addresses {
		p.field(0, string(a.Type), a.Address)
	}
	i := n.Status.NodeInfo
	p.field(0, "kubelet", i.KubeletVersion)
	p.field(0, "runtime", i.ContainerRuntimeVersion)
	p.field(0, "kernel", i.KernelVersion)
	p.field(0, "system", i.OSImage)
	p.pairs(0, "capacity", quantities(n.Status.Capacity))
	p.pairs(0, "allocatable", quantities(n.Status.Allocatable))
}

func quantities(list corev1.ResourceList) map[string]string {
	m := map[string]string{}
	for name, q := range list {
		m[string(name)] = q.String()
	}
	return m
}

var _ fleet.Inspector = (*inspector)(nil)
