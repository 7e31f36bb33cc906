package wire

import (
	"testing"
	"time"
)

func TestWhenWhatWasServedIsOnTheBill(t *testing.T) {
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	at := func(hour, minute int) time.Time {
		return day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	for _, c := range []struct{ served, known time.Time }{
		{at(10, 5), at(14, 0)}, {at(10, 59), at(14, 0)}, {at(22, 59), at(26, 0)},
		{at(23, 0), at(50, 0)}, // a correction: by then the day has looked whole for a day
	} {
		if charged(c.known.Add(-time.Second), c.served) || !charged(c.known, c.served) {
			t.Errorf("what was served at %s is not on the bill from %s on", c.served.Format(time.TimeOnly), c.known)
		}
	}
	if lag := reported(usageLag); lag(at(10, 9), at(10, 5)) || !lag(at(10, 10), at(10, 5)) {
		t.Error("a minute is not in the report four minutes after its end")
	}
}

func TestPagesOfAWindow(t *testing.T) {
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	w := window{from: from, to: from.Add(59 * time.Hour), width: 24 * time.Hour, limit: 2}
	starts, next, err := w.slice("")
	if err != nil || len(starts) != 2 || next == "" {
		t.Fatalf("%v, %q, %v", starts, next, err)
	}
	rest, end, err := w.slice(next)
	if err != nil || len(rest) != 1 || !rest[0].Equal(from.AddDate(0, 0, 2)) || end != "" {
		t.Errorf("%v, %q, %v", rest, end, err)
	}
	for _, page := range []string{"page_", "x", "page_!", pageOfStart(from.Add(time.Hour)), pageOfStart(from.AddDate(-1, 0, 0))} {
		if _, _, err := w.slice(page); err == nil {
			t.Errorf("page %q is taken", page)
		}
	}
}
