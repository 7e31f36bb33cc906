package stuck

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// Cluster is the machines and all that runs on them, in every namespace.
type Cluster struct {
	Nodes []*corev1.Node
	Pods  []*corev1.Pod
}

// Room is what a cluster has free for pods of one kind, on the nodes that may take them.
type Room struct {
	Resource corev1.ResourceName // what a pod asks most of; "" for no GPU
	Each     int                 // of one pod
	Nodes    int                 // that may take such a pod
	Free     int                 // on all of them: allocatable less what live pods ask for
	Largest  int                 // on one
	Fits     int                 // pods
	Closed   int                 // nodes beside them that have the resource, and are cordoned or not ready at the moment
}

// RoomFor counts. Free is allocatable, which failed devices are not in, less the requests of pods that are not over.
func (c *Cluster) RoomFor(spec *corev1.PodSpec) Room {
	var r Room
	r.Resource, r.Each = devices(spec)
	if r.Each == 0 {
		return r
	}
	asked := map[string]int{}
	for _, p := range c.Pods {
		if p.Spec.NodeName != "" && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			asked[p.Spec.NodeName] += podspec.Devices(&p.Spec)[r.Resource]
		}
	}
	for _, n := range c.Nodes {
		if _, has := n.Status.Allocatable[r.Resource]; has && fits(n, spec) && !isOpen(n) {
			r.Closed++
		}
		if !takes(n, spec) {
			continue
		}
		free := max(podspec.Count(n.Status.Allocatable[r.Resource])-asked[n.Name], 0)
		if _, has := n.Status.Allocatable[r.Resource]; has {
			r.Nodes++
		}
		r.Free += free
		r.Largest = max(r.Largest, free)
		r.Fits += free / r.Each
	}
	return r
}

// node finds a machine by name.
func (c *Cluster) node(name string) *corev1.Node {
	if c == nil {
		return nil
	}
	for _, n := range c.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// takes tells whether the scheduler may put a pod on a node, GPUs aside.
func takes(n *corev1.Node, spec *corev1.PodSpec) bool {
	return isOpen(n) && tolerated(n.Spec.Taints, spec.Tolerations) && fits(n, spec)
}

func isOpen(n *corev1.Node) bool { return answers(n) && !n.Spec.Unschedulable }

// fits tells whether a node is of the kind that a pod wants, whether it is open or not.
func fits(n *corev1.Node, spec *corev1.PodSpec) bool {
	// a node that is cordoned or does not answer has taints that say so
	own := slices.DeleteFunc(slices.Clone(n.Spec.Taints), func(t corev1.Taint) bool {
		return strings.HasPrefix(t.Key, "node.kubernetes.io/")
	})
	return selected(n, spec) && tolerated(own, spec.Tolerations)
}

// frees tells whether a pod of somebody holds devices of a kind and is going.
func (c *Cluster) frees(resource corev1.ResourceName) bool {
	return slices.ContainsFunc(c.Pods, func(p *corev1.Pod) bool {
		return p.DeletionTimestamp != nil && p.Spec.NodeName != "" && podspec.Devices(&p.Spec)[resource] > 0
	})
}

func answers(n *corev1.Node) bool {
	for i := range n.Status.Conditions {
		if c := &n.Status.Conditions[i]; c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func tolerated(taints []corev1.Taint, tolerations []corev1.Toleration) bool {
	for i := range taints {
		t := &taints[i]
		if t.Effect == corev1.TaintEffectPreferNoSchedule {
			continue
		}
		if !slices.ContainsFunc(tolerations, func(o corev1.Toleration) bool {
			return (o.Effect == "" || o.Effect == t.Effect) && (o.Key == "" && o.Operator == corev1.TolerationOpExists || o.Key == t.Key) &&
				(o.Operator == corev1.TolerationOpExists || o.Value == t.Value)
		}) {
			return false
		}
	}
	return true
}

func selected(n *corev1.Node, spec *corev1.PodSpec) bool {
	for k, v := range spec.NodeSelector {
		if own, ok := n.Labels[k]; !ok || own != v {
			return false
		}
	}
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil ||
		spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return true
	}
	terms := spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	return slices.ContainsFunc(terms, func(t corev1.NodeSelectorTerm) bool { return meets(n, t) })
}

func meets(n *corev1.Node, t corev1.NodeSelectorTerm) bool {
	for _, e := range t.MatchExpressions {
		v, has := n.Labels[e.Key]
		if !matches(e, v, has) {
			return false
		}
	}
	for _, e := range t.MatchFields { // metadata.name is the only one
		if !matches(e, n.Name, true) {
			return false
		}
	}
	return len(t.MatchExpressions)+len(t.MatchFields) > 0
}

func matches(e corev1.NodeSelectorRequirement, v string, has bool) bool {
	switch e.Operator {
	case corev1.NodeSelectorOpIn:
		return has && slices.Contains(e.Values, v)
	case corev1.NodeSelectorOpNotIn:
		return !has || !slices.Contains(e.Values, v)
	case corev1.NodeSelectorOpExists:
		return has
	case corev1.NodeSelectorOpDoesNotExist:
		return !has
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		own, err := strconv.ParseInt(v, 10, 64)
		if err != nil || len(e.Values) != 1 {
			return false
		}
		bound, err := strconv.ParseInt(e.Values[0], 10, 64)
		return err == nil && (own > bound) == (e.Operator == corev1.NodeSelectorOpGt) && own != bound
	}
	return false
}

// Text words the room: "4 nvidia.com/gpu free, at most 2 on one node".
func (r Room) Text() fleet.Safe {
	text := fleet.Textf("%s free", fleet.Int(r.Free))
	if r.Free >= r.Each && r.Fits == 0 {
		text = fleet.Textf("%s, at most %s on one node", text, fleet.Int(r.Largest))
	}
	if r.Closed > 0 {
		text = fleet.Textf("%s, %s cordoned or not ready", text, fleet.Many(r.Closed, "node"))
	}
	return text
}
