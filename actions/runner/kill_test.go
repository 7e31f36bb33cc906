package runner

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// story is a change whose process is killed somewhere.
type story struct {
	name   string
	breach bool // errors rise at step 2, so that the change is rolled back
}

var stories = []story{{name: "forward"}, {name: "rolled back", breach: true}}

// tell lets a change run to its end, or to its death.
func (s story) tell(g *rig, dead func() bool) {
	g.soak = time.Minute
	done := make(chan struct{})
	go func() { // a kill inside Start ends this goroutine
		defer close(done)
		if _, err := g.r.Start(g.plan(), actions.Approval{}); err != nil {
			g.t.Error(err)
		}
	}()
	<-done
	for range 1800 {
		g.still()
		book := g.r.Book()
		if dead() || len(book.Changes) == 0 || len(book.Open()) == 0 {
			return
		}
		if s.breach && book.Changes[0].Step == 2 && !book.Changes[0].NextAt.IsZero() {
			g.knob(func() { g.tm.errors["b"] = 0.2 })
		}
		g.pass(2 * time.Second)
	}
	g.t.Error("the story has no end")
}

// killer counts the points at which a process could die and ends the goroutine at one of them.
type killer struct{ at, n int }

func (k *killer) probe(string) {
	k.n++
	if k.n == k.at {
		runtime.Goexit()
	}
}

func (k *killer) dead() bool { return k.at > 0 && k.n >= k.at }

// eachDeath tells a story once to count the points at which its process could die, at least so many, and then lets it die
// at each of them: once to be resumed, once to be undone.
func eachDeath(t *testing.T, name string, least int, tell func(*testing.T, *killer) (after func(undo bool))) {
	t.Helper()
	count := &killer{}
	tell(t, count)
	if count.n < least {
		t.Fatalf("%s: only %d points", name, count.n)
	}
	for at := 1; at <= count.n; at++ {
		for _, undo := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, point %d, undo %v", name, at, undo), func(t *testing.T) { tell(t, &killer{at: at})(undo) })
		}
	}
}

// takeUp lets a fresh process go on with what the dead one left open, or take it back, and waits until that is over. It
// tells whether there was anything.
func (g *rig) takeUp(undo bool) bool {
	g.t.Helper()
	book := g.r.Book()
	open := book.Open()
	if len(open) == 0 {
		return false
	}
	act := g.r.Resume
	if undo {
		act = g.r.RollBack
	}
	err := act(open[0].ID)
	expire := open[0].Plan.Intent.Kind == actions.KindExpire // which cannot be taken back
	if expire && err != nil && undo && strings.Contains(err.Error(), "does not come back") {
		err = g.r.Resume(open[0].ID)
	}
	if err != nil {
		g.t.Fatalf("in %q: %v", open[0].State, err)
	}
	end := g.until(open[0].ID, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
	if end.State == actions.StateUnknown {
		g.t.Fatalf("it ends unknown: %s", end.Why)
	}
	return true
}

// aftermath lets a fresh process find what the dead one left, and checks that nothing is lost or written twice.
func aftermath(t *testing.T, g *rig, at int, undo bool) {
	t.Helper()
	book := g.r.Book()
	before := len(g.gw.writes)
	open := book.Open()
	want := path[3]
	if g.tm.errors["b"] > 0 || undo {
		want = path[0]
	}
	if len(open) == 0 {
		if w := g.gw.now(); !w.Equal(path[0]) && !w.Equal(path[3]) {
			t.Fatalf("killed at %d: nothing is open and the gateway holds %v", at, w)
		}
		return
	}
	c := open[0]
	if c.Guard.Alive.Or(true) {
		t.Fatalf("killed at %d: the dead guard reads as alive", at)
	}
	act := g.r.Resume
	if undo {
		act = g.r.RollBack
	}
	if err := act(c.ID); err != nil {
		t.Fatalf("killed at %d in %q: %v", at, c.State, err)
	}
	end := g.until(c.ID, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
	if end.State == actions.StateAborted && before == 0 {
		want = path[0]
	}
	if end.State == actions.StateRolledBack {
		want = path[0] // the roll-back was under way
	}
	if w := g.gw.now(); end.State == actions.StateUnknown || !w.Equal(want) {
		t.Fatalf("killed at %d in %q: it ends %s with %v, want %v: %s", at, c.State, end.State, w, want, end.Why)
	}
	steps := map[string]int{}
	for i, w := range g.gw.writes {
		if i > 0 && w.Equal(g.gw.writes[i-1]) {
			t.Fatalf("killed at %d: %v was written twice in a row", at, w)
		}
		steps[fleet.HashWeights(w)]++
	}
	for _, w := range path[1:] {
		if steps[fleet.HashWeights(w)] > 1 {
			t.Fatalf("killed at %d: step %v was sent twice", at, w)
		}
	}
	g.sound()
}

func TestKilledAtAnyPoint(t *testing.T) {
	for _, s := range stories {
		eachDeath(t, s.name, 20, func(t *testing.T, k *killer) func(bool) {
			g := newRig(t)
			g.fresh(func(o *Options, _ *journal.Options) { o.Probe = k.probe })
			s.tell(g, k.dead)
			return func(undo bool) {
				g.fresh(nil)
				aftermath(t, g, k.at, undo)
			}
		})
	}
}

// TestKilledChild is the process that TestKilledByTheKernel kills; alone it does nothing.
func TestKilledChild(t *testing.T) {
	state := os.Getenv("RUNNER_KILL")
	if state == "" {
		t.Skip("it is the child of another test")
	}
	at, err := strconv.Atoi(os.Getenv("RUNNER_KILL_AT"))
	if err != nil {
		t.Fatal(err)
	}
	g := newRigIn(t, state) // the parent removes it: nothing else is left when this process is killed
	g.gw.file = filepath.Join(state, "gateway.json")
	g.gw.save()
	n := 0
	g.fresh(func(o *Options, j *journal.Options) {
		j.Write = nil // with fsync
		o.Probe = func(string) {
			if n++; n == at {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	})
	stories[0].tell(g, func() bool { return false })
}

func TestKilledByTheKernel(t *testing.T) {
	count := &killer{}
	g := newRig(t)
	g.fresh(func(o *Options, _ *journal.Options) { o.Probe = count.probe })
	stories[0].tell(g, count.dead)
	for at := 1; at <= count.n; at++ {
		state := stateDir(t)
		child := exec.Command(os.Args[0], "-test.run=^TestKilledChild$")
		child.Env = append(os.Environ(), "RUNNER_KILL="+state, "RUNNER_KILL_AT="+strconv.Itoa(at))
		out, err := child.CombinedOutput()
		if s, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
			t.Fatalf("the child at %d was not killed: %v\n%s", at, err, out)
		}
		g := newRig(t)
		g.state, g.gw.file = state, filepath.Join(state, "gateway.json")
		g.pass(15 * time.Minute) // about when the child died, on its own clock
		g.fresh(nil)
		if locks := g.r.Book().Locks; len(locks) != 0 {
			t.Fatalf("killed at %d: the dead process still holds %+v", at, locks)
		}
		before := g.gw.now()
		if !before.Equal(path[0]) {
			g.gw.writes = append(g.gw.writes, before)
		}
		book := g.r.Book()
		if open := book.Open(); len(open) > 0 && open[0].Step == 0 {
			// Nothing was written and the plan grew old: it must say so and close.
			if err := g.r.Resume(open[0].ID); fleet.KindOf(err) != fleet.KindConflict || !g.gw.now().Equal(path[0]) {
				t.Fatalf("killed at %d: %v", at, err)
			}
			continue
		}
		aftermath(t, g, at, at%2 == 0)
	}
}
