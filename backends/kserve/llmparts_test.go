package kserve

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var prefillRef = fleet.ObjectRef{Namespace: "llm", Name: "llama-kserve-prefill"}

// parted is a service of which others fill the prompts; both Deployments run llm-d:v1 of 4 GPUs.
func parted(spec, status string) *toyobjects.Cluster {
	c := llmCluster(llmisvc("llama", spec, "", status), "hf://org/m:r1")
	done("llama-kserve-prefill", "").put(c)
	for _, path := range []string{"/spec/template/spec/initContainers", "/spec/template/spec/containers"} {
		c.Change(child.DeploymentKind, prefillRef, path, find(c, fleet.ObjectRef{Namespace: "llm", Name: "llama-kserve"}, path))
	}
	return c
}

func find(c *toyobjects.Cluster, o fleet.ObjectRef, path string) any {
	d, err := child.Document(context.Background(), c, child.DeploymentKind, o)
	if err != nil {
		panic(err)
	}
	for _, name := range strings.Split(path, "/")[1:] {
		d = d.(map[string]any)[name]
	}
	return d
}

const prefillByPreset = `, workloads: {primary: {kind: Deployment, name: llama-kserve}, prefill: {kind: Deployment, name: llama-kserve-prefill}}`

// Parts of one service that ran different engines would not understand each other, and a part that is forgotten is waited for
// without end.
func TestAllPartsOfAnLLMServiceAreChanged(t *testing.T) {
	for name, c := range map[string]*toyobjects.Cluster{"of its own": parted(", prefill: {replicas: 2}", ""), "of a preset": parted("", prefillByPreset)} {
		d := llmDraft(t, c, fleet.Want{Do: fleet.DoUpgrade, Image: "llm-d:v2", Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "8192"}}})
		got := sets(d.Stages[0].Writes)
		if len(d.Stages[0].Writes) != 1 || strings.Count(got, `"image":"llm-d:v2"`) != 2 || strings.Count(got, `["--max-model-len","8192"]`) != 2 || d.Extra != 8 {
			t.Errorf("%s: %d GPUs more, %s", name, d.Extra, got)
		}
		d = llmDraft(t, c, fleet.Want{Do: fleet.DoRestart, Stamp: noon})
		if got := sets(d.Stages[0].Writes); !strings.Contains(got, "/spec/annotations/") || !strings.Contains(got, "/spec/prefill/annotations/") || d.Extra != 8 {
			t.Errorf("%s: %d GPUs more, %s", name, d.Extra, got)
		}
	}
}

func TestAPartIsComparedWithWhatIsSaidOfIt(t *testing.T) {
	stamp := `annotations: {kubectl.kubernetes.io/restartedAt: "2026-11-24T11:00:00Z"}`
	for _, x := range []struct {
		name, spec, status string
		phase              fleet.RolloutPhase
		why                string
	}{
		{"an image of the other part", ", prefill: {}, template: {containers: [{name: main, image: llm-d:v1}]}", "", fleet.RolloutDone, ""},
		{"its own image", ", prefill: {template: {containers: [{name: main, image: llm-d:v2}]}}", "", fleet.RolloutUnseen, "Deployment llama-kserve-prefill still runs image llm-d:v1"},
		{"its own restart", ", prefill: {" + stamp + "}", "", fleet.RolloutUnseen, "the pods of Deployment llama-kserve-prefill are not those of the restart"},
		{"one of a preset", "", prefillByPreset, fleet.RolloutDone, ""},
	} {
		stands(t, look(t, parted(x.spec, x.status), llmKind, llama), x.phase, x.why)
	}
	rolls := parted("", prefillByPreset)
	rolls.Change(child.DeploymentKind, prefillRef, "/status/updatedReplicas", 1)
	stands(t, look(t, rolls, llmKind, llama), fleet.RolloutMoving, "1 of 2 replicas of Deployment llama-kserve-prefill are updated")
}

func TestLeadersAndWorkersRunTheSame(t *testing.T) {
	set := func(leader, worker, stamp string) *toyobjects.Cluster {
		c := toyobjects.New()
		c.Put(llmKind, llmisvc("llama", `, worker: {containers: [{name: main, image: llm-d:v2}]}, template: {containers: [{name: main, image: llm-d:v2}]}`+stamp, "", ""))
		c.Put(lwsKind, fmt.Sprintf(`
metadata: {name: llama-kserve-mn, namespace: llm, generation: 3}
spec: {replicas: 2, leaderWorkerTemplate: {size: 2, leaderTemplate: {spec: {containers: [{name: main, image: %q}]}}, workerTemplate: {spec: {containers: [{name: main, image: %q}]}}}}
status: {observedGeneration: 3, replicas: 2, readyReplicas: 2, updatedReplicas: 2, conditions: [{type: Available, status: "True", observedGeneration: 3}]}`, leader, worker))
		return c
	}
	stands(t, look(t, set("llm-d:v2", "llm-d:v2", ""), llmKind, llama), fleet.RolloutDone, "")
	stands(t, look(t, set("llm-d:v2", "llm-d:v1", ""), llmKind, llama), fleet.RolloutUnseen, "LeaderWorkerSet llama-kserve-mn still runs image llm-d:v1")
	stands(t, look(t, set("llm-d:v1", "llm-d:v2", ""), llmKind, llama), fleet.RolloutUnseen, "still runs image llm-d:v1")
	stamped := `, annotations: {kubectl.kubernetes.io/restartedAt: "2026-11-24T11:00:00Z"}`
	stands(t, look(t, set("llm-d:v2", "llm-d:v2", stamped), llmKind, llama), fleet.RolloutUnseen, "not those of the restart")
	d := llmDraft(t, set("llm-d:v2", "llm-d:v2", ""), fleet.Want{Do: fleet.DoUpgrade, Image: "llm-d:v3"})
	if got := sets(d.Stages[0].Writes); got != `/spec/template/containers/0/image="llm-d:v3" /spec/worker/containers/0/image="llm-d:v3"` {
		t.Error(got)
	}
	_, err := draft(t, set("llm-d:v2", "llm-d:v2", ""), llmKind, llama, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--x", Value: "1"}}})
	refused(t, err, fleet.KindUnsupported, "copy them into the args of container main of spec.template first")
}

func TestAScaleOfAnLLMServiceIsNotDoneBeforeItsWorkloadHasTheSize(t *testing.T) {
	for _, x := range []struct {
		name, spec string
		phase      fleet.RolloutPhase
		why        string
	}{
		{"not yet", "replicas: 3", fleet.RolloutUnseen, "Deployment llama-kserve keeps 2 replicas, wanted are 3"},
		{"as many", "replicas: 2", fleet.RolloutDone, ""},
		{"a preset says it", "labels: {}", fleet.RolloutDone, ""},
		{"held above what it keeps", "scaling: {minReplicas: 3, maxReplicas: 3}", fleet.RolloutUnseen, "wanted are 3"},
		{"below what it keeps", "scaling: {maxReplicas: 1}", fleet.RolloutUnseen, "wanted are 1"},
		{"within its bounds", "scaling: {minReplicas: 1, maxReplicas: 4}", fleet.RolloutDone, ""},
		{"of the prompts", "replicas: 2, prefill: {replicas: 5}", fleet.RolloutUnseen, "Deployment llama-kserve-prefill keeps 2 replicas, wanted are 5"},
	} {
		c := parted("", "")
		c.Put(llmKind, strings.Replace(llmisvc("llama", "", "", ""), "replicas: 2", x.spec, 1))
		r := look(t, c, llmKind, llama)
		if stands(t, r, x.phase, x.why); t.Failed() {
			t.Fatal(x.name)
		}
	}
}
