package kube

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

func at(minutes int) metav1.Time {
	return metav1.NewTime(start.Add(-time.Duration(minutes) * time.Minute))
}

func pending(p *corev1.Pod) {
	p.Status.Phase = corev1.PodPending
	p.Status.Conditions, p.Status.ContainerStatuses = nil, nil
}

func waitingFor(reason, message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.ContainerStatuses[0].Ready = false
		p.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
}

func ended137(p *corev1.Pod) {
	p.Status.ContainerStatuses[0].RestartCount = 5
	p.Status.ContainerStatuses[0].LastTerminationState.Terminated =
		&corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137, FinishedAt: at(4)}
}

func TestWhyAPodDoesNotServe(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	yes := true
	for _, c := range []struct {
		name   string
		change []func(*corev1.Pod)
		phase  string
		state  fleet.State
		why    string // "" for none
		since  time.Time
	}{
		{name: "ready", phase: "Running", state: fleet.StateOK},
		{name: "over", change: []func(*corev1.Pod){func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }}, phase: "Succeeded", state: fleet.StateIdle},
		{name: "no GPU", change: []func(*corev1.Pod){pending, func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable",
				LastTransitionTime: at(7), Message: "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."}}
		}}, phase: "Pending", state: fleet.StateCrit, why: "Unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", since: at(7).Time},
		{name: "held at the gate", change: []func(*corev1.Pod){pending, func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "SchedulingGated"}}
		}}, phase: "Pending", state: fleet.StateWarn, why: "SchedulingGated"},
		{name: "refused by the node", change: []func(*corev1.Pod){func(p *corev1.Pod) {
			p.Status.Phase, p.Status.Reason, p.Status.Message = corev1.PodFailed, "UnexpectedAdmissionError", "no healthy devices present"
		}}, phase: "Failed", state: fleet.StateDown, why: "UnexpectedAdmissionError: no healthy devices present"},
		{name: "weights still come", change: []func(*corev1.Pod){pending, func(p *corev1.Pod) {
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "fetch", RestartCount: 1,
				State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: at(3)}}}}
		}}, phase: "Pending", state: fleet.StateWarn, why: "init container fetch is running, after 1 restart", since: at(3).Time},
		{name: "weights do not come", change: []func(*corev1.Pod){pending, func(p *corev1.Pod) {
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "fetch", RestartCount: 2,
				State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
				LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1}}}}
		}}, phase: "Pending", state: fleet.StateDown, why: "CrashLoopBackOff: init container fetch ended with Error 1, 2 restarts"},
		{name: "a sidecar is no first container", change: []func(*corev1.Pod){func(p *corev1.Pod) {
			p.Spec.InitContainers = []corev1.Container{{Name: "proxy", RestartPolicy: &always}}
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "proxy", Started: &yes, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
		}}, phase: "Running", state: fleet.StateOK},
		{name: "no image", change: []func(*corev1.Pod){waitingFor("ImagePullBackOff", "manifest unknown")},
			phase: "Running", state: fleet.StateDown, why: "ImagePullBackOff: container vllm: manifest unknown"},
		{name: "bad configuration", change: []func(*corev1.Pod){waitingFor("CreateContainerConfigError", `secret "x" not found`)},
			phase: "Running", state: fleet.StateDown, why: `CreateContainerConfigError: container vllm: secret "x" not found`},
		{name: "crashes", change: []func(*corev1.Pod){waitingFor("CrashLoopBackOff", "back-off 5m0s"), ended137},
			phase: "Running", state: fleet.StateDown, why: "CrashLoopBackOff: container vllm ended with OOMKilled 137, 5 restarts", since: at(4).Time},
		{name: "is created", change: []func(*corev1.Pod){waitingFor("ContainerCreating", ""), func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending }},
			phase: "Pending", state: fleet.StateWarn, why: "ContainerCreating"},
		{name: "nothing is known yet", change: []func(*corev1.Pod){pending}, phase: "Pending", state: fleet.StateWarn, why: "the node has not started it yet"},
		{name: "loads again", change: []func(*corev1.Pod){ended137, func(p *corev1.Pod) {
			p.Status.ContainerStatuses[0].Ready = false
			p.Status.ContainerStatuses[0].State.Running.StartedAt = at(2)
		}}, phase: "Running", state: fleet.StateWarn, since: at(2).Time,
			why: "loading: container vllm runs and is not ready, after 5 restarts, the last by OOMKilled 137"},
		{name: "a gate is shut", change: []func(*corev1.Pod){func(p *corev1.Pod) {
			p.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "lb/registered"}}
			p.Status.Conditions[0].Status = corev1.ConditionFalse
		}}, phase: "Running", state: fleet.StateWarn, why: "readiness gate lb/registered is not passed"},
		{name: "a device died", change: []func(*corev1.Pod){func(p *corev1.Pod) {
			p.Status.ContainerStatuses[0].AllocatedResourcesStatus = []corev1.ResourceStatus{{Name: "nvidia.com/gpu",
				Resources: []corev1.ResourceHealth{{ResourceID: "GPU-1", Health: corev1.ResourceHealthStatusUnhealthy}}}}
		}}, phase: "Running", state: fleet.StateCrit, why: "device GPU-1 under it is unhealthy"},
		{name: "one container is over", change: []func(*corev1.Pod){func(p *corev1.Pod) {
			p.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error"}}
		}}, phase: "Running", state: fleet.StateDown, why: "container vllm ended: Error 1"},
		{name: "told to go", change: []func(*corev1.Pod){func(p *corev1.Pod) {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "PreemptionByScheduler"})
		}}, phase: "Running", state: fleet.StateWarn, why: "PreemptionByScheduler"},
		{name: "is deleted", change: []func(*corev1.Pod){func(p *corev1.Pod) {
			gone := at(0)
			p.DeletionTimestamp, p.Finalizers = &gone, []string{"a/b"}
		}}, phase: "Terminating", state: fleet.StateIdle, why: "it is being deleted; finalizers: a/b", since: at(0).Time},
		{name: "hostile words", change: []func(*corev1.Pod){waitingFor("ErrImagePull", "\x1b[2Jgone")},
			phase: "Running", state: fleet.StateDown, why: "ErrImagePull: container vllm: ^[[2Jgone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := judgePod(pod("llm", "a", c.change...))
			if v.phase.String() != c.phase || v.state != c.state || v.why.String() != c.why {
				t.Errorf("%s %s %q, want %s %s %q", v.phase, v.state, v.why, c.phase, c.state, c.why)
			}
			if !c.since.IsZero() && !v.since.Equal(c.since) {
				t.Errorf("since %v, want %v", v.since, c.since)
			}
		})
	}
}

func TestStatesThatLastTooLong(t *testing.T) {
	gone := at(0)
	r := podRow(pod("llm", "a", func(p *corev1.Pod) { p.DeletionTimestamp = &gone }), "c", newWords())
	if now := overdue(r, start.Add(goneWithin)); now != r {
		t.Error("a deletion within its time was called late")
	}
	late := overdue(r, start.Add(goneWithin+time.Second))
	if late.State != fleet.StateCrit || !strings.Contains(late.Why.String(), "grace period is over") || r.State != fleet.StateIdle {
		t.Errorf("%s %q; the row before is now %s", late.State, late.Why, r.State)
	}
	if again := overdue(late, start.Add(time.Hour)); again != late {
		t.Error("a late row is made again and again")
	}
	created := pod("llm", "a", waitingFor("ContainerCreating", ""), func(p *corev1.Pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: at(10)}}
	})
	if late = overdue(podRow(created, "c", newWords()), start); late.State != fleet.StateCrit {
		t.Errorf("a pod that is created for ten minutes is %s", late.State)
	}
}

func TestPodRow(t *testing.T) {
	control := true
	p := pod("llm", "chat-7d9f-x2x", ended137, func(p *corev1.Pod) {
		p.Labels = map[string]string{"app": "chat", "pod-template-hash": "7d9f"}
		p.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "chat-7d9f", Controller: &control}}
		p.Spec.Containers = []corev1.Container{
			{Name: "mesh", Ports: []corev1.ContainerPort{{ContainerPort: 15090}}},
			{Name: "vllm", Image: "vllm:1", Command: []string{"vllm", "serve"}, Args: []string{"llama", "--api-key", "sk-1", "--port=8000"},
				Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8000}, {ContainerPort: 9, Protocol: corev1.ProtocolUDP}},
				Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("4"),
					"nvidia.com/mig-1g.10gb": resource.MustParse("2"), "memory": resource.MustParse("1Gi")}}},
		}
	})
	r := podRow(p, "c1", newWords())
	if r.Owner != (fleet.ObjectRef{Cluster: "c1", Kind: "Deployment", Namespace: "llm", Name: "chat"}) {
		t.Errorf("owner %+v", r.Owner)
	}
	if r.GPUs != 6 || r.Image != "vllm:1" || r.Restarts != 5 || r.Ready != 1 || r.Containers != 2 {
		t.Errorf("%+v", r)
	}
	if got := strings.Join(r.Args, " "); got != "vllm serve llama --api-key <redacted> --port=8000" {
		t.Errorf("arguments %q", got)
	}
	if len(r.Ports) != 2 || r.Ports[1] != (fleet.PodPort{Container: "vllm", Name: "http", Port: 8000}) {
		t.Errorf("ports %+v", r.Ports)
	}
	if r.LastExit.String() != "OOMKilled 137" || !r.LastExitAt.Equal(at(4).Time) {
		t.Errorf("last exit %q at %v", r.LastExit, r.LastExitAt)
	}
}

func TestGPUsOfAPod(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	asks := func(n string) corev1.ResourceRequirements {
		return corev1.ResourceRequirements{Limits: corev1.ResourceList{"amd.com/gpu": resource.MustParse(n)}}
	}
	spec := corev1.PodSpec{
		InitContainers: []corev1.Container{{Resources: asks("3")}, {Resources: asks("1"), RestartPolicy: &always}},
		Containers:     []corev1.Container{{Resources: asks("1")}},
	}
	if n := podspec.GPUs(&spec); n != 3 {
		t.Errorf("%d: the largest first container counts", n)
	}
	spec.Containers[0].Resources = asks("8")
	if n := podspec.GPUs(&spec); n != 9 {
		t.Errorf("%d: containers and sidecars count together", n)
	}
	for name, want := range map[corev1.ResourceName]bool{"nvidia.com/gpu": true, "nvidia.com/gpu.shared": true, "nvidia.com/mig-3g.40gb": true,
		"amd.com/cpx_nps4": true, "amd.com/gpu": true, "nvidia.com/gpumem": false, "cpu": false, "rdma/hca": false, "example.com/gpu": false} {
		if podspec.IsGPU(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
