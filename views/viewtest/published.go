package viewtest

import (
	"time"

	"pitwall/fleet"
)

// Published is the fleet of the incident with status feeds: one that lists an incident, one that cannot be read any more.
func Published() *fleet.Snapshot {
	s := Fleet()
	openai, anthropic := s.Provider("openai"), s.Provider("anthropic")
	openai.Status = []fleet.StatusFeed{{Source: "status/openai", At: ago(40 * time.Second), Reading: &fleet.StatusReading{
		Page: fleet.Text("OpenAI"), Others: 1, Missing: []string{"Realtime"},
		Incidents: []fleet.Incident{
			{ID: "1", Title: "Elevated error rates", Said: "major, investigating", Impact: fleet.ImpactDisrupted,
				Since: fleet.Some(ago(22 * time.Minute)), Updated: fleet.Some(ago(6 * time.Minute)),
				Components: []string{"Chat Completions", "Responses"}, Link: fleet.Text("https://status.openai.com/incidents/01J8")},
			{ID: "2", Title: "Database work", Said: "maintenance, scheduled", Impact: fleet.ImpactPlanned,
				Since: fleet.Some(Now().Add(9 * time.Hour)), Components: []string{"Responses"}},
		},
		Components: []fleet.ComponentState{{Name: "Chat Completions", Said: "partial_outage", Impact: fleet.ImpactDisrupted},
			{Name: "Responses", Said: "operational", Impact: fleet.ImpactNone}},
	}}}
	openai.State, openai.Why = fleet.StateWarn, fleet.Text("its status page: Elevated error rates (major, investigating)")
	anthropic.Status = []fleet.StatusFeed{{Source: "status/anthropic", At: ago(31 * time.Minute), Stale: true, Reading: &fleet.StatusReading{},
		Err: fleet.Text("read the status feed: it answers programs with a challenge for browsers (405)")}}
	for _, f := range []struct {
		id   fleet.ProviderID
		at   time.Time
		fail bool
	}{{"openai", ago(40 * time.Second), false}, {"anthropic", ago(31 * time.Minute), true}} {
		src := fleet.SourceStatus{ID: fleet.SourceID("status/" + f.id), Kind: "statuspage",
			URL: fleet.Label("https://status.example/" + string(f.id)), Subject: fleet.Subject{Provider: f.id, About: fleet.AboutStatus},
			Interval: 2 * time.Minute, Reads: 400, LastTry: f.at, LastGood: f.at, NextTry: Now().Add(80 * time.Second), Took: 210 * time.Millisecond}
		if f.fail {
			src.Stale, src.Failing, src.Failures, src.ErrKind = true, 15, 15, fleet.KindUnreachable
			src.Cause = fleet.Text("it answers programs with a challenge for browsers (405)")
			src.Err = anthropic.Status[0].Err
		}
		s.Sources = append(s.Sources, src)
	}
	return s
}
