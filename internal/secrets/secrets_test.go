package secrets

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestResolveRefusesWhatOthersCouldRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte("canary\n"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(p, mode); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good := write("good", 0o600)
	link := filepath.Join(dir, "link")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(dir, "open")
	if err := os.Mkdir(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	inOpen := filepath.Join(open, "key")
	if err := os.WriteFile(inOpen, []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(k string) (string, bool) { return "from-env", k == "SET" }
	for name, tc := range map[string]struct {
		ref       fleet.SecretRef
		want, err string
	}{
		"own file":       {fleet.SecretRef{File: good}, "canary", ""},
		"group readable": {fleet.SecretRef{File: write("group", 0o640)}, "", "can be read by others (mode 0640)"},
		"world readable": {fleet.SecretRef{File: write("world", 0o604)}, "", "can be read by others"},
		"symbolic link":  {fleet.SecretRef{File: link}, "", "symbolic link"},
		"folder":         {fleet.SecretRef{File: dir}, "", "not a regular file"},
		"open folder":    {fleet.SecretRef{File: inOpen}, "", "folder"},
		"missing":        {fleet.SecretRef{File: filepath.Join(dir, "none")}, "", "no such file"},
		"environment":    {fleet.SecretRef{Env: "SET"}, "from-env", ""},
		"not set":        {fleet.SecretRef{Env: "UNSET"}, "", "UNSET is not set"},
		"command":        {fleet.SecretRef{Command: []string{"echo", "from-command"}}, "from-command", ""},
		"failed command": {fleet.SecretRef{Command: []string{"false"}}, "", "exit status 1"},
		"none":           {fleet.SecretRef{}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []string
			r := Resolver{Environ: env, Seen: func(s fleet.Secret) { seen = append(seen, s.Reveal()) }}
			got, err := r.Resolve(context.Background(), tc.ref)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), "canary") {
					t.Fatalf("got error %v, want %q in it and no secret", err, tc.err)
				}
				return
			}
			if err != nil || got.Reveal() != tc.want {
				t.Fatalf("got %q, %v", got.Reveal(), err)
			}
			if tc.want != "" && (len(seen) != 1 || seen[0] != tc.want) {
				t.Errorf("not registered for redaction: %q", seen)
			}
		})
	}
}
