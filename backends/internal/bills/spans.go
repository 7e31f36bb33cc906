package bills

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// Union adds a span to a list that is ascending and apart, and keeps it so.
func Union(list []fleet.Span, s fleet.Span) []fleet.Span {
	if n := len(list); n == 0 || list[n-1].To.Before(s.From) {
		return append(list, s)
	}
	list = append(slices.Clone(list), s)
	slices.SortFunc(list, func(a, b fleet.Span) int { return a.From.Compare(b.From) })
	out := list[:1]
	for _, x := range list[1:] {
		if last := &out[len(out)-1]; x.From.After(last.To) {
			out = append(out, x)
		} else if x.To.After(last.To) {
			last.To = x.To
		}
	}
	return out
}

// Both is what lies in two such lists.
func Both(a, b []fleet.Span) []fleet.Span {
	var out []fleet.Span
	for len(a) > 0 && len(b) > 0 {
		from, to := later(a[0].From, b[0].From), earlier(a[0].To, b[0].To)
		if from.Before(to) {
			out = append(out, fleet.Span{From: from, To: to})
		}
		if a[0].To.Before(b[0].To) {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
