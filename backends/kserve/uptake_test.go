package kserve

import (
	"strings"
	"testing"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var chatDeployment = fleet.ObjectRef{Namespace: "llm", Name: "chat-predictor"}

// said is the service of the fixture with another text of its model.
func said(model string) string {
	return strings.Replace(isvc("", "", "", inStandard), "args: [--max-model-len=8192]", model, 1)
}

func withArgs(c *toyobjects.Cluster, args ...any) *toyobjects.Cluster {
	c.Change(child.DeploymentKind, chatDeployment, "/spec/template/spec/containers/0/args", args)
	return c
}

// Trap 2: KServe puts the arguments of a service behind those of its runtime. That each of them is somewhere proves nothing.
func TestTrap2TheSameWordElsewhereIsNotTheArgument(t *testing.T) {
	runs := []any{"--model_name=chat", "--max-model-len", "4096", "--max-num-batched-tokens", "8192"}
	for _, x := range []struct {
		name, model string
		phase       fleet.RolloutPhase
		why         string
	}{
		{"as wanted", `args: [--max-model-len, "4096", --max-num-batched-tokens, "8192"]`, fleet.RolloutDone, ""},
		{"a value that another flag has", `args: [--max-model-len, "8192", --max-num-batched-tokens, "8192"]`, fleet.RolloutUnseen, "do not end with the arguments --max-model-len 8192"},
		{"one taken away", `args: [--max-model-len, "4096"]`, fleet.RolloutUnseen, "do not end with"},
		{"one more", `args: [--max-model-len, "4096", --max-num-batched-tokens, "8192", --enforce-eager]`, fleet.RolloutUnseen, "argument --enforce-eager"},
		{"what KServe fills in", `args: [--max-model-len, "4096", --max-num-batched-tokens, "{{.Labels.tokens}}"]`, fleet.RolloutDone, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			stands(t, look(t, withArgs(standardCluster(said(x.model)), runs...), isvcKind, chat), x.phase, x.why)
		})
	}
}

func TestTrap2WhatElseProvesThatAChangeWasTakenUp(t *testing.T) {
	variable := said(`args: [--max-model-len=8192], env: [{name: REVISION, value: r2}, {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: t}}}]`)
	c := standardCluster(variable)
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "variable REVISION")
	env := func(value string) []any { return []any{map[string]any{"name": "REVISION", "value": value}} }
	c.Change(child.DeploymentKind, chatDeployment, "/spec/template/spec/containers/0/env", env("r1"))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "variable REVISION")
	c.Change(child.DeploymentKind, chatDeployment, "/spec/template/spec/containers/0/env", env("r2"))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "")

	path := strings.Replace(isvc("", "", "", inStandard), `storageUri: "s3://models/v2"`, `storage: {key: minio, path: /models/v3}`, 1)
	stored := func(uri string) *toyobjects.Cluster { return cluster(path, done("chat-predictor", uri)) }
	stands(t, look(t, stored("<scheme-placeholder>://models/v2"), isvcKind, chat), fleet.RolloutUnseen, "wanted is /models/v3")
	stands(t, look(t, stored("<scheme-placeholder>://models/v3"), isvcKind, chat), fleet.RolloutDone, "")
}

// KServe runs some images as others: with the tag of runtimeVersion, with the build for GPUs. They are what was wanted.
func TestAnImageThatKServeRewritesIsTheOneThatWasWanted(t *testing.T) {
	for _, x := range []struct {
		model, runs string
		phase       fleet.RolloutPhase
	}{
		{"image: kserve/huggingfaceserver:v2", "kserve/huggingfaceserver:v2-gpu", fleet.RolloutDone},
		{"image: kserve/huggingfaceserver:v2", "kserve/huggingfaceserver:v1-gpu", fleet.RolloutUnseen},
		{"image: vllm/vllm-openai:v2", "vllm/vllm-openai-cpu:v2", fleet.RolloutDone},
		{`image: "registry:5000/engine:v1", runtimeVersion: v2`, "registry:5000/engine:v2", fleet.RolloutDone},
		{`image: "registry:5000/engine", runtimeVersion: v2`, "registry:5000/engine:v2", fleet.RolloutDone},
		{`image: "engine:v2", runtimeVersion: v3`, "engine:v2", fleet.RolloutUnseen},
		{`image: "engine@sha256:ab", runtimeVersion: v3`, "engine@sha256:ab", fleet.RolloutDone},
		{`image: "engine@sha256:ab"`, "engine@sha256:ab-gpu", fleet.RolloutUnseen},
	} {
		why := ""
		if x.phase != fleet.RolloutDone {
			why = "still run image " + x.runs
		}
		d := done("chat-predictor", "s3://models/v2")
		d.image = x.runs
		stands(t, look(t, cluster(said(x.model+", args: [--max-model-len=8192]"), d), isvcKind, chat), x.phase, why)
	}
}

// A predictor of one's own may have other containers before the one that serves.
func TestContainersOfAPodOfOnesOwnAreComparedByName(t *testing.T) {
	own := `
metadata: {name: chat, namespace: llm, uid: s1, generation: 9}
spec: {predictor: {minReplicas: 2, containers: [{name: transformer-container, image: "t:v1"}, {name: kserve-container, image: "engine:v2", resources: {limits: {nvidia.com/gpu: "2"}}}]}}
status: {deploymentMode: Standard, conditions: [{type: Ready, status: "True"}]}`
	runs := func(engine, side string) *toyobjects.Cluster {
		c := cluster(own, done("chat-predictor", ""))
		c.Change(child.DeploymentKind, chatDeployment, "/spec/template/spec/containers", []any{map[string]any{"name": "kserve-container", "image": engine}, map[string]any{"name": "transformer-container", "image": side}})
		return c
	}
	stands(t, look(t, runs("engine:v2", "t:v1"), isvcKind, chat), fleet.RolloutDone, "")
	stands(t, look(t, runs("engine:v1", "t:v1"), isvcKind, chat), fleet.RolloutUnseen, "still run image engine:v1")
	stands(t, look(t, runs("engine:v2", "t:v0"), isvcKind, chat), fleet.RolloutUnseen, "still run image t:v0")
}

// Another number of replicas changes no pod: only the size of the Deployment tells that it was taken up.
func TestAScaleIsNotDoneBeforeTheDeploymentHasTheSize(t *testing.T) {
	for _, x := range []struct {
		name, bounds, meta string
		keeps              int
		phase              fleet.RolloutPhase
		why                string
	}{
		{"up, not yet", "minReplicas: 3, maxReplicas: 3", "", 2, fleet.RolloutUnseen, "Deployment chat-predictor keeps 2 replicas, wanted are 3"},
		{"up", "minReplicas: 3, maxReplicas: 3", "", 3, fleet.RolloutDone, ""},
		{"down, not yet", "minReplicas: 1, maxReplicas: 1", "", 2, fleet.RolloutUnseen, "wanted are 1"},
		{"within its bounds", "minReplicas: 1, maxReplicas: 4", "", 2, fleet.RolloutDone, ""},
		{"below its bounds", "minReplicas: 3, maxReplicas: 6", "", 2, fleet.RolloutUnseen, "wanted are 3 to 6"},
		{"without an upper bound", "minReplicas: 1", "", 2, fleet.RolloutDone, ""},
		{"without an autoscaler", "minReplicas: 1, maxReplicas: 4", ", annotations: {serving.kserve.io/autoscalerClass: none}", 2, fleet.RolloutUnseen, "wanted are 1"},
		{"with one of somebody else", "minReplicas: 5, maxReplicas: 6", ", annotations: {serving.kserve.io/autoscalerClass: external}", 2, fleet.RolloutDone, ""},
		{"switched off", "minReplicas: 1, maxReplicas: 4", "", 0, fleet.RolloutUnseen, "keeps 0 replicas, wanted are 1 to 4"},
	} {
		t.Run(x.name, func(t *testing.T) {
			object := strings.Replace(isvc("", "", x.meta, inStandard), "minReplicas: 2, maxReplicas: 4", x.bounds, 1)
			d := deployment{name: "chat-predictor", uri: "s3://models/v2", want: x.keeps, updated: x.keeps, total: x.keeps, available: x.keeps}
			stands(t, look(t, cluster(object, d), isvcKind, chat), x.phase, x.why)
		})
	}
}

func TestBoundsOfARevisionAreAPartOfIt(t *testing.T) {
	c := knativeCluster("", inKnative("r2", "r2", "r2", allLatest))
	at := "/spec/template/metadata/annotations/autoscaling.knative.dev~1"
	r2 := fleet.ObjectRef{Namespace: "llm", Name: "r2-deployment"}
	c.Change(child.DeploymentKind, r2, at+"min-scale", "2")
	c.Change(child.DeploymentKind, r2, at+"max-scale", "4")
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "")
	c.Change(child.DeploymentKind, r2, at+"max-scale", "2")
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "max-scale 2, wanted is 4")
	c.Change(child.DeploymentKind, r2, at+"min-scale", "1")
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "min-scale 1, wanted is 2")
}

func TestPodsOnSeveralNodesCarryTheGenerationOfTheirService(t *testing.T) {
	object := isvc(`, name: big, workerSpec: {pipelineParallelSize: 2}`, "", "", inStandard)
	head, workers := done("chat-big-predictor", "s3://models/v2"), done("chat-predictor-worker", "s3://models/v2")
	c := cluster(object, head, workers)
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "") // a KServe that writes no such label
	for i, name := range []string{"chat-big-predictor", "chat-predictor-worker"} {
		c.Change(child.DeploymentKind, fleet.ObjectRef{Namespace: "llm", Name: name}, "/spec/template/metadata/labels/isvc.generation", "9")
		if i == 0 {
			c.Change(child.DeploymentKind, fleet.ObjectRef{Namespace: "llm", Name: "chat-predictor-worker"}, "/spec/template/metadata/labels/isvc.generation", "8")
			stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "Deployment chat-predictor-worker is of generation 8 of the service and not yet of 9")
		}
	}
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "")
}

// The pods of before serve on while KServe refuses the spec of now.
func TestASpecThatIsRefusedIsNotDone(t *testing.T) {
	refusal := inStandard + `, modelStatus: {transitionStatus: InvalidSpec, lastFailureInfo: {reason: RuntimeDisabled, message: "Specified runtime is disabled"}}`
	stands(t, look(t, standardCluster(isvc("", "", "", refusal)), isvcKind, chat), fleet.RolloutFailed, "RuntimeDisabled: Specified runtime is disabled")
}

func TestAKnativeServiceThatIsStoppedSaysSo(t *testing.T) {
	c := cluster(isvc("", "", `, annotations: {serving.kserve.io/stop: "true"}`, ", deploymentMode: Knative"))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutPaused, "stopped by annotation")
}

func TestScalesThatWouldDoNothingOrHarmAreRefused(t *testing.T) {
	three := fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}
	external := isvc("", "", ", annotations: {serving.kserve.io/autoscalerClass: external}", inStandard)
	_, err := draft(t, standardCluster(external), isvcKind, chat, three)
	refused(t, err, fleet.KindUnsupported, "somebody else's autoscaler")
	nodes := isvc(", workerSpec: {}", "", "", inStandard)
	_, err = draft(t, cluster(nodes, done("chat-predictor", "s3://models/v2"), done("chat-predictor-worker", "s3://models/v2")), isvcKind, chat, three)
	refused(t, err, fleet.KindUnsupported, "on several nodes")
	// KServe's webhook refuses a least that is above the most, also where the most does nothing
	none := isvc("", "", ", annotations: {serving.kserve.io/autoscalerClass: none}", inStandard)
	d := do(t, standardCluster(none), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(6)})
	if got := sets(d.Stages[0].Writes); got != "/spec/predictor/minReplicas=6 /spec/predictor/maxReplicas=6" {
		t.Error(got)
	}
}

// Head and workers of a predictor run one image; that of the workers is the runtime's where the service says none.
func TestAnImageIsThatOfTheWorkersToo(t *testing.T) {
	want := fleet.Want{Do: fleet.DoUpgrade, Image: "engine:v3"}
	for worker, field := range map[string]string{
		`{}`: `/spec/predictor/workerSpec/containers=[{"image":"engine:v3","name":"worker-container"}]`,
		`{containers: [{name: worker-container, image: "engine:v1"}]}`:                          `/spec/predictor/workerSpec/containers/0/image="engine:v3"`,
		`{containers: [{name: worker-container, resources: {limits: {nvidia.com/gpu: "8"}}}]}`:  `/spec/predictor/workerSpec/containers/0/image="engine:v3"`,
		`{pipelineParallelSize: 2, containers: [{name: worker-container, image: "engine:v3"}]}`: ``,
	} {
		c := cluster(isvc(", workerSpec: "+worker, "", "", inStandard), done("chat-predictor", "s3://models/v2"), done("chat-predictor-worker", "s3://models/v2"))
		d := do(t, c, want)
		if got := sets(d.Stages[0].Writes); got != strings.TrimSpace(`/spec/predictor/model/image="engine:v3" `+field) {
			t.Errorf("%s: %s", worker, got)
		}
		send(t, c, d.Stages[0].Writes)
	}
}

// Trap 17: a route that holds a weight is not a route that a gateway has taken.
func TestTrap17ARouteThatIsNotTakenIsSaid(t *testing.T) {
	split := stableOnly[:len(stableOnly)-4] + `90}, {name: chat-v9-predictor, weight: 10}`
	c := withRoute(open(10, 1, 1, true), split)
	route := fleet.ObjectRef{Namespace: "llm", Name: "chat"}
	parent := func(status string) {
		c.Change(routeKind, route, "/status/parents", []any{map[string]any{"conditions": []any{map[string]any{"type": "Accepted", "status": "True"},
			map[string]any{"type": "ResolvedRefs", "status": status, "reason": "BackendNotFound", "message": "service chat-v9-predictor"}}}})
	}
	parent("False")
	r := look(t, c, isvcKind, chat)
	stands(t, r, fleet.RolloutStuck, "HTTPRoute chat gives canary v9 10 % and is not taken: ResolvedRefs is False: BackendNotFound: service chat-v9-predictor")
	if (fleet.Until{Updated: 1, Ready: 1, Split: true}).Reached(&r) {
		t.Error("a stage would be over by replicas that no request reaches")
	}
	parent("True")
	r = look(t, c, isvcKind, chat)
	if stands(t, r, fleet.RolloutPaused, "holds at 10 %"); !(fleet.Until{Updated: 1, Ready: 1, Split: true}).Reached(&r) {
		t.Errorf("no stage is ever over: %+v", r.Traffic)
	}
}

// A service that KEDA was told to leave at a number keeps that, whatever its bounds are.
func TestAServiceThatIsHeldIsNotWaitedFor(t *testing.T) {
	c := standardCluster(strings.Replace(isvc("", "", "", inStandard), "minReplicas: 2, maxReplicas: 4", "minReplicas: 3, maxReplicas: 4", 1))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "wanted are 3 to 4")
	c.Put(scalers.ScaledObjectKind, `{metadata: {name: chat-predictor, namespace: llm, annotations: {autoscaling.keda.sh/paused-replicas: "2"}}, spec: {scaleTargetRef: {name: chat-predictor}}}`)
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "")
}
