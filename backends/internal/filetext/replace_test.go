package filetext

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func fileWith(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("the file holds %q, %v, want %q", text, err, want)
	}
}

func TestATextTakesTheFilesPlaceAndKeepsItsMode(t *testing.T) {
	path := fileWith(t, "old")
	if err := (Replacer{}).Replace(path, []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "new")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestAnEditBetweenReadAndRenameIsNotLost(t *testing.T) {
	path := fileWith(t, "old")
	p := Replacer{At: func(step string) {
		if step == "compare" {
			if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
				t.Error(err)
			}
		}
	}}
	if err := p.Replace(path, []byte("old"), []byte("x")); err == nil || !strings.Contains(err.Error(), "changed by someone else") {
		t.Errorf("got %v", err)
	}
	holds(t, path, "theirs")
}

func TestPlacesThatAreNotReplaced(t *testing.T) {
	path := fileWith(t, "old")
	link := filepath.Join(t.TempDir(), "link.yaml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	open := fileWith(t, "old")
	if err := os.Chmod(filepath.Dir(open), 0o777); err != nil {
		t.Fatal(err)
	}
	for at, says := range map[string]string{link: "symbolic link", open: "group or others", filepath.Dir(path): "not a regular file"} {
		if _, err := (Replacer{}).Read(at); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", at, err, says)
		}
		if err := (Replacer{}).Replace(at, []byte("old"), []byte("new")); err == nil {
			t.Errorf("%s was replaced", at)
		}
	}
	holds(t, path, "old")
}
