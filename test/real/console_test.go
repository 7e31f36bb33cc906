//go:build real

package real_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// aliveWithin is what the demo promises from the start of its process.
const aliveWithin = 2 * time.Second

// sizes of terminals: the smallest that is promised, a usual one, a large one.
var sizes = []struct{ width, height int }{{80, 24}, {120, 40}, {200, 60}}

func TestTheConsoleInATerminal(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(t *testing.T) {
			s := newScreen(t, size.width, size.height)
			s.awaitsLife()
			s.showsEachScreen()
			s.keys("1", "q")
			s.await(5*time.Second, "ended with 0")
			s.do("clear-history")
			s.shiftsByKeys(size.height)
		})
	}
}

// lively is a screen on which something is measured: GPU use, pools with traffic, routes with seen shares.
var lively = regexp.MustCompile(`(?s)gpu \d+%.*POOLS 6.*b200-a\s+llama-70b\s+\d+` +
	`.*ROUTES 4.*chat\s+b200-a 60[^\n]*\d\d(\)|\.\d)`)

// awaitsLife starts the demo and takes the time until the screen is alive. Other work of the machine can only slow
// it down, so the quickest of three starts counts.
func (s *screen) awaitsLife() {
	s.t.Helper()
	var took []time.Duration
	for range 3 {
		s.line("clear; '%s' demo; echo ended with $?", binary)
		begin := time.Now()
		for !lively.MatchString(s.text()) {
			if time.Since(begin) > 20*time.Second {
				s.t.Fatalf("the demo shows no life:\n%s", s.text())
			}
			time.Sleep(20 * time.Millisecond)
		}
		took = append(took, time.Since(begin).Round(10*time.Millisecond))
		if took[len(took)-1] <= aliveWithin {
			s.t.Logf("alive after %v", took)
			return
		}
		s.keys("q")
		s.await(5*time.Second, "ended with 0")
	}
	s.t.Errorf("alive after %v in three starts, want %s in one", took, aliveWithin)
	s.awaitsNothing()
}

// awaitsNothing starts the demo without looking at the clock.
func (s *screen) awaitsNothing() {
	s.line("clear; '%s' demo; echo ended with $?", binary)
	s.await(20*time.Second, "POOLS 6", "ROUTES 4")
}

// showsEachScreen presses the number of each screen.
func (s *screen) showsEachScreen() {
	s.t.Helper()
	for _, screen := range []struct {
		key   string
		parts []string
	}{
		{"2", []string{"ROUTES 4", "ROUTE chat", "GATEWAY REPLICAS", "gw-3"}},
		{"3", []string{"POOL b200-a", "NODES of b200-a", "b200-a-03"}},
		{"7", []string{"JOURNAL 0", "EVENTS"}},
		{"1", []string{"ALERTS", "POOLS 6", "ROUTES 4", "IN FLIGHT 0"}},
	} {
		s.keys(screen.key)
		s.await(5*time.Second, screen.parts...)
	}
}

// shiftsByKeys walks through the shift dialog of the first route in a demo that runs quicker, up to the proof that
// every gateway replica holds the step.
func (s *screen) shiftsByKeys(height int) {
	s.t.Helper()
	state := s.t.TempDir()
	op := program{flags: []string{"--state-dir", state}}
	s.line("clear; '%s' demo --speed 10 --state-dir '%s'; echo ended with $?", binary, state)
	s.plansByKeys("b200-a=55", "-")
	if n := len(op.changes(s.t)); n != 0 {
		s.t.Fatalf("%d changes in the journal before the confirmation", n)
	}
	s.confirmsByKeys()
	proof := s.await(5*time.Second, "gw-1 ok", "gw-2 ok", "gw-3 ok")
	if lines := strings.Count(strings.TrimRight(proof, "\n"), "\n") + 1; lines > height {
		s.t.Errorf("%d lines on a screen of %d", lines, height)
	}
	s.answer("Escape")
	s.awaitGone(5*time.Second, "APPLY+VERIFY")
	s.keys("7")
	s.await(5*time.Second, "JOURNAL 1", "60/30/10 -> 55/30/10")
	s.keys("C-c")
	s.await(5*time.Second, "change")
	if c := op.changes(s.t); len(c) != 1 || c[0].Step != 1 {
		s.t.Errorf("the journal has %d changes", len(c))
	}
}

// plansByKeys opens the shift dialog of the first route, changes the plan and goes on to the confirmation.
func (s *screen) plansByKeys(twin string, change ...string) {
	s.t.Helper()
	s.await(20*time.Second, "POOLS 6", "ROUTES 4")
	s.keys("2")
	s.await(5*time.Second, "ROUTE chat")
	s.keys("Enter")
	s.await(5*time.Second, "FALLBACKS")
	s.keys("S")
	s.await(5*time.Second, "step 1 of 5: PLAN")
	s.answer(change...)
	s.await(5*time.Second, twin, "roll back")
	s.answer("Enter")
	s.await(5*time.Second, "step 2 of 5: CHECKS", "nothing stands in the way")
	s.answer("Enter")
	s.await(5*time.Second, "step 3 of 5: CONFIRM", "60/30/10 -> ", "[ APPLY")
}

// confirmsByKeys starts the change and waits until every gateway replica holds its first step.
func (s *screen) confirmsByKeys() {
	s.t.Helper()
	s.answer("Tab", "Enter")
	s.await(10*time.Second, "step 4 of 5: APPLY+VERIFY", "read-back")
	s.await(60*time.Second, "3/3 hold it")
}

var colours = regexp.MustCompile("\x1b\\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9;]*)?m")

func TestNoColorMeansNoColour(t *testing.T) {
	for _, one := range []struct {
		set  string
		want bool
	}{{"", true}, {"NO_COLOR=yes ", false}} {
		s := newScreen(t, 80, 24)
		s.line("clear; %s'%s' demo", one.set, binary)
		s.await(20*time.Second, "POOLS 6", "ROUTES 4")
		if got := colours.MatchString(s.coloured()); got != one.want {
			t.Errorf("with %q colours are shown: %v", one.set, got)
		}
		s.keys("q")
	}
}

func TestADumbTerminalGetsLines(t *testing.T) {
	s := newScreen(t, 80, 24)
	raw := filepath.Join(t.TempDir(), "raw")
	s.await(5*time.Second, "shell>")
	s.do("pipe-pane", "cat > '"+raw+"'")
	s.line("TERM=dumb '%s' demo; echo ended with $?", binary)
	s.await(20*time.Second, "Writing is on", "chat") // the first lines have left the top of the screen by then
	s.keys("C-c")
	s.await(20*time.Second, "ended with")
	s.do("pipe-pane")
	text, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "Line mode") {
		t.Error("nothing says why there is no screen")
	}
	if len(text) < 200 || strings.ContainsRune(string(text), 0x1b) {
		t.Errorf("%d bytes, with escape sequences: %v\n%.2000q", len(text), strings.ContainsRune(string(text), 0x1b), text)
	}
	t.Logf("the lines begin with:\n%.600s", text)
}
