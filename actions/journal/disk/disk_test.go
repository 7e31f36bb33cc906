package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"pitwall/fleet"
)

func TestAPrivateDirectory(t *testing.T) {
	state := filepath.Join(t.TempDir(), "deep", "state")
	d, err := Open(state, "journal")
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for path, want := range map[string]os.FileMode{state: 0o700, d.Path(""): 0o700, d.Path("a"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has %v, %v", path, info.Mode(), err)
		}
	}
	if _, err := d.Create("a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created twice: %v", err)
	}
}

func TestASharedDirectory(t *testing.T) {
	state := t.TempDir()
	if err := os.Chmod(state, 0o770|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	d, err := Open(state, "locks")
	if err != nil || !d.Shared() {
		t.Fatalf("shared %v, %v", d.Shared(), err)
	}
	f, err := d.Rewrite("a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dir, _ := os.Stat(d.Path(""))
	file, _ := f.Stat()
	if dir.Mode().Perm() != 0o770 || dir.Mode()&os.ModeSetgid == 0 || file.Mode().Perm() != 0o660 {
		t.Errorf("directory %v, file %v", dir.Mode(), file.Mode())
	}
}

func TestWhatIsRefused(t *testing.T) {
	state := t.TempDir()
	d, err := Open(state, "journal")
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	for path, mode := range map[string]os.FileMode{outside: 0o600, d.Path("open"): 0o606, d.Path("long"): 0o600} {
		if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink(outside, d.Path("link")), os.Mkdir(d.Path("dir"), 0o700),
		os.Symlink(t.TempDir(), filepath.Join(state, "audit"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "dir", "open", "long", "absent"} {
		if _, err := d.Read(name, 99); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if _, err := d.Read("absent", 1); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("absent: %v", err)
	}
	if _, err := Open(state, "audit"); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("a linked directory: %v", err)
	}
	if err := os.Chmod(d.Path(""), 0o707); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(state, "journal"); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("a directory that everybody may write: %v", err)
	}
}
