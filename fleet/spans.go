package fleet

import (
	"slices"
	"time"
)

// Day is the UTC day that a moment lies in.
func Day(t time.Time) Span {
	from := t.UTC().Truncate(24 * time.Hour)
	return Span{from, from.Add(24 * time.Hour)}
}

// Month is the UTC month that a moment lies in.
func Month(t time.Time) Span {
	t = t.UTC()
	from := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return Span{from, from.AddDate(0, 1, 0)}
}

// Length is how long a span is, 0 where it ends before it begins.
func (s Span) Length() time.Duration { return max(0, s.To.Sub(s.From)) }

// Clip is the part of a span within another.
func (s Span) Clip(o Span) Span {
	if o.From.After(s.From) {
		s.From = o.From
	}
	if o.To.Before(s.To) {
		s.To = o.To
	}
	return s
}

// JoinSpans puts spans in order and joins those that meet or overlap. Empty ones are left out.
func JoinSpans(list ...Span) []Span {
	list = slices.DeleteFunc(slices.Clone(list), func(s Span) bool { return s.Length() == 0 })
	slices.SortFunc(list, func(a, b Span) int { return a.From.Compare(b.From) })
	out := list[:0]
	for _, s := range list {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// ClipSpans are the parts of spans within a span.
func ClipSpans(list []Span, in Span) []Span {
	var out []Span
	for _, s := range list {
		if c := s.Clip(in); c.Length() > 0 {
			out = append(out, c)
		}
	}
	return out
}

// CoveredBy is how much of a span others cover.
func CoveredBy(list []Span, in Span) time.Duration {
	var sum time.Duration
	for _, s := range JoinSpans(ClipSpans(list, in)...) {
		sum += s.Length()
	}
	return sum
}
