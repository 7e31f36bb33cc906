package bills

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	today = fleet.Day(noon)
)

func TestNumbersKeepEveryDigitAndNonsenseIsNone(t *testing.T) {
	for text, want := range map[string]string{"412.0731": "412.0731", "0.1": "0.1", "1e-7": "0.0000001", "-3": "-3",
		`"5"`: "", `"NaN"`: "", "1e99": "", "1e999999999": "", "1e-999999": "", "true": "", `{}`: "", "99999999999999999": "",
		"0E-6176": "0", "0.00041000000000000000000000000000000001": "0.00041000000000000000000000000000000001", "4E-49": ""} {
		var n Number
		if err := json.Unmarshal([]byte(text), &n); err != nil || n.OK != (want != "") || n.Odd == n.OK || n.OK && n.V.String() != want {
			t.Errorf("%s: %+v, %v", text, n, err)
		}
	}
	for text, want := range map[string]string{`"123.78912"`: "123.78912", `"54702.0"`: "54702", "123.7": "", `""`: "", `"many"`: ""} {
		var q Quoted
		if err := json.Unmarshal([]byte(text), &q); err != nil || q.OK != (want != "") || q.Odd == q.OK || q.OK && q.V.String() != want {
			t.Errorf("%s: %+v, %v", text, q, err)
		}
	}
	for text, want := range map[string]string{`"0E-6176"`: "0", `"0.0042"`: "0.0042", "0.0042": "0.0042", `"-1.5"`: "-1.5", `"much"`: "", "true": "",
		`""`: "", "[1]": ""} {
		var e Either
		if err := json.Unmarshal([]byte(text), &e); err != nil || e.OK != (want != "") || e.Odd == e.OK || e.OK && e.V.String() != want {
			t.Errorf("%s: %+v, %v", text, e, err)
		}
	}
	var absent struct{ A, B Number }
	if err := json.Unmarshal([]byte(`{"A":null}`), &absent); err != nil || absent.A.OK || absent.A.Odd || absent.B.OK || absent.B.Odd {
		t.Errorf("%+v, %v", absent, err)
	}
	d, _ := Parse("12.5")
	for code, ok := range map[string]bool{"usd": true, "EUR": true, "": false, "US$": false, "dollars": false} {
		if m := Money(fleet.Some(d), code); m.OK != ok {
			t.Errorf("%q: %+v", code, m)
		}
	}
	if big, _ := Parse("1000000001"); Money(fleet.Some(big), "USD").OK {
		t.Error("a line of a billion was believed")
	}
}

func TestWindowBeginsWithTheMonthAndThenReadsLateDaysAgain(t *testing.T) {
	var w Window
	from := func(now time.Time) string {
		s := w.Span(now)
		if !s.To.Equal(fleet.Day(now).To) {
			t.Errorf("ends %v", s.To)
		}
		return s.From.Format(time.DateOnly)
	}
	for _, x := range []struct {
		now  time.Time
		want string
	}{{noon, "2026-11-01"}, {noon.AddDate(0, 0, -20), "2026-10-30"}, {time.Date(2027, 3, 31, 23, 0, 0, 0, time.UTC), "2027-03-01"}} {
		if got := from(x.now); got != x.want {
			t.Errorf("first on %v: from %s", x.now, got)
		}
	}
	w.Done(noon)
	if got := from(noon.Add(time.Hour)); got != "2026-11-19" {
		t.Errorf("again: from %s", got)
	}
	if got := from(noon.AddDate(0, 0, 9)); got != "2026-11-19" {
		t.Errorf("after nine days without an answer: from %s", got)
	}
	if got := from(noon.AddDate(0, 6, 0)); got != "2027-04-21" {
		t.Errorf("after half a year: from %s", got)
	}
}

func TestTheNewestUsageIsTheFinest(t *testing.T) {
	now := noon.Add(14*time.Minute + 5*time.Second)
	var w Window
	end := w.Span(now).From
	for i, g := range Grains(w.Span(now), now, true) {
		if !g.Span.From.Equal(end) || g.Limit() > g.Page || g.Name != []string{"1d", "1h", "1m"}[i] || g.Limit() != []int{18, 83, 75}[i] {
			t.Errorf("%s: %+v asks for %d", g.Name, g.Span, g.Limit())
		}
		end = g.Span.To
	}
	if !end.Equal(noon.Add(15 * time.Minute)) {
		t.Errorf("the last minute ends at %v", end)
	}
}

// days are buckets of whole days from the first on, each with so many lines.
func days(from time.Time, lines ...int) (out []Bucket) {
	for i, n := range lines {
		s := fleet.Span{From: from.AddDate(0, 0, i), To: from.AddDate(0, 0, i+1)}
		b := Bucket{Span: s}
		for range n {
			b.Lines = append(b.Lines, fleet.BillLine{Span: s})
		}
		out = append(out, b)
	}
	return out
}

func TestPagesThatNeverEndAreCut(t *testing.T) {
	from := today.From.AddDate(0, -6, 0)
	ask := Days(fleet.Span{From: from, To: today.To}, 1)
	for name, x := range map[string]struct {
		next  func(n int) Page
		says  string
		calls int
		lines int
	}{
		"the same page":    {func(int) Page { return Page{days(from, 1), true, "a"} }, "in a circle", 2, 1},
		"no cursor":        {func(int) Page { return Page{days(from, 1), true, ""} }, "not where", 1, 1},
		"ever new cursors": {func(n int) Page { return Page{days(from.AddDate(0, 0, n), 1), true, strconv.Itoa(n)} }, "more than 64 pages", 64, 64},
		"empty pages":      {func(n int) Page { return Page{nil, true, strconv.Itoa(n)} }, "in a circle", 5, 0},
		"an empty page": {func(n int) Page {
			return Page{days(from.AddDate(0, 0, n), min(n, 1))[:min(n, 1)], n < 3, strconv.Itoa(n)}
		},
			"", 4, 3},
		"beyond the end": {func(int) Page { return Page{append(days(from, 1), days(today.To, 1)...), true, "a"} }, "", 1, 1},
		"an end":         {func(n int) Page { return Page{days(from.AddDate(0, 0, n), 1), n < 3, strconv.Itoa(n)} }, "", 4, 4},
	} {
		calls := 0
		got, err := ask.Take(t.Context(), func(context.Context, string, int) (Page, error) {
			calls++
			return x.next(calls - 1), nil
		})
		if err != nil || !strings.Contains(got.Cut.String(), x.says) || x.says == "" != got.Cut.IsEmpty() || calls != x.calls || len(got.Lines) != x.lines {
			t.Errorf("%s: %d calls, %d lines, %q, %v", name, calls, len(got.Lines), got.Cut, err)
		}
	}
}

func TestAPageThatIsTooLargeIsAskedForInParts(t *testing.T) {
	from := today.From.AddDate(0, 0, -29)
	var limits []int
	got, err := Days(fleet.Span{From: from, To: today.To}, 31).Take(t.Context(), func(_ context.Context, cursor string, limit int) (Page, error) {
		limits = append(limits, limit)
		if limit > 2 {
			return Page{}, &fleet.Error{Kind: fleet.KindInvalid, Err: httpx.ErrTooLong}
		}
		n, _ := strconv.Atoi(cursor)
		return Page{days(from.AddDate(0, 0, n), 1, 1), n+1 < 30, strconv.Itoa(n + 1)}, nil
	})
	if err != nil || len(got.Lines) != 30 || !got.Cut.IsEmpty() || limits[0] != 30 || limits[1] != 7 || limits[2] != 1 {
		t.Errorf("%d lines, asked for %v, %q, %v", len(got.Lines), limits, got.Cut, err)
	}
}

func TestBucketsElsewhereOrTwiceAreNotTaken(t *testing.T) {
	from := today.From.AddDate(0, 0, -3)
	list := append(days(from.AddDate(0, 0, -2), 1, 1, 1, 1), days(from, 5)...)
	list = append(list, Bucket{Span: fleet.Span{From: from, To: from.AddDate(0, 1, 0)}}, Bucket{Span: fleet.Span{From: noon, To: from}})
	got, err := Days(fleet.Span{From: from, To: today.To}, 31).Take(t.Context(), func(context.Context, string, int) (Page, error) {
		return Page{Buckets: list}, nil
	})
	if err != nil || len(got.Lines) != 2 || len(got.Covers) != 2 || !got.Covers[1].To.Equal(from.AddDate(0, 0, 2)) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A day that is missing in the answer is not covered; one without lines is.
func TestADayWithoutABucketIsUnknown(t *testing.T) {
	from := today.From.AddDate(0, 0, -4)
	list := days(from, 1, 0, 1, 0, 1)
	got, err := Days(fleet.Span{From: from, To: today.To}, 31).Take(t.Context(), func(context.Context, string, int) (Page, error) {
		return Page{Buckets: append(list[:2:2], list[3:]...)}, nil
	})
	if err != nil || len(fleet.JoinSpans(got.Covers...)) != 2 || !got.Covers[2].From.Equal(from.AddDate(0, 0, 3)) {
		t.Errorf("%+v, %v", got, err)
	}
}

// streamed is a stream that covers the window of three days and today, with a line in each of some days.
func streamed(covers fleet.Span, lines ...int) Taken {
	t := Taken{Covers: []fleet.Span{covers}}
	for _, b := range days(today.From.AddDate(0, 0, -3), lines...) {
		t.Lines = append(t.Lines, b.Lines...)
	}
	return t
}

func TestABookHoldsToTheDaysOfItsFirstStream(t *testing.T) {
	from, end := today.From.AddDate(0, 0, -3), today.To
	whole, sofar := fleet.Span{From: from, To: end}, fleet.Span{From: from, To: noon}
	for name, x := range map[string]struct {
		billed, reported Taken
		streams, lines   int
		watermark        time.Time
		says             string
	}{
		"both": {streamed(whole, 1, 1), streamed(sofar, 1, 1, 1, 1), 2, 6, today.From, ""},
		"usage of some days": {streamed(whole, 1), streamed(fleet.Span{From: from.Add(day), To: noon}, 0, 1), 1, 1, from.Add(day),
			"reported usage is not answered for all days"},
		"a bill of some days":   {streamed(fleet.Span{From: from.Add(day), To: end}, 1, 1), streamed(sofar, 1, 1), 2, 2, from.AddDate(0, 0, 2), ""},
		"nothing at all":        {streamed(whole), streamed(sofar), 2, 0, time.Time{}, ""},
		"nothing is billed yet": {streamed(whole), streamed(sofar, 0, 1), 2, 1, from.AddDate(0, 0, 2), ""},
	} {
		b := NewBook(noon)
		b.Add(fleet.StreamBilled, x.billed)
		b.Add(fleet.StreamReported, x.reported)
		r, why := b.Reading()
		if len(r.Streams) != x.streams || len(r.Lines) != x.lines || !r.Watermark.Equal(x.watermark) || !strings.Contains(why.String(), x.says) ||
			x.says == "" != why.IsEmpty() || len(r.Covers) != 1 || !r.Covers[0].To.Equal(end) {
			t.Errorf("%s: %v covers %v up to %v, %d lines, %q", name, r.Streams, r.Covers, r.Watermark, len(r.Lines), why)
		}
	}
	b := NewBook(noon)
	b.Add(fleet.StreamBilled, streamed(whole, 1), streamed(fleet.Span{From: from.Add(-day), To: from}))
	b.Add(fleet.StreamBilled, streamed(whole, 1))
	if r, _ := b.Reading(); len(r.Covers) != 1 || !r.Covers[0].From.Equal(from) {
		t.Errorf("two kinds, of which one says nothing of a day: covers %v", r.Covers)
	}
}

func TestNegativeAmountsAreNoUse(t *testing.T) {
	for item, want := range map[string]fleet.Charge{"Promo credit": fleet.ChargeCredit, "gpt-5, output": fleet.ChargeAdjustment} {
		d, _ := Parse("-2.5")
		l := fleet.BillLine{Item: fleet.Label(item), Cost: Money(fleet.Some(d), "usd")}
		if Sign(&l); l.Charge != want || l.IsUsage() {
			t.Errorf("%s: %+v", item, l)
		}
	}
}
