package books

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// Segment is what was metered in one hour, or in the part of it that was watched. Lines are of that hour, of the streams metered
// and capacity; the Item of a line of capacity is its pool.
type Segment struct {
	Hour     time.Time
	From, To time.Time
	Lines    []fleet.BillLine
}

// segment is one as its writer stated it last.
type segment struct {
	From, To time.Time
	Lines    []fleet.BillLine
	folded   bool // of a whole day
}

// hourKey is a segment: each run writes its own.
type hourKey struct {
	writer string
	hour   int64
}

// MeterIsMine tells whether this process keeps the meter: of several on one state directory one does, since all of them count the
// same traffic. Another takes it over when that one ends.
func (b *Books) MeterIsMine() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.meter == nil || b.meter.Locked() {
		return true
	}
	got, err := b.meter.TryLock()
	return got || err != nil // where locks do not work, overlapping segments are told apart when they are read
}

// Meter enters segments of this run; each replaces the earlier one of its hour.
func (b *Books) Meter(list []Segment) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var changed []record
	for _, s := range list {
		hour := s.Hour.UTC().Truncate(time.Hour)
		lines := fold(slices.Clone(s.Lines), time.Hour)
		changed = append(changed, record{Kind: kindMeter, Writer: b.writer, Hour: hour.Unix(), From: s.From.UnixMilli(), To: s.To.UnixMilli(),
			Lines: lineRows(lines)})
	}
	b.enter(changed)
	return b.noted(b.write())
}

// meterPages are the metered hours as pages.
func (b *Books) meterPages() []economics.Page {
	by := map[int64][]*segment{}
	for key, s := range b.hours {
		day := fleet.Day(time.Unix(key.hour, 0)).From.Unix()
		if _, made := b.metered[day]; !made {
			by[day] = append(by[day], s)
		}
	}
	for day, list := range by {
		b.metered[day] = meteredDay(time.Unix(day, 0).UTC(), list)
	}
	var out []economics.Page
	for _, day := range slices.Sorted(maps.Keys(b.metered)) {
		out = append(out, b.metered[day]...)
	}
	return out
}

// meteredDay puts the segments of one day together. Of those that overlap, which two processes without a common lock may write,
// the one that began first counts.
func meteredDay(day time.Time, list []*segment) []economics.Page {
	inOrder(list)
	metered := economics.Page{Stream: fleet.StreamMetered, Day: day}
	capacity := economics.Page{Stream: fleet.StreamCapacity, Day: day}
	for _, s := range list {
		if s.From.Before(metered.At.Add(-time.Second)) {
			continue
		}
		metered.At, capacity.At = s.To, s.To
		metered.Covers = append(metered.Covers, fleet.Span{From: s.From, To: s.To})
		for i := range s.Lines {
			if s.Lines[i].Stream == fleet.StreamCapacity {
				capacity.Lines = append(capacity.Lines, s.Lines[i])
			} else {
				metered.Lines = append(metered.Lines, s.Lines[i])
			}
		}
	}
	metered.Covers = withoutGaps(metered.Covers)
	capacity.Covers = metered.Covers
	return []economics.Page{metered, capacity}
}

func inOrder(list []*segment) {
	slices.SortFunc(list, func(x, y *segment) int { return cmp.Or(x.From.Compare(y.From), y.To.Compare(x.To)) })
}

// blink is a gap between two segments that is none: counters of gateways stand still for the moment between two snapshots.
const blink = 15 * time.Second

func withoutGaps(list []fleet.Span) []fleet.Span {
	for i := 1; i < len(list); i++ {
		if gap := list[i].From.Sub(list[i-1].To); gap > 0 && gap <= blink {
			list[i-1].To = list[i].From
		}
	}
	return fleet.JoinSpans(list...)
}

// foldOld makes one segment of each metered day that is older than a month, and drops what is too old.
func (b *Books) foldOld(now time.Time) {
	today := fleet.Day(now).From
	for key := range b.pages {
		if time.Unix(key.day, 0).Before(today.AddDate(0, 0, -kept)) {
			delete(b.pages, key)
		}
	}
	old := map[int64][]hourKey{}
	for key, s := range b.hours {
		day := fleet.Day(time.Unix(key.hour, 0)).From
		switch {
		case day.Before(today.AddDate(0, 0, -kept)):
			delete(b.hours, key)
			delete(b.metered, day.Unix())
		case day.Before(today.AddDate(0, 0, -hourly)) && !s.folded:
			old[day.Unix()] = append(old[day.Unix()], key)
		}
	}
	for day, keys := range old {
		b.foldDay(time.Unix(day, 0).UTC(), keys)
	}
}

// foldDay puts the segments of a day into runs of time without a gap, so that what was not watched stays unknown.
func (b *Books) foldDay(day time.Time, keys []hourKey) {
	list := make([]*segment, 0, len(keys))
	for _, key := range keys {
		list = append(list, b.hours[key])
		delete(b.hours, key)
	}
	inOrder(list)
	var runs []*segment
	for _, s := range list {
		if n := len(runs); n > 0 {
			last := runs[n-1]
			if s.From.Before(last.To.Add(-time.Second)) {
				continue
			}
			if s.From.Sub(last.To) <= blink {
				last.To, last.Lines = s.To, append(last.Lines, s.Lines...)
				continue
			}
		}
		runs = append(runs, &segment{From: s.From, To: s.To, Lines: slices.Clone(s.Lines), folded: true})
	}
	whole := fleet.Day(day)
	delete(b.metered, whole.From.Unix())
	for i, s := range runs {
		s.Lines = fold(s.Lines, whole.Length())
		b.hours[hourKey{foldedBy, whole.From.Add(time.Duration(i) * time.Second).Unix()}] = s
	}
}

// foldedBy is the writer of days that were folded; their keys are seconds of the day.
const foldedBy = "day"
