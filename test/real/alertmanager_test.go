//go:build real

package real_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// outsideAlert is what is looked at of an alert of a real Alertmanager.
type outsideAlert struct {
	Labels map[string]string
	Status struct {
		State      string
		SilencedBy []string
	}
}

// TestARealAlertmanagerTakesAndExpiresASilence: pitwall's own command plans, sets, reads back and undoes a silence.
func TestARealAlertmanagerTakesAndExpiresASilence(t *testing.T) {
	am := newAlertmanager(t)
	for _, pod := range []string{"llama-0", "llama-1"} {
		if err := am.Fire(t.Context(), time.Now().Add(time.Hour), map[string]string{"alertname": "EngineDown", "severity": "critical", "pod": pod}); err != nil {
			t.Fatal(err)
		}
	}
	state := func() map[string]outsideAlert {
		var list []outsideAlert
		page(t, am.URL+"/api/v2/alerts", &list)
		out := map[string]outsideAlert{}
		for _, a := range list {
			out[a.Labels["pod"]] = a
		}
		return out
	}
	until(t, time.Minute, "both alerts are active", func() bool { s := state(); return len(s) == 2 && s["llama-0"].Status.State == "active" })

	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("version: 1\nstate_dir: %s\ncontexts:\n  - name: real\n    env: dev\n    alertmanagers:\n      - id: am\n        url: %s\n        poll: {interval: 2s}\n",
		filepath.Join(dir, "state"), am.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	pitwall := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), binary, append([]string{"--config", config}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("pitwall %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	dry := pitwall("silence", "alertname=EngineDown", "pod=llama-0", "--for", "10m", "--comment", "node is being replaced", "--dry-run")
	if !strings.Contains(dry, "HIDES NOW 1") || !strings.Contains(dry, "nothing was sent") || len(state()["llama-0"].Status.SilencedBy) != 0 {
		t.Fatalf("the dry run says\n%s", dry)
	}
	out := pitwall("silence", "alertname=EngineDown", "pod=llama-0", "--for", "10m", "--comment", "node is being replaced", "--yes")
	change := regexp.MustCompile(`c[0-9]+-[0-9a-f]{8}`).FindString(out)
	if change == "" || !strings.Contains(out, "committed") {
		t.Fatalf("silence says\n%s", out)
	}
	until(t, time.Minute, "one alert is silenced", func() bool {
		s := state()
		return s["llama-0"].Status.State == "suppressed" && len(s["llama-0"].Status.SilencedBy) == 1 && s["llama-1"].Status.State == "active"
	})
	var silence struct {
		Comment, CreatedBy string
		StartsAt, EndsAt   time.Time
	}
	page(t, am.URL+"/api/v2/silence/"+state()["llama-0"].Status.SilencedBy[0], &silence)
	if silence.Comment != "node is being replaced [pitwall "+change+"]" || time.Until(silence.EndsAt) > 10*time.Minute {
		t.Errorf("it holds %+v", silence)
	}
	if snap := pitwall("snapshot", "-o", "json", "--once"); !strings.Contains(snap, "silenced until") {
		t.Errorf("the snapshot does not say that it is silenced")
	}
	if again := pitwall("silence", "alertname=EngineDown", "pod=llama-0", "--for", "5m", "--comment", "once more", "--dry-run"); !strings.Contains(again, "covers it") {
		t.Errorf("a covered silence is not told:\n%s", again)
	}
	pitwall("undo", change, "--yes")
	until(t, time.Minute, "nothing is silenced", func() bool { return state()["llama-0"].Status.State == "active" })
	if list := pitwall("journal", "list"); !strings.Contains(list, "expire") || !strings.Contains(list, "committed") {
		t.Errorf("the journal says\n%s", list)
	}
	pitwall("audit", "verify")
}
