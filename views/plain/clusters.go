package plain

import (
	"cmp"
	"slices"

	"pitwall/fleet"
)

// mostRows bounds what is told of one kind of objects of clusters: the worst come first, of the others the number is
// said.
const mostRows = 20

// ill is an object of a cluster that is in trouble.
type ill struct {
	cluster *fleet.Cluster
	ref     fleet.ObjectRef
	state   fleet.State
	cells   []fleet.Safe // of its row, without cluster and state
	why     fleet.Safe
}

// inTrouble tells whether a state needs a person.
func inTrouble(s fleet.State) bool {
	switch s {
	case fleet.StateWarn, fleet.StateDrift, fleet.StateCrit, fleet.StateDown:
		return true
	default:
		return false
	}
}

// worst keeps the objects in trouble, the worst first, and tells how many there are.
func worst(all []ill) ([]ill, int) {
	slices.SortStableFunc(all, func(a, b ill) int { return cmp.Compare(b.state.Rank(), a.state.Rank()) })
	return all[:min(mostRows, len(all))], len(all)
}

func illNodes(clusters []*fleet.Cluster) (list []ill, all int) {
	for _, c := range clusters {
		all += len(c.Nodes)
		for _, n := range c.Nodes {
			if inTrouble(n.State) {
				list = append(list, ill{c, fleet.ObjectRef{Cluster: c.ID, Kind: "Node", Name: n.Name}, n.State,
					[]fleet.Safe{gpuCount(n), yes(n.Unscheduled, fleet.Text("cordoned"), fleet.Text("open"))}, firstOf(n.Why, n.ReadyWhy)})
			}
		}
	}
	return list, all
}

func illPods(clusters []*fleet.Cluster) (list []ill, all int) {
	for _, c := range clusters {
		all += len(c.Pods)
		for _, p := range c.Pods {
			if inTrouble(p.State) {
				list = append(list, ill{c, fleet.ObjectRef{Cluster: c.ID, Kind: "Pod", Namespace: p.Namespace, Name: p.Name}, p.State,
					[]fleet.Safe{or(p.Phase), fleet.Textf("%s/%s", fleet.Int(p.Ready), fleet.Int(p.Containers)), fleet.Int(p.Restarts),
						or(fleet.Label(p.Node))}, firstOf(p.Why, p.LastExit)})
			}
		}
	}
	return list, all
}

func illWorkloads(clusters []*fleet.Cluster) (list []ill, all int) {
	for _, c := range clusters {
		all += len(c.Workloads)
		for _, w := range c.Workloads {
			if inTrouble(w.State) {
				list = append(list, ill{c, fleet.ObjectRef{Cluster: c.ID, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}, w.State,
					[]fleet.Safe{fleet.Label(w.Kind), fleet.Textf("%s/%s", w.Gaps.Replicas(w.Ready), fleet.Int(w.Desired))}, w.Why})
			}
		}
	}
	return list, all
}

func firstOf(a, b fleet.Safe) fleet.Safe {
	if a.IsEmpty() {
		return b
	}
	return a
}

// gpuCount is how many GPUs a machine offers of those that it has.
func gpuCount(n *fleet.KubeNode) fleet.Safe {
	number := func(m fleet.Maybe[int]) fleet.Safe {
		if !m.OK {
			return fleet.Text(fleet.Unknown)
		}
		return fleet.Int(m.V)
	}
	return fleet.Concat(number(n.GPUUsable), fleet.Text("/"), number(n.GPUCapacity))
}

// objectName is the name of an object with its namespace.
func objectName(o fleet.ObjectRef) fleet.Safe {
	if o.Namespace == "" {
		return fleet.Label(o.Name)
	}
	return fleet.Concat(fleet.Label(o.Namespace), fleet.Text("/"), fleet.Label(o.Name))
}

// clusterTables draws the clusters, and of their objects those in trouble. A fleet without clusters has none of it.
func clusterTables(r *report, s *fleet.Snapshot) {
	if len(s.Clusters) == 0 {
		return
	}
	clusterTable(r, s)
	nodes, all := illNodes(s.Clusters)
	illTable(r, fleet.Text("NODES"), nodes, all, []column{right(fleet.Text("GPUS")), left(fleet.Text("SCHEDULES"))})
	pods, all := illPods(s.Clusters)
	illTable(r, fleet.Text("PODS"), pods, all, []column{left(fleet.Text("PHASE")), right(fleet.Text("READY")),
		right(fleet.Text("RESTARTS")), left(fleet.Text("NODE"))})
	works, all := illWorkloads(s.Clusters)
	illTable(r, fleet.Text("WORKLOADS"), works, all, []column{left(fleet.Text("KIND")), right(fleet.Text("READY"))})
}

// clusterTable lists the clusters, those that do not answer first.
func clusterTable(r *report, s *fleet.Snapshot) {
	list := slices.Clone(s.Clusters)
	slices.SortStableFunc(list, func(a, b *fleet.Cluster) int { return cmp.Compare(silence(b), silence(a)) })
	r.line()
	r.line(fleet.Text("CLUSTERS "), fleet.Int(len(list)), rest(len(list)))
	var rows [][]fleet.Safe
	for _, c := range list[:min(mostRows, len(list))] {
		_, nodes := worst(first(illNodes([]*fleet.Cluster{c})))
		_, pods := worst(first(illPods([]*fleet.Cluster{c})))
		rows = append(rows, []fleet.Safe{fleet.Label(string(c.ID)), c.State.Text(), since(c.At, s.At),
			of(nodes, len(c.Nodes), c, "nodes"), of(pods, len(c.Pods), c, "pods"), or(c.Version), or(c.Server), or(doing(c))})
	}
	r.table([]column{left(fleet.Text("CLUSTER")), left(fleet.Text("STATE")), right(fleet.Text("HEARD")),
		right(fleet.Text("NODES BAD")), right(fleet.Text("PODS BAD")), left(fleet.Text("VERSION")), left(fleet.Text("SERVER")),
		left(fleet.Text("DOING"))}, rows)
}

func first(list []ill, _ int) []ill { return list }

// silent is beyond the rank of every state.
const silent = 100

// silence orders clusters: those that are not heard come before those with trouble.
func silence(c *fleet.Cluster) int {
	switch c.State {
	case fleet.StateStale, fleet.StateUnknown, fleet.StateDown, "":
		return silent + c.State.Rank()
	default:
		return c.State.Rank()
	}
}

// of draws how many objects of a kind are in trouble, "-" where the kind was never read.
func of(bad, all int, c *fleet.Cluster, kind string) fleet.Safe {
	for i := range c.Kinds {
		if k := &c.Kinds[i]; k.Kind == kind && k.Err.IsEmpty() {
			return fleet.Textf("%s of %s", fleet.Int(bad), fleet.Int(all))
		}
	}
	if all == 0 {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Textf("%s of %s", fleet.Int(bad), fleet.Int(all))
}

// doing is what a cluster is doing or what failed, with what is not read of it and how little may be seen.
func doing(c *fleet.Cluster) fleet.Safe {
	parts := kept(c.Why)
	for i := range c.Kinds {
		if k := &c.Kinds[i]; !k.Err.IsEmpty() {
			parts = append(parts, fleet.Concat(fleet.Label(k.Kind), fleet.Text(": "), k.Err))
		}
	}
	return fleet.Join(append(parts, kept(c.Scope)...), fleet.Text("; "))
}

// rest says how many rows are told of more.
func rest(n int) fleet.Safe {
	if n <= mostRows {
		return fleet.Safe{}
	}
	return fleet.Textf(", the worst %s", fleet.Int(mostRows))
}

func illTable(r *report, title fleet.Safe, list []ill, all int, columns []column) {
	rows, bad := worst(list)
	r.line()
	r.line(title, fleet.Text(" "), fleet.Int(all), fleet.Text(", in trouble "), fleet.Int(bad), rest(bad))
	cells := make([][]fleet.Safe, 0, len(rows))
	for _, x := range rows {
		row := []fleet.Safe{fleet.Label(string(x.cluster.ID)), objectName(x.ref), x.state.Text()}
		why := x.why
		if silence(x.cluster) >= silent {
			why = fleet.Join(kept(fleet.Text("OLD, the cluster is not heard"), why), fleet.Text("; "))
		}
		cells = append(cells, append(append(row, x.cells...), or(why)))
	}
	head := []column{left(fleet.Text("CLUSTER")), left(fleet.Text("NAME")), left(fleet.Text("STATE"))}
	r.table(append(append(head, columns...), left(fleet.Text("WHY"))), cells)
}
