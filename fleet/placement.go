package fleet

import (
	"slices"
	"strings"
)

// Takers are the nodes that may take pods of a rollout, by name: ready, not cordoned, with usable GPUs of its product,
// and without a taint that no node under its own pods has. Which taints its pods tolerate is not read; that they run
// under one shows it.
func (c *Cluster) Takers(r *Rollout) []*KubeNode {
	tolerated := c.toleratedBy(r)
	var out []*KubeNode
	for _, n := range c.Nodes {
		fits := r.Product.IsEmpty() || n.GPUProduct == r.Product
		if !n.Unscheduled && n.Ready.Or(false) && n.GPUUsable.Or(0) > 0 && fits && !slices.ContainsFunc(n.Taints, func(t Safe) bool {
			return keepsPodsAway(t) && !tolerated[t]
		}) {
			out = append(out, n)
		}
	}
	return out
}

func (c *Cluster) toleratedBy(r *Rollout) map[Safe]bool {
	under := map[string]bool{}
	for _, p := range c.PodsOf(r) {
		under[p.Node] = true
	}
	out := map[Safe]bool{}
	for _, n := range c.Nodes {
		if under[n.Name] {
			for _, t := range n.Taints {
				out[t] = true
			}
		}
	}
	return out
}

// keepsPodsAway tells whether a taint matters to a pod that asks for GPUs: the admission of extended resources adds the
// toleration of the taint that marks GPU nodes.
func keepsPodsAway(taint Safe) bool {
	text := taint.String()
	for _, key := range []string{"nvidia.com/gpu", "amd.com/gpu"} {
		if strings.HasPrefix(text, key+":") || strings.HasPrefix(text, key+"=") {
			return false
		}
	}
	return !strings.HasSuffix(text, ":PreferNoSchedule")
}

// PodsOf are the pods of a rollout: those that its object keeps, and those that it named when it was read.
func (c *Cluster) PodsOf(r *Rollout) []*Pod {
	named := map[string]bool{}
	for _, list := range [][]string{r.UpdatedPods, r.OldPods} {
		for _, name := range list {
			named[name] = true
		}
	}
	var out []*Pod
	for _, p := range c.Pods {
		o := r.Object
		kept := p.Owner.Kind == o.Kind && p.Owner.Name == o.Name
		if p.Namespace == o.Namespace && (kept || named[p.Name]) {
			out = append(out, p)
		}
	}
	return out
}

// Fits counts how many more replicas of a rollout there is room for: each of its pods takes its GPUs from one node, and
// all pods of a replica must find room. It is unknown before the nodes were read.
func (c *Cluster) Fits(r *Rollout) Maybe[int] {
	pods := slices.Clone(r.PodGPUs)
	if len(pods) == 0 {
		pods = []int{r.GPUsEach}
	}
	total := 0
	for _, n := range pods {
		total += n
	}
	if len(c.Nodes) == 0 || total <= 0 {
		return None[int]()
	}
	slices.SortFunc(pods, func(a, b int) int { return b - a })
	var free []int
	for _, n := range c.Takers(r) {
		free = append(free, max(0, n.GPUUsable.Or(0)-n.GPUAsked))
	}
	fits := 0
	for place(free, pods) {
		fits++
	}
	return Some(fits)
}

// place takes the GPUs of one replica from the fullest nodes that have them, so that whole nodes stay whole; false,
// with nothing of use left, where they have not.
func place(free, pods []int) bool {
	for _, want := range pods {
		best := -1
		for i, have := range free {
			if have >= want && (best < 0 || have < free[best]) {
				best = i
			}
		}
		if best < 0 {
			return false
		}
		free[best] -= want
	}
	return true
}
