// Package owner says who keeps an object: the controller above it, or what applies it from a repository. Whatever is
// written below such a one is undone by it. It is pure and asks nobody.
package owner

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// Labels by which pods tell what they belong to.
const (
	LWSName      = "leaderworkerset.sigs.k8s.io/name"
	LWSHash      = "leaderworkerset.sigs.k8s.io/template-revision-hash"
	LWSGroup     = "leaderworkerset.sigs.k8s.io/group-index"
	LWSWorker    = "leaderworkerset.sigs.k8s.io/worker-index"
	LWSSize      = "leaderworkerset.sigs.k8s.io/size"     // an annotation
	LWSReplicas  = "leaderworkerset.sigs.k8s.io/replicas" // an annotation of the leaders' StatefulSet
	TemplateHash = "pod-template-hash"
	RolloutHash  = "rollouts-pod-template-hash" // of Argo Rollouts
)

// OfPod is the workload above a pod, as far as the pod itself tells: the name of a Deployment, or of a Rollout, stands before the
// hash that its ReplicaSet and its pods carry. It is zero for a pod that nothing keeps.
func OfPod(cluster fleet.ClusterID, p *corev1.Pod) fleet.ObjectRef {
	ref := fleet.ObjectRef{Cluster: cluster, Namespace: p.Namespace}
	if name := p.Labels[LWSName]; name != "" {
		ref.Kind, ref.Name = "LeaderWorkerSet", name
		return ref
	}
	c := metav1.GetControllerOfNoCopy(p)
	if c == nil {
		return fleet.ObjectRef{}
	}
	ref.Kind, ref.Name = c.Kind, c.Name
	if c.Kind != "ReplicaSet" {
		return ref
	}
	for label, kind := range map[string]string{TemplateHash: "Deployment", RolloutHash: "Rollout"} {
		if hash := p.Labels[label]; hash != "" {
			if name, ok := strings.CutSuffix(c.Name, "-"+hash); ok && name != "" {
				ref.Kind, ref.Name = kind, name
			}
		}
	}
	return ref
}

// Holder is the controller above an object, zero for none.
func Holder(o fleet.ObjectRef, m *metav1.ObjectMeta) fleet.ObjectRef {
	c := metav1.GetControllerOfNoCopy(m)
	if c == nil {
		return fleet.ObjectRef{}
	}
	return fleet.ObjectRef{Cluster: o.Cluster, Kind: c.Kind, Namespace: o.Namespace, Name: c.Name}
}

// GitOps names what applies an object from a repository, by the marks that it leaves; "" for none that is known. A label
// that charts set too counts for Argo CD only where Argo CD wrote fields of the object.
func GitOps(m *metav1.ObjectMeta) fleet.Safe {
	if id := m.Annotations["argocd.argoproj.io/tracking-id"]; id != "" {
		app, _, _ := strings.Cut(id, ":")
		return fleet.Textf("Argo CD application %s", fleet.Quote(app))
	}
	if app := m.Labels["app.kubernetes.io/instance"]; app != "" && written(m, "argocd") {
		return fleet.Textf("Argo CD application %s", fleet.Quote(app))
	}
	for _, mark := range []struct {
		prefix string
		what   fleet.Safe
	}{
		{"kustomize.toolkit.fluxcd.io", fleet.Text("Flux Kustomization")},
		{"helm.toolkit.fluxcd.io", fleet.Text("Flux HelmRelease")},
	} {
		if name := m.Labels[mark.prefix+"/name"]; name != "" {
			return fleet.Textf("%s %s", mark.what, fleet.Quote(m.Labels[mark.prefix+"/namespace"]+"/"+name))
		}
	}
	if name := m.Annotations["meta.helm.sh/release-name"]; name != "" {
		return fleet.Textf("Helm release %s, whose next upgrade writes over it", fleet.Quote(name))
	}
	return fleet.Safe{}
}

// Notes say of an object what undoes a change of it.
func Notes(holder fleet.ObjectRef, gitOps fleet.Safe) []fleet.Safe {
	var list []fleet.Safe
	if holder.Name != "" {
		list = append(list, fleet.Textf("%s %s keeps it and sets its fields back: change that instead", fleet.Quote(holder.Kind),
			fleet.Quote(holder.Name)))
	}
	if !gitOps.IsEmpty() {
		list = append(list, fleet.Textf("applied by %s", gitOps))
	}
	return list
}

func written(m *metav1.ObjectMeta, by string) bool {
	for _, f := range m.ManagedFields {
		if strings.HasPrefix(f.Manager, by) {
			return true
		}
	}
	return false
}
