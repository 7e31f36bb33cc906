package sim_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// TestAHotMachineIsAStraggler puts F17 in, and looks at nothing that the other machines of its pool do not show too.
func TestAHotMachineIsAStraggler(t *testing.T) {
	f, after := watched(t)
	for _, p := range after(3 * time.Minute).Pools {
		if p.State == fleet.StateWarn {
			t.Errorf("before: %s is %s %q", p.Spec.ID, p.State, p.Why)
		}
	}
	if err := f.Start("F17", time.Time{}); err != nil {
		t.Fatal(err)
	}
	s := after(5 * time.Minute)
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
