//go:build real

package real_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/test/servers"
)

// outageVariable is how long the API server is away in the middle of a roll, as "5m".
const outageVariable = "PITWALL_TEST_OUTAGE"

func outage(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(outageVariable)
	if text == "" {
		return 45 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAnAPIServerGoesInMidRoll takes the API server away while a quarter is new, for longer than the quarter is held, and lets
// it hang while the rest is rolled: nothing is written blindly, it is said, and the roll ends as planned.
func TestAnAPIServerGoesInMidRoll(t *testing.T) {
	t.Parallel()
	s := site{newCluster(t, servers.Options{Namespace: "serving"}, 3), t}
	s.chats()
	census := s.count()
	op := s.operator(s.Admin)
	r := op.start(t, chatUpgrade("128", "--hold", "5s")...)
	c := s.await(op, r, "", "a quarter is new", func(c actions.Change) bool { return c.Step == 1 && verified(&c, 1) })
	s.StopServer()
	before := len(r.output())
	gone := time.Now()
	until(t, time.Minute, "it says that the server is away", func() bool { return strings.Contains(r.output()[before:], "cannot be read") })
	watch(t, outage(t)-time.Since(gone), func() string {
		if r.ended() {
			return "it ended while the server was away:\n" + r.output()
		}
		return ""
	})
	if c := op.change(t, c.ID); c.Step != 1 || c.State.Closed() || c.State == actions.StateUnknown {
		t.Errorf("while the server was away it went on to stage %d, %s: %s", c.Step, c.State, c.Why)
	}
	if err := s.StartServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.await(op, r, c.ID, "the rest is written", func(c actions.Change) bool { return c.Step == 2 })
	goOn, err := s.HangServer()
	if err != nil {
		t.Fatal(err)
	}
	watch(t, 20*time.Second, func() string {
		if r.ended() {
			return "it ended while the server hung:\n" + r.output()
		}
		return ""
	})
	if err := goOn(); err != nil {
		t.Fatal(err)
	}
	if code := r.exit(t, 3*time.Minute); code != 0 {
		t.Fatalf("it ended with %d\n%s", code, r.output())
	}
	t.Log(r.output())
	s.whole("128")
	op.must(t, 0, "audit", "verify")
	census.kept(t)
}
