package billing

import (
	"time"

	"pitwall/fleet"
)

// Day is a day of UTC.
const Day = 24 * time.Hour

// Covered is what of a span a source answered for: up to its newest data, and where there is none up to where it would have
// come by now. What is later is not known: it is not "nothing".
func Covered(asked fleet.Span, watermark, now time.Time, lag, step time.Duration) []fleet.Span {
	to := now.Add(-lag).UTC().Truncate(step)
	if watermark.After(to) {
		to = watermark
	}
	if to.After(asked.To) {
		to = asked.To
	}
	if !to.After(asked.From) {
		return nil
	}
	return []fleet.Span{{From: asked.From, To: to}}
}

// Settled tells whether a day is read for the last time, unless it was missed: what a bill says of it stands then.
func Settled(day, now time.Time, late int) bool { return now.Sub(day) >= time.Duration(late)*Day }

// DayUntil is the span of a day of a bill as far as it has come.
func DayUntil(day, now time.Time) fleet.Span {
	end := day.Add(Day)
	if end.After(now) {
		end = now.UTC()
	}
	return fleet.Span{From: day, To: end}
}

// Sealed is the reading of lines that are whole: it says what they cover and how new they are.
func Sealed(streams []fleet.Stream, asked fleet.Span, lines []fleet.BillLine, now time.Time, lag time.Duration) *fleet.BillReading {
	b := &fleet.BillReading{Streams: streams, Lines: lines}
	for i := range lines {
		if to := lines[i].Span.To; to.After(b.Watermark) {
			b.Watermark = to
		}
	}
	b.Covers = Covered(asked, b.Watermark, now, lag, Day)
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
