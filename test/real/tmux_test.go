//go:build real

package real_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// screen is one terminal of a tmux server of its own, so that no other session of the user is touched.
type screen struct {
	t      *testing.T
	tmux   string
	socket string
}

// newScreen opens a terminal of the given size that runs nothing but a shell.
func newScreen(t *testing.T, width, height int) *screen {
	t.Helper()
	s := &screen{t: t, tmux: tool(t, "tmux"), socket: filepath.Join(t.TempDir(), "tmux")}
	if len(s.socket) > 100 { // a socket address has room for 107 bytes
		t.Fatalf("the path of the socket is too long: %s", s.socket)
	}
	s.do("-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height),
		"env PS1='shell> ' sh")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen at the end:\n%s", s.text())
		}
		_ = s.command("kill-server").Run() // gone already where the shell ended
	})
	return s
}

func (s *screen) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	s.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, s.tmux, append([]string{"-S", s.socket}, args...)...)
	cmd.Env = append(environment(), "TERM=xterm-256color")
	return cmd
}

func (s *screen) do(args ...string) string {
	s.t.Helper()
	out, err := s.command(args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// text is what the terminal shows, without colours; coloured is the same with them.
func (s *screen) text() string     { return s.do("capture-pane", "-p") }
func (s *screen) coloured() string { return s.do("capture-pane", "-p", "-e") }

// line types a command line into the shell.
func (s *screen) line(format string, args ...any) {
	s.t.Helper()
	s.do("send-keys", "-l", fmt.Sprintf(format, args...))
	s.do("send-keys", "Enter")
}

// keys presses keys by tmux's names.
func (s *screen) keys(names ...string) {
	s.t.Helper()
	for _, k := range names {
		if len(k) == 1 { // "-" has no name
			s.do("send-keys", "-l", "--", k)
			continue
		}
		s.do("send-keys", k)
	}
}

// answer presses keys that are meant for a dialog. A dialog does not hear what comes within the first moments, so
// that keys typed for what was there before do not answer it.
func (s *screen) answer(names ...string) {
	s.t.Helper()
	time.Sleep(800 * time.Millisecond)
	s.keys(names...)
}

// await waits until the screen shows all of some texts.
func (s *screen) await(within time.Duration, parts ...string) string {
	s.t.Helper()
	begin := time.Now()
	for {
		text := s.text()
		absent := ""
		for _, p := range parts {
			if !strings.Contains(text, p) {
				absent = p
			}
		}
		if absent == "" {
			return text
		}
		if time.Since(begin) > within {
			s.t.Fatalf("after %s the screen does not show %q:\n%s", within, absent, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// awaitGone waits until the screen does not show a text any more.
func (s *screen) awaitGone(within time.Duration, part string) {
	s.t.Helper()
	until(s.t, within, "gone from the screen: "+part, func() bool { return !strings.Contains(s.text(), part) })
}
