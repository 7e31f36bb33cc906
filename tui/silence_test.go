package tui

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// silenceRig stands on an alert of an Alertmanager, beside one of pitwall's own.
func silenceRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, world(), writable())
	s := *r.m.snap
	s.Sources = append(append([]fleet.SourceStatus{}, s.Sources...), fleet.SourceStatus{ID: "am", Kind: "alertmanager", Silences: true, LastGood: s.At})
	outside := fleet.Alert{Level: fleet.LevelCrit, Object: fleet.Text("node-7"), Text: fleet.Text("8 GPUs are gone"), Origin: "am", Since: s.At.Add(-time.Hour),
		Labels: map[string]string{"alertname": "GPUMissing", "node": "node-7", "odd": "x\x1b[2J"}, Notes: map[string]string{"runbook_url": "http://r"}}
	s.Alerts = append([]fleet.Alert{outside}, s.Alerts...)
	s.Gen++
	r.send(snapshotMsg{snap: &s})
	r.control.PlanFunc = func(in actions.Intent) (actions.Plan, error) {
		return actions.Plan{Digest: "51e0ce0000", Intent: in, Context: s.Context, Env: fleet.EnvDev, Steps: []actions.Step{{N: 1}},
			Silence: &actions.SilencePlan{Source: "am", Hides: 1, Worst: fleet.LevelCrit, Alerts: []actions.HiddenAlert{{Level: fleet.LevelCrit, Object: fleet.Text("node-7")}},
				Silence: fleet.Silence{Matchers: in.Silence.Matchers, Until: s.At.Add(in.Silence.For), Comment: in.Silence.Comment}}}, nil
	}
	r.keys("a")
	r.m.states.overview.Alerts.Selected = views.AlertID(outside)
	return r
}

// silencesRig stands on the list of silences: one of change 41 of this console, one of somebody else.
func silencesRig(t *testing.T) *rig {
	t.Helper()
	r := silenceRig(t)
	s := *r.m.snap
	silence := func(id string) fleet.SilenceOf {
		return fleet.SilenceOf{Source: "am", Hides: 1, Silence: fleet.Silence{ID: id, By: "eve", Comment: "why " + id, From: s.At, Until: s.At.Add(time.Hour),
			Matchers: []fleet.Matcher{{Name: "node", Value: "node-7"}}}}
	}
	s.Silences = []fleet.SilenceOf{silence("s1"), silence("s2")}
	s.Gen++
	r.send(snapshotMsg{snap: &s})
	r.keys("m")
	r.at(place{screen: views.ScreenSilences})
	return r
}

func TestASilenceOfSomebodyElseIsEndedAsAPlan(t *testing.T) {
	r := silencesRig(t)
	r.wants("SILENCES 2", "why s1", "Z ends it")
	r.control.PlanFunc = func(in actions.Intent) (actions.Plan, error) {
		return actions.Plan{Digest: "51e0ce0000", Intent: in, Env: fleet.EnvDev, Steps: []actions.Step{{N: 1}},
			Silence: &actions.SilencePlan{Source: "am", Hides: 1, Silence: r.m.snap.Silences[1].Silence}}, nil
	}
	r.keys("j", "Z")
	r.wants("CONFIRM the end of a silence on am", "END the silence", `it matches node="node-7", set by eve`)
	in := r.control.Intents()
	if len(in) != 1 || in[0].Kind != actions.KindExpire || in[0].Silence.ID != "s2" || in[0].Silence.Source != "am" || in[0].Undoes != "" {
		t.Fatalf("%+v", in)
	}
	if strings.Contains(strings.Join(r.control.Calls(), " "), "start") {
		t.Fatal("it was started before the confirmation")
	}
	r.keys("esc", "q")
	r.at(place{screen: views.ScreenOverview})
}

func TestTheSilenceOfAChangeIsEndedByItsUndo(t *testing.T) {
	r := silencesRig(t)
	book := writable()
	book.Changes = []actions.Change{{ID: "41", State: actions.StateCommitted, Steps: []actions.StepResult{{Silence: "s1"}},
		Plan: actions.Plan{Intent: actions.Intent{Kind: actions.KindSilence}, Silence: &actions.SilencePlan{Source: "am"}}}}
	r.send(bookMsg{book: book})
	r.control.UndoFunc = func(id fleet.ChangeID) (actions.Intent, error) {
		return actions.Intent{Kind: actions.KindExpire, Undoes: id, Silence: &actions.SilenceIntent{Source: "am", ID: "s1"}}, nil
	}
	r.keys("g", "Z")
	if in := r.control.Intents(); len(in) != 1 || in[0].Undoes != "41" || in[0].Silence.ID != "s1" {
		t.Errorf("%+v", in)
	}
	r.wants("CONFIRM the end of a silence on am")
}

func TestSilencesNeedAnAlertmanager(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("m")
	r.wantNotice("no Alertmanager was read")
	r.command("silences")
	r.wants("not known: no Alertmanager was read")
	r.keys("Z")
	r.wantNotice("no silence is selected")
}

// choices are those of the open question.
func (r *rig) choices() string {
	var out []string
	if r.m.ask == nil {
		return ""
	}
	for _, c := range r.m.ask.state.Choices {
		out = append(out, c.String())
	}
	return strings.Join(out, "\n")
}

func (r *rig) lines() string {
	var out []string
	if r.m.ask == nil {
		return ""
	}
	for _, c := range r.m.ask.state.Lines {
		out = append(out, c.String())
	}
	return strings.Join(out, "\n")
}

func TestASilenceIsDraftedPlannedAndConfirmed(t *testing.T) {
	r := silenceRig(t)
	r.keys("M")
	if !strings.Contains(r.lines(), "hides 1 of 1 alerts of am now, 1 of them CRIT") || r.m.ask.state.Chosen != silenceCancel {
		t.Fatalf("%q", r.lines())
	}
	if c := r.choices(); !strings.Contains(c, `[x] alertname="GPUMissing"`) || strings.Contains(c, "\x1b") {
		t.Fatalf("%q", c)
	}
	r.keys("j", "j", "enter") // longer
	if !strings.Contains(r.choices(), "lasts 2h") {
		t.Fatalf("%q", r.choices())
	}
	r.keys("j", "j", "enter") // node is not matched
	if !strings.Contains(r.choices(), `[ ] node="node-7"`) {
		t.Fatalf("%q", r.choices())
	}
	r.keys("k", "k", "k", "enter") // on
	r.keys("enter")
	if r.m.ask == nil || r.m.ask.state.Err.IsEmpty() {
		t.Fatal("no comment is asked for")
	}
	r.typed("node swap")
	r.keys("enter")
	if !strings.Contains(r.lines(), "comment: node swap") || !strings.Contains(r.choices(), "SILENCE 1 alert until") {
		t.Fatalf("%q %q", r.lines(), r.choices())
	}
	if strings.Contains(strings.Join(r.control.Calls(), " "), "start") {
		t.Fatal("it was started before the confirmation")
	}
	r.keys("enter")
	if strings.Contains(strings.Join(r.control.Calls(), " "), "start") {
		t.Fatal("a bare enter confirmed it")
	}
}

// planned walks to the confirmation of a silence with a comment.
func (r *rig) planned(comment string) {
	r.Helper()
	r.keys("M", "j", "enter")
	r.typed(comment)
	r.keys("enter")
	if r.m.ask == nil {
		r.Fatalf("nothing to confirm: %s", r.m.notice.text)
	}
}

func TestAConfirmedSilenceIsStarted(t *testing.T) {
	r := silenceRig(t)
	r.planned("node swap")
	r.wants("CONFIRM silence on am", "SILENCE 1 alert", "checks pass")
	if strings.Contains(r.frame(), "planning") {
		t.Error("the footer says that it is still being planned")
	}
	r.keys("tab", "enter")
	if a := r.control.Approvals(); len(a) != 1 || a[0].Reason != "node swap" {
		t.Fatalf("%+v", a)
	}
	r.wantNotice("begun")
	if in := r.control.Intents(); len(in) != 1 || in[0].Silence.Source != "am" || len(in[0].Silence.Matchers) != 3 || in[0].Silence.For != time.Hour {
		t.Errorf("%+v", in)
	}
}

func TestAnOverrideOfASilenceAsksForNameAndReason(t *testing.T) {
	for comment, starts := range map[string]bool{"swap": false, "node is swapped": true} {
		r := silenceRig(t)
		r.control.CheckFunc = func(actions.Plan) []actions.Check {
			return []actions.Check{{ID: "SL-01", Title: fleet.Text("critical alerts stay in sight"), Severity: actions.SeverityOVR, Formula: fleet.Text("hides CRIT")}}
		}
		r.planned(comment)
		if !strings.Contains(r.lines(), "This overrides SL-01") || r.m.ask.state.Field == nil {
			t.Fatalf("%q", r.lines())
		}
		r.keys("tab", "enter")
		if len(r.control.Approvals()) != 0 {
			t.Fatal("it began without the name")
		}
		r.typed("am")
		r.keys("enter")
		if got := len(r.control.Approvals()) == 1; got != starts {
			t.Errorf("%q: started %v: %s", comment, got, r.m.notice.text)
		}
	}
}

func TestARefusedSilenceCannotBeStarted(t *testing.T) {
	r := silenceRig(t)
	r.control.CheckFunc = func(actions.Plan) []actions.Check {
		return []actions.Check{{ID: "IL-23", Title: fleet.Text("alerts are read"), Severity: actions.SeverityBlock}}
	}
	r.planned("node swap")
	r.keys("tab", "enter")
	if len(r.control.Approvals()) != 0 {
		t.Error("it began")
	}
}

func TestOnlyAlertsOfAnAlertmanagerAreSilenced(t *testing.T) {
	r := silenceRig(t)
	own := r.m.snap.Alerts[1]
	r.m.states.overview.Alerts.Selected = views.AlertID(own)
	r.keys("M")
	if r.m.ask != nil {
		t.Error("an alert of pitwall's own can be silenced")
	}
	r.wantNotice("pitwall found this itself")
}

func TestAnUndoneSilenceIsPlannedAsItsEnd(t *testing.T) {
	r := silenceRig(t)
	r.control.UndoFunc = func(id fleet.ChangeID) (actions.Intent, error) {
		return actions.Intent{Kind: actions.KindExpire, Undoes: id, Silence: &actions.SilenceIntent{Source: "am", ID: "s-1"}}, nil
	}
	r.send(errandMsg{}) // an answer to nothing is dropped
	if r.m.ask != nil {
		t.Error("an empty answer asks something")
	}
	r.run(r.m.planUndo("c-1"))
	if !strings.Contains(r.choices(), "END the silence: 1 alert shows again") {
		t.Fatalf("%q: %s", r.choices(), r.m.notice.text)
	}
}

func TestAnOutsideAlertIsToldInFull(t *testing.T) {
	r := silenceRig(t)
	r.keys("d")
	if l := r.lines(); !strings.Contains(l, "node = node-7") || !strings.Contains(l, "runbook_url = http://r") || strings.Contains(l, "\x1b") {
		t.Errorf("%q", l)
	}
}

func TestTheCommandSilence(t *testing.T) {
	r := silenceRig(t)
	if _, why := r.m.runCommand("silence nothing"); why.IsEmpty() {
		t.Error("what is no matcher is taken")
	}
	_, why := r.m.runCommand("silence alertname=GPUMissing node=~.+")
	if !why.IsEmpty() || !strings.Contains(r.choices(), `[x] node=~".+"`) {
		t.Errorf("%s: %q", why, r.choices())
	}
}
