package tui

import (
	"testing"

	"pitwall/fleet"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// What is said of a status feed leads to that feed, and a provider that nobody probes to what it publishes.
func TestAStatusFeedIsAPlace(t *testing.T) {
	r := newRig(t, viewtest.Published(), writable())
	feed := func(id fleet.ProviderID) fleet.Subject { return fleet.Subject{Provider: id, About: fleet.AboutStatus} }
	for subject, want := range map[fleet.Subject]fleet.SourceID{
		feed("anthropic"): "status/anthropic", feed("openai"): "status/openai", {Provider: "openai"}: "openai-probe",
	} {
		if got, ok := r.m.subjectPlace(subject, ""); !ok || got != (place{screen: views.ScreenSources, source: want}) {
			t.Errorf("%+v leads to %+v", subject, got)
		}
	}
	r.m.snap.Provider("openai").Source = ""
	if got, ok := r.m.memberPlace("openai"); !ok || got.source != "status/openai" {
		t.Errorf("it leads to %+v", got)
	}
}
