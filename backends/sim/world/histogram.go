package world

import "sort"

// Histogram counts observations by upper bound; the last count is that above all bounds.
type Histogram struct {
	Bounds []float64 // ascending, without +Inf
	Counts []uint64  // not cumulative, one more than Bounds
	Sum    float64
}

func newHistogram(bounds []float64) Histogram {
	return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

func (h *Histogram) observe(v float64) { h.observeMany(v, 1) }

func (h *Histogram) observeMany(v float64, n uint64) {
	if n == 0 {
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

// The bucket bounds of vLLM v1 (live capture 2026-06) and LiteLLM 1.81 (0.005 to 300 s).
var (
	ttftBounds = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
		640, 2560}
	itlBounds = []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	e2eBounds = []float64{.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	lenBounds = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000}
	nBounds   = []float64{1, 2, 5, 10, 20}
	iterBound = []float64{1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}
	gwBounds  = []float64{.005, .00625, .0125, .025, .05, .1, .5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7,
		7.5, 8, 8.5, 9, 9.5, 10, 15, 20, 25, 30, 60, 120, 180, 240, 300}
)
