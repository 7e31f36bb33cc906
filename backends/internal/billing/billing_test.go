package billing

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

var start = time.Date(2026, 11, 22, 9, 14, 30, 0, time.UTC)

func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-11-22T"+clock+":00Z")
	if err != nil {
		panic(err)
	}
	return t
}

func TestCoverageEndsWhereNothingIsKnown(t *testing.T) {
	asked := fleet.Span{From: at("00:00").Add(-3 * Day), To: at("00:00").Add(Day)}
	for _, x := range []struct {
		watermark, want string
		lag             time.Duration
	}{
		{"2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z", 48 * time.Hour}, // data of today
		{"2026-11-19T08:00:00Z", "2026-11-20T00:00:00Z", 48 * time.Hour}, // none for days: what had come by now is nothing
		{"2027-01-01T00:00:00Z", "2026-11-23T00:00:00Z", 0},              // more than was asked for
		{"2026-11-01T00:00:00Z", "", 96 * time.Hour},
	} {
		watermark, _ := time.Parse(time.RFC3339, x.watermark)
		got := ""
		if c := Covered(asked, watermark, start, x.lag, Day); len(c) == 1 && c[0].From.Equal(asked.From) {
			got = c[0].To.Format(time.RFC3339)
		}
		if got != x.want {
			t.Errorf("%+v: %s", x, got)
		}
	}
}

func TestLaterReadsAskForWhatMayHaveChangedAndWhatWasMissed(t *testing.T) {
	for _, x := range []struct {
		last time.Time
		past time.Duration
	}{{time.Time{}, 21*Day + 7*time.Hour}, {start.Add(-5 * time.Minute), 0}, {start.Add(-6 * time.Hour), 6 * time.Hour}, {start.Add(-25 * Day), 25 * Day}, {start.Add(-300 * Day), 31*Day + 7*time.Hour}} {
		l := &Lately{}
		if !x.last.IsZero() {
			l.done(x.last)
		}
		past, recent := l.spans(start)
		if past.To.Sub(past.From) != x.past || !past.To.Equal(recent.From) || !recent.From.Equal(at("07:00")) || !recent.To.Equal(at("09:14")) {
			t.Errorf("after %v: %v %v", x.last, past, recent)
		}
	}
}

// What is on file of the newest hour must lie in what the next reading covers, or it could not replace it.
func TestTheNewestHourIsToldWhole(t *testing.T) {
	clock := fleet.NewVirtualClock(start)
	l := &Lately{}
	reading := func(minute string) *fleet.BillReading {
		b, err := l.Ask(clock, 10*time.Minute, func(h *Hours, _ fleet.Span, width time.Duration) error {
			if width == time.Minute && minute != "" {
				h.Add(Row{Model: "m", Use: fleet.UseOutput}, fleet.Span{From: at(minute), To: at(minute).Add(width)}, decimal.NewFromInt(7))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := reading("09:02")
	if !first.Watermark.Equal(at("09:03")) || !first.Covers[0].To.Equal(at("10:00")) || !first.Lines[0].Span.To.Equal(at("09:03")) {
		t.Errorf("%+v", first)
	}
	if none := reading(""); !none.Covers[0].To.Equal(at("09:04")) || !none.Watermark.IsZero() {
		t.Errorf("%+v", none)
	}
}

func TestNothingIsPaidTwiceOrBeyondTheCap(t *testing.T) {
	clock := fleet.NewVirtualClock(start)
	till, err := NewTill(fleet.SourceSpec{ID: "s", Options: map[string]string{OptionCap: "0.03"}}, fleet.Deps{Clock: clock}, "0.01", "9")
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	call := func(err error) func(context.Context) error {
		return func(context.Context) error { made++; return err }
	}
	for _, x := range []struct {
		err  error
		want fleet.Kind
	}{
		{nil, ""},
		{&fleet.Error{Kind: fleet.KindUnreachable}, fleet.KindUnreachable}, // costs nothing
		{&fleet.Error{Kind: fleet.KindTimeout}, fleet.KindTimeout},         // may have cost
		{nil, ""},
		{nil, fleet.KindRateLimited},
	} {
		if err := till.Pay(t.Context(), 1, call(x.err)); fleet.KindOf(err) != x.want {
			t.Errorf("%v, want %q", err, x.want)
		}
	}
	if made != 4 {
		t.Errorf("%d calls", made)
	}
	till.purse = broken{}
	if err := till.Pay(t.Context(), 1, call(nil)); fleet.KindOf(err) != fleet.KindInternal || made != 4 {
		t.Errorf("what cannot be noted was sent: %v", err)
	}
}

type broken struct{}

func (broken) Spent(fleet.SourceID, time.Time) (fleet.Money, error) { return fleet.Money{}, nil }

func (broken) Spend(fleet.SourceID, time.Time, fleet.Money) error { return errors.New("disk full") }

type counting struct{ n int }

func (c *counting) Read(context.Context) (fleet.Partial, error) {
	c.n++
	if c.n == 1 {
		return fleet.Partial{}, errors.New("no")
	}
	return fleet.Partial{At: start, Bill: &fleet.BillReading{Calls: 2}}, nil
}

func TestAnAnswerIsGivenAgainWithinTheTime(t *testing.T) {
	clock, inner := fleet.NewVirtualClock(start), &counting{}
	r := Seldom(inner, clock, time.Hour)
	for i, want := range []int{1, 2, 2, 2} { // a failure is no answer
		p, err := r.Read(t.Context())
		if (err == nil) != (i > 0) || inner.n != want || i > 0 && !p.At.Equal(start) {
			t.Errorf("%d: %d calls, %v", i, inner.n, err)
		}
		if paid := map[int]int{1: 2}[i]; i > 0 && p.Bill.Calls != paid {
			t.Errorf("%d: %d calls are counted, want %d", i, p.Bill.Calls, paid)
		}
	}
	_ = clock.Advance(t.Context(), time.Hour)
	if _, err := r.Read(t.Context()); err != nil || inner.n != 3 {
		t.Errorf("%d calls, %v", inner.n, err)
	}
}

func TestModelsStandBeforeWhatWasUsed(t *testing.T) {
	for item, want := range map[string]string{
		"Nova Lite input tokens":                      "Nova Lite",
		"output_tokens_standard-Units":                "",
		"gpt 5.2 cchd Inp glbl Tokens":                "gpt 5.2",
		"gpt-4o 1120 Batch Outp glbl Tokens":          "gpt-4o 1120",
		"gpt 4o rt aud Inp glbl Tokens":               "gpt 4o rt",
		"Provisioned Managed Global Unit":             "",
		"Gemini 2.5 Flash Image Output - Predictions": "Gemini 2.5 Flash",
		"Veo 3 Video Generation":                      "Veo 3",
		"Guardrail ContentPolicyUnitsConsumed":        "",
		"GPT Glbl Unit":                               "GPT",
		"\x1b[2J\xff output":                          "\x1b[2J\xff",
	} {
		if got := Before(item, "glbl"); got != want {
			t.Errorf("%q: %q", item, got)
		}
	}
}
