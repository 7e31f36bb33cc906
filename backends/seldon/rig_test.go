package seldon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) string { return noon.Add(-d).Format(time.RFC3339) }

var chat = fleet.ObjectRef{Cluster: "east", Kind: "SeldonDeployment", Namespace: "llm", Name: "chat"}

const isAvailable = "{state: Available}"

// sdep is a SeldonDeployment of these predictors.
func sdep(spec, status string, predictors ...string) string {
	return fmt.Sprintf(`
metadata: {name: chat, namespace: llm, uid: s1, generation: 3}
spec: {%spredictors: [%s]}
status: %s`, spec, strings.Join(predictors, ", "), status)
}

// served is a predictor by a server that Seldon has; more are keys of it.
func served(name, uri, more string) string {
	return fmt.Sprintf(`{name: %s, graph: {name: llm, implementation: HUGGINGFACE_SERVER, modelUri: %q}%s}`, name, uri, more)
}

// boxed is a predictor with a container of its own.
func boxed(name, image, more string) string {
	return fmt.Sprintf(`{name: %s, graph: {name: llm, type: MODEL}, componentSpecs: [{spec: {containers: [{name: llm, image: %q, args: [serve, org/m, --max-model-len=8192], resources: {limits: {nvidia.com/gpu: "2"}}}]}}]%s}`, name, image, more)
}

// made is a Deployment that the operator made of a predictor, with ready pods unless it says otherwise.
type made struct {
	name, uri, image, stamp    string
	want, updated, total, away int
	late                       bool
}

func (d made) put(c *toyobjects.Cluster) {
	if d.image == "" {
		d.image = "hf:v1"
	}
	annotations := ""
	if d.stamp != "" {
		annotations = fmt.Sprintf("kubectl.kubernetes.io/restartedAt: %q", d.stamp)
	}
	init := ""
	if d.uri != "" {
		init = fmt.Sprintf(`initContainers: [{name: llm-model-initializer, args: [%q, /mnt/models]}], `, d.uri)
	}
	template := fmt.Sprintf(`{metadata: {labels: {seldon-deployment-id: chat, app: %s}, annotations: {%s}}, spec: {%scontainers: [{name: llm, image: %q, args: [serve, org/m, --max-model-len=8192], resources: {limits: {nvidia.com/gpu: "2"}}}, {name: seldon-container-engine, image: e}]}}`,
		d.name, annotations, init, d.image)
	late := ""
	if d.late {
		late = `, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]`
	}
	c.Put(child.DeploymentKind, fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: u-%s, generation: 2, annotations: {deployment.kubernetes.io/revision: "2"}}
spec: {replicas: %d, selector: {matchLabels: {seldon-deployment-id: chat}}, strategy: {rollingUpdate: {maxUnavailable: 10%%}}, template: %s}
status: {observedGeneration: 2, replicas: %d, updatedReplicas: %d, readyReplicas: %d, availableReplicas: %d, unavailableReplicas: %d%s}`,
		d.name, d.name, d.want, template, d.total, d.updated, d.total-d.away, d.total-d.away, d.away, late))
	for i, hash := range []string{"old", "new"} {
		c.Put(child.ReplicaSetKind, fmt.Sprintf(`
metadata: {name: %s-%s, namespace: llm, uid: r-%s-%s, labels: {seldon-deployment-id: chat, pod-template-hash: %s-%s}, annotations: {deployment.kubernetes.io/revision: "%d"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: %s, uid: u-%s, controller: true}]}
spec: {template: %s}`, d.name, hash, d.name, hash, d.name, hash, i+1, d.name, d.name, template))
	}
	for i := range d.total {
		hash, state := "old", `phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-11-30T11:00:00Z"}], containerStatuses: [{name: llm, ready: true, state: {running: {startedAt: "2026-11-30T10:50:00Z"}}}]`
		if i < d.updated {
			hash = "new"
		}
		if i < d.away {
			state = fmt.Sprintf(`phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: llm, ready: false, state: {running: {startedAt: %q}}}]`, ago(12*time.Minute))
		}
		c.Put(child.PodKind, fmt.Sprintf(`
metadata: {name: %s-%d, namespace: llm, uid: p-%s-%d, creationTimestamp: %q, labels: {seldon-deployment-id: chat, pod-template-hash: %s-%s}}
spec: {nodeName: n1, containers: [{name: llm, resources: {limits: {nvidia.com/gpu: "2"}}}]}
status: {%s}`, d.name, i, d.name, i, ago(20*time.Minute), d.name, hash, state))
	}
}

func full(name, uri string, n int) made {
	return made{name: name, uri: uri, want: n, updated: n, total: n}
}

func cluster(object string, deployments ...made) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(deploymentKind, object)
	for _, d := range deployments {
		d.put(c)
	}
	return c
}

// split is two predictors with these weights, both served.
func split(a, b int) *toyobjects.Cluster {
	return cluster(sdep("", isAvailable, served("main", "s3://m/v1", fmt.Sprintf(", replicas: 4, traffic: %d", a)),
		served("canary", "s3://m/v2", fmt.Sprintf(", replicas: 1, traffic: %d", b))),
		full("chat-main-0-llm", "s3://m/v1", 4), full("chat-canary-0-llm", "s3://m/v2", 1))
}

func look(t *testing.T, c *toyobjects.Cluster, kind fleet.ObjectKind, o fleet.ObjectRef) fleet.Rollout {
	t.Helper()
	r, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draftOf(t *testing.T, c *toyobjects.Cluster, kind fleet.ObjectKind, o fleet.ObjectRef, w fleet.Want) (fleet.Draft, error) {
	t.Helper()
	return New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, look(t, c, kind, o), w)
}

func do(t *testing.T, c *toyobjects.Cluster, w fleet.Want) fleet.Draft {
	t.Helper()
	d, err := draftOf(t, c, deploymentKind, chat, w)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

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
				list = append(list, w.Part+f.Path+"="+string(f.After))
			}
		}
	}
	return strings.Join(list, " ")
}

// guards gives the fields that writes only compare.
func guards(w fleet.ObjectWrite) string {
	var list []string
	for _, f := range w.Fields {
		if f.Before.Equal(f.After) {
			list = append(list, f.Path+"="+string(f.After))
		}
	}
	return strings.Join(list, " ")
}

func refused(t *testing.T, err error, kind fleet.Kind, why string) {
	t.Helper()
	if fleet.KindOf(err) != kind || !strings.Contains(fmt.Sprint(err), why) || !strings.Contains(fmt.Sprint(err), "nothing was") {
		t.Errorf("%v; wanted %s, %q", err, kind, why)
	}
}

// carry applies a draft stage by stage as the runner does: after each, all that was written so far must stand together, and
// the inverse of it all must stand before; at the end the inverse leads back to where it began.
func carry(t *testing.T, c *toyobjects.Cluster, kind fleet.ObjectKind, o fleet.ObjectRef, d fleet.Draft) {
	t.Helper()
	began, err := c.Get(t.Context(), kind, o)
	if err != nil {
		t.Fatal(err)
	}
	var all []fleet.ObjectWrite
	for n, s := range d.Stages {
		for _, w := range s.Writes {
			if w.UID == "" {
				t.Errorf("stage %d may be written to another object of the name", n+1)
			}
			if err := c.Write(t.Context(), w, "", false); err != nil {
				t.Fatalf("stage %d: %v", n+1, err)
			}
			if at, err := c.Stand(t.Context(), w); err != nil || at != fleet.StandsAfter {
				t.Errorf("stage %d stands %s after its write, %v: %s", n+1, at, err, sets(s.Writes))
			}
		}
		all = append(all, s.Writes...)
		for _, w := range fleet.Net(all) {
			if at, err := c.Stand(t.Context(), w); err != nil || at != fleet.StandsAfter {
				t.Errorf("after stage %d of %d the writes stand %s, %v: %s", n+1, len(d.Stages), at, err, sets([]fleet.ObjectWrite{w}))
			}
		}
	}
	net := fleet.Net(all)
	for i := len(net) - 1; i >= 0; i-- {
		back, ok := net[i].Inverse()
		if !ok {
			t.Fatal("it has no inverse")
		}
		if err := c.Write(t.Context(), back, "", false); err != nil {
			t.Fatal(err)
		}
	}
	if ended, err := c.Get(t.Context(), kind, o); err != nil || !ended.Equal(began) {
		t.Errorf("undo leads to\n%s\nfrom\n%s, %v", ended, began, err)
	}
}
