package stuck

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"pitwall/fleet"
)

// noon is when everything is looked at.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// ago writes a time before noon for a fixture.
func ago(d time.Duration) string { return noon.Add(-d).Format(time.RFC3339) }

func object[T any](t testing.TB, text string) *T {
	t.Helper()
	v := new(T)
	if err := yaml.UnmarshalStrict([]byte(text), v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}

// pod makes a pod of 4 GPUs; status and spec are YAML in one line.
func pod(t testing.TB, name, spec, status string) *corev1.Pod {
	t.Helper()
	p := object[corev1.Pod](t, fmt.Sprintf(`{metadata: {name: %s, namespace: llm, uid: u-%s, creationTimestamp: "%s", labels: {app: m}}, spec: {%s}, status: {%s}}`,
		name, name, ago(10*time.Minute), spec, status))
	if len(p.Spec.Containers) == 0 {
		p.Spec.Containers = object[corev1.PodSpec](t, `{containers: [{name: vllm, resources: {limits: {nvidia.com/gpu: 4}}}]}`).Containers
	}
	return p
}

func pendingPod(t testing.TB, name, spec, message string) *corev1.Pod {
	return pod(t, name, spec, fmt.Sprintf(`phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: %q, lastTransitionTime: %q}]`,
		message, ago(9*time.Minute)))
}

// ready is a pod that took a time to load.
func ready(t testing.TB, name, node string, load time.Duration) *corev1.Pod {
	return pod(t, name, "nodeName: "+node, fmt.Sprintf(`phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: %q}, {type: ContainersReady, status: "True", lastTransitionTime: %q}],`+
		`containerStatuses: [{name: vllm, ready: true, restartCount: 0, state: {running: {startedAt: %q}}}]`, ago(time.Hour), ago(time.Hour), ago(time.Hour+load)))
}

// runs is a pod that has been loading for a time.
func runs(t testing.TB, name, spec string, since time.Duration, more string) *corev1.Pod {
	return pod(t, name, "nodeName: n1, "+spec, fmt.Sprintf(`phase: Running, conditions: [{type: Ready, status: "False", lastTransitionTime: %q}],`+
		`containerStatuses: [{name: vllm, ready: false, restartCount: 0, state: {running: {startedAt: %q}}%s}]`, ago(since), ago(since), more))
}

func node(t testing.TB, name string, gpus int, more string) *corev1.Node {
	return object[corev1.Node](t, fmt.Sprintf(`{metadata: {name: %s, labels: {nvidia.com/gpu.product: H100}}, spec: {%s}, status: {allocatable: {nvidia.com/gpu: %d}, conditions: [{type: Ready, status: "True"}]}}`,
		name, more, gpus))
}

func pods(list ...*corev1.Pod) []*corev1.Pod { return list }

const noGPU = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."

func TestWhyItIsNotOver(t *testing.T) {
	old := ready(t, "old", "n1", 9*time.Minute)
	cluster := func(gpus int, more ...*corev1.Pod) *Cluster {
		return &Cluster{Nodes: []*corev1.Node{node(t, "n1", gpus, "")}, Pods: append(more, old)}
	}
	waiting := func(reason, message string) *corev1.Pod {
		return pod(t, "new", "nodeName: n1", fmt.Sprintf(`phase: Pending, containerStatuses: [{name: vllm, state: {waiting: {reason: %s, message: %q}}}]`, reason, message))
	}
	crash := func(reason string, code, restarts int) string {
		return fmt.Sprintf(`phase: Running, containerStatuses: [{name: vllm, restartCount: %d, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {reason: %s, exitCode: %d, message: "no such model", startedAt: %q, finishedAt: %q}}}]`,
			restarts, reason, code, ago(3*time.Minute), ago(2*time.Minute))
	}
	going := func(p *corev1.Pod, overdue time.Duration, finalizers ...string) *corev1.Pod {
		c := p.DeepCopy()
		grace := int64(600)
		c.DeletionTimestamp, c.DeletionGracePeriodSeconds, c.Finalizers = &metav1.Time{Time: noon.Add(-overdue)}, &grace, finalizers
		return c
	}
	event := func(kind, name, reason, message string, since time.Duration) *corev1.Event {
		return object[corev1.Event](t, fmt.Sprintf(`{involvedObject: {kind: %s, name: %s, uid: u-%s}, reason: %s, message: %q, lastTimestamp: %q}`, kind, name, name, reason, message, ago(since)))
	}
	for _, c := range []struct {
		name  string
		f     Facts
		phase fleet.RolloutPhase
		never bool
		says  string
	}{
		{"1 not seen", Facts{Generation: 5, Observed: 4}, fleet.RolloutUnseen, false, "its controller has seen generation 4 and not yet 5"},
		{"2 quota", Facts{Desired: 2, Old: pods(old), Refused: &Refusal{By: "ReplicaSet m-1", Reason: "FailedCreate", Message: `pods "m-1-x" is forbidden: exceeded quota: gpu`}},
			fleet.RolloutStuck, true, `ReplicaSet m-1 may not make pods: FailedCreate: pods "m-1-x" is forbidden: exceeded quota: gpu, 1 pod missing, maxUnavailable 0: will never finish`},
		{"2 by an event", Facts{Desired: 1, MaxUnavailable: 1, Events: []*corev1.Event{event("StatefulSet", "m", "FailedCreate", "denied by webhook", time.Minute)}},
			fleet.RolloutStuck, false, "StatefulSet m may not make pods: FailedCreate: denied by webhook, 1 pod missing"},
		{"3 two pods, four free", Facts{New: pods(pendingPod(t, "a", "", noGPU), pendingPod(t, "b", "", noGPU)), Old: pods(old), Cluster: cluster(8)},
			fleet.RolloutStuck, true, "2 pods Pending: 8 nvidia.com/gpu asked, 4 free, maxUnavailable 0: will never finish"},
		{"3 with old ones that may go", Facts{New: pods(pendingPod(t, "a", "", noGPU)), Old: pods(old), MaxUnavailable: 1, Cluster: cluster(4)},
			fleet.RolloutStuck, false, "1 pod Pending: 4 nvidia.com/gpu asked, 0 free"},
		{"3 scattered", Facts{New: pods(pendingPod(t, "a", "", noGPU)), MaxUnavailable: 1, Cluster: &Cluster{Nodes: []*corev1.Node{node(t, "n1", 2, ""), node(t, "n2", 3, "")}}},
			fleet.RolloutStuck, false, "1 pod Pending: 4 nvidia.com/gpu asked, 5 free, at most 3 on one node"},
		{"3 of another product", Facts{New: pods(pendingPod(t, "a", "nodeSelector: {nvidia.com/gpu.product: H200}", "0/1 nodes")), Cluster: cluster(8)},
			fleet.RolloutStuck, true, "1 pod Pending: 4 nvidia.com/gpu asked on H200, and no node that is ready, open and selected has such a resource: will never finish"},
		{"3 nodes not readable", Facts{New: pods(pendingPod(t, "a", "", noGPU)), MaxUnavailable: 1}, fleet.RolloutStuck, false,
			"1 pod Pending: 4 nvidia.com/gpu asked, how many are free is not known (" + noGPU + ")"},
		{"3 an autoscaler helps", Facts{New: pods(pendingPod(t, "a", "", noGPU)), Cluster: cluster(4), Events: []*corev1.Event{event("Pod", "a", "TriggeredScaleUp", "pool gpu 1->2", 0)}},
			fleet.RolloutMoving, false, "1 pod Pending: the cluster autoscaler adds nodes: pool gpu 1->2"},
		{"3 a volume elsewhere", Facts{New: pods(pendingPod(t, "a", "volumes: [{name: w, persistentVolumeClaim: {claimName: weights}}]", "1 node(s) had volume node affinity conflict")), Cluster: cluster(9)},
			fleet.RolloutStuck, true, "1 pod Pending: Unschedulable: 1 node(s) had volume node affinity conflict (claim weights): will never finish"},
		{"3 gated", Facts{New: pods(pod(t, "a", "schedulingGates: [{name: kueue}]", `conditions: [{type: PodScheduled, status: "False", reason: SchedulingGated}]`))},
			fleet.RolloutStuck, false, "1 pod Pending: scheduling gate kueue of pod a is not lifted"},
		{"4 device plugin", Facts{New: pods(pod(t, "a", "nodeName: n1", "phase: Failed, reason: UnexpectedAdmissionError, message: no healthy devices"))}, fleet.RolloutStuck, false,
			"node n1 refused pod a: UnexpectedAdmissionError: no healthy devices; its device plugin or its count of devices is wrong"},
		{"5 image pull", Facts{New: pods(waiting("ImagePullBackOff", "Back-off pulling"))}, fleet.RolloutStuck, false, "pod new: container vllm: ImagePullBackOff: Back-off pulling"},
		{"5 no such image", Facts{New: pods(waiting("ErrImagePull", "manifest unknown"))}, fleet.RolloutStuck, true, "pod new: container vllm: ErrImagePull: manifest unknown: will never finish"},
		{"5 configuration", Facts{New: pods(waiting("CreateContainerConfigError", `secret "t" not found`)), Ordered: true}, fleet.RolloutStuck, false,
			`pod new: container vllm: CreateContainerConfigError: secret "t" not found; OrderedReady changes no other pod before this one is ready`},
		{"5 creating", Facts{New: pods(waiting("ContainerCreating", ""))}, fleet.RolloutMoving, false, "1 pod ContainerCreating: pod new on node n1 for 10m"},
		{"5 attach", Facts{New: pods(waiting("ContainerCreating", "")), Events: []*corev1.Event{event("Pod", "new", "FailedAttachVolume", "Multi-Attach error", 0)}}, fleet.RolloutStuck, false,
			"1 pod ContainerCreating: pod new on node n1 for 10m: FailedAttachVolume: Multi-Attach error"},
		{"6 init runs", Facts{New: pods(pod(t, "a", "nodeName: n1", fmt.Sprintf(`phase: Pending, containerStatuses: [{name: vllm, state: {waiting: {reason: PodInitializing}}}],`+
			`initContainerStatuses: [{name: fetch, restartCount: 2, state: {running: {startedAt: %q}}, lastState: {terminated: {reason: Error, exitCode: 1}}}]`, ago(14*time.Minute))))},
			fleet.RolloutStuck, false, "pod a: init container fetch ended: Error 1, 2 restarts"},
		{"6 init runs well", Facts{New: pods(pod(t, "a", "nodeName: n1", fmt.Sprintf(`phase: Pending, initContainerStatuses: [{name: fetch, restartCount: 1, state: {running: {startedAt: %q}}, lastState: {terminated: {reason: Error, exitCode: 1}}}]`, ago(14*time.Minute))))},
			fleet.RolloutMoving, false, "init container fetch of pod a runs for 14m, after 1 restart, the last by Error 1"},
		{"7 loading", Facts{New: pods(runs(t, "a", "", 4*time.Minute, ""), ready(t, "b", "n1", 9*time.Minute))}, fleet.RolloutMoving, false,
			"1 of 2 new pods loading: pod a for 4m, earlier loads took 9m"},
		{"7 probe too short", Facts{New: pods(runs(t, "a", "containers: [{name: vllm, startupProbe: {failureThreshold: 30, periodSeconds: 10}}]", time.Minute, "")), Old: pods(old)},
			fleet.RolloutStuck, false, "the startupProbe of container vllm of pod a allows 5m and earlier loads took 9m: it is killed before it is loaded"},
		{"7 killed by its probe", Facts{New: pods(runs(t, "a", "containers: [{name: vllm, startupProbe: {failureThreshold: 30, periodSeconds: 10}}]", time.Minute,
			fmt.Sprintf(`, lastState: {terminated: {exitCode: 137, startedAt: %q, finishedAt: %q}}`, ago(8*time.Minute), ago(3*time.Minute))))},
			fleet.RolloutStuck, false, "the startupProbe of container vllm of pod a allows 5m and it was killed after 5m, 0 restarts"},
		{"8 out of memory", Facts{New: pods(pod(t, "a", "nodeName: n1", crash("OOMKilled", 137, 6)))}, fleet.RolloutStuck, false,
			"pod a: container vllm CrashLoopBackOff: OOMKilled 137, 6 restarts: no such model"},
		{"8 before what only takes time", Facts{New: pods(runs(t, "b", "", time.Minute, ""), pod(t, "a", "nodeName: n1", crash("Error", 1, 1)))}, fleet.RolloutStuck, false,
			"pod a: container vllm CrashLoopBackOff: Error 1, 1 restart: no such model"},
		{"9 leaving", Facts{Old: pods(going(old, -4*time.Minute))}, fleet.RolloutMoving, false, "1 pod leaving: pod old, its grace period of 10m ends in 4m"},
		{"9 finalizer", Facts{Old: pods(going(old, 5*time.Minute, "x/y"))}, fleet.RolloutStuck, true,
			"pod old should be gone since 5m: finalizer x/y holds it: will never finish unless who set it takes it away"},
		{"9 node away", Facts{Old: pods(going(old, 5*time.Minute)), Cluster: &Cluster{Nodes: []*corev1.Node{object[corev1.Node](t, `{metadata: {name: n1}}`)}}}, fleet.RolloutStuck, true,
			"pod old should be gone since 5m: its node n1 does not answer: will never finish unless the node comes back or the pod is deleted by force"},
		{"10 minReadySeconds", Facts{New: pods(ready(t, "a", "n1", time.Minute)), MinReady: 2 * time.Hour}, fleet.RolloutMoving, false,
			"1 new pod ready and not available before minReadySeconds 7200 are over"},
		{"10 readiness gate", Facts{New: pods(pod(t, "a", "nodeName: n1, readinessGates: [{conditionType: lb}]", fmt.Sprintf(`phase: Running, conditions: [{type: ContainersReady, status: "True", lastTransitionTime: %q}, {type: Ready, status: "False"}]`, ago(7*time.Minute))))},
			fleet.RolloutStuck, false, "pod a: its containers are ready for 7m and readiness gate lb is not passed"},
	} {
		c.f.Now = noon
		v, ok := Why(c.f)
		if !ok || v.Phase != c.phase || v.Never != c.never || v.Why.String() != c.says {
			t.Errorf("%s: %v %s never %v\n got %s\nwant %s", c.name, ok, v.Phase, v.Never, v.Why, c.says)
		}
	}
	if v, ok := Why(Facts{Now: noon, New: pods(old)}); ok {
		t.Errorf("of nothing: %+v", v)
	}
}

// Trap 13: one replica, a surge of one, and no free set of GPUs.
func TestTrap13ASurgeAtOneReplicaWithoutASpareGPUSetNeverEnds(t *testing.T) {
	old := ready(t, "old", "n1", time.Minute)
	cluster := &Cluster{Nodes: []*corev1.Node{node(t, "n1", 4, "")}, Pods: pods(old)}
	f := Facts{Now: noon, Desired: 1, Available: 1, New: pods(pendingPod(t, "new", "", noGPU)), Old: pods(old), Cluster: cluster}
	v, ok := Why(f)
	if !ok || !v.Never || v.Phase != fleet.RolloutStuck || !strings.HasSuffix(v.Why.String(), "4 nvidia.com/gpu asked, 0 free, maxUnavailable 0: will never finish") {
		t.Errorf("%+v", v)
	}
	if f.MaxUnavailable = 1; Facts.nobodyLeaves(f) {
		t.Error("with maxUnavailable 1 the old one leaves")
	}
}

// Trap 14: the new pod of a surge is on another node than the one that holds the claim.
func TestTrap14AReadWriteOnceClaimDeadlocksASurgeAcrossNodes(t *testing.T) {
	const claim = "volumes: [{name: w, persistentVolumeClaim: {claimName: weights}}], "
	old := pod(t, "old", claim+"nodeName: n1", "phase: Running")
	fresh := pod(t, "new", claim+"nodeName: n2", "phase: Pending, containerStatuses: [{name: vllm, state: {waiting: {reason: ContainerCreating}}}]")
	of := func(mode string) []*corev1.PersistentVolumeClaim {
		return []*corev1.PersistentVolumeClaim{object[corev1.PersistentVolumeClaim](t, `{metadata: {name: weights}, spec: {accessModes: [`+mode+`]}}`)}
	}
	v, _ := Why(Facts{Now: noon, New: pods(fresh), Old: pods(old), Claims: of("ReadWriteOnce")})
	want := "pod new on node n2 waits for claim weights, which is ReadWriteOnce and held by pod old on node n1, maxUnavailable 0: will never finish"
	if v.Why.String() != want || !v.Never {
		t.Errorf("got %+v", v)
	}
	for name, f := range map[string]Facts{
		"one that many nodes may have": {Now: noon, New: pods(fresh), Old: pods(old), Claims: of("ReadWriteMany")},
		"a claim that was not read":    {Now: noon, New: pods(fresh), Old: pods(old)},
	} {
		if v, _ := Why(f); v.Phase != fleet.RolloutMoving {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// Trap 16: one budget for ever, two budgets for ever.
func TestTrap16BudgetsThatNeverAllowAreSaid(t *testing.T) {
	budget := func(name, more string, allowed, healthy, needed, all int) *policyv1.PodDisruptionBudget {
		return object[policyv1.PodDisruptionBudget](t, fmt.Sprintf(`{metadata: {name: %s, namespace: llm}, spec: {selector: {matchLabels: {app: m}}%s}, status: {disruptionsAllowed: %d, currentHealthy: %d, desiredHealthy: %d, expectedPods: %d}}`,
			name, more, allowed, healthy, needed, all))
	}
	good, broken := ready(t, "good", "n1", time.Minute), runs(t, "broken", "", time.Minute, "")
	for _, c := range []struct {
		name           string
		p              *corev1.Pod
		budgets        []*policyv1.PodDisruptionBudget
		refused, never bool
		says           string
	}{
		{"two", good, []*policyv1.PodDisruptionBudget{budget("a", "", 1, 2, 1, 2), budget("b", "", 1, 2, 1, 2)}, true, true, "budgets a and b both select it: the server refuses every eviction (500)"},
		{"a single crash-looping replica", broken, []*policyv1.PodDisruptionBudget{budget("a", "", 0, 0, 1, 1)}, true, true, "blocks the drain"},
		{"that may always go", broken, []*policyv1.PodDisruptionBudget{budget("a", ", unhealthyPodEvictionPolicy: AlwaysAllow", 0, 0, 1, 1)}, false, false, "may always go"},
		{"enough healthy ones", broken, []*policyv1.PodDisruptionBudget{budget("a", "", 0, 2, 2, 3)}, false, false, "the healthy ones suffice"},
		{"one allowed", good, []*policyv1.PodDisruptionBudget{budget("a", "", 1, 3, 2, 3)}, false, false, "budget a allows 1, 3 of 3 healthy, 2 needed"},
		{"none allowed now", good, []*policyv1.PodDisruptionBudget{budget("a", "", 0, 2, 2, 3)}, true, false, "as long as that is so"},
		{"none ever", good, []*policyv1.PodDisruptionBudget{budget("a", "", 0, 2, 2, 2)}, true, true, "needs all of them"},
		{"none", good, nil, false, false, "no disruption budget"},
		{"not running", pendingPod(t, "p", "", ""), []*policyv1.PodDisruptionBudget{budget("a", "", 0, 0, 1, 1)}, false, false, "no budget is asked"},
	} {
		e := Evict(c.p, c.budgets)
		if e.Refused != c.refused || e.Never != c.never || !strings.Contains(e.Text.String(), c.says) {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	late := budget("a", "", 1, 3, 2, 3)
	late.Generation = 2
	if e := Evict(good, []*policyv1.PodDisruptionBudget{late}); !e.Refused || e.Never {
		t.Errorf("%+v", e)
	}
}

func TestRoomIsCountedOnNodesThatMayTakeThePod(t *testing.T) {
	p := pod(t, "new", "nodeSelector: {nvidia.com/gpu.product: H100}", "")
	p.Spec.Affinity = object[corev1.Affinity](t, `{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: nvidia.com/gpu.product, operator: NotIn, values: [A100]}, {key: zone, operator: DoesNotExist}], matchFields: [{key: metadata.name, operator: NotIn, values: [no]}]}]}}}`)
	away := node(t, "away", 8, "")
	away.Status.Conditions[0].Status = corev1.ConditionUnknown
	over := pod(t, "over", "nodeName: n1", "phase: Succeeded")
	c := &Cluster{Pods: pods(pod(t, "x", "nodeName: n1", "phase: Running"), over), Nodes: []*corev1.Node{
		node(t, "n1", 8, ""), node(t, "cordoned", 8, "unschedulable: true"), node(t, "tainted", 8, "taints: [{key: k, effect: NoSchedule}]"),
		node(t, "soft", 4, "taints: [{key: k, effect: PreferNoSchedule}]"), node(t, "no", 8, ""), away}}
	if r := c.RoomFor(&p.Spec); r.Free != 8 || r.Nodes != 2 || r.Fits != 2 || r.Largest != 4 || r.Each != 4 {
		t.Errorf("%+v", r)
	}
	p.Spec.Tolerations = []corev1.Toleration{{Key: "k", Operator: corev1.TolerationOpExists}}
	if r := c.RoomFor(&p.Spec); r.Free != 16 {
		t.Errorf("tolerant: %+v", r)
	}
	if r := c.RoomFor(&corev1.PodSpec{}); r.Each != 0 || r.Free != 0 {
		t.Errorf("of no GPU: %+v", r)
	}
}

// Whatever is missing of the facts, nothing panics and a sentence is never empty.
func TestEmptyFactsSayNothing(t *testing.T) {
	for _, p := range []*corev1.Pod{{}, pod(t, "a", "", "phase: Pending"), pod(t, "a", "nodeName: n", "phase: Unknown")} {
		if v, ok := Why(Facts{Now: noon, New: pods(p), Old: pods(p)}); ok && v.Why.IsEmpty() {
			t.Errorf("%+v", v)
		}
	}
}
