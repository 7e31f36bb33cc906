package backends

import (
	"time"

	"pitwall/fleet"
)

// lookBack is how much of each counter is kept: the long window of sparse series.
const lookBack = 5 * time.Minute

// rateWindow is over what rates, quantiles and shares are taken.
const rateWindow = time.Minute

// minSpacing thins the samples that are kept, so that fast polling costs no memory. Histograms, which are thirty times
// as large, are kept less densely; beyond the window of rates all are.
const (
	minSpacing    = 2 * time.Second
	spreadSpacing = 15 * time.Second
	oldSpacing    = 30 * time.Second
)

// counter turns one cumulative series into increases. A value below the one before means that
// the process restarted: the new value is then the increase, never a negative rate.
type counter struct {
	raw     float64
	total   float64 // increases since pitwall watches, without resets
	seen    bool    // a page had the series
	absent  bool    // the page lacks the series
	samples []sample
}

type sample struct {
	at    time.Time
	total float64
}

// add takes a new reading of the series; paged tells whether the page that would show it was read.
func (c *counter) add(at time.Time, v fleet.Maybe[float64], paged bool) {
	if !v.OK {
		// The series left the page: its last rate must not stand as if it were current. Many series only appear with
		// their first event, so that one which comes later grew from 0 since the pages without it. One that was there
		// before goes on where it was: a store that answers in part leaves it out for one reading.
		if !paged || !c.absent {
			*c = counter{total: c.total, raw: c.raw, seen: c.seen && paged}
		}
		if paged {
			c.absent = true
			c.samples = push(c.samples, sample{at, c.total}, minSpacing, func(s sample) time.Time { return s.at })
		}
		return
	}
	if c.absent && c.seen {
		c.samples = nil // when it grew is not known
	}
	switch {
	case c.absent && !c.seen:
		c.total += v.V
	case len(c.samples) == 0 && !c.absent:
	case v.V < c.raw:
		c.total += v.V
	default:
		c.total += v.V - c.raw
	}
	c.raw, c.seen, c.absent = v.V, true, false
	c.samples = push(c.samples, sample{at, c.total}, minSpacing, func(s sample) time.Time { return s.at })
}

// push appends a sample, replaces the newest where both lie closer together than spacing to the
// one before, and forgets what lies before the look-back except one sample that starts it.
func push[T any](list []T, s T, spacing time.Duration, at func(T) time.Time) []T {
	n := len(list)
	if n >= 2 && at(s).Sub(at(list[n-2])) < spacing {
		list[n-1] = s
		return list
	}
	list = thin(append(list, s), at)
	cut := 0
	for cut+1 < len(list) && !at(list[cut+1]).After(at(s).Add(-lookBack)) {
		cut++
	}
	if cut > 16 { // move rarely
		list = append(list[:0:0], list[cut:]...)
	}
	return list
}

// thin drops one sample that has become old and lies close to the one before: of what lies well beyond the window of rates
// only one every oldSpacing is kept.
func thin[T any](list []T, at func(T) time.Time) []T {
	edge := at(list[len(list)-1]).Add(-rateWindow * 5 / 4)
	i := len(list) - 1
	for i > 0 && at(list[i]).After(edge) {
		i--
	}
	if i == 0 || at(list[i]).Sub(at(list[i-1])) >= oldSpacing {
		return list
	}
	return append(list[:i], list[i+1:]...)
}

// increase returns how much the series grew over the window that ends at its newest sample, and when the
// window really began. It is unknown with fewer than two samples.
func (c *counter) increase(window time.Duration) (delta float64, from time.Time, ok bool) {
	n := len(c.samples)
	if n < 2 || c.absent {
		return 0, time.Time{}, false
	}
	last := c.samples[n-1]
	first := last
	for i := n - 2; i >= 0; i-- {
		first = c.samples[i]
		if last.at.Sub(first.at) >= window {
			break
		}
	}
	return last.total - first.total, first.at, last.at.After(first.at)
}

// newest returns the time of the newest sample.
func (c *counter) newest() time.Time {
	if len(c.samples) == 0 || c.absent {
		return time.Time{}
	}
	return c.samples[len(c.samples)-1].at
}

// flow sums increases of several series: each is differenced before summing, so that one restarted
// process resets only its own part.
type flow struct {
	delta  float64
	perSec float64
	from   time.Time // when the longest of the windows began
	known  bool
}

func (f *flow) add(c *counter) { f.addOver(c, rateWindow) }

// addOver adds what a series grew by over another window than that of rates.
func (f *flow) addOver(c *counter, window time.Duration) {
	if c == nil {
		return
	}
	if delta, from, ok := c.increase(window); ok {
		f.plus(flow{delta: delta, perSec: delta / c.newest().Sub(from).Seconds(), from: from, known: true})
	}
}

func (f *flow) plus(o flow) {
	f.delta += o.delta
	f.perSec += o.perSec
	if f.from.IsZero() || !o.from.IsZero() && o.from.Before(f.from) {
		f.from = o.from
	}
	f.known = f.known || o.known
}

// window is how long the time was that ends at a newest sample; the usual one where nothing was counted.
func (f flow) window(end time.Time) time.Duration {
	if !f.known || !end.After(f.from) {
		return rateWindow
	}
	return end.Sub(f.from)
}

func (f flow) rate() fleet.Maybe[fleet.Rate] {
	return fleet.Maybe[fleet.Rate]{V: fleet.Rate(f.perSec), OK: f.known}
}

func (f flow) tokens() fleet.Maybe[fleet.TokenRate] {
	return fleet.Maybe[fleet.TokenRate]{V: fleet.TokenRate(f.perSec), OK: f.known}
}

// over returns part divided by whole as a ratio of summed rates, since the windows of two series need not be
// equally long; it is unknown without any whole.
func (f flow) over(whole flow) fleet.Maybe[fleet.Ratio] {
	if !f.known || !whole.known || whole.delta <= 0 {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(fleet.Ratio(min(1, max(0, f.perSec/whole.perSec))))
}
