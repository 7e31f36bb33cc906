package desk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/actions/audit"
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

func TestGoldenPromptsByHandAreOnRecordBeforeTheyAreSent(t *testing.T) {
	state := t.TempDir()
	d := open(t, Options{State: state, Env: fleet.EnvStage})
	if err := d.Incident("INC-7"); err != nil {
		t.Fatal(err)
	}
	prompts := []fleet.GoldenPrompt{{Name: "sum", Repeat: 3}, {Name: "json-total"}}
	h := ByHandOf("h100-b", prompts, 2)
	if err := d.AskByHand(h); err != nil {
		t.Fatal(err)
	}
	d.Answered(h, []golden.Finding{{Verdict: golden.Pass, Why: fleet.Text("secret")}, {Verdict: golden.Fail}, {Verdict: golden.Pass}}, true)
	list, err := audit.Records(state)
	if err != nil || len(list) != 3 {
		t.Fatalf("%v: %+v", err, list)
	}
	asked, answered := list[1], list[2]
	if asked.Kind != audit.KindAsked || asked.Result != "pool h100-b: sum, json-total to 2 replicas, up to 8 answers" || asked.Incident != "INC-7" ||
		asked.Actor.UID != os.Getuid() || asked.Host == "" {
		t.Errorf("%+v", asked)
	}
	if answered.Kind != audit.KindAnswered || answered.Result != "pool h100-b: 2 PASS, 1 FAIL, interrupted" {
		t.Errorf("%+v", answered)
	}
	if r, err := audit.Verify(state); err != nil || !r.OK() {
		t.Errorf("%v: %+v", err, r)
	}
	many := ByHandOf("p", make([]fleet.GoldenPrompt, 12), 1)
	if text := many.text(); !strings.Contains(text, " and 2 more to 1 replicas, up to 12 answers") {
		t.Errorf("%s", text)
	}
}

func TestWhatCannotBeOnRecordIsNotAsked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := open(t, Options{State: filepath.Join(file, "state"), Env: fleet.EnvStage})
	err := d.AskByHand(ByHandOf("h100-b", []fleet.GoldenPrompt{{Name: "sum"}}, 1))
	if fleet.KindOf(err) != fleet.KindReadOnly || !strings.Contains(err.Error(), "nothing was sent") {
		t.Errorf("%v", err)
	}
}
