package promapi

import (
	"context"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// finder is a storage.Querier over whatever hands over series with their samples.
type finder struct {
	from, to int64
	each     func(from, to int64, m []*labels.Matcher, f func(labels.Labels, []sample))
}

// Select finds the series that fit, with their samples of the querier's time.
func (q *finder) Select(_ context.Context, order bool, _ *storage.SelectHints, m ...*labels.Matcher) storage.SeriesSet {
	set := &found{at: -1}
	q.each(q.from, q.to, m, func(l labels.Labels, all []sample) {
		lo, _ := slices.BinarySearchFunc(all, q.from, func(s sample, t int64) int { return int(s.t - t) })
		hi, _ := slices.BinarySearchFunc(all, q.to+1, func(s sample, t int64) int { return int(s.t - t) })
		if lo < hi {
			set.list = append(set.list, one{l, all[lo:hi:hi]})
		}
	})
	if order {
		slices.SortFunc(set.list, func(a, b one) int { return labels.Compare(a.labels, b.labels) })
	}
	return set
}

// LabelValues lists the values of a label in order.
func (q *finder) LabelValues(
	_ context.Context, name string, _ *storage.LabelHints, m ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	set := map[string]bool{}
	q.each(q.to, q.to, m, func(l labels.Labels, _ []sample) {
		if v := l.Get(name); v != "" {
			set[strings.Clone(v)] = true
		}
	})
	return sorted(set), nil, nil
}

// LabelNames lists the names of labels in order.
func (q *finder) LabelNames(
	_ context.Context, _ *storage.LabelHints, m ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	set := map[string]bool{}
	q.each(q.to, q.to, m, func(l labels.Labels, _ []sample) { l.Range(func(x labels.Label) { set[strings.Clone(x.Name)] = true }) })
	return sorted(set), nil, nil
}

// Close ends the querier.
func (*finder) Close() error { return nil }

// found is a storage.SeriesSet in memory.
type found struct {
	list []one
	at   int
}

// one is a storage.Series.
type one struct {
	labels  labels.Labels
	samples []sample
}

func (f *found) Next() bool                      { f.at++; return f.at < len(f.list) }
func (f *found) At() storage.Series              { return &f.list[f.at] }
func (*found) Err() error                        { return nil }
func (*found) Warnings() annotations.Annotations { return nil }

func (o *one) Labels() labels.Labels { return o.labels }

func (o *one) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	return storage.NewListSeriesIterator(points(o.samples))
}

// points are samples as the engine reads them.
type points []sample

func (p points) Get(i int) chunks.Sample { return &p[i] }
func (p points) Len() int                { return len(p) }

func (s *sample) T() int64                    { return s.t }
func (s *sample) ST() int64                   { return 0 }
func (s *sample) F() float64                  { return s.v }
func (*sample) H() *histogram.Histogram       { return nil }
func (*sample) FH() *histogram.FloatHistogram { return nil }
func (*sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s *sample) Copy() chunks.Sample         { c := *s; return &c }
