package backends

import (
	"math"
	"slices"
	"time"

	"pitwall/fleet"
)

// minObservations is how many observations a quantile needs to be shown at all.
const minObservations = 20

// distribution is one cumulative histogram series over time, with resets removed.
type distribution struct {
	raw     fleet.Histogram
	bounds  []float64
	total   []float64
	sum     float64
	samples []spread
	recent  fleet.Histogram // what increase returned last, until the next sample
	over    time.Duration   // the window of recent; 0 for none
}

// spread is the totals at one moment. Counts are whole numbers below rebaseAt or little above it, which float32 holds
// exactly: a thousand replicas have six thousand of these series.
type spread struct {
	at     time.Time
	counts []float32
	sum    float64
}

// rebaseAt is the count at which totals are counted from the oldest sample again: only differences are ever asked for.
const rebaseAt = 1 << 22

// add takes a new reading. Other bounds than before (another version, other flags) start a new series, and so does a sum
// that comes or goes.
func (d *distribution) add(at time.Time, h fleet.Histogram) {
	if h.IsZero() {
		*d = distribution{}
		return
	}
	switch {
	case !slices.Equal(d.bounds, h.Bounds) || math.IsNaN(h.Sum) != math.IsNaN(d.raw.Sum):
		*d = distribution{bounds: h.Bounds, total: make([]float64, len(h.Bounds)), sum: 0 * h.Sum} // NaN where it is not known
	case h.Count() < d.raw.Count():
		d.grow(h.Counts, h.Sum)
	default:
		increase := make([]float64, len(h.Counts))
		for i := range increase {
			increase[i] = h.Counts[i] - d.raw.Counts[i]
		}
		d.grow(increase, h.Sum-d.raw.Sum)
	}
	d.raw, d.over = h, 0
	d.rebase()
	counts := make([]float32, len(d.total))
	for i, v := range d.total {
		counts[i] = float32(v)
	}
	d.samples = push(d.samples, spread{at, counts, d.sum}, spreadSpacing, func(s spread) time.Time { return s.at })
}

// rebase takes the oldest sample off all others and off the totals.
func (d *distribution) rebase() {
	if len(d.samples) == 0 || d.total[len(d.total)-1] < rebaseAt {
		return
	}
	base := slices.Clone(d.samples[0].counts)
	for i := range d.total {
		d.total[i] -= float64(base[i])
	}
	for j := range d.samples {
		counts := slices.Clone(d.samples[j].counts)
		for i := range counts {
			counts[i] -= base[i]
		}
		d.samples[j].counts = counts
	}
}

func (d *distribution) grow(by []float64, sum float64) {
	for i := range d.total {
		d.total[i] += max(0, by[i])
	}
	d.sum += max(0, sum)
}

// increase returns what was observed in the window that ends at the newest sample.
func (d *distribution) increase(window time.Duration) fleet.Histogram {
	n := len(d.samples)
	if n < 2 {
		return fleet.Histogram{}
	}
	if d.over == window {
		return d.recent
	}
	last := d.samples[n-1]
	first := last
	for i := n - 2; i >= 0; i-- {
		first = d.samples[i]
		if last.at.Sub(first.at) >= window {
			break
		}
	}
	counts := make([]float64, len(last.counts))
	for i := range counts {
		counts[i] = float64(last.counts[i]) - float64(first.counts[i])
	}
	d.recent, d.over = fleet.Histogram{Bounds: d.bounds, Counts: counts, Sum: last.sum - first.sum}, window
	return d.recent
}

// mergeHistograms adds cumulative histograms by the value of their bounds: counts at bounds that all of them have
// are exact, the others are left out.
func mergeHistograms(list []fleet.Histogram) fleet.Histogram {
	var sum fleet.Histogram
	for _, h := range list {
		switch {
		case h.IsZero():
		case sum.IsZero():
			sum = fleet.Histogram{Bounds: h.Bounds, Counts: slices.Clone(h.Counts), Sum: h.Sum}
		case slices.Equal(sum.Bounds, h.Bounds):
			for i := range sum.Counts {
				sum.Counts[i] += h.Counts[i]
			}
			sum.Sum += h.Sum
		default:
			sum = mergeOnCommonBounds(sum, h)
		}
	}
	return sum
}

func mergeOnCommonBounds(a, b fleet.Histogram) fleet.Histogram {
	out := fleet.Histogram{Sum: a.Sum + b.Sum}
	for i, bound := range a.Bounds {
		if j := slices.Index(b.Bounds, bound); j >= 0 {
			out.Bounds = append(out.Bounds, bound)
			out.Counts = append(out.Counts, a.Counts[i]+b.Counts[j])
		}
	}
	return out
}

// quantile estimates the q-quantile by linear interpolation inside its bucket, as PromQL's
// histogram_quantile does. With fewer than minObservations it is unknown; beyond the last
// finite bound that bound is returned, a lower limit of the truth.
func quantile(h fleet.Histogram, q float64) fleet.Maybe[fleet.Seconds] {
	n := h.Count()
	if h.IsZero() || n < minObservations {
		return fleet.None[fleet.Seconds]()
	}
	rank := q * n
	i, _ := slices.BinarySearch(h.Counts, rank)
	if i >= len(h.Counts) {
		i = len(h.Counts) - 1
	}
	if math.IsInf(h.Bounds[i], 1) {
		if i == 0 {
			return fleet.None[fleet.Seconds]()
		}
		return fleet.Some(fleet.Seconds(h.Bounds[i-1]))
	}
	var low, below float64
	if i > 0 {
		low, below = h.Bounds[i-1], h.Counts[i-1]
	}
	width := h.Counts[i] - below
	if width <= 0 {
		return fleet.Some(fleet.Seconds(h.Bounds[i]))
	}
	return fleet.Some(fleet.Seconds(low + (h.Bounds[i]-low)*(rank-below)/width))
}

// bounded is a quantile that is unknown beyond the last finite bound: for a limit, that it is at least so much is not
// enough.
func bounded(h fleet.Histogram, q float64) fleet.Maybe[fleet.Seconds] {
	n := h.Count()
	for i, bound := range h.Bounds {
		if math.IsInf(bound, 1) && (i == 0 || h.Counts[i-1] < q*n) {
			return fleet.None[fleet.Seconds]()
		}
	}
	return quantile(h, q)
}

// mean is sum over count, unknown without an observation or without a sum.
func mean(h fleet.Histogram) fleet.Maybe[float64] {
	if n := h.Count(); n > 0 && !math.IsNaN(h.Sum) {
		return fleet.Some(h.Sum / n)
	}
	return fleet.None[float64]()
}

// spreadOf merges several series over the rate window, or over the look-back where the
// rate window holds too few observations for a quantile.
func spreadOf(list []*distribution) fleet.Histogram {
	for _, window := range []time.Duration{rateWindow, lookBack} {
		parts := make([]fleet.Histogram, 0, len(list))
		for _, d := range list {
			if d != nil {
				parts = append(parts, d.increase(window))
			}
		}
		if h := mergeHistograms(parts); h.Count() >= minObservations || window == lookBack {
			return h
		}
	}
	return fleet.Histogram{}
}
