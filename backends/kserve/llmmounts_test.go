package kserve

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

func document(t *testing.T, text string) any {
	t.Helper()
	body, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonptr.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// A model on a claim or in an image is loaded by no init container: which one pods mount is the proof.
func TestAModelThatIsMountedIsProvenByItsMount(t *testing.T) {
	claim := `{name: kserve-pvc-source, persistentVolumeClaim: {claimName: weights}}`
	for _, x := range []struct {
		uri, volumes, mounts, beside string
		phase                        fleet.RolloutPhase
		why                          string
	}{
		{"pvc://weights/v1", claim, `{name: kserve-pvc-source, mountPath: /mnt/models, subPath: v1}`, "", fleet.RolloutDone, ""},
		{"pvc://weights/v2", claim, `{name: kserve-pvc-source, mountPath: /mnt/models, subPath: v1}`, "", fleet.RolloutUnseen, "Deployment llama-kserve still mounts pvc://weights/v1, wanted is pvc://weights/v2"},
		{"pvc://other/v1", claim, `{name: kserve-pvc-source, mountPath: /mnt/models, subPath: v1}`, "", fleet.RolloutUnseen, "wanted is pvc://other/v1"},
		{"pvc://weights", claim, `{name: kserve-pvc-source, mountPath: /mnt/models}`, "", fleet.RolloutDone, ""},
		{"oci+native://reg/m:2", `{name: x, image: {reference: "reg/m:1"}}`, "", "", fleet.RolloutUnseen, "still mounts oci://reg/m:1, wanted is oci://reg/m:2"},
		{"oci://reg/m:1", `{name: x, image: {reference: "reg/m:1"}}`, "", "", fleet.RolloutDone, ""},
		{"oci://reg/m:2", "", "", `, {name: modelcar, image: "reg/m:1"}`, fleet.RolloutUnseen, "still mounts oci://reg/m:1"},
		{"oci://reg/m:1", "", "", `, {name: modelcar, image: "reg/m:1"}`, fleet.RolloutDone, ""},
	} {
		c := llmCluster(strings.Replace(llmisvc("llama", "", "", ""), "hf://org/m:r1", x.uri, 1), "")
		c.Change(child.DeploymentKind, fleet.ObjectRef{Namespace: "llm", Name: "llama-kserve"}, "/spec/template/spec",
			document(t, `{volumes: [`+x.volumes+`], containers: [{name: main, image: "llm-d:v1", volumeMounts: [`+x.mounts+`]}`+x.beside+`]}`))
		t.Run(x.uri+" "+x.why, func(t *testing.T) { stands(t, look(t, c, llmKind, llama), x.phase, x.why) })
	}
}

// Before v0.9.0 no field of a LeaderWorkerSet says which generation its controller saw: that all is as before is no end of a roll.
func TestAnOldLeaderWorkerSetProvesWhatItTookUp(t *testing.T) {
	c := cluster(isvc("", "", "", ""))
	c.Put(llmKind, strings.Replace(llmisvc("llama", ", worker: {containers: []}", "", `, workloads: {primary: {kind: LeaderWorkerSet, name: llama-kserve-mn}}`), "hf://org/m:r1", "pvc://weights/v2", 1))
	template := func(path string) string {
		return `{spec: {volumes: [{name: kserve-pvc-source, persistentVolumeClaim: {claimName: weights}}], containers: [{name: main, image: "llm-d:v1", volumeMounts: [{name: kserve-pvc-source, mountPath: /mnt/models, subPath: ` + path + `}]}]}}`
	}
	c.Put(lwsKind, `
metadata: {name: llama-kserve-mn, namespace: llm, generation: 3}
spec: {replicas: 2, leaderWorkerTemplate: {size: 2, workerTemplate: `+template("v2")+`}}
status: {replicas: 2, readyReplicas: 2, updatedReplicas: 2, conditions: [{type: Available, status: "True"}]}`)
	stands(t, look(t, c, llmKind, llama), fleet.RolloutUnknown, "does not say what it saw, and its StatefulSet cannot be read")
	c.Put(child.StatefulSetKind, `{metadata: {name: llama-kserve-mn, namespace: llm, labels: {leaderworkerset.sigs.k8s.io/template-revision-hash: h1}}, spec: {template: `+template("v1")+`}}`)
	revision := func(path string) {
		c.Put(child.RevisionKind, `{metadata: {name: r, namespace: llm, labels: {leaderworkerset.sigs.k8s.io/name: llama-kserve-mn, leaderworkerset.sigs.k8s.io/template-revision-hash: h1}}, revision: 1, data: {spec: {leaderWorkerTemplate: {size: 2, workerTemplate: `+template(path)+`}}}}`)
	}
	revision("v1")
	stands(t, look(t, c, llmKind, llama), fleet.RolloutUnseen, "does not hold the newest templates yet")
	revision("v2")
	stands(t, look(t, c, llmKind, llama), fleet.RolloutDone, "")
}
