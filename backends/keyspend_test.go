package backends

import (
	"testing"
	"time"

	"pitwall/fleet"
)

// spender moves one key's counters at two gateway replicas, in dollars an hour, and looks at the alerts.
type spender struct {
	k      keySpend
	states []*sourceState
	at     time.Time
	counts map[string]float64
}

func newSpender() *spender {
	s := &spender{k: newKeySpend(fleet.RunawayRule{}), at: start, counts: map[string]float64{}}
	for _, id := range []fleet.SourceID{"gw1", "gw2"} {
		s.states = append(s.states, newSourceState(fleet.SourceSpec{ID: id, Subject: fleet.Subject{Gateway: "g"}}, nil, nil, 1))
	}
	return s
}

func (s *spender) run(d time.Duration, rates map[string]float64) []fleet.Alert {
	const every = 5 * time.Second
	for end := s.at.Add(d); s.at.Before(end); {
		s.at = s.at.Add(every)
		var keys []fleet.KeyReading
		for id, rate := range rates {
			s.counts[id] += rate * every.Hours() / 2
			keys = append(keys, fleet.KeyReading{ID: id, Alias: "alias-" + id, Team: "t", TeamName: "search", Spend: fleet.Some(s.counts[id])})
		}
		for _, st := range s.states {
			s.k.take(st, s.at, &fleet.GatewayReading{Metrics: true, Keys: keys})
		}
		s.k.list(s.at)
	}
	return keyAlerts(s.k.list(s.at))
}

func TestARunawayKeyIsToldWithinTwoMinutes(t *testing.T) {
	s := newSpender()
	calm := map[string]float64{"a": 8, "b": 30, "c": .5}
	if got := s.run(40*time.Minute, calm); len(got) != 0 {
		t.Fatalf("steady spending: %v", got)
	}
	for _, b := range s.k.list(s.at) {
		if want := map[string]float64{"a": 8, "b": 30, "c": .5, "": 38.5}[b.Key]; !b.Rate.OK || !b.Hour.OK ||
			float64(b.Rate.V)/want < .95 || float64(b.Rate.V)/want > 1.05 || float64(b.Hour.V)/want < .95 || float64(b.Hour.V)/want > 1.05 {
			t.Errorf("%s spends %v, %v in the hour before, want %v", b.Name(), b.Rate.V, b.Hour.V, want)
		}
	}
	wild := map[string]float64{"a": 80, "b": 30, "c": 4} // c is small, whatever it is times its own hour
	got := s.run(2*time.Minute, wild)
	if len(got) != 1 || got[0].Object.String() != "key alias-a" || got[0].Runbook.String() != "runaway-spend" {
		t.Fatalf("after two minutes: %v", got)
	}
	if got = s.run(50*time.Minute, wild); len(got) != 1 {
		t.Errorf("fifty minutes later it counts as usual: %v", got)
	}
	if got = s.run(4*time.Minute, calm); len(got) != 0 {
		t.Errorf("it is over: %v", got)
	}
}

func TestManySmallKeysAreATeamThatRunsAway(t *testing.T) {
	s := newSpender()
	s.run(20*time.Minute, map[string]float64{"a": 3, "b": 3, "c": 3})
	got := s.run(2*time.Minute, map[string]float64{"a": 9.2, "b": 9.2, "c": 9.2})
	if len(got) != 1 || got[0].Object.String() != "team search" || got[0].Key == nil || !got[0].Key.Team ||
		got[0].Key.ID != "t" || got[0].Key.Gateway != "g" {
		t.Errorf("alerts %v", got)
	}
}

func TestAKeyThatIsNewRunsAwayAndAStartDoesNot(t *testing.T) {
	s := newSpender()
	s.counts["a"] = 5000 // spent before pitwall began
	if got := s.run(5*time.Minute, map[string]float64{"a": 90}); len(got) != 0 {
		t.Errorf("nothing is known of the hour before: %v", got)
	}
	s.run(10*time.Minute, map[string]float64{"a": 90})
	if got := s.run(2*time.Minute, map[string]float64{"a": 90, "new": 60}); len(got) != 1 || got[0].Object.String() != "key alias-new" {
		t.Errorf("alerts %v", got)
	}
}

func TestWhatIsARunawayIsTheSitesToSay(t *testing.T) {
	for _, x := range []struct {
		rule fleet.RunawayRule
		want int
	}{{fleet.RunawayRule{}, 1}, {fleet.RunawayRule{Floor: 100}, 0}, {fleet.RunawayRule{Times: 12}, 0}, {fleet.RunawayRule{Floor: 60, Times: 8}, 1}} {
		s := newSpender()
		s.k = newKeySpend(x.rule)
		s.run(20*time.Minute, map[string]float64{"a": 8})
		if got := s.run(2*time.Minute, map[string]float64{"a": 80}); len(got) != x.want {
			t.Errorf("%+v: %v", x.rule, got)
		}
	}
}
