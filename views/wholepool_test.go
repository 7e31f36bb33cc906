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
