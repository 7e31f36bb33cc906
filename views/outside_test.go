package views_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// beside adds alerts of other systems to the fleet's own: shown, silenced, old.
func beside(sc *views.Scene) {
	s := *sc.Snap
	outside := func(level fleet.Level, name, object string, edit func(*fleet.Alert)) fleet.Alert {
		a := fleet.Alert{Level: level, Object: fleet.Label(object), Text: fleet.Label("summary of " + name), Origin: "alertmanager",
			Detail: fleet.Label(name + " of alertmanager"), Since: s.At.Add(-17 * time.Minute), Labels: map[string]string{"alertname": name, "pod": object}}
		if edit != nil {
			edit(&a)
		}
		return a
	}
	s.Alerts = append(append([]fleet.Alert{}, s.Alerts[:2]...),
		outside(fleet.LevelCrit, "EngineDown", "llama-70b-3", func(a *fleet.Alert) { a.Also = []fleet.SourceID{"prometheus"} }),
		outside(fleet.LevelWarn, "DiskFills", "node-7", func(a *fleet.Alert) { a.Old = true }),
		outside(fleet.LevelCrit, "GPUMissing", "node-9", func(a *fleet.Alert) {
			a.Silenced = fleet.Text("silenced until 15:10:00Z by mara: node is being replaced")
			a.Detail = fleet.Concat(a.Detail, fleet.Text(", "), a.Silenced)
		}))
	sc.Snap = &s
}

// silenceDraft and silenceConfirm are the questions of a silence.
func silenceDraft() *views.AskState {
	return &views.AskState{Title: fleet.Text("SILENCE on alertmanager"), Lines: []fleet.Safe{
		fleet.Text("hides 3 of 5 alerts of alertmanager now, 1 of them CRIT"),
		fleet.Text("It ends by itself. Nothing is sent before you confirm the plan.")},
		Choices: []fleet.Safe{fleet.Text("cancel; nothing is sent"), fleet.Text("on: comment, plan and checks"), fleet.Text("lasts 1h: enter changes it"),
			fleet.Text(`[x] alertname="GPUMissing"`), fleet.Text(`[ ] node="node-9"`), fleet.Text(`[x] severity="critical"`)}, Chosen: 4}
}

func silenceConfirm() *views.AskState {
	return &views.AskState{Title: fleet.Text("CONFIRM silence on alertmanager"), Lines: []fleet.Safe{
		fleet.Text(`alertname="GPUMissing" until 15:10:00Z, hides 3 (worst CRIT)`), fleet.Text("comment: node is being replaced"),
		fleet.Text("  CRIT node-9 8 GPUs are gone from the bus"), fleet.Text("FAIL OVR SL-01 critical alerts stay in sight: hides CRIT node-9 of tier 1 route chat-default"),
		fleet.Text("9 of 10 checks pass; plan 51e0-ce00"), fleet.Text("This overrides SL-01; the comment is the reason"),
		fleet.Text("pitwall silence 'alertname=\"GPUMissing\"' --for 1h0m0s --comment 'node is being replaced' --source alertmanager --dry-run")},
		Field: &views.TextField{Text: "alertm", Cursor: 6}, Label: fleet.Text("type alertmanager"),
		Choices: []fleet.Safe{fleet.Text("cancel; nothing is sent"), fleet.Text("SILENCE 3 alerts until 2026-11-22 15:10Z")}, Chosen: 1}
}

// alertsFrame is the overview with the cursor on an alert of another system.
func alertsFrame(sc views.Scene, sz views.Size) string {
	beside(&sc)
	return views.Overview(sc, views.OverviewState{Pane: "alerts", Alerts: views.Table{Selected: views.AlertID(sc.Snap.Alerts[2])}}, sz)
}

func TestSilencedAndOldAlertsAreMarkedWithoutColour(t *testing.T) {
	sc := scene(true, themes.Mono)
	beside(&sc)
	frame := plain(views.Overview(sc, views.OverviewState{Pane: "alerts"}, sizes[1]))
	for _, want := range []string{"-CRIT", "?WARN", "ALERTS 4 + 1 silenced", "alertmanager +1", "pitwall"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not on the screen:\n%s", want, fmt.Sprint(frame))
		}
	}
}
