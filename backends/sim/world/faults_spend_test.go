package world

import (
	"testing"
	"time"
)

func TestALoopSpendsByItsKey(t *testing.T) {
	w := New(rented(3))
	run(w, 2*time.Minute)
	spend := func() (by [3]float64) {
		for _, g := range w.Gateways {
			for _, d := range g.Stats.Deployments {
				for i, u := range d.Used {
					by[i] += float64(u.Output)
				}
			}
		}
		return by
	}
	before := spend()
	w.Start("F37", w.Now())
	run(w, 2*time.Minute)
	during := spend()
	w.Stop("F37")
	run(w, 2*time.Minute)
	after := spend()
	if grown := (during[2] - before[2]) / before[2]; grown < 5 {
		t.Errorf("the key makes %v times its tokens in the loop", grown)
	}
	if other := (during[1] - before[1]) / before[1]; other < .6 || other > 1.4 {
		t.Errorf("another key makes %v times its own", other)
	}
	if rest := (after[2] - during[2]) / before[2]; rest > 3 {
		t.Errorf("afterwards it still makes %v times its own", rest)
	}
}
