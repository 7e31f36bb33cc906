package world

import (
	"fmt"
	"testing"
	"time"
)

// signal is something that an operator could see, asked once a second.
type signal struct {
	name string
	seen func(w *World) bool
}

// firsts runs a fault from two minutes on and returns when each signal was first seen, in seconds after the cause; a
// signal before the cause, or one that never comes, fails the test.
func firsts(t *testing.T, w *World, id string, span time.Duration, signals ...signal) []int {
	t.Helper()
	const quiet = 120
	if !w.Start(id, t0.Add(quiet*time.Second)) {
		t.Fatalf("%s is unknown", id)
	}
	out := make([]int, len(signals))
	for i := range out {
		out[i] = -1
	}
	for s := 1; s <= quiet+int(span.Seconds()); s++ {
		run(w, time.Second)
		for i, x := range signals {
			if out[i] >= 0 || !x.seen(w) {
				continue
			}
			out[i] = s - quiet
			if s <= quiet {
				t.Fatalf("%s: %s %d s before its cause", id, x.name, quiet-s)
			}
		}
	}
	checkLedger(t, w)
	text := id
	for i, x := range signals {
		text += fmt.Sprintf(" | %s %d s", x.name, out[i])
		if out[i] < 0 {
			t.Errorf("%s: %s never came within %s", id, x.name, span)
		}
	}
	t.Log(text)
	return out
}

// inOrder fails when a signal comes before the one listed before it.
func inOrder(t *testing.T, w *World, id string, span time.Duration, signals ...signal) {
	t.Helper()
	at := firsts(t, w, id, span, signals...)
	for i := 1; i < len(at); i++ {
		if at[i] < at[i-1] {
			t.Errorf("%s: %s came at %d s, before %s at %d s", id, signals[i].name, at[i], signals[i-1].name, at[i-1])
		}
	}
}

// window keeps the last n values of a counter and gives what was added over them.
func window(n int, value func(w *World) float64) func(w *World) float64 {
	var past []float64
	return func(w *World) float64 {
		past = append(past, value(w))
		if len(past) > n+1 {
			past = past[1:]
		}
		return past[len(past)-1] - past[0]
	}
}

// mean is the mean of a histogram's observations over the last n seconds, 0 when there were none.
func mean(n int, h func(w *World) *Histogram) func(w *World) float64 {
	sum := window(n, func(w *World) float64 { return h(w).Sum })
	count := window(n, func(w *World) float64 { return float64(h(w).Count()) })
	return func(w *World) float64 {
		s, c := sum(w), count(w)
		if c <= 0 {
			return 0
		}
		return s / c
	}
}

// above is the part of a histogram's observations over the last n seconds that lie above a bound.
func above(n int, bound float64, h func(w *World) *Histogram) func(w *World) float64 {
	over := window(n, func(w *World) float64 {
		x, sum := h(w), uint64(0)
		for i, k := range x.Counts {
			if i >= len(x.Bounds) || x.Bounds[i] > bound {
				sum += k
			}
		}
		return float64(sum)
	})
	count := window(n, func(w *World) float64 { return float64(h(w).Count()) })
	return func(w *World) float64 {
		o, c := over(w), count(w)
		if c <= 0 {
			return 0
		}
		return o / c
	}
}

// watch runs the world for a while, asking once a second as firsts does.
func watch(w *World, d time.Duration, ask ...func(w *World) float64) {
	for range int(d.Seconds()) {
		run(w, time.Second)
		for _, f := range ask {
			f(w)
		}
	}
}

func replicaOf(w *World, name string) *Replica {
	for _, r := range w.Replicas {
		if r.Name == name {
			return r
		}
	}
	return nil
}
