package backends

import (
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// paced is an engine whose tokens take so many seconds; gaps is how many it makes a second.
func paced(gaps float64, took func(at time.Time) float64) readFunc {
	var sum, n float64
	last := start
	return func(now time.Time) (fleet.Partial, error) {
		for ; last.Before(now); last = last.Add(time.Second) {
			n += gaps
			sum += gaps * took(last)
		}
		p, err := steady(gaps, 4)(now)
		p.Engines[0].ITL = fleet.Histogram{Bounds: []float64{1, math.Inf(1)}, Counts: []float64{n, n}, Sum: sum}
		return p, err
	}
}

func always(v float64) func(time.Time) float64 { return func(time.Time) float64 { return v } }

// between takes one pace within some minutes and 20 ms otherwise.
func between(from, to int, v float64) func(time.Time) float64 {
	return func(at time.Time) float64 {
		if m := at.Sub(start).Minutes(); m >= float64(from) && m < float64(to) {
			return v
		}
		return .020
	}
}

func TestAStragglerIsSaidAndLeavesSlowly(t *testing.T) {
	hot := func(now time.Time) (fleet.Partial, error) { return gpusAt(.9, jitter)(now) }
	b := newBench(t, map[fleet.SourceID]readFunc{"r1": paced(100, between(2, 8, .036)), "r2": paced(100, always(.020)), "n1": hot})
	if p := b.after(4 * time.Minute).Pool("p"); p.State != fleet.StateOK {
		t.Errorf("two minutes after it began: %s %s", p.State, p.Why)
	}
	s := b.after(2 * time.Minute)
	p := s.Pool("p")
	if r := p.Replicas[0]; p.State != fleet.StateWarn || r.State != fleet.StateWarn || !r.Lag.OK || math.Abs(r.Lag.V-1.8) > .02 ||
		!strings.HasPrefix(r.Why.String(), "1.8x its pool's time a token: 36ms against 20ms") {
		t.Errorf("pool %s %q, replica %s %q, lag %v", p.State, p.Why, r.State, r.Why, r.Lag)
	}
	if p.Replicas[1].State != fleet.StateOK || p.Replicas[1].Lag.OK || p.Ready != 2 {
		t.Errorf("its neighbour is %s, %d ready", p.Replicas[1].State, p.Ready)
	}
	found := false
	for _, a := range s.Alerts {
		found = found || a.Level == fleet.LevelWarn && a.Subject.Pool == "p" && a.Runbook.String() == "straggler"
	}
	if !found {
		t.Errorf("alerts: %+v", s.Alerts)
	}
	if r := b.after(4 * time.Minute).Pool("p").Replicas[0]; r.State != fleet.StateWarn || !strings.HasPrefix(r.Why.String(), "was slow") {
		t.Errorf("a minute after its window is well: %s %q", r.State, r.Why)
	}
	if r := b.after(3 * time.Minute).Pool("p").Replicas[0]; r.State != fleet.StateOK || r.Lag.OK {
		t.Errorf("at last: %s %q", r.State, r.Why)
	}
}

func TestAStragglerIsSaidBesideAnotherTroubleOfItsPool(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"r1": paced(100, always(.036)), "r2": paced(100, always(.020)),
		"n1": gpuPage(func(time.Time) []fleet.GPUReading {
			return []fleet.GPUReading{{ID: "GPU-a", Index: "0", LastXid: fleet.Some(79)}}
		})})
	s := b.after(5 * time.Minute)
	said := 0
	for _, a := range s.Alerts {
		if a.Runbook.String() == "straggler" && (a.Subject == fleet.Subject{Pool: "p", Replica: "r1"}) {
			said++
		}
	}
	if p := s.Pool("p"); said != 1 || !strings.HasPrefix(p.Why.String(), "n1") {
		t.Errorf("pool %s %q, alerts %+v", p.State, p.Why, s.Alerts)
	}
}

func TestWhatIsNoStraggler(t *testing.T) {
	for name, read := range map[string]map[fleet.SourceID]readFunc{
		"a minute's dip":      {"r1": paced(100, between(2, 3, .060)), "r2": paced(100, always(.020))},
		"too little to judge": {"r1": paced(10, always(.060)), "r2": paced(100, always(.020))},
		"nobody to compare":   {"r1": paced(100, always(.060)), "r2": paced(10, always(.020))},
		"a little slower":     {"r1": paced(100, always(.025)), "r2": paced(100, always(.020))},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, read)
			for range 10 {
				if p := b.after(time.Minute).Pool("p"); p.State != fleet.StateOK {
					t.Fatalf("%s %s", p.State, p.Why)
				}
			}
		})
	}
}

func TestWholeRequestsGiveARoughPace(t *testing.T) {
	timed := func(seconds float64) readFunc {
		return func(now time.Time) (fleet.Partial, error) {
			p, err := steady(100, 4)(now)
			n := 2 * now.Sub(start).Seconds()
			p.Engines[0].E2E = fleet.Histogram{Bounds: []float64{math.Inf(1)}, Counts: []float64{n}, Sum: n * seconds}
			p.Engines[0].OutputLen = fleet.Histogram{Bounds: []float64{math.Inf(1)}, Counts: []float64{n}, Sum: n * 50}
			return p, err
		}
	}
	for seconds, want := range map[float64]fleet.State{1.5: fleet.StateOK, 1.8: fleet.StateWarn} {
		b := newBench(t, map[fleet.SourceID]readFunc{"r1": timed(seconds), "r2": timed(1)})
		if p := b.after(5 * time.Minute).Pool("p"); p.State != want {
			t.Errorf("%v times as slow: %s %s", seconds, p.State, p.Why)
		}
	}
}
