package world

import (
	"testing"
	"time"
)

// A page follows what its people notice: late, sooner when it is bad, and late again when it is over; a fault that is gone
// before that leaves no trace.
func TestAPageIsLateInBothDirections(t *testing.T) {
	w := New(small(6))
	p := w.Providers[0]
	run(w, time.Minute)
	if n := p.Published(); len(n) != 0 {
		t.Fatalf("a sound provider publishes %+v", n)
	}
	began := w.Seconds()
	w.Start("F32B", w.Now())
	run(w, 3*time.Minute)
	if n := p.Published(); len(n) != 0 {
		t.Fatalf("after three minutes it publishes %+v", n)
	}
	run(w, 90*time.Second)
	n := p.Published()
	if len(n) != 1 || n[0].Over || n[0].Monitoring || n[0].Posted-n[0].Began < lateWhenSevere-1 || n[0].Began < began || n[0].Share != 0.6 {
		t.Fatalf("%+v", n)
	}
	w.Stop("F32B")
	run(w, 2*time.Minute)
	if n := p.Published(); n[0].Monitoring || n[0].Over {
		t.Errorf("two minutes after its end: %+v", n)
	}
	run(w, 2*time.Minute)
	if n := p.Published(); !n[0].Monitoring || n[0].Over {
		t.Errorf("four minutes after its end: %+v", n)
	}
	run(w, 7*time.Minute)
	if n := p.Published(); len(n) != 1 || !n[0].Over {
		t.Errorf("eleven minutes after its end: %+v", n)
	}
	w.Start("F32", w.Now())
	run(w, 15*time.Minute)
	w.Stop("F32")
	run(w, 15*time.Minute)
	if n := p.Published(); len(n) != 1 {
		t.Errorf("a brownout of a quarter of an hour is published: %+v", n)
	}
}
