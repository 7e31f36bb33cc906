package workloads

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

// shape words a draft: each stage with its writes and what it waits for.
func shape(d fleet.Draft) string {
	var b strings.Builder
	for i, s := range d.Stages {
		fmt.Fprintf(&b, "stage %d canary=%v until=%+v\n", i+1, s.Canary, s.Until)
		for _, w := range s.Writes {
			fmt.Fprintf(&b, "%s%s %s\n%s\n", w.Verb, w.Part, w.Object.Name, lines(w))
		}
		for _, w := range s.Then {
			fmt.Fprintf(&b, "then\n%s\n", lines(w))
		}
	}
	return b.String()
}

const template = "/spec/template/spec/containers/0"

func TestAnUpgradeInOneStep(t *testing.T) {
	r := newRig(t)
	d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0", Weights: "org/llama-3", Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "8192"}}})
	want := `stage 1 canary=false until={Updated:12 Ready:12 Done:true Gone:false Paused:0 Split:false}
set llama
/spec/template/spec/containers/0/name = "vllm"
/spec/template/spec/containers/0/args/0 = "--model"
/spec/template/spec/containers/0/args/1: "org/llama" -> "org/llama-3"
/spec/template/spec/containers/0/args/4 = "--max-model-len"
/spec/template/spec/containers/0/args/5: "4096" -> "8192"
/spec/template/spec/containers/0/image: "vllm/vllm-openai:v0.11.0" -> "vllm/vllm-openai:v0.12.0"
`
	if got := shape(d); got != want {
		t.Errorf("got\n%s", got)
	}
	if d.Extra != 12 || d.Down != 3 || !d.NoUndo.IsEmpty() {
		t.Errorf("%+v", d)
	}
	if text := d.Stages[0].Text.String(); text != "image of container vllm: vllm/vllm-openai:v0.11.0 -> vllm/vllm-openai:v0.12.0; model of container vllm: org/llama -> org/llama-3; --max-model-len of container vllm: 4096 -> 8192" {
		t.Errorf("%s", text)
	}
}

// A canary of a Deployment: new replicas do not become available, so that it stops at the part by itself, and everything but
// the template is as before at the end.
func TestACanaryOfADeploymentIsHeld(t *testing.T) {
	r := newRig(t)
	d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2", Parts: []fleet.Ratio{0.5, 0.1, 0.1}})
	if n := notes(d); !strings.Contains(n, "it stays at the part whatever becomes of pitwall") || strings.Contains(n, "goes on by its strategy") {
		t.Errorf("notes %s", n)
	}
	const from = `"{\"progressDeadlineSeconds\":600,\"maxSurge\":\"25%\",\"maxUnavailable\":\"25%\"}"`
	want := `stage 1 canary=true until={Updated:2 Ready:2 Done:false Gone:false Paused:0 Split:false}
set llama
/spec/template/spec/containers/0/name = "vllm"
/spec/template/spec/containers/0/image: "vllm/vllm-openai:v0.11.0" -> "x:2"
/spec/minReadySeconds:  -> 31536000
/spec/progressDeadlineSeconds: 600 -> 31536001
/metadata/annotations/pitwall.dev~1held-from:  -> ` + from + `
/metadata/annotations/pitwall.dev~1canary:  -> "2 of 12"
/spec/strategy/rollingUpdate/maxSurge: "25%" -> 2
/spec/strategy/rollingUpdate/maxUnavailable: "25%" -> 0
then
/spec/paused:  -> true
stage 2 canary=true until={Updated:6 Ready:6 Done:false Gone:false Paused:0 Split:false}
set llama
/spec/paused: true -> 
/metadata/annotations/pitwall.dev~1canary: "2 of 12" -> "6 of 12"
/spec/strategy/rollingUpdate/maxSurge: 2 -> "25%"
/spec/strategy/rollingUpdate/maxUnavailable: 0 -> "25%"
then
/spec/paused:  -> true
stage 3 canary=false until={Updated:12 Ready:12 Done:true Gone:false Paused:0 Split:false}
set llama
/spec/paused: true -> 
/metadata/annotations/pitwall.dev~1canary: "6 of 12" -> 
/spec/minReadySeconds: 31536000 -> 
/spec/progressDeadlineSeconds: 31536001 -> 600
/metadata/annotations/pitwall.dev~1held-from: ` + from + ` -> 
`
	if got := shape(d); got != want {
		t.Errorf("got\n%s", got)
	}
	before := r.doc(llama)
	var sent []fleet.ObjectWrite
	for _, s := range d.Stages {
		sent = append(sent, s.Writes...)
		sent = append(sent, s.Then...)
	}
	r.send(sent...)
	if got := strings.Replace(r.doc(llama), "x:2", "vllm/vllm-openai:v0.11.0", 1); got != before {
		t.Errorf("more than the template is changed in the end:\n%s\n%s", got, before)
	}
	for i := len(sent) - 1; i >= 0; i-- {
		back, ok := sent[i].Inverse()
		if !ok {
			t.Fatal("no way back")
		}
		r.send(back)
	}
	if got := r.doc(llama); got != before {
		t.Errorf("all inverses in reverse lead to\n%s", got)
	}
}

func TestACanaryByPartitionIsExact(t *testing.T) {
	r := newRig(t)
	d := r.mustDraft(qwen, fleet.Want{Do: fleet.DoUpgrade, Weights: "org/qwen-2", Parts: []fleet.Ratio{0.25, 0.75}})
	want := `stage 1 canary=true until={Updated:1 Ready:1 Done:false Gone:false Paused:0 Split:false}
set qwen
/spec/template/spec/containers/0/name = "sglang"
/spec/template/spec/containers/0/command/1 = "-c"
/spec/template/spec/containers/0/command/2: "python3 -m sglang.launch_server --model-path org/qwen --served-model-name qwen" -> "python3 -m sglang.launch_server --model-path org/qwen-2 --served-model-name qwen"
/spec/updateStrategy/rollingUpdate/partition: 0 -> 3
stage 2 canary=true until={Updated:3 Ready:3 Done:false Gone:false Paused:0 Split:false}
set qwen
/spec/updateStrategy/rollingUpdate/partition: 3 -> 1
stage 3 canary=false until={Updated:4 Ready:4 Done:true Gone:false Paused:0 Split:false}
set qwen
/spec/updateStrategy/rollingUpdate/partition: 1 -> 0
`
	if got := shape(d); got != want {
		t.Errorf("got\n%s", got)
	}
	if d.Extra != 0 || d.Down != 1 {
		t.Errorf("%+v", d)
	}
}

// Trap 9: both templates are written, nothing is remembered, and a group restarts as one.
func TestTrap9ALeaderWorkerSetIsWrittenInBothTemplatesAndTakesItselfBackOnlyByJournal(t *testing.T) {
	r := newRig(t)
	d := r.mustDraft(deepseek, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0", Weights: "org/deepseek-2", Parts: []fleet.Ratio{0.3}})
	got := shape(d)
	for _, part := range []string{
		`/spec/leaderWorkerTemplate/leaderTemplate/spec/containers/0/image: "vllm/vllm-openai:v0.11.0" -> "vllm/vllm-openai:v0.12.0"`,
		`/spec/leaderWorkerTemplate/workerTemplate/spec/containers/0/image: "vllm/vllm-openai:v0.11.0" -> "vllm/vllm-openai:v0.12.0"`,
		`vllm serve org/deepseek-2 --served-model-name deepseek"`,
		"/spec/rolloutStrategy/rollingUpdateConfiguration/partition: 0 -> 2",
		"/spec/rolloutStrategy/rollingUpdateConfiguration/partition: 2 -> 0",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in\n%s", part, got)
		}
	}
	if n := notes(d); !strings.Contains(n, "the 2 pods of a group are replaced together") || !strings.Contains(n, "keeps no older versions: only the journal") {
		t.Errorf("%s", n)
	}
	if beside := r.mustDraft(deepseek, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0", Surge: fleet.Some(1)}); d.Extra != 0 || d.Down != 1 || beside.Extra != 16 {
		t.Errorf("a group is replaced in its place, or one more has two pods of 8 GPUs: %d and %d away, %d beside", d.Extra, d.Down, beside.Extra)
	}
	r.refused(deepseek, fleet.Want{Do: fleet.DoUpgrade, Version: "h1"}, fleet.KindUnsupported, "whose journal holds what was before")
	before := r.doc(deepseek)
	r.send(d.Stages[0].Writes...)
	r.set(deepseek, "/status/updatedReplicas", 1)
	back, _ := d.Stages[0].Writes[0].Inverse()
	r.send(back)
	r.set(deepseek, "/status/updatedReplicas", 3)
	if got := r.doc(deepseek); got != before {
		t.Errorf("the journal's inverse leads to\n%s\nnot\n%s", got, before)
	}
	restart := shape(r.mustDraft(deepseek, fleet.Want{Do: fleet.DoRestart, Stamp: noon}))
	if strings.Count(restart, `restartedAt:  -> "2026-11-24T12:00:00Z"`) != 2 {
		t.Errorf("a restart writes both templates: %s", restart)
	}
}

func TestWorkersThatRunAnotherProgramKeepTheirImage(t *testing.T) {
	r := newRig(t)
	r.set(deepseek, "/spec/leaderWorkerTemplate/workerTemplate/spec/containers/0/image", "rayproject/ray:2.50")
	if got := shape(r.mustDraft(deepseek, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0"})); strings.Contains(got, "workerTemplate") {
		t.Errorf("%s", got)
	}
	r.set(deepseek, "/spec/leaderWorkerTemplate/leaderTemplate", nil)
	got := shape(r.mustDraft(deepseek, fleet.Want{Do: fleet.DoUpgrade, Image: "rayproject/ray:2.51"}))
	if strings.Contains(got, "leaderTemplate") || !strings.Contains(got, "workerTemplate/spec/containers/0/image") {
		t.Errorf("without a leader's template:\n%s", got)
	}
}

func TestARememberedVersionIsRestored(t *testing.T) {
	r := newRig(t)
	d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Version: "llama-old"})
	want := `/spec/template/spec/containers/0/args/0 = "--model"
/spec/template/spec/containers/0/args/1: "org/llama" -> "org/llama-2"
/spec/template/spec/containers/0/args/5: "4096" -> 
/spec/template/spec/containers/0/args/4: "--max-model-len" -> 
/spec/template/spec/containers/0/image: "vllm/vllm-openai:v0.11.0" -> "vllm/vllm-openai:v0.10.0"`
	if got := lines(d.Stages[0].Writes[0]); !strings.HasSuffix(got, want) || strings.Contains(got, "pod-template-hash") {
		t.Errorf("got\n%s", got)
	}
	if text := d.Stages[0].Text.String(); text != "template back to revision 2: image vllm/vllm-openai:v0.10.0, model org/llama-2" {
		t.Errorf("%s", text)
	}
	r.send(d.Stages[0].Writes...)
	if got := r.rollout(llama); got.Now.ID != "llama-old" || got.Now.Name.String() != "revision 2" {
		t.Errorf("after it: %+v", got.Now)
	}
	r.refused(llama, fleet.Want{Do: fleet.DoUpgrade, Version: "gone"}, fleet.KindInvalid, "remembers no version gone")
	r.refused(llama, fleet.Want{Do: fleet.DoUpgrade, Version: "llama-new", Image: "x"}, fleet.KindInvalid, "as it was")
}

// With OrderedReady a broken new pod holds up even its own way back: it is evicted once the template is restored.
func TestARestoredStatefulSetEvictsItsBrokenPod(t *testing.T) {
	r := newRig(t)
	r.set(qwen, "/status/updateRevision", "qwen-c", "/status/readyReplicas", 3)
	r.pod("qwen-3", "StatefulSet", "qwen", "s-1", "app: qwen, controller-revision-hash: qwen-c", crashes)
	d := r.mustDraft(qwen, fleet.Want{Do: fleet.DoUpgrade, Version: "qwen-a"})
	if got := shape(d); len(d.Stages) != 2 || !strings.Contains(got, "evict qwen-3") || d.Stages[0].Until != (fleet.Until{}) || !d.Stages[1].Until.Done ||
		strings.Contains(got, "$patch") || !strings.Contains(got, `-> "lmsysorg/sglang:v0.4.9"`) {
		t.Errorf("%s", got)
	}
	if d.Stages[1].Writes[0].UID != "u-qwen-3" || d.Stages[1].Writes[0].API != podKind {
		t.Errorf("%+v", d.Stages[1].Writes[0])
	}
	r.set(qwen, "/spec/podManagementPolicy", "Parallel")
	if d := r.mustDraft(qwen, fleet.Want{Do: fleet.DoUpgrade, Version: "qwen-a"}); len(d.Stages) != 1 {
		t.Errorf("Parallel needs no eviction: %s", shape(d))
	}
}

// Trap 13: the offer to take the one replica away first, with its outage.
func TestTrap13ASurgeThatCannotBePlacedIsSaidBeforeWithTheOtherWay(t *testing.T) {
	r := newRig(t)
	one(r)
	d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2"})
	want := "1 more pod asks for 4 nvidia.com/gpu and there is room for 0 (0 free), and no old replica may leave: it will never finish; " +
		"with surge 0, 1 of 1 replicas are away while new ones load: an outage of about 11m"
	if !strings.Contains(notes(d), want) || d.Extra != 4 || d.Down != 0 {
		t.Errorf("extra %d, down %d\n%s", d.Extra, d.Down, notes(d))
	}
	d = r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2", Surge: fleet.Some(0)})
	got := shape(d)
	if d.Extra != 0 || d.Down != 1 || !strings.Contains(got, `maxSurge: "25%" -> 0`) || !strings.Contains(got, `maxUnavailable: "25%" -> 1`) ||
		!strings.Contains(got, `maxSurge: 0 -> "25%"`) || len(d.Stages) != 2 || !strings.Contains(notes(d), "an outage of about 11m") {
		t.Errorf("extra %d, down %d\n%s%s", d.Extra, d.Down, got, notes(d))
	}
	r.node(8)
	if d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2"}); strings.Contains(notes(d), "never finish") {
		t.Errorf("with a free set: %s", notes(d))
	}
}

// Trap 14: a claim that one node at a time can have is said before a surge.
func TestTrap14AReadWriteOnceClaimIsSaidBefore(t *testing.T) {
	r := newRig(t)
	r.set(llama, "/spec/template/spec/volumes", []any{map[string]any{"name": "w", "persistentVolumeClaim": map[string]any{"claimName": "weights"}}})
	r.Put(claimKind, `{metadata: {name: weights, namespace: llm}, spec: {accessModes: [ReadWriteOnce]}}`)
	if n := notes(r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2"})); !strings.Contains(n, "claim weights can be on one node only") {
		t.Errorf("%s", n)
	}
	r.Put(claimKind, `{metadata: {name: weights, namespace: llm}, spec: {accessModes: [ReadWriteMany]}}`)
	if n := notes(r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2"})); strings.Contains(n, "claim") {
		t.Errorf("%s", n)
	}
}

// Trap 15: what an autoscaler would set back is refused, with the way that holds.
func TestTrap15AScaleThatAnAutoscalerUndoesIsRefused(t *testing.T) {
	r := newRig(t)
	scale := func(n int) fleet.Want { return fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(n)} }
	r.hpa(2, 20, llama)
	r.refused(llama, scale(14), fleet.KindUnsupported, "HorizontalPodAutoscaler h (2 to 20, wants 7) sets it back at once; hold it at 14 instead")
	r.hpa(12, 12, llama)
	r.refused(llama, scale(14), fleet.KindUnsupported, "is held (min = max = 12)")
	r.Drop(scalers.HPAKind, "llm", "h")
	r.Put(scalers.ScaledObjectKind, `{metadata: {name: k, namespace: llm}, spec: {scaleTargetRef: {name: llama}}}`)
	r.refused(llama, scale(14), fleet.KindUnsupported, "ScaledObject k (0 to 100, wants 0)")
	r.Put(scalers.ScaledObjectKind, `{metadata: {name: k, namespace: llm, annotations: {autoscaling.keda.sh/paused: "true"}}, spec: {scaleTargetRef: {name: llama}}}`)
	if _, err := r.draft(llama, scale(14)); err != nil {
		t.Errorf("KEDA that is paused sets nothing back: %v", err)
	}
	if n := notes(r.mustDraft(llama, scale(0))); !strings.Contains(n, "switches itself off") {
		t.Errorf("0 replicas: %s", n)
	}
}

func TestScalingGoesThroughThePartThatIsMadeForIt(t *testing.T) {
	r := newRig(t)
	r.node(60)
	for _, ref := range []fleet.ObjectRef{llama, qwen, deepseek} {
		now := r.rollout(ref)
		up := r.mustDraft(ref, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(now.Desired + 2)})
		w := up.Stages[0].Writes[0]
		if w.Part != "scale" || len(w.Fields) != 1 || w.Fields[0].Path != "/spec/replicas" || up.Extra != 2*now.GPUsEach || up.Down != 0 || !up.Stages[0].Until.Done {
			t.Errorf("%s: %+v", ref.Kind, up)
		}
		if !strings.Contains(notes(up), "stays Pending") {
			t.Errorf("%s: no GPUs are free: %s", ref.Kind, notes(up))
		}
		down := r.mustDraft(ref, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)})
		if down.Down != now.Desired || down.Extra != 0 {
			t.Errorf("%s: %+v", ref.Kind, down)
		}
		r.send(down.Stages[0].Writes...)
		if got := r.rollout(ref); got.Desired != 0 {
			t.Errorf("%s asks for %d", ref.Kind, got.Desired)
		}
	}
	r.refused(llama, fleet.Want{Do: fleet.DoScale}, fleet.KindInvalid, "no number")
	r.refused(llama, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(-1)}, fleet.KindInvalid, "no number")
	r.refused(llama, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)}, fleet.KindInvalid, "already")
}

func TestPausingAndResuming(t *testing.T) {
	r := newRig(t)
	pause, resume := fleet.Want{Do: fleet.DoPause}, fleet.Want{Do: fleet.DoResume}
	for _, ref := range []fleet.ObjectRef{llama, qwen, deepseek} {
		r.refused(ref, resume, fleet.KindInvalid, "not paused")
	}
	r.send(r.mustDraft(llama, pause).Stages[0].Writes...)
	r.refused(llama, pause, fleet.KindInvalid, "paused already")
	r.refused(llama, fleet.Want{Do: fleet.DoRestart, Stamp: noon}, fleet.KindUnsupported, "resume it first")
	r.refused(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x"}, fleet.KindUnsupported, "resume it first")
	r.send(r.mustDraft(llama, resume).Stages[0].Writes...)
	if got := r.rollout(llama); got.Phase != fleet.RolloutDone {
		t.Errorf("%+v", got)
	}
	// What is new stays new: the partition is put below it, not above.
	r.set(qwen, "/status/updateRevision", "qwen-c")
	r.pod("qwen-3", "StatefulSet", "qwen", "s-1", "app: qwen, controller-revision-hash: qwen-c", ready)
	d := r.mustDraft(qwen, pause)
	if got := lines(d.Stages[0].Writes[0]); got != "/spec/updateStrategy/rollingUpdate/partition: 0 -> 3" {
		t.Errorf("%s", got)
	}
	r.send(d.Stages[0].Writes...)
	r.refused(qwen, pause, fleet.KindInvalid, "holds it already")
	r.refused(qwen, fleet.Want{Do: fleet.DoUpgrade, Image: "x"}, fleet.KindUnsupported, "its partition of 3 holds replicas back")
	if got := lines(r.mustDraft(qwen, resume).Stages[0].Writes[0]); got != "/spec/updateStrategy/rollingUpdate/partition: 3 -> 0" {
		t.Errorf("%s", got)
	}
	if got := lines(r.mustDraft(deepseek, pause).Stages[0].Writes[0]); got != "/spec/rolloutStrategy/rollingUpdateConfiguration/partition: 0 -> 3" {
		t.Errorf("a set that is done is held whole: %s", got)
	}
}

func TestWhatAKindCannotDoIsSaidWithWhatItCan(t *testing.T) {
	r := newRig(t)
	up := func(w fleet.Want) fleet.Want { w.Do, w.Image = fleet.DoUpgrade, "x:2"; return w }
	r.refused(llama, fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "has no steps of its own")
	r.refused(llama, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "x", Weight: 1}}}, fleet.KindUnsupported, "HTTPRoute before it")
	r.refused(llama, fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "upgrade, scale, pause, resume and restart")
	r.refused(llama, fleet.Want{Do: fleet.DoUpgrade}, fleet.KindInvalid, "nothing is wanted")
	r.refused(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.11.0"}, fleet.KindInvalid, "already")
	r.refused(llama, up(fleet.Want{Parts: []fleet.Ratio{1.5}}), fleet.KindInvalid, "a part is more than 0")
	r.refused(llama, up(fleet.Want{Surge: fleet.Some(13)}), fleet.KindInvalid, "a surge is between")
	r.refused(qwen, up(fleet.Want{Surge: fleet.Some(1)}), fleet.KindUnsupported, "in place")
	r.refused(llama, fleet.Want{Do: fleet.DoRestart}, fleet.KindInvalid, "no time")
	r.set(qwen, "/spec/replicas", 1, "/status/replicas", 1, "/status/readyReplicas", 1)
	r.refused(qwen, up(fleet.Want{Parts: []fleet.Ratio{0.5}}), fleet.KindUnsupported, "no old one is left to compare with")
	r.set(qwen, "/spec/updateStrategy", map[string]any{"type": "OnDelete"})
	for _, w := range []fleet.Want{up(fleet.Want{}), {Do: fleet.DoRestart, Stamp: noon}, {Do: fleet.DoPause}, {Do: fleet.DoResume}} {
		r.refused(qwen, w, fleet.KindUnsupported, "OnDelete")
	}
	r.set(llama, "/spec/strategy", map[string]any{"type": "Recreate"})
	r.refused(llama, up(fleet.Want{Parts: []fleet.Ratio{0.5}}), fleet.KindUnsupported, "Recreate")
	r.refused(llama, up(fleet.Want{Surge: fleet.Some(1)}), fleet.KindUnsupported, "Recreate")
	d := r.mustDraft(llama, up(fleet.Want{}))
	if d.Extra != 0 || d.Down != 12 || !strings.Contains(notes(d), "12 of 12 replicas are away while new ones load: an outage of about 11m") {
		t.Errorf("%+v", d)
	}
	was := r.rollout(llama)
	r.set(llama, "/metadata/uid", "another")
	if _, err := r.o.Draft(t.Context(), r, was, up(fleet.Want{})); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("another object under the name: %v", err)
	}
}

func TestAServedNameThatChangesIsSaid(t *testing.T) {
	r := newRig(t)
	r.set(llama, template+"/args", []any{"--model", "org/llama"})
	n := notes(r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Weights: "org/llama-3"}))
	if !strings.Contains(n, "the served name changes from org/llama to org/llama-3") || !strings.Contains(n, "--served-model-name keeps it") {
		t.Errorf("%s", n)
	}
}

// One replica with a surge of one: the new one serves beside the old one before that goes.
func TestACanaryOfOneReplicaStandsBesideTheOldOne(t *testing.T) {
	r := newRig(t)
	one(r)
	d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2", Parts: []fleet.Ratio{0.1}})
	if len(d.Stages) != 2 || !d.Stages[0].Canary || d.Stages[0].Until.Updated != 1 || len(d.Stages[0].Then) != 1 {
		t.Errorf("%s", shape(d))
	}
	r.refused(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2", Parts: []fleet.Ratio{0.1}, Surge: fleet.Some(0)}, fleet.KindUnsupported, "no old one is left")
}

// A pace that is wanted lasts for the roll, and only for it.
func TestAWantedSurgeIsSetBackAtTheEnd(t *testing.T) {
	r := newRig(t)
	for _, ref := range []fleet.ObjectRef{llama, deepseek} {
		before, _ := jsonptr.Decode(fleet.JSON(r.doc(ref)))
		d := r.mustDraft(ref, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0", Surge: fleet.Some(1), Parts: []fleet.Ratio{0.5}})
		for _, s := range d.Stages {
			r.send(s.Writes...)
			r.send(s.Then...)
		}
		after, _ := jsonptr.Decode(fleet.JSON(r.doc(ref)))
		for _, path := range []string{"/spec/strategy", "/spec/rolloutStrategy", "/metadata/annotations", "/spec/paused"} {
			a, _ := jsonptr.Find(before, path)
			b, _ := jsonptr.Find(after, path)
			if !jsonptr.Encode(a).Equal(jsonptr.Encode(b)) {
				t.Errorf("%s: %s is %s, was %s", ref.Kind, path, jsonptr.Encode(b), jsonptr.Encode(a))
			}
		}
	}
}
