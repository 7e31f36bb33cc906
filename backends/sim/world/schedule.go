package world

import (
	"fmt"
	"slices"
	"strings"
)

// schedule binds a pod to a node of its pool that has enough free devices.
func (w *World) schedule(s *podSet, r *Replica, now float64) {
	p := r.pod
	p.until = now + 1
	for _, name := range s.pool.Nodes {
		n := w.cluster.byNode[name]
		free := n.free()
		if n.gone || n.bars() != "" || len(free) < p.GPUs {
			continue
		}
		p.Node, p.Reason, p.Message = name, "", ""
		w.tell("Pod", p.Name, "Normal", "Scheduled", "Successfully assigned "+Namespace+"/"+p.Name+" to "+name)
		if n.voids {
			w.reject(r, now)
			return
		}
		for _, g := range free[:p.GPUs] {
			g.Owner = r
			r.GPUs = append(r.GPUs, g)
		}
		if w.pull(s, r, now) {
			w.load(s, r, now)
		}
		return
	}
	w.unschedulable(s, p)
}

// bars says in the scheduler's words what keeps every pod away from a node, "" for nothing.
func (n *node) bars() string {
	switch {
	case n.Cordoned:
		return "node(s) were unschedulable"
	case !n.Ready || slices.ContainsFunc(n.Taints, func(t Taint) bool { return t.Effect != "PreferNoSchedule" }):
		return "node(s) had untolerated taint(s)"
	}
	return ""
}

// unschedulable says of a pod why no node takes it.
func (w *World) unschedulable(s *podSet, p *pod) {
	text := w.unfit(s, p)
	if p.Reason != "Unschedulable" || p.Message != text {
		p.Reason, p.Message = "Unschedulable", text
		w.touch(&p.Version)
		w.tell("Pod", p.Name, "Warning", "FailedScheduling", text)
	}
}

// unfit is the scheduler's sentence about all nodes of the pod's site.
func (w *World) unfit(s *podSet, p *pod) string {
	reasons := map[string]int{}
	const elsewhere = "node(s) didn't match Pod's node affinity/selector"
	total, full := w.Spec.Plain[s.pool.Site], 0
	if total > 0 {
		reasons[elsewhere] = total
	}
	for _, n := range w.cluster.nodes {
		pool := w.set(n.Pool).pool
		if n.gone || pool.Site != s.pool.Site {
			continue
		}
		total++
		switch bars := n.bars(); {
		case bars != "":
			reasons[bars]++
		case pool != s.pool:
			reasons[elsewhere]++
		case len(n.free()) < p.GPUs:
			reasons["Insufficient "+Resource(s.pool.Device.Product)]++
			full++
		default: // devices are free, but the fleet has no engine more than it was started with
			reasons["Too many pods"]++
			full++
		}
	}
	var list, hopes []string
	for reason, n := range reasons {
		list = append(list, fmt.Sprintf("%d %s", n, reason))
	}
	if n := total - full; n > 0 {
		hopes = append(hopes, fmt.Sprintf("%d Preemption is not helpful for scheduling", n))
	}
	if full > 0 {
		hopes = append(hopes, fmt.Sprintf("%d No preemption victims found for incoming pod", full))
	}
	slices.Sort(list)
	slices.Sort(hopes)
	head := fmt.Sprintf("0/%d nodes are available: ", total)
	return head + strings.Join(list, ", ") + ". no new claims to deallocate, preemption: " + head + strings.Join(hopes, ", ") + "."
}

// Resource is how the device plugin of a product calls its devices.
func Resource(product string) string {
	if strings.Contains(product, "AMD") || strings.Contains(product, "Instinct") {
		return "amd.com/gpu"
	}
	return "nvidia.com/gpu"
}

// free lists the devices that the plugin would hand out.
func (n *node) free() []*GPU {
	var out []*GPU
	for _, g := range n.gpus {
		if g.Owner == nil && !g.Lost {
			out = append(out, g)
		}
	}
	return out
}
