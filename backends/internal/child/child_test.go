package child

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var ref = fleet.ObjectRef{Cluster: "east", Namespace: "llm", Name: "m"}

const template = `{metadata: {labels: {app: m}}, spec: {containers: [{name: vllm, image: "vllm:%s", args: [serve, org/m], resources: {limits: {nvidia.com/gpu: "2"}}}]}}`

// cluster is a Deployment of four replicas with a new and an old ReplicaSet, and one of somebody else.
func cluster(spec, status string) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(DeploymentKind, fmt.Sprintf(`
metadata: {name: m, namespace: llm, uid: d1, generation: 5}
spec: {replicas: 4, selector: {matchLabels: {app: m}}, template: %s, %s}
status: {observedGeneration: 5, replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4, %s}`, fmt.Sprintf(template, "v2"), spec, status))
	for i, of := range []struct{ hash, image, uid string }{{"old", "v1", "d1"}, {"new", "v2", "d1"}, {"theirs", "v9", "other"}} {
		c.Put(ReplicaSetKind, fmt.Sprintf(`
metadata: {name: m-%s, namespace: llm, uid: %s, creationTimestamp: "2026-11-2%dT12:00:00Z", labels: {app: m, pod-template-hash: %s}, annotations: {deployment.kubernetes.io/revision: "%d"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: m, uid: %s, controller: true}]}
spec: {template: %s}`, of.hash, of.hash, i, of.hash, i+1, of.uid, fmt.Sprintf(template, of.image)))
		c.Put(PodKind, fmt.Sprintf(`
metadata: {name: p-%s, namespace: llm, uid: p-%s, labels: {app: m, pod-template-hash: %s}}
spec: {nodeName: n1, containers: [{name: vllm}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}], containerStatuses: [{name: vllm, ready: true, state: {running: {}}}]}`, of.hash, of.hash, of.hash))
	}
	return c
}

func read(t *testing.T, c *toyobjects.Cluster) *Deployment {
	t.Helper()
	d, err := Read(t.Context(), c, ref)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestHowADeploymentStandsInTheOrderInWhichKubectlAsks(t *testing.T) {
	for _, x := range []struct {
		name, spec, status string
		phase              fleet.RolloutPhase
		why                string
	}{
		{"done", "", "", fleet.RolloutDone, ""},
		{"unseen", "", "observedGeneration: 4", fleet.RolloutUnseen, "seen generation 4 and not yet 5"},
		{"not updated", "", "updatedReplicas: 2", fleet.RolloutMoving, "2 of 4 replicas of Deployment m are updated"},
		{"old ones", "", "replicas: 6", fleet.RolloutMoving, "2 old replicas of Deployment m are leaving"},
		{"not available", "", "availableReplicas: 3", fleet.RolloutMoving, "3 of 4 updated replicas of Deployment m are available"},
		{"late", "", `availableReplicas: 3, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]`, fleet.RolloutLate, "past its progress deadline"},
		{"paused", "paused: true", "updatedReplicas: 2", fleet.RolloutPaused, "Deployment m is paused"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := cluster(x.spec, "")
			for _, kv := range strings.SplitN(x.status, ", conditions: ", 2) {
				if name, n, ok := strings.Cut(kv, ": "); ok && !strings.HasPrefix(kv, "[") {
					var v int
					_, _ = fmt.Sscan(n, &v)
					c.Change(DeploymentKind, ref, "/status/"+name, v)
					continue
				}
				if kv != "" {
					c.Change(DeploymentKind, ref, "/status/conditions", []any{map[string]any{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}})
				}
			}
			v, err := read(t, c).Stands(t.Context(), c, noon)
			if err != nil || v.Phase != x.phase || !strings.Contains(v.Why.String(), x.why) || (x.why == "") != v.Why.IsEmpty() {
				t.Errorf("%s %q, %v", v.Phase, v.Why, err)
			}
		})
	}
}

func TestWhatADeploymentKeeps(t *testing.T) {
	d := read(t, cluster("", ""))
	var r fleet.Rollout
	d.Count(&r)
	if strings.Join(r.UpdatedPods, " ") != "p-new" || strings.Join(r.OldPods, " ") != "p-old" || r.UpdatedReady != 1 || r.GPUsEach != 2 || r.Desired != 4 || r.Surge.Extra != 1 {
		t.Errorf("%+v", r)
	}
	old := Versions(d.Sets, d.Docs, RevisionMark)
	if len(old) != 2 || old[1].ID != "m-old" || old[1].Name.String() != "revision 1" || old[1].Image.String() != "vllm:v1" {
		t.Errorf("%+v", old)
	}
	c := cluster("", "")
	c.Change(DeploymentKind, ref, "/status/observedGeneration", 4)
	if d = read(t, c); len(d.New) != 0 || len(d.Old) != 2 {
		t.Errorf("before its controller has seen the change, no pod is new: %d, %d", len(d.New), len(d.Old))
	}
	if _, err := Read(t.Context(), toyobjects.New(), ref); fleet.KindOf(err) != fleet.KindNotFound {
		t.Error(err)
	}
	denied := cluster("", "")
	denied.Denied["replicasets"] = true
	if _, err := Read(t.Context(), denied, ref); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("without ReplicaSets versions cannot be told apart: %v", err)
	}
}

func TestWhatARollTakes(t *testing.T) {
	for spec, want := range map[string]fleet.Surge{
		"":                           {Extra: 1, Missing: 1},
		"strategy: {type: Recreate}": {Missing: 4},
		"strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}":     {Missing: 1},
		"strategy: {rollingUpdate: {maxSurge: 100%, maxUnavailable: 0}}":  {Extra: 4, Whole: true},
		"strategy: {rollingUpdate: {maxSurge: 30%, maxUnavailable: 30%}}": {Extra: 2, Missing: 1},
		"strategy: {rollingUpdate: {maxSurge: nonsense}}":                 {Extra: 0, Missing: 1},
	} {
		if got := read(t, cluster(spec, "")).Surge(); got != want {
			t.Errorf("%s: %+v", spec, got)
		}
	}
	if n := Share(nil, 1, true); n != 1 {
		t.Errorf("a quarter of one, rounded up: %d", n)
	}
	two := intstr.FromInt32(2)
	if n := Share(&two, 1, false); n != 2 {
		t.Errorf("a number stays: %d", n)
	}
}

func TestWhatMayNotBeReadTellsLess(t *testing.T) {
	c := cluster("", "")
	c.Change(DeploymentKind, ref, "/status/availableReplicas", 3)
	c.Put(PodKind, `
metadata: {name: p-new, namespace: llm, uid: p-new, creationTimestamp: "2026-11-24T11:50:00Z", labels: {app: m, pod-template-hash: new}}
spec: {containers: [{name: vllm, resources: {limits: {nvidia.com/gpu: "2"}}}]}
status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."}]}`)
	for _, denied := range []bool{true, false} {
		c.Denied["nodes"], c.Denied["events"] = denied, denied
		v, err := read(t, c).Stands(t.Context(), c, noon)
		if err != nil || v.Phase != fleet.RolloutStuck || strings.Contains(v.Why.String(), "not known") != denied {
			t.Errorf("denied %v: %s %q, %v", denied, v.Phase, v.Why, err)
		}
	}
	if s := Selector(nil); s != "pitwall.dev/no-selector" {
		t.Errorf("no selector takes all: %s", s)
	}
}

// A controller that may not make the ReplicaSet of the newest template keeps the one before, whose pods are not the new ones.
func TestADeploymentWhoseReplicaSetIsRefusedHasNoNewPods(t *testing.T) {
	c := cluster("", "")
	c.Change(DeploymentKind, ref, "/status/updatedReplicas", 0)
	c.Change(DeploymentKind, ref, "/status/conditions", []any{map[string]any{"type": "Progressing", "status": "False", "reason": "ReplicaSetCreateError", "message": "exceeded quota: replicasets"}})
	d := read(t, c)
	var r fleet.Rollout
	d.Count(&r)
	if len(r.UpdatedPods) != 0 || r.UpdatedReady != 0 || len(r.OldPods) != 2 {
		t.Errorf("%+v", r)
	}
	v, err := d.Stands(t.Context(), c, noon)
	if err != nil || v.Phase != fleet.RolloutStuck || !strings.Contains(v.Why.String(), "Deployment m may not make pods: ReplicaSetCreateError: exceeded quota") {
		t.Errorf("%s %q, %v", v.Phase, v.Why, err)
	}
}
