package backends

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"pitwall/fleet"
)

// goneAfter is how long a GPU that left its exporter's page is still shown as missing.
const goneAfter = 24 * time.Hour

// maxGone is how many of them are: a page that names others at every read must not fill the memory.
const maxGone = 256

type gpuKey struct {
	id  fleet.GPUID
	mig string
}

// gpuWatch follows one device: its last reading, whether it left the page, and its Xids.
type gpuWatch struct {
	reading fleet.GPUReading
	seen    time.Time
	missing bool
	xids    xidHistory
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
	here, boards, told := map[gpuKey]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range p.GPUs {
		key := gpuKey{r.ID, r.MIG}
		here[key], boards[board(r)] = true, true
		g, known := watched[key]
		if !known {
			g = &gpuWatch{}
			watched[key] = g
		}
		w.announceXids(s, r, g.xids.take(r, p.At, known), told, p)
		if g.missing {
			w.events.add(fleet.Event{At: p.At, Level: fleet.LevelInfo, Object: w.nodeLabel(s),
				Text: fleet.Concat(fleet.Text("GPU "), fleet.Label(r.Index), fleet.Text(" is back"))})
		}
		g.reading, g.seen, g.missing = r, p.At, false
	}
	w.watchGPUPage(s, p)
	for _, key := range sortedGPUs(watched) {
		if !here[key] {
			w.left(s, key, boards, p.At)
		}
	}
	forgetGone(watched)
}

// forgetGone drops those that left first where too many are missing.
func forgetGone(watched map[gpuKey]*gpuWatch) {
	var gone []gpuKey
	for key, g := range watched {
		if g.missing {
			gone = append(gone, key)
		}
	}
	if len(gone) <= maxGone {
		return
	}
	slices.SortFunc(gone, func(a, b gpuKey) int {
		return cmp.Or(watched[a].seen.Compare(watched[b].seen), cmp.Compare(a.id, b.id), cmp.Compare(a.mig, b.mig))
	})
	for _, key := range gone[:len(gone)-maxGone] {
		delete(watched, key)
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

func (w *world) nodeLabel(s *sourceState) fleet.Safe {
	if s.spec.Subject.Node != "" {
		return fleet.Label(string(s.spec.Subject.Node))
	}
	return fleet.Label(string(s.spec.ID))
}
