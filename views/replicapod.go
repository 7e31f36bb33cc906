package views

import (
	"pitwall/fleet"
)

// ReplicaPod finds the pod that is a replica of a pool: the one that the pool's declaration names, else by its name,
// else by the address and port that it is read at, else because it is the only pod with GPUs on the replica's machine.
// Where none is found, or more than one, the reference is zero and the sentence says why.
func ReplicaPod(s *fleet.Snapshot, pool *fleet.Pool, r *fleet.Replica) (fleet.ObjectRef, fleet.Safe) {
	if s == nil || len(s.Clusters) == 0 {
		return fleet.ObjectRef{}, fleet.Text("no cluster is watched, so that the replica's pod is not known")
	}
	if o := declaredPod(pool, r.ID); o.Name != "" {
		return o, fleet.Safe{}
	}
	host, port := s.ReplicaAddress(r)
	var named, addressed, placed podFound
	for _, c := range s.Clusters {
		for _, p := range c.Pods {
			if p.Ended() {
				continue
			}
			named.addIf(p.Named(r.ID), c, p)
			addressed.addIf(p.At(host, port), c, p)
			placed.addIf(r.Node != "" && p.GPUs > 0 && sameMachine(p.Node, string(r.Node)), c, p)
		}
	}
	for _, f := range []podFound{named, addressed, placed} {
		if f.n == 1 {
			return f.ref, fleet.Safe{}
		}
		if f.n > 1 {
			return fleet.ObjectRef{}, fleet.Textf("%s could be replica %s: :pods lists them", fleet.Many(f.n, "pod"),
				fleet.Label(string(r.ID)))
		}
	}
	return fleet.ObjectRef{}, fleet.Concat(fleet.Text("no pod of a watched cluster has the name, the address "),
		orUnknown(fleet.Label(host)), fleet.Text(" or the node of replica "), fleet.Label(string(r.ID)))
}

// declaredPod is the pod that a pool's declaration names for a replica, zero where it names none.
func declaredPod(pool *fleet.Pool, id fleet.ReplicaID) fleet.ObjectRef {
	for i := range pool.Spec.Replicas {
		if pool.Spec.Replicas[i].ID == id {
			return pool.Spec.Replicas[i].Pod
		}
	}
	return fleet.ObjectRef{}
}

// ReplicaOfPod finds the replica that a pod is: by the declaration of its pool, by the pod's name, or by the address
// that the replica is read at; nil when there is none.
func ReplicaOfPod(s *fleet.Snapshot, c *fleet.Cluster, p *fleet.Pod) (*fleet.Pool, *fleet.Replica) {
	for i := range s.Pools {
		for j := range s.Pools[i].Replicas {
			r := &s.Pools[i].Replicas[j]
			if o := declaredPod(&s.Pools[i], r.ID); o.Name != "" {
				if o.Cluster == c.ID && o.Namespace == p.Namespace && o.Name == p.Name {
					return &s.Pools[i], r
				}
				continue
			}
			if p.Named(r.ID) {
				return &s.Pools[i], r
			}
			if host, port := s.ReplicaAddress(r); p.At(host, port) {
				return &s.Pools[i], r
			}
		}
	}
	return nil, nil
}

// podFound counts the pods that fit and keeps the first.
type podFound struct {
	n   int
	ref fleet.ObjectRef
}

func (f *podFound) addIf(fits bool, c *fleet.Cluster, p *fleet.Pod) {
	if !fits {
		return
	}
	if f.n == 0 {
		f.ref = PodRef(c, p)
	}
	f.n++
}
