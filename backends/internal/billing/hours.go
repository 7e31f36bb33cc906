package billing

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// Row is what hours are told apart by.
type Row struct {
	Model                 fleet.ModelName
	Use                   fleet.UsageKind
	Unit                  fleet.Safe
	Tier, Region, Project string
}

type cell struct {
	row  Row
	hour time.Time
}

// Hours sums usage, as a provider counts it by the minute, to hours.
type Hours struct {
	sums      map[cell]decimal.Decimal
	watermark time.Time
	asked     fleet.Span
}

// Only says what is asked for now, where it is a part of the span.
func (h *Hours) Only(asked fleet.Span) { h.asked = asked }

// Add adds what was used in a time that lies within one hour. What was not asked for is left out: it would count twice.
func (h *Hours) Add(row Row, at fleet.Span, n decimal.Decimal) {
	if !h.asked.Has(at.From) {
		return
	}
	if h.sums == nil {
		h.sums = map[cell]decimal.Decimal{}
	}
	if at.To.After(h.watermark) {
		h.watermark = at.To.UTC()
	}
	c := cell{row, at.From.UTC().Truncate(time.Hour)}
	h.sums[c] = h.sums[c].Add(n)
}

// reading is what was added as lines by hour.
func (h *Hours) reading(asked fleet.Span, now time.Time, lag time.Duration) *fleet.BillReading {
	// Of the newest hour the whole is told, as far as it has come: the next reading replaces it.
	whole := h.watermark.Add(time.Hour - time.Nanosecond).Truncate(time.Hour)
	b := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamReported}, Watermark: h.watermark,
		Covers: Covered(fleet.Span{From: asked.From, To: later(asked.To, whole)}, whole, now, lag, time.Minute)}
	for c, n := range h.sums {
		if n.IsZero() {
			continue
		}
		end := c.hour.Add(time.Hour)
		if end.After(h.watermark) {
			end = h.watermark
		}
		b.Lines = append(b.Lines, fleet.BillLine{Stream: fleet.StreamReported, Span: fleet.Span{From: c.hour, To: end}, Model: c.row.Model,
			Use: c.row.Use, Unit: c.row.Unit, Quantity: fleet.Some(n), Tier: c.row.Tier, Region: c.row.Region, Project: c.row.Project})
	}
	slices.SortFunc(b.Lines, func(x, y fleet.BillLine) int {
		return cmp.Or(x.Span.From.Compare(y.Span.From), cmp.Compare(x.Model, y.Model), cmp.Compare(x.Use, y.Use),
			cmp.Compare(x.Tier, y.Tier), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Project, y.Project),
			strings.Compare(x.Unit.String(), y.Unit.String()))
	})
	return b
}

// usageWindow are hours that are read again with each read, since minutes of them come late.
const usageWindow = 2 * time.Hour

// Lately asks a source of usage for the hours of the month so far, and then for what may have changed.
type Lately struct {
	days bills.Window

	mu   sync.Mutex
	last time.Time // of the last good read; zero for none
}

// spans are what to ask for: whole hours of the past at once, and the newest by the minute. Past is empty unless it is the first
// read, or the first one in hours.
func (l *Lately) spans(now time.Time) (past, recent fleet.Span) {
	hour := now.UTC().Truncate(time.Hour)
	recent = fleet.Span{From: hour.Add(-usageWindow), To: now.UTC().Truncate(time.Minute)}
	l.mu.Lock()
	defer l.mu.Unlock()
	from := l.days.Span(now).From
	if !l.last.IsZero() {
		from = later(from, l.last.UTC().Truncate(time.Hour).Add(-usageWindow))
	}
	if from.After(recent.From) {
		from = recent.From
	}
	return fleet.Span{From: from, To: recent.From}, recent
}

func (l *Lately) done(now time.Time) {
	l.days.Done(now)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = now
}

// Widths of what is summed.
const (
	perHour   = time.Hour
	perMinute = time.Minute
)

// Usage is Ask as a whole reading, of a meter that counts cached tokens among the input: it says so where there are any.
func (l *Lately) Usage(
	clock fleet.Clock, lag time.Duration, uncertain fleet.Safe,
	ask func(h *Hours, span fleet.Span, width time.Duration, p *fleet.Partial) error,
) (fleet.Partial, error) {
	p := fleet.Partial{}
	bill, err := l.Ask(clock, lag, func(h *Hours, span fleet.Span, width time.Duration) error { return ask(h, span, width, &p) })
	if err != nil {
		return fleet.Partial{}, err
	}
	p.At, p.Bill = clock.Now(), bill
	if len(bill.Lines) > 0 {
		p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelInfo, Text: uncertain})
	}
	return p, nil
}

// Ask calls ask for the past in hours, where there is any, and for the newest in minutes, to add it to h, and makes a reading of
// it. lag is how late the provider's data may be.
func (l *Lately) Ask(
	clock fleet.Clock, lag time.Duration, ask func(h *Hours, span fleet.Span, width time.Duration) error,
) (*fleet.BillReading, error) {
	past, recent := l.spans(clock.Now())
	h := &Hours{asked: past}
	if past.From.Before(past.To) {
		if err := ask(h, past, perHour); err != nil {
			return nil, err
		}
	}
	h.asked = recent
	if err := ask(h, recent, perMinute); err != nil {
		return nil, err
	}
	now := clock.Now()
	l.done(now)
	return h.reading(fleet.Span{From: past.From, To: recent.To}, now, lag), nil
}
