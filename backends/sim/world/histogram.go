package world

import "sort"

// Histogram counts observations by upper bound; the last count is that above all bounds.
type Histogram struct {
	Bounds []float64 // ascending, without +Inf
	Counts []uint64  // not cumulative, one more than Bounds
	Sum    float64
}

// newHistogram makes one, or for no bounds one that counts nothing.
func newHistogram(bounds []float64) Histogram {
	if bounds == nil {
		return Histogram{}
	}
	return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

func (h *Histogram) observe(v float64) { h.observeMany(v, 1) }

func (h *Histogram) observeMany(v float64, n uint64) {
	if n == 0 || len(h.Counts) == 0 {
		return
	}
	h.Counts[sort.SearchFloat64s(h.Bounds, v)] += n
	h.Sum += v * float64(n)
}

// Count returns the number of observations.
func (h *Histogram) Count() uint64 {
	n := uint64(0)
	for _, c := range h.Counts {
		n += c
	}
	return n
}
