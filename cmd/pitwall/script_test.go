package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain also runs the program itself, in the processes that scripts start. All of them let their heap grow further between
// collections: an embedded fleet holds little and throws away much.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	if err := flag.Set("test.parallel", strconv.Itoa(scriptsAtOnce)); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"pitwall": main})
}

// scriptsAtOnce is how many scripts run beside each other: some of them mostly wait.
const scriptsAtOnce = 4

// TestCommands runs one script for each promise that pitwall makes on a command line.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Files:               scripts(t),
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("USER", "operator")
			e.Setenv("XDG_CONFIG_DIRS", filepath.Join(e.WorkDir, "xdg"))
			e.Setenv("TERM", "dumb")
			// A closed port answers at once that nobody listens.
			e.Setenv("NOBODY", "http://127.0.0.1:1")
			e.Values[processesKey{}] = processes{}
			return serve(e)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "fill": fill, "until": until, "value": value, "plainonly": plainOnly,
			"keep": keep, "begin": begin, "tell": tell, "ended": awaitEnd,
		},
	})
}

// scripts lists the scripts, under the race detector those that need no minutes of the embedded fleet.
func scripts(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no script was found: %v", err)
	}
	var list []string
	for _, name := range all {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !raceDetector || !strings.Contains(string(body), "demo") {
			list = append(list, name)
		}
	}
	return list
}

// exits CODE COMMAND... runs a command and wants this exit code; output and messages go to stdout and stderr.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = -1
		if ended, ok := errors.AsType[*exec.ExitError](err); ok {
			got = ended.ExitCode()
		}
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// fill FILE... puts the environment's values in place of ${NAME}.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		body := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(body), 0o600))
	}
}

// patience bounds how long a script waits for another process.
const patience = 60 * time.Second

// until PATTERN TEXT waits for a file whose name matches and that holds the text.
func until(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: until PATTERN TEXT")
	}
	deadline := time.Now().Add(patience)
	for {
		names, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		for _, name := range names {
			if body, err := os.ReadFile(name); err == nil && strings.Contains(string(body), args[1]) {
				return
			}
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no file %s holds %q", args[0], args[1])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// value FILE PATH [WANT] finds a value in a JSON document, by keys and list numbers with slashes between them. Without
// WANT it must be there and not be null.
func value(ts *testscript.TestScript, neg bool, args []string) {
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is no JSON document: %v", args[0], err)
	}
	for key := range strings.SplitSeq(args[1], "/") {
		switch node := doc.(type) {
		case map[string]any:
			doc = node[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(node) {
				ts.Fatalf("%s: there is no element %q in a list of %d", args[1], key, len(node))
			}
			doc = node[i]
		default:
			ts.Fatalf("%s: nothing at %q", args[1], key)
		}
	}
	good := doc != nil
	if len(args) > 2 {
		good = fmt.Sprint(doc) == args[2]
	}
	if good == neg {
		ts.Fatalf("%s is %v", args[1], doc)
	}
}

// keep NAME PATTERN finds the pattern in the last output and keeps it in the environment.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("nothing in the output is like %s", args[1])
	}
	ts.Setenv(args[0], found)
}

// plainonly FILE... wants nothing in a file that a terminal would take for a command.
func plainOnly(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		for i, r := range ts.ReadFile(name) {
			if (r < ' ' && r != '\n' && r != '\t') || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u202e' || r == '\u200b' {
				ts.Fatalf("%s holds %U at byte %d", name, r, i)
			}
		}
	}
}
