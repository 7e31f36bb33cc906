// Package child reads what other systems keep below their own objects: Deployments, ReplicaSets and pods, and says how the
// roll of a Deployment stands by what kubectl asks of it, then by what keeps its pods. It only reads, and never decides what
// is to be changed.
package child

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// The kinds that are read.
var (
	DeploymentKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"}
	ReplicaSetKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "replicasets", Kind: "ReplicaSet"}
	PodKind        = fleet.ObjectKind{Version: "v1", Resource: "pods", Kind: "Pod"}
	NodeKind       = fleet.ObjectKind{Version: "v1", Resource: "nodes", Kind: "Node"}
	EventKind      = fleet.ObjectKind{Version: "v1", Resource: "events", Kind: "Event"}
	ClaimKind      = fleet.ObjectKind{Version: "v1", Resource: "persistentvolumeclaims", Kind: "PersistentVolumeClaim"}
)

// Document reads one object as a decoded document.
func Document(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, o fleet.ObjectRef) (any, error) {
	body, err := c.Get(ctx, kind, o)
	if err != nil {
		return nil, err
	}
	return jsonptr.Decode(body)
}

// Selector writes a selector of labels as the API takes it. One that is not well formed takes nothing.
func Selector(s *metav1.LabelSelector) string {
	by, err := metav1.LabelSelectorAsSelector(s)
	if err != nil || s == nil {
		return "pitwall.dev/no-selector"
	}
	return by.String()
}

// Surround reads what tells why pods are kept: machines and what runs on them where a pod has no place, claims, events.
// What may not be read stays out: less can be told then.
func Surround(ctx context.Context, c fleet.Objects, namespace string, f *stuck.Facts) error {
	unplaced := slices.ContainsFunc(f.New, func(p *corev1.Pod) bool { return p.Spec.NodeName == "" && p.DeletionTimestamp == nil })
	var err error
	if unplaced {
		if f.Cluster, err = Machines(ctx, c); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(f.New, mounts) {
		f.Claims, err = listing.Of[corev1.PersistentVolumeClaim](ctx, c, ClaimKind, namespace, "")
		if err := PassOver(err); err != nil {
			return err
		}
	}
	f.Events, err = listing.Of[corev1.Event](ctx, c, EventKind, namespace, "")
	return PassOver(err)
}

// Machines reads the machines and all that runs on them; nil where either may not be read.
func Machines(ctx context.Context, c fleet.Objects) (*stuck.Cluster, error) {
	nodes, err := listing.Of[corev1.Node](ctx, c, NodeKind, "", "")
	if err != nil {
		return nil, PassOver(err)
	}
	pods, err := listing.Of[corev1.Pod](ctx, c, PodKind, "", "")
	if err != nil {
		return nil, PassOver(err)
	}
	return &stuck.Cluster{Nodes: nodes, Pods: pods}, nil
}

func mounts(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil })
}

// PassOver lets reads go on that are of help only: of what may not be read, or is not there.
func PassOver(err error) error {
	if kind := fleet.KindOf(err); kind == fleet.KindAuth || kind == fleet.KindNotFound {
		return nil
	}
	return err
}
