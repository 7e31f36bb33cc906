package backends

import (
	"testing"
	"time"

	"pitwall/fleet"
)

// follow feeds one reading every ten seconds and returns what is then known of progress.
func follow(list ...fleet.EngineReading) fleet.Progress {
	var w progressWatch
	for i, e := range list {
		w.add(start.Add(time.Duration(i)*10*time.Second), []fleet.EngineReading{e})
	}
	return w.value()
}

func repeat(n int, f func(i float64) fleet.EngineReading) []fleet.EngineReading {
	list := make([]fleet.EngineReading, 0, n)
	for i := range n {
		list = append(list, f(float64(i)))
	}
	return list
}

func working() fleet.EngineReading {
	return fleet.EngineReading{Running: fleet.Some(fleet.Count(4)), Waiting: fleet.Some(fleet.Count(2)),
		OutputTokens: fleet.Some(1000.0)}
}

func TestTokensThatAreCountedLateAreNoStall(t *testing.T) {
	late := func(float64) fleet.EngineReading {
		e := working()
		e.LateTokens = true
		return e
	}
	if p := follow(repeat(12, late)...); p.Moving.OK || p.Stalled != 0 {
		t.Errorf("long requests without an end are not a stall: %+v", p)
	}
	steps := func(i float64) fleet.EngineReading {
		e := late(i)
		e.Work = fleet.Some(100 + i)
		return e
	}
	if p := follow(repeat(12, steps)...); p.Moving != fleet.Some(true) {
		t.Errorf("steps move: %+v", p)
	}
	stuck := func(float64) fleet.EngineReading { return steps(7) }
	if p := follow(repeat(12, stuck)...); p.Moving != fleet.Some(false) || p.Stalled != 100*time.Second {
		t.Errorf("steps stand still with work at hand: %+v", p)
	}
	pulse := func(i float64) fleet.EngineReading {
		e := late(i)
		e.Pulse = fleet.Some(2000.5 + i)
		return e
	}
	if p := follow(append(repeat(5, pulse), late(0), late(0), late(0), late(0))...); p.Moving.OK {
		t.Errorf("a pulse that ended proves nothing: %+v", p)
	}
	if p := follow(repeat(5, pulse)...); p.Moving != fleet.Some(true) {
		t.Errorf("a pulse is work: %+v", p)
	}
}

func TestWaitingWithNothingRunningIsAStallWhateverIsCounted(t *testing.T) {
	queue := func(float64) fleet.EngineReading {
		return fleet.EngineReading{Running: fleet.Some(fleet.Count(0)), Waiting: fleet.Some(fleet.Count(3)), LateTokens: true}
	}
	if p := follow(repeat(8, queue)...); p.Moving != fleet.Some(false) {
		t.Errorf("%+v", p)
	}
	unknown := func(float64) fleet.EngineReading {
		return fleet.EngineReading{Waiting: fleet.Some(fleet.Count(3)), LateTokens: true}
	}
	if p := follow(repeat(8, unknown)...); p.Moving.OK {
		t.Errorf("what runs is unknown, and so is the stall: %+v", p)
	}
}

func TestOnlyTheEnginesOfThePoolShowItsProgress(t *testing.T) {
	page := func(now time.Time) (fleet.Partial, error) {
		stuck, other := working(), working()
		stuck.Model, other.Model = "big", "small"
		other.OutputTokens = fleet.Some(float64(now.Unix()))
		return fleet.Partial{Engines: []fleet.EngineReading{stuck, other}}, nil
	}
	w := newWorld(Options{}, nil)
	w.models["p"] = "big"
	s := &sourceState{spec: fleet.SourceSpec{ID: "r", Subject: fleet.Subject{Pool: "p", Replica: "r"}}}
	for i := range 12 {
		p, err := page(start.Add(time.Duration(i) * 10 * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		p.At = start.Add(time.Duration(i) * 10 * time.Second)
		w.takeEngines(s, p)
	}
	if p := w.progress["r"].value(); p.Moving != fleet.Some(false) {
		t.Errorf("another model of the same server hides the stall: %+v", p)
	}
}

func TestAReplicaThatLoadsIsNotReadyAndNotDead(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{
		"r1": func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{Health: fleet.Some(false), NotReady: fleet.Text("loading its model")}, nil
		}, "r2": steady(100, 3)})
	p := b.after(time.Minute).Pool("p")
	r := p.Replicas[0]
	if r.State != fleet.StateWarn || r.Why != fleet.Text("answers, not ready: loading its model") || isReady(r) {
		t.Errorf("%s %q, ready %v", r.State, r.Why, isReady(r))
	}
}

func TestRequestsThatEndAreNotIdle(t *testing.T) {
	if idle(fleet.Load{Requests: fleet.Some(fleet.Rate(3))}) || idle(fleet.Load{Requests: fleet.Some(fleet.Rate(0))}) {
		t.Error("an engine that counts no running requests is not known to be idle")
	}
	if !idle(fleet.Load{Running: fleet.Some(fleet.Count(0))}) {
		t.Error("nothing runs")
	}
}
