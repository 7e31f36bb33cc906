package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// wholeReplica builds one of the worst replicas of a pool that a store answers for.
func wholeReplica(spec fleet.PoolSpec, of *fleet.PoolReading, r *fleet.ReplicaReading, now time.Time) fleet.Replica {
	out := fleet.Replica{ID: r.ID, Node: r.Node, At: r.At, Source: spec.Store.Source, Load: fleet.Load{
		At: r.At, Window: of.Window, Requests: r.Requests, Running: r.Running, Waiting: r.Waiting, KV: r.KV,
		OutRate: r.OutRate, TTFT95: r.TTFT95, ITL95: r.ITL95}}
	if !blind(out.Load) {
		out.Engines = 1
	}
	switch {
	case r.Stalled:
		out.Progress = fleet.Progress{Moving: fleet.Some(false), Stalled: of.Window, Why: fleet.Concat(
			fleet.Text("no token for "), fleet.Age(of.Window), fleet.Text(" with work"))}
	case r.OutRate.OK && r.OutRate.V > 0:
		out.Progress = fleet.Progress{Moving: fleet.Some(true), LastToken: r.At}
	}
	out.State, out.Why = firstOf(wholeReplicaReach(r, now), replicaProgress(&out, fleet.Safe{}), replicaLoad(&out))
	return out
}

func wholeReplicaReach(r *fleet.ReplicaReading, now time.Time) judgement {
	switch {
	case r.Up.OK && !r.Up.V:
		return judgement{fleet.StateDown, fleet.Text("the store cannot scrape it (up is 0)")}
	case !r.At.IsZero() && now.Sub(r.At) > wholeFresh:
		return judgement{fleet.StateStale, fleet.Concat(fleet.Text("newest sample "), fleet.Age(now.Sub(r.At)), fleet.Text(" ago"))}
	default:
		return judgement{}
	}
}

// wholeNodes puts the GPUs with the most trouble under their machines, in the order in which the store gave them.
func wholeNodes(source fleet.SourceID, r *fleet.PoolReading, now time.Time) []fleet.Node {
	var nodes []fleet.Node
	for _, g := range r.Hurt {
		id := fleet.NodeID(g.Host)
		i := slices.IndexFunc(nodes, func(n fleet.Node) bool { return n.ID == id })
		if i < 0 {
			i = len(nodes)
			nodes = append(nodes, fleet.Node{ID: id, Source: source, At: r.At, State: fleet.StateOK})
		}
		watch := gpuWatch{reading: g, seen: r.At}
		watch.xids.take(g, r.At, false) // who is among the worst changes: when a code came is not known
		gpu := fleet.GPU{Reading: g}
		if x, ok := watch.xids.telling(); ok {
			gpu.Xid = fleet.Some(x.seen())
		}
		gpu.State, gpu.Why = gpuState(&watch, now.Sub(r.At) > wholeFresh, 0, now)
		n := &nodes[i]
		n.GPUs = append(n.GPUs, gpu)
		if gpu.State.Rank() > n.State.Rank() {
			n.State, n.Why = gpu.State, fleet.Concat(fleet.Text("GPU "), fleet.Label(g.Index), fleet.Text(" "), gpu.Why)
		}
	}
	for i := range nodes {
		slices.SortFunc(nodes[i].GPUs, compareGPUs)
	}
	return nodes
}
