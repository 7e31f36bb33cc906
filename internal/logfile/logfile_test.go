package logfile

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestNoSecretReachesTheLogInAnyForm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "pitwall.log")
	log, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	const canary = "sk-canary/with+signs"
	encoded := base64.StdEncoding.EncodeToString([]byte(canary))
	log.Redact(fleet.NewSecret(canary))
	log.Redact(fleet.NewSecret("ok")) // too short to be replaced: "ok" is a word
	log.Warn("read failed", "err", "header "+canary, "basic", encoded, "state", "ok")
	log.Info("typed", "secret", fleet.NewSecret("another-canary"))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{canary, encoded, "another-canary"} {
		if strings.Contains(string(body), leak) {
			t.Errorf("%q is in the log:\n%s", leak, body)
		}
	}
	if !strings.Contains(string(body), "state=ok") {
		t.Errorf("ordinary words were eaten:\n%s", body)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
}
