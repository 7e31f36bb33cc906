package promtext

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

func collect(t *testing.T, body string) (fleet.Histogram, *Page) {
	t.Helper()
	p := parse(t, body)
	var h fleet.Histogram
	parts := p.Collect()
	slot := -1
	for _, s := range p.Samples {
		if slot < 0 {
			slot = parts.Slot(&h)
		}
		parts.Add(slot, s)
	}
	parts.Finish()
	return h, p
}

func TestHistograms(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		lines  string
		bounds []float64
		counts []float64
		broken bool
	}{
		"in order": {
			`_bucket{le="0.1"} 1|_bucket{le="1.0"} 3|_bucket{le="+Inf"} 4|_sum 9|_count 4`,
			[]float64{.1, 1, inf}, []float64{1, 3, 4}, false,
		},
		"in any order": {
			`_sum 9|_bucket{le="+Inf"} 4|_bucket{le="1.0"} 3|_bucket{le="0.1"} 1`,
			[]float64{.1, 1, inf}, []float64{1, 3, 4}, false,
		},
		"bounds by value": {
			`_sum 9|_bucket{le="1"} 2|_bucket{le="1.0"} 3|_bucket{le="+Inf"} 4`,
			[]float64{1, inf}, []float64{3, 4}, false,
		},
		"no last bucket": {
			`_sum 9|_bucket{le="1"} 2|_count 5`,
			[]float64{1, inf}, []float64{2, 5}, false,
		},
		"only infinity": {
			`_sum 9|_bucket{le="+Inf"} 4`,
			[]float64{inf}, []float64{4}, false,
		},
		"counts fall": {
			`_sum 9|_bucket{le="1"} 5|_bucket{le="+Inf"} 4`,
			nil, nil, true,
		},
		"count too small": {
			`_sum 9|_bucket{le="1"} 5|_count 4`,
			nil, nil, true,
		},
		"neither end": {
			`_sum 9|_bucket{le="1"} 5`,
			nil, nil, true,
		},
		"bound is a word": {
			`_sum 9|_bucket{le="x"} 5|_bucket{le="NaN"} 5|_bucket 3|_bucket{le="+Inf"} 6`,
			[]float64{inf}, []float64{6}, false,
		},
		"no sum": {
			`_sum NaN|_bucket{le="1"} 1|_bucket{le="+Inf"} 4`,
			[]float64{1, inf}, []float64{1, 4}, false,
		},
		"no bucket": {
			`_sum 9|_count 4`,
			nil, nil, false,
		},
	} {
		body := "ttft_seconds" + strings.ReplaceAll(c.lines, "|", "\nttft_seconds") + "\n"
		h, p := collect(t, body)
		if !slices.Equal(h.Bounds, c.bounds) || !slices.Equal(h.Counts, c.counts) {
			t.Errorf("%s: %v %v", name, h.Bounds, h.Counts)
		}
		if (len(p.Notices) == 1) != c.broken {
			t.Errorf("%s: notices %v", name, p.Notices)
		}
		if known := name != "no sum"; c.bounds != nil && (known && h.Sum != 9 || !known && !math.IsNaN(h.Sum)) {
			t.Errorf("%s: sum %v", name, h.Sum)
		}
	}
}

// Histograms share one piece of memory: growing one must not write into the next.
func TestHistogramsDoNotOverlap(t *testing.T) {
	p := parse(t, "ttft_seconds_bucket{e=\"0\",le=\"1\"} 1\nttft_seconds_bucket{e=\"0\",le=\"+Inf\"} 2\n"+
		"ttft_seconds_bucket{e=\"1\",le=\"1\"} 3\nttft_seconds_bucket{e=\"1\",le=\"+Inf\"} 4\n")
	var a, b fleet.Histogram
	parts := p.Collect()
	slots := map[string]int{"0": parts.Slot(&a), "1": parts.Slot(&b)}
	for _, s := range p.Samples {
		parts.Add(slots[s.Labels.Value("e")], s)
	}
	parts.Finish()
	_ = append(a.Bounds, 99)
	_ = append(a.Counts, 99)
	if a.Counts[1] != 2 || b.Bounds[0] != 1 || b.Counts[0] != 3 || b.Counts[1] != 4 {
		t.Errorf("%+v %+v", a, b)
	}
}
