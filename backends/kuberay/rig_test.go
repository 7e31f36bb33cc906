package kuberay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var llm = fleet.ObjectRef{Cluster: "east", Kind: "RayService", Namespace: "serving", Name: "llm"}

func ago(d time.Duration) string { return noon.Add(-d).Format(time.RFC3339) }

const serveConfig = `applications:
- name: llms # for everybody
  import_path: ray.serve.llm:build_openai_app
  args:
    llm_configs:
    - model_loading_config:
        model_id: qwen
        model_source: Qwen/Q7 # seven
      engine_kwargs: {tensor_parallel_size: 4, max_model_len: 8192}
      deployment_config:
        num_replicas: 2
`

// service is what differs between the RayServices of tests.
type service struct {
	config     string // serveConfigV2, "" for the one above
	spec       string // more keys of spec
	image      string // of workers and head, "" for ray:1
	workers    string // more keys of the group of workers
	meta       string // more keys of metadata
	generation int    // 0 for 7
	changed    time.Duration
	status     string
}

const (
	appsRun = `applicationStatuses: {llms: {status: RUNNING, serveDeploymentStatuses: {LLM: {status: HEALTHY}}}}`
	settled = `observedGeneration: 7, conditions: [{type: Ready, status: "True", reason: NonZeroServeEndpoints}, {type: UpgradeInProgress, status: "False", reason: NoPendingCluster}], activeServiceStatus: {rayClusterName: llm-aaaaa, ` + appsRun + `}`
)

// template is that of pods, which ask for so many GPUs.
func template(name, image string, gpus int, more string) string {
	return fmt.Sprintf(`{%s spec: {containers: [{name: %s, image: %q, resources: {limits: {nvidia.com/gpu: "%d"}}}]}}`, more, name, image, gpus)
}

func (x service) cluster() string {
	if x.image == "" {
		x.image = "ray:1"
	}
	return fmt.Sprintf(`{rayVersion: "2.60.0", headGroupSpec: {rayStartParams: {}, template: %s}, workerGroupSpecs: [{groupName: gpus, replicas: 2, minReplicas: 0, maxReplicas: 4, numOfHosts: 1%s, template: %s}]}`,
		template("ray-head", x.image, 0, ""), x.workers, template("ray-worker", x.image, 4, ""))
}

func (x service) text() string {
	if x.config == "" {
		x.config = serveConfig
	}
	if x.generation == 0 {
		x.generation = 7
	}
	if x.changed == 0 {
		x.changed = time.Hour
	}
	if x.status == "" {
		x.status = settled
	}
	return fmt.Sprintf(`
metadata: {name: llm, namespace: serving, uid: r1, generation: %d, managedFields: [{manager: kubectl, operation: Update, time: %q}, {manager: kuberay, operation: Update, subresource: status, time: %q}]%s}
spec: {serveConfigV2: %q, rayClusterConfig: %s%s}
status: {%s}`, x.generation, ago(x.changed), ago(0), x.meta, x.config, x.cluster(), x.spec, x.status)
}

const ready = `phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-11-24T11:00:00Z"}], containerStatuses: [{name: ray-worker, ready: true, state: {running: {startedAt: "2026-11-24T10:50:00Z"}}}]`

// run puts a RayCluster with a head and two workers.
func run(c *toyobjects.Cluster, name, image, workers string) {
	x := service{image: image}
	c.Put(clusterKind, fmt.Sprintf(`
metadata: {name: %s, namespace: serving, annotations: {ray.io/kuberay-version: v1.7.0}}
spec: %s`, name, x.cluster()))
	node := "nodeName: n1, "
	if strings.Contains(workers, "Pending") {
		node = ""
	}
	for i, kind := range []string{"head", "worker", "worker"} {
		status, of, gpus, on := workers, "ray-worker", 4, node
		if kind == "head" {
			status, of, gpus, on = strings.ReplaceAll(ready, "ray-worker", "ray-head"), "ray-head", 0, "nodeName: n1, "
		}
		c.Put(child.PodKind, fmt.Sprintf(`
metadata: {name: %s-%d, namespace: serving, uid: %s-%d, creationTimestamp: %q, labels: {ray.io/cluster: %s, ray.io/node-type: %s}}
spec: {%scontainers: [{name: %s, image: %q, resources: {limits: {nvidia.com/gpu: "%d"}}}]}
status: {%s}`, name, i, name, i, ago(time.Hour), name, kind, on, of, image, gpus, status))
	}
}

// node is one with so many GPUs.
func node(c *toyobjects.Cluster, name string, gpus int) {
	c.Put(child.NodeKind, fmt.Sprintf(`
metadata: {name: %s}
status: {allocatable: {nvidia.com/gpu: "%d"}, conditions: [{type: Ready, status: "True"}]}`, name, gpus))
}

// serving is a RayService whose one cluster serves.
func serving(x service) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(kind, x.text())
	run(c, "llm-aaaaa", "ray:1", ready)
	return c
}

// both is the status of an upgrade: the old cluster, and a new one with these keys.
func both(pending, more string) string {
	return `observedGeneration: 7, conditions: [{type: Ready, status: "True"}, {type: UpgradeInProgress, status: "True", lastTransitionTime: "` + ago(20*time.Minute) + `"}` + more + `], activeServiceStatus: {rayClusterName: llm-aaaaa, trafficRoutedPercent: 80, targetCapacity: 100}, pendingServiceStatus: {rayClusterName: llm-bbbbb` + pending + `}`
}

// upgrading is one to which another cluster comes.
func upgrading(x service, workers string) *toyobjects.Cluster {
	if x.status == "" {
		x.status = both("", "")
	}
	x.image = "ray:2"
	c := serving(x)
	run(c, "llm-bbbbb", "ray:2", workers)
	return c
}

func look(t *testing.T, c *toyobjects.Cluster) fleet.Rollout {
	t.Helper()
	r, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, llm)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func stands(t *testing.T, r fleet.Rollout, phase fleet.RolloutPhase, never bool, why string) {
	t.Helper()
	if r.Phase != phase || r.Never != never || !strings.Contains(r.Why.String(), why) || (phase == fleet.RolloutDone) != r.Why.IsEmpty() {
		t.Errorf("%s, never %v: %q; wanted %s, %v, %q", r.Phase, r.Never, r.Why, phase, never, why)
	}
}

func draft(t *testing.T, c *toyobjects.Cluster, w fleet.Want) (fleet.Draft, error) {
	t.Helper()
	return New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, look(t, c), w)
}

func do(t *testing.T, c *toyobjects.Cluster, w fleet.Want) fleet.Draft {
	t.Helper()
	d, err := draft(t, c, w)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func refused(t *testing.T, err error, kind fleet.Kind, why string) {
	t.Helper()
	if fleet.KindOf(err) != kind || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), "nothing was") {
		t.Errorf("%v; wanted %s, %q", err, kind, why)
	}
}

// sets gives the fields that a draft changes as "PATH=AFTER".
func sets(d fleet.Draft) string {
	var list []string
	for _, s := range d.Stages {
		for _, w := range s.Writes {
			for _, f := range w.Fields {
				if !f.Before.Equal(f.After) {
					list = append(list, strings.TrimPrefix(f.Path, "/spec/")+"="+string(f.After))
				}
			}
		}
	}
	return strings.Join(list, " ")
}

// carry writes a draft, and takes it back: the object must be as it was, to the byte of its texts.
func carry(t *testing.T, c *toyobjects.Cluster, d fleet.Draft) {
	t.Helper()
	body := func() string {
		j, err := c.Get(t.Context(), kind, llm)
		if err != nil {
			t.Fatal(err)
		}
		return string(j)
	}
	before := body()
	for _, w := range d.Stages[0].Writes {
		if err := c.Write(t.Context(), w, "", false); err != nil {
			t.Fatal(err)
		}
		if body() == before {
			t.Error("nothing was written")
		}
		back, ok := w.Inverse()
		if !ok {
			t.Fatal("it has no way back")
		}
		if err := c.Write(t.Context(), back, "", false); err != nil {
			t.Fatal(err)
		}
	}
	if after := body(); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

func notes(d fleet.Draft) string { return fleet.Join(d.Notes, fleet.Text("; ")).String() }

// configOf is the text that a draft gives serveConfigV2.
func configOf(t *testing.T, d fleet.Draft) string {
	t.Helper()
	for _, f := range d.Stages[0].Writes[0].Fields {
		if f.Path == configAt {
			v, err := jsonptr.Decode(f.After)
			if err != nil {
				t.Fatal(err)
			}
			return v.(string)
		}
	}
	t.Fatalf("it does not write serveConfigV2: %s", sets(d))
	return ""
}
