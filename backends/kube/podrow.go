package kube

import (
	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// Bounds of what one pod may bring.
const (
	maxPorts    = 32
	maxArgs     = 64
	maxArgBytes = 512
)

// podRow makes the row of a pod.
func podRow(p *corev1.Pod, cluster fleet.ClusterID, w *words) *fleet.Pod {
	r := &fleet.Pod{
		Namespace: w.text(p.Namespace), UID: string(p.UID), Name: p.Name, Node: w.text(p.Spec.NodeName), IP: p.Status.PodIP,
		Owner: podOwner(p, cluster, w), Labels: w.set(p.Labels), Created: p.CreationTimestamp.UTC(),
		Containers: len(p.Spec.Containers), GPUs: podspec.GPUs(&p.Spec), Ports: podPorts(&p.Spec, w),
	}
	if c := podspec.Serving(&p.Spec, p.Annotations); c != nil {
		r.Image = w.text(c.Image)
		r.Args = w.list(commandLine(c), redactArgs)
	}
	for i := range p.Status.ContainerStatuses {
		s := &p.Status.ContainerStatuses[i]
		if s.Ready {
			r.Ready++
		}
		r.Restarts += int(s.RestartCount)
	}
	for i := range p.Status.InitContainerStatuses {
		r.Restarts += int(p.Status.InitContainerStatuses[i].RestartCount)
	}
	if t := lastExit(p); t != nil {
		r.LastExit, r.LastExitAt = share(w, exitText(t)), t.FinishedAt.UTC()
	}
	v := judgePod(p)
	r.Phase, r.State, r.Why, r.Since = share(w, v.phase), v.state, share(w, v.why), v.since
	return r
}

// podOwner is the workload above a pod, as far as the pod itself tells.
func podOwner(p *corev1.Pod, cluster fleet.ClusterID, w *words) fleet.ObjectRef {
	ref := owner.OfPod(cluster, p)
	ref.Kind, ref.Namespace, ref.Name = w.text(ref.Kind), w.text(ref.Namespace), w.text(ref.Name)
	return ref
}

// commandLine is what a container runs, as it stands: it must pass redactArgs before anybody sees it.
func commandLine(c *corev1.Container) []string {
	list := make([]string, 0, min(len(c.Command)+len(c.Args), maxArgs))
	for _, part := range [][]string{c.Command, c.Args} {
		for _, a := range part {
			if len(list) == maxArgs {
				break
			}
			list = append(list, clip(a, maxArgBytes))
		}
	}
	return list
}

func podPorts(spec *corev1.PodSpec, w *words) []fleet.PodPort {
	n := 0
	for i := range spec.Containers {
		n += len(spec.Containers[i].Ports)
	}
	if n == 0 {
		return nil
	}
	list := make([]fleet.PodPort, 0, min(n, maxPorts))
	for i := range spec.Containers {
		c := &spec.Containers[i]
		for _, p := range c.Ports {
			if len(list) == maxPorts {
				break
			}
			if p.Protocol == "" || p.Protocol == corev1.ProtocolTCP {
				list = append(list, fleet.PodPort{Container: w.text(c.Name), Name: w.text(p.Name), Port: int(p.ContainerPort)})
			}
		}
	}
	return w.portList(list)
}
