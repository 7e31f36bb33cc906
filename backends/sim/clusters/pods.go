package clusters

import (
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// hashLabel is what the Deployment controller marks pods and ReplicaSets with.
const hashLabel = "pod-template-hash"

// showPod puts one pod of the world in. Of one that is there, clients may have changed labels, annotations and images:
// these stay.
func (c *Cluster) showPod(p *world.Pod) {
	fresh := c.pod(p)
	c.store.Update(kubeapi.Pods, fresh, func(current runtime.Object) runtime.Object {
		out := fresh.DeepCopy()
		if old, ok := current.(*corev1.Pod); ok && old.UID == out.UID {
			keepMeta(&out.ObjectMeta, &old.ObjectMeta)
			node := out.Spec.NodeName
			out.Spec = old.Spec
			out.Spec.NodeName = node
			if old.DeletionTimestamp != nil {
				out.DeletionTimestamp = old.DeletionTimestamp
			}
		}
		return out
	})
}

func (c *Cluster) pod(p *world.Pod) *corev1.Pod {
	rev := c.rolls[p.Pool].revision(p.Revision)
	t := rev.template.DeepCopy()
	out := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: world.Namespace, UID: types.UID(p.UID),
			CreationTimestamp: metav1.NewTime(p.Created), Labels: t.Labels, Annotations: t.Annotations,
			GenerateName: p.Pool + "-" + p.Revision + "-"},
		Spec: t.Spec,
	}
	if out.Labels == nil {
		out.Labels = map[string]string{}
	}
	if c.pools[p.Pool].Stateful {
		out.GenerateName = p.Pool + "-"
		maps.Copy(out.Labels, ordinalLabels(p))
		out.OwnerReferences = c.owner(kubeapi.StatefulSets, "StatefulSet", world.Namespace, p.Pool)
	} else {
		out.Labels[hashLabel] = p.Revision
		out.OwnerReferences = c.owner(kubeapi.ReplicaSets, "ReplicaSet", world.Namespace, p.Pool+"-"+p.Revision)
	}
	out.Spec.NodeName = p.Node
	out.Status = podStatus(p, t.Spec.Containers)
	if p.Terminating {
		at, grace := metav1.NewTime(c.store.Now().Add(30*time.Second)), int64(30)
		out.DeletionTimestamp, out.DeletionGracePeriodSeconds = &at, &grace
	}
	return out
}

// podStatus is what the kubelet and the scheduler would say of a pod.
func podStatus(p *world.Pod, containers []corev1.Container) corev1.PodStatus {
	s := corev1.PodStatus{Phase: corev1.PodPhase(p.Phase), QOSClass: corev1.PodQOSBestEffort}
	if p.Phase == world.PhaseFailed {
		s.Reason, s.Message = p.Reason, p.Message
		start := metav1.NewTime(p.Created)
		s.StartTime = &start
		return s
	}
	if p.Node == "" {
		s.Conditions = []corev1.PodCondition{condition(corev1.PodScheduled, false, p.Reason, p.Message, p.Created)}
		return s
	}
	ready := condition(corev1.PodReady, p.Ready, "", "", firstTime(p.ReadySince, p.Started, p.Created))
	full := condition(corev1.ContainersReady, p.Ready, "", "", ready.LastTransitionTime.Time)
	if !p.Ready {
		ready.Reason, ready.Message = "ContainersNotReady", "containers with unready status: ["+containers[0].Name+"]"
		full.Reason, full.Message = ready.Reason, ready.Message
	}
	s.Conditions = []corev1.PodCondition{
		condition(corev1.PodScheduled, true, "", "", p.Created), condition(corev1.PodInitialized, true, "", "", p.Created), full, ready}
	start := metav1.NewTime(p.Created)
	s.StartTime, s.HostIP, s.PodIP = &start, address(10, p.Node), address(0xc0, p.UID)
	s.HostIPs, s.PodIPs = []corev1.HostIP{{IP: s.HostIP}}, []corev1.PodIP{{IP: s.PodIP}}
	for _, one := range containers {
		s.ContainerStatuses = append(s.ContainerStatuses, containerStatus(p, one))
	}
	return s
}

func containerStatus(p *world.Pod, one corev1.Container) corev1.ContainerStatus {
	started := p.Ready
	st := corev1.ContainerStatus{Name: one.Name, Image: one.Image, ImageID: one.Image, Ready: p.Ready, Started: &started,
		RestartCount: int32(p.Restarts)}
	switch {
	case p.Reason != "":
		st.State.Waiting = &corev1.ContainerStateWaiting{Reason: p.Reason, Message: p.Message}
	case p.Started.IsZero():
		st.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	default:
		st.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(p.Started)}
		st.ContainerID = "containerd://" + p.UID
	}
	if p.LastExit.Reason != "" {
		st.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: p.LastExit.Reason,
			ExitCode: int32(p.LastExit.Code), FinishedAt: metav1.NewTime(p.LastExit.At), ContainerID: "containerd://" + p.UID}
	}
	return st
}

func condition(kind corev1.PodConditionType, on bool, reason, message string, since time.Time) corev1.PodCondition {
	c := corev1.PodCondition{Type: kind, Status: corev1.ConditionFalse, Reason: reason, Message: message,
		LastTransitionTime: metav1.NewTime(since)}
	if on {
		c.Status = corev1.ConditionTrue
	}
	return c
}

func firstTime(list ...time.Time) time.Time {
	for _, t := range list {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// owned names a workload as the controller of another object.
func owned(obj runtime.Object, kind string) []metav1.OwnerReference {
	acc, ok := obj.(metav1.Object)
	if !ok {
		return nil
	}
	yes := true
	return []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: kind, Name: acc.GetName(), UID: acc.GetUID(), Controller: &yes,
		BlockOwnerDeletion: &yes}}
}

// standing is a pod that runs for as long as the cluster does.
func (c *Cluster) standing(namespace, name, node string, owner runtime.Object, kind string, t *corev1.PodTemplateSpec) {
	up := c.born().Time
	p := &world.Pod{Name: name, UID: name + "-" + c.o.Name, Node: node, Phase: world.PhaseRunning, Ready: true, Created: up,
		Started: up.Add(4 * time.Second), ReadySince: up.Add(15 * time.Second)}
	out := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, CreationTimestamp: metav1.NewTime(up),
			Labels: maps.Clone(t.Labels), OwnerReferences: owned(owner, kind)},
		Spec: *t.Spec.DeepCopy(), Status: podStatus(p, t.Spec.Containers),
	}
	out.Spec.NodeName = node
	c.store.Put(kubeapi.Pods, out)
}
