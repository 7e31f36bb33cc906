package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
	"pitwall/fleet/xid"
)

// GPU limits for the state of a device.
const (
	gpuHot = fleet.Celsius(87) // near the slow-down temperature of current data-centre parts
	// goneAfter is how long a GPU that left its exporter's page is still shown as missing.
	goneAfter = 24 * time.Hour
)

type gpuKey struct {
	source fleet.SourceID
	id     fleet.GPUID
	mig    string
}

// gpuWatch follows one device: its last reading, whether it left the page, and the edges of its Xid gauge.
type gpuWatch struct {
	reading fleet.GPUReading
	seen    time.Time
	missing bool
	xid     fleet.Maybe[int]
	xidAt   fleet.Maybe[time.Time] // when the code changed while pitwall watched
}

func (w *world) takeGPUs(s *sourceState, p fleet.Partial) {
	if len(p.GPUs) == 0 {
		return
	}
	here := map[gpuKey]bool{}
	for _, r := range p.GPUs {
		key := gpuKey{s.spec.ID, r.ID, r.MIG}
		here[key] = true
		g, known := w.gpus[key]
		if !known {
			g = &gpuWatch{}
			w.gpus[key] = g
		}
		w.xidEdge(s, g, r, p.At, known)
		if g.missing {
			w.events.add(fleet.Event{At: p.At, Level: fleet.LevelInfo, Object: w.nodeLabel(s),
				Text: fleet.Concat(fleet.Text("GPU "), fleet.Label(r.Index), fleet.Text(" is back"))})
		}
		g.reading, g.seen, g.missing = r, p.At, false
	}
	for key, g := range w.gpus {
		if key.source != s.spec.ID || here[key] {
			continue
		}
		if !g.missing {
			g.missing = true
			w.events.add(fleet.Event{At: p.At, Level: fleet.LevelCrit, Object: w.nodeLabel(s),
				Text: fleet.Concat(fleet.Text("GPU "), fleet.Label(g.reading.Index), fleet.Text(" left the exporter's page"))})
		}
		if p.At.Sub(g.seen) > goneAfter {
			delete(w.gpus, key)
		}
	}
}

// xidEdge makes an event of a changed Xid. The gauge is sticky: a code that stands there at
// the first read is of unknown age and is shown, not announced.
func (w *world) xidEdge(s *sourceState, g *gpuWatch, r fleet.GPUReading, at time.Time, known bool) {
	if !r.LastXid.OK {
		return
	}
	changed := !g.xid.OK && known || g.xid.OK && g.xid.V != r.LastXid.V
	g.xid = r.LastXid
	if !changed || r.LastXid.V == 0 {
		return
	}
	g.xidAt = fleet.Some(at)
	entry, _ := xid.Lookup(r.LastXid.V)
	level := fleet.LevelWarn
	if fatalXid(r.LastXid.V) {
		level = fleet.LevelCrit
	}
	w.events.add(fleet.Event{At: at, Level: level, Object: w.nodeLabel(s), Text: fleet.Concat(
		fleet.Text("GPU "), fleet.Label(r.Index), fleet.Text(" Xid "), fleet.Int(r.LastXid.V),
		fleet.Text(": "), fleet.Label(entry.Meaning), fleet.Text("; "), fleet.Label(entry.Action))})
}

func (w *world) nodeLabel(s *sourceState) fleet.Safe {
	if s.spec.Subject.Node != "" {
		return fleet.Label(string(s.spec.Subject.Node))
	}
	return fleet.Label(string(s.spec.ID))
}

// fatalXid tells whether the catalogue takes the GPU or its node out of use.
func fatalXid(code int) bool {
	e, ok := xid.Lookup(code)
	return ok && (e.Class == xid.ClassGPUOut || e.Class == xid.ClassNodeOut)
}

// nodes builds the machines of a pool with their devices in index order.
func (w *world) nodes(spec fleet.PoolSpec, now time.Time) []fleet.Node {
	nodes := make([]fleet.Node, 0, len(spec.Nodes))
	for _, n := range spec.Nodes {
		s := w.source(func(sub fleet.Subject) bool { return sub.Node == n.ID && sub.Replica == "" })
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
	for key, g := range w.gpus {
		if key.source == s.spec.ID {
			node.GPUs = append(node.GPUs, w.gpu(key, g, s.stale(now), now))
		}
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
	if s.stale(now) {
		node.State = fleet.StateStale
		node.Why = fleet.Concat(fleet.Text("last read "), fleet.Age(now.Sub(s.status.LastGood)), fleet.Text(" ago"))
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

func (w *world) gpu(key gpuKey, g *gpuWatch, stale bool, now time.Time) fleet.GPU {
	out := fleet.GPU{Reading: g.reading, Missing: g.missing, State: fleet.StateOK}
	util := g.reading.Util
	if g.missing || stale {
		util = fleet.None[fleet.Ratio]()
	}
	out.Trend = w.trends.put("gpu/"+string(key.source)+"/"+string(key.id)+"/"+key.mig, shortSpan, now, orNaN(util))
	if g.xid.OK && g.xid.V != 0 {
		e, _ := xid.Lookup(g.xid.V)
		out.Xid = fleet.Some(fleet.XidSeen{Code: g.xid.V, Meaning: fleet.Label(e.Meaning),
			Action: fleet.Label(e.Action), First: g.xidAt})
	}
	out.State, out.Why = gpuState(g, stale)
	return out
}

// gpuState follows the precedence missing > Xid class > remap failure > temperature (engines-and-gpus.md 16.7).
func gpuState(g *gpuWatch, stale bool) (fleet.State, fleet.Safe) {
	r := g.reading
	switch {
	case g.missing:
		return fleet.StateDown, fleet.Text("left the exporter's page")
	case g.xid.OK && fatalXid(g.xid.V):
		when := fleet.Text("time unknown")
		if g.xidAt.OK {
			when = fleet.Concat(fleet.Text("at "), fleet.ClockTime(g.xidAt.V))
		}
		return fleet.StateCrit, fleet.Concat(fleet.Text("Xid "), fleet.Int(g.xid.V), fleet.Text(", "), when)
	case r.RemapFailed.OK && r.RemapFailed.V:
		return fleet.StateCrit, fleet.Text("row remap failed")
	case stale:
		return fleet.StateStale, fleet.Safe{}
	case r.Temp.OK && r.Temp.V >= gpuHot:
		return fleet.StateWarn, fleet.Concat(r.Temp.V.Text(), fleet.Text(" hot"))
	case r.RemapPending.OK && r.RemapPending.V:
		return fleet.StateWarn, fleet.Text("row remap pending, needs a reset")
	default:
		return fleet.StateOK, fleet.Safe{}
	}
}

// presentGPUs counts distinct boards: MIG instances of one board count once.
func presentGPUs(list []fleet.GPU) int {
	boards := map[string]bool{}
	for _, g := range list {
		if !g.Missing {
			boards[board(g.Reading)] = true
		}
	}
	return len(boards)
}

// board is what the rows of one physical device have in common.
func board(r fleet.GPUReading) string {
	if r.PCI != "" {
		return r.PCI
	}
	if r.MIG != "" && r.Index != "" {
		return r.Host + "/" + r.Index
	}
	return string(r.ID)
}

// boardPower sums watts over distinct boards: exporters repeat board values on every MIG row.
func boardPower(list []fleet.GPU) fleet.Maybe[fleet.Watts] {
	var sum fleet.Watts
	known := false
	seen := map[string]bool{}
	for _, g := range list {
		if b := board(g.Reading); !g.Missing && g.Reading.Power.OK && !seen[b] {
			seen[b], known = true, true
			sum += g.Reading.Power.V
		}
	}
	return fleet.Maybe[fleet.Watts]{V: sum, OK: known}
}

// meanUtil is the mean utilisation over devices that report one.
func meanUtil(nodes []fleet.Node) fleet.Maybe[fleet.Ratio] {
	var sum fleet.Ratio
	n := 0
	for _, node := range nodes {
		if node.State == fleet.StateStale || node.State == fleet.StateUnknown {
			continue
		}
		for _, g := range node.GPUs {
			if !g.Missing && g.Reading.Util.OK {
				sum += g.Reading.Util.V
				n++
			}
		}
	}
	if n == 0 {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(sum / fleet.Ratio(n))
}
