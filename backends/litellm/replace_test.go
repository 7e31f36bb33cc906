package litellm

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The steps of an edit, in order; the file changes at one of them.
var editSteps = []string{"start", "write", "write rest", "owner", "sync", "compare", "rename", "sync folder", "end"}

func killedEditor(path, step string) int {
	old, err := (replacer{}).read(path)
	if err != nil {
		return 1
	}
	c, err := parseConfig(old)
	if err != nil {
		return 1
	}
	text, err := c.edit(chatRoute("a", "b"), after5050)
	if err != nil {
		return 1
	}
	p := replacer{at: func(now string) {
		if now == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}}
	if p.replace(path, old, text) != nil {
		return 1
	}
	return 0
}

func TestKilledAtAnyStepTheFileIsOldOrNew(t *testing.T) {
	self, err := os.Executable()
	must(t, err)
	for i, step := range editSteps {
		t.Run(step, func(t *testing.T) {
			g, path := newFileFake(t, 1)
			err := exec.Command(self, "edit", path, step).Run()
			if err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("the editor ended with %v", err)
			}
			want := before6040
			if i >= slices.Index(editSteps, "sync folder") {
				want = after5050
			}
			if got := fileHolds(t, path); !got.Equal(want) {
				t.Errorf("the file holds %v, want %v", got, want)
			}
			// What the kill left behind is in nobody's way.
			w, r := g.fileWriter(t, path), chatRoute("a", "b")
			must(t, w.SetWeights(context.Background(), r, before6040, after5050))
			must(t, w.SetWeights(context.Background(), r, after5050, before6040))
			if text, err := os.ReadFile(path); err != nil || string(text) != fileConfig {
				t.Errorf("there and back gives\n%s%v", text, err)
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

func TestAnEditBetweenReadAndRenameIsNotLost(t *testing.T) {
	_, path := newFileFake(t, 1)
	theirs := strings.Replace(fileConfig, "40", "39", 1)
	p := replacer{at: func(step string) {
		if step == "compare" {
			rewrite(t, path, theirs)
		}
	}}
	old, err := p.read(path)
	must(t, err)
	if err := p.replace(path, old, []byte("x")); err == nil || !strings.Contains(err.Error(), "changed by someone else") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != theirs {
		t.Errorf("their edit is gone: %s %v", text, err)
	}
}
