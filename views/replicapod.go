package views

import (
	"net/netip"
	"strconv"
	"strings"

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
	host, port := replicaAddress(s, r)
	var named, addressed, placed podFound
	for _, c := range s.Clusters {
		for _, p := range c.Pods {
			if podEnded(p) {
				continue
			}
			named.addIf(isNamed(p, r.ID), c, p)
			addressed.addIf(isAt(p, host, port), c, p)
			placed.addIf(r.Node != "" && p.GPUs > 0 && sameMachine(p.Node, string(r.Node)), c, p)
		}
	}
	for _, f := range []podFound{named, addressed, placed} {
		if f.n == 1 {
			return f.ref, fleet.Safe{}
		}
		if f.n > 1 {
			return fleet.ObjectRef{}, fleet.Textf("%s pods could be replica %s: :pods lists them", fleet.Int(f.n),
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
			if isNamed(p, r.ID) {
				return &s.Pools[i], r
			}
			if host, port := replicaAddress(s, r); isAt(p, host, port) {
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

// isNamed tells whether a replica bears the name of a pod, with or without its namespace.
func isNamed(p *fleet.Pod, id fleet.ReplicaID) bool {
	name := string(id)
	if name == p.Name {
		return true
	}
	n := len(p.Namespace)
	return len(name) == n+1+len(p.Name) && name[:n] == p.Namespace && name[n] == '/' && name[n+1:] == p.Name
}

// podEnded tells whether a pod is over: its address may belong to another one by now.
func podEnded(p *fleet.Pod) bool {
	return p.Phase == fleet.Text("Succeeded") || p.Phase == fleet.Text("Failed")
}

// isAt tells whether a pod has an address and may listen on its port.
func isAt(p *fleet.Pod, host string, port int) bool {
	return host != "" && p.IP == host && listensOn(p, port)
}

// listensOn tells whether a pod declares a port. One that declares none may listen on any.
func listensOn(p *fleet.Pod, port int) bool {
	for _, x := range p.Ports {
		if x.Port == port {
			return true
		}
	}
	return len(p.Ports) == 0 || port == 0
}

// replicaAddress is where a replica is read at: a literal address with its port, "" where it is a name or goes another
// way.
func replicaAddress(s *fleet.Snapshot, r *fleet.Replica) (host string, port int) {
	src := s.Source(r.Source)
	if src == nil {
		return "", 0
	}
	_, rest, ok := strings.Cut(src.URL.String(), "://")
	if !ok {
		return "", 0
	}
	authority, _, _ := strings.Cut(rest, "/")
	if a, err := netip.ParseAddrPort(authority); err == nil {
		return a.Addr().String(), int(a.Port())
	}
	name, digits, _ := strings.Cut(authority, ":")
	if a, err := netip.ParseAddr(name); err == nil {
		n, _ := strconv.Atoi(digits)
		return a.String(), n
	}
	return "", 0
}
