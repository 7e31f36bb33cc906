package views

import (
	"strings"

	"pitwall/fleet"
)

// Kinds of objects that have a page, as the API writes them.
const (
	kindNode = "Node"
	kindPod  = "Pod"
)

// ClusterOf returns the cluster with this ID, or nil.
func ClusterOf(s *fleet.Snapshot, id fleet.ClusterID) *fleet.Cluster {
	if s != nil {
		for _, c := range s.Clusters {
			if c != nil && c.ID == id {
				return c
			}
		}
	}
	return nil
}

// PodOf returns the pod that a reference names with its cluster; the pod is nil when there is none.
func PodOf(s *fleet.Snapshot, o fleet.ObjectRef) (*fleet.Cluster, *fleet.Pod) {
	c := ClusterOf(s, o.Cluster)
	if c == nil || o.Kind != kindPod {
		return c, nil
	}
	for _, p := range c.Pods {
		if p.Name == o.Name && p.Namespace == o.Namespace {
			return c, p
		}
	}
	return c, nil
}

// NodeOf returns the machine that a reference names with its cluster; the machine is nil when there is none.
func NodeOf(s *fleet.Snapshot, o fleet.ObjectRef) (*fleet.Cluster, *fleet.KubeNode) {
	c := ClusterOf(s, o.Cluster)
	if c == nil || o.Kind != kindNode {
		return c, nil
	}
	for _, n := range c.Nodes {
		if n.Name == o.Name {
			return c, n
		}
	}
	return c, nil
}

// WorkloadOf returns the workload that a reference names with its cluster; the workload is nil when there is none.
func WorkloadOf(s *fleet.Snapshot, o fleet.ObjectRef) (*fleet.Cluster, *fleet.Workload) {
	c := ClusterOf(s, o.Cluster)
	if c == nil {
		return nil, nil
	}
	for _, w := range c.Workloads {
		if w.Name == o.Name && w.Namespace == o.Namespace && w.Kind == o.Kind {
			return c, w
		}
	}
	return c, nil
}

// PodRef names a pod.
func PodRef(c *fleet.Cluster, p *fleet.Pod) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: c.ID, Kind: kindPod, Namespace: p.Namespace, Name: p.Name}
}

// NodeRef names a machine of a cluster.
func NodeRef(c *fleet.Cluster, n *fleet.KubeNode) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: c.ID, Kind: kindNode, Name: n.Name}
}

// WorkloadRef names a workload.
func WorkloadRef(c *fleet.Cluster, w *fleet.Workload) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: c.ID, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
}

// RefID is the raw ID of the row of an object: "prod-eu-1/llm/llama-70b-0". It is for tables and messages; what it
// stands for is looked up, since names of a hostile server may hold any character.
func RefID(o fleet.ObjectRef) string {
	if o.Kind == kindPod {
		return string(o.Cluster) + "/" + o.Namespace + "/" + o.Name
	}
	id := string(o.Cluster)
	if o.Namespace != "" {
		id += "/" + o.Namespace
	}
	if o.Kind != "" && o.Kind != kindNode {
		id += "/" + o.Kind
	}
	if o.Name != "" {
		id += "/" + o.Name
	}
	return id
}

// RefText names an object in a sentence: "Pod llm/llama-70b-0".
func RefText(o fleet.ObjectRef) fleet.Safe {
	if o.Kind == "" {
		return fleet.Label(string(o.Cluster))
	}
	return fleet.Concat(fleet.Label(o.Kind), fleet.Text(" "), nameText(o))
}

// nameText is the name of an object with its namespace.
func nameText(o fleet.ObjectRef) fleet.Safe {
	if o.Namespace == "" {
		return fleet.Label(o.Name)
	}
	return fleet.Concat(fleet.Label(o.Namespace), fleet.Text("/"), fleet.Label(o.Name))
}

// ClusterRowRef returns what a row of a screen of clusters stands for, by the raw ID of the row; false when the row is
// gone. On a page the tables are those of the page.
func ClusterRowRef(sc Scene, screen Screen, u ClusterState, pane, id string) (fleet.ObjectRef, bool) {
	if sc.Snap == nil {
		return fleet.ObjectRef{}, false
	}
	switch pane {
	case "clusters":
		if r := u.Lists.clusterList(sc, u.Clusters).row(id); r != nil {
			return fleet.ObjectRef{Cluster: r.c.ID}, true
		}
	case "nodes":
		if r := u.Lists.nodeList(sc, u.Of, u.nodeTable(screen)).row(id); r != nil {
			return NodeRef(r.c, r.node), true
		}
	case "pods":
		if r := u.Lists.podList(sc, u.Of, u.podTable(screen)).row(id); r != nil {
			return PodRef(r.c, r.pod), true
		}
	case "workloads":
		if r := u.Lists.workloadList(sc, u.Of, u.Workloads).row(id); r != nil {
			return WorkloadRef(r.c, r.w), true
		}
	case "kevents":
		if r := u.Lists.eventList(sc, u.Of, u.Events).row(id); r != nil {
			return r.e.Object, r.e.Object.Name != ""
		}
	}
	return fleet.ObjectRef{}, false
}

// podTable is the table of pods of a screen: that of the list, or that of the page of another object.
func (u ClusterState) podTable(screen Screen) Table {
	if screen == ScreenPods {
		return u.Pods
	}
	return u.PagePods
}

// nodeTable is the table of machines of a screen: that of the list, or that of the page of a cluster.
func (u ClusterState) nodeTable(screen Screen) Table {
	if screen == ScreenNodes {
		return u.Nodes
	}
	return u.PageNodes
}

// MachineRef finds the machine of a cluster that exporters know by a name; where there is none the sentence says why.
func MachineRef(s *fleet.Snapshot, id fleet.NodeID) (fleet.ObjectRef, fleet.Safe) {
	for i := range s.Pools {
		for _, n := range s.Pools[i].Spec.Nodes {
			if n.ID == id && n.Object.Name != "" {
				return n.Object, fleet.Safe{}
			}
		}
	}
	for _, c := range s.Clusters {
		for _, n := range c.Nodes {
			if sameMachine(n.Name, string(id)) {
				return NodeRef(c, n), fleet.Safe{}
			}
		}
	}
	return fleet.ObjectRef{}, fleet.Concat(fleet.Text("no watched cluster has a node "), fleet.Label(string(id)))
}

// sameMachine tells whether two names are of one machine: they are equal, or one is the other without its domain.
func sameMachine(a, b string) bool {
	if a == b {
		return true
	}
	x, _, _ := strings.Cut(a, ".")
	y, _, _ := strings.Cut(b, ".")
	return x != "" && x == y && (x == a || y == b)
}

// LogPod is the pod whose log tells most about an object: the pod itself, or the worst one of a workload.
func LogPod(s *fleet.Snapshot, o fleet.ObjectRef) (fleet.ObjectRef, bool) {
	if o.Kind == kindPod {
		return o, true
	}
	c := ClusterOf(s, o.Cluster)
	if c == nil {
		return fleet.ObjectRef{}, false
	}
	var worst *fleet.Pod
	for _, p := range c.Pods {
		if holdsPod(o, p) && p.Node != "" && (worst == nil || trouble(p.State) > trouble(worst.State)) {
			worst = p
		}
	}
	if worst == nil {
		return fleet.ObjectRef{}, false
	}
	return PodRef(c, worst), true
}
