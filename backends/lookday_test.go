package backends

import (
	"testing"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

// Twelve points: eleven of 300 output tokens a second and one of 900, and prompts that never change.
func TestADayHasAMeanAndAPeak(t *testing.T) {
	l := newLookback()
	seconds := history.Step.Seconds()
	for i := range 12 {
		p := history.Point{At: start.Add(time.Duration(i) * history.Step), Key: "pool/p", In: 1000 * seconds, Out: 300 * seconds, Requests: 2 * seconds}
		if i == 5 {
			p.Out = 900 * seconds
		}
		if i == 11 {
			if d := l.day("pool/p", p.At); d != nil {
				t.Errorf("55 minutes are no hour: %+v", d)
			}
		}
		l.keep(p, p.At)
	}
	d := l.day("pool/p", start.Add(time.Hour))
	if d == nil || d.Covered != time.Hour || d.In != 1000 || d.Out != 350 || d.Requests != fleet.Some(fleet.Rate(2)) || d.Peak < 2.571 || d.Peak > 2.572 {
		t.Errorf("%+v", d)
	}
	if d := l.day("pool/p", start.Add(30*time.Hour)); d != nil {
		t.Errorf("of another day: %+v", d)
	}
}

// Two members of a route: a peak of one falls together with a low of the other, and a step that one does not know is left out.
func TestTheDayOfARouteIsThatOfItsMembersTogether(t *testing.T) {
	l := newLookback()
	seconds := history.Step.Seconds()
	for i := range 14 {
		at := start.Add(time.Duration(i) * history.Step)
		for key, out := range map[string]float64{"target/r/a": 200, "target/r/b": 100} {
			switch {
			case i == 3 && key == "target/r/a":
				continue // not known of it
			case i == 5 && key == "target/r/a":
				out = 0
			case i == 5:
				out = 400
			case i == 7:
				out *= 2
			}
			l.keep(history.Point{At: at, Key: key, In: 10 * seconds, Out: out * seconds, Requests: seconds}, at)
		}
	}
	d := l.dayTogether("r", []string{"target/r/a", "target/r/b", "target/r/idle"}, start.Add(time.Hour))
	if d == nil || d.Covered != 13*history.Step || d.In != 20 || d.Requests != fleet.Some(fleet.Rate(2)) {
		t.Fatalf("%+v", d)
	}
	if want := 600 / ((11*300 + 400 + 600) / 13.0); d.Peak < want-.001 || d.Peak > want+.001 {
		t.Errorf("peak %v, want %v", d.Peak, want)
	}
	for _, key := range []string{"target/r/a", "target/r/b"} { // a new point makes it anew
		l.keep(history.Point{At: start.Add(14 * history.Step), Key: key, In: 10 * seconds, Out: 3000 * seconds, Requests: seconds}, start.Add(14*history.Step))
	}
	if again := l.dayTogether("r", []string{"target/r/a", "target/r/b"}, start.Add(15*history.Step)); again == nil || again.Peak <= d.Peak {
		t.Errorf("with a greater peak: %+v", again)
	}
	if d := l.dayTogether("idle", []string{"target/r/idle"}, start); d != nil {
		t.Errorf("of nothing: %+v", d)
	}
}
