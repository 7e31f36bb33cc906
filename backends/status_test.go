package backends

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// told lists the events of a provider, oldest first.
func told(s *fleet.Snapshot, object string) []string {
	var list []string
	for i := len(s.Events) - 1; i >= 0; i-- {
		if e := s.Events[i]; e.Object.String() == object && strings.HasPrefix(e.Text.String(), "its status page") {
			list = append(list, e.Text.String())
		}
	}
	return list
}

// An incident that a page lists makes a provider WARN at most, is told once when it opens and once when it is gone; and that
// the page cannot be read any more ends none.
func TestAPublishedIncidentIsEvidence(t *testing.T) {
	at := func(d time.Duration) time.Time { return start.Add(d) }
	opens, fails, ends := at(time.Minute), at(2*time.Minute), at(5*time.Minute)
	b := newBench(t, map[fleet.SourceID]readFunc{
		"api": func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{Provider: &fleet.ProviderReading{Authorised: fleet.Some(true)}}, nil
		},
		"page": func(now time.Time) (fleet.Partial, error) {
			r := &fleet.StatusReading{}
			switch {
			case !now.Before(ends):
			case now.After(fails):
				return fleet.Partial{}, &fleet.Error{Kind: fleet.KindUnreachable, Op: "read the status feed", Err: errors.New("405")}
			case now.After(opens):
				r.Incidents = []fleet.Incident{{ID: "1", Title: "Errors\x1b[2J", Said: "major", Impact: fleet.ImpactDisrupted, Since: fleet.Some(start)}}
			}
			return fleet.Partial{Status: r}, nil
		}})
	before := b.after(50 * time.Second).Provider("api")
	if before.State != fleet.StateOK || len(before.Status) != 1 || before.Source != "api" || !before.Status[0].Unknown().IsEmpty() {
		t.Fatalf("%s %q, %+v", before.State, before.Why, before.Status)
	}
	s := b.after(40 * time.Second)
	open := s.Provider("api")
	if open.State != fleet.StateWarn || open.Why.String() != "its status page: Errors^[[2J (major)" {
		t.Errorf("%s %q", open.State, open.Why)
	}
	if tg := s.Route("chat").Target("rented"); open.Measured == fleet.StateWarn || tg.State != open.Measured || !tg.Why.IsEmpty() {
		t.Errorf("the page moves a target: %s %q", tg.State, tg.Why)
	}
	if got := told(s, "api"); len(got) != 1 || got[0] != "its status page opens an incident: Errors^[[2J (major), since 14:00:00Z" {
		t.Errorf("told %q", got)
	}
	s = b.after(3 * time.Minute)
	blind := s.Provider("api")
	if blind.State != fleet.StateWarn || !strings.Contains(blind.Why.String(), "last read 2m ago: Errors") || len(told(s, "api")) != 1 {
		t.Errorf("%s %q, told %q", blind.State, blind.Why, told(s, "api"))
	}
	if f := blind.Status[0]; f.Unknown().IsEmpty() || !f.Stale || f.Reading == nil {
		t.Errorf("%+v", f)
	}
	s = b.after(3 * time.Minute)
	if p := s.Provider("api"); p.State != fleet.StateOK {
		t.Errorf("%s %q", p.State, p.Why)
	}
	if got := told(s, "api"); len(got) != 2 || got[1] != "its status page no longer lists: Errors^[[2J" {
		t.Errorf("told %q", got)
	}
}

// A page neither makes a provider worse than WARN nor better than what was measured, and one that fails says nothing.
func TestAPageDecidesNothing(t *testing.T) {
	outage := &fleet.StatusReading{Incidents: []fleet.Incident{{Title: "Down", Impact: fleet.ImpactOutage}}}
	planned := &fleet.StatusReading{Incidents: []fleet.Incident{{Title: "Later", Impact: fleet.ImpactPlanned}}}
	vague := &fleet.StatusReading{Incidents: []fleet.Incident{{Title: "Something", Impact: fleet.ImpactOutage, Vague: true}}}
	now := start
	for _, c := range []struct {
		measured fleet.State
		feed     fleet.StatusFeed
		want     fleet.State
	}{
		{fleet.StateOK, fleet.StatusFeed{At: now, Reading: outage}, fleet.StateWarn},
		{fleet.StateIdle, fleet.StatusFeed{At: now, Reading: outage}, fleet.StateWarn},
		{fleet.StateOK, fleet.StatusFeed{At: now, Reading: planned}, fleet.StateOK},
		{fleet.StateOK, fleet.StatusFeed{At: now, Reading: vague}, fleet.StateOK},
		{fleet.StateOK, fleet.StatusFeed{Err: fleet.Text("405")}, fleet.StateOK},
		{fleet.StateUnknown, fleet.StatusFeed{At: now, Reading: outage}, fleet.StateUnknown},
		{fleet.StateCrit, fleet.StatusFeed{At: now, Reading: &fleet.StatusReading{}}, fleet.StateCrit},
		{fleet.StateStale, fleet.StatusFeed{At: now, Reading: &fleet.StatusReading{}}, fleet.StateStale},
	} {
		p := fleet.Provider{Status: []fleet.StatusFeed{c.feed}}
		if got, _ := published(&p, judgement{state: c.measured}, now); got != c.want {
			t.Errorf("%s with %+v is %s, want %s", c.measured, c.feed, got, c.want)
		}
	}
}

// A feed that invents incidents does not push everything else out of the events.
func TestAFloodOfIncidentsIsToldInFew(t *testing.T) {
	w := newWorld(Options{}, nil)
	s := newSourceState(fleet.SourceSpec{ID: "page", Subject: fleet.Subject{Provider: "api", About: fleet.AboutStatus}}, nil, nil, 1)
	for n := range 3 {
		r := &fleet.StatusReading{}
		for i := range 50 {
			r.Incidents = append(r.Incidents, fleet.Incident{ID: fmt.Sprint(n, i), Impact: fleet.ImpactOutage})
		}
		w.take(s, fleet.Partial{At: start, Status: r})
	}
	if n := len(w.events.list); n != 3*(mostSaid+1) {
		t.Errorf("%d events", n)
	}
	if w.forget("page"); len(w.incidents) != 0 {
		t.Error("a feed that left is remembered")
	}
}
