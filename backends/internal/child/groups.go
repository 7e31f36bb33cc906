package child

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/fleet"
)

// StatefulSetKind is what a LeaderWorkerSet keeps its leaders in.
var StatefulSetKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "statefulsets", Kind: "StatefulSet"}

// Groups are the pods of a LeaderWorkerSet, with the hash of its newest version: that of the StatefulSet of leaders, which
// the controller sets first; where it may not be read, that of the newest pod.
func Groups(ctx context.Context, c fleet.Objects, set fleet.ObjectRef) (pods []*corev1.Pod, newest string, err error) {
	pods, err = listing.Of[corev1.Pod](ctx, c, PodKind, set.Namespace, owner.LWSName+"="+set.Name)
	if err != nil {
		return nil, "", err
	}
	leaders := set
	leaders.Kind = StatefulSetKind.Kind
	if body, err := c.Get(ctx, StatefulSetKind, leaders); err == nil {
		var s struct {
			Metadata metav1.ObjectMeta `json:"metadata"`
			Spec     struct {
				Template corev1.PodTemplateSpec `json:"template"`
			} `json:"spec"`
		}
		if jsonptr.Typed(body, &s) == nil {
			for _, labels := range []map[string]string{s.Metadata.Labels, s.Spec.Template.Labels} {
				if hash := labels[owner.LWSHash]; hash != "" {
					return pods, hash, nil
				}
			}
		}
	}
	at := time.Time{}
	for _, p := range pods {
		if !p.CreationTimestamp.Time.Before(at) {
			newest, at = p.Labels[owner.LWSHash], p.CreationTimestamp.Time
		}
	}
	return pods, newest, nil
}

// ByHash takes the pods of a version apart from the others.
func ByHash(pods []*corev1.Pod, hash string) (fresh, old []*corev1.Pod) {
	for _, p := range pods {
		if p.Labels[owner.LWSHash] == hash {
			fresh = append(fresh, p)
		} else {
			old = append(old, p)
		}
	}
	return fresh, old
}

// Leaders are the pods that serve: one of each group.
func Leaders(pods []*corev1.Pod) []*corev1.Pod {
	return slices.DeleteFunc(slices.Clone(pods), func(p *corev1.Pod) bool { return p.Labels[owner.LWSWorker] != "0" })
}

// ReadyGroups counts groups of which all pods are ready.
func ReadyGroups(pods []*corev1.Pod, size int) int {
	byGroup := map[string][]*corev1.Pod{}
	for _, p := range pods {
		byGroup[p.Labels[owner.LWSGroup]] = append(byGroup[p.Labels[owner.LWSGroup]], p)
	}
	n := 0
	for _, group := range byGroup {
		if Ready(group) >= size {
			n++
		}
	}
	return n
}
