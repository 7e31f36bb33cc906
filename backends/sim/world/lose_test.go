package world

import (
	"testing"
	"time"
)

func TestALostPoolStaysDarkUntilItIsOver(t *testing.T) {
	w := New(small(1))
	run(w, time.Minute)
	pool := w.Spec.Pools[0].Name
	up := func() (n int) {
		for _, r := range w.Replicas {
			if r.Pool.Name == pool && r.Up() {
				n++
			}
		}
		return n
	}
	all := up()
	lose := func(on bool) {
		w.At(w.Now(), func() {
			if w.Lose("nowhere", on) || !w.Lose(pool, on) {
				t.Error("the wrong pool is lost")
			}
		})
	}
	lose(true)
	for range 20 {
		if run(w, 30*time.Second); up() != 0 {
			t.Fatalf("%d engines of it are up", up())
		}
	}
	checkLedger(t, w)
	lose(false)
	if run(w, 10*time.Minute); up() != all {
		t.Errorf("when it is over %d of %d engines come up", up(), all)
	}
}

func TestReplicasThatTakeOverAtOnce(t *testing.T) {
	for _, together := range []bool{false, true} {
		spec := small(1)
		spec.Gateways, spec.AtOnce = []string{"gw-1", "gw-2"}, together
		w := New(spec)
		id := spec.Deployments[0].ID
		w.At(w.Now(), func() { w.Gateways[0].Write(id, Change{Params: map[string]any{"weight": 77.0}}, w.Now()) })
		got, _ := w.Gateways[1].Rows[0].Weight()
		if (got == 77) != together {
			t.Errorf("together %v: the other replica holds %v at once", together, got)
		}
	}
}
