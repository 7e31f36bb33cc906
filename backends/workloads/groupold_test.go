package workloads

import (
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

const (
	oldLeader = `{spec: {containers: [{name: leader, image: "vllm/vllm-openai:v0.11.0", command: [sh, -c, "ray start --head; vllm serve org/deepseek --served-model-name deepseek"], resources: {limits: {nvidia.com/gpu: 8}}}]}}`
	oldWorker = `{spec: {containers: [{name: worker, image: "vllm/vllm-openai:%s", command: [sh, -c, "ray start --address $LWS_LEADER_ADDRESS --block"], resources: {limits: {nvidia.com/gpu: 8}}}]}}`
)

// beforeNine makes the LeaderWorkerSet one of a version that does not say what it saw.
func beforeNine(r *rig) {
	r.set(deepseek, "/status/observedGeneration", nil, "/status/conditions", []any{map[string]any{"type": "Available", "status": "True"}})
	r.Put(statefulSetKind, `{metadata: {name: deepseek, namespace: llm, labels: {leaderworkerset.sigs.k8s.io/template-revision-hash: h1}, annotations: {leaderworkerset.sigs.k8s.io/replicas: "3"}}, spec: {template: `+oldLeader+`}}`)
}

func revisionOfWorkers(r *rig, name, tag string, n string) {
	r.Put(revisionKind, `{metadata: {name: `+name+`, namespace: llm, labels: {leaderworkerset.sigs.k8s.io/name: deepseek, leaderworkerset.sigs.k8s.io/template-revision-hash: h1}}, revision: `+n+`,
 data: {spec: {networkConfig: {$patch: replace}, leaderWorkerTemplate: {$patch: replace, size: 2, leaderTemplate: `+oldLeader+`, workerTemplate: `+strings.Replace(oldWorker, "%s", tag, 1)+`}}}}`)
}

// workersRun gives the workers an image.
func workersRun(r *rig, image string) {
	for _, name := range []string{"deepseek-0-1", "deepseek-1-1", "deepseek-2-1"} {
		r.Change(podKind, fleet.ObjectRef{Namespace: "llm", Name: name}, "/spec/containers", []any{map[string]any{"name": "worker", "image": image,
			"command": []any{"sh", "-c", "ray start --address $LWS_LEADER_ADDRESS --block"}, "env": []any{map[string]any{"name": "LWS_LEADER_ADDRESS", "value": "x"}}}})
	}
}

// Trap 9, before v0.9.0: that the leaders are as wanted says nothing of the workers.
func TestTrap9AnOldLeaderWorkerSetProvesItsWorkersToo(t *testing.T) {
	r := newRig(t)
	beforeNine(r)
	revisionOfWorkers(r, "deepseek-1", "v0.10.0", "1")
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutUnseen || !strings.Contains(got.Why.String(), "does not hold the newest templates yet") {
		t.Errorf("a revision with other workers: %s %q", got.Phase, got.Why)
	}
	revisionOfWorkers(r, "deepseek-2", "v0.11.0", "2")
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutDone {
		t.Errorf("the newest of two with one hash: %s %q", got.Phase, got.Why)
	}
	r.set(deepseek, "/spec/replicas", 2)
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutUnseen || !strings.Contains(got.Why.String(), "StatefulSet deepseek is for 3 groups, wanted are 2") {
		t.Errorf("fewer groups: %s %q", got.Phase, got.Why)
	}
}

func TestTrap9WithoutRevisionsTheWorkersThemselvesAreTheProof(t *testing.T) {
	r := newRig(t)
	beforeNine(r)
	r.Denied["controllerrevisions"] = true
	workersRun(r, "vllm/vllm-openai:v0.10.0")
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutUnseen || !strings.Contains(got.Why.String(), "pod deepseek-0-1 does not run what the newest template of workers says") {
		t.Errorf("old workers: %s %q", got.Phase, got.Why)
	}
	workersRun(r, "vllm/vllm-openai:v0.11.0")
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutDone {
		t.Errorf("new workers: %s %q", got.Phase, got.Why)
	}
	r.set(deepseek, leaderAt+"/spec/containers/0/env", []any{map[string]any{"name": "A", "value": "1"}})
	if got := r.rollout(deepseek); got.Phase != fleet.RolloutUnseen {
		t.Errorf("a variable that the leaders do not have: %s", got.Phase)
	}
}

// served does what the server does with a LeaderWorkerSet that is written: it fills in its strategy.
func (r *rig) served(writes ...fleet.ObjectWrite) {
	r.t.Helper()
	r.send(writes...)
	doc, err := jsonptr.Decode(fleet.JSON(r.doc(deepseek)))
	if err != nil {
		r.t.Fatal(err)
	}
	for path, value := range map[string]any{rollAt + "partition": 0, rollAt + "maxSurge": 0, rollAt + "maxUnavailable": 1, "/spec/rolloutStrategy/type": "RollingUpdate"} {
		if _, ok := jsonptr.Find(doc, path); !ok {
			r.set(deepseek, path, value)
		}
	}
	for _, w := range fleet.Net(writes) {
		if at, err := r.Stand(r.t.Context(), w); err != nil || at != fleet.StandsAfter {
			r.t.Errorf("it stands %s, %v: %s", at, err, lines(w))
		}
	}
}

// What the server fills in where nothing was is not somebody else's: the last stage and the way back find it as they left it.
func TestAStrategyThatWasNeverStoredHoldsNoRoll(t *testing.T) {
	for _, w := range []fleet.Want{
		{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0", Parts: []fleet.Ratio{0.3}},
		{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0", Surge: fleet.Some(1)},
		{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0", Surge: fleet.Some(1), Parts: []fleet.Ratio{0.3}},
		{Do: fleet.DoPause},
	} {
		stages := 1
		for until := 1; until <= stages; until++ {
			r := newRig(t)
			r.set(deepseek, "/spec/rolloutStrategy", nil)
			d := r.mustDraft(deepseek, w)
			stages = len(d.Stages)
			for _, s := range d.Stages[:until] {
				r.served(s.Writes...)
			}
			back := d.Stages[until-1].Back
			if back == nil {
				t.Fatalf("%s: stage %d of %d has no way back of its own", w.Do, until, stages)
			}
			r.served(back...)
			doc, _ := jsonptr.Decode(fleet.JSON(r.doc(deepseek)))
			for path, want := range groupDefaults {
				if got, _ := jsonptr.Find(doc, path); !jsonptr.Encode(got).Equal(jsonptr.Encode(want)) {
					t.Errorf("%s, back from stage %d: %s is %v", w.Do, until, path, got)
				}
			}
			if image, _ := jsonptr.Find(doc, leaderAt+"/spec/containers/0/image"); image != "vllm/vllm-openai:v0.11.0" {
				t.Errorf("%s, back from stage %d: %v", w.Do, until, image)
			}
		}
	}
	r := newRig(t)
	if d := r.mustDraft(deepseek, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2", Parts: []fleet.Ratio{0.3}}); d.Stages[0].Back != nil {
		t.Error("a strategy that is stored is set back by the inverses")
	}
}
