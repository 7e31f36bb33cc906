package world

import (
	"fmt"
	"slices"
)

// maxDesired bounds what a pool may want.
const maxDesired = 64

// Scale makes a pool want n pods, 64 at most. Beyond those that it was declared with there are no devices: such pods
// stay Pending. It says whether there is such a pool, and is for use inside At.
func (w *World) Scale(pool string, n int) bool {
	for _, s := range w.cluster.sets {
		if s.Name != pool {
			continue
		}
		was := s.Desired
		s.Desired = max(0, min(n, maxDesired))
		w.resize(s)
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

// resize makes the pods that have no devices to wait for, and takes them away.
func (w *World) resize(s *podSet) {
	want := max(s.Desired-len(s.replicas), 0)
	if len(s.extra) > want {
		s.extra = slices.Delete(s.extra, want, len(s.extra))
	}
	for i := len(s.extra); i < want; i++ {
		w.cluster.serial++
		name := fmt.Sprintf("%s-r%d", s.Name, len(s.replicas)+i+1)
		p := &pod{Pod: Pod{Name: name, UID: uid(name, w.cluster.serial), Pool: s.Name, Revision: s.Revision, GPUs: s.GPUsEach,
			Phase: PhasePending, Reason: "Unschedulable", Created: w.Now(),
			Message: fmt.Sprintf("0/%d nodes are available: %d Insufficient nvidia.com/gpu", len(s.pool.Nodes), len(s.pool.Nodes))}}
		s.extra = append(s.extra, p)
		w.touch(&p.Version)
		w.tell("Pod", name, "Warning", "FailedScheduling", p.Message)
	}
}

// surplus says whether a replica is beyond what its pool wants; those that were declared last go first.
func (s *podSet) surplus(r *Replica) bool { return slices.Index(s.replicas, r) >= s.Desired }

// shrink takes out the pods that are too many: those that serve drain first.
func (w *World) shrink(s *podSet, now float64) {
	for _, p := range s.extra {
		if p.Revision != s.Revision { // one of the new revision waits in its place
			s.extra = nil
			w.resize(s)
			break
		}
	}
	if s.Desired >= len(s.replicas) {
		return
	}
	for _, r := range s.replicas[s.Desired:] {
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
