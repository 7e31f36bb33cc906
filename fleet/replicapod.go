package fleet

import (
	"net/netip"
	"strconv"
	"strings"
)

// ReplicaPod is the pod that is a replica of a pool: the one that the pool's declaration names, else the only one of a
// watched cluster with its name, else the only one at the address and port that it is read at. It is zero where none is
// known, or more than one could be it.
func (s *Snapshot) ReplicaPod(p *Pool, spec *ReplicaSpec) ObjectRef {
	if spec.Pod.Name != "" || len(s.Clusters) == 0 {
		return spec.Pod
	}
	host, port := s.replicaHost(p, spec.ID)
	var named, placed onlyPod
	for _, c := range s.Clusters {
		for _, pod := range c.Pods {
			switch {
			case pod.Ended():
			case pod.Named(spec.ID):
				named.add(c, pod)
			case pod.At(host, port):
				placed.add(c, pod)
			}
		}
	}
	if named.n > 0 {
		return named.one()
	}
	return placed.one()
}

func (s *Snapshot) replicaHost(p *Pool, id ReplicaID) (host string, port int) {
	for i := range p.Replicas {
		if p.Replicas[i].ID == id {
			return s.ReplicaAddress(&p.Replicas[i])
		}
	}
	return "", 0
}

// onlyPod counts the pods that fit and keeps the last.
type onlyPod struct {
	n   int
	ref ObjectRef
}

func (f *onlyPod) add(c *Cluster, p *Pod) {
	f.ref = ObjectRef{Cluster: c.ID, Kind: "Pod", Namespace: p.Namespace, Name: p.Name}
	f.n++
}

func (f *onlyPod) one() ObjectRef {
	if f.n != 1 {
		return ObjectRef{}
	}
	return f.ref
}

// ReplicaAddress is where a replica is read at: a literal address with its port, "" where it is a name or goes another
// way.
func (s *Snapshot) ReplicaAddress(r *Replica) (host string, port int) {
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

// Ended tells whether a pod is over: its address may belong to another one by now.
func (p *Pod) Ended() bool { return p.Phase == Text("Succeeded") || p.Phase == Text("Failed") }

// Named tells whether a replica bears the name of the pod, with or without its namespace.
func (p *Pod) Named(id ReplicaID) bool {
	name := string(id)
	if name == p.Name {
		return true
	}
	n := len(p.Namespace)
	return len(name) == n+1+len(p.Name) && name[:n] == p.Namespace && name[n] == '/' && name[n+1:] == p.Name
}

// At tells whether the pod has an address and may listen on its port: one that declares no port may listen on any.
func (p *Pod) At(host string, port int) bool {
	if host == "" || p.IP != host {
		return false
	}
	for _, x := range p.Ports {
		if x.Port == port {
			return true
		}
	}
	return len(p.Ports) == 0 || port == 0
}
