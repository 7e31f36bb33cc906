package world

import "slices"

// load starts the engine's process on the devices that its pod holds.
func (w *World) load(s *podSet, r *Replica, now float64) {
	p := r.pod
	r.state, p.until = loading, now+bindTime+w.fate(s, r).after
	p.Phase, p.Reason, p.Message = PhaseRunning, "", ""
	p.Started = w.Now()
	w.touch(&p.Version)
	r.say(w.Now(), "Starting to load model "+s.Model+"...")
}

// missing says whether one of the devices has gone, or cannot be used before it is reset.
func (r *Replica) missing() bool {
	return slices.ContainsFunc(r.GPUs, func(g *GPU) bool { return g.Lost || g.Broken })
}

// loaded ends a start: the engine serves, or dies of what is wrong.
func (w *World) loaded(s *podSet, r *Replica, now float64) {
	p := r.pod
	if f := w.fate(s, r); f.text != "" {
		if f.exit.Code == 137 {
			w.tell("Pod", p.Name, "Normal", "Killing", "Container "+r.Pool.Engine+" failed startup probe, will be restarted")
		}
		w.crash(r, f.exit, f.text)
		return
	}
	r.reset(now)
	r.state, r.upAt = serving, now
	p.Ready, p.ReadySince, p.Reason, p.Message = true, w.Now(), "", ""
	for _, g := range r.GPUs {
		g.hold()
	}
	w.touch(&p.Version)
	w.touch(&s.Version)
	r.say(w.Now(), "Application startup complete.")
}

// drain takes a pod out of its service and lets it end what it has, within its grace.
func (w *World) drain(r *Replica, now float64) {
	r.pod.Terminating, r.pod.until = true, now+drainLimit
	w.unready(r)
}

// Roll makes a pool's controller want another revision; "" means the one before the present. It says whether there
// is such a pool and revision, and is for use inside At.
func (w *World) Roll(pool, to string) bool {
	s := w.set(pool)
	if s == nil {
		return false
	}
	if to == "" {
		to = s.Previous
	}
	if to == "" || to == s.Revision {
		return false
	}
	s.Previous, s.Revision, s.GPUsEach = s.Revision, to, s.release(to).GPUs
	s.Complete, s.Late, s.progressed = false, false, w.Seconds()
	w.unsettled++
	w.touch(&s.Version)
	return true
}

// Cordon closes a node to new pods, or opens it. It says whether there is such a node, and is for use inside At.
func (w *World) Cordon(name string, on bool) bool {
	n := w.cluster.byNode[name]
	if n == nil {
		return false
	}
	n.Cordoned = on
	reason := map[bool]string{true: "NodeNotSchedulable", false: "NodeSchedulable"}[on]
	w.tell("Node", name, "Normal", reason, "Node "+name+" status is now: "+reason)
	w.touch(&n.Version)
	return true
}

// SetTaints replaces a node's taints. It says whether there is such a node, and is for use inside At.
func (w *World) SetTaints(name string, taints []Taint) bool {
	n := w.cluster.byNode[name]
	if n == nil {
		return false
	}
	n.Taints = slices.Clone(taints)
	w.touch(&n.Version)
	return true
}

// DeletePod deletes a pod: one that serves drains first, and its controller makes another one. It says whether there
// is such a pod, and is for use inside At.
func (w *World) DeletePod(name string) bool {
	c := &w.cluster
	if i := slices.IndexFunc(c.failed, func(p *pod) bool { return p.Name == name }); i >= 0 {
		c.failed = slices.Delete(c.failed, i, i+1)
		w.touch(new(uint64))
		return true
	}
	for _, s := range c.sets {
		if i := slices.IndexFunc(s.extra, func(p *pod) bool { return p.Name == name }); i >= 0 {
			s.extra = slices.Delete(s.extra, i, i+1)
			w.unsettled++
			w.touch(&s.Version)
			return true
		}
	}
	for _, r := range w.Replicas {
		if r.pod != nil && r.pod.Name == name && !r.pod.Terminating {
			w.take(r, w.Seconds())
			return true
		}
	}
	return false
}
