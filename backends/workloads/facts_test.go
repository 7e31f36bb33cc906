package workloads

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

var (
	digestA = "sha256:" + strings.Repeat("a1", 32)
	digestB = "sha256:" + strings.Repeat("b2", 32)
)

// What the checks of a change ask is read, each of it.
func TestWhatTheChecksAskIsRead(t *testing.T) {
	r := newRig(t)
	r.set(llama, "/spec/template/spec/terminationGracePeriodSeconds", 120, "/spec/template/spec/containers/0/lifecycle",
		map[string]any{"preStop": map[string]any{"sleep": map[string]any{"seconds": 15}}})
	for _, set := range []string{"llama-new"} {
		ref := fleet.ObjectRef{Kind: replicaSetKind.Kind, Namespace: "llm", Name: set}
		r.Change(replicaSetKind, ref, "/spec/template/spec/terminationGracePeriodSeconds", 120)
		r.Change(replicaSetKind, ref, "/spec/template/spec/containers/0/lifecycle", map[string]any{"preStop": map[string]any{"sleep": map[string]any{"seconds": 15}}})
	}
	got := r.rollout(llama)
	if !got.At.Equal(noon) || !got.Now.At.Equal(at("2026-11-20T08:00:00Z")) || got.UpdatedReady != 12 || len(got.UpdatedPods) != 12 {
		t.Errorf("read at %s, version of %s, %d ready of %d", got.At, got.Now.At, got.UpdatedReady, len(got.UpdatedPods))
	}
	if s := got.Shutdown; s.Grace.V != 2*time.Minute || s.PreStop.V != 15*time.Second || !s.Engine.OK || s.Engine.V != 0 {
		t.Errorf("%+v", s)
	}
	if !got.Startup.OK || got.Startup.V != 0 || len(got.Loads) != 12 || got.Loads[0] != 11*time.Minute {
		t.Errorf("startup %+v, loads %v", got.Startup, got.Loads)
	}
	if got.PodGPUs != nil || got.GPUsEach != 4 {
		t.Errorf("%v", got.PodGPUs)
	}
	if len(got.Manifests) != 12 || !got.Manifests[0].Updated || !got.Manifests[0].Digest.IsEmpty() {
		t.Errorf("%+v", got.Manifests)
	}
	groups := r.rollout(deepseek)
	if !slices.Equal(groups.PodGPUs, []int{8, 8}) || groups.GPUsEach != 16 || groups.UpdatedReady != 3 || len(groups.Loads) != 3 || len(groups.Manifests) != 3 {
		t.Errorf("GPUs %v of %d, %d ready, loads %v, %d manifests", groups.PodGPUs, groups.GPUsEach, groups.UpdatedReady, groups.Loads, len(groups.Manifests))
	}
	if !groups.Now.At.Equal(at("2026-11-24T08:00:00Z")) {
		t.Errorf("the groups' version came at %s", groups.Now.At)
	}
}

// A version that came back is as old as its return, and not as its first time.
func TestAVersionThatCameBackIsAsOldAsItsReturn(t *testing.T) {
	r := newRig(t)
	back := fleet.ObjectRef{Kind: replicaSetKind.Kind, Namespace: "llm", Name: "llama-new"}
	r.Change(replicaSetKind, back, "/metadata/annotations/deployment.kubernetes.io~1revision-history", "1")
	if got := r.rollout(llama).Now.At; !got.Equal(at("2026-11-24T08:00:00Z")) {
		t.Errorf("the Deployment's came at %s", got)
	}
	for name, came := range map[string]string{"qwen-a": "2026-11-01T00:00:00Z", "qwen-b": "2026-11-02T00:00:00Z"} {
		r.Change(revisionKind, fleet.ObjectRef{Kind: revisionKind.Kind, Namespace: "llm", Name: name}, "/metadata/creationTimestamp", came)
	}
	if got := r.rollout(qwen).Now.At; !got.Equal(at("2026-11-02T00:00:00Z")) {
		t.Errorf("the StatefulSet's came at %s", got)
	}
	r.Change(revisionKind, fleet.ObjectRef{Kind: revisionKind.Kind, Namespace: "llm", Name: "qwen-a"}, "/metadata/creationTimestamp", "2026-11-03T00:00:00Z")
	if got := r.rollout(qwen).Now.At; !got.Equal(at("2026-11-24T08:00:00Z")) {
		t.Errorf("the StatefulSet's came back at %s", got)
	}
}

// Weights are vouched for by annotations; other weights are not vouched for by those of the weights before.
func TestWhoVouchedForTheOldWeightsSaysNothingOfNewOnes(t *testing.T) {
	r := newRig(t)
	says := map[string]any{fleet.AnnotationManifest: digestA, fleet.AnnotationSigned: "signed"}
	r.set(llama, "/spec/template/metadata/annotations", says)
	r.Change(replicaSetKind, fleet.ObjectRef{Kind: replicaSetKind.Kind, Namespace: "llm", Name: "llama-new"}, "/spec/template/metadata/annotations", says)
	r.Change(podKind, fleet.ObjectRef{Kind: podKind.Kind, Namespace: "llm", Name: "llama-3"}, "/metadata/annotations", map[string]any{fleet.AnnotationManifest: digestB})
	got := r.rollout(llama)
	if got.Now.Manifest.String() != digestA || got.Now.Signed != fleet.TrustSigned {
		t.Errorf("%+v", got.Now)
	}
	if i := slices.IndexFunc(got.Manifests, func(m fleet.PodManifest) bool { return m.Pod == "llama-3" }); got.Manifests[i].Digest.String() != digestB {
		t.Errorf("%+v", got.Manifests)
	}
	same := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0"})
	if same.To.Manifest.String() != digestA || same.To.Signed != fleet.TrustSigned || same.To.Image.String() != "vllm/vllm-openai:v0.12.0" {
		t.Errorf("%+v", same.To)
	}
	other := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Weights: "org/llama-4"})
	if other.To.Weights.String() != "org/llama-4" || !other.To.Manifest.IsEmpty() || other.To.Signed != fleet.TrustUnknown {
		t.Errorf("%+v", other.To)
	}
	if said := lines(other.Stages[0].Writes[0]); !strings.Contains(said, digestA) {
		t.Errorf("the annotations stay: %s", said)
	}
	r.send(other.Stages[0].Writes...)
	if doc := r.doc(llama); strings.Contains(doc, digestA) || strings.Contains(doc, fleet.AnnotationSigned) {
		t.Errorf("the annotations stay: %s", doc)
	}
	back, _ := other.Stages[0].Writes[0].Inverse()
	r.send(back)
	if doc := r.doc(llama); !strings.Contains(doc, digestA) {
		t.Errorf("the way back leaves them out: %s", doc)
	}
}

// An autoscaler that may not be read is not the same as none.
func TestAnAutoscalerThatMayNotBeReadIsNotKnown(t *testing.T) {
	r := newRig(t)
	if s := r.rollout(llama).Scaler; !s.Unread.IsEmpty() || s.Exists() {
		t.Errorf("%+v", s)
	}
	r.Denied["horizontalpodautoscalers"] = true
	if s := r.rollout(llama).Scaler; !strings.Contains(s.Unread.String(), "no right to list horizontalpodautoscalers") || s.Exists() {
		t.Errorf("%+v", s)
	}
}
