package world

import "slices"

// load starts the engine's process on the devices that its pod holds.
func (w *World) load(s *podSet, r *Replica, now float64) {
	p := r.pod
	r.state, p.until = loading, now+bindTime+w.fate(s, r)
	p.Phase, p.Reason, p.Message = PhaseRunning, "", ""
	p.Started = w.Now()
	w.touch(&p.Version)
	r.say(w.Now(), "Starting to load model "+s.Model+"...")
}

// fate is how long a start takes until it is complete, or until it fails.
func (w *World) fate(s *podSet, r *Replica) float64 {
	whole := s.pool.Load
	if whole <= 0 {
		whole = loadTime
	}
	switch {
	case r.missing():
		return failFast
	case s.bad[r.pod.Revision] != "":
		return 0.7 * whole // the weights are read; the trial run that sizes the cache fails
	}
	return whole
}

// missing says whether one of the devices has gone, or cannot be used before it is reset.
func (r *Replica) missing() bool {
	return slices.ContainsFunc(r.GPUs, func(g *GPU) bool { return g.Lost || g.Broken })
}

// loaded ends a start: the engine serves, or dies of what is wrong.
func (w *World) loaded(s *podSet, r *Replica, now float64) {
	p := r.pod
	switch text := s.bad[p.Revision]; {
	case r.missing():
		w.crash(r, Exit{Reason: "Error", Code: 1}, "RuntimeError: CUDA error: no CUDA-capable device is detected")
		return
	case text != "":
		w.crash(r, Exit{Reason: "Error", Code: 1}, text)
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

// roll replaces pods of an old revision, one at a time: those that do not serve at once, the others once all serve.
func (w *World) roll(s *podSet, now float64) {
	down := 0
	var next *Replica
	for _, r := range s.replicas {
		if s.surplus(r) {
			continue
		}
		if r.pod == nil || !r.pod.Ready {
			down++
		}
		if r.pod == nil || r.pod.Revision == s.Revision || r.pod.Terminating {
			continue
		}
		if !r.pod.Ready {
			w.end(r)
			w.remove(r, now)
			continue
		}
		next = r
	}
	if next != nil && down == 0 {
		w.drain(next, now)
	}
}

// drain takes a pod out of its service and lets it end what it has, within its grace.
func (w *World) drain(r *Replica, now float64) {
	r.pod.Terminating, r.pod.until = true, now+drainLimit
	w.unready(r)
}

// Roll makes a pool's controller want another revision; "" means the one before the present. It says whether there
// is such a pool and revision, and is for use inside At.
func (w *World) Roll(pool, to string) bool {
	for _, s := range w.cluster.sets {
		if s.Name != pool {
			continue
		}
		if to == "" {
			to = s.Previous
		}
		if to == "" || to == s.Revision {
			return false
		}
		s.Previous, s.Revision = s.Revision, to
		w.unsettled++
		w.touch(&s.Version)
		w.tell("Deployment", pool, "Normal", "ScalingReplicaSet", "Scaled up replica set "+pool+"-"+to+" to 1")
		return true
	}
	return false
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
	for _, r := range w.Replicas {
		switch {
		case r.pod == nil || r.pod.Name != name || r.pod.Terminating:
			continue
		case r.state == serving:
			w.drain(r, w.Seconds())
		default:
			w.end(r)
			w.remove(r, w.Seconds())
			w.unsettled++
		}
		return true
	}
	return false
}
