package plan

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

// silentAfter is how long a cluster may be silent before what it said of room is not believed: it sends a bookmark each
// minute.
const silentAfter = 3 * time.Minute

// judge adds to a plan what the snapshot and the data pack say of it.
func (f Facts) judge(p *actions.Plan, s *fleet.Snapshot, now time.Time) {
	w := p.Work
	w.To = next(p.Intent.Work.Want, &w.Was, &w.Draft)
	w.Pool = poolOf(s, &w.Was)
	c := s.Cluster(w.Was.Object.Cluster)
	if c != nil && silent(c, now) {
		c = nil
	}
	if c != nil {
		w.Free, w.Fits = c.FreeGPUs(&w.Was), c.Fits(&w.Was)
	}
	pack := f.Advisories
	if pack == nil {
		pack = advisory.Embedded()
	}
	w.Advice = advise(pack, c, w)
}

func silent(c *fleet.Cluster, now time.Time) bool {
	return c.State == fleet.StateStale || c.State == fleet.StateUnknown || c.State == fleet.StateDown ||
		!c.At.IsZero() && now.Sub(c.At) > silentAfter
}

// poolOf finds the pool that an object serves: by its workload, else by one of the pods that the object keeps.
func poolOf(s *fleet.Snapshot, was *fleet.Rollout) fleet.PoolID {
	o := was.Object
	for i := range s.Pools {
		w := s.Pools[i].Spec.Workload
		if w.Name == o.Name && w.Name != "" && w.Kind == o.Kind && w.Namespace == o.Namespace && w.Cluster == o.Cluster {
			return s.Pools[i].Spec.ID
		}
	}
	for i := range s.Pools {
		for j := range s.Pools[i].Spec.Replicas {
			pod := s.ReplicaPod(&s.Pools[i], &s.Pools[i].Spec.Replicas[j])
			same := pod.Cluster == o.Cluster && pod.Namespace == o.Namespace && pod.Name != ""
			if same && (slices.Contains(was.UpdatedPods, pod.Name) || slices.Contains(was.OldPods, pod.Name)) {
				return s.Pools[i].Spec.ID
			}
		}
	}
	return ""
}
