package world

import (
	"fmt"
	"slices"
)

// fill is one look of the ReplicaSets' controller: of each revision there are to be as many pods as are wanted.
func (w *World) fill(s *podSet, now float64) {
	for i := range s.wants {
		x := &s.wants[i]
		for n := w.tally(s, x.revision).have - x.n; n > 0; n-- {
			w.dismiss(s, x.revision, now)
		}
	}
	w.adopt(s, now)
	for i := range s.wants {
		x := &s.wants[i]
		for n := x.n - w.tally(s, x.revision).have; n > 0; n-- {
			if !w.hire(s, x.revision, now) {
				return
			}
		}
	}
}

// dismiss deletes one pod of a revision: one that has no node before one that does not serve, and that before one that
// does; among equals the engine that was declared last.
func (w *World) dismiss(s *podSet, revision string, now float64) {
	if i := slices.IndexFunc(s.extra, func(p *pod) bool { return p.Revision == revision }); i >= 0 {
		w.retire(s, s.extra[i].Name, revision)
		s.extra = slices.Delete(s.extra, i, i+1)
		w.touch(&s.Version)
		return
	}
	var victim *Replica
	for _, r := range slices.Backward(s.replicas) {
		p := r.pod
		if p == nil || p.Terminating || p.Revision != revision {
			continue
		}
		if victim == nil || victim.pod.Ready && !p.Ready {
			victim = r
		}
	}
	if victim != nil {
		w.retire(s, victim.pod.Name, revision)
		w.take(victim, now)
	}
}

func (w *World) retire(s *podSet, name, revision string) {
	w.tell("ReplicaSet", s.Name+"-"+revision, "Normal", "SuccessfulDelete", "Deleted pod: "+name)
}

// take deletes a pod that an engine has: one whose process runs gets its grace.
func (w *World) take(r *Replica, now float64) {
	if r.state == serving {
		w.drain(r, now)
		return
	}
	w.end(r)
	w.free(r)
	w.remove(r, now)
	w.unsettled++
}

// hire makes one pod of a revision, for an engine that is free. Where none is, but one is about to be, it waits, which it
// says by false; else the pod stays without a node. A real controller does not wait; a pod that it makes would.
func (w *World) hire(s *podSet, revision string, now float64) bool {
	soon := -len(s.extra)
	for _, r := range s.replicas {
		switch {
		case r.pod != nil && r.pod.Terminating, r.pod == nil && now < r.nextPod:
			soon++
		case r.pod == nil:
			p := w.newPod(s, r, revision)
			p.until = now
			w.hired(s, p)
			return true
		}
	}
	if soon > 0 {
		return false
	}
	p := w.spare(s, s.spareName(), revision)
	w.hired(s, p)
	return true
}

func (w *World) hired(s *podSet, p *pod) {
	w.tell("ReplicaSet", s.Name+"-"+p.Revision, "Normal", "SuccessfulCreate", "Created pod: "+p.Name)
	w.touch(&s.Version)
}

// spare makes a pod for which there is no engine.
func (w *World) spare(s *podSet, name, revision string) *pod {
	w.cluster.serial++
	p := &pod{Pod: Pod{Name: name, UID: uid(name, w.cluster.serial), Pool: s.Name, Revision: revision, GPUs: s.release(revision).GPUs,
		Phase: PhasePending, Created: w.Now()}}
	s.extra = append(s.extra, p)
	w.touch(&p.Version)
	w.unschedulable(s, p)
	return p
}

// spareName numbers the pods beyond the engines on from these.
func (s *podSet) spareName() string {
	for n := len(s.replicas) + 1; ; n++ {
		name, used := fmt.Sprintf("%s-r%d", s.Name, n), false
		for p := range s.pods() {
			used = used || p.Name == name
		}
		if !used {
			return name
		}
	}
}

// adopt gives engines that have become free to the pods that wait for one, the oldest first.
func (w *World) adopt(s *podSet, now float64) {
	for _, r := range s.replicas {
		if len(s.extra) == 0 {
			return
		}
		if r.pod != nil || now < r.nextPod {
			continue
		}
		p := s.extra[0]
		s.extra = slices.Delete(s.extra, 0, 1)
		p.Replica, p.until = r.Name, now
		r.pod, r.state = p, absent
		w.touch(&p.Version)
	}
}
