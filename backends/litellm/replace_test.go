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

	"pitwall/backends/internal/filetext"
)

// The steps of an edit, in order; the file changes at one of them.
var editSteps = []string{"start", "write", "write rest", "owner", "sync", "compare", "rename", "sync folder", "end"}

func killedEditor(path, step string) int {
	old, err := (filetext.Replacer{}).Read(path)
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
	p := filetext.Replacer{At: func(now string) {
		if now == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}}
	if p.Replace(path, old, text) != nil {
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
