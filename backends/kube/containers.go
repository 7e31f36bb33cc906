package kube

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// maxContainers bounds what one pod may bring; nobody steps through more.
const maxContainers = 100

// Containers implements fleet.Inspector for pods.
func (i *inspector) Containers(ctx context.Context, o fleet.ObjectRef) ([]fleet.Container, error) {
	if o.Kind != "Pod" && o.Kind != "" {
		return nil, i.noLog("list the containers of "+o.Namespace+"/"+o.Name, o.Kind)
	}
	o.Kind = "Pod"
	var p corev1.Pod
	if err := i.object(ctx, o, &p); err != nil {
		return nil, err
	}
	return containers(&p), nil
}

// containers lists those of a pod in the order in which they begin: those that come first, the others, those that
// somebody attached to look at it.
func containers(p *corev1.Pod) []fleet.Container {
	var list []fleet.Container
	chosen := talker(p)
	add := func(name string, role fleet.Safe, statuses []corev1.ContainerStatus) {
		if len(list) < maxContainers {
			c := fleet.Container{Name: name, Role: role, State: fleet.Text("not begun"), Chosen: name == chosen}
			tellContainer(&c, statuses)
			list = append(list, c)
		}
	}
	for i := range p.Spec.InitContainers {
		role, name := fleet.Text("init"), p.Spec.InitContainers[i].Name
		if isSidecar(p, name) {
			role = fleet.Text("sidecar")
		}
		add(name, role, p.Status.InitContainerStatuses)
	}
	works := podspec.Serving(&p.Spec, p.Annotations)
	for i := range p.Spec.Containers {
		role := fleet.Text("beside")
		if c := &p.Spec.Containers[i]; c == works {
			role = fleet.Text("serving")
		}
		add(p.Spec.Containers[i].Name, role, p.Status.ContainerStatuses)
	}
	for i := range p.Spec.EphemeralContainers {
		add(p.Spec.EphemeralContainers[i].Name, fleet.Text("debug"), p.Status.EphemeralContainerStatuses)
	}
	return list
}

// tellContainer adds what the kubelet says of a container.
func tellContainer(c *fleet.Container, statuses []corev1.ContainerStatus) {
	for i := range statuses {
		s := &statuses[i]
		if s.Name != c.Name {
			continue
		}
		c.Restarts = int(s.RestartCount)
		c.Before = s.RestartCount > 0 || s.LastTerminationState.Terminated != nil
		switch {
		case s.State.Running != nil:
			c.State = fleet.Text("running")
		case s.State.Waiting != nil:
			c.State = fleet.Concat(fleet.Text("waiting: "), fleet.Label(clip(s.State.Waiting.Reason, 100)))
		case s.State.Terminated != nil:
			c.State = fleet.Concat(fleet.Text("ended: "), exitText(s.State.Terminated))
		}
	}
}

// talker picks the container whose log tells most: the init container that is at work or failed, else the serving one.
func talker(p *corev1.Pod) string {
	for n := range p.Status.InitContainerStatuses {
		s := &p.Status.InitContainerStatuses[n]
		if isSidecar(p, s.Name) {
			continue
		}
		if s.State.Running != nil || s.State.Terminated != nil && s.State.Terminated.ExitCode != 0 || s.RestartCount > 0 && !s.Ready {
			return s.Name
		}
	}
	if c := podspec.Serving(&p.Spec, p.Annotations); c != nil {
		return c.Name
	}
	return ""
}

// noLog refuses what is no pod.
func (i *inspector) noLog(op, kind string) error {
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Source: i.set.spec.ID,
		Err: reason{text: "only pods have logs; open one of the pods of this " + kind}}
}
