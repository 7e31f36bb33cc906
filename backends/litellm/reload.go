package litellm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"pitwall/fleet"
)

// maxReloadOutput bounds what is kept of a reload command's output.
const maxReloadOutput = 4 << 10

// passedOn are the variables that a reload command may see. Credentials live in others.
var passedOn = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR",
	"KUBECONFIG", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "DOCKER_HOST",
}

// runReload runs a reload command to its end, without a shell, and gives the last line of its output for an error.
// A server that the command leaves running must have an output of its own.
func runReload(ctx context.Context, argv []string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// A file and not a pipe: a server left running by the command must neither hold the end of the command up
	// nor be killed by a closed pipe.
	out, err := os.CreateTemp("", "pitwall-reload-*")
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	if err := os.Remove(out.Name()); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the operator configured this command
	cmd.Env = environment(os.Environ())
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a hang-up of the terminal must not reach what it starts
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("the reload command did not end within %s%s", limit, lastLine(out))
	default:
		return fmt.Errorf("the reload command failed (%w)%s", err, lastLine(out))
	}
}

func environment(all []string) []string {
	env := []string{}
	for _, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		for _, p := range passedOn {
			if name == p {
				env = append(env, kv)
			}
		}
	}
	return env
}

// lastLine is ": text", safe to show, or "".
func lastLine(out *os.File) string {
	size, err := out.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return ""
	}
	tail := make([]byte, min(size, maxReloadOutput))
	if _, err := out.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(tail)), "\n")
	return ": " + fleet.Label(strings.TrimSpace(lines[len(lines)-1])).String()
}
