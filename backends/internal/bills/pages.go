// Package bills is what readers of bills and usage have in common: exact numbers, buckets of time and their pages, which days
// are read again, and words for keys with too few rights. It must not know any provider.
package bills

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Bounds of one series of pages. A page may be empty and have a next one.
const (
	maxPages = 64
	maxEmpty = 4
	// MaxLines is how many lines one series may have.
	MaxLines = 100_000
)

// Ask is one series of buckets. Its end is not sent: providers differ in whether what ends there is among the answer. It says
// where reading stops.
type Ask struct {
	Span  fleet.Span
	Width time.Duration
	Page  int  // most buckets of one page
	Open  bool // it ends at the present: the newest buckets may not be there yet
}

// Bucket is what one span of an answer holds.
type Bucket struct {
	Span  fleet.Span
	Lines []fleet.BillLine
}

// Page is one answer of a series.
type Page struct {
	Buckets []Bucket
	More    bool
	Next    string // cursor
}

// Taken is what a series said.
type Taken struct {
	Covers []fleet.Span // in any order
	Lines  []fleet.BillLine
	Cut    fleet.Safe // why it is not whole; "" where it is
}

// Limit is how many buckets the first page is asked for.
func (a Ask) Limit() int {
	n := int((a.Span.To.Sub(a.Span.From) + a.Width - 1) / a.Width)
	return max(1, min(n, a.Page))
}

// Take reads the pages of a series. A page that is too large is asked for again with fewer buckets. Pages that never end are
// cut: what came before stands, and Cut says so.
func (a Ask) Take(ctx context.Context, get func(ctx context.Context, cursor string, limit int) (Page, error)) (Taken, error) {
	t := taking{ask: a, begun: map[time.Time]bool{}, asked: map[string]bool{}}
	limit, cursor := a.Limit(), ""
	for range maxPages {
		p, err := get(ctx, cursor, limit)
		if errors.Is(err, httpx.ErrTooLong) && limit > 1 {
			limit = max(1, limit/4)
			continue
		}
		if err != nil {
			return Taken{}, err
		}
		fresh := t.page(p.Buckets)
		if len(t.Lines) > MaxLines {
			return Taken{}, TooMany("")
		}
		switch {
		case !p.More || !t.end.Before(a.Span.To) || a.passed(p.Buckets):
			t.toTheEnd()
			return t.Taken, nil
		case p.Next == "":
			t.Cut = fleet.Text("it says that there is more, and not where")
			return t.Taken, nil
		case t.circles(p, fresh):
			t.Cut = fleet.Text("its pages go round in a circle")
			return t.Taken, nil
		}
		cursor = p.Next
		t.asked[cursor] = true
	}
	t.Cut = fleet.Concat(fleet.Text("it has more than "), fleet.Many(maxPages, "page"))
	return t.Taken, nil
}

// TooMany is the error of an answer with more lines than are taken.
func TooMany(source fleet.SourceID) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the bill", Source: source,
		Err: fmt.Errorf("more than %d lines in one series", MaxLines), Next: "nothing of it was used; group by less"}
}

// passed tells whether a page reaches beyond what is asked for.
func (a Ask) passed(list []Bucket) bool {
	return slices.ContainsFunc(list, func(b Bucket) bool { return !b.Span.From.Before(a.Span.To) })
}

type taking struct {
	Taken
	ask   Ask
	begun map[time.Time]bool
	asked map[string]bool
	empty int       // pages that held nothing
	end   time.Time // of the newest bucket
}

// circles tells whether a page, fresh of whose buckets are new, leads to where a page led before, or nowhere.
func (t *taking) circles(p Page, fresh int) bool {
	if len(p.Buckets) == 0 {
		t.empty++
		return t.asked[p.Next] || t.empty > maxEmpty
	}
	return t.asked[p.Next] || fresh == 0
}

// page adds the buckets that were not seen before and that lie in what was asked for, and counts them.
func (t *taking) page(list []Bucket) (fresh int) {
	for _, b := range list {
		width := b.Span.To.Sub(b.Span.From)
		if width <= 0 || width > t.ask.Width || !t.ask.Span.Has(b.Span.From) || t.begun[b.Span.From] {
			continue
		}
		fresh++
		t.begun[b.Span.From] = true
		t.Covers = append(t.Covers, b.Span)
		if b.Span.To.After(t.end) {
			t.end = b.Span.To
		}
		t.Lines = append(t.Lines, b.Lines...)
	}
	return fresh
}

// running is how much of the newest may be left out of an answer that is whole, where its buckets are shorter.
const running = 2 * time.Hour

// toTheEnd covers the newest of an open series, which providers cut at the present or leave out while it runs: that it was
// answered for is all that covering means; the watermark says that it may still come.
func (t *taking) toTheEnd() {
	if t.ask.Open && !t.end.IsZero() && t.end.Before(t.ask.Span.To) && t.ask.Span.To.Sub(t.end) <= max(running, t.ask.Width) {
		t.Covers = append(t.Covers, fleet.Span{From: t.end, To: t.ask.Span.To})
	}
}
