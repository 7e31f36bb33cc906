package views_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

func TestRunbooksShowTheirLastRehearsal(t *testing.T) {
	sc := scene(false, themes.Mono)
	for _, name := range []string{"good", "old", "bad", "never"} {
		sc.Snap.Runbooks = append(sc.Snap.Runbooks, fleet.Runbook{Name: name, Pool: "b200-a", When: "power feed is lost"})
	}
	at := func(ago time.Duration) time.Time { return sc.Now.Add(-ago) }
	sc.Book.Rehearsals = []actions.Rehearsal{{Runbook: "good", At: at(72 * time.Hour), OK: true},
		{Runbook: "old", At: at(72 * time.Hour), OK: true, Stale: true},
		{Runbook: "bad", At: at(12 * 24 * time.Hour), Why: fleet.Label("chat stays\x1b[31m")}}
	for _, size := range []views.Size{{W: 80, H: 24}, {W: 120, H: 40}, {W: 200, H: 60}} {
		text := views.Failover(sc, views.FailoverState{}, size)
		rows := map[string]string{}
		for line := range strings.Lines(text) {
			for _, name := range []string{"good", "old", "bad", "never"} {
				if strings.Contains(line, name+" ") && strings.Contains(line, "pool b200-a") {
					rows[name] = line
				}
			}
		}
		for name, want := range map[string]string{"good": "3d ago ok", "old": "3d ago ok", "bad": "12d ago FAILED", "never": "never"} {
			if !strings.Contains(rows[name], want[:min(len(want), 13)]) {
				t.Errorf("%dx%d: %s shows no %q: %q\n%s", size.W, size.H, name, want, rows[name], text)
			}
		}
		if !strings.Contains(text, "REHEARSED") || !strings.Contains(text, "runbook rehearse") || strings.Contains(text, "\x1b[31m") {
			t.Errorf("%dx%d:\n%s", size.W, size.H, text)
		}
		if size.W >= 200 && (!strings.Contains(rows["old"], "changed since") || !strings.Contains(rows["bad"], "FAILED: chat stays")) {
			t.Errorf("%q %q", rows["old"], rows["bad"])
		}
	}
}
