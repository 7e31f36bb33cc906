package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// processes are those that a script runs beside itself; the script language has no signal but an interrupt.
type processes map[string]*exec.Cmd

type processesKey struct{}

func running(ts *testscript.TestScript) processes { return ts.Value(processesKey{}).(processes) }

// begin NAME COMMAND... starts a command whose output goes to the files NAME.out and NAME.err.
func begin(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: begin NAME COMMAND...")
	}
	path := args[1]
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if found, err := exec.LookPath(filepath.Join(dir, args[1])); err == nil {
			path = found
			break
		}
	}
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = environment(ts)
	out, err := os.Create(ts.MkAbs(args[0] + ".out"))
	ts.Check(err)
	errs, err := os.Create(ts.MkAbs(args[0] + ".err"))
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = out, errs
	ts.Check(cmd.Start())
	ts.Check(errors.Join(out.Close(), errs.Close()))
	running(ts)[args[0]] = cmd
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "USER", "TERM", "TMPDIR", "XDG_CONFIG_DIRS"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

var signals = map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}

// tell NAME SIGNAL sends a signal.
func tell(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 || running(ts)[args[0]] == nil || signals[args[1]] == nil {
		ts.Fatalf("usage: tell NAME SIGNAL")
	}
	ts.Check(running(ts)[args[0]].Process.Signal(signals[args[1]]))
}

// ended NAME CODE waits for the end of a process and wants this exit code.
func awaitEnd(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 || running(ts)[args[0]] == nil {
		ts.Fatalf("usage: ended NAME CODE")
	}
	cmd := running(ts)[args[0]]
	_ = cmd.Wait() // its exit code is looked at
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s, want %s\n%s\n%s", got, args[1], ts.ReadFile(args[0]+".out"), ts.ReadFile(args[0]+".err"))
	}
}
