package kserve

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var llama = fleet.ObjectRef{Cluster: "east", Kind: "LLMInferenceService", Namespace: "llm", Name: "llama"}

// llmisvc is an LLMInferenceService of two replicas; more are keys of its spec, metadata and status.
func llmisvc(name, spec, meta, status string) string {
	return fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: l-%s, generation: 6%s}
spec: {model: {uri: "hf://org/m:r1", name: llama}, replicas: 2%s}
status: {observedGeneration: 6, conditions: [{type: PresetsCombined, status: "True"}, {type: WorkloadsReady, status: "True"}, {type: Ready, status: "True"}]%s}`, name, name, meta, spec, status)
}

func llmCluster(object string, uri string) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(llmKind, object)
	d := done("llama-kserve", "")
	d.put(c)
	return atLLM(c, uri)
}

// atLLM makes the fixture's Deployment one of an LLMInferenceService: container main, weights by an init container.
func atLLM(c *toyobjects.Cluster, uri string) *toyobjects.Cluster {
	ref := fleet.ObjectRef{Namespace: "llm", Name: "llama-kserve"}
	c.Change(child.DeploymentKind, ref, "/spec/template/spec/initContainers", []any{map[string]any{"name": "storage-initializer", "args": []any{uri, "/mnt/models"}}})
	c.Change(child.DeploymentKind, ref, "/spec/template/spec/containers", []any{map[string]any{"name": "main", "image": "llm-d:v1", "command": []any{"/bin/bash", "-c", "serve", "--"},
		"resources": map[string]any{"limits": map[string]any{"nvidia.com/gpu": "4"}}}})
	return c
}

func llmDraft(t *testing.T, c *toyobjects.Cluster, w fleet.Want) fleet.Draft {
	t.Helper()
	d, err := draft(t, c, llmKind, llama, w)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Trap 1: an LLMInferenceService too stays Ready in the middle of a roll.
func TestTrap1AnLLMServiceStaysReadyDuringARoll(t *testing.T) {
	c := llmCluster(llmisvc("llama", "", "", ""), "hf://org/m:r1")
	r := look(t, c, llmKind, llama)
	stands(t, r, fleet.RolloutDone, "")
	if r.GPUsEach != 4 || r.Now.Image.String() != "llm-d:v1" || r.Now.Weights.String() != "hf://org/m:r1" || r.Now.Revision.String() != "r1" || r.Now.Served[0].String() != "llama" {
		t.Errorf("%+v", r)
	}
	half := deployment{name: "llama-kserve", want: 2, updated: 1, total: 3, available: 2, pods: loading}
	half.put(c)
	stands(t, look(t, atLLM(c, "hf://org/m:r1"), llmKind, llama), fleet.RolloutMoving, "loading: pod llama-kserve-0")
}

// Trap 2: its generation is its own, and counted also where the pass failed: what its pods load proves more.
func TestTrap2AnLLMServiceThatFailedItsPassIsNotDone(t *testing.T) {
	stands(t, look(t, llmCluster(llmisvc("llama", "", "", ""), "hf://org/m:r0"), llmKind, llama), fleet.RolloutUnseen, "still loads hf://org/m:r0, wanted is hf://org/m:r1")
	unseen := strings.Replace(llmisvc("llama", "", "", ""), "observedGeneration: 6", "observedGeneration: 5", 1)
	stands(t, look(t, llmCluster(unseen, "hf://org/m:r1"), llmKind, llama), fleet.RolloutUnseen, "has seen generation 5 and not yet 6")
	image := llmisvc("llama", ", template: {containers: [{name: main, image: llm-d:v2}]}", "", "")
	stands(t, look(t, llmCluster(image, "hf://org/m:r1"), llmKind, llama), fleet.RolloutUnseen, "wanted is llm-d:v2")
	stamped := llmisvc("llama", `, annotations: {kubectl.kubernetes.io/restartedAt: "2026-11-24T11:00:00Z"}`, "", "")
	stands(t, look(t, llmCluster(stamped, "hf://org/m:r1"), llmKind, llama), fleet.RolloutUnseen, "not those of the restart")
}

func TestWhatElseAnLLMServiceCanBeAt(t *testing.T) {
	c := toyobjects.New()
	c.Put(llmKind, llmisvc("llama", "", "", ""))
	stands(t, look(t, c, llmKind, llama), fleet.RolloutUnseen, "Deployment llama-kserve is not there yet")
	c.Put(llmKind, llmisvc("llama", "", `, annotations: {serving.kserve.io/stop: "true"}`, ""))
	stands(t, look(t, c, llmKind, llama), fleet.RolloutPaused, "stopped")
	presets := strings.Replace(llmisvc("llama", "", "", ""), `PresetsCombined, status: "True"`, `PresetsCombined, status: "False", reason: ConfigNotFound, message: "no config x"`, 1)
	stands(t, look(t, llmCluster(presets, "hf://org/m:r1"), llmKind, llama), fleet.RolloutFailed, "ConfigNotFound: no config x")
	router := strings.Replace(llmisvc("llama", "", "", ""), `{type: Ready, status: "True"}`, `{type: RouterReady, status: "False", reason: GatewayGone}`, 1)
	stands(t, look(t, llmCluster(router, "hf://org/m:r1"), llmKind, llama), fleet.RolloutStuck, "RouterReady is False: GatewayGone")
	prefill := llmCluster(llmisvc("llama", ", prefill: {replicas: 1}", "", ""), "hf://org/m:r1")
	stands(t, look(t, prefill, llmKind, llama), fleet.RolloutUnseen, "Deployment llama-kserve-prefill is not there yet")
	old := toyobjects.New()
	old.Put(llmOld, llmisvc("llama", "", "", ""))
	r := look(t, old, llmOld, llama)
	if r.API != llmOld {
		t.Errorf("%+v", r.API)
	}
}

func TestAnLLMServiceOfSeveralNodesIsCountedInGroups(t *testing.T) {
	object := llmisvc("llama", ", worker: {containers: []}", "", `, workloads: {primary: {kind: LeaderWorkerSet, name: llama-kserve-mn}}`)
	set := func(updated int, conditions string) *toyobjects.Cluster {
		c := toyobjects.New()
		c.Put(llmKind, object)
		c.Put(lwsKind, fmt.Sprintf(`
metadata: {name: llama-kserve-mn, namespace: llm, generation: 3}
spec: {replicas: 2, leaderWorkerTemplate: {size: 2, workerTemplate: {spec: {containers: [{name: main, image: "llm-d:v1", resources: {limits: {nvidia.com/gpu: 8}}}]}}}}
status: {replicas: 2, readyReplicas: 2, updatedReplicas: %d, conditions: [%s]}`, updated, conditions))
		return c
	}
	r := look(t, set(2, `{type: Available, status: "True", observedGeneration: 3}, {type: UpdateInProgress, status: "False", observedGeneration: 3}`), llmKind, llama)
	stands(t, r, fleet.RolloutDone, "")
	if r.Unit.String() != "groups" || r.GPUsEach != 16 || r.Desired != 2 || r.Surge.Missing != 1 {
		t.Errorf("%+v", r)
	}
	stands(t, look(t, set(1, `{type: Available, status: "True", observedGeneration: 3}, {type: UpdateInProgress, status: "True", observedGeneration: 3}`), llmKind, llama), fleet.RolloutMoving, "1 of 2 groups")
	stands(t, look(t, set(2, `{type: Available, status: "True", observedGeneration: 2}`), llmKind, llama), fleet.RolloutUnseen, "has not seen its newest change")
	stands(t, look(t, set(2, `{type: Available, status: "False", reason: GroupsNotReady, observedGeneration: 3}`), llmKind, llama), fleet.RolloutMoving, "GroupsNotReady")
	empty := toyobjects.New()
	empty.Put(llmKind, object)
	stands(t, look(t, empty, llmKind, llama), fleet.RolloutUnseen, "LeaderWorkerSet llama-kserve-mn is not there yet")
}

func TestEachDeedOnAnLLMService(t *testing.T) {
	own := `, template: {containers: [{name: main, image: "llm-d:v1", args: [--max-model-len, "8192"]}]}`
	for _, x := range []struct {
		name, spec string
		want       fleet.Want
		writes     string
	}{
		{"a model", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "org/n", Revision: "r2"}, `/spec/model/uri="hf://org/n:r2"`},
		{"a revision", "", fleet.Want{Do: fleet.DoUpgrade, Revision: "r2"}, `/spec/model/uri="hf://org/m:r2"`},
		{"the image of a preset", "", fleet.Want{Do: fleet.DoUpgrade, Image: "llm-d:v2"}, `/spec/template={"containers":[{"image":"llm-d:v2","name":"main"}]}`},
		{"its own image", own, fleet.Want{Do: fleet.DoUpgrade, Image: "llm-d:v2"}, `/spec/template/containers/0/image="llm-d:v2"`},
		{"its own flag", own, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "4096"}}}, `/spec/template/containers/0/args/1="4096"`},
		{"a flag that the preset passes on", "", fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "4096"}}},
			`/spec/template={"containers":[{"args":["--max-model-len","4096"],"name":"main"}]}`},
		{"beside a sidecar", `, template: {containers: [{name: log, image: l}]}`, fleet.Want{Do: fleet.DoUpgrade, Image: "llm-d:v2"}, `/spec/template/containers/1={"image":"llm-d:v2","name":"main"}`},
		{"scale", "", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(5)}, `/spec/replicas=5`},
		{"scale what scales itself", ", scaling: {minReplicas: 1, maxReplicas: 4}", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(5)}, `/spec/scaling/minReplicas=5 /spec/scaling/maxReplicas=5`},
		{"hold", ", scaling: {minReplicas: 1, maxReplicas: 4}", fleet.Want{Do: fleet.DoHoldScaler}, `/spec/scaling/minReplicas=2 /spec/scaling/maxReplicas=2`},
		{"restart", "", fleet.Want{Do: fleet.DoRestart, Stamp: noon}, `/spec/annotations/kubectl.kubernetes.io~1restartedAt="2026-11-24T12:00:00Z"`},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := llmCluster(llmisvc("llama", x.spec, "", ""), "hf://org/m:r1")
			d := llmDraft(t, c, x.want)
			if got := sets(d.Stages[0].Writes); got != x.writes {
				t.Errorf("got %s\nwant %s", got, x.writes)
			}
			send(t, c, d.Stages[0].Writes)
		})
	}
}

func TestWhatAnLLMServiceCannotDoSaysWhatItCan(t *testing.T) {
	shut := llmCluster(llmisvc("llama", "", "", ""), "hf://org/m:r1")
	shut.Change(child.DeploymentKind, fleet.ObjectRef{Namespace: "llm", Name: "llama-kserve"}, "/spec/template/spec/containers/0/command", []any{"vllm", "serve"})
	for _, x := range []struct {
		name string
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{"a canary", fleet.Want{Do: fleet.DoUpgrade, Weights: "hf://o/n", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "apply a second one with the same model name"},
		{"a surge", fleet.Want{Do: fleet.DoUpgrade, Weights: "hf://o/n", Surge: fleet.Some(0)}, fleet.KindUnsupported, "no field for it"},
		{"an old version", fleet.Want{Do: fleet.DoUpgrade, Version: "7"}, fleet.KindUnsupported, "undo the change"},
		{"a store that it does not load", fleet.Want{Do: fleet.DoUpgrade, Weights: "gs://b/m"}, fleet.KindInvalid, "hf://, s3://"},
		{"a revision of no hub", fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://b/m", Revision: "r"}, fleet.KindUnsupported, "hub"},
		{"flags of a preset", fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--x", Value: "1"}}}, fleet.KindUnsupported, "come from a preset"},
		{"a sidecar", fleet.Want{Do: fleet.DoUpgrade, Image: "i", Container: "proxy"}, fleet.KindUnsupported, "called main"},
		{"nothing new", fleet.Want{Do: fleet.DoUpgrade, Weights: "hf://org/m:r1"}, fleet.KindInvalid, "as wanted already"},
		{"pause", fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "traffic group"},
		{"promote outside of a group", fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "in no traffic group"},
		{"hold what nothing scales", fleet.Want{Do: fleet.DoHoldScaler}, fleet.KindInvalid, "nothing scales it"},
		{"release", fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo the change"},
		{"drain", fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draft(t, shut, llmKind, llama, x.want)
			refused(t, err, x.kind, x.why)
		})
	}
}

// grouped is two services of one group: llama with the new model, blue with the old one. seen is llama's weight in blue's route.
func grouped(own, other, seen int) *toyobjects.Cluster {
	route := func(w int) string { return fmt.Sprintf(", router: {route: {group: g, weight: %d}}", w) }
	members := func(w int) string {
		return fmt.Sprintf(", router: {group: {name: g, members: [{name: blue, weight: %d}, {name: llama, weight: %d}]}}", other, w)
	}
	c := llmCluster(llmisvc("llama", route(own), "", members(own)), "hf://org/m:r1")
	c.Put(llmKind, llmisvc("blue", route(other), "", members(seen)))
	c.Put(llmKind, llmisvc("alone", "", "", ""))
	return c
}

func TestWeightsOfAGroup(t *testing.T) {
	c := grouped(10, 90, 10)
	r := look(t, c, llmKind, llama)
	stands(t, r, fleet.RolloutDone, "")
	if r.Traffic.Kind != fleet.TrafficProportional || len(r.Traffic.Members) != 2 || r.Traffic.Members[1].Weight != 10 {
		t.Errorf("%+v", r.Traffic)
	}
	stands(t, look(t, grouped(10, 90, 0), llmKind, llama), fleet.RolloutMoving, "the route of blue still gives llama weight 0, wanted is 10")

	d := llmDraft(t, c, fleet.Want{Do: fleet.DoPromote})
	if len(d.Stages) != 2 || sets(d.Stages[0].Writes) != "/spec/router/route/weight=100" || d.Stages[0].Writes[0].Object.Name != "llama" ||
		sets(d.Stages[1].Writes) != "/spec/router/route/weight=0" || d.Stages[1].Writes[0].Object.Name != "blue" || d.Stages[1].Writes[0].UID != "l-blue" {
		t.Errorf("%+v", d.Stages)
	}
	for _, s := range d.Stages {
		if !s.Until.Done {
			t.Errorf("%s is not waited for", s.Text)
		}
		send(t, c, s.Writes)
	}
	c = grouped(10, 90, 10)
	for _, x := range []struct {
		want   fleet.Want
		writes string
		canary bool
	}{
		{fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.25}}, "/spec/router/route/weight=30", true},
		{fleet.Want{Do: fleet.DoAbandonRoll}, "/spec/router/route/weight=0", false},
	} {
		d := llmDraft(t, c, x.want)
		if sets(d.Stages[0].Writes) != x.writes || d.Stages[0].Canary != x.canary || d.Stages[0].Writes[0].Fields[0].Path != "/spec/router/route/group" {
			t.Errorf("%s: %+v", x.want.Do, d.Stages[0])
		}
	}
	for _, x := range []struct {
		c    *toyobjects.Cluster
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{grouped(10, 90, 10), fleet.Want{Do: fleet.DoAdvance}, fleet.KindUnsupported, "no list of steps"},
		{grouped(10, 90, 10), fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.1}}, fleet.KindInvalid, "10 already"},
		{grouped(10, 90, 10), fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{1}}, fleet.KindInvalid, "what promote gives"},
		{grouped(10, 0, 10), fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "all traffic of group g already"},
		{grouped(10, 0, 10), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "nobody would answer"},
		{grouped(0, 90, 0), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindInvalid, "0 already"},
	} {
		_, err := draft(t, x.c, llmKind, llama, x.want)
		refused(t, err, x.kind, x.why)
	}
	sick := grouped(10, 90, 10)
	sick.Change(llmKind, llama, "/status/conditions/1/status", "False")
	_, err := draft(t, sick, llmKind, llama, fleet.Want{Do: fleet.DoPromote})
	refused(t, err, fleet.KindConflict, "WorkloadsReady is False")
}

func TestAnotherServiceUnderTheNameIsNotPlannedOn(t *testing.T) {
	c := llmCluster(llmisvc("llama", "", "", ""), "hf://org/m:r1")
	r := look(t, c, llmKind, llama)
	c.Change(llmKind, llama, "/metadata/uid", "other")
	_, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, r, fleet.Want{Do: fleet.DoRestart, Stamp: noon})
	refused(t, err, fleet.KindConflict, "another object has its name")
}

// Trap 2: a pass that failed counts the generation as observed, and leaves Ready Unknown.
func TestTrap2AnLLMServiceIsDoneOnlyWhereItIsReady(t *testing.T) {
	ready := `{type: Ready, status: "True"}`
	failed := strings.Replace(llmisvc("llama", "", "", ""), ready, `{type: Ready, status: Unknown, reason: NewObservedGenFailure, message: "unsuccessfully observed a new generation"}`, 1)
	stands(t, look(t, llmCluster(failed, "hf://org/m:r1"), llmKind, llama), fleet.RolloutMoving, "Ready is Unknown: NewObservedGenFailure")
	silent := strings.Replace(llmisvc("llama", "", "", ""), ", "+ready, "", 1)
	stands(t, look(t, llmCluster(silent, "hf://org/m:r1"), llmKind, llama), fleet.RolloutMoving, "has not said that it is Ready")
}

// A share is one of the sum of all weights, so that each route must have each of them.
func TestAShareIsInForceOnceAllWeightsAre(t *testing.T) {
	route := func(w int) string { return fmt.Sprintf(", router: {route: {group: g, weight: %d}}", w) }
	members := func(list string) string { return ", router: {group: {name: g, members: [" + list + "]}}" }
	group := func(own, others string) *toyobjects.Cluster {
		c := llmCluster(llmisvc("llama", route(100), "", members(own)), "hf://org/m:r1")
		c.Put(llmKind, llmisvc("blue", route(0), "", members(others)))
		return c
	}
	const both = "{name: blue, weight: 0}, {name: llama, weight: 100}"
	stands(t, look(t, group(both, both), llmKind, llama), fleet.RolloutDone, "")
	stands(t, look(t, group("{name: llama, weight: 100}", "{name: llama, weight: 100}"), llmKind, llama), fleet.RolloutDone, "")
	stands(t, look(t, group("{name: blue, weight: 90}, {name: llama, weight: 100}", both), llmKind, llama), fleet.RolloutMoving, "the route of llama still gives blue weight 90, wanted is 0")
	stands(t, look(t, group(both, "{name: blue, weight: 0}"), llmKind, llama), fleet.RolloutMoving, "the route of blue does not lead to llama, whose weight is 100")

	going := group("{name: llama, weight: 100}", "{name: llama, weight: 3}")
	going.Change(llmKind, fleet.ObjectRef{Namespace: "llm", Name: "blue"}, "/metadata/deletionTimestamp", ago(0))
	stands(t, look(t, going, llmKind, llama), fleet.RolloutDone, "")
}

// What keeps the pods of a service on several nodes is said as of any other.
func TestWhatKeepsGroupsIsSaid(t *testing.T) {
	c := toyobjects.New()
	c.Put(llmKind, llmisvc("llama", ", worker: {containers: []}", "", ""))
	c.Put(lwsKind, `
metadata: {name: llama-kserve-mn, namespace: llm, generation: 3}
spec: {replicas: 2, leaderWorkerTemplate: {size: 2, workerTemplate: {spec: {containers: [{name: main, image: "llm-d:v1"}]}}}}
status: {observedGeneration: 3, replicas: 2, conditions: [{type: Progressing, status: "True", observedGeneration: 3}]}`)
	c.Put(child.PodKind, `
metadata: {name: llama-kserve-mn-0, namespace: llm, uid: p0, labels: {leaderworkerset.sigs.k8s.io/name: llama-kserve-mn, leaderworkerset.sigs.k8s.io/worker-index: "0"}}
spec: {nodeName: n1, containers: [{name: main}]}
status: {phase: Pending, containerStatuses: [{name: main, state: {waiting: {reason: ImagePullBackOff, message: "manifest unknown"}}}]}`)
	r := look(t, c, llmKind, llama)
	stands(t, r, fleet.RolloutStuck, "pod llama-kserve-mn-0: container main: ImagePullBackOff: manifest unknown: will never finish")
	if !r.Never {
		t.Error("it would end by itself")
	}
	c.Change(lwsKind, fleet.ObjectRef{Namespace: "llm", Name: "llama-kserve-mn"}, "/status/observedGeneration", 2)
	stands(t, look(t, c, llmKind, llama), fleet.RolloutUnseen, "has not seen its newest change")
}
