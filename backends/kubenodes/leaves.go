package kubenodes

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// leaves is what the checks of a drain ask of one of its pods. known tells that budgets could be read.
func (s *scene) leaves(l leaving, budgets []*policyv1.PodDisruptionBudget, known bool) fleet.Leaving {
	p := l.pod
	out := fleet.Leaving{Pod: s.ref(p), Of: l.owner, Ready: isReady(p), GPUs: podspec.GPUs(&p.Spec), Shutdown: podspec.OfPod(p).Shutdown()}
	if known {
		out.Budgets = fleet.Some(stuck.Budgets(p, budgets))
	}
	out.Group, out.Size = s.group(p)
	return out
}

func (s *scene) ref(p *corev1.Pod) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: s.out.Object.Cluster, Kind: podKind.Kind, Namespace: p.Namespace, Name: p.Name}
}

// group names the pods that serve one replica together, and counts them: as the pod says, else as many as there are.
func (s *scene) group(p *corev1.Pod) (name string, size int) {
	set, index := p.Labels[owner.LWSName], p.Labels[owner.LWSGroup]
	if set == "" || index == "" {
		return "", 0
	}
	if n, err := strconv.Atoi(p.Annotations[owner.LWSSize]); err == nil && n > 0 {
		size = n
	} else {
		for _, o := range s.pods {
			if o.Namespace == p.Namespace && o.Labels[owner.LWSName] == set && o.Labels[owner.LWSGroup] == index {
				size++
			}
		}
	}
	if size < 2 {
		return "", 0 // a group of one pod is never left in part
	}
	return p.Namespace + "/" + set + "-" + index, size
}
