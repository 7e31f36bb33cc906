package vllm

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// maxEngines is how many engines times models one page may name.
const maxEngines = 512

var (
	errForeign = errors.New("the page has no metrics of vLLM; check the url")
	errEngines = errors.New("the page names more than 512 engines")
)

// decoder turns pages into readings and keeps its memory from page to page. It is not safe for concurrent use.
type decoder struct {
	families []family
	table    *promtext.Table
	page     promtext.Page
	groups   []group
	owner    []int32 // group of each sample, noGroup for shared ones
	slots    []int   // of histograms, by group and family; -1 for none yet
}

// group is one engine of one model, as the labels write it.
type group struct{ model, rank []byte }

const noGroup = -1

func newDecoder() *decoder {
	list := families()
	wanted := make([]promtext.Family, len(list))
	for i, f := range list {
		wanted[i] = promtext.Family{Name: f.name, Type: f.kind}
	}
	return &decoder{families: list, table: promtext.NewTable(wanted...)}
}

func (d *decoder) decode(body []byte) ([]fleet.EngineReading, []fleet.Notice, error) {
	if err := d.table.Parse(body, &d.page); err != nil {
		return nil, nil, err
	}
	if err := d.assign(); err != nil {
		return nil, nil, err
	}
	if len(d.groups) == 0 && !d.isVLLM() {
		return nil, nil, errForeign
	}
	engines := make([]engine, len(d.groups))
	for i, g := range d.groups {
		engines[i].Model, engines[i].Engine = fleet.ModelName(promtext.Decode(g.model)), promtext.Decode(g.rank)
	}
	d.fill(engines)
	d.shared(engines)
	readings := make([]fleet.EngineReading, len(engines))
	for i := range engines {
		if engines[i].ITL.IsZero() {
			engines[i].ITL = engines[i].oldITL
		}
		readings[i] = engines[i].EngineReading
	}
	return readings, d.page.Notices, nil
}

// isVLLM tells whether the page declares families of vLLM: an engine of v0 has no series before its first request.
func (d *decoder) isVLLM() bool {
	for i, f := range d.families {
		if f.name != processStart && d.page.Declared(i) {
			return true
		}
	}
	return false
}

// assign finds the group of each sample. Neighbours mostly belong to the same one.
func (d *decoder) assign() error {
	d.groups, d.owner = d.groups[:0], d.owner[:0]
	last := 0
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		if d.families[s.Family].info {
			d.owner = append(d.owner, noGroup)
			continue
		}
		g := groupOf(s.Labels)
		if last >= len(d.groups) || !d.groups[last].equal(g) {
			if last = d.find(g); last == len(d.groups) {
				if len(d.groups) == maxEngines {
					return errEngines
				}
				d.groups = append(d.groups, g)
			}
		}
		d.owner = append(d.owner, int32(last))
	}
	return nil
}

func groupOf(l promtext.Labels) group {
	var g group
	for g.model == nil || g.rank == nil {
		name, value, rest, ok := l.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "model_name":
			g.model = value
		case "engine":
			g.rank = value
		}
		l = rest
	}
	return g
}

func (g group) equal(o group) bool {
	return bytes.Equal(g.rank, o.rank) && bytes.Equal(g.model, o.model)
}

func (d *decoder) find(g group) int {
	for i := range d.groups {
		if d.groups[i].equal(g) {
			return i
		}
	}
	return len(d.groups)
}

// fill gives every sample to its engine.
func (d *decoder) fill(engines []engine) {
	d.slots = d.slots[:0]
	for range len(engines) * len(d.families) {
		d.slots = append(d.slots, -1)
	}
	parts := d.page.Collect()
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		if d.owner[i] == noGroup {
			continue
		}
		f, x := &d.families[s.Family], &engines[d.owner[i]]
		switch {
		case f.set != nil:
			f.set(&x.EngineReading, s.Value)
		case f.also != nil:
			f.also(x, s.Labels, s.Value)
		case f.hist != nil:
			slot := &d.slots[int(d.owner[i])*len(d.families)+s.Family]
			if *slot < 0 {
				*slot = parts.Slot(f.hist(x))
			}
			parts.Add(*slot, *s)
		}
	}
	parts.Finish()
}

// shared spreads what the page says of a process or a rank over the engines that it is about.
func (d *decoder) shared(engines []engine) {
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		if d.owner[i] != noGroup {
			continue
		}
		rank := s.Labels.Raw("engine")
		for n := range engines {
			if rank != nil && !bytes.Equal(rank, d.groups[n].rank) {
				continue
			}
			if d.families[s.Family].name == processStart {
				engines[n].StartedAt = later(engines[n].StartedAt, s.Value)
			} else {
				engines[n].KVCapacity = kvCapacity(s.Labels)
			}
		}
	}
}

// kvCapacity multiplies blocks by tokens per block; both may read "None" while the engine still measures its memory.
func kvCapacity(l promtext.Labels) fleet.Maybe[fleet.Tokens] {
	blocks, err := strconv.ParseFloat(string(l.Raw("num_gpu_blocks")), 64)
	if err != nil {
		return fleet.None[fleet.Tokens]()
	}
	size, err := strconv.ParseFloat(string(l.Raw("block_size")), 64)
	if err != nil || !(blocks > 0) || !(size > 0) || math.IsInf(blocks*size, 0) {
		return fleet.None[fleet.Tokens]()
	}
	return fleet.Some(fleet.Tokens(blocks * size))
}

// later keeps the later of two starts, given as unix seconds: counters begin anew with the process or with the engine.
func later(known fleet.Maybe[time.Time], unix float64) fleet.Maybe[time.Time] {
	if !(unix > 0) || unix > 1e11 { // not a time of day of this or the next thousand years
		return known
	}
	t := time.UnixMilli(int64(unix * 1000)).UTC()
	if known.OK && known.V.After(t) {
		return known
	}
	return fleet.Some(t)
}
