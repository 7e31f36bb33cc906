package kube

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// Bounds of what one pod may bring.
const (
	maxPorts    = 32
	maxArgs     = 64
	maxArgBytes = 512
)

const (
	lwsNameLabel      = "leaderworkerset.sigs.k8s.io/name"
	templateHashLabel = "pod-template-hash"
)

// podRow makes the row of a pod.
func podRow(p *corev1.Pod, cluster fleet.ClusterID, w *words) *fleet.Pod {
	r := &fleet.Pod{
		Namespace: w.text(p.Namespace), UID: string(p.UID), Name: p.Name, Node: w.text(p.Spec.NodeName), IP: p.Status.PodIP,
		Owner: podOwner(p, cluster, w), Labels: w.set(p.Labels), Created: p.CreationTimestamp.UTC(),
		Containers: len(p.Spec.Containers), GPUs: gpusOf(&p.Spec), Ports: podPorts(&p.Spec, w),
	}
	if c := serving(&p.Spec, p.Annotations); c != nil {
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

// podOwner is the workload above a pod, as far as the pod itself tells: a Deployment's name stands before the hash that
// its ReplicaSet and its pods carry.
func podOwner(p *corev1.Pod, cluster fleet.ClusterID, w *words) fleet.ObjectRef {
	ref := fleet.ObjectRef{Cluster: cluster, Namespace: w.text(p.Namespace)}
	if name := p.Labels[lwsNameLabel]; name != "" {
		ref.Kind, ref.Name = "LeaderWorkerSet", w.text(name)
		return ref
	}
	c := metav1.GetControllerOfNoCopy(p)
	if c == nil {
		return fleet.ObjectRef{}
	}
	ref.Kind, ref.Name = w.text(c.Kind), w.text(c.Name)
	if hash := p.Labels[templateHashLabel]; c.Kind == kindReplicaSet && hash != "" {
		if name, ok := strings.CutSuffix(c.Name, "-"+hash); ok && name != "" {
			ref.Kind, ref.Name = "Deployment", w.text(name)
		}
	}
	return ref
}

// serving picks the container that does the work: the one that asks for a GPU, else the one that kubectl would take, else
// the first that declares a port, else the first.
func serving(spec *corev1.PodSpec, annotations map[string]string) *corev1.Container {
	var ported, named *corev1.Container
	for i := range spec.Containers {
		c := &spec.Containers[i]
		if n, _ := gpusIn(asked(c)); n > 0 {
			return c
		}
		if ported == nil && len(c.Ports) > 0 {
			ported = c
		}
		if c.Name == annotations["kubectl.kubernetes.io/default-container"] {
			named = c
		}
	}
	switch {
	case named != nil:
		return named
	case ported != nil:
		return ported
	case len(spec.Containers) > 0:
		return &spec.Containers[0]
	}
	return nil
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
