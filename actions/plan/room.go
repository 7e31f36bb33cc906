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
	f.pools(p, s)
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

// pools notes which pools the object serves, and says it where there are several: none of them is taken for the other.
func (f Facts) pools(p *actions.Plan, s *fleet.Snapshot) {
	list := poolsOf(s, &p.Work.Was)
	if len(list) == 0 {
		return
	}
	p.Work.Pool = list[0]
	if len(list) == 1 {
		return
	}
	p.Work.Pools = list
	names := make([]fleet.Safe, len(list))
	for i, id := range list {
		names[i] = fleet.Label(string(id))
	}
	p.Notes = append(p.Notes, fleet.Textf("%s pools name this object, %s: it changes for all of them, checks go by the worst, and the "+
		"figures of all count", fleet.Int(len(list)), fleet.Join(names, fleet.Text(", "))))
}

// poolsOf finds the pools that an object serves: those that name it as their workload, and those that name none, or where no pool
// names it, by one of the pods that the object keeps.
func poolsOf(s *fleet.Snapshot, was *fleet.Rollout) []fleet.PoolID {
	var named, keeping, other []fleet.PoolID
	for i := range s.Pools {
		p := &s.Pools[i]
		switch {
		case p.Spec.Workload.Name != "" && sameObject(p.Spec.Workload, was.Object):
			named = append(named, p.Spec.ID)
		case !runsAPodOf(s, p, was):
		case p.Spec.Workload.Name == "":
			keeping = append(keeping, p.Spec.ID)
		default: // what it names may be kept by the object
			other = append(other, p.Spec.ID)
		}
	}
	if len(named) == 0 {
		keeping = append(keeping, other...)
		slices.SortFunc(keeping, func(a, b fleet.PoolID) int { return placeOf(s, a) - placeOf(s, b) })
	}
	return append(named, keeping...)
}

func placeOf(s *fleet.Snapshot, id fleet.PoolID) int {
	return slices.IndexFunc(s.Pools, func(p fleet.Pool) bool { return p.Spec.ID == id })
}

func sameObject(a, b fleet.ObjectRef) bool {
	return a.Name == b.Name && a.Kind == b.Kind && a.Namespace == b.Namespace && a.Cluster == b.Cluster
}

func runsAPodOf(s *fleet.Snapshot, p *fleet.Pool, was *fleet.Rollout) bool {
	for j := range p.Spec.Replicas {
		pod := s.ReplicaPod(p, &p.Spec.Replicas[j])
		same := pod.Cluster == was.Object.Cluster && pod.Namespace == was.Object.Namespace && pod.Name != ""
		if same && (slices.Contains(was.UpdatedPods, pod.Name) || slices.Contains(was.OldPods, pod.Name)) {
			return true
		}
	}
	return false
}
