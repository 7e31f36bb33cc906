//go:build real

package real_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// rate is how many requests a second the clients send: enough to judge a step in seconds, few enough for two cores.
const rate = 20

var (
	began  = fleet.Weights{"b200-a": 80, "h100-b": 20}
	wanted = fleet.Weights{"b200-a": 60, "h100-b": 40}
	// pace is as quick as proof can be had; known is what the operator answers to the interlocks that miss a history.
	pace  = []string{"--every", "5s", "--min-requests", "50", "--soak", "10s"}
	known = []string{"--override", "IL-HISTORY", "--confirm", "chat", "--reason", "the bed is a minute old"}
	shift = slices.Concat([]string{"shift", "chat", "b200-a=60", "h100-b=40", "--points", "20"}, pace, known)
)

// TestARealProxyIsReadShiftedKilledResumedAndUndone is the life of one change on a real LiteLLM without a database. It is
// alone on the machine: two proxies and their users take a core, and beside others the proxies answer too late.
func TestARealProxyIsReadShiftedKilledResumedAndUndone(t *testing.T) {
	b := newBed(t)
	users := newClients(t, "chat", b.Gateways, rate)
	newClients(t, "brittle", b.Gateways, 2)
	until(t, time.Minute, "users are served", func() bool { return users.served.Load() > 5*rate })

	op := b.operator(t, "operator", nil)
	t.Run("look", func(t *testing.T) { // all of them only look, each from a process of its own
		t.Run("read", func(t *testing.T) { t.Parallel(); b.readsTrue(t, op.snapshot(t)) })
		t.Run("cooldowns", func(t *testing.T) { t.Parallel(); b.seesCooldowns(t, op) })
		t.Run("refused without a file", func(t *testing.T) { t.Parallel(); b.refusesTheAPI(t) })
		t.Run("dry run", func(t *testing.T) { t.Parallel(); b.onlyPlans(t, op) })
	})
	if b.holds(t, began); t.Failed() || len(op.changes(t)) != 0 {
		t.Fatalf("looking has left %d changes in the journal", len(op.changes(t)))
	}

	id := b.killedInMidShift(t, op)
	b.resumed(t, op, id)
	b.undone(t, op, id)

	r := op.must(t, 0, "audit", "verify")
	if !strings.Contains(r.out, "unbroken") {
		t.Errorf("audit verify: %s", r.out)
	}
	if failed, all := users.failed.Load(), users.sent.Load(); float64(failed) > .02*float64(all) {
		t.Errorf("%d of %d requests failed while replicas were reloaded one at a time", failed, all)
	}
}

// onlyPlans makes a dry run.
func (b *bed) onlyPlans(t *testing.T, op program) {
	r := op.must(t, 0, append(shift, "--dry-run")...)
	for _, part := range []string{"80/20", "60/40", "IL-24", "nothing was sent"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the dry run does not show %q:\n%s", part, r.out)
		}
	}
}

// readsTrue compares what pitwall reads with what the bed is.
func (b *bed) readsTrue(t *testing.T, s *fleet.Snapshot) {
	g := s.Gateways[0]
	for _, r := range g.Replicas {
		if r.Mode != fleet.GatewayModeFile || r.Version.IsEmpty() || r.Strategy.String() != "simple-shuffle" {
			t.Errorf("%s: mode %q (%s), version %q, strategy %q", r.ID, r.Mode, r.ModeWhy, r.Version, r.Strategy)
		}
	}
	route := s.Route("chat")
	if route == nil || !route.Weights.Equal(began) || len(route.Replicas) != 2 {
		t.Fatalf("route: %+v", route)
	}
	if got := float64(route.Load.Requests.V); !route.Load.Requests.OK || got < .5*rate || got > 1.5*rate {
		t.Errorf("the route has %v requests/s, and the clients send %d", route.Load.Requests, rate)
	}
	for _, target := range route.Targets {
		want := float64(target.SetShare.V)
		if !target.Seen.OK || math.Abs(float64(target.Seen.V)-want) > .15 || target.SeenN < 50 {
			t.Errorf("%s: seen %v of %.0f requests, set share %.2f", target.Spec.ID, target.Seen, target.SeenN, want)
		}
		if target.Cooling {
			t.Errorf("%s is shown as cooled down", target.Spec.ID)
		}
	}
	for _, source := range s.Sources {
		if !source.Err.IsEmpty() {
			t.Errorf("%s: %s", source.ID, source.Err)
		}
	}
}

// seesCooldowns looks until a cool-down falls between two readings: the gateway tells that one began, not that it
// is on.
func (b *bed) seesCooldowns(t *testing.T, op program) {
	var route *fleet.Route
	for range 6 {
		if route = op.snapshot(t).Route("brittle"); route != nil && cooling(route, "brittle-failing") {
			break
		}
	}
	if route == nil || !cooling(route, "brittle-failing") || cooling(route, "brittle-h100-b") {
		t.Errorf("the route with a failing member: %+v", route)
	}
}

func cooling(r *fleet.Route, deployment fleet.DeploymentID) bool {
	for _, t := range r.Targets {
		if t.Spec.Deployment == deployment || fleet.DeploymentID(t.Spec.ID) == deployment {
			return t.Cooling
		}
	}
	return false
}

// refusesTheAPI looks at the same gateway as an operator who did not configure its file.
func (b *bed) refusesTheAPI(t *testing.T) {
	op := b.operator(t, "nofile", func(b *bed) { b.Files = nil })
	r := op.run(t, shift...)
	why := strings.Join(strings.Fields(r.out), " ") // lines are broken where the terminal ends
	if r.code != 3 || !strings.Contains(why, "keeps its routing in a file") ||
		!strings.Contains(why, "configure file and reload for this gateway to change it") {
		t.Errorf("a shift by API ended with %d\n%s%s", r.code, r.out, r.errs)
	}
	t.Log(strings.TrimSpace(r.errs))
	for _, words := range [][]string{{"key", "block", "gone"}, {"key", "block", strings.Repeat("ab", 32)}, {"team", "limit", "gone", "--budget", "5"}} {
		r = op.run(t, append(words, "--dry-run")...)
		if r.code != 1 || !strings.Contains(strings.Join(strings.Fields(r.errs), " "), "runs without a database: it has no keys") {
			t.Errorf("%v ended with %d\n%s%s", words, r.code, r.out, r.errs)
		}
	}
}

// killedInMidShift starts the shift and kills the process in a bad moment: the first replica's file is written and
// its reload begins, and nothing is done for the second one.
func (b *bed) killedInMidShift(t *testing.T, op program) fleet.ChangeID {
	t.Helper()
	p := op.start(t, shift...)
	until(t, 2*time.Minute, "the first file is written", func() bool {
		if p.ended() {
			t.Fatalf("the shift ended early:\n%s", p.output())
		}
		return b.writtenIn(t, 0)
	})
	p.signal(t, syscall.SIGKILL)
	p.exit(t, 10*time.Second)
	if b.writtenIn(t, 1) {
		t.Error("the second file was written before the first replica was back")
	}
	left := op.change(t, "")
	if left == nil || left.State.Closed() || left.Step != 1 || len(left.Steps) > 0 && !left.Steps[0].Verified.IsZero() {
		t.Fatalf("killed, it is %+v", left)
	}
	list := op.must(t, 0, "journal", "list")
	if !strings.Contains(list.out, string(left.ID)) || !strings.Contains(list.out, "open 1") {
		t.Errorf("journal list does not show %s as open:\n%s", left.ID, list.out)
	}
	t.Logf("killed, journal list:\n%s", list.out)
	return left.ID
}

// writtenIn tells whether a replica's file holds the weight that the shift wants for the first target.
func (b *bed) writtenIn(t *testing.T, replica int) bool {
	t.Helper()
	text, err := os.ReadFile(b.Files[replica])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), fmt.Sprintf("weight: %d #", wanted["b200-a"]))
}

// resumed carries the change on in a fresh process.
func (b *bed) resumed(t *testing.T, op program, id fleet.ChangeID) {
	t.Helper()
	op.must(t, 0, "journal", "resume", string(id))
	c := op.change(t, id)
	if c.State != actions.StateCommitted || c.Step != len(c.Plan.Steps) {
		t.Fatalf("resumed, it is %s at step %d: %s", c.State, c.Step, c.Why)
	}
	b.holds(t, wanted)
	last := c.Steps[len(c.Steps)-1]
	if !last.SeenOK.V || last.SeenN < 50 {
		t.Errorf("the last step was seen as %v of %.0f requests, within tolerance: %v", last.Seen, last.SeenN, last.SeenOK)
	}
	for target, share := range last.Seen {
		if want := float64(wanted[target]) / 100; !share.OK || math.Abs(float64(share.V)-want) > .15 {
			t.Errorf("%s was seen with %v, want about %.2f", target, share, want)
		}
	}
}

func (b *bed) undone(t *testing.T, op program, id fleet.ChangeID) {
	t.Helper()
	op.must(t, 0, slices.Concat([]string{"undo", string(id), "--points", "20"}, pace, known)...)
	b.holds(t, began)
	if c := op.change(t, id); c.Undone == "" {
		t.Errorf("change %s is not shown as undone", id)
	}
}

// holds compares the files and what each replica says itself, asked without pitwall.
func (b *bed) holds(t *testing.T, want fleet.Weights) {
	t.Helper()
	for n, url := range b.Gateways {
		got, err := weightsOf(url, bedKey)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) {
			t.Errorf("replica %d holds %v, want %v", n+1, got, want)
		}
		text, err := os.ReadFile(b.Files[n])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "# changed by pitwall") || !strings.Contains(string(text), "# pinned") {
			t.Errorf("file %d lost its comments:\n%s", n+1, text)
		}
	}
}
