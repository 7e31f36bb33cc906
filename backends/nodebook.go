package backends

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// nodeBook finds nodes of the fleet by what accounts call their machines.
type nodeBook struct {
	known  map[string]*nodeEntry // by lower-case name, address or provider ID; nil where two nodes are meant
	byNode map[fleet.NodeID]*nodeEntry
}

// nodeEntry is one node, with what its cluster says of it.
type nodeEntry struct {
	id   fleet.NodeID
	pool *fleet.Pool // nil for a node that no pool has
	node *fleet.Node
	spec fleet.NodeSpec
	kube *fleet.KubeNode
}

// nodeBook lists the nodes of pools with what their clusters say. Names are only noted where there are accounts to look for them:
// a fleet may have thousands of nodes, and is merged anew several times a second.
func (w *world) nodeBook(s *fleet.Snapshot) *nodeBook {
	b := &nodeBook{known: map[string]*nodeEntry{}, byNode: map[fleet.NodeID]*nodeEntry{}}
	named := len(w.inventory.Accounts) > 0
	taken := map[*fleet.KubeNode]bool{}
	for i := range s.Pools {
		p := &s.Pools[i]
		for k := range p.Nodes {
			e := &nodeEntry{id: p.Nodes[k].ID, pool: p, node: &p.Nodes[k]}
			if k < len(p.Spec.Nodes) && p.Spec.Nodes[k].ID == e.id {
				e.spec = p.Spec.Nodes[k]
			}
			e.kube = kubeOf(s, e)
			b.byNode[e.id] = e
			if !named {
				continue
			}
			taken[e.kube] = true
			b.name(e, string(e.id), e.spec.Object.Name)
			if src := w.index.nodes[e.id]; src != nil {
				b.name(e, hostOf(src.spec.URL))
			}
		}
	}
	if !named {
		return b
	}
	for _, c := range s.Clusters {
		for _, n := range c.Nodes {
			if !taken[n] {
				b.name(&nodeEntry{id: fleet.NodeID(n.Name), kube: n}, n.Name)
			}
		}
	}
	return b
}

// kubeOf is the node of a cluster that a node of a pool is: as declared, else that of its name in the cluster of the pool's workload.
func kubeOf(s *fleet.Snapshot, e *nodeEntry) *fleet.KubeNode {
	if n := kubeNode(s, e.spec.Object.Cluster, e.spec.Object.Name); n != nil {
		return n
	}
	return kubeNode(s, e.pool.Spec.Workload.Cluster, string(e.id))
}

// kubeNode finds a node of a cluster, whose nodes are in the order of their names.
func kubeNode(s *fleet.Snapshot, cluster fleet.ClusterID, name string) *fleet.KubeNode {
	for _, c := range s.Clusters {
		if c.ID != cluster || name == "" {
			continue
		}
		i, ok := slices.BinarySearchFunc(c.Nodes, name, func(n *fleet.KubeNode, name string) int { return strings.Compare(n.Name, name) })
		if ok {
			return c.Nodes[i]
		}
	}
	return nil
}

// name notes that a node is known by names, and by those that its cluster knows.
func (b *nodeBook) name(e *nodeEntry, names ...string) {
	if n := e.kube; n != nil {
		names = append(append(names, n.Name, n.Provider), n.Addresses...)
		if i := strings.LastIndexByte(n.Provider, '/'); i >= 0 {
			names = append(names, n.Provider[i+1:]) // aws:///us-east-1a/i-0abc
		}
	}
	for _, name := range names {
		name = strings.ToLower(name)
		if name == "" || name == "localhost" || strings.HasPrefix(name, "127.") {
			continue
		}
		if other, ok := b.known[name]; ok && (other == nil || other.id != e.id) {
			b.known[name] = nil
			continue
		}
		b.known[name] = e
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// join says which node a machine is, and adds what the fleet knows of it: its GPUs and their use, notices of its cluster, and how it
// stands where the account does not say.
func (b *nodeBook) join(m *fleet.Machine, now time.Time) {
	e := b.find(m)
	if e == nil {
		return
	}
	m.Node = e.id
	if e.kube != nil {
		byCluster(m, e.kube)
	}
	if e.node != nil {
		byPool(m, e)
		if d := m.Leaves(now); d != nil && runs(m) && sooner(d, e.node.Leaves) {
			e.node.Leaves = d
		}
	}
}

// byCluster adds what a machine's cluster knows of it.
func byCluster(m *fleet.Machine, n *fleet.KubeNode) {
	m.Notices = slices.Clone(m.Notices)
	for _, x := range kubeNotices(n) { // an account that is a cluster says the same of it
		if !slices.ContainsFunc(m.Notices, func(o fleet.MachineNotice) bool { return o.What == x.What }) {
			m.Notices = append(m.Notices, x)
		}
	}
	if m.Pricing == fleet.PricingUnknown && interruptible(n) {
		m.Pricing = fleet.PricingSpot
	}
	if !m.GPUs.OK {
		m.GPUs = n.GPUCapacity
	}
}

// byPool adds what a machine's node in a pool knows of it.
func byPool(m *fleet.Machine, e *nodeEntry) {
	m.Pool = e.pool.Spec.ID
	if !m.GPUs.OK && e.spec.GPUs > 0 {
		m.GPUs = fleet.Some(e.spec.GPUs)
	}
	if m.GPU == "" {
		m.GPU = e.pool.Spec.GPU
	}
	if util := meanUtil([]fleet.Node{*e.node}); util.OK {
		m.Util = util
	}
	if m.State == "" || m.State == fleet.MachineUnknown {
		m.State = stateOfNode(e.node)
	}
}

func (b *nodeBook) find(m *fleet.Machine) *nodeEntry {
	for _, name := range append([]string{string(m.Node)}, m.Addresses...) {
		if e := b.known[strings.ToLower(name)]; e != nil {
			return e
		}
	}
	return nil
}

// sooner tells whether a departure comes before another; one of unknown time is soon.
func sooner(a, b *fleet.Departure) bool {
	return b == nil || b.At.OK && (!a.At.OK || a.At.V.Before(b.At.V))
}

// stateOfNode is how a machine stands by its own node: a price file tells no state.
func stateOfNode(n *fleet.Node) fleet.MachineState {
	switch n.State {
	case fleet.StateUnknown, fleet.StateStale:
		return fleet.MachineUnknown
	case fleet.StateCrit, fleet.StateDown:
		return fleet.MachineUnwell
	default:
		return fleet.MachineRunning
	}
}

// told is the departure that a node's cluster announces.
func (b *nodeBook) told(id fleet.NodeID, now time.Time) *fleet.Departure {
	e := b.byNode[id]
	if e == nil || e.kube == nil {
		return nil
	}
	return (&fleet.Machine{Notices: kubeNotices(e.kube)}).Leaves(now)
}
