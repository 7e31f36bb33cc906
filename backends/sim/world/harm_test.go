package world

import (
	"testing"
	"time"
)

func harmed(w *World, from, to time.Time) (sum Harm) {
	for _, h := range w.Harms(from, to) {
		sum.Requests += h.Requests
		sum.Failed += h.Failed
		sum.Cut += h.Cut
		sum.Slow += h.Slow
		sum.Wrong += h.Wrong
	}
	return sum
}

func TestEveryAnswerOfAClientIsInTheHarmOnce(t *testing.T) {
	w := New(small(4))
	w.Promise("chat", 1.5)
	run(w, 4*time.Minute)
	if h, l := harmed(w, t0, w.Now()), w.Ledger(); h.Requests != l.Answered+l.Failed || h.Failed != l.Failed || h.Bad()*100 > h.Requests {
		t.Fatalf("in normal times %+v, ledger %+v", h, l)
	}
	at := w.Now()
	w.Start("F01", at)
	run(w, 5*time.Minute)
	h := harmed(w, at, w.Now())
	if h.Bad()*50 < h.Requests || h.Failed+h.Slow == 0 {
		t.Errorf("half of a member is dead: %+v", h)
	}
	l := w.Ledger()
	if all := harmed(w, t0, w.Now()); all.Requests != l.Answered+l.Failed || all.Failed != l.Failed {
		t.Errorf("%+v, ledger %+v", all, l)
	}
}

func TestAnswersOfABadKernelAreHarmThoughTheyAreQuick(t *testing.T) {
	w := New(small(4))
	run(w, time.Minute)
	if h := harmed(w, t0, w.Now()); h.Wrong != 0 || h.Slow != 0 {
		t.Fatalf("nothing is promised and nothing is wrong: %+v", h)
	}
	at := w.Now().Add(30 * time.Second)
	w.Start("F11", w.Now())
	run(w, 2*time.Minute)
	h := harmed(w, at, w.Now())
	if part := float64(h.Wrong) / float64(h.Requests); part < .2 || part > .4 { // the pool has 30 % of the weights
		t.Errorf("%.2f of the answers are wrong: %+v", part, h)
	}
}

// Served well where nobody allowed it is harm; a program in a loop has none, only those who wait behind it.
func TestHarmOfABreachAndOfALoop(t *testing.T) {
	spec := mixture(4)
	spec.Previous = nil
	w := New(spec)
	run(w, time.Minute)
	at := w.Now()
	w.Start("F31", at)
	run(w, 2*time.Minute)
	var far int64
	for _, h := range w.Harms(at, w.Now()) {
		far += h.Far
	}
	if far < 50 {
		t.Errorf("%d answers from abroad", far)
	}
	before := w.Ledger()
	from := w.Now()
	w.Stop("F31")
	w.Start("F37", from)
	run(w, 2*time.Minute)
	l := w.Ledger()
	if h, all := harmed(w, from, w.Now()), l.Answered+l.Failed-before.Answered-before.Failed; h.Requests+100 > all {
		t.Errorf("%d of %d calls are counted: the loop's are among them", h.Requests, all)
	}
}
