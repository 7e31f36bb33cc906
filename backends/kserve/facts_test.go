package kserve

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/fleet"
)

// What the checks of a change ask is read from what KServe keeps.
func TestWhatTheChecksAskIsReadFromWhatKServeKeeps(t *testing.T) {
	c := standardCluster(isvc("", "", "", inStandard))
	c.Change(child.ReplicaSetKind, fleet.ObjectRef{Namespace: "llm", Name: "chat-predictor-new"}, "/metadata/creationTimestamp", ago(time.Hour))
	r := look(t, c, isvcKind, chat)
	if !r.At.Equal(noon) || !r.Now.At.Equal(noon.Add(-time.Hour)) || r.Now.Image.String() != "huggingfaceserver:v1" {
		t.Errorf("read at %s: %+v", r.At, r.Now)
	}
	if r.Shutdown.Grace.V != 30*time.Second || !r.Shutdown.PreStop.OK || !r.Shutdown.Engine.OK || !r.Startup.OK || len(r.Loads) != 2 || r.Loads[0] != 10*time.Minute ||
		len(r.Manifests) != 2 || !r.Manifests[0].Updated || r.UpdatedReady != 2 || len(r.UpdatedPods) != 2 {
		t.Errorf("%+v", r)
	}
}

// A predictor on several nodes is one replica of a head and its workers, each on a node of its own.
func TestThePodsOfAPredictorOnSeveralNodesAreCounted(t *testing.T) {
	workers := done("chat-predictor-worker", "s3://models/v2")
	workers.want, workers.updated, workers.total, workers.available = 6, 6, 6, 6
	r := look(t, cluster(isvc(", workerSpec: {pipelineParallelSize: 4}", "", "", inStandard), done("chat-predictor", "s3://models/v2"), workers), isvcKind, chat)
	if !slices.Equal(r.PodGPUs, []int{2, 2, 2, 2}) || r.GPUsEach != 8 {
		t.Errorf("%v of %d", r.PodGPUs, r.GPUsEach)
	}
}

// Groups of an LLMInferenceService are told apart by the hash of their leaders' StatefulSet.
func TestGroupsOfAnLLMServiceAreToldApart(t *testing.T) {
	c := cluster(isvc("", "", "", ""))
	c.Put(llmKind, llmisvc("llama", ", worker: {containers: []}", "", `, workloads: {primary: {kind: LeaderWorkerSet, name: llama-kserve-mn}}`))
	c.Put(lwsKind, `
metadata: {name: llama-kserve-mn, namespace: llm, generation: 3}
spec: {replicas: 2, leaderWorkerTemplate: {size: 2, leaderTemplate: {spec: {containers: [{name: main, image: "llm-d:v1", args: [--quantization=fp8], resources: {limits: {nvidia.com/gpu: 4}}}]}}, workerTemplate: {spec: {containers: [{name: main, image: "llm-d:v1", resources: {limits: {nvidia.com/gpu: 8}}}]}}}}
status: {replicas: 2, readyReplicas: 2, updatedReplicas: 1, conditions: [{type: UpdateInProgress, status: "True", observedGeneration: 3}]}`)
	c.Put(child.StatefulSetKind, `{metadata: {name: llama-kserve-mn, namespace: llm, labels: {leaderworkerset.sigs.k8s.io/template-revision-hash: h2}}}`)
	for group, hash := range []string{"h2", "h1"} {
		for worker := range 2 {
			c.Put(child.PodKind, fmt.Sprintf(`
metadata: {name: llama-%d-%d, namespace: llm, creationTimestamp: %q, labels: {leaderworkerset.sigs.k8s.io/name: llama-kserve-mn, leaderworkerset.sigs.k8s.io/template-revision-hash: %s, leaderworkerset.sigs.k8s.io/group-index: "%d", leaderworkerset.sigs.k8s.io/worker-index: "%d"}}
spec: {containers: [{name: main}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}`, group, worker, ago(time.Duration(group+1)*time.Hour), hash, group, worker))
		}
	}
	r := look(t, c, llmKind, llama)
	if !slices.Equal(r.PodGPUs, []int{4, 8}) || r.GPUsEach != 12 || r.UpdatedReady != 1 || !slices.Equal(r.UpdatedPods, []string{"llama-0-0"}) || !slices.Equal(r.OldPods, []string{"llama-1-0"}) {
		t.Errorf("%v of %d, %d ready of %v beside %v", r.PodGPUs, r.GPUsEach, r.UpdatedReady, r.UpdatedPods, r.OldPods)
	}
	if r.Now.Quant.String() != "fp8" || !r.Now.At.Equal(noon.Add(-time.Hour)) || len(r.Manifests) != 2 || r.Shutdown.Grace.V != 30*time.Second {
		t.Errorf("%+v %+v", r.Now, r.Manifests)
	}
}
