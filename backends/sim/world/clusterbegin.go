package world

import "time"

// newCluster gives every pool the pods and nodes that it has had for long.
func (w *World) newCluster() {
	c := &w.cluster
	c.byNode = map[string]*node{}
	for i := range w.Spec.Pools {
		p := &w.Spec.Pools[i]
		for _, name := range p.Nodes {
			n := &node{Node: Node{Name: name, Pool: p.Name, Product: p.Device.Product, Ready: true, GPUs: p.PerNode,
				Allocatable: p.PerNode, Conditions: healthy(w.Spec.Start.Add(-lived))}}
			c.nodes = append(c.nodes, n)
			c.byNode[name] = n
			w.touch(&n.Version)
		}
		s := &podSet{pool: p, replicas: w.byPool[p.Name], bad: map[string]string{}, flags: map[string]string{},
			modern: map[string]bool{}, releases: map[string]Release{}, strategy: oneByOne, Workload: Workload{Name: p.Name, Model: p.Model,
				Engine: p.Engine, Revision: revision(p.Name, 1), Current: revision(p.Name, 1), Desired: max(len(p.Replicas)-p.Spare, 0),
				GPUsEach: p.GPUs, Complete: true}}
		s.sized, s.wants = s.Desired, []want{{revision: s.Revision, n: s.Desired}}
		c.sets = append(c.sets, s)
		w.touch(&s.Version)
		for i, r := range s.replicas {
			if i < s.Desired {
				w.settlePod(s, r)
				continue
			}
			w.idle(s, r)
		}
		s.seen = progress{s.Revision, s.Desired, s.Desired, s.Desired, 0}
	}
	for _, g := range w.GPUs {
		if n := c.byNode[g.Node]; n != nil {
			n.gpus = append(n.gpus, g)
		}
	}
}

// lived is for how long nodes and pods had run when the world began.
const lived = 53 * time.Hour

func healthy(since time.Time) []Condition {
	return []Condition{
		{Type: "MemoryPressure", Status: "False", Reason: "KubeletHasSufficientMemory",
			Message: "kubelet has sufficient memory available", Since: since},
		{Type: "DiskPressure", Status: "False", Reason: "KubeletHasNoDiskPressure",
			Message: "kubelet has no disk pressure", Since: since},
		{Type: "PIDPressure", Status: "False", Reason: "KubeletHasSufficientPID",
			Message: "kubelet has sufficient PID available", Since: since},
		{Type: "Ready", Status: "True", Reason: "KubeletReady",
			Message: "kubelet is posting ready status", Since: since},
	}
}

// settlePod gives a replica the pod that it has had for long.
func (w *World) settlePod(s *podSet, r *Replica) {
	p := w.newPod(s, r, s.Revision)
	up := w.Spec.Start.Add(-lived)
	p.Created, p.Started, p.ReadySince = up.Add(-2*time.Minute), up.Add(-time.Minute), up
	p.Phase, p.Ready, r.set = PhaseRunning, true, s
	if len(r.GPUs) > 0 {
		p.Node = r.GPUs[0].Node
	}
}

// idle leaves a replica without a pod: its devices are free.
func (w *World) idle(s *podSet, r *Replica) {
	for _, g := range r.GPUs {
		g.Owner = nil
	}
	r.GPUs, r.state, r.set = nil, absent, s
}

func (w *World) newPod(s *podSet, r *Replica, revision string) *pod {
	w.cluster.serial++
	p := &pod{Pod: Pod{Name: r.Name, UID: uid(r.Name, w.cluster.serial), Pool: s.Name, Replica: r.Name, Revision: revision,
		GPUs: s.release(revision).GPUs, Phase: PhasePending, Created: w.Now()}}
	r.pod = p
	w.touch(&p.Version)
	return p
}
