package owner

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

func meta(labels, annotations map[string]string, managers ...string) *metav1.ObjectMeta {
	m := &metav1.ObjectMeta{Labels: labels, Annotations: annotations}
	for _, by := range managers {
		m.ManagedFields = append(m.ManagedFields, metav1.ManagedFieldsEntry{Manager: by})
	}
	return m
}

func TestWhatAppliesAnObjectIsKnownByItsMarks(t *testing.T) {
	instance := map[string]string{"app.kubernetes.io/instance": "llm"}
	for _, c := range []struct {
		m    *metav1.ObjectMeta
		want string
	}{
		{meta(nil, map[string]string{"argocd.argoproj.io/tracking-id": "llm:apps/Deployment:ns/x"}), "Argo CD application llm"},
		{meta(instance, nil, "kubectl", "argocd-controller"), "Argo CD application llm"},
		{meta(instance, nil, "helm"), ""},
		{meta(map[string]string{"kustomize.toolkit.fluxcd.io/name": "a", "kustomize.toolkit.fluxcd.io/namespace": "flux"}, nil), "Flux Kustomization flux/a"},
		{meta(map[string]string{"helm.toolkit.fluxcd.io/name": "a", "helm.toolkit.fluxcd.io/namespace": "flux"}, nil), "Flux HelmRelease flux/a"},
		{meta(nil, map[string]string{"meta.helm.sh/release-name": "llm"}), "Helm release llm, whose next upgrade writes over it"},
		{meta(nil, nil), ""},
	} {
		if got := GitOps(c.m).String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestTheWorkloadAboveAPod(t *testing.T) {
	yes := true
	pod := func(kind, name string, labels map[string]string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Labels: labels,
			OwnerReferences: []metav1.OwnerReference{{Kind: kind, Name: name, Controller: &yes}}}}
	}
	for _, c := range []struct {
		p    *corev1.Pod
		want string
	}{
		{pod("ReplicaSet", "web-5d9", map[string]string{TemplateHash: "5d9"}), "Deployment web"},
		{pod("ReplicaSet", "web", nil), "ReplicaSet web"},
		{pod("StatefulSet", "m-1", map[string]string{LWSName: "m"}), "LeaderWorkerSet m"},
		{&corev1.Pod{}, " "},
	} {
		if o := OfPod("c", c.p); o.Kind+" "+o.Name != c.want {
			t.Errorf("got %v, want %s", o, c.want)
		}
	}
	o := fleet.ObjectRef{Cluster: "c", Namespace: "ns"}
	if h := Holder(o, &pod("InferenceService", "m", nil).ObjectMeta); h.Kind != "InferenceService" || h.Namespace != "ns" || h.Cluster != "c" {
		t.Errorf("%+v", h)
	}
	if h := Holder(o, &metav1.ObjectMeta{}); h != (fleet.ObjectRef{}) {
		t.Errorf("%+v", h)
	}
}

func TestThePodOfARolloutIsTheRollouts(t *testing.T) {
	yes := true
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Labels: map[string]string{"rollouts-pod-template-hash": "5d9"},
		OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "chat-5d9", Controller: &yes}}}}
	if got := OfPod("east", p); got != (fleet.ObjectRef{Cluster: "east", Kind: "Rollout", Namespace: "llm", Name: "chat"}) {
		t.Errorf("%+v", got)
	}
}
