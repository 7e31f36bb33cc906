// Package enginepage asks for the metrics page of a serving engine and turns it into one value for each engine that its
// labels tell apart: it finds the engine of each sample and gives the sample to the family that the adapter listed.
// It must not know any engine's names or labels, ask for anything beside the page, keep anything of a page but memory, or
// compute over time.
package enginepage

import (
	"errors"
	"fmt"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// MaxEngines is how many engines one page may name.
const MaxEngines = 512

var errEngines = fmt.Errorf("the page names more than %d engines", MaxEngines)

// Key is what tells engines apart. Its parts point into the page, so that telling costs no memory.
type Key[K any] interface{ Equal(other K) bool }

// Single is the key of engines without labels: the page is one engine.
type Single struct{}

// Equal is always true.
func (Single) Equal(Single) bool { return true }

// Only is the KeyOf of pages that are one engine.
func Only(promtext.Labels) Single { return Single{} }

// Family is one metric with where its values go: one of Set, Also, Hist and Share. T is a reading in the making.
type Family[K Key[K], T any] struct {
	Name string
	Kind promtext.Type
	// Set takes the value; of a series that differs in other labels than the key, the last value.
	Set func(x *T, v float64)
	// Also takes the value where further labels decide.
	Also func(x *T, l promtext.Labels, v float64)
	// Hist is where a histogram goes; it is called once for each engine that has one. Samples that carry the bound and
	// lack the suffix of buckets are buckets too.
	Hist func(x *T) *fleet.Histogram
	// Split says that one engine may have several series of the histogram, by labels that its operator chose: they are
	// added.
	Split bool
	// Sum takes the sum of a histogram, beside Hist or in its place.
	Sum func(x *T, v float64)
	// Share is offered the samples of a family that makes no engine by itself, once for each engine of the page.
	Share func(x *T, k K, l promtext.Labels, v float64)
	// Common says that pages of other systems have this family too, so that it does not identify the page.
	Common bool
}

// Decoder reads pages and keeps its memory from page to page. It is not safe for concurrent use.
type Decoder[K Key[K], T any] struct {
	families []Family[K, T]
	keyOf    func(promtext.Labels) K
	foreign  error
	table    *promtext.Table
	page     promtext.Page
	keys     []K
	owner    []int32        // engine of each sample, noOwner for shared ones
	slots    []int          // of histograms, by engine and family; -1 for none yet
	splits   []split        // histograms in parts
	splitOf  map[string]int // which split has an outline
	outline  []byte
}

const noOwner = -1

// New makes a decoder of the pages of the system that title names.
func New[K Key[K], T any](title string, keyOf func(promtext.Labels) K, families []Family[K, T]) *Decoder[K, T] {
	wanted := make([]promtext.Family, len(families))
	for i, f := range families {
		wanted[i] = promtext.Family{Name: f.Name, Type: f.Kind}
	}
	return &Decoder[K, T]{families: families, keyOf: keyOf, table: promtext.NewTable(wanted...),
		foreign: errors.New("the page has no metrics of " + title + "; check the url")}
}

// Decode reads one page, whole or not at all. The keys are those of the engines, in the order in which the page names
// them first, and are valid until the next call. A page that only declares families of the system has no engine.
func (d *Decoder[K, T]) Decode(body []byte) (engines []T, keys []K, notices []fleet.Notice, err error) {
	if err := d.table.Parse(body, &d.page); err != nil {
		return nil, nil, nil, err
	}
	if err := d.assign(); err != nil {
		return nil, nil, nil, err
	}
	if !d.isOwn() {
		return nil, nil, nil, d.foreign
	}
	engines = make([]T, len(d.keys))
	d.fill(engines)
	d.share(engines)
	return engines, d.keys, d.page.Notices, nil
}

// isOwn tells whether the page has, or declares, a family that only this system has: engines that create series as they
// first count have none before their first request.
func (d *Decoder[K, T]) isOwn() bool {
	for i := range d.families {
		if !d.families[i].Common && d.page.Declared(i) {
			return true
		}
	}
	for i := range d.page.Samples {
		if !d.families[d.page.Samples[i].Family].Common {
			return true
		}
	}
	return false
}

// assign finds the engine of each sample. Neighbours mostly belong to the same one.
func (d *Decoder[K, T]) assign() error {
	d.keys, d.owner = d.keys[:0], d.owner[:0]
	last := 0
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		if d.families[s.Family].Share != nil {
			d.owner = append(d.owner, noOwner)
			continue
		}
		k := d.keyOf(s.Labels)
		if last >= len(d.keys) || !d.keys[last].Equal(k) {
			if last = d.find(k); last == len(d.keys) {
				if len(d.keys) == MaxEngines {
					return errEngines
				}
				d.keys = append(d.keys, k)
			}
		}
		d.owner = append(d.owner, int32(last))
	}
	return nil
}

func (d *Decoder[K, T]) find(k K) int {
	for i := range d.keys {
		if d.keys[i].Equal(k) {
			return i
		}
	}
	return len(d.keys)
}

// fill gives every sample to its engine.
func (d *Decoder[K, T]) fill(engines []T) {
	d.slots = d.slots[:0]
	for range len(engines) * len(d.families) {
		d.slots = append(d.slots, -1)
	}
	parts := d.page.Collect()
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		if d.owner[i] == noOwner {
			continue
		}
		f, x := &d.families[s.Family], &engines[d.owner[i]]
		switch {
		case f.Set != nil:
			f.Set(x, s.Value)
		case f.Also != nil:
			f.Also(x, s.Labels, s.Value)
		default:
			d.collect(&parts, f, x, i)
		}
	}
	parts.Finish()
	d.join()
}

// collect takes one part of a histogram.
func (d *Decoder[K, T]) collect(parts *promtext.Histograms, f *Family[K, T], x *T, i int) {
	s := d.page.Samples[i]
	if s.Part == promtext.PartSum && f.Sum != nil && s.Value >= 0 {
		f.Sum(x, s.Value)
	}
	if f.Hist == nil {
		return
	}
	if s.Part == promtext.PartValue {
		s.Part = promtext.PartBucket
	}
	if f.Split {
		parts.Add(d.splitSlot(parts, f, x, int(d.owner[i]), &s), s)
		return
	}
	slot := &d.slots[int(d.owner[i])*len(d.families)+s.Family]
	if *slot < 0 {
		*slot = parts.Slot(f.Hist(x))
	}
	parts.Add(*slot, s)
}

// share spreads what the page says of a process or a rank over the engines that it is about.
func (d *Decoder[K, T]) share(engines []T) {
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		if d.owner[i] != noOwner {
			continue
		}
		for n := range engines {
			d.families[s.Family].Share(&engines[n], d.keys[n], s.Labels, s.Value)
		}
	}
}
