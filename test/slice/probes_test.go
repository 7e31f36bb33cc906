package slice

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// probesOf are the last probes that were good, by target.
func probesOf(s *fleet.Snapshot) []*fleet.Target {
	var list []*fleet.Target
	for i := range s.Routes {
		for j := range s.Routes[i].Targets {
			if t := &s.Routes[i].Targets[j]; t.Probe != nil && !t.Probe.LastGood.IsZero() {
				list = append(list, t)
			}
		}
	}
	return list
}

// The embedded fleet answers live probes with tools and JSON, and the checks of a change say so.
func TestLiveProbesOfTheEmbeddedFleet(t *testing.T) {
	r := rigOf(t, sim.Options{Probes: true}, nil)
	var s *fleet.Snapshot
	for range 600 { // answers take the fleet's time, and ours for as long as they are on the way
		if s = r.after(time.Second); len(probesOf(s)) >= 2 {
			break
		}
	}
	kinds := map[bool]bool{}
	for _, x := range probesOf(s) {
		kinds[x.Spec.Provider != ""] = true
		v := x.Verdict(fleet.HealthProbe)
		if v.Up != fleet.Some(true) || !strings.Contains(v.Why.String(), "answers a live probe with tools and JSON (") || !x.ProbesCleanSince.OK {
			t.Errorf("%s: %+v", x.Spec.ID, v)
		}
		p := s.Source(x.Probe.Source).Probe
		if rented := x.Spec.Provider != ""; p.PerDay.OK != rented || p.Last.Spent.OK != rented || p.Last.Model.IsEmpty() {
			t.Errorf("%s: %+v", x.Spec.ID, p)
		}
	}
	if !kinds[false] || !kinds[true] {
		t.Fatalf("a pool and a rented model should have answered: %v", kinds)
	}
	p, err := r.desk.Plan(actions.Intent{Kind: actions.KindShift, Route: "chat", Weights: fleet.Weights{"b200-a": 70}})
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, c := range r.desk.Check(p) {
		seen = seen || c.ID == "IL-07"
		if c.ID == "IL-07" && !strings.Contains(c.Formula.String(), "answers a live probe with tools and JSON") {
			t.Errorf("%s %s", c.Severity, c.Formula)
		}
	}
	if !seen {
		t.Error("IL-07 was not asked")
	}
}
