package views

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

func TestTheHeaderNamesAFreeze(t *testing.T) {
	now := time.Date(2026, 12, 20, 10, 0, 0, 0, time.UTC)
	window := func(from, to time.Duration) fleet.FreezeWindow {
		return fleet.FreezeWindow{Name: "year end", From: now.Add(from), To: now.Add(to), Scope: fleet.Scope{Routes: []fleet.RouteID{"chat"}}}
	}
	alert := fleet.Alert{Origin: "am", Labels: map[string]string{"alertname": "PaymentsDown"}}
	blocking := fleet.SiteRules{Blocking: []fleet.BlockingAlert{{Name: "payments", Match: []fleet.Matcher{{Name: "alertname", Value: "PaymentsDown"}}}}}
	for _, x := range []struct {
		name     string
		snap     fleet.Snapshot
		incident string
		wide     bool
		want     string
		role     themes.Role
	}{
		{"none", fleet.Snapshot{}, "", true, "", themes.Dim},
		{"holds", fleet.Snapshot{Freezes: []fleet.FreezeWindow{window(-time.Hour, 3*time.Hour)}}, "", false, "freeze year end 3h", themes.Warn},
		{"wide", fleet.Snapshot{Freezes: []fleet.FreezeWindow{window(-time.Hour, 3*time.Hour)}}, "", true, "freeze year end (chat) 3h", themes.Warn},
		{"lifted", fleet.Snapshot{Freezes: []fleet.FreezeWindow{window(-time.Hour, 3*time.Hour)}}, "INC-1", false, "freeze year end 3h", themes.Dim},
		{"comes", fleet.Snapshot{Freezes: []fleet.FreezeWindow{window(40*time.Minute, 3*time.Hour)}}, "", false, "freeze year end in 40m", themes.Dim},
		{"comes later", fleet.Snapshot{Freezes: []fleet.FreezeWindow{window(3*time.Hour, 4*time.Hour)}}, "", false, "", themes.Dim},
		{"over", fleet.Snapshot{Freezes: []fleet.FreezeWindow{window(-3*time.Hour, 0)}}, "", false, "", themes.Dim},
		{"alert", fleet.Snapshot{Rules: blocking, Alerts: []fleet.Alert{alert}}, "", false, "freeze payments", themes.Warn},
		{"alert before what comes", fleet.Snapshot{Rules: blocking, Alerts: []fleet.Alert{alert}, Freezes: []fleet.FreezeWindow{window(time.Minute, time.Hour)}},
			"", false, "freeze payments", themes.Warn},
		{"no alert", fleet.Snapshot{Rules: blocking}, "", false, "", themes.Dim},
	} {
		sc := Scene{Snap: &x.snap, Now: now, Book: actions.Book{Access: actions.Access{Incident: x.incident}}}
		got, ok := freezeNote(sc, x.wide)
		if got.text.String() != x.want || ok != (x.want != "") || ok && got.role != x.role {
			t.Errorf("%s: %q (%v), want %q", x.name, got.text, got.role, x.want)
		}
		found := false
		for _, n := range headerNotes(sc, x.wide) {
			found = found || n.text == got.text
		}
		if ok && !found {
			t.Errorf("%s: the header does not say it", x.name)
		}
	}
}
