//go:build real

package real_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// program is pitwall with the flags and variables of one operator.
type program struct {
	flags   []string
	environ []string
}

// result is how one run of the program ended.
type result struct {
	out, errs string
	code      int
}

func (p program) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, binary, append(append([]string{}, args...), p.flags...)...)
	cmd.Env = append(environment(), p.environ...)
	return cmd
}

// environment is the machine's without what would steer pitwall or its terminal.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		switch name, _, _ := strings.Cut(kv, "="); {
		case strings.HasPrefix(name, "PITWALL_"), strings.HasPrefix(name, "XDG_"), strings.HasPrefix(name, "LC_"),
			strings.HasPrefix(name, "SSH_"), name == "TERM", name == "COLORTERM", name == "NO_COLOR", name == "LANG",
			name == "TMUX":
		default:
			env = append(env, kv)
		}
	}
	return append(env, "LANG=C.UTF-8")
}

// course is a line on how a change went on.
var course = regexp.MustCompile(`^\d\d:\d\d:\d\dZ \S+ step `)

// longestRun bounds every single run of the program.
const longestRun = 6 * time.Minute

// run runs one command line to its end.
func (p program) run(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longestRun)
	defer cancel()
	cmd := p.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	begin := time.Now()
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) || ctx.Err() != nil {
		t.Fatalf("pitwall %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	r := result{out: out.String(), errs: errs.String(), code: cmd.ProcessState.ExitCode()}
	for l := range strings.Lines(r.out) {
		if course.MatchString(l) {
			t.Log(strings.TrimSpace(l))
		}
	}
	t.Logf("pitwall %s: exit %d after %s", strings.Join(args, " "), r.code, time.Since(begin).Round(100*time.Millisecond))
	return r
}

// must runs a command line that has to end with a code.
func (p program) must(t *testing.T, code int, args ...string) result {
	t.Helper()
	r := p.run(t, args...)
	if r.code != code {
		t.Fatalf("pitwall %s ended with %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.errs)
	}
	return r
}

// running is the program in the background.
type running struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	text bytes.Buffer
	done chan struct{}
}

// Write takes the program's output.
func (r *running) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *running) output() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// start runs a command line in the background, in a process group of its own; it is killed at the end of the test
// at the latest.
func (p program) start(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{done: make(chan struct{})}
	r.cmd = p.command(context.Background(), args...)
	r.cmd.Stdout, r.cmd.Stderr = r, r
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.done)
		_ = r.cmd.Wait() // how it ended is in ProcessState
	}()
	t.Cleanup(func() {
		select {
		case <-r.done:
		default:
			_ = r.cmd.Process.Kill()
			<-r.done
		}
		if t.Failed() {
			t.Logf("pitwall %s said:\n%s", strings.Join(args, " "), r.output())
		}
	})
	return r
}

func (r *running) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatalf("signal %s: %v", s, err)
	}
}

func (r *running) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// exit waits for the end and gives the exit code, -1 for a signal.
func (r *running) exit(t *testing.T, within time.Duration) int {
	t.Helper()
	until(t, within, "the program ends", r.ended)
	return r.cmd.ProcessState.ExitCode()
}

// until looks every fifth of a second whether something holds, and fails the test when it never does.
func until(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	begin := time.Now()
	for !holds() {
		if time.Since(begin) > within {
			t.Fatalf("after %s still not: %s", within, what)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// changes reads the journal as `journal list -o json` tells it.
func (p program) changes(t *testing.T) []actions.Change {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := p.command(ctx, "journal", "list", "-o", "json").Output()
	if err != nil {
		t.Fatalf("journal list: %v", err)
	}
	var list []actions.Change
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatalf("journal list is no JSON: %v\n%s", err, out)
	}
	return list
}

// change is the only change, or the one with an ID; nil where there is none yet.
func (p program) change(t *testing.T, id fleet.ChangeID) *actions.Change {
	t.Helper()
	for _, c := range p.changes(t) {
		if id == "" || c.ID == id {
			return &c
		}
	}
	return nil
}

// awaitChange waits until the newest or the named change is as wanted.
func (p program) awaitChange(
	t *testing.T, within time.Duration, id fleet.ChangeID, what string, as func(actions.Change) bool,
) actions.Change {
	t.Helper()
	var last *actions.Change
	defer func() {
		if t.Failed() && last != nil {
			t.Logf("the change is %s at step %d of %d: %s", last.State, last.Step, len(last.Plan.Steps), last.Why)
		}
	}()
	until(t, within, what, func() bool {
		last = p.change(t, id)
		return last != nil && as(*last)
	})
	return *last
}

// snapshot reads the fleet as `snapshot -o json` tells it. A busy machine may keep a source from answering in time,
// which the program says by its exit code; then it is asked again.
func (p program) snapshot(t *testing.T) *fleet.Snapshot {
	t.Helper()
	r := p.run(t, "snapshot", "-o", "json")
	for try := 1; r.code == 6 && try < 5; try++ {
		t.Log(strings.TrimSpace(r.errs))
		r = p.run(t, "snapshot", "-o", "json")
	}
	if r.code != 0 {
		t.Fatalf("snapshot ended with %d\n%s", r.code, r.errs)
	}
	var s fleet.Snapshot
	if err := json.Unmarshal([]byte(r.out), &s); err != nil {
		t.Fatalf("snapshot is no JSON: %v\n%.2000s", err, r.out)
	}
	return &s
}
