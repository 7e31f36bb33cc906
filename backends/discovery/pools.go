package discovery

import (
	"cmp"
	"slices"
	"strings"

	"pitwall/fleet"
)

// group is the pods of one owner that serve.
type group struct {
	owner fleet.ObjectRef
	kind  string
	role  role
	pods  []*fleet.Pod
}

// groups gathers pods by owner and kind. A pod that was not proven belongs to its owner's group when another one of it
// was, or when nothing but its name says what it is.
func (f *finder) groups(c *fleet.Cluster) []group {
	kinds := map[fleet.ObjectRef]sign{}
	for _, p := range c.Pods {
		if v := f.pods[identity(p)]; v != nil && v.is != nil {
			kinds[ownerOf(c, p)] = v.is.sign
		}
	}
	index := map[fleet.ObjectRef]int{}
	var list []group
	for _, p := range c.Pods {
		v := f.pods[identity(p)]
		if v == nil || len(v.likely) == 0 || finished(p) {
			continue
		}
		owner := ownerOf(c, p)
		s, ok := kinds[owner]
		if !ok {
			s = v.likely[0].sign
			if !s.speaks(p) {
				continue // it only listens where engines do, and never answered as one
			}
		}
		i, ok := index[owner]
		if !ok {
			i = len(list)
			index[owner] = i
			list = append(list, group{owner: owner, kind: s.kind, role: s.role})
		}
		list[i].pods = append(list[i].pods, p)
	}
	return list
}

// finished tells whether a pod is a remnant: its owner has made another one in its place, or will.
func finished(p *fleet.Pod) bool {
	return p.Phase.String() == "Succeeded" || p.Phase.String() == "Failed"
}

func ownerOf(c *fleet.Cluster, p *fleet.Pod) fleet.ObjectRef {
	if p.Owner != (fleet.ObjectRef{}) {
		return p.Owner
	}
	return fleet.ObjectRef{Cluster: c.ID, Kind: "Pod", Namespace: p.Namespace, Name: p.Name}
}

// poolOf makes a pool of a group of engines.
func (f *finder) poolOf(c *fleet.Cluster, g group, name string) fleet.PoolSpec {
	spec := fleet.PoolSpec{ID: fleet.PoolID(name), Site: f.siteOf(c), Engine: g.kind, Model: f.modelOf(g), Workload: g.owner}
	if w := workload(c, g.owner); w != nil {
		spec.Desired = fleet.Some(w.Desired)
	}
	seen := map[string]bool{}
	for _, p := range g.pods {
		spec.GPUsPerReplica = max(spec.GPUsPerReplica, p.GPUs)
		replica := fleet.ReplicaSpec{ID: fleet.ReplicaID(f.name(p.Name)), Pod: podRef(c, p), Why: f.unread(p)}
		if !replica.Why.IsEmpty() {
			replica.State = p.State
		}
		if p.Node != "" {
			replica.Node = f.nodeID(p.Node)
		}
		spec.Replicas = append(spec.Replicas, replica)
		if n := node(c, p.Node); n != nil && !seen[p.Node] && p.GPUs > 0 {
			seen[p.Node] = true
			spec.Nodes = append(spec.Nodes, fleet.NodeSpec{ID: f.nodeID(p.Node), GPUs: n.GPUCapacity.Or(0),
				Object: fleet.ObjectRef{Cluster: c.ID, Kind: "Node", Name: p.Node}})
			spec.GPU = cmp.Or(spec.GPU, product(n.GPUProduct.String()))
		}
	}
	return spec
}

// unread says why nothing reads a pod yet; what the cluster says of it comes first.
func (f *finder) unread(p *fleet.Pod) fleet.Safe {
	v := f.pods[identity(p)]
	switch {
	case v.is != nil && running(p):
		return fleet.Safe{}
	case !p.Why.IsEmpty():
		return p.Why
	case !running(p):
		return p.Phase
	case !v.why.IsEmpty():
		return v.why
	default:
		return fleet.Text("not read yet")
	}
}

// modelOf is the one model that the pods of a group serve; several, or none that was named, leave it open.
func (f *finder) modelOf(g group) fleet.ModelName {
	var model fleet.ModelName
	for _, p := range g.pods {
		v := f.pods[identity(p)]
		if v.is == nil {
			continue
		}
		models := v.models
		if name := servedName(p.Args); len(models) == 0 && name != "" {
			models = []fleet.ModelName{name}
		}
		if len(models) != 1 || model != "" && model != models[0] {
			return ""
		}
		model = models[0]
	}
	return model
}

func (f *finder) name(s string) string            { return f.opt.Prefix + s }
func (f *finder) nodeID(name string) fleet.NodeID { return fleet.NodeID(f.name(name)) }

func (f *finder) siteOf(c *fleet.Cluster) fleet.SiteID {
	return cmp.Or(f.opt.Site, c.Site, fleet.SiteID(c.ID))
}

func podRef(c *fleet.Cluster, p *fleet.Pod) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: c.ID, Kind: "Pod", Namespace: p.Namespace, Name: p.Name}
}

func workload(c *fleet.Cluster, ref fleet.ObjectRef) *fleet.Workload {
	i := slices.IndexFunc(c.Workloads, func(w *fleet.Workload) bool {
		return w.Kind == ref.Kind && w.Namespace == ref.Namespace && w.Name == ref.Name
	})
	if i < 0 {
		return nil
	}
	return c.Workloads[i]
}

// node finds a machine; rows are sorted by name.
func node(c *fleet.Cluster, name string) *fleet.KubeNode {
	i, ok := slices.BinarySearchFunc(c.Nodes, name, func(n *fleet.KubeNode, name string) int { return strings.Compare(n.Name, name) })
	if !ok {
		return nil
	}
	return c.Nodes[i]
}

// product is a GPU product as price tables name it: "NVIDIA-H100-80GB-HBM3" is "H100".
func product(label string) string {
	for _, word := range strings.FieldsFunc(label, func(r rune) bool { return r == '-' || r == ' ' || r == '_' }) {
		upper := strings.ToUpper(word)
		size := strings.HasSuffix(upper, "GB")
		if len(upper) >= 2 && !size && strings.ContainsAny(upper[:1], "ABHLTVM") && strings.ContainsAny(upper, "0123456789") {
			return upper
		}
	}
	return label
}
