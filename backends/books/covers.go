package books

import (
	"maps"
	"slices"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// eachCovered gives each day that a reading covers, of each stream, and the part of the day that it covers.
func eachCovered(streams []fleet.Stream, covers []fleet.Span, apart []fleet.BillCover, f func(id fleet.ProviderID, stream fleet.Stream,
	day, part fleet.Span),
) {
	days := func(id fleet.ProviderID, stream fleet.Stream, spans []fleet.Span) {
		for _, c := range spans {
			for day := fleet.Day(c.From); day.From.Before(c.To); day = fleet.Day(day.To) {
				f(id, stream, day, c.Clip(day))
			}
		}
	}
	for _, stream := range streams {
		days("", stream, covers)
	}
	for i := range apart {
		days(apart[i].Provider, apart[i].Stream, apart[i].Spans)
	}
}

// answers are what a reading covers: all streams and providers alike, or each by itself.
type answers struct {
	all   []fleet.Span
	apart map[whose][]fleet.Span
}

type whose struct {
	stream   fleet.Stream
	provider fleet.ProviderID
}

func answered(r *fleet.BillReading) answers {
	a := answers{all: fleet.JoinSpans(r.Covers...)}
	for i := range r.Apart {
		if a.apart == nil {
			a.apart = map[whose][]fleet.Span{}
		}
		key := whose{r.Apart[i].Stream, r.Apart[i].Provider}
		a.apart[key] = fleet.JoinSpans(append(a.apart[key], r.Apart[i].Spans...)...)
	}
	return a
}

// or makes lines cover themselves where a reading says nothing of what it covers.
func (a answers) or(lines []fleet.BillLine) answers {
	if len(a.all) > 0 || a.apart != nil {
		return a
	}
	var spans []fleet.Span
	for i := range lines {
		spans = append(spans, lines[i].Span)
	}
	return answers{all: fleet.JoinSpans(spans...)}
}

func (a answers) of(stream fleet.Stream, id fleet.ProviderID) []fleet.Span {
	if a.apart != nil {
		return a.apart[whose{stream, id}]
	}
	return a.all
}

// wholly tells whether all of a page's day is covered of a provider, by what was said before and what is said now.
func wholly(old *economics.Page, id fleet.ProviderID, now []fleet.Span) bool {
	day := fleet.Day(old.Day)
	return fleet.CoveredBy(slices.Concat(now, old.Covers, old.Apart[id]), day) == day.Length()
}

// withApart adds spans to those of a provider, in a map of its own.
func withApart(m map[fleet.ProviderID][]fleet.Span, id fleet.ProviderID, spans ...fleet.Span) map[fleet.ProviderID][]fleet.Span {
	out := maps.Clone(m)
	if out == nil {
		out = map[fleet.ProviderID][]fleet.Span{}
	}
	out[id] = fleet.JoinSpans(slices.Concat(out[id], spans)...)
	return out
}

func spanRows(spans []fleet.Span) [][2]int64 {
	var out [][2]int64
	for _, c := range spans {
		out = append(out, [2]int64{c.From.UnixMilli(), c.To.UnixMilli()})
	}
	return out
}

func spansOf(rows [][2]int64) []fleet.Span {
	var out []fleet.Span
	for _, c := range rows {
		out = append(out, fleet.Span{From: time.UnixMilli(c[0]).UTC(), To: time.UnixMilli(c[1]).UTC()})
	}
	return out
}
