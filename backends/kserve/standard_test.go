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

const loading = `phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: kserve-container, ready: false, state: {running: {startedAt: "2026-11-24T11:55:00Z"}}}]`

func TestAStandardServiceIsWhatItsDeploymentIs(t *testing.T) {
	r := look(t, standardCluster(isvc("", "", "", inStandard)), isvcKind, chat)
	stands(t, r, fleet.RolloutDone, "")
	if r.System.String() != "InferenceService, Standard mode, ClusterServingRuntime kserve-huggingfaceserver" || r.Desired != 2 || r.UpdatedReady != 2 ||
		r.GPUsEach != 2 || r.Surge.Extra != 1 || r.Surge.Missing != 0 || r.Deadline != 10*time.Minute || r.Runs != nil {
		t.Errorf("%+v", r)
	}
	if r.Now.Weights.String() != "s3://models/v2" || r.Now.Served[0].String() != "chat" {
		t.Errorf("%+v", r.Now)
	}
}

// Trap 1: Ready stays True in the middle of a roll, so the Deployment is asked.
func TestTrap1ReadyStaysTrueDuringARoll(t *testing.T) {
	half := deployment{name: "chat-predictor", uri: "s3://models/v2", want: 2, updated: 1, total: 3, available: 2, pods: loading}
	r := look(t, cluster(isvc("", "", "", inStandard), half), isvcKind, chat)
	stands(t, r, fleet.RolloutMoving, "1 of 1 new pod loading: pod chat-predictor-0 for 5m")
	if r.Updated != 1 || r.UpdatedReady != 0 || len(r.OldPods) != 2 {
		t.Errorf("%+v", r)
	}
}

// Trap 2: the generation that a service says to have observed is its Deployment's; what the pods are made of proves more.
func TestTrap2ObservedGenerationIsNotItsOwn(t *testing.T) {
	for _, observed := range []string{"3", "9", "700"} {
		c := cluster(strings.Replace(isvc("", "", "", inStandard), "observedGeneration: 3", "observedGeneration: "+observed, 1), done("chat-predictor", "s3://models/v1"))
		stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "its pods still load s3://models/v1, wanted is s3://models/v2")
	}
	for _, x := range []struct{ predictor, why string }{
		{"", ""}, // the spec of the fixture
		{`, annotations: {kubectl.kubernetes.io/restartedAt: "2026-11-24T11:00:00Z"}`, "not those of the restart at 2026-11-24T11:00:00Z"},
	} {
		phase := fleet.RolloutUnseen
		if x.why == "" {
			phase = fleet.RolloutDone
		}
		stands(t, look(t, standardCluster(isvc(x.predictor, "", "", inStandard)), isvcKind, chat), phase, x.why)
	}
	flag := strings.Replace(isvc("", "", "", inStandard), "args: [--max-model-len=8192]", "image: engine:v9, args: [--max-model-len=8192]", 1)
	stands(t, look(t, standardCluster(flag), isvcKind, chat), fleet.RolloutUnseen, "wanted is engine:v9")
	flag = strings.Replace(isvc("", "", "", inStandard), "args: [--max-model-len=8192]", "args: [--max-model-len=4096]", 1)
	stands(t, look(t, standardCluster(flag), isvcKind, chat), fleet.RolloutUnseen, "argument --max-model-len=4096")
}

// Trap 3: canaryTrafficPercent does nothing in Standard mode: it is neither read nor written there.
func TestTrap3CanaryTrafficPercentIsIgnoredInStandardMode(t *testing.T) {
	c := standardCluster(isvc(", canaryTrafficPercent: 10", "", "", inStandard))
	r := look(t, c, isvcKind, chat)
	stands(t, r, fleet.RolloutDone, "")
	if r.Traffic.Kind != fleet.TrafficNone {
		t.Errorf("%+v", r.Traffic)
	}
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3"})
	if got := sets(d.Stages[0].Writes); got != `/spec/predictor/model/storageUri="s3://models/v3"` {
		t.Errorf("%s", got)
	}
	if !strings.Contains(fleet.Join(d.Notes, fleet.Text(" ")).String(), "in Standard mode KServe ignores it") {
		t.Errorf("%v", d.Notes)
	}
}

// Trap 5: while a service is Ready and has this annotation, its spec is not looked at.
func TestTrap5DisableAutoUpdateSwallowsEdits(t *testing.T) {
	frozen := `, annotations: {serving.kserve.io/disable-auto-update: "true"}`
	c := standardCluster(isvc("", "", frozen, inStandard))
	if r := look(t, c, isvcKind, chat); !strings.Contains(r.Frozen.String(), "disable-auto-update is set") {
		t.Errorf("%q", r.Frozen)
	}
	_, err := draft(t, c, isvcKind, chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3"})
	refused(t, err, fleet.KindUnsupported, "take the annotation away first")
	swallowed := look(t, cluster(isvc("", "", frozen, inStandard), done("chat-predictor", "s3://models/v1")), isvcKind, chat)
	stands(t, swallowed, fleet.RolloutStuck, "does not look at its spec")
	if !swallowed.Never {
		t.Error("it would end by itself")
	}
	waits := strings.Replace(isvc("", "", frozen, inStandard), `{type: Ready, status: "True"}`, `{type: Ready, status: "False"}`, 1)
	if r := look(t, standardCluster(waits), isvcKind, chat); !r.Frozen.IsEmpty() {
		t.Errorf("while it is not Ready, edits count: %q", r.Frozen)
	}
}

// Trap 6: a runtime rolls every service that uses it: only the service is written.
func TestTrap6ASharedRuntimeIsNotTouched(t *testing.T) {
	c := standardCluster(isvc("", "", "", inStandard))
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Image: "huggingfaceserver:v9", Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "4096"}}})
	if got := sets(d.Stages[0].Writes); got != `/spec/predictor/model/args/0="--max-model-len=4096" /spec/predictor/model/image="huggingfaceserver:v9"` {
		t.Errorf("%s", got)
	}
	for _, w := range d.Stages[0].Writes {
		if w.API != isvcKind || w.Object != chat || w.UID != "s1" {
			t.Errorf("it writes %+v", w)
		}
	}
	if !strings.Contains(d.Notes[0].String(), "kserve-huggingfaceserver, which other services may use, is not touched") {
		t.Errorf("%v", d.Notes)
	}
	send(t, c, d.Stages[0].Writes)
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "wanted is huggingfaceserver:v9")
}

func TestWhatElseAStandardServiceCanBeAt(t *testing.T) {
	stopped := isvc("", "", `, annotations: {serving.kserve.io/stop: "true"}`, inStandard)
	stands(t, look(t, cluster(stopped), isvcKind, chat), fleet.RolloutPaused, "stopped by annotation")
	stands(t, look(t, cluster(isvc("", "", "", inStandard)), isvcKind, chat), fleet.RolloutUnseen, "Deployment chat-predictor is not there yet")
	stands(t, look(t, cluster(isvc(", name: blue", "", "", inStandard), done("chat-blue-predictor", "s3://models/v2")), isvcKind, chat), fleet.RolloutDone, "")
	unrouted := strings.Replace(strings.Replace(isvc("", "", "", inStandard), `Ready, status: "True"`, `Ready, status: "False"`, 1), `{type: PredictorReady`,
		`{type: IngressReady, status: "False", reason: NoRoute, message: "gateway gone"}, {type: PredictorReady`, 1)
	stands(t, look(t, standardCluster(unrouted), isvcKind, chat), fleet.RolloutMoving, "IngressReady is False: NoRoute: gateway gone")
	invalid := isvc("", "", "", inStandard+`, modelStatus: {transitionStatus: InvalidSpec, lastFailureInfo: {reason: NoSupportingRuntime, message: "no runtime takes it"}}`)
	r := look(t, cluster(invalid), isvcKind, chat)
	stands(t, r, fleet.RolloutFailed, "NoSupportingRuntime: no runtime takes it")
	stands(t, look(t, cluster(isvc("", "", "", ", deploymentMode: ModelMesh")), isvcKind, chat), fleet.RolloutUnknown, "ModelMesh")
	unsaid := cluster(isvc("", "", "", ""))
	stands(t, look(t, unsaid, isvcKind, chat), fleet.RolloutUnknown, "in which mode it is")
	_, err := draft(t, unsaid, isvcKind, chat, fleet.Want{Do: fleet.DoUpgrade, Image: "i"})
	refused(t, err, fleet.KindUnsupported, "in which mode it is decides what is written")
	for _, spelling := range []string{"Standard", "RawDeployment"} {
		c := standardCluster(isvc("", "", fmt.Sprintf(", annotations: {serving.kserve.io/deploymentMode: %s}", spelling), ""))
		stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "")
	}
}

func TestAPredictorOnSeveralNodes(t *testing.T) {
	object := isvc(", workerSpec: {pipelineParallelSize: 2}", "", "", inStandard)
	c := cluster(object, done("chat-predictor", "s3://models/v2"))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "the Deployment of its workers")
	half := deployment{name: "chat-predictor-worker", uri: "s3://models/v2", want: 2, updated: 1, total: 3, available: 2, pods: loading}
	half.put(c)
	r := look(t, c, isvcKind, chat)
	stands(t, r, fleet.RolloutMoving, "chat-predictor-worker-0")
	if !r.Surge.Whole || r.Surge.Extra != 2 {
		t.Errorf("%+v", r.Surge)
	}
	_, err := draft(t, c, isvcKind, chat, fleet.Want{Do: fleet.DoUpgrade, Image: "i", Surge: fleet.Some(0)})
	refused(t, err, fleet.KindUnsupported, "whole second set")
}

// Trap 12: past the Deployment's deadline while the pod loads is late, no failure.
func TestTrap12LoadingPastTheDeadlineIsLate(t *testing.T) {
	half := deployment{name: "chat-predictor", uri: "s3://models/v2", want: 2, updated: 1, total: 3, available: 2, pods: loading}
	c := cluster(isvc("", "", "", inStandard), half)
	c.Change(child.DeploymentKind, fleet.ObjectRef{Namespace: "llm", Name: "chat-predictor"}, "/status/conditions",
		[]any{map[string]any{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}})
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutLate, "still going on: 1 of 1 new pod loading")
}

func TestEachDeedOnAStandardService(t *testing.T) {
	for _, x := range []struct {
		name, meta string
		want       fleet.Want
		writes     string
		extra      int
	}{
		{"a model", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3"}, `/spec/predictor/model/storageUri="s3://models/v3"`, 2},
		{"away first", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3", Surge: fleet.Some(0)},
			`/spec/predictor/model/storageUri="s3://models/v3" /spec/predictor/deploymentStrategy={"rollingUpdate":{"maxSurge":0,"maxUnavailable":1},"type":"RollingUpdate"}`, 0},
		{"restart", "", fleet.Want{Do: fleet.DoRestart, Stamp: noon}, `/spec/predictor/annotations/kubectl.kubernetes.io~1restartedAt="2026-11-24T12:00:00Z"`, 2},
		{"scale", "", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/predictor/minReplicas=3 /spec/predictor/maxReplicas=3`, 2},
		{"scale without an autoscaler", `, annotations: {serving.kserve.io/autoscalerClass: none}`, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/predictor/minReplicas=3`, 2},
		{"hold at what runs", "", fleet.Want{Do: fleet.DoHoldScaler}, `/spec/predictor/maxReplicas=2`, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := standardCluster(isvc("", "", x.meta, inStandard))
			d := do(t, c, x.want)
			if got := sets(d.Stages[0].Writes); got != x.writes || d.Extra != x.extra || !d.Stages[0].Until.Done {
				t.Errorf("%s, %d GPUs more, %+v", got, d.Extra, d.Stages[0].Until)
			}
			send(t, c, d.Stages[0].Writes)
		})
	}
}

func TestWhereTheModelOfAServiceIsSaid(t *testing.T) {
	for _, x := range []struct {
		name, predictor, from string
		want                  fleet.Want
		writes                string
	}{
		{"the hub", `{model: {storageUri: "hf://org/m:r1"}}`, "hf://org/m:r1", fleet.Want{Weights: "org/n", Revision: "r2"}, `/spec/predictor/model/storageUri="hf://org/n:r2"`},
		{"a revision alone", `{model: {storageUri: "hf://org/m"}}`, "hf://org/m", fleet.Want{Revision: "r2"}, `/spec/predictor/model/storageUri="hf://org/m:r2"`},
		{"a path of a store", `{model: {storage: {key: k, path: m/v1}}}`, "m/v1", fleet.Want{Weights: "m/v2"}, `/spec/predictor/model/storage/path="m/v2"`},
		{"a framework", `{sklearn: {storageUri: "gs://b/v1"}}`, "gs://b/v1", fleet.Want{Weights: "gs://b/v2"}, `/spec/predictor/sklearn/storageUri="gs://b/v2"`},
		{"a flag", `{model: {args: [--model-id=org/m]}}`, "org/m", fleet.Want{Weights: "org/n"}, `/spec/predictor/model/args/0="--model-id=org/n"`},
		{"a pod", `{containers: [{name: kserve-container, image: "e:1", args: [--model, org/m]}]}`, "org/m", fleet.Want{Weights: "org/n", Image: "e:2"},
			`/spec/predictor/containers/0/args/1="org/n" /spec/predictor/containers/0/image="e:2"`},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := toyobjects.New()
			c.Put(isvcKind, fmt.Sprintf(`
metadata: {name: chat, namespace: llm, uid: s1}
spec: {predictor: %s}
status: {deploymentMode: Standard}`, x.predictor))
			if r := look(t, c, isvcKind, chat); r.Now.Weights.String() != x.from {
				t.Errorf("weights %q", r.Now.Weights)
			}
			x.want.Do = fleet.DoUpgrade
			if got := sets(do(t, c, x.want).Stages[0].Writes); got != x.writes {
				t.Errorf("got %s\nwant %s", got, x.writes)
			}
		})
	}
}

func TestWhatAServiceCannotDoSaysWhatItCan(t *testing.T) {
	for _, x := range []struct {
		name string
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{"pause", fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "upgrade with --canary"},
		{"resume", fleet.Want{Do: fleet.DoResume}, fleet.KindUnsupported, "upgrade with --canary"},
		{"advance", fleet.Want{Do: fleet.DoAdvance}, fleet.KindUnsupported, "--canary 10,50"},
		{"abort", fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "undo the change that began it"},
		{"promote nothing", fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "0 canaries"},
		{"release", fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo the change that held it"},
		{"an old version", fleet.Want{Do: fleet.DoUpgrade, Version: "7"}, fleet.KindUnsupported, "KServe keeps no version"},
		{"a sidecar", fleet.Want{Do: fleet.DoUpgrade, Image: "i", Container: "proxy"}, fleet.KindUnsupported, "kserve-container"},
		{"nothing new", fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v2"}, fleet.KindInvalid, "as wanted already"},
		{"to nothing", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)}, fleet.KindUnsupported, "serving.kserve.io/stop"},
		{"drain", fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded, scaled"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draft(t, standardCluster(isvc("", "", "", inStandard)), isvcKind, chat, x.want)
			refused(t, err, x.kind, x.why)
		})
	}
	pinned := strings.Replace(isvc("", "", "", inStandard), "maxReplicas: 4", "maxReplicas: 2", 1)
	_, err := draft(t, standardCluster(pinned), isvcKind, chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)})
	refused(t, err, fleet.KindInvalid, "are 2 already")
}
