package views

import "pitwall/fleet"

// PoolKeeper finds the object of a cluster that keeps a pool: the declared one, else what keeps the pods of its first
// replicas, as far as these are found and agree.
func PoolKeeper(s *fleet.Snapshot, p *fleet.Pool) (fleet.ObjectRef, bool) {
	if o := p.Spec.Workload; o.Name != "" {
		return o, true
	}
	const most = 3
	var found fleet.ObjectRef
	for i := range p.Replicas[:min(most, len(p.Replicas))] {
		o, why := ReplicaPod(s, p, &p.Replicas[i])
		if !why.IsEmpty() {
			continue
		}
		_, pod := PodOf(s, o)
		if pod == nil || pod.Owner.Name == "" {
			continue
		}
		owner := pod.Owner
		owner.Cluster, owner.Container = o.Cluster, ""
		if found.Name != "" && found != owner {
			return fleet.ObjectRef{}, false
		}
		found = owner
	}
	return found, found.Name != ""
}

// keepers remembers what keeps the pools of one snapshot: finding it walks all pods.
type keepers struct {
	of *fleet.Snapshot
	by map[fleet.PoolID]fleet.ObjectRef
}

// keeper is PoolKeeper, remembered for as long as the snapshot is the same; zero where nothing is found.
func (l *Lists) keeper(s *fleet.Snapshot, p *fleet.Pool) fleet.ObjectRef {
	if l == nil {
		o, _ := PoolKeeper(s, p)
		return o
	}
	k := &l.keepers
	if k.of != s {
		k.of, k.by = s, map[fleet.PoolID]fleet.ObjectRef{}
	}
	o, known := k.by[p.Spec.ID]
	if !known {
		o, _ = PoolKeeper(s, p)
		k.by[p.Spec.ID] = o
	}
	return o
}
