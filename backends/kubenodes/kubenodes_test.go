package kubenodes

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var n1 = fleet.ObjectRef{Cluster: "c", Kind: "Node", Name: "n1"}

type rig struct {
	*toyobjects.Cluster
	t *testing.T
	o *Orchestrator
}

func newRig(t *testing.T) *rig {
	r := &rig{toyobjects.New(), t, New(fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)))}
	for name, gpus := range map[string]int{"n1": 8, "n2": 8} {
		r.Put(nodeKind, fmt.Sprintf(`{metadata: {name: %s, uid: %s-u, labels: {nvidia.com/gpu.product: H100}}, status: {capacity: {nvidia.com/gpu: %d}, allocatable: {nvidia.com/gpu: %d}, conditions: [{type: Ready, status: "True"}]}}`, name, name, gpus, gpus))
	}
	return r
}

// Parts of pods.
const (
	readyNow = `phase: Running, conditions: [{type: Ready, status: "True"}]`
	unready  = `phase: Running, conditions: [{type: Ready, status: "False"}]`
)

// pod puts a pod of 4 GPUs of a workload that serves a model.
func (r *rig) pod(name, node, by, model, status, more string) {
	owners := ""
	if kind, own, ok := strings.Cut(by, "/"); ok {
		owners = fmt.Sprintf(`, ownerReferences: [{kind: %s, name: %s, controller: true}]`, kind, own)
	}
	r.Put(podKind, fmt.Sprintf(`{metadata: {name: %s, namespace: llm, uid: u-%s, labels: {app: %s}%s}, spec: {nodeName: %s, %scontainers: [{name: vllm, args: [--model, w, --served-model-name, %s], resources: {limits: {nvidia.com/gpu: 4}}}]}, status: {%s}}`,
		name, name, model, owners, node, more, model, status))
}

func (r *rig) budget(name, model, more string, allowed, healthy, needed, expected int) {
	r.Put(budgetKind, fmt.Sprintf(`{metadata: {name: %s, namespace: llm}, spec: {selector: {matchLabels: {app: %s}}%s}, status: {disruptionsAllowed: %d, currentHealthy: %d, desiredHealthy: %d, expectedPods: %d}}`,
		name, model, more, allowed, healthy, needed, expected))
}

func (r *rig) rollout() fleet.Rollout {
	r.t.Helper()
	got, err := r.o.Rollout(context.Background(), r, nodeKind, n1)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func (r *rig) draft(do fleet.Deed) (fleet.Draft, error) {
	r.t.Helper()
	return r.o.Draft(context.Background(), r, r.rollout(), fleet.Want{Do: do})
}

func (r *rig) must(do fleet.Deed) fleet.Draft {
	r.t.Helper()
	d, err := r.draft(do)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r *rig) set(path string, value any) { r.Change(nodeKind, n1, path, value) }

// stages words a draft, one stage a line.
func stages(d fleet.Draft) string {
	var list []string
	for _, s := range d.Stages {
		list = append(list, s.Text.String())
	}
	return strings.Join(list, "\n")
}

func notes(d fleet.Draft) string { return fleet.Join(d.Notes, fleet.Text("\n")).String() }

func TestCordonAndUncordon(t *testing.T) {
	r := newRig(t)
	if _, err := r.draft(fleet.DoUncordon); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
	d := r.must(fleet.DoCordon)
	w := d.Stages[0].Writes[0]
	if f := w.Fields[0]; f.Path != "/spec/unschedulable" || f.Before != nil || string(f.After) != "true" || w.UID != "n1-u" {
		t.Errorf("%+v", w)
	}
	if err := r.Write(context.Background(), w, "", false); err != nil {
		t.Fatal(err)
	}
	if got := r.rollout(); got.Phase != fleet.RolloutPaused || got.Why.String() != "cordoned" || got.Product.String() != "H100" {
		t.Errorf("%+v", got)
	}
	if _, err := r.draft(fleet.DoCordon); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
	back, _ := w.Inverse()
	free := r.must(fleet.DoUncordon).Stages[0].Writes[0]
	if len(free.Fields) != 1 || free.Fields[0].Path != back.Fields[0].Path || free.Fields[0].After != nil {
		t.Errorf("%+v is not the inverse %+v", free, back)
	}
	if _, err := r.draft(fleet.DoTraffic); fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "a node has no weights") {
		t.Errorf("%v", err)
	}
	if _, err := r.draft(fleet.DoUpgrade); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("%v", err)
	}
}

// A node that was closed on purpose (orchestration.md 4.2, 4.3) is not opened under the hands of who closed it.
func TestANodeThatWasClosedOnPurposeSaysSo(t *testing.T) {
	label := func(name, value string) func(*rig) {
		return func(r *rig) { r.set("/metadata/labels/"+strings.ReplaceAll(name, "/", "~1"), value) }
	}
	taint := func(key string) func(*rig) {
		return func(r *rig) { r.set("/spec/taints", []any{map[string]any{"key": key, "effect": "NoSchedule"}}) }
	}
	condition := func(name string) func(*rig) {
		return func(r *rig) { r.set("/status/conditions/1", map[string]any{"type": name, "status": "True"}) }
	}
	for _, c := range []struct {
		name    string
		mark    func(*rig)
		refused bool
		says    string
	}{
		{"driver upgrade", label("nvidia.com/gpu-driver-upgrade-state", "drain-required"), true, "upgrades its driver (drain-required)"},
		{"driver upgrade failed", label("nvidia.com/gpu-driver-upgrade-state", "upgrade-failed"), false, "driver upgrade of the GPU operator failed"},
		{"driver upgrade done", label("nvidia.com/gpu-driver-upgrade-state", "upgrade-done"), false, ""},
		{"CoreWeave", label("node.coreweave.cloud/state", "triage"), true, "out of production (triage)"},
		{"CoreWeave in production", label("node.coreweave.cloud/state", "production"), false, ""},
		{"CoreWeave waits", label("node.coreweave.cloud/pending-state", "production-powerreset"), false, "then takes it to production-powerreset"},
		{"NVSentinel", func(r *rig) {
			r.set("/metadata/annotations", map[string]any{"quarantineHealthEvent": "x", "quarantineHealthEventIsCordoned": "True"})
		},
			false, "NVSentinel closed it"},
		{"NVSentinel's fault", condition("SysLogsXIDError"), false, "faults are reported: SysLogsXIDError"},
		{"AMD's fault", condition("AMDGPUXgmi"), false, "faults are reported: AMDGPUXgmi"},
		{"AMD unhealthy", taint("AMD_GPU_Unhealthy"), false, "AMD operator marks its GPUs as unhealthy"},
		{"AMD partitions", taint("amd-dcm"), true, "changes its partitions"},
		{"autoscaler", taint("ToBeDeletedByClusterAutoscaler"), true, "taking it away"},
		{"Xid taint", taint("nvidia.com/gpu-xid-error"), false, "marks a GPU fault"},
		{"failed device", func(r *rig) { r.set("/status/allocatable/nvidia.com~1gpu", "7") }, false, "1 of 8 GPUs failed"},
	} {
		r := newRig(t)
		r.set("/spec/unschedulable", true)
		c.mark(r)
		d, err := r.draft(fleet.DoUncordon)
		said := notes(d)
		if err != nil {
			said = err.Error()
		}
		if (fleet.KindOf(err) == fleet.KindUnsupported) != c.refused || !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s: %v, %q", c.name, err, said)
		}
		if why := r.rollout().Why.String(); !strings.Contains(why, c.says) {
			t.Errorf("%s: the node says %q", c.name, why)
		}
	}
}

// Those that others stand in for go first, the last of a model after them, what nobody makes again at the end; kubectl's
// filters leave the rest.
func TestADrainMovesOnePodAtATimeTheLastOfAModelLate(t *testing.T) {
	r := newRig(t)
	r.pod("a-last", "n1", "StatefulSet/single", "solo", readyNow, "")
	r.pod("b-many", "n1", "ReplicaSet/many", "chat", readyNow, "volumes: [{name: shm, emptyDir: {medium: Memory}}], ")
	r.pod("b-other", "n2", "ReplicaSet/many", "chat", readyNow, "")
	r.pod("a-bare", "n1", "", "bare", readyNow, "")
	r.pod("ds", "n1", "DaemonSet/dcgm", "x", readyNow, "")
	r.pod("ended", "n1", "Job/j", "x", "phase: Succeeded", "")
	r.Put(podKind, `{metadata: {name: mirror, namespace: kube-system, annotations: {kubernetes.io/config.mirror: x}, ownerReferences: [{kind: Node, name: n1, controller: true}]}, spec: {nodeName: n1, containers: [{name: x}]}, status: {phase: Running}}`)
	r.Put(podKind, `{metadata: {name: going, namespace: llm, deletionTimestamp: "2026-11-24T12:00:00Z", ownerReferences: [{kind: Job, name: j, controller: true}]}, spec: {nodeName: n1, containers: [{name: x}]}, status: {phase: Running}}`)
	d := r.must(fleet.DoDrain)
	want := `cordon: no further pod comes here
evict pod llm/b-many: ReplicaSet many; no disruption budget; asks for 4 nvidia.com/gpu, elsewhere 4 free
evict pod llm/a-last: StatefulSet single; no disruption budget; the last ready replica of its model; asks for 4 nvidia.com/gpu, elsewhere 4 free: no room, it stays Pending
evict pod llm/a-bare: kept by nothing; no disruption budget; the last ready replica of its model; asks for 4 nvidia.com/gpu, elsewhere 4 free: no room, it stays Pending`
	if got := stages(d); got != want {
		t.Errorf("got\n%s", got)
	}
	for _, s := range d.Stages[1:] {
		if w := s.Writes[0]; len(s.Writes) != 1 || w.Verb != fleet.WriteEvict || w.API != podKind || w.UID == "" || s.Until != (fleet.Until{Gone: true}) {
			t.Errorf("%+v", s)
		}
	}
	for _, part := range []string{"no controller makes these again: llm/a-bare", "the last ready replica of its model goes: llm/a-last, llm/a-bare",
		"what is in their emptyDir volumes is lost: llm/b-many", "2 pods find no free GPUs elsewhere", "1 pod of a DaemonSet stays", "1 pod of the node's own files stays",
		"1 pod that has ended stays", "1 pod is going already"} {
		if !strings.Contains(notes(d), part) {
			t.Errorf("%q is not in\n%s", part, notes(d))
		}
	}
	if d.NoUndo.IsEmpty() || d.Extra != 12 || d.Down != 3 {
		t.Errorf("%+v", d)
	}
	if got := r.rollout(); got.Desired != 3 || got.Ready != 3 {
		t.Errorf("%+v", got)
	}
}

// Several replicas of one model on the node: only the one that goes last is the last; another workload of the same name
// stands in.
func TestTheLastReplicaIsTheOneThatGoesLast(t *testing.T) {
	r := newRig(t)
	r.pod("m-0", "n1", "ReplicaSet/m", "chat", readyNow, "")
	r.pod("m-1", "n1", "ReplicaSet/m", "chat", readyNow, "")
	if got := stages(r.must(fleet.DoDrain)); strings.Count(got, "the last ready replica") != 1 || !strings.Contains(got, "evict pod llm/m-1: ReplicaSet m; no disruption budget; the last") {
		t.Errorf("%s", got)
	}
	r.pod("twin", "n2", "StatefulSet/twin", "chat", readyNow, "")
	if got := stages(r.must(fleet.DoDrain)); strings.Contains(got, "the last ready replica") {
		t.Errorf("%s", got)
	}
	r.pod("twin", "n2", "StatefulSet/twin", "chat", unready, "")
	if got := stages(r.must(fleet.DoDrain)); !strings.Contains(got, "the last ready replica") {
		t.Errorf("one that is not ready stands in: %s", got)
	}
}

// Trap 16: a budget with one crash-looping replica blocks a drain for ever, two budgets make every eviction fail.
func TestTrap16ADrainSaysWhatItsBudgetsNeverAllow(t *testing.T) {
	r := newRig(t)
	r.pod("broken", "n1", "ReplicaSet/m", "chat", unready, "")
	r.budget("one", "chat", "", 0, 0, 1, 1)
	d := r.must(fleet.DoDrain)
	if !strings.Contains(stages(d), "budget one allows 0, 0 of 1 healthy, 1 needed; it is not ready itself") ||
		!strings.Contains(notes(d), "a budget never lets these go, and the drain waits there for ever: llm/broken") {
		t.Errorf("%s\n%s", stages(d), notes(d))
	}
	r.budget("two", "chat", "", 1, 1, 1, 1)
	if d := r.must(fleet.DoDrain); !strings.Contains(stages(d), "budgets one and two both select it: the server refuses every eviction (500)") {
		t.Errorf("%s", stages(d))
	}
	r.Drop(budgetKind, "llm", "two")
	r.budget("one", "chat", ", unhealthyPodEvictionPolicy: AlwaysAllow", 0, 0, 1, 1)
	if d := r.must(fleet.DoDrain); strings.Contains(notes(d), "never lets") {
		t.Errorf("%s", notes(d))
	}
	r.Denied["poddisruptionbudgets"] = true
	d = r.must(fleet.DoDrain)
	if !strings.Contains(notes(d), "disruption budgets are not known") || strings.Contains(stages(d), "budget") {
		t.Errorf("what may not be read is taken for none: %s\n%s", stages(d), notes(d))
	}
}

// Trap 9: a group restarts as one.
func TestTrap9ADrainOfOnePodOfAGroupRestartsTheGroup(t *testing.T) {
	r := newRig(t)
	r.Put(podKind, `{metadata: {name: g-0-1, namespace: llm, uid: g, labels: {leaderworkerset.sigs.k8s.io/name: g}, ownerReferences: [{kind: StatefulSet, name: g-0, controller: true}]}, spec: {nodeName: n1, containers: [{name: x}]}, status: {`+readyNow+`}}`)
	if n := notes(r.must(fleet.DoDrain)); !strings.Contains(n, "the whole group of these restarts, on other nodes too: llm/g-0-1") {
		t.Errorf("%s", n)
	}
}

func TestADrainOfNothingIsRefused(t *testing.T) {
	r := newRig(t)
	if got := stages(r.must(fleet.DoDrain)); got != "cordon: no further pod comes here" {
		t.Errorf("an empty node is closed: %s", got)
	}
	r.set("/spec/unschedulable", true)
	if _, err := r.draft(fleet.DoDrain); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
	r.Denied["pods"] = true
	if _, err := r.o.Rollout(context.Background(), r, nodeKind, n1); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("pods that may not be read are not none: %v", err)
	}
}

// A pod of another namespace that calls its model the same serves other clients.
func TestAModelOfAnotherNamespaceDoesNotStandIn(t *testing.T) {
	r := newRig(t)
	r.pod("m-0", "n1", "ReplicaSet/m", "chat", readyNow, "")
	r.Put(podKind, `{metadata: {name: m-9, namespace: staging, uid: u9, ownerReferences: [{kind: ReplicaSet, name: m, controller: true}]}, spec: {nodeName: n2, containers: [{name: vllm, args: [--model, w, --served-model-name, chat]}]}, status: {`+readyNow+`}}`)
	if got := stages(r.must(fleet.DoDrain)); !strings.Contains(got, "the last ready replica") {
		t.Errorf("%s", got)
	}
}
