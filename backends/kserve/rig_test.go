package kserve

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var chat = fleet.ObjectRef{Cluster: "east", Kind: "InferenceService", Namespace: "llm", Name: "chat"}

func ago(d time.Duration) string { return noon.Add(-d).Format(time.RFC3339) }

// service is an InferenceService with the model v2 and one flag; more are keys of predictor, spec, metadata and status.
func isvc(predictor, spec, meta, status string) string {
	return fmt.Sprintf(`
metadata: {name: chat, namespace: llm, uid: s1, generation: 9%s}
spec:
  predictor: {minReplicas: 2, maxReplicas: 4, model: {modelFormat: {name: huggingface}, storageUri: "s3://models/v2", args: [--max-model-len=8192], resources: {limits: {nvidia.com/gpu: "2"}}}%s}
%s
status: {observedGeneration: 3, conditions: [{type: Ready, status: "True"}, {type: PredictorReady, status: "True"}]%s}`, meta, predictor, spec, status)
}

const inStandard = `, deploymentMode: RawDeployment, clusterServingRuntimeName: kserve-huggingfaceserver`

// deployment is one that KServe keeps, of which all replicas are updated; it has pods with the state that is given.
type deployment struct {
	name, uri, image string
	labels           string // more of the Deployment
	want, updated    int
	total, available int
	stamp            string
	pods             string // status of the pods, "" for ready ones
	noUpdate         bool   // it has not seen its newest change
}

func (d deployment) put(c *toyobjects.Cluster) {
	uid := "u-" + d.name
	stamp := ""
	if d.stamp != "" {
		stamp = fmt.Sprintf(", kubectl.kubernetes.io/restartedAt: %q", d.stamp)
	}
	if d.image == "" {
		d.image = "huggingfaceserver:v1"
	}
	observed := 5
	if d.noUpdate {
		observed = 4
	}
	template := fmt.Sprintf(`{metadata: {labels: {app: %s}, annotations: {internal.serving.kserve.io/storage-initializer-sourceuri: %q%s}}, spec: {containers: [{name: kserve-container, image: %q, args: [--model_name=chat, --max-model-len=8192], resources: {limits: {nvidia.com/gpu: "2"}}}, {name: queue-proxy, image: q}]}}`,
		d.name, d.uri, stamp, d.image)
	c.Put(child.DeploymentKind, fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: %s, generation: 5, labels: {%s}, annotations: {deployment.kubernetes.io/revision: "4"}}
spec: {replicas: %d, selector: {matchLabels: {app: %s}}, progressDeadlineSeconds: 600, template: %s}
status: {observedGeneration: %d, replicas: %d, updatedReplicas: %d, readyReplicas: %d, availableReplicas: %d, conditions: [{type: Available, status: "True"}]}`,
		d.name, uid, d.labels, d.want, d.name, template, observed, d.total, d.updated, d.available, d.available))
	for i, hash := range []string{"old", "new"} {
		c.Put(child.ReplicaSetKind, fmt.Sprintf(`
metadata: {name: %s-%s, namespace: llm, uid: %s-%s, labels: {app: %s, pod-template-hash: %s}, annotations: {deployment.kubernetes.io/revision: "%d"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: %s, uid: %s, controller: true}]}
spec: {template: %s}`, d.name, hash, d.name, hash, d.name, d.name+"-"+hash, 3+i, d.name, uid, template))
	}
	if d.pods == "" {
		d.pods = `phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-11-24T11:00:00Z"}], containerStatuses: [{name: kserve-container, ready: true, state: {running: {startedAt: "2026-11-24T10:50:00Z"}}}]`
	}
	for i := range d.total {
		hash, status := "old", `phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-11-24T09:00:00Z"}], containerStatuses: [{name: kserve-container, ready: true, state: {running: {startedAt: "2026-11-24T08:50:00Z"}}}]`
		if i < d.updated {
			hash, status = "new", d.pods
		}
		c.Put(child.PodKind, fmt.Sprintf(`
metadata: {name: %s-%d, namespace: llm, uid: %s-%d, creationTimestamp: %q, labels: {app: %s, pod-template-hash: %s}}
spec: {nodeName: n1, containers: [{name: kserve-container, image: %q, resources: {limits: {nvidia.com/gpu: "2"}}}]}
status: {%s}`, d.name, i, d.name, i, ago(20*time.Minute), d.name, d.name+"-"+hash, d.image, status))
	}
}

func done(name, uri string) deployment {
	return deployment{name: name, uri: uri, want: 2, updated: 2, total: 2, available: 2}
}

func cluster(object string, children ...deployment) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(isvcKind, object)
	for _, d := range children {
		d.put(c)
	}
	return c
}

func standardCluster(object string) *toyobjects.Cluster {
	return cluster(object, done("chat-predictor", "s3://models/v2"))
}

func look(t *testing.T, c *toyobjects.Cluster, kind fleet.ObjectKind, o fleet.ObjectRef) fleet.Rollout {
	t.Helper()
	r, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draft(t *testing.T, c *toyobjects.Cluster, kind fleet.ObjectKind, o fleet.ObjectRef, w fleet.Want) (fleet.Draft, error) {
	t.Helper()
	return New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, look(t, c, kind, o), w)
}

func do(t *testing.T, c *toyobjects.Cluster, w fleet.Want) fleet.Draft {
	t.Helper()
	d, err := draft(t, c, isvcKind, chat, w)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// stands checks phase and reason.
func stands(t *testing.T, r fleet.Rollout, phase fleet.RolloutPhase, why string) {
	t.Helper()
	if r.Phase != phase || !strings.Contains(r.Why.String(), why) || (phase == fleet.RolloutDone) != r.Why.IsEmpty() {
		t.Errorf("%s, never %v: %q; wanted %s, %q", r.Phase, r.Never, r.Why, phase, why)
	}
}

// sets gives the fields that writes change as "PATH=AFTER".
func sets(writes []fleet.ObjectWrite) string {
	var list []string
	for _, w := range writes {
		for _, f := range w.Fields {
			if !f.Before.Equal(f.After) {
				list = append(list, f.Path+"="+string(f.After))
			}
		}
	}
	return strings.Join(list, " ")
}

// send applies the writes of a stage, and fails where one does not fit to what is there.
func send(t *testing.T, c *toyobjects.Cluster, writes []fleet.ObjectWrite) {
	t.Helper()
	for _, w := range writes {
		if err := c.Write(t.Context(), w, "", false); err != nil {
			t.Fatalf("%s: %v", sets(writes), err)
		}
	}
}

func refused(t *testing.T, err error, kind fleet.Kind, why string) {
	t.Helper()
	if fleet.KindOf(err) != kind || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), "nothing was") {
		t.Errorf("%v; wanted %s, %q", err, kind, why)
	}
}

// carry applies a draft stage by stage as the runner does: after each, all that was written so far must stand together, and
// the inverse of it all must stand before.
func carry(t *testing.T, c *toyobjects.Cluster, d fleet.Draft) {
	t.Helper()
	var all []fleet.ObjectWrite
	for n, s := range d.Stages {
		send(t, c, s.Writes)
		all = append(all, s.Writes...)
		for _, w := range fleet.Net(all) {
			if at, err := c.Stand(t.Context(), w); err != nil || at != fleet.StandsAfter {
				t.Errorf("after stage %d of %d the writes stand %s, %v: %s", n+1, len(d.Stages), at, err, sets([]fleet.ObjectWrite{w}))
			}
			back, ok := w.Inverse()
			if at, err := c.Stand(t.Context(), back); !ok || err != nil || at != fleet.StandsBefore {
				t.Errorf("after stage %d of %d their inverse stands %s, %v", n+1, len(d.Stages), at, err)
			}
		}
		for _, w := range s.Back {
			if at, err := c.Stand(t.Context(), w); err != nil || at != fleet.StandsBefore {
				t.Errorf("the way back of stage %d stands %s, %v", n+1, at, err)
			}
		}
	}
}

func TestDraftsOfSeveralStagesHoldTogether(t *testing.T) {
	carry(t, canaryCluster(), do(t, canaryCluster(), toThree))
	all := inKnative("r2", "r2", "r2", allLatest)
	carry(t, knativeCluster("", all), do(t, knativeCluster("", all), toThree))
	carry(t, open(10, 1, 1, true), do(t, open(10, 1, 1, true), fleet.Want{Do: fleet.DoPromote}))
	carry(t, grouped(10, 90, 10), llmDraft(t, grouped(10, 90, 10), fleet.Want{Do: fleet.DoPromote}))
}
