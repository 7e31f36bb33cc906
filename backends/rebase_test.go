package backends

import (
	"math"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestAHistogramOfManyMillionsKeepsItsLastDigits(t *testing.T) {
	var d distribution
	at, n := start, 0.0
	page := func() fleet.Histogram {
		return fleet.Histogram{Bounds: []float64{0.1, 1}, Counts: []float64{n / 2, n}, Sum: n}
	}
	for n = 6e9; at.Before(start.Add(3 * time.Hour)); at = at.Add(5 * time.Second) {
		n += 20_001 // odd and large: a float32 of the raw count would lose it
		d.add(at, page())
	}
	got := d.increase(time.Minute)
	seconds := d.samples[len(d.samples)-1].at.Sub(d.samples[len(d.samples)-2].at).Seconds()
	if seconds <= 0 || d.total[1] > 2*rebaseAt {
		t.Fatalf("total %v, last step %v s", d.total, seconds)
	}
	steps := got.Counts[1] / 20_001
	if steps != float64(int(steps)) || steps < 12 || steps > 16 {
		t.Errorf("the window holds %v readings", steps)
	}
	if got.Counts[0]*2 != got.Counts[1] {
		t.Errorf("halves differ: %v", got.Counts)
	}
}

func TestAMeanWithoutASumIsUnknown(t *testing.T) {
	var d distribution
	for i, sum := range []float64{math.NaN(), math.NaN(), 100, 150, 200} {
		at := start.Add(time.Duration(i) * time.Minute)
		d.add(at, fleet.Histogram{Bounds: []float64{1, math.Inf(1)}, Counts: []float64{float64(5 * i), float64(25 * i)}, Sum: sum})
		got := d.increase(rateWindow)
		switch m := mean(got); {
		case i == 1 && (m.OK || got.Count() != 25):
			t.Errorf("without a sum the mean of %v observations is %v", got.Count(), m)
		case i > 2 && m != fleet.Some(2.0):
			t.Errorf("after the sum came the mean is %v, want 2", m)
		}
	}
}

// TestASeriesThatComesBackGoesOnWhereItWas: it must not count all that it ever counted again.
func TestASeriesThatComesBackGoesOnWhereItWas(t *testing.T) {
	var c counter
	read := func(i int, v fleet.Maybe[float64]) float64 {
		before := c.total
		c.add(start.Add(time.Duration(i)*10*time.Second), v, true)
		return c.total - before
	}
	for i, step := range []struct {
		v     fleet.Maybe[float64]
		grew  float64
		rated bool
	}{
		{fleet.None[float64](), 0, false}, {fleet.Some(7.0), 7, true}, // its first event
		{fleet.Some(1e9), 1e9 - 7, true}, {fleet.None[float64](), 0, false}, {fleet.None[float64](), 0, false},
		{fleet.Some(1e9 + 50), 50, false}, {fleet.Some(1e9 + 60), 10, true},
		{fleet.None[float64](), 0, false}, {fleet.Some(20.0), 20, false}, // it began anew meanwhile
		{fleet.Some(30.0), 10, true},
	} {
		grew := read(i, step.v)
		delta, _, rated := c.increase(rateWindow)
		if grew != step.grew || rated != step.rated || i > 3 && rated && delta != 10 {
			t.Errorf("reading %d: grew by %v, by %v in the window (%v), want %v", i, grew, delta, rated, step.grew)
		}
	}
}

func TestHistoriesOfAFastSourceStaySmall(t *testing.T) {
	var c counter
	var d distribution
	for i := range 3600 {
		at := start.Add(time.Duration(i) * time.Second)
		c.add(at, fleet.Some(float64(i)), true)
		d.add(at, fleet.Histogram{Bounds: []float64{1}, Counts: []float64{float64(i)}})
	}
	if len(c.samples) > 100 || len(d.samples) > 40 {
		t.Errorf("%d samples of a counter, %d of a histogram", len(c.samples), len(d.samples))
	}
	delta, from, ok := c.increase(rateWindow)
	if window := c.newest().Sub(from); !ok || delta != window.Seconds() || window < rateWindow || window > rateWindow+5*time.Second {
		t.Errorf("grew by %v in %s", delta, window)
	}
	if delta, from, ok = c.increase(lookBack); !ok || delta != c.newest().Sub(from).Seconds() || c.newest().Sub(from) < lookBack-time.Minute {
		t.Errorf("grew by %v since %s", delta, from)
	}
}
