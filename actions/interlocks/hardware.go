package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/fleet/xid"
)

// badClocks are the clock event reasons that mean trouble: slowdown by hardware, by heat of both kinds, by power brake.
const badClocks = 0xE8

// hardwareLife is how old what a GPU exporter said may be.
const hardwareLife = 2 * time.Minute

// hardware is IL-34: what is wrong with the GPUs that will have to carry the new replicas.
func hardware(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	c := s.Cluster(p.Work.Was.Object.Cluster)
	if !starts(&p) && p.Intent.Kind != actions.KindUncordon {
		return pass(fleet.Text("no node receives replicas"))
	}
	if c == nil {
		return missing(actions.SeverityWarn, fleet.Text("which nodes receive replicas is not known"))
	}
	nodes := receiving(&p, c)
	if len(nodes) == 0 {
		return missing(actions.SeverityWarn, fleet.Text("no node that may take replicas is known"))
	}
	seen := inspection{devices: devicesOf(s, p.Work.Was.Object.Cluster), now: now, faulty: map[string]bool{}, throttled: map[string]bool{}}
	for _, n := range nodes {
		seen.node(n)
	}
	if len(seen.throttled) > 1 {
		seen.says(verdict(actions.SeverityWarn, fleet.Many(len(seen.throttled), "replica"), fleet.Text(" on the receiving nodes "),
			fleet.Verb(len(seen.throttled), "throttles", "throttle"), fleet.Text(" > 1")))
	}
	if len(seen.faulty) > 0 {
		seen.says(spare(&p, s, seen.faulty))
	}
	if len(seen.unread) > 0 {
		seen.says(missing(actions.SeverityWarn, fleet.Text("what the GPUs of "), some(seen.unread),
			fleet.Text(" say is not read, or older than "), fleet.Age(hardwareLife)))
	}
	if seen.out.Formula.IsEmpty() {
		return pass(fleet.Many(len(nodes), "node"), fleet.Text(" may take replicas: no fatal Xid, failed row remap or throttling"))
	}
	return seen.out
}

// inspection collects what is wrong with nodes.
type inspection struct {
	devices   map[string]*fleet.Node
	now       time.Time
	out       actions.Check
	faulty    map[string]bool // nodes
	throttled map[string]bool // replicas
	unread    []fleet.Safe    // nodes
}

func (x *inspection) says(c actions.Check) { x.out = worse(x.out, c) }

func (x *inspection) node(n *fleet.KubeNode) {
	if fault := nodeFault(n); !fault.IsEmpty() {
		x.faulty[n.Name] = true
		x.says(verdict(actions.SeverityWarn, fleet.Label(n.Name), fleet.Text(": "), fault))
	}
	d := x.devices[n.Name]
	if d == nil || d.At.IsZero() || x.now.Sub(d.At) > hardwareLife {
		x.unread = append(x.unread, fleet.Label(n.Name))
		return
	}
	for i := range d.GPUs {
		g := &d.GPUs[i]
		if fault := gpuFault(g); !fault.IsEmpty() {
			x.faulty[n.Name] = true
			x.says(verdict(actions.SeverityWarn, fleet.Label(n.Name), fleet.Text(" GPU "), fleet.Label(g.Reading.Index), fleet.Text(": "), fault,
				age(x.now, d.At)))
		}
		if g.Reading.Throttle.V&badClocks != 0 {
			x.throttled[holder(n, g)] = true
		}
	}
}

// receiving are the nodes that replicas may come to.
func receiving(p *actions.Plan, c *fleet.Cluster) []*fleet.KubeNode {
	var out []*fleet.KubeNode
	for _, n := range c.Nodes {
		if p.Intent.Kind == actions.KindUncordon && n.Name == p.Work.Was.Object.Name {
			out = append(out, n)
		}
	}
	if p.Intent.Kind == actions.KindUncordon {
		return out
	}
	for _, n := range c.Takers(&p.Work.Was) {
		if p.Work.Was.Object.Kind != "Node" || n.Name != p.Work.Was.Object.Name { // a drain empties its own
			out = append(out, n)
		}
	}
	return out
}

// devicesOf are the GPUs of the nodes of a cluster, as exporters read them, by the name of the node.
func devicesOf(s *fleet.Snapshot, id fleet.ClusterID) map[string]*fleet.Node {
	out := map[string]*fleet.Node{}
	for i := range s.Pools {
		p := &s.Pools[i]
		names := map[fleet.NodeID]string{}
		for _, spec := range p.Spec.Nodes {
			names[spec.ID] = string(spec.ID)
			if spec.Object.Cluster == id && spec.Object.Name != "" {
				names[spec.ID] = spec.Object.Name
			}
		}
		for j := range p.Nodes {
			n := &p.Nodes[j]
			name, ok := names[n.ID]
			if !ok {
				name = string(n.ID)
			}
			if have := out[name]; have == nil || have.At.Before(n.At) {
				out[name] = n
			}
		}
	}
	return out
}

// nodeFault is what the cluster itself says is wrong with a node.
func nodeFault(n *fleet.KubeNode) fleet.Safe {
	if lost := n.GPUCapacity.Or(0) - n.GPUUsable.Or(n.GPUCapacity.Or(0)); lost > 0 {
		return fleet.Concat(fleet.Int(lost), fleet.Text(" of "), fleet.Int(n.GPUCapacity.V), fleet.Text(" GPUs cannot be allocated"))
	}
	for _, c := range n.Conditions {
		if c.Bad && c.Type.String() != "Ready" {
			return fleet.Concat(fleet.Text("condition "), c.Type, fleet.Text(" is "), c.Status)
		}
	}
	return fleet.Safe{}
}

// gpuFault is the worst that a device has: gone, what its driver asks for, a failed remap, a fatal Xid since its reset.
func gpuFault(g *fleet.GPU) fleet.Safe {
	switch {
	case g.Missing:
		return fleet.Text("it is gone from its exporter's page")
	case !g.Asks.IsEmpty():
		return fleet.Concat(fleet.Text("its driver asks: "), g.Asks)
	case g.Reading.RemapFailed.Or(false):
		return fleet.Text("a memory row could not be remapped: its spare rows are gone")
	}
	seen := g.XidHistory
	if len(seen) == 0 && g.Xid.OK {
		seen = []fleet.XidSeen{g.Xid.V}
	}
	for _, x := range seen {
		e, ok := xid.Lookup(x.Code)
		if x.Settled || !ok || e.Class != xid.ClassReplicaOut && e.Class != xid.ClassGPUOut && e.Class != xid.ClassNodeOut {
			continue
		}
		return fleet.Concat(fleet.Text("Xid "), fleet.Int(x.Code), fleet.Text(" ("), fleet.Label(e.Meaning), fleet.Text("), no reset since"))
	}
	return fleet.Safe{}
}

// holder names the replica that a GPU works for, the GPU where that is not known.
func holder(n *fleet.KubeNode, g *fleet.GPU) string {
	if g.Reading.Pod != "" {
		return g.Reading.Pod
	}
	return n.Name + "/" + string(g.Reading.ID)
}

// spare asks whether the pool could do without what runs on faulty nodes (IL-06 of a roll): its load over the rating of
// the replicas that would be left.
func spare(p *actions.Plan, s *fleet.Snapshot, faulty map[string]bool) actions.Check {
	return eachPool(p, s, func(pool *fleet.Pool) actions.Check { return sparePool(p, pool, faulty) })
}

func sparePool(p *actions.Plan, pool *fleet.Pool, faulty map[string]bool) actions.Check {
	if pool == nil || !pool.Used.OK {
		return missing(actions.SeverityWarn, fleet.Text("whether the rest could carry the load without them is not known"))
	}
	names := map[fleet.NodeID]string{}
	for _, n := range pool.Spec.Nodes {
		names[n.ID] = n.Object.Name
	}
	lost := 0
	for i := range pool.Replicas {
		id := pool.Replicas[i].Node
		if faulty[names[id]] || faulty[string(id)] {
			lost++
		}
	}
	left := pool.Ready - lost - p.Work.Draft.Down
	terms := fleet.Concat(fleet.Float(float64(pool.Used.V), 2), fleet.Text(" x "), fleet.Int(pool.Ready), fleet.Text(" ready / ("),
		fleet.Int(pool.Ready), fleet.Text(" - "), fleet.Int(lost), fleet.Text(" on such nodes - "), fleet.Int(p.Work.Draft.Down),
		fleet.Text(" away)"))
	if left <= 0 {
		return verdict(actions.SeverityBlock, terms, fleet.Text(": none would be left"))
	}
	return judge(float64(pool.Used.V)*float64(pool.Ready)/float64(left), terms, band{1, actions.SeverityBlock})
}

// some names the first of a list and counts the others.
func some(list []fleet.Safe) fleet.Safe {
	const shown = 3
	if len(list) <= shown {
		return fleet.Join(list, fleet.Text(", "))
	}
	return fleet.Concat(fleet.Join(list[:shown], fleet.Text(", ")), fleet.Text(" and "), fleet.Int(len(list)-shown), fleet.Text(" more"))
}
