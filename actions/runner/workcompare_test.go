package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// figures are what each replica of one version says of its requests.
type figures struct {
	rate   fleet.Rate // requests a second
	errors fleet.Ratio
	ttft   fleet.Maybe[fleet.Seconds]
	state  fleet.State
}

func fine() figures {
	return figures{rate: 20, errors: 0.01, ttft: fleet.Some(fleet.Seconds(1)), state: fleet.StateOK}
}

// compared is a rig on which old and new replicas are read, and an upgrade by canary that goes by what they say.
type compared struct {
	*rig
	c  *cluster
	mu sync.Mutex
	of func(now time.Time) figures // what the new ones say
}

func newCompared(t *testing.T, of func(time.Time) figures) *compared {
	g := newRig(t)
	x := &compared{rig: g, c: newCluster(g.clock), of: of}
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Works = func(fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) { return x.c, x.c, true }
		o.Latest = x.read
	})
	return x
}

func (x *compared) read() *fleet.Snapshot {
	x.mu.Lock()
	defer x.mu.Unlock()
	s, now := x.snapshot(), x.clock.Now()
	pool := fleet.Pool{Spec: fleet.PoolSpec{ID: "llama"}}
	for version, f := range map[string]figures{"n": x.of(now), "o": fine()} {
		for i := range replicas {
			name := fmt.Sprintf("%s%d", version, i)
			id := fleet.ReplicaID(name)
			pool.Spec.Replicas = append(pool.Spec.Replicas, fleet.ReplicaSpec{ID: id,
				Pod: fleet.ObjectRef{Cluster: object.Cluster, Kind: "Pod", Namespace: object.Namespace, Name: name}})
			pool.Replicas = append(pool.Replicas, fleet.Replica{ID: id, State: f.state, Load: fleet.Load{At: now, Requests: fleet.Some(f.rate),
				Errors: fleet.Some(f.errors), TTFT95: f.ttft, ITL95: fleet.Some(fleet.Seconds(0.1)), OutputMean: fleet.Some(fleet.Tokens(100))}})
		}
	}
	s.Pools = []fleet.Pool{pool}
	return s
}

func (x *compared) begin() fleet.ChangeID {
	x.t.Helper()
	p := x.workPlan(actions.KindUpgrade, canaryDraft())
	p.Intent.Work.ByReadiness = false
	id, err := x.r.Start(p, actions.Approval{})
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

// said tells whether the journal has a text.
func (x *compared) said(text string) bool {
	files, _ := filepath.Glob(filepath.Join(x.state, "journal", "*"))
	for _, name := range files {
		if body, err := os.ReadFile(name); err == nil && strings.Contains(string(body), text) {
			return true
		}
	}
	return false
}

// Old and new are compared over the same minutes: what is as good goes on by itself, what is worse for a minute is taken back.
func TestANewVersionIsComparedWithTheOldOneBesideIt(t *testing.T) {
	worse := func(change func(*figures)) func(time.Time) figures {
		return func(time.Time) figures {
			f := fine()
			change(&f)
			return f
		}
	}
	for _, x := range []struct {
		name string
		of   func(time.Time) figures
		end  actions.State
		says string
	}{
		{"as good", worse(func(*figures) {}), actions.StateCommitted, ""},
		{"more errors", worse(func(f *figures) { f.errors = 0.02 }), actions.StateRolledBack, "the new version is worse: err% is 2.00, the old version's 1.00, limit 1.50"},
		{"slower", worse(func(f *figures) { f.ttft = fleet.Some(fleet.Seconds(1.3)) }), actions.StateRolledBack, "the new version is worse: ttft95 is 1.3s, the old version's"},
		{"slower than that for a moment", func(now time.Time) figures {
			f := fine()
			if now.Sub(start) < 30*time.Second {
				f.ttft = fleet.Some(fleet.Seconds(9))
			}
			return f
		}, actions.StateCommitted, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newCompared(t, x.of)
			id := g.begin()
			end := g.until(id, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
			want := map[actions.State]string{actions.StateCommitted: `"v2"`, actions.StateRolledBack: `"v1"`}[x.end]
			if image, _ := g.c.now("/image"); end.State != x.end || image != want || !g.said(x.says) {
				t.Errorf("%s with %s: %s; said %q: %v", end.State, image, end.Why, x.says, g.said(x.says))
			}
			g.sound()
		})
	}
}

// What is not known promotes nothing: it waits, for as long as it takes, until a person wants the next stage.
func TestWhatCannotBeComparedIsNotPromoted(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*figures)
		why    string
	}{
		"too few requests":  {func(f *figures) { f.rate = 0.01 }, "requests, fewer than 200"},
		"no figure of one":  {func(f *figures) { f.ttft = fleet.None[fleet.Seconds]() }, "first-token times of one version are not read"},
		"replicas not read": {func(f *figures) { f.state = fleet.StateStale }, "no replica of the new version is read"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fine()
			x.change(&f)
			g := newCompared(t, func(time.Time) figures { return f })
			id := g.begin()
			held := g.until(id, in(actions.StateHeld))
			if !strings.Contains(held.Why.String(), x.why) {
				t.Errorf("it waits for %s", held.Why)
			}
			g.pass(20 * time.Minute)
			if c := g.change(id); c.State != actions.StateHeld || c.Step != 1 {
				t.Fatalf("twenty minutes later it is %s at stage %d", c.State, c.Step)
			}
			if err := g.r.NextNow(id); err != nil {
				t.Fatal(err)
			}
			g.until(id, in(actions.StateCommitted))
			g.sound()
		})
	}
}

// The limits of change-safety: half a point or half of the errors, a fifth, 15 % and 15 %.
func TestHowMuchWorseANewVersionMayBe(t *testing.T) {
	load := func(errors, ttft, itl, output float64) versionLoad {
		return versionLoad{replicas: 1, errors: fleet.Some(fleet.Ratio(errors)), ttft: fleet.Some(fleet.Seconds(ttft)), itl: fleet.Some(fleet.Seconds(itl)),
			output: fleet.Some(fleet.Tokens(output))}
	}
	for _, x := range []struct {
		old, fresh versionLoad
		breaks     string
	}{
		{load(0, 1, 1, 100), load(0.005, 1.2, 1.15, 114), ""},
		{load(0, 1, 1, 100), load(0.0051, 1, 1, 100), "err%"},
		{load(0.02, 1, 1, 100), load(0.03, 1, 1, 100), ""},
		{load(0.02, 1, 1, 100), load(0.031, 1, 1, 100), "err%"},
		{load(0, 1, 1, 100), load(0, 1.21, 1, 100), "ttft95"},
		{load(0, 1, 1, 100), load(0, 1, 1.16, 100), "itl95"},
		{load(0, 1, 1, 100), load(0, 1, 1, 116), "output"},
		{load(0, 1, 1, 100), load(0, 1, 1, 84), "output"},
		{load(0, 1, 1, 100), load(0, 0.1, 0.1, 86), ""},
	} {
		limits := versionLimits(&x.old, &x.fresh)
		if broken := brokenLimits(limits).String(); len(limits) != 4 || (broken == "") != (x.breaks == "") || !strings.HasPrefix(broken, x.breaks) {
			t.Errorf("%+v beside %+v: %q, wanted %q", x.fresh, x.old, broken, x.breaks)
		}
	}
	if limits := versionLimits(&versionLoad{replicas: 1}, &versionLoad{replicas: 1}); len(limits) != 0 {
		t.Errorf("of nothing known: %+v", limits)
	}
}
