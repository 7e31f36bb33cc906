//go:build real

// Package real_test runs the built program against real servers and terminals: a LiteLLM proxy, Ray Serve, BentoML and
// SMG from PyPI, Portkey's gateway from npm, a Kubernetes control plane, Prometheus, Alertmanager, Chromium, tmux and
// OpenSSH. No traffic
// leaves the machine. It must not be needed by `go test ./...`: the build tag keeps it out, and run.sh installs what it asks
// for.
package real_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(build(m))
}

func build(m *testing.M) int {
	if binary = os.Getenv("REAL_TEST_PROGRAM"); binary != "" { // in a network namespace, from which nothing could be built
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "pitwall-real-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "pitwall")
	cmd := exec.Command("go", "build", "-o", binary, "../../cmd/pitwall")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build pitwall: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// lacks skips a test for want of something, or fails it where skipping is forbidden.
func lacks(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("REQUIRE_REAL") == "1" {
		t.Fatalf("%s; REQUIRE_REAL=1 forbids skipping", what)
	}
	t.Skip(what)
}

// tool finds a program of the machine.
func tool(t *testing.T, name string, elsewhere ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, path := range elsewhere {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o111 != 0 {
			return path
		}
	}
	lacks(t, name+" is not installed")
	return ""
}
