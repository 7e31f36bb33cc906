package viewtest

import (
	"strconv"
	"time"

	"pitwall/fleet"
)

// ManyPods is the incident on one cluster of many machines and pods, a few of which are in trouble, for benchmarks.
func ManyPods(nodes, pods int) *fleet.Snapshot {
	s := Fleet()
	c := mainCluster()
	c.Nodes, c.Pods = nil, nil
	for i := range nodes {
		n := KubeNode("node-"+strconv.Itoa(i), 8)
		if i%97 == 0 {
			n.State, n.Why = fleet.StateWarn, fleet.Text("cordoned")
		}
		c.Nodes = append(c.Nodes, n)
	}
	for i := range pods {
		p := Pod("team-"+strconv.Itoa(i/200), "llama-70b-6c9f7d5b4-"+strconv.Itoa(i), "node-"+strconv.Itoa(i%max(1, nodes)), 1)
		if i%101 == 0 {
			p.State, p.Phase, p.Why = fleet.StateCrit, fleet.Text("Pending"), fleet.Text("Unschedulable: Insufficient nvidia.com/gpu")
		}
		c.Pods = append(c.Pods, p)
	}
	s.Clusters = []*fleet.Cluster{c}
	return s
}

// ManyContexts is the incident with n contexts, every fifth of which does not answer, each in its own way.
func ManyContexts(n int) *fleet.Snapshot {
	s := Fleet()
	for i := range n {
		c := &fleet.Cluster{
			ID:     fleet.ClusterID("team-" + strconv.Itoa(i/10) + "-cluster-" + strconv.Itoa(i)),
			Server: fleet.Label("https://10.20." + strconv.Itoa(i) + ".1:6443"),
		}
		s.Clusters = append(s.Clusters, c)
		if i%5 == 3 {
			deafContext(c, i)
			continue
		}
		c.State, c.At, c.Version = fleet.StateOK, ago(2*time.Second), fleet.Text("v1.33.4")
		for k := range i % 7 {
			c.Nodes = append(c.Nodes, KubeNode("node-"+strconv.Itoa(k), 8))
			c.Pods = append(c.Pods, Pod("llm", "llama-"+strconv.Itoa(k), "node-"+strconv.Itoa(k), 8))
		}
		c.Kinds = []fleet.KindWatch{{Kind: "nodes", Synced: true, Count: len(c.Nodes)}, {Kind: "pods", Synced: true, Count: len(c.Pods)}}
		if i%10 == 7 {
			c.Kinds[1].Synced, c.Kinds[1].Count, c.Why = false, 812, fleet.Text("listing pods")
		}
	}
	return s
}

func deafContext(c *fleet.Cluster, i int) {
	switch i % 3 {
	case 0:
		c.State, c.Why = fleet.StateUnknown, fleet.Text("connecting to its server for 8s; gives up after 15s")
	case 1:
		c.State, c.Why = fleet.StateDown, fleet.Text("the credential plugin aws did not end within 30s: log in, then r")
	default:
		c.State, c.At = fleet.StateStale, ago(7*time.Minute)
		c.Why = fleet.Text("no answer for 7m: i/o timeout; next try in 41s")
	}
}

// HostileClusters is the incident on a cluster whose every outside name and text is a hostile one.
func HostileClusters() *fleet.Snapshot {
	s := Clusters()
	names, next := HostileNames(), -1
	name := func() string {
		next++
		return names[next%len(names)]
	}
	for _, c := range s.Clusters {
		c.ID, c.Why, c.Scope, c.Server = fleet.ClusterID(name()), fleet.Label(name()), fleet.Label(name()), fleet.Label(name())
		for _, n := range c.Nodes {
			n.Name, n.Why, n.GPUProduct = name(), fleet.Label(name()), fleet.Label(name())
			n.Taints = []fleet.Safe{fleet.Label(name())}
			for i := range n.Conditions {
				n.Conditions[i].Type, n.Conditions[i].Why = fleet.Label(name()), fleet.Label(name())
			}
		}
		for _, p := range c.Pods {
			p.Name, p.Namespace, p.Node, p.Image, p.IP = name(), name(), name(), name(), name()
			p.Why, p.LastExit, p.Phase = fleet.Label(name()), fleet.Label(name()), fleet.Label(name())
			p.Owner.Name, p.Args = name(), []string{name(), name()}
			p.Ports[0].Name, p.Ports[0].Container = name(), name()
		}
		for _, w := range c.Workloads {
			w.Name, w.Namespace, w.Kind = name(), name(), name()
			w.Why, w.Image, w.Budget = fleet.Label(name()), fleet.Label(name()), fleet.Label(name())
		}
		for _, e := range c.Events {
			e.Object.Name, e.Reason, e.Text, e.Type = name(), fleet.Label(name()), fleet.Label(name()), fleet.Label(name())
		}
		for i := range c.Kinds {
			c.Kinds[i].Err = fleet.Label(name())
		}
	}
	return s
}
