package promapi

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
)

// nameLabel is the label that holds the name of a metric.
const nameLabel = "__name__"

// Ring keeps the newest samples of each series, for a bounded time and number of series. It is safe for concurrent use.
type Ring struct {
	keep time.Duration
	most int

	mu     sync.RWMutex
	series map[uint64]*kept
	byName map[string][]*kept
}

// kept is one series. Its samples are only ever appended to, so that a query may go on reading what it was handed.
type kept struct {
	labels  labels.Labels
	samples []sample
	past    Past // nil for none
}

// Past tells what a series was before it was scraped, from one time to another in milliseconds, oldest first.
type Past func(from, to int64, add func(t int64, v float64))

type sample struct {
	t int64
	v float64
}

// NewRing returns an empty store that keeps samples for a time, and at most so many series.
func NewRing(keep time.Duration, series int) *Ring {
	return &Ring{keep: keep, most: series, series: map[uint64]*kept{}, byName: map[string][]*kept{}}
}

// Append adds one sample. A sample that is not newer than the series' last one is dropped, and so are series beyond
// the bound; it tells whether the sample was taken.
func (r *Ring) Append(l labels.Labels, t int64, v float64) bool {
	h := l.Hash()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.series[h]
	if s == nil {
		if len(r.series) >= r.most {
			return false
		}
		s = &kept{labels: l}
		r.series[h] = s
		name := l.Get(nameLabel)
		r.byName[name] = append(r.byName[name], s)
	}
	if n := len(s.samples); n > 0 && s.samples[n-1].t >= t {
		return false
	}
	oldest := t - r.keep.Milliseconds()
	if n := len(s.samples); n == cap(s.samples) {
		cut := 0
		for cut < n && s.samples[cut].t < oldest {
			cut++
		}
		s.samples = append(make([]sample, 0, max(16, 2*(n-cut))), s.samples[cut:]...)
	}
	s.samples = append(s.samples, sample{t, v})
	return true
}

// Recall gives the series that are there a past. of returns nil for a series without one.
func (r *Ring) Recall(of func(labels.Labels) Past) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.series {
		s.past = of(s.labels)
	}
}

// between is a series as far as it is asked for: its past is only made when it is.
func (s *kept) between(from, to int64) []sample {
	first := s.samples[0].t
	if s.past == nil || from >= first {
		return s.samples
	}
	var all []sample
	s.past(from, min(to, first-1), func(t int64, v float64) { all = append(all, sample{t, v}) })
	return append(all, s.samples...)
}

// Prune drops series without a sample since the time that is kept.
func (r *Ring) Prune(now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest := now - r.keep.Milliseconds()
	for h, s := range r.series {
		if s.samples[len(s.samples)-1].t < oldest {
			delete(r.series, h)
			name := s.labels.Get(nameLabel)
			r.byName[name] = slices.DeleteFunc(r.byName[name], func(o *kept) bool { return o == s })
		}
	}
}

// Querier reads between two times, in milliseconds.
func (r *Ring) Querier(from, to int64) (storage.Querier, error) {
	return &finder{from: from, to: to, each: r.each}, nil
}

// each hands over the series that all matchers fit. Series of one name are looked at alone where it is known.
func (r *Ring) each(from, to int64, matchers []*labels.Matcher, f func(labels.Labels, []sample)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	visit := func(list []*kept) {
		for _, s := range list {
			if fits(s.labels, matchers) {
				f(s.labels, s.between(from, to))
			}
		}
	}
	for _, m := range matchers {
		if m.Name == nameLabel && m.Type == labels.MatchEqual {
			visit(r.byName[m.Value])
			return
		}
	}
	for name, list := range r.byName {
		if fitsName(name, matchers) {
			visit(list)
		}
	}
}

func fits(l labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

func fitsName(name string, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if m.Name == nameLabel && !m.Matches(name) {
			return false
		}
	}
	return true
}

// stale ends a series: what a store notes when a series left its page, or its page could not be read.
var stale = math.Float64frombits(value.StaleNaN)
