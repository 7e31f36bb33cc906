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
