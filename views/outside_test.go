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

// muted adds silences: in force with alerts and without, yet to begin, and of hostile words.
func muted(sc *views.Scene) {
	beside(sc)
	s := *sc.Snap
	s.Sources = append(append([]fleet.SourceStatus{}, s.Sources...), fleet.SourceStatus{ID: "alertmanager", Kind: "alertmanager", Silences: true, LastGood: s.At})
	silence := func(id string, hides int, from, until time.Duration, by, comment string, m ...fleet.Matcher) fleet.SilenceOf {
		return fleet.SilenceOf{Source: "alertmanager", Hides: hides, Silence: fleet.Silence{ID: id, Matchers: m, By: by, Comment: comment,
			From: s.At.Add(from), Until: s.At.Add(until), Pending: from > 0}}
	}
	s.Silences = []fleet.SilenceOf{
		silence("7c1e", 0, 6*time.Hour, 9*time.Hour, "mara@bastion-2", "switch firmware of row 4", fleet.Matcher{Name: "pod", Value: "llama.*", Regex: true}),
		silence("02ab", 1, -time.Hour, time.Hour+3*time.Minute, "mara@bastion-2", "node is being replaced",
			fleet.Matcher{Name: "alertname", Value: "GPUMissing"}, fleet.Matcher{Name: "pod", Value: "node-9"}),
		silence("f00d", 0, -20*time.Minute, 40*time.Minute, "\x1b[2Jeve", "a\rb", fleet.Matcher{Name: "severity", Value: "none\nthing"}),
	}
	sc.Snap = &s
}

// silencesFrame is the list of silences with the cursor on the one that hides an alert.
func silencesFrame(sc views.Scene, sz views.Size) string {
	muted(&sc)
	return views.Silences(sc, views.SilencesState{List: views.Table{Selected: views.SilenceID(sc.Snap.Silences[1])}}, sz)
}

func TestSilencesAreListedWhetherTheyHideAnAlertOrNot(t *testing.T) {
	sc := scene(true, themes.Mono)
	muted(&sc)
	frame := plain(views.Silences(sc, views.SilencesState{}, sizes[1]))
	for _, want := range []string{"SILENCES 3", "ACTIVE        40m      0", "ACTIVE        63m      1", "PENDING        9h      -", "SILENCE f00d", "in 40m",
		"0 alerts now"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not on the screen:\n%s", want, frame)
		}
	}
	if order := views.SilencesOrder(sc, views.SilencesState{})["silences"]; len(order) != 3 || !strings.HasSuffix(order[0], "f00d") || !strings.HasSuffix(order[2], "7c1e") {
		t.Errorf("%q", order)
	}
	pending := views.SilencesState{List: views.Table{Selected: views.SilenceID(sc.Snap.Silences[0])}}
	if frame = plain(views.Silences(sc, pending, sizes[1])); !strings.Contains(frame, "none yet; it matches 1 of now: CRIT llama-70b-3") {
		t.Errorf("what a pending silence will hide is not said:\n%s", frame)
	}
	if overview := plain(views.Overview(sc, views.OverviewState{}, sizes[0])); !strings.Contains(overview, "m silences 3") {
		t.Errorf("the alerts do not lead to the silences:\n%s", overview)
	}
}

func TestSilencesOfALostSystemAreStale(t *testing.T) {
	sc := scene(true, themes.Mono)
	muted(&sc)
	src := sc.Snap.Source("alertmanager")
	src.Stale, src.LastGood = true, sc.Snap.At.Add(-12*time.Minute)
	frame := plain(views.Silences(sc, views.SilencesState{}, sizes[0]))
	if strings.Contains(frame, "ACTIVE") || !strings.Contains(frame, "STALE") || !strings.Contains(frame, "alertmanager was last read 12m ago") {
		t.Errorf("old silences look like present ones:\n%s", frame)
	}
	sc.Snap.Silences, sc.Snap.Sources = nil, sc.Snap.Sources[:1]
	if frame = plain(views.Silences(sc, views.SilencesState{}, sizes[0])); !strings.Contains(frame, "not known: no Alertmanager was read") {
		t.Errorf("an unread system looks like a calm one:\n%s", frame)
	}
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
