package stuck

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// That something will never finish is said only where nothing that goes on by itself can end it.
func TestWhatMayEndByItselfIsNotSaidToNeverFinish(t *testing.T) {
	old := ready(t, "old", "n1", 9*time.Minute)
	asks := pendingPod(t, "a", "", noGPU)
	going := ready(t, "other", "n1", time.Minute)
	going.DeletionTimestamp = &metav1.Time{Time: noon.Add(time.Minute)}
	full := func(nodes []*corev1.Node, more ...*corev1.Pod) *Cluster {
		return &Cluster{Nodes: nodes, Pods: append(more, old)}
	}
	one := []*corev1.Node{node(t, "n1", 4, "")}
	scaleUp := func(reason string, since time.Duration) *corev1.Event {
		return object[corev1.Event](t, fmt.Sprintf(`{involvedObject: {kind: Pod, name: a, uid: u-a}, reason: %s, message: "pool gpu", lastTimestamp: %q}`, reason, ago(since)))
	}
	for _, c := range []struct {
		name  string
		f     Facts
		phase fleet.RolloutPhase
		never bool
		says  string
	}{
		{"a surge", Facts{New: pods(asks), Old: pods(old), Cluster: full(one)}, fleet.RolloutStuck, true, "0 free, maxUnavailable 0: will never finish"},
		{"nothing old holds it", Facts{New: pods(asks), Cluster: full(one)}, fleet.RolloutStuck, false, "4 nvidia.com/gpu asked, 0 free"},
		{"a pod of somebody leaves", Facts{New: pods(asks), Old: pods(old), Cluster: full(one, going)}, fleet.RolloutStuck, false, "0 free"},
		{"a node is cordoned", Facts{New: pods(asks), Old: pods(old), Cluster: full(append(one, node(t, "n2", 8, "unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]")))},
			fleet.RolloutStuck, false, "0 free, 1 node cordoned or not ready"},
		{"the only one is cordoned", Facts{New: pods(asks), Old: pods(old), Cluster: full([]*corev1.Node{node(t, "n2", 8, "unschedulable: true")})},
			fleet.RolloutStuck, false, "no node that is ready, open and selected has such a resource"},
		{"a node that is cordoned is of another kind", Facts{New: pods(pendingPod(t, "a", "nodeSelector: {zone: b}", noGPU)), Old: pods(old), Cluster: full(append(one, node(t, "n2", 8, "unschedulable: true")))},
			fleet.RolloutStuck, true, "will never finish"},
		{"the autoscaler gave up", Facts{New: pods(asks), Old: pods(old), Cluster: full(one), Events: []*corev1.Event{scaleUp("TriggeredScaleUp", 9*time.Minute), scaleUp("NotTriggerScaleUp", time.Minute)}},
			fleet.RolloutStuck, true, "will never finish"},
		{"no node came", Facts{New: pods(asks), Old: pods(old), Cluster: full(one), Events: []*corev1.Event{scaleUp("TriggeredScaleUp", 50*time.Minute)}}, fleet.RolloutStuck, true, "will never finish"},
		{"a node may come", Facts{New: pods(asks), Old: pods(old), Cluster: full(one), Events: []*corev1.Event{scaleUp("NotTriggerScaleUp", 9*time.Minute), scaleUp("TriggeredScaleUp", time.Minute)}},
			fleet.RolloutMoving, false, "the cluster autoscaler adds nodes"},
		{"a webhook that does not answer", Facts{Desired: 2, Old: pods(old), Refused: &Refusal{By: "ReplicaSet m", Reason: "FailedCreate", Message: "failed calling webhook: context deadline exceeded"}},
			fleet.RolloutStuck, false, "failed calling webhook"},
		{"a quota that somebody else fills", Facts{Desired: 2, Refused: &Refusal{By: "ReplicaSet m", Reason: "FailedCreate", Message: "exceeded quota: gpu"}}, fleet.RolloutStuck, false, "exceeded quota"},
		{"a claim that somebody has to make", Facts{New: pods(pendingPod(t, "a", "", `persistentvolumeclaim "w" not found`)), Old: pods(old)}, fleet.RolloutStuck, false, "not found"},
		{"a sandbox that is gone", Facts{New: pods(pod(t, "new", "nodeName: n1", `phase: Pending, containerStatuses: [{name: vllm, state: {waiting: {reason: CreateContainerError, message: "sandbox x: not found"}}}]`))},
			fleet.RolloutStuck, false, "sandbox x: not found"},
		{"a program that is not there", Facts{New: pods(pod(t, "new", "nodeName: n1", `phase: Pending, containerStatuses: [{name: vllm, state: {waiting: {reason: RunContainerError, message: 'exec: "vlm": executable file not found in $PATH'}}}]`))},
			fleet.RolloutStuck, true, "will never finish"},
		{"loads that outlived the same probe", Facts{New: pods(runs(t, "a", "containers: [{name: vllm, livenessProbe: {failureThreshold: 30, periodSeconds: 10}}]", time.Minute, "")),
			Old: pods(withProbe(ready(t, "old", "n1", 9*time.Minute)))}, fleet.RolloutMoving, false, "earlier loads took 9m"},
		{"killed once", Facts{New: pods(killed(t, 1))}, fleet.RolloutStuck, false, "was killed after 5m, 1 restart"},
		{"killed again", Facts{New: pods(killed(t, 2))}, fleet.RolloutStuck, true, "2 restarts: it is never loaded, will never finish"},
	} {
		c.f.Now = noon
		v, ok := Why(c.f)
		if !ok || v.Phase != c.phase || v.Never != c.never || !strings.Contains(v.Why.String(), c.says) || strings.Contains(v.Why.String(), "never finish") != c.never {
			t.Errorf("%s: %v %s never %v: %s", c.name, ok, v.Phase, v.Never, v.Why)
		}
	}
}

// withProbe gives a pod a liveness probe of five minutes.
func withProbe(p *corev1.Pod) *corev1.Pod {
	p.Spec.Containers[0].LivenessProbe = &corev1.Probe{FailureThreshold: 30, PeriodSeconds: 10}
	return p
}

// killed is a pod that a startup probe of five minutes ended so many times.
func killed(t *testing.T, times int32) *corev1.Pod {
	p := runs(t, "a", "containers: [{name: vllm, startupProbe: {failureThreshold: 30, periodSeconds: 10}}]", time.Minute,
		fmt.Sprintf(`, lastState: {terminated: {exitCode: 137, startedAt: %q, finishedAt: %q}}`, ago(8*time.Minute), ago(3*time.Minute)))
	p.Status.ContainerStatuses[0].RestartCount = times
	return p
}

// Two new pods that share a claim of one node stay, both of them.
func TestTrap14TwoNewPodsOfOneClaimNeverEnd(t *testing.T) {
	const claim = "volumes: [{name: w, persistentVolumeClaim: {claimName: weights}}], "
	has := pod(t, "a", claim+"nodeName: n1", "phase: Running, containerStatuses: [{name: vllm, state: {running: {}}}]")
	waits := pod(t, "b", claim+"nodeName: n2", "phase: Pending, containerStatuses: [{name: vllm, state: {waiting: {reason: ContainerCreating}}}]")
	claims := []*corev1.PersistentVolumeClaim{object[corev1.PersistentVolumeClaim](t, `{metadata: {name: weights}, spec: {accessModes: [ReadWriteOnce]}}`)}
	v, _ := Why(Facts{Now: noon, New: pods(has, waits), Claims: claims, MaxUnavailable: 1})
	if !v.Never || !strings.HasSuffix(v.Why.String(), "held by pod a on node n1: will never finish") {
		t.Errorf("%+v", v)
	}
	has.DeletionTimestamp = &metav1.Time{Time: noon}
	if v, _ = Why(Facts{Now: noon, New: pods(has, waits), Claims: claims}); v.Never {
		t.Errorf("the one that has it is going: %+v", v)
	}
}

func budgetOf(t *testing.T, allowed, healthy, needed, all int) []*policyv1.PodDisruptionBudget {
	return []*policyv1.PodDisruptionBudget{object[policyv1.PodDisruptionBudget](t, fmt.Sprintf(`{metadata: {name: a, namespace: llm}, spec: {selector: {matchLabels: {app: m}}}, status: {disruptionsAllowed: %d, currentHealthy: %d, desiredHealthy: %d, expectedPods: %d}}`,
		allowed, healthy, needed, all))}
}

// Trap 16: a pod that loads blocks a drain until it is ready; one that goes on crashing does for ever.
func TestTrap16APodThatLoadsDoesNotBlockForEver(t *testing.T) {
	b := budgetOf(t, 0, 1, 2, 3)
	if e := Evict(runs(t, "p", "", time.Minute, ""), b); !e.Refused || e.Never || !strings.Contains(e.Text.String(), "it is not ready yet: refused (429) until it is") {
		t.Errorf("loading: %+v", e)
	}
	broken := runs(t, "p", "", time.Minute, "")
	broken.Status.ContainerStatuses[0].RestartCount = 5
	if e := Evict(broken, b); !e.Refused || !e.Never {
		t.Errorf("crashing: %+v", e)
	}
	if e := Evict(runs(t, "p", "", time.Minute, ""), budgetOf(t, 0, 2, 3, 3)); !e.Refused || !e.Never {
		t.Errorf("of a budget that needs all of them: %+v", e)
	}
	unknown := pod(t, "p", "nodeName: n1", "phase: Unknown")
	if e := Evict(unknown, b); !e.Refused || len(Budgets(unknown, b)) != 1 {
		t.Errorf("of a node that does not answer the server asks the budget: %+v", e)
	}
}

// The shortest load counts: a pod whose readiness came and went looks as if it had loaded for hours.
func TestTheShortestLoadIsHeldAgainstAProbe(t *testing.T) {
	probed := runs(t, "a", "containers: [{name: vllm, startupProbe: {failureThreshold: 30, periodSeconds: 10}}]", time.Minute, "")
	f := Facts{Now: noon, New: pods(probed), Old: pods(ready(t, "b", "n1", 4*time.Minute), ready(t, "c", "n1", 5*time.Hour), ready(t, "d", "n1", 6*time.Hour))}
	if v, _ := Why(f); v.Phase != fleet.RolloutMoving {
		t.Errorf("%+v", v)
	}
	f.Old = f.Old[1:]
	if v, _ := Why(f); v.Phase != fleet.RolloutStuck || v.Never {
		t.Errorf("%+v", v)
	}
	probed.Status.ContainerStatuses[0].RestartCount = 1
	if v, _ := Why(f); !v.Never || !strings.HasSuffix(v.Why.String(), "earlier loads took 5h: it is killed before it is loaded, will never finish") {
		t.Errorf("%+v", v)
	}
}
