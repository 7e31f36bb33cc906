package bills

import (
	"sync"
	"time"

	"pitwall/fleet"
)

// LateDays is how many days before today are read again each time: bills are revised.
const LateDays = 3

// mostDays is how far a reader goes back at most: a month.
const mostDays = 31

const day = 24 * time.Hour

// Window is which days a reader asks for: the month so far at first, and then the late days before its last good read.
type Window struct {
	mu   sync.Mutex
	last time.Time // day of the last good read
}

// Span is what is asked for now: whole UTC days, today among them.
func (w *Window) Span(now time.Time) fleet.Span {
	w.mu.Lock()
	defer w.mu.Unlock()
	today := fleet.Day(now)
	late := w.last
	if late.IsZero() {
		late = today.From
	}
	from := late.AddDate(0, 0, -LateDays)
	if month := fleet.Month(now).From; w.last.IsZero() && month.Before(from) {
		from = month
	}
	return fleet.Span{From: later(from, today.From.AddDate(0, 0, -mostDays)), To: today.To}
}

// Done notes a good and whole read.
func (w *Window) Done(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = later(w.last, fleet.Day(now).From)
}

// Grain is a series in one width of buckets that a provider has.
type Grain struct {
	Ask
	Name string // of the width
}

// Days asks for whole days.
func Days(window fleet.Span, page int) Ask {
	return Ask{Span: window, Width: day, Page: page, Open: true}
}

// Grains parts a window into days, hours and, where they are wanted, minutes, in the bounds of OpenAI and Anthropic: the newest
// is the finest. What is newer than the late days is in hours, the last two hours in minutes.
func Grains(window fleet.Span, now time.Time, minutes bool) []Grain {
	var out []Grain
	put := func(name string, width time.Duration, page int, from, to time.Time) {
		if from.Before(to) {
			out = append(out, Grain{Ask{Span: fleet.Span{From: from, To: to}, Width: width, Page: page, Open: to.After(now)}, name})
		}
	}
	const perHour, perDay, perMinute = 168, 31, 1440
	hours := later(window.From, fleet.Day(now).From.AddDate(0, 0, -LateDays))
	hour := now.UTC().Truncate(time.Hour)
	put("1d", day, perDay, window.From, hours)
	if !minutes {
		put("1h", time.Hour, perHour, hours, hour.Add(time.Hour))
		return out
	}
	fine := later(hours, hour.Add(-time.Hour))
	put("1h", time.Hour, perHour, hours, fine)
	put("1m", time.Minute, perMinute, fine, now.UTC().Truncate(time.Minute).Add(time.Minute))
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
