package registry

import (
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

// A provider that fails publishes it minutes later, and what it publishes is read as any page is.
func TestThePlayedStatusPagesAreRead(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var specs []fleet.SourceSpec
	for _, s := range f.Inventory().Sources {
		if s.Subject.About == fleet.AboutStatus {
			specs = append(specs, s)
		}
	}
	if len(specs) != 2 || len(f.Inventory().Providers[0].Feeds) != 1 || f.Inventory().Providers[0].Feeds[0] != specs[0].ID {
		t.Fatalf("feeds %+v", specs)
	}
	readers, problems := Set(Connectors()).Readers(specs, fleet.Deps{Clock: clock, Secret: f.Secret})
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	read := func(id fleet.SourceID) *fleet.StatusReading {
		t.Helper()
		p, err := readers[id].Read(t.Context())
		if err != nil || len(p.Notices) != 0 || len(p.Status.Missing) != 0 || len(p.Status.Components) != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		return p.Status
	}
	quiet := func(when string) {
		t.Helper()
		for _, s := range specs {
			if r := read(s.ID); !r.Words().IsEmpty() || len(r.Incidents) != 0 {
				t.Fatalf("%s, %s says %q", when, s.ID, r.Words())
			}
		}
	}
	after := func(d time.Duration) {
		t.Helper()
		if err := clock.Advance(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	quiet("in a sound fleet")
	if err := f.Start("F32B", clock.Now()); err != nil {
		t.Fatal(err)
	}
	after(3 * time.Minute)
	quiet("three minutes into the outage")
	after(2 * time.Minute)
	r := read("status/openai")
	if r.Words().String() != "Elevated error rates (critical, investigating)" || r.Components[0].Impact != fleet.ImpactOutage || r.Incidents[0].Vague ||
		clock.Now().Sub(r.Incidents[0].Since.V) < 4*time.Minute {
		t.Errorf("%+v", r)
	}
	if r := read("status/anthropic"); !r.Words().IsEmpty() {
		t.Errorf("the other provider says %q", r.Words())
	}
	if err := f.Stop("F32B"); err != nil {
		t.Fatal(err)
	}
	after(5 * time.Minute)
	if r := read("status/openai"); r.Words().String() != "Elevated error rates (critical, monitoring)" {
		t.Errorf("five minutes after its end it says %q", r.Words())
	}
	after(6 * time.Minute)
	quiet("eleven minutes after its end")
}
