package views_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// TestAPoolAsAWholeSaysWhatItIs: how many replicas there are, that figures are aggregates, and of what.
func TestAPoolAsAWholeSaysWhatItIs(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC)
	pool := fleet.Pool{Spec: fleet.PoolSpec{ID: "huge", Engine: "vllm", Model: "m"}, Ready: 249, Desired: 250, State: fleet.StateWarn,
		Why: fleet.Text("249 of 250 ready"), Replicas: []fleet.Replica{{ID: "huge-7", State: fleet.StateDown}},
		Whole: &fleet.Aggregate{Source: "thanos", Window: 5 * time.Minute, Replicas: fleet.Some(250), Shown: 1,
			GPUs: fleet.GPUTotals{Boards: fleet.Some(2000), Faulty: fleet.Some(2)}}}
	snap := &fleet.Snapshot{At: now, Pools: []fleet.Pool{pool}, Sources: []fleet.SourceStatus{{ID: "thanos",
		Partial: fleet.Text("partial data: store-3 did not answer"), LastGood: now}}}
	scene := views.Scene{Snap: snap, Now: now, Theme: themes.New(themes.Options{ASCII: true})}
	screen := views.Pools(scene, views.PoolsState{Pool: "huge"}, views.Size{W: 120, H: 40})
	for _, want := range []string{"1 worst of 250", "aggregates of thanos, over 5m", "2000 GPUs, 2 broken"} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen does not say %q:\n%s", want, screen)
		}
	}
	if sources := views.Sources(scene, views.SourcesState{}, views.Size{W: 200, H: 40}); !strings.Contains(sources, "store-3 did not answer") {
		t.Errorf("the source is not marked:\n%s", sources)
	}
}

// TestChartsSayWhatAStoreToldOf: values that pitwall did not measure are marked for as long as they are on the screen.
func TestChartsSayWhatAStoreToldOf(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC)
	draw := func(to time.Time) string {
		pool := fleet.Pool{Spec: fleet.PoolSpec{ID: "p", Engine: "vllm", Model: "m"}, State: fleet.StateOK,
			Past: &fleet.PoolPast{Source: "thanos", Step: 5 * time.Minute, To: to, Incomplete: fleet.Text("partial data")}}
		scene := views.Scene{Snap: &fleet.Snapshot{At: now, Pools: []fleet.Pool{pool}}, Now: now, Window: 15 * time.Minute,
			Theme: themes.New(themes.Options{ASCII: true})}
		return views.Pools(scene, views.PoolsState{Pool: "p"}, views.Size{W: 120, H: 40})
	}
	if s := draw(now.Add(-5 * time.Minute)); !strings.Contains(s, "before 09:09:00Z thanos, means of 5m, partial") {
		t.Errorf("nothing says where the chart's values come from:\n%s", s)
	}
	if s := draw(now.Add(-time.Hour)); strings.Contains(s, "thanos") {
		t.Errorf("the mark stays when nothing of the store is shown:\n%s", s)
	}
}

// TestTheBurnOfAPoolSaysWhatItIsMadeOf: the GPUs and the price that it names must give the burn beside them.
func TestTheBurnOfAPoolSaysWhatItIsMadeOf(t *testing.T) {
	spec := fleet.PoolSpec{ID: "p", GPU: "H100", GPUsPerReplica: 8, GPUHour: fleet.Some(fleet.USDPerHour(2.95))}
	listed, whole, silent := fleet.Pool{Spec: spec}, fleet.Pool{Spec: spec}, fleet.Pool{Spec: spec}
	listed.Spec.Replicas = make([]fleet.ReplicaSpec, 4)
	whole.Whole = &fleet.Aggregate{Replicas: fleet.Some(250), GPUs: fleet.GPUTotals{Boards: fleet.Some(2000)}}
	silent.Whole = &fleet.Aggregate{}
	for want, pool := range map[string]fleet.Pool{"32 x H100 at $2.95": listed, "2000 x H100 at $2.95": whole,
		"its store counts no GPUs": silent} {
		scene := views.Scene{Snap: &fleet.Snapshot{Pools: []fleet.Pool{pool}}, Theme: themes.New(themes.Options{ASCII: true})}
		if s := views.Cost(scene, views.CostState{}, views.Size{W: 120, H: 40}); !strings.Contains(s, want) {
			t.Errorf("the cost screen does not say %q:\n%s", want, s)
		}
	}
}
