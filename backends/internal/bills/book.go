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
	lines  []fleet.BillLine
	covers []fleet.Span
}

// NewBook begins a reading at a time.
func NewBook(now time.Time) *Book { return &Book{now: now} }

// Add adds what one kind of usage or charge said in grains that follow one another.
func (b *Book) Add(stream fleet.Stream, grains ...Taken) {
	i := slices.IndexFunc(b.streams, func(s *told) bool { return s.stream == stream })
	first := i < 0
	if first {
		i = len(b.streams)
		b.streams = append(b.streams, &told{stream: stream})
	}
	s := b.streams[i]
	var covers []fleet.Span
	for _, t := range grains {
		covers = append(covers, t.Covers...)
		s.lines = append(s.lines, t.Lines...)
		if b.cut.IsEmpty() {
			b.cut = t.Cut
		}
	}
	covers = fleet.JoinSpans(covers...)
	if n := len(covers); n > 0 && !covers[n-1].To.Before(b.now) { // nothing is used yet of what is left of today
		covers = fleet.JoinSpans(append(covers, fleet.Span{From: b.now, To: fleet.Day(b.now).To})...)
	}
	if s.covers = both(s.covers, covers); first {
		s.covers = covers
	}
}

// both is what lies in two lists of spans.
func both(a, b []fleet.Span) (out []fleet.Span) {
	for _, s := range b {
		out = append(out, fleet.ClipSpans(a, s)...)
	}
	return out
}

// Reading is what was added. why says why it is not whole; "" where it is.
func (b *Book) Reading() (out *fleet.BillReading, why fleet.Safe) {
	out, why = &fleet.BillReading{}, b.cut
	for i, s := range b.streams {
		if i == 0 {
			out.Covers = s.covers
		} else if !slices.Equal(both(s.covers, out.Covers), out.Covers) {
			why = fleet.Concat(fleet.Text("its "), fleet.Quote(string(s.stream)),
				fleet.Text(" usage is not answered for all days of the bill; what was read of it before stands"))
			continue
		}
		out.Streams = append(out.Streams, s.stream)
		for _, l := range s.lines {
			if !slices.ContainsFunc(out.Covers, func(c fleet.Span) bool { return c.Has(l.Span.From) }) {
				continue
			}
			out.Lines = append(out.Lines, l)
			if at := b.known(l.Span); at.After(out.Watermark) {
				out.Watermark = at
			}
		}
	}
	return out, why
}

// known is up to when a line proves that there is data: its end, or of what still runs the present. That something was used in a
// day that still runs proves nothing of any of its hours.
func (b *Book) known(s fleet.Span) time.Time {
	switch {
	case !s.To.After(b.now):
		return s.To
	case s.Length() > time.Hour:
		return s.From
	default:
		return b.now
	}
}
