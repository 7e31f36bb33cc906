package world

import (
	"fmt"
	"slices"
)

// Scale makes a pool want n pods, at most as many as it was declared with: there are no devices for more. It says
// whether there is such a pool, and is for use inside At.
func (w *World) Scale(pool string, n int) bool {
	for _, s := range w.cluster.sets {
		if s.Name != pool {
			continue
		}
		was := s.Desired
		s.Desired = max(0, min(n, len(s.replicas)))
		w.unsettled++
		w.touch(&s.Version)
		if s.Desired != was {
			way := map[bool]string{true: "up", false: "down"}[s.Desired > was]
			w.tell("Deployment", pool, "Normal", "ScalingReplicaSet", fmt.Sprintf("Scaled %s replica set %s-%s from %d to %d", way,
				pool, s.Revision, was, s.Desired))
		}
		return true
	}
	return false
}

// surplus says whether a replica is beyond what its pool wants; those that were declared last go first.
func (s *podSet) surplus(r *Replica) bool { return slices.Index(s.replicas, r) >= s.Desired }

// shrink takes out the pods that are too many: those that serve drain first.
func (w *World) shrink(s *podSet, now float64) {
	for _, r := range s.replicas[min(s.Desired, len(s.replicas)):] {
		switch {
		case r.pod == nil || r.pod.Terminating:
		case r.state == serving:
			w.drain(r, now)
		default:
			w.end(r)
			w.free(r)
			w.remove(r, now)
		}
	}
}
