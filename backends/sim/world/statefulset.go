package world

import "fmt"

// keep is one look of the StatefulSet's controller: pods come in the order of their ordinals and go in the other, one at a
// time, and only while all before them serve. A pod that never serves blocks even the way back, as in the real one.
func (w *World) keep(s *podSet, now float64) {
	if w.lessen(s, now) {
		return
	}
	for i, r := range s.replicas[:min(s.Desired, len(s.replicas))] {
		if r.pod == nil {
			if now >= r.nextPod {
				p := w.newPod(s, r, s.due(i))
				p.until = now
				w.tell("StatefulSet", s.Name, "Normal", "SuccessfulCreate", fmt.Sprintf("create Pod %s in StatefulSet %s successful",
					p.Name, s.Name))
				w.touch(&s.Version)
			}
			return
		}
		if !w.available(s, r.pod) {
			return
		}
	}
	if s.Desired > len(s.replicas) {
		if len(s.extra) == 0 {
			w.spare(s, fmt.Sprintf("%s-%d", s.Name, len(s.replicas)), s.due(len(s.replicas)))
		}
		return
	}
	if s.strategy.Way == WayOnDelete {
		return
	}
	for i := s.Desired - 1; i >= max(s.strategy.Partition, 0); i-- {
		if r := s.replicas[i]; r.pod.Revision != s.Revision {
			w.tell("StatefulSet", s.Name, "Normal", "SuccessfulDelete", fmt.Sprintf("delete Pod %s in StatefulSet %s successful",
				r.pod.Name, s.Name))
			w.take(r, now)
			return
		}
	}
}

// lessen deletes one pod beyond the size, the last first. It says whether one is on its way.
func (w *World) lessen(s *podSet, now float64) bool {
	if len(s.extra) > 0 && s.Desired <= len(s.replicas) {
		s.extra = nil
		w.touch(&s.Version)
	}
	for i := len(s.replicas) - 1; i >= s.Desired; i-- {
		r := s.replicas[i]
		if r.pod == nil {
			continue
		}
		if !r.pod.Terminating {
			w.take(r, now)
			w.touch(&s.Version)
		}
		return true
	}
	return false
}

// due is the revision that the pod of an ordinal is to have when it is made.
func (s *podSet) due(ordinal int) string {
	if s.strategy.Way == WayRolling && ordinal < s.strategy.Partition {
		return s.Current
	}
	return s.Revision
}

// rolled says whether all ordinals have the revision that they are to have, and serve.
func (s *podSet) rolled(all roster) bool {
	if all.available != s.Desired || all.have != s.Desired {
		return false
	}
	for i, r := range s.replicas[:min(s.Desired, len(s.replicas))] {
		if i >= s.strategy.Partition && r.pod.Revision != s.Revision && s.strategy.Way == WayRolling {
			return false
		}
	}
	return true
}
