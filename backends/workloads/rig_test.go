package workloads

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var (
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

	llama    = fleet.ObjectRef{Cluster: "c", Kind: "Deployment", Namespace: "llm", Name: "llama"}
	qwen     = fleet.ObjectRef{Cluster: "c", Kind: "StatefulSet", Namespace: "llm", Name: "qwen"}
	deepseek = fleet.ObjectRef{Cluster: "c", Kind: "LeaderWorkerSet", Namespace: "llm", Name: "deepseek"}
)

// rig is a cluster in memory with the three workloads of testdata.
type rig struct {
	*toyobjects.Cluster
	t *testing.T
	o *Orchestrator
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{toyobjects.New(), t, New(fleet.NewVirtualClock(noon))}
	for name, kind := range map[string]fleet.ObjectKind{"deployment": deploymentKind, "replicasets": replicaSetKind, "statefulset": statefulSetKind,
		"revisions": revisionKind, "groupset": groupSetKind} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for doc := range strings.SplitSeq(string(text), "\n---\n") {
			r.Put(kind, doc)
		}
	}
	for i := range 12 {
		r.pod("llama-"+fmt.Sprint(i), "ReplicaSet", "llama-new", "rs-3", "app: llama, pod-template-hash: new", ready)
	}
	for i := range 4 {
		r.pod("qwen-"+fmt.Sprint(i), "StatefulSet", "qwen", "s-1", "app: qwen, controller-revision-hash: qwen-b", ready)
	}
	for i := range 3 {
		r.group(i, "h1", ready)
	}
	return r
}

// States of pods.
const (
	ready = `phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-11-24T08:11:00Z"}], ` +
		`containerStatuses: [{name: vllm, ready: true, state: {running: {startedAt: "2026-11-24T08:00:00Z"}}}]`
	loading = `phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: vllm, state: {running: {startedAt: "2026-11-24T11:48:00Z"}}}]`
	pending = `phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."}]`
	crashes = `phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: vllm, restartCount: 5, ` +
		`state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {reason: Error, exitCode: 1}}}]`
)

func (r *rig) pod(name, ownerKind, ownerName, ownerUID, labels, status string) {
	node := "nodeName: n1, "
	if status == pending {
		node = ""
	}
	r.Put(podKind, fmt.Sprintf(`{metadata: {name: %s, namespace: llm, uid: u-%s, creationTimestamp: "2026-11-24T08:00:00Z", labels: {%s}, ownerReferences: [{kind: %s, name: %s, uid: %s, controller: true}]},
 spec: {%scontainers: [{name: vllm, image: "vllm/vllm-openai:v0.11.0", resources: {limits: {nvidia.com/gpu: 4}}}]}, status: {%s}}`, name, name, labels, ownerKind, ownerName, ownerUID, node, status))
}

func (r *rig) group(i int, hash, status string) {
	for w := range 2 {
		name := fmt.Sprintf("deepseek-%d", i)
		if w > 0 {
			name += fmt.Sprintf("-%d", w)
		}
		r.pod(name, "StatefulSet", "deepseek", "x", fmt.Sprintf(`leaderworkerset.sigs.k8s.io/name: deepseek, leaderworkerset.sigs.k8s.io/group-index: "%d", `+
			`leaderworkerset.sigs.k8s.io/worker-index: "%d", leaderworkerset.sigs.k8s.io/template-revision-hash: %s`, i, w, hash), status)
	}
}

// nodes puts one node with so many GPUs.
func (r *rig) node(gpus int) {
	r.Put(nodeKind, fmt.Sprintf(`{metadata: {name: n1}, status: {allocatable: {nvidia.com/gpu: %d}, conditions: [{type: Ready, status: "True"}]}}`, gpus))
}

func (r *rig) hpa(lowest, highest int, target fleet.ObjectRef) {
	r.Put(scalers.HPAKind, fmt.Sprintf(`{metadata: {name: h, namespace: llm}, spec: {minReplicas: %d, maxReplicas: %d, scaleTargetRef: {kind: %s, name: %s}}, status: {desiredReplicas: 7}}`,
		lowest, highest, target.Kind, target.Name))
}

func kindOf(ref fleet.ObjectRef) fleet.ObjectKind {
	for _, k := range New(nil).Kinds() {
		if k.Kind == ref.Kind {
			return k
		}
	}
	return fleet.ObjectKind{}
}

func (r *rig) rollout(ref fleet.ObjectRef) fleet.Rollout {
	r.t.Helper()
	got, err := r.o.Rollout(context.Background(), r, kindOf(ref), ref)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func (r *rig) draft(ref fleet.ObjectRef, w fleet.Want) (fleet.Draft, error) {
	r.t.Helper()
	return r.o.Draft(context.Background(), r, r.rollout(ref), w)
}

func (r *rig) mustDraft(ref fleet.ObjectRef, w fleet.Want) fleet.Draft {
	r.t.Helper()
	d, err := r.draft(ref, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// set changes fields of an object as its controller, or somebody else, does: "path", value, ...
func (r *rig) set(ref fleet.ObjectRef, pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		r.Change(kindOf(ref), ref, pairs[i].(string), pairs[i+1])
	}
}

func (r *rig) send(writes ...fleet.ObjectWrite) {
	r.t.Helper()
	for _, w := range writes {
		if err := r.Write(context.Background(), w, "", false); err != nil {
			r.t.Fatalf("%s: %v in %s", w.Text, err, lines(w))
		}
	}
}

func (r *rig) doc(ref fleet.ObjectRef) string {
	r.t.Helper()
	body, err := r.Get(context.Background(), kindOf(ref), ref)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}

// lines writes the fields of a write.
func lines(w fleet.ObjectWrite) string {
	var list []string
	for _, f := range w.Fields {
		if f.Before.Equal(f.After) {
			list = append(list, fmt.Sprintf("%s = %s", f.Path, f.Before))
		} else {
			list = append(list, fmt.Sprintf("%s: %s -> %s", f.Path, f.Before, f.After))
		}
	}
	return strings.Join(list, "\n")
}

func notes(d fleet.Draft) string { return fleet.Join(d.Notes, fleet.Text("\n")).String() }

// refused checks kind and words of a refusal.
func (r *rig) refused(ref fleet.ObjectRef, w fleet.Want, kind fleet.Kind, says string) {
	r.t.Helper()
	if _, err := r.draft(ref, w); fleet.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		r.t.Errorf("%s of %s: got %v, want %s with %q", w.Do, ref.Kind, err, kind, says)
	}
}

func numeral(i int) string { return fmt.Sprint(i) }
