package runner

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// kept is what an alerting system has on its disk.
type kept struct {
	List  []fleet.Silence
	Posts int
	Ended []string
}

func (a *alerting) save() {
	if a.file == "" {
		return
	}
	b, err := json.Marshal(kept{a.list, a.posts, a.ended})
	if err == nil {
		err = os.WriteFile(a.file+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(a.file+".new", a.file)
	}
	if err != nil {
		panic(err)
	}
}

func (a *alerting) load() {
	var k kept
	b, err := os.ReadFile(a.file)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		panic(err)
	}
	a.list, a.posts, a.ended = k.List, k.Posts, k.Ended
}

// TestErrandKilledChild is the process that TestAnErrandKilledByTheKernel kills; alone it does nothing.
func TestErrandKilledChild(t *testing.T) {
	state := os.Getenv("RUNNER_ERRAND")
	if state == "" {
		t.Skip("it is the child of another test")
	}
	at, err := strconv.Atoi(os.Getenv("RUNNER_ERRAND_AT"))
	if err != nil {
		t.Fatal(err)
	}
	g, a := errandRigIn(t, state)
	a.file = filepath.Join(state, "alerting.json")
	n := 0
	g.fresh(func(o *Options, j *journal.Options) {
		j.Write = nil // with fsync
		o.Silencers = func(fleet.SourceID) (fleet.Silencer, bool) { return a, true }
		o.Probe = func(string) {
			if n++; n == at {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	})
	g.tellErrand(g.silencePlan(), func() bool { return false })
}

func TestAnErrandKilledByTheKernel(t *testing.T) {
	count := &killer{}
	g, a := errandRig(t)
	g.arm(a, count.probe)
	g.tellErrand(g.silencePlan(), count.dead)
	for at := 1; at <= count.n; at++ {
		state := stateDir(t)
		child := exec.Command(os.Args[0], "-test.run=^TestErrandKilledChild$")
		child.Env = append(os.Environ(), "RUNNER_ERRAND="+state, "RUNNER_ERRAND_AT="+strconv.Itoa(at))
		out, err := child.CombinedOutput()
		if s, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
			t.Fatalf("the child at %d was not killed: %v\n%s", at, err, out)
		}
		g, a := errandRig(t)
		g.state, a.file = state, filepath.Join(state, "alerting.json")
		a.load()
		g.arm(a, nil)
		if locks := g.r.Book().Locks; len(locks) != 0 {
			t.Fatalf("killed at %d: the dead process still holds %+v", at, locks)
		}
		afterErrand(t, g, a, actions.KindSilence, at%2 == 0)
	}
}
