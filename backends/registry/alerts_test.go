package registry

import (
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

// A fault of the embedded fleet becomes an alert of its Alertmanager; a silence hides it, and its end shows it again.
func TestThePlayedAlertmanagerIsReadAndSilenced(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	spec := fleet.SourceSpec{ID: "alertmanager", Kind: "alertmanager", URL: f.URL(sim.AlertmanagerName)}
	deps := fleet.Deps{Clock: clock, Secret: f.Secret}
	readers, problems := Set(Connectors()).Readers([]fleet.SourceSpec{spec}, deps)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	read := func() *fleet.AlertsReading {
		t.Helper()
		p, err := readers[spec.ID].Read(t.Context())
		if err != nil || len(p.Notices) != 0 || p.Version.String() != "0.34.0" {
			t.Fatalf("%+v, %v", p, err)
		}
		return p.Alerts
	}
	if quiet := read(); len(quiet.Alerts) != 0 {
		t.Fatalf("a sound fleet fires %+v", quiet.Alerts)
	}
	if err := f.Start("F05", clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := clock.Advance(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	fired := read().Alerts
	if len(fired) == 0 {
		t.Fatal("the fault fires nothing")
	}
	silencers, err := Set(Connectors()).Silencers([]fleet.SourceSpec{spec}, deps)
	if err != nil {
		t.Fatal(err)
	}
	s := silencers[spec.ID]
	matchers := []fleet.Matcher{{Name: "alertname", Value: fired[0].Labels["alertname"]}}
	id, err := s.Silence(t.Context(), fleet.Silence{Matchers: matchers, From: clock.Now(), Until: clock.Now().Add(time.Hour), By: "mara", Comment: "test"})
	if err != nil {
		t.Fatal(err)
	}
	now := read()
	if len(now.Silences) != 1 || now.Silences[0].ID != id || len(now.Alerts[0].SilencedBy)+len(now.Alerts[len(now.Alerts)-1].SilencedBy) == 0 {
		t.Errorf("%+v", now)
	}
	if err := s.Expire(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Find(t.Context(), id); fleet.KindOf(err) != fleet.KindNotFound || len(read().Silences) != 0 {
		t.Errorf("after its end: %v", err)
	}
}
