package bills

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// Book makes a reading of series of several streams, the truest stream first: its spans are those of the reading. A stream that
// did not answer for all of these is left out, since the next reading would not replace it; what was read of it before stands.
type Book struct {
	now     time.Time
	streams []*told
	cut     fleet.Safe
}

// told is one stream.
type told struct {
	stream fleet.Stream
	newest time.Time
	lines  []fleet.BillLine
	covers []fleet.Span
}

// NewBook begins a reading at a time.
func NewBook(now time.Time) *Book { return &Book{now: now} }

// Add adds what one kind of usage or charge said in grains that follow one another.
func (b *Book) Add(stream fleet.Stream, grains ...Taken) {
	var covers []fleet.Span
	i := slices.IndexFunc(b.streams, func(s *told) bool { return s.stream == stream })
	first := i < 0
	if first {
		i = len(b.streams)
		b.streams = append(b.streams, &told{stream: stream})
	}
	s := b.streams[i]
	for _, t := range grains {
		for _, c := range t.Covers {
			covers = Union(covers, c)
		}
		s.newest = later(s.newest, t.Newest)
		s.lines = append(s.lines, t.Lines...)
		if b.cut.IsEmpty() {
			b.cut = t.Cut
		}
	}
	if n := len(covers); n > 0 && !covers[n-1].To.Before(b.now) { // nothing is used yet of what is left of today
		covers[n-1].To = later(covers[n-1].To, Day(b.now).Add(day))
	}
	if s.covers = Both(s.covers, covers); first {
		s.covers = covers
	}
}

// Reading is what was added. why says why it is not whole; "" where it is.
func (b *Book) Reading() (out *fleet.BillReading, why fleet.Safe) {
	out, why = &fleet.BillReading{}, b.cut
	for i, s := range b.streams {
		if i == 0 {
			out.Covers = s.covers
		} else if !slices.Equal(Both(out.Covers, s.covers), out.Covers) {
			why = fleet.Concat(fleet.Text("its "), fleet.Quote(string(s.stream)),
				fleet.Text(" usage is not answered for all days of the bill; what was read of it before stands"))
			continue
		}
		for _, l := range s.lines {
			if slices.ContainsFunc(out.Covers, func(c fleet.Span) bool { return c.Has(l.Span.From) }) {
				out.Lines = append(out.Lines, l)
			}
		}
		out.Streams = append(out.Streams, s.stream)
		if i == 0 || s.newest.Before(out.Watermark) {
			out.Watermark = s.newest
		}
	}
	if out.Watermark.IsZero() && len(out.Lines) > 0 { // a stream has nothing yet of what another has
		out.Watermark = out.Covers[0].From
	}
	out.Watermark = earlier(out.Watermark, b.now)
	return out, why
}
