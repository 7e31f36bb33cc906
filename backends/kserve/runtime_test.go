package kserve

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

const runtimeText = `
metadata: {name: kserve-huggingfaceserver%s}
spec: {containers: [{name: sidecar, image: s, args: [--other]}, {name: kserve-container, image: "huggingfaceserver:v1", args: ["--model_name={{.Name}}"]}]}`

func withRuntime(c *toyobjects.Cluster) *toyobjects.Cluster {
	c.Put(sharedRuntimeKind, fmt.Sprintf(runtimeText, ""))
	return c
}

// What a service does not say any more shows only beside what its runtime says.
func TestWhatIsTakenAwayIsProvenByTheRuntime(t *testing.T) {
	for _, x := range []struct {
		name, model string
		runs        []any
		phase       fleet.RolloutPhase
		why         string
	}{
		{"the only argument", "args: []", []any{"--model_name=chat", "--max-model-len=8192"}, fleet.RolloutUnseen,
			"still have the argument --max-model-len=8192, which neither it nor ClusterServingRuntime kserve-huggingfaceserver names there"},
		{"all of them, as the undo of the first one does", "resources: {}", []any{"--model_name=chat", "--max-model-len=8192"}, fleet.RolloutUnseen, "--max-model-len=8192"},
		{"done", "args: []", []any{"--model_name=chat"}, fleet.RolloutDone, ""},
		{"the first of two", "args: [--b]", []any{"--model_name=chat", "--a", "--b"}, fleet.RolloutUnseen, "argument --a"},
		{"one of the runtime's", "args: [--b]", []any{"--b"}, fleet.RolloutUnseen, "do not have the argument --model_name={{.Name}} of ClusterServingRuntime"},
		{"the image", `image: ""`, []any{"--model_name=chat"}, fleet.RolloutDone, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			stands(t, look(t, withRuntime(withArgs(standardCluster(said(x.model)), x.runs...)), isvcKind, chat), x.phase, x.why)
		})
	}
	d := done("chat-predictor", "s3://models/v2")
	d.image = "huggingfaceserver:own"
	stands(t, look(t, withRuntime(cluster(said("args: [--max-model-len=8192]"), d)), isvcKind, chat), fleet.RolloutUnseen, "still run image huggingfaceserver:own, wanted is huggingfaceserver:v1")
}

func TestARuntimeOfTheNamespaceGoesBeforeThatOfTheCluster(t *testing.T) {
	c := withRuntime(standardCluster(said("runtime: kserve-huggingfaceserver, args: [--max-model-len=8192]")))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "")
	c.Put(runtimeKind, strings.Replace(fmt.Sprintf(runtimeText, ", namespace: llm"), "--model_name={{.Name}}", "--served", 1))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "--model_name=chat, which neither it nor ServingRuntime kserve-huggingfaceserver")
}

// A pod of one's own has no runtime: its arguments are all there are.
func TestWhatIsTakenFromAPodOfOnesOwnShows(t *testing.T) {
	own := `
metadata: {name: chat, namespace: llm, uid: s1, generation: 9}
spec: {predictor: {minReplicas: 2, containers: [{name: kserve-container, image: "huggingfaceserver:v1"}]}}
status: {conditions: [{type: Ready, status: "True"}, {type: PredictorReady, status: "True"}]` + inStandard + `}`
	c := cluster(own, done("chat-predictor", ""))
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutUnseen, "argument --model_name=chat, which it does not name any more")
	stands(t, look(t, withArgs(c), isvcKind, chat), fleet.RolloutDone, "")
}

func TestWhatNoPodWillProveIsSaidInThePlan(t *testing.T) {
	first := fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--seed", Value: "7"}}}
	bare := func() *toyobjects.Cluster {
		return withArgs(standardCluster(said("resources: {}")), "--model_name=chat")
	}
	note := func(c *toyobjects.Cluster, w fleet.Want) string {
		var all []string
		for _, n := range do(t, c, w).Notes {
			all = append(all, n.String())
		}
		return strings.Join(all, "\n")
	}
	if said := note(bare(), first); !strings.Contains(said, "taken back, it cannot be proven") || !strings.Contains(said, "its arguments may be the runtime's; look at container kserve-container of Deployment chat-predictor") {
		t.Error(said)
	}
	if said := note(bare(), fleet.Want{Do: fleet.DoUpgrade, Image: "own:v2"}); !strings.Contains(said, "its image may be") {
		t.Error(said)
	}
	if said := note(withRuntime(bare()), first); strings.Contains(said, "proven") {
		t.Error(said)
	}
	denied := withRuntime(bare())
	denied.Denied[sharedRuntimeKind.Resource] = true
	stands(t, look(t, denied, isvcKind, chat), fleet.RolloutDone, "")
	if said := note(denied, first); !strings.Contains(said, "its runtime may not be read") {
		t.Error(said)
	}
}

// Trap 5: a frozen service that is not Ready takes the first write, and none after it has become Ready by it.
func TestTrap5LaterWritesToAFrozenServiceAreRefused(t *testing.T) {
	const mark = `, annotations: {serving.kserve.io/disable-auto-update: "true"}`
	unready := func(c *toyobjects.Cluster) *toyobjects.Cluster {
		c.Change(isvcKind, chat, "/metadata/annotations", map[string]any{frozenMark: "true"})
		c.Change(isvcKind, chat, "/status/conditions", []any{map[string]any{"type": "Ready", "status": "False"}})
		return c
	}
	_, err := draft(t, unready(canaryCluster()), isvcKind, chat, toThree)
	refused(t, err, fleet.KindUnsupported, "KServe pass over all that come after it is Ready; take the annotation away first")
	_, err = draft(t, unready(knativeCluster("", inKnative("r2", "r2", "r2", allLatest))), isvcKind, chat, toThree)
	refused(t, err, fleet.KindUnsupported, "take the annotation away first")
	d := do(t, unready(standardCluster(isvc("", "", mark, inStandard))), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3"})
	if len(d.Stages) != 1 || !strings.Contains(d.Notes[len(d.Notes)-1].String(), "an undo has no effect after that") {
		t.Errorf("%+v", d.Notes)
	}
	// The mark keeps a service from what others change of its runtime: that its pods are behind that is as wanted.
	c := withRuntime(standardCluster(isvc("", "", mark, inStandard)))
	c.Change(sharedRuntimeKind, fleet.ObjectRef{Name: "kserve-huggingfaceserver"}, "/spec/containers/1/image", "huggingfaceserver:v9")
	stands(t, look(t, c, isvcKind, chat), fleet.RolloutDone, "")
}
