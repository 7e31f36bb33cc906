package backends

import (
	"math"
	"testing"

	"pitwall/fleet"
)

// TestLengthsAreThoseOfThePoolsModel: a server may run several models, of which the pool has one.
func TestLengthsAreThoseOfThePoolsModel(t *testing.T) {
	of := func(n float64) fleet.Histogram {
		return fleet.Histogram{Bounds: []float64{100, math.Inf(1)}, Counts: []float64{n, n}, Sum: n}
	}
	h := New(Options{Clock: fleet.NewVirtualClock(start), Inventory: fleet.Inventory{
		Pools:   []fleet.PoolSpec{{ID: "p", Model: "chat", Replicas: []fleet.ReplicaSpec{{ID: "r"}}}},
		Sources: []fleet.SourceSpec{{ID: "r", Subject: fleet.Subject{Pool: "p", Replica: "r"}}}}})
	h.states[0].last = fleet.Partial{At: start, Engines: []fleet.EngineReading{
		{Model: "chat", PromptLen: of(3), MaxTokens: of(3)}, {Model: "other", PromptLen: of(400), MaxTokens: of(400)}}}
	got := h.world.lengths(fleet.RouteSpec{Targets: []fleet.TargetSpec{{Pool: "p"}}}, start)
	if got.Prompt.Count() != 3 || got.Output.Count() != 3 {
		t.Errorf("%v prompts and %v limits, want 3 of each", got.Prompt.Count(), got.Output.Count())
	}
}
