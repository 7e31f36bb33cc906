package interlocks

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// publish makes the provider's status feed list an incident.
func (w *world) publish(i fleet.Incident) {
	f := &w.s.Providers[0].Status[0]
	r := *f.Reading
	r.Incidents = append(r.Incidents, i)
	f.Reading = &r
}

// told is load that goes to the API while its feed lists something, or is as edit makes it.
func told(edit func(w *world, f *fleet.StatusFeed)) func(*world) {
	return func(w *world) {
		w.toAPI()
		edit(w, &w.s.Providers[0].Status[0])
	}
}

func listing(i fleet.Incident) func(*world) {
	return told(func(w *world, _ *fleet.StatusFeed) { w.publish(i) })
}

func TestPublishedIncidents(t *testing.T) {
	major := fleet.Incident{Title: "Elevated errors", Impact: fleet.ImpactDisrupted, Said: "major, investigating"}
	with := func(edit func(*fleet.Incident)) fleet.Incident {
		i := major
		edit(&i)
		return i
	}
	judgeAll(t, "IL-27", []verdictCase{
		{"load goes to a pool", func(w *world) { w.publish(major) }, ok, "self-hosted", ""},
		{"nothing is open", func(w *world) { w.toAPI() }, ok, "lists nothing open, age 40s", ""},
		{"no feed is configured", func(w *world) {
			w.toAPI()
			w.s.Providers[0].Spec.Feeds, w.s.Providers[0].Status = nil, nil
		}, ok, "no status feed of it is configured", ""},
		{"an incident", listing(major), ovr, "open incident Elevated errors (major, investigating), age 40s", ""},
		{"one of its model", listing(with(func(i *fleet.Incident) { i.Models = []fleet.ModelName{"gpt-x"} })), ovr, "open incident", ""},
		{"one of another model", listing(with(func(i *fleet.Incident) { i.Models = []fleet.ModelName{"gpt-y"} })), warn, "names other models", ""},
		{"one of nobody knows what", listing(with(func(i *fleet.Incident) { i.Vague = true })), warn, "does not say what it concerns", ""},
		{"a word that nobody knows", listing(with(func(i *fleet.Incident) { i.Impact = "odd" })), ovr, "open incident", ""},
		{"no impact", listing(with(func(i *fleet.Incident) { i.Impact = fleet.ImpactNone })), ok, "nothing open", ""},
		{"announced maintenance", listing(with(func(i *fleet.Incident) { i.Impact = fleet.ImpactPlanned })), ok, "nothing open", ""},
		{"maintenance under way", listing(with(func(i *fleet.Incident) { i.Impact = fleet.ImpactMaintenance })), ovr, "open incident", ""},
		{"a component", told(func(_ *world, f *fleet.StatusFeed) {
			f.Reading = &fleet.StatusReading{Components: []fleet.ComponentState{{Name: "API", Impact: fleet.ImpactOutage, Said: "major_outage"}}}
		}), ovr, "API is published as major_outage", ""},
		{"a component that is gone", told(func(_ *world, f *fleet.StatusFeed) { f.Reading = &fleet.StatusReading{Missing: []string{"API"}} }),
			warn, "no longer lists API", "missing"},
		{"the feed fails", told(func(_ *world, f *fleet.StatusFeed) { f.Err = fleet.Text("it answered 405") }), warn, "unknown: it answered 405, age 40s", "missing"},
		{"it failed from the start", told(func(_ *world, f *fleet.StatusFeed) { *f = fleet.StatusFeed{Source: f.Source, Err: fleet.Text("405")} }),
			warn, "never read: 405", "missing"},
		{"it was not read yet", told(func(w *world, _ *fleet.StatusFeed) { w.s.Providers[0].Status = nil }), warn, "not read yet", "missing"},
		{"what it listed is lost", told(func(w *world, f *fleet.StatusFeed) {
			w.publish(major)
			f.Reading = nil
		}), warn, "not read yet", "missing"},
		{"it is stale", told(func(_ *world, f *fleet.StatusFeed) { f.Stale = true }), warn, "too old", "missing"},
		{"the file is old", told(func(_ *world, f *fleet.StatusFeed) { f.At = ago(16 * time.Minute) }), warn, "16m ago > 15m", "missing"},
		{"silence ends no incident", told(func(w *world, f *fleet.StatusFeed) {
			w.publish(major)
			f.Err, f.At = fleet.Text("405"), ago(time.Hour)
		}), ovr, "open incident Elevated errors (major, investigating), age 60m", ""},
		{"a second feed", told(func(w *world, _ *fleet.StatusFeed) {
			w.s.Providers[0].Spec.Feeds = append(w.s.Providers[0].Spec.Feeds, "status/api-2")
		}), warn, "not read yet", "missing"},
	})
}

// Load that leaves a provider with an incident is what an operator wants then, and a way back is never held up.
func TestAPublishedIncidentHoldsNothingUpThatLeaves(t *testing.T) {
	w := good()
	w.publish(fleet.Incident{Title: "Down", Impact: fleet.ImpactOutage})
	w.in.Weights = fleet.Weights{"a": 70, "api": 0}
	if c := find(Evaluate(w.plan(t), w.s, w.b, now), "IL-27"); c.Severity != ok {
		t.Errorf("moving away: %s %s", c.Severity, c.Formula)
	}
	w = good()
	w.toAPI()
	w.publish(fleet.Incident{Title: "Down", Impact: fleet.ImpactOutage})
	p := w.plan(t)
	back := actions.Step{N: 1, Before: p.Before, After: p.After} // gives the API load
	if c := find(EvaluateRollback(p, back, w.s, w.b, now), "IL-27"); c.ID != "" {
		t.Errorf("a way back was asked IL-27: %s", c.Formula)
	}
}

// The feed's interval is not that of the probe, by whose silence evidence ages.
func TestAStatusFeedIsNoProbe(t *testing.T) {
	w := good()
	before := slowest(w.s, fleet.Subject{Provider: "api"})
	w.s.Sources = append(w.s.Sources, fleet.SourceStatus{Interval: time.Hour, Subject: fleet.Subject{Provider: "api", About: fleet.AboutStatus}})
	if got := slowest(w.s, fleet.Subject{Provider: "api"}); got != before {
		t.Errorf("the probe counts for %s, before %s", got, before)
	}
}
