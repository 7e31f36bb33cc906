package sim_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// TestATroubleOfOneMachineIsLaidToThatMachine puts two troubles into one fleet, in two pools: a hot machine (F17) and one
// whose telemetry freezes (F40).
func TestATroubleOfOneMachineIsLaidToThatMachine(t *testing.T) {
	wholeHub(t)
	t.Parallel()
	f, after := watched(t)
	before := after(2 * time.Minute)
	for _, p := range before.Pools {
		if p.State == fleet.StateWarn {
			t.Errorf("before: %s is %s %q", p.Spec.ID, p.State, p.Why)
		}
	}
	if err := f.Start("F17", time.Time{}); err != nil {
		t.Fatal(err)
	}
	silenced := before.Pools[0].Replicas[0]
	for _, name := range []string{string(silenced.Node), string(silenced.ID)} {
		if err := f.FreezeTelemetry(name, true); err != nil {
			t.Fatal(err)
		}
	}
	s := after(5 * time.Minute)
	t.Run("a hot machine is a straggler", func(t *testing.T) { hotMachine(t, s) })
	t.Run("frozen telemetry is told from a hung engine", func(t *testing.T) { frozenMachine(t, s, silenced.Node) })
}

// hotMachine looks at nothing that the other machines of the pool do not show too.
func hotMachine(t *testing.T, s *fleet.Snapshot) {
	p := s.Pool("h100-b")
	if p.State != fleet.StateWarn || !strings.HasPrefix(p.Why.String(), "h100-b-r2: 1.") ||
		!strings.Contains(p.Why.String(), "; its GPUs run at 1") {
		t.Errorf("%s %q", p.State, p.Why)
	}
	for _, r := range p.Replicas {
		if r.Lag.OK != (r.ID == "h100-b-r2") {
			t.Errorf("%s lags %v", r.ID, r.Lag)
		}
	}
}

func frozenMachine(t *testing.T, s *fleet.Snapshot, node fleet.NodeID) {
	for _, pool := range s.Pools {
		for _, n := range pool.Nodes {
			if frozen := strings.HasPrefix(n.Why.String(), "frozen"); frozen != (n.ID == node) || frozen != n.GPUs[0].Frozen {
				t.Errorf("node %s is %s %q", n.ID, n.State, n.Why)
			}
		}
	}
	got := s.Pools[0].Replicas[0]
	if got.State != fleet.StateStale || !strings.Contains(got.Why.String(), "nor of its GPUs' page") {
		t.Errorf("replica %s is %s %q: telemetry failed, not the engine", got.ID, got.State, got.Why)
	}
}
