package promtext

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"pitwall/fleet"
)

type bucket struct {
	slot  int
	le    float64
	count float64
}

// Histograms collects the parts of histograms by slot, a number that the caller gives to each
// histogram that it wants to be filled, and puts them together at the end. The zero value is ready.
type Histograms struct {
	page *Page
	sums []part
}

type part struct {
	sum      float64 // NaN where the page has none
	count    float64
	hasCount bool
	into     *fleet.Histogram
}

// Collect starts to collect histograms of this page, with its memory.
func (p *Page) Collect() Histograms {
	p.buckets = p.buckets[:0]
	return Histograms{page: p}
}

// Slot makes a slot whose histogram is stored at into.
func (h *Histograms) Slot(into *fleet.Histogram) int {
	h.sums = append(h.sums, part{sum: math.NaN(), into: into})
	return len(h.sums) - 1
}

// Add takes one sample of the slot's histogram.
func (h *Histograms) Add(slot int, s Sample) {
	switch s.Part {
	case PartSum:
		h.sums[slot].sum = s.Value
	case PartCount:
		h.sums[slot].count, h.sums[slot].hasCount = s.Value, true
	case PartBucket:
		le, err := strconv.ParseFloat(string(s.Labels.Raw("le")), 64)
		if err != nil || math.IsNaN(le) {
			return // a bucket without a bound counts nothing
		}
		h.page.buckets = append(h.page.buckets, bucket{slot, le, s.Value})
	case PartValue:
	}
}

// Finish stores every histogram that is whole: bounds ascend, counts do not fall, the last bound is +Inf. Others stay
// empty, with a notice on the page.
func (h *Histograms) Finish() {
	all := h.page.buckets
	order := func(a, b bucket) int {
		if a.slot != b.slot {
			return a.slot - b.slot
		}
		return cmp.Compare(a.le, b.le)
	}
	if !slices.IsSortedFunc(all, order) {
		slices.SortStableFunc(all, order)
	}
	memory := make([]float64, 0, 2*(len(all)+len(h.sums))) // one allocation for all histograms of the page
	broken := 0
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].slot == all[0].slot {
			n++
		}
		slot := h.sums[all[0].slot]
		var ok bool
		if *slot.into, memory, ok = assemble(all[:n], slot, memory); !ok {
			broken++
		}
		all = all[n:]
	}
	if broken > 0 {
		h.page.notice(fleet.Concat(fleet.Int(broken),
			fleet.Text(" histograms do not add up (counts fall, or no last bucket); they were left out")))
	}
}

// assemble builds one histogram from buckets in order of their bounds; of equal bounds the last one counts.
func assemble(list []bucket, p part, memory []float64) (fleet.Histogram, []float64, bool) {
	start := len(memory)
	for i, b := range list {
		if i+1 < len(list) && list[i+1].le == b.le {
			continue
		}
		memory = append(memory, b.le)
	}
	if last := list[len(list)-1]; !math.IsInf(last.le, 1) {
		if !p.hasCount || p.count < last.count {
			return fleet.Histogram{}, memory[:start], false
		}
		memory = append(memory, math.Inf(1))
	}
	middle := len(memory)
	for i, b := range list {
		if i+1 < len(list) && list[i+1].le == b.le {
			continue
		}
		if n := len(memory); n > middle && memory[n-1] > b.count {
			return fleet.Histogram{}, memory[:start], false
		}
		memory = append(memory, b.count)
	}
	if len(memory)-middle < middle-start {
		memory = append(memory, p.count)
	}
	return fleet.Histogram{
		Bounds: memory[start:middle:middle], Counts: memory[middle:len(memory):len(memory)], Sum: p.sum,
	}, memory, true
}
