package billing

import (
	"sync"
	"time"

	"pitwall/fleet"
)

// Day is a day of UTC.
const Day = 24 * time.Hour

// OptionDays says how many closed days a first read looks back.
const OptionDays = "days"

// Bounds of OptionDays, and how far back later reads look: bills are corrected for about three days.
const (
	firstDays = 35
	mostDays  = 92
	laterDays = 4
)

// Lookback is how far back a source is asked: far at first, then only where bills still change.
type Lookback struct {
	first int

	mu   sync.Mutex
	last time.Time // of the last good read; zero for none
}

// NewLookback reads OptionDays of a source.
func NewLookback(spec fleet.SourceSpec) (*Lookback, error) {
	first, err := Whole(spec, OptionDays, firstDays, 1, mostDays)
	return &Lookback{first: first}, err
}

// Days are whole UTC days, today among them: the end lies in the future.
func (l *Lookback) Days(now time.Time) fleet.Span {
	l.mu.Lock()
	defer l.mu.Unlock()
	today := now.UTC().Truncate(Day)
	from := today.Add(-time.Duration(l.first) * Day)
	if !l.last.IsZero() {
		from = later(from, l.last.UTC().Truncate(Day).Add(-laterDays*Day))
	}
	return fleet.Span{From: from, To: today.Add(Day)}
}

// Done notes a read that succeeded.
func (l *Lookback) Done(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = now
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

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
