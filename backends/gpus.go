package backends

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"pitwall/fleet"
	"pitwall/fleet/xid"
)

// goneAfter is how long a GPU that left its exporter's page is still shown as missing.
const goneAfter = 24 * time.Hour

type gpuKey struct {
	id  fleet.GPUID
	mig string
}

// gpuWatch follows one device: its last reading, whether it left the page, and the edges of its Xid gauge.
type gpuWatch struct {
	reading fleet.GPUReading
	seen    time.Time
	missing bool
	xid     fleet.Maybe[int]
	xidAt   fleet.Maybe[time.Time] // when the code changed while pitwall watched
}

// takeGPUs keeps the devices of an exporter's page. A node's page without any means that all of them left.
func (w *world) takeGPUs(s *sourceState, p fleet.Partial) {
	watched := w.gpus[s.spec.ID]
	if len(p.GPUs) == 0 && len(watched) == 0 {
		return
	}
	if watched == nil {
		watched = map[gpuKey]*gpuWatch{}
		w.gpus[s.spec.ID] = watched
	}
	here, boards := map[gpuKey]bool{}, map[string]bool{}
	for _, r := range p.GPUs {
		key := gpuKey{r.ID, r.MIG}
		here[key], boards[board(r)] = true, true
		g, known := watched[key]
		if !known {
			g = &gpuWatch{}
			watched[key] = g
		}
		w.xidEdge(s, g, r, p.At, known)
		if g.missing {
			w.events.add(fleet.Event{At: p.At, Level: fleet.LevelInfo, Object: w.nodeLabel(s),
				Text: fleet.Concat(fleet.Text("GPU "), fleet.Label(r.Index), fleet.Text(" is back"))})
		}
		g.reading, g.seen, g.missing = r, p.At, false
	}
	for _, key := range sortedGPUs(watched) {
		if !here[key] {
			w.left(s, key, boards, p.At)
		}
	}
}

// left notes that a row is no longer on its exporter's page.
func (w *world) left(s *sourceState, key gpuKey, boards map[string]bool, at time.Time) {
	g := w.gpus[s.spec.ID][key]
	if boards[board(g.reading)] || at.Sub(g.seen) > goneAfter {
		delete(w.gpus[s.spec.ID], key) // its board is there, cut in other instances; or it was taken out long ago
		return
	}
	if !g.missing {
		g.missing = true
		w.events.add(fleet.Event{At: at, Level: fleet.LevelCrit, Object: w.nodeLabel(s),
			Text: fleet.Concat(fleet.Text("GPU "), fleet.Label(g.reading.Index), fleet.Text(" left the exporter's page"))})
	}
}

// sortedGPUs gives the rows in one order, so that equal runs tell equal stories.
func sortedGPUs(watched map[gpuKey]*gpuWatch) []gpuKey {
	return slices.SortedFunc(maps.Keys(watched), func(a, b gpuKey) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.mig, b.mig))
	})
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
