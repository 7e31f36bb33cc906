package views_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// silencedScene has two silences: one that is being read back, and one that is committed.
func silencedScene(ascii bool) views.Scene {
	sc := scene(ascii, themes.Mono)
	made := sc.Now.Add(-2 * time.Minute)
	done := actions.Change{ID: "c-121", Seq: 121, State: actions.StateCommitted, Step: 1, Started: made, Updated: made, Ended: made.Add(time.Second),
		Why:      fleet.Text("silence 5e1f0000-0000-4000-8000-000000000001 hides it"),
		Approval: actions.Approval{Typed: "alertmanager", Reason: "node is being replaced", At: made, By: actions.Actor{Name: "mara", Verified: true}},
		Checks:   []actions.Check{{ID: "SL-01", Title: fleet.Text("critical alerts stay in sight"), Severity: actions.SeverityWarn, Formula: fleet.Text("hides 1 CRIT now > 0")}},
		Steps:    []actions.StepResult{{N: 1, Silence: "5e1f0000-0000-4000-8000-000000000001", Sent: made, Verified: made.Add(time.Second)}},
		Plan: actions.Plan{Digest: "51e0ce0000", Created: made, Context: "prod-eu-1", Env: fleet.EnvProd, SeenAt: made, SeenGen: 7,
			Intent: actions.Intent{Kind: actions.KindSilence, Actor: actions.Actor{Name: "mara", Verified: true}, Silence: &actions.SilenceIntent{Source: "alertmanager"}},
			Steps:  []actions.Step{{N: 1}},
			Silence: &actions.SilencePlan{Source: "alertmanager", Hides: 3, Worst: fleet.LevelCrit,
				Alerts: []actions.HiddenAlert{{Level: fleet.LevelCrit, Object: fleet.Text("node-9"), Text: fleet.Text("8 GPUs are gone")}},
				Silence: fleet.Silence{Matchers: []fleet.Matcher{{Name: "alertname", Value: "GPUMissing"}}, Until: made.Add(time.Hour),
					Comment: "node is being replaced"}}}}
	open := done
	open.ID, open.Seq, open.State, open.Ended, open.Why = "c-122", 122, actions.StateVerifying, time.Time{}, fleet.Text("it was taken: reading it back")
	open.Guard.Mine = true
	open.Steps = []actions.StepResult{{N: 1, Sent: sc.Now, Err: fleet.Text("no answer in 20s")}}
	sc.Book.Changes = []actions.Change{open, done}
	return sc
}

var errandScreens = map[string]func(views.Scene, views.Size) string{
	"flight": func(sc views.Scene, sz views.Size) string { return views.Overview(sc, views.OverviewState{}, sz) },
	"journal": func(sc views.Scene, sz views.Size) string {
		return views.Events(sc, views.EventsState{Pane: "journal", Journal: views.Table{Selected: "c-121"}}, sz)
	},
	"done": func(sc views.Scene, sz views.Size) string {
		return views.Events(sc, views.EventsState{Change: "c-121"}, sz)
	},
	"open": func(sc views.Scene, sz views.Size) string {
		return views.Events(sc, views.EventsState{Change: "c-122"}, sz)
	},
}

func TestErrandGolden(t *testing.T) {
	for name, draw := range errandScreens {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					frame := draw(silencedScene(set == "ascii"), sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

func TestASilenceIsNotToldAsAShift(t *testing.T) {
	sz := sizes[2]
	for name, draw := range errandScreens {
		frame := plain(draw(silencedScene(true), sz))
		if !strings.Contains(frame, "alertname=\"GPUMissing\"") {
			t.Errorf("%s does not say what is silenced:\n%s", name, frame)
		}
		if name != "flight" && strings.Contains(frame, "points every") {
			t.Errorf("%s tells of a ramp", name)
		}
	}
}
