package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/drills"
	"pitwall/fleet"
)

func drilled(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRoot(console{in: strings.NewReader(""), out: &out, errs: &errs, environ: func(string) string { return "" }})
	root.SetArgs(append([]string{"drill"}, args...))
	root.SetOut(&out)
	root.SetErr(&errs)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func keptDrill(t *testing.T) (path string, r *drills.Report) {
	t.Helper()
	s, err := scenario("zombie")
	if err != nil {
		t.Fatal(err)
	}
	log := drills.Log{Ended: 2 * time.Minute, Entries: []drills.Entry{{At: 90 * time.Second, Kind: drills.KindMark, Text: fleet.Text("slow")}}}
	p := &drills.Played{Begin: drillStart, Log: log}
	r = drills.NewReport(s, 7, p, p, p)
	page, err := keepDrill(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(page, ".html") + ".json", r
}

func TestAKeptReportIsDrawnAgainAndAnAlteredOneIsRefused(t *testing.T) {
	path, r := keptDrill(t)
	for _, format := range []string{"md", "html", "json"} {
		file := strings.TrimSuffix(path, "json") + format
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", format, info.Mode(), err)
		}
		if got, err := drilled(t, "report", path, "-o", format); err != nil || got != string(want) {
			t.Errorf("%s is drawn otherwise: %v", format, err)
		}
	}
	if out, err := drilled(t, "verify", path, "--head", r.Head()); err != nil || !strings.Contains(out, "whole") {
		t.Errorf("%v %s", err, out)
	}
	if _, err := drilled(t, "verify", path, "--head", "00"); err == nil {
		t.Error("another head is taken")
	}
	if _, err := drilled(t, "report", path, "-o", "pdf"); err == nil {
		t.Error("pdf is taken")
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(body, []byte(`"slow"`), []byte(`"b200-a is slow"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"report", "verify"} {
		if out, err := drilled(t, command, path); err == nil || !strings.Contains(err.Error(), "entry 1") || out != "" {
			t.Errorf("%s: %v %s", command, err, out)
		}
	}
}

func TestAReportReplacesNothingUnlessTold(t *testing.T) {
	path, _ := keptDrill(t)
	out := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(out, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := drilled(t, "report", path, "-o", "html", "--out", out); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("%v", err)
	}
	if body, _ := os.ReadFile(out); string(body) != "mine" {
		t.Error("it was replaced")
	}
	if _, err := drilled(t, "report", path, "-o", "html", "--out", out, "--force"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(out)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() < 1000 {
		t.Errorf("%v %v", info, err)
	}
	if list, _ := os.ReadDir(filepath.Dir(out)); len(list) != 1 {
		t.Errorf("something is left beside it: %v", list)
	}
}

func TestAnAlertIsNotedOnceHoweverItsNumbersMove(t *testing.T) {
	alert := func(text string) fleet.Alert {
		return fleet.Alert{Object: fleet.Label("chat"), Text: fleet.Label(text)}
	}
	list := noteAlarms(nil, []fleet.Alert{alert("err 6.2% > 2.0%"), {Origin: "am", Object: fleet.Label("x")}, {Pending: true}}, time.Minute)
	list = noteAlarms(list, []fleet.Alert{alert("err 61% > 2.0%"), alert("ttft 3 s")}, 2*time.Minute)
	if len(list) != 2 || list[0].At != time.Minute || list[1].At != 2*time.Minute {
		t.Errorf("%+v", list)
	}
}

func TestAFullDiskIsSaidAsThat(t *testing.T) {
	err := notWritten("a.html", &os.PathError{Op: "write", Path: ".pitwall-1", Err: syscall.ENOSPC})
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "a.html") {
		t.Errorf("%v", err)
	}
}

// The example that drill masters begin with is a scenario that check takes.
func TestTheExampleForDrillMastersHolds(t *testing.T) {
	page, err := os.ReadFile("../../docs/drill-masters.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	file := filepath.Join(t.TempDir(), "example.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil || !found {
		t.Fatal(err, found)
	}
	if out, err := drilled(t, "check", file); err != nil || !strings.Contains(out, "slow-afternoon: level 3, 20 minutes, ok") {
		t.Errorf("%v %s", err, out)
	}
	for _, key := range []string{"id", "title", "level", "minutes", "rows", "lesson", "baseline", "touched", "faults", "injects", "theories", "par",
		"reference", "tempting", "teaching", "sources", "quiz", "hand_over", "misleading", "expected", "below"} {
		if !strings.Contains(text, key+":") {
			t.Errorf("the example does not show %s", key)
		}
	}
}
