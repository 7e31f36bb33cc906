package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// workshop is what all measurements share: the checkout, the built program and a place for its files.
type workshop struct {
	root string // of the checkout
	dir  string // removed at the end
	bin  string // the program, built as a release is
	made int    // folders so far
}

func newWorkshop(ctx context.Context) (*workshop, error) {
	root, err := checkout()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pitwall-bench-")
	if err != nil {
		return nil, err
	}
	w := &workshop{root: root, dir: dir, bin: filepath.Join(dir, "pitwall")}
	if err := w.tool(ctx, "build", "-trimpath", "-o", w.bin, "./cmd/pitwall"); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return w, nil
}

func (w *workshop) close() { _ = os.RemoveAll(w.dir) }

// tool runs the go command in the checkout.
func (w *workshop) tool(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the arguments are the bench's own
	cmd.Dir = w.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// folder makes an empty folder of the run.
func (w *workshop) folder() (string, error) {
	w.made++
	path := filepath.Join(w.dir, strconv.Itoa(w.made))
	return path, os.Mkdir(path, 0o700)
}

// checkout is the folder of go.mod, from here upwards.
func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("run it inside the checkout: no go.mod here or above")
		}
		dir = up
	}
}
