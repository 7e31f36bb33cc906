package workloads

import (
	"context"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

func TestADeploymentAsItStands(t *testing.T) {
	r := newRig(t)
	got := r.rollout(llama)
	if got.Phase != fleet.RolloutDone || !got.Why.IsEmpty() || got.Desired != 12 || got.UpdatedReady != 12 || got.GPUsEach != 4 || got.UID != "d-1" ||
		got.Deadline != 10*time.Minute || got.API != deploymentKind || got.Surge != (fleet.Surge{Extra: 3, Missing: 3}) || len(got.UpdatedPods) != 12 {
		t.Errorf("%+v", got)
	}
	if n := got.Now; n.Name.String() != "revision 3" || n.ID != "llama-new" || n.Weights.String() != "org/llama" || n.Served[0].String() != "llama" {
		t.Errorf("now %+v", n)
	}
	if len(got.Runs) != 1 || got.Runs[0].ID != "llama-old" || got.Runs[0].Image.String() != "vllm/vllm-openai:v0.10.0" || !got.Old.IsZero() {
		t.Errorf("runs %+v, old %+v", got.Runs, got.Old)
	}
}

// The order of orchestration.md 3.2 for each kind; each row changes what its controller would.
func TestThePhasesOfARoll(t *testing.T) {
	deployment := func(updated, total, available int) []any {
		return []any{"/status/updatedReplicas", updated, "/status/replicas", total, "/status/availableReplicas", available}
	}
	for _, c := range []struct {
		name  string
		ref   fleet.ObjectRef
		set   []any
		pods  func(*rig)
		phase fleet.RolloutPhase
		says  string
	}{
		{"not seen", llama, []any{"/metadata/generation", 8}, nil, fleet.RolloutUnseen, "seen generation 7 and not yet 8"},
		{"new ones missing", llama, deployment(5, 12, 12), nil, fleet.RolloutMoving, "5 of 12 replicas are new"},
		{"old ones leaving", llama, deployment(12, 14, 14), nil, fleet.RolloutMoving, "2 old replicas are to leave"},
		{"scaled down and not gone", llama, append(deployment(12, 12, 12), "/spec/replicas", 4), nil, fleet.RolloutMoving,
			"8 of 12 replicas are to leave, 4 are wanted"},
		{"not available", llama, deployment(12, 12, 11), nil, fleet.RolloutMoving, "11 of 12 replicas are available"},
		{"paused", llama, append(deployment(3, 12, 12), "/spec/paused", true), nil, fleet.RolloutPaused, "paused: 3 of 12 replicas are new"},
		{"paused and crashing", llama, append(deployment(3, 12, 11), "/spec/paused", true),
			func(r *rig) {
				r.pod("llama-0", "ReplicaSet", "llama-new", "rs-3", "app: llama, pod-template-hash: new", crashes)
			}, fleet.RolloutStuck, "CrashLoopBackOff: Error 1, 5 restarts"},
		{"deadline over and nothing to see", llama, append(deployment(12, 12, 11), "/status/conditions/1/reason", "ProgressDeadlineExceeded"), nil,
			fleet.RolloutFailed, "ProgressDeadlineExceeded"},
		{"quota", llama, append(deployment(11, 11, 11), "/status/conditions/2", map[string]any{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}), nil,
			fleet.RolloutStuck, "its ReplicaSet may not make pods: FailedCreate: exceeded quota"},

		{"done", qwen, nil, nil, fleet.RolloutDone, ""},
		{"not seen", qwen, []any{"/metadata/generation", 9}, nil, fleet.RolloutUnseen, "seen generation 3 and not yet 9"},
		{"not ready", qwen, []any{"/status/readyReplicas", 3, "/status/updateRevision", "qwen-c"}, nil, fleet.RolloutMoving, "0 of 4 replicas are new"},
		{"ready and not all new", qwen, []any{"/status/updateRevision", "qwen-c"}, nil, fleet.RolloutMoving, "0 of 4 replicas are new"},
		{"held by its partition", qwen, []any{"/status/updateRevision", "qwen-c", "/spec/updateStrategy/rollingUpdate/partition", 3},
			func(r *rig) {
				r.pod("qwen-3", "StatefulSet", "qwen", "s-1", "app: qwen, controller-revision-hash: qwen-c", ready)
			},
			fleet.RolloutPaused, "partition 3 holds 3 of 4 replicas back"},
		{"by hand", qwen, []any{"/status/updateRevision", "qwen-c", "/spec/updateStrategy/type", "OnDelete"}, nil, fleet.RolloutPaused, "OnDelete: 0 of 4 pods are new"},
		{"a broken one holds the others", qwen, []any{"/status/updateRevision", "qwen-c", "/status/readyReplicas", 3},
			func(r *rig) {
				r.pod("qwen-3", "StatefulSet", "qwen", "s-1", "app: qwen, controller-revision-hash: qwen-c", crashes)
			},
			fleet.RolloutStuck, "OrderedReady changes no other pod before this one is ready"},

		{"done", deepseek, nil, nil, fleet.RolloutDone, ""},
		{"not seen", deepseek, []any{"/metadata/generation", 6}, nil, fleet.RolloutUnseen, "seen generation 5 and not yet 6"},
		{"updating while available", deepseek, []any{"/status/conditions/2/status", "True"}, nil, fleet.RolloutMoving, "3 of 3 groups are available"},
		{"not available", deepseek, []any{"/status/conditions/0/status", "False", "/status/readyReplicas", 2}, nil, fleet.RolloutMoving, "2 of 3 groups are available"},
		{"held by its partition", deepseek, []any{"/status/updatedReplicas", 1, "/spec/rolloutStrategy/rollingUpdateConfiguration/partition", 2}, nil,
			fleet.RolloutPaused, "partition 2 holds 2 of 3 groups back"},
	} {
		r := newRig(t)
		r.set(c.ref, c.set...)
		if c.pods != nil {
			c.pods(r)
		}
		if got := r.rollout(c.ref); got.Phase != c.phase || !strings.Contains(got.Why.String(), c.says) || got.Phase == fleet.RolloutDone && !got.Why.IsEmpty() {
			t.Errorf("%s, %s: %s %q", c.ref.Kind, c.name, got.Phase, got.Why)
		}
	}
}

// Trap 12: a load of more than ten minutes trips the default deadline on a healthy roll. It is late, not failed.
func TestTrap12ALongLoadPastTheDeadlineIsLateNotFailed(t *testing.T) {
	r := newRig(t)
	r.set(llama, "/status/availableReplicas", 11, "/status/conditions/1/reason", "ProgressDeadlineExceeded")
	r.pod("llama-0", "ReplicaSet", "llama-new", "rs-3", "app: llama, pod-template-hash: new", loading)
	got := r.rollout(llama)
	if got.Phase != fleet.RolloutLate || got.Never || got.Why.String() != "its deadline of 10m is over and it goes on: 1 of 12 new pods loading: pod llama-0 for 12m, earlier loads took 11m" {
		t.Errorf("%s %q", got.Phase, got.Why)
	}
	r.pod("llama-0", "ReplicaSet", "llama-new", "rs-3", "app: llama, pod-template-hash: new", crashes)
	if got := r.rollout(llama); got.Phase != fleet.RolloutStuck {
		t.Errorf("one that crashes past it: %s %q", got.Phase, got.Why)
	}
	if d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2"}); !strings.Contains(notes(d), "earlier loads took 11m, more than its progress deadline of 10m") {
		t.Errorf("the draft does not warn: %s", notes(d))
	}
}

// Trap 13, seen in the object: one replica, no free GPUs, maxUnavailable rounds to 0.
func TestTrap13OneReplicaWithoutASpareGPUSetIsStuckForEver(t *testing.T) {
	r := newRig(t)
	one(r)
	r.set(llama, "/status/replicas", 2, "/status/updatedReplicas", 1)
	r.pod("llama-next", "ReplicaSet", "llama-new", "rs-3", "app: llama, pod-template-hash: new", pending)
	got := r.rollout(llama)
	if got.Phase != fleet.RolloutStuck || !got.Never || got.Why.String() != "1 pod Pending: 4 nvidia.com/gpu asked, 0 free, maxUnavailable 0: will never finish" {
		t.Errorf("%s never %v %q", got.Phase, got.Never, got.Why)
	}
	r.Denied["nodes"] = true
	if got := r.rollout(llama); got.Phase != fleet.RolloutStuck || !strings.Contains(got.Why.String(), "how many are free is not known") {
		t.Errorf("without the right to read nodes: %q", got.Why)
	}
}

// one leaves one replica and one node that it fills.
func one(r *rig) {
	r.set(llama, "/spec/replicas", 1, "/status/replicas", 1, "/status/updatedReplicas", 1, "/status/readyReplicas", 1, "/status/availableReplicas", 1)
	for i := 1; i < 12; i++ {
		r.Drop(podKind, "llm", "llama-"+numeral(i))
	}
	for i := range 4 {
		r.Drop(podKind, "llm", "qwen-"+numeral(i))
	}
	for _, name := range []string{"deepseek-0", "deepseek-0-1", "deepseek-1", "deepseek-1-1", "deepseek-2", "deepseek-2-1"} {
		r.Drop(podKind, "llm", name)
	}
	r.node(4)
}

// Trap 9, before v0.9.0: no field says what the controller saw, and a condition's generation is that of its last turn.
func TestTrap9AnOldLeaderWorkerSetProvesUptakeByItsStatefulSet(t *testing.T) {
	r := newRig(t)
	r.set(deepseek, "/status/observedGeneration", nil, "/metadata/generation", 6)
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutUnknown || !strings.Contains(got.Why.String(), "does not say what it saw") {
		t.Errorf("nothing to read: %s %q", got.Phase, got.Why)
	}
	child := func(image string) {
		r.Put(statefulSetKind, `{metadata: {name: deepseek, namespace: llm}, spec: {template: {metadata: {labels: {leaderworkerset.sigs.k8s.io/template-revision-hash: h1}}, spec: {containers: [{name: leader, image: "`+image+`",
 command: [sh, -c, "ray start --head; vllm serve org/deepseek --served-model-name deepseek"]}]}}}}`)
	}
	child("vllm/vllm-openai:v0.10.0")
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutUnseen {
		t.Errorf("an older child: %s %q", got.Phase, got.Why)
	}
	child("vllm/vllm-openai:v0.11.0")
	workersRun(r, "vllm/vllm-openai:v0.11.0")
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutDone {
		t.Errorf("a child that holds it: %s %q", got.Phase, got.Why)
	}
}

func TestGroupsAreCountedWholeAndTheOldOnesTellTheirVersion(t *testing.T) {
	r := newRig(t)
	r.group(2, "h2", ready)
	r.Put(statefulSetKind, `{metadata: {name: deepseek, namespace: llm, labels: {leaderworkerset.sigs.k8s.io/template-revision-hash: h2}}, spec: {template: {spec: {containers: []}}}}`)
	r.set(deepseek, "/status/updatedReplicas", 1, "/status/conditions/2/status", "True")
	got := r.rollout(deepseek)
	if got.UpdatedReady != 1 || got.GPUsEach != 16 || got.Unit.String() != "groups" || len(got.UpdatedPods) != 2 || len(got.OldPods) != 4 || got.Runs != nil {
		t.Errorf("%+v", got)
	}
	if got.Old.Name.String() != "h1" || got.Old.Image.String() != "vllm/vllm-openai:v0.11.0" || got.Now.Weights.String() != "org/deepseek" {
		t.Errorf("old %+v, now %+v", got.Old, got.Now)
	}
	r.pod("deepseek-2-1", "StatefulSet", "deepseek", "x", `leaderworkerset.sigs.k8s.io/name: deepseek, leaderworkerset.sigs.k8s.io/group-index: "2", `+
		`leaderworkerset.sigs.k8s.io/worker-index: "1", leaderworkerset.sigs.k8s.io/template-revision-hash: h2`, loading)
	if got := r.rollout(deepseek); got.UpdatedReady != 0 {
		t.Errorf("a group of which one pod loads counts as ready: %d", got.UpdatedReady)
	}
}

func TestWhoKeepsItAndWhatScalesIt(t *testing.T) {
	r := newRig(t)
	r.set(llama, "/metadata/ownerReferences", []any{map[string]any{"kind": "InferenceService", "name": "llama", "controller": true}},
		"/metadata/annotations", map[string]any{"argocd.argoproj.io/tracking-id": "llm:apps/Deployment:llm/llama"})
	r.hpa(2, 9, llama)
	got := r.rollout(llama)
	if got.Holder.Kind != "InferenceService" || got.GitOps.String() != "Argo CD application llm" {
		t.Errorf("holder %+v, GitOps %q", got.Holder, got.GitOps)
	}
	if s := got.Scaler; s.Object.Name != "h" || s.Min != 2 || s.Max != 9 || s.Wants != 7 || !s.Held.IsEmpty() {
		t.Errorf("%+v", s)
	}
	if d := r.mustDraft(llama, fleet.Want{Do: fleet.DoRestart, Stamp: noon}); !strings.Contains(notes(d), "InferenceService llama keeps it") {
		t.Errorf("%s", notes(d))
	}
	r.Put(scalers.ScaledObjectKind, `{metadata: {name: k, namespace: llm, annotations: {autoscaling.keda.sh/paused-replicas: "4"}}, spec: {scaleTargetRef: {name: llama}, maxReplicaCount: 5}, status: {hpaName: h}}`)
	if s := r.rollout(llama).Scaler; s.Object.Kind != "ScaledObject" || s.Held.String() != "paused at 4" || s.Max != 5 || s.Min != 0 || s.Wants != 4 {
		t.Errorf("KEDA above its own autoscaler: %+v", s)
	}
	r.Denied["horizontalpodautoscalers"] = true
	if s := r.rollout(llama).Scaler; s.Exists() || !strings.Contains(s.Why.String(), "not known") {
		t.Errorf("what may not be read is not absent: %+v", s)
	}
}

func TestWhatIsNotThereOrNotReadableIsSaid(t *testing.T) {
	r := newRig(t)
	none := llama
	none.Name = "none"
	if _, err := r.o.Rollout(context.Background(), r, deploymentKind, none); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("%v", err)
	}
	r.Denied["pods"] = true
	if _, err := r.o.Rollout(context.Background(), r, deploymentKind, llama); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("%v", err)
	}
	r.Denied["pods"], r.Denied["controllerrevisions"] = false, true
	if got := r.rollout(qwen); got.Phase != fleet.RolloutDone || got.Runs != nil {
		t.Errorf("without revisions: %+v", got)
	}
	r.set(llama, "/spec/selector", nil)
	if _, err := r.o.Rollout(context.Background(), r, deploymentKind, llama); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("without a selector: %v", err)
	}
}
