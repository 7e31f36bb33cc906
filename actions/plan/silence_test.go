package plan

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

var silenceNow = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// alertsFleet has two Alertmanagers, a route of tier 1 on pool a, and five alerts.
func alertsFleet() *fleet.Snapshot {
	alert := func(level fleet.Level, origin fleet.SourceID, name, pool string) fleet.Alert {
		return fleet.Alert{Level: level, Object: fleet.Label(pool), Text: fleet.Label(name), Origin: origin, Subject: fleet.Subject{Pool: fleet.PoolID(pool)},
			Labels: map[string]string{"alertname": name, "pool": pool}}
	}
	both := alert(fleet.LevelInfo, "am-1", "Shared", "b")
	both.Also = []fleet.SourceID{"am-2"}
	return &fleet.Snapshot{Gen: 7, At: silenceNow, Context: "c", Env: fleet.EnvDev, Mode: fleet.ModeLive,
		Sources: []fleet.SourceStatus{{ID: "am-1", Silences: true, LastGood: silenceNow}, {ID: "am-2", Silences: true, LastGood: silenceNow}, {ID: "r1"}},
		Routes:  []fleet.Route{{Spec: fleet.RouteSpec{ID: "chat", Tier: 1}, Targets: []fleet.Target{{Spec: fleet.TargetSpec{ID: "a", Pool: "a"}}}}},
		Alerts: []fleet.Alert{alert(fleet.LevelWarn, "am-1", "Down", "b"), alert(fleet.LevelCrit, "am-1", "Down", "a"),
			alert(fleet.LevelCrit, "am-2", "Down", "c"), both, {Level: fleet.LevelCrit, Object: fleet.Text("own")}},
		Silences: []fleet.SilenceOf{{Source: "am-1", Silence: fleet.Silence{ID: "s-1", Matchers: []fleet.Matcher{{Name: "alertname", Value: "Down"}},
			Until: silenceNow.Add(time.Hour)}}}}
}

func silenceIntent() actions.Intent {
	return actions.Intent{Kind: actions.KindSilence, Actor: actions.Actor{Name: "mara", Verified: true, Host: "bastion"},
		Silence: &actions.SilenceIntent{Source: "am-1", Matchers: []fleet.Matcher{{Name: "alertname", Value: "Down"}}, Comment: "node swap"}}
}

func TestASilencePlanSaysWhatItHidesNow(t *testing.T) {
	p, err := New(silenceIntent(), alertsFleet(), silenceNow)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Silence
	if s.Hides != 2 || s.Worst != fleet.LevelCrit || len(s.Alerts) != 2 || s.Alerts[0].Route != "chat" || s.Alerts[0].Tier != 1 {
		t.Errorf("hides %+v", s)
	}
	if !s.Silence.Until.Equal(silenceNow.Add(time.Hour)) || s.Silence.By != "mara@bastion" || s.Silence.Comment != "node swap" {
		t.Errorf("silence %+v", s.Silence)
	}
	if p.Object() != "am-1" || len(p.Steps) != 1 || p.Steps[0].AfterHash == "" || p.Digest != Digest(p) || p.Lock() == "am-1" {
		t.Errorf("plan %+v", p)
	}
	if twin := Twin(p.Intent, nil); twin != `pitwall silence 'alertname="Down"' --for 1h0m0s --comment 'node swap' --source am-1 --dry-run` {
		t.Error(twin)
	}
}

func TestAnAlertOfTwoSystemsCountsForBoth(t *testing.T) {
	in := silenceIntent()
	in.Silence.Source, in.Silence.Matchers = "am-2", []fleet.Matcher{{Name: "alertname", Value: "Shared"}}
	p, err := New(in, alertsFleet(), silenceNow)
	if err != nil || p.Silence.Hides != 1 {
		t.Errorf("%+v, %v", p.Silence, err)
	}
}

func TestSilencesThatAreNotPlanned(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*actions.SilenceIntent)
		says string
	}{
		"too long":   {func(s *actions.SilenceIntent) { s.For = 25 * time.Hour }, "between 1m and 24h"},
		"too short":  {func(s *actions.SilenceIntent) { s.For = time.Second }, "between 1m"},
		"negative":   {func(s *actions.SilenceIntent) { s.For = -time.Hour }, "between 1m"},
		"no comment": {func(s *actions.SilenceIntent) { s.Comment = " \n" }, "needs a comment"},
		"a novel":    {func(s *actions.SilenceIntent) { s.Comment = strings.Repeat("x", 401) }, "needs a comment"},
		"nothing":    {func(s *actions.SilenceIntent) { s.Matchers = nil }, "1 to 20 matchers"},
		"everything": {func(s *actions.SilenceIntent) {
			s.Matchers = []fleet.Matcher{{Name: "alertname", Value: ".*", Regex: true}}
		}, "hide every alert"},
		"all but one": {func(s *actions.SilenceIntent) {
			s.Matchers = []fleet.Matcher{{Name: "alertname", Value: "Down", Negative: true}}
		}, "hide every alert"},
		"no such source":   {func(s *actions.SilenceIntent) { s.Source = "r1" }, "am-1, am-2"},
		"which of the two": {func(s *actions.SilenceIntent) { s.Source = "" }, "several Alertmanagers"},
	} {
		in := silenceIntent()
		c.edit(in.Silence)
		if _, err := New(in, alertsFleet(), silenceNow); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(silenceIntent(), nil, silenceNow); fleet.KindOf(err) != fleet.KindStale {
		t.Error(err)
	}
}

func TestTheEndOfASilence(t *testing.T) {
	p, err := New(silenceIntent(), alertsFleet(), silenceNow)
	if err != nil {
		t.Fatal(err)
	}
	c := actions.Change{ID: "c1-1", Plan: p, State: actions.StateCommitted, Step: 1, Steps: []actions.StepResult{{N: 1, Silence: "s-1"}}}
	in, err := Undo(c, actions.Actor{Name: "mara"})
	if err != nil || in.Kind != actions.KindExpire || in.Silence.ID != "s-1" || in.Undoes != "c1-1" {
		t.Fatalf("%+v, %v", in, err)
	}
	back, err := New(in, alertsFleet(), silenceNow)
	if err != nil || back.Silence.Hides != 2 || back.BeforeHash == "" || back.AfterHash != "" {
		t.Fatalf("%+v, %v", back.Silence, err)
	}
	gone := alertsFleet()
	gone.Silences = nil
	if _, err := New(in, gone, silenceNow); fleet.KindOf(err) != fleet.KindNotFound {
		t.Error(err)
	}
	c.Steps = nil
	if _, err := Undo(c, actions.Actor{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Error(err)
	}
	if _, err := Undo(actions.Change{Plan: back, Step: 1}, actions.Actor{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Error(err)
	}
}
