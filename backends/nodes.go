package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// nodes builds the machines of a pool with their devices in index order.
func (w *world) nodes(spec fleet.PoolSpec, now time.Time) []fleet.Node {
	nodes := make([]fleet.Node, 0, len(spec.Nodes))
	for _, n := range spec.Nodes {
		s := w.index.nodes[n.ID]
		node := fleet.Node{ID: n.ID, State: fleet.StateUnknown, Why: fleet.Text("no exporter is configured")}
		if s != nil {
			node = w.node(s, n, now)
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func (w *world) node(s *sourceState, spec fleet.NodeSpec, now time.Time) fleet.Node {
	node := fleet.Node{ID: spec.ID, Source: s.spec.ID, At: s.status.LastGood, State: fleet.StateUnknown,
		Why: fleet.Text("not read yet")}
	frozen := w.gpuPageFrozen(s)
	for key, g := range w.gpus[s.spec.ID] {
		node.GPUs = append(node.GPUs, w.gpu(s.spec.ID, key, g, s.stale(now), frozen, now))
	}
	slices.SortFunc(node.GPUs, compareGPUs)
	if s.status.LastGood.IsZero() {
		if !s.status.Err.IsEmpty() {
			node.Why = s.status.Err
		}
		return node
	}
	node.State, node.Why = fleet.StateOK, fleet.Safe{}
	if n := presentGPUs(node.GPUs); spec.GPUs > 0 && n < spec.GPUs {
		node.State = fleet.StateCrit
		node.Why = fleet.Concat(fleet.Int(n), fleet.Text(" of "), fleet.Int(spec.GPUs), fleet.Text(" GPUs report"))
	}
	for i := range node.GPUs {
		if g := &node.GPUs[i]; g.State.Rank() > node.State.Rank() && g.State != fleet.StateStale {
			node.State, node.Why = g.State, fleet.Concat(fleet.Text("GPU "), fleet.Label(g.Reading.Index), fleet.Text(" "), g.Why)
		}
	}
	node.Power = boardPower(node.GPUs)
	if frozen > 0 && node.State.Rank() < fleet.StateCrit.Rank() {
		node.State, node.Why = fleet.StateStale, frozenText(frozen)
	}
	if s.stale(now) {
		node.State = fleet.StateStale
		node.Why = fleet.Concat(fleet.Text("last read "), fleet.Age(now.Sub(s.status.LastGood)), fleet.Text(" ago"))
		if !s.status.Err.IsEmpty() {
			node.Why = fleet.Concat(node.Why, fleet.Text(": "), s.status.Err) // a driver that hangs says so here
		}
	}
	return node
}

func compareGPUs(a, b fleet.GPU) int {
	if d := len(a.Reading.Index) - len(b.Reading.Index); d != 0 {
		return d // "10" after "9"
	}
	for _, pair := range [][2]string{{a.Reading.Index, b.Reading.Index},
		{string(a.Reading.ID), string(b.Reading.ID)}, {a.Reading.MIG, b.Reading.MIG}} {
		if pair[0] < pair[1] {
			return -1
		}
		if pair[0] > pair[1] {
			return 1
		}
	}
	return 0
}

func (w *world) gpu(source fleet.SourceID, key gpuKey, g *gpuWatch, stale bool, frozen time.Duration, now time.Time) fleet.GPU {
	out := fleet.GPU{Reading: g.reading, Missing: g.missing, Frozen: frozen > 0, XidHistory: g.xids.history()}
	util := g.reading.Util
	if g.missing || stale || out.Frozen {
		util = fleet.None[fleet.Ratio]()
	}
	out.Trend = w.trends.put("gpu/"+string(source)+"/"+string(key.id)+"/"+key.mig, shortSpan, now, orNaN(util))
	if x, ok := g.xids.telling(); ok {
		out.Xid = fleet.Some(x.seen())
	}
	if action := g.reading.Recovery.Or(0); action > 0 {
		out.Asks = recovery(action)
	}
	out.State, out.Why = gpuState(g, stale, frozen, now)
	return out
}
