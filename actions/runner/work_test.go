package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// cluster is one Deployment with its controller: it replaces a replica at each look, while it is not paused.
type cluster struct {
	mu      sync.Mutex
	clock   fleet.Clock
	fields  map[string]string
	updated int
	ready   int
	writes  []string // paths in the order in which they were set
	dry     int
	gone    bool
	broken  bool // new replicas never become ready
	fail    func(w fleet.ObjectWrite) (applied bool, err error)
	refuse  error // of dry runs
	pods    map[string]bool
	ending  map[string]int // how often each evicted pod was looked at
	blocked int            // evictions that a budget refuses
	takes   func()         // what its controller does at once with a write
	blind   int            // looks for which its controller has not seen the newest write
	weights []string       // digests that new replicas publish, by their order
	tells   func(*fleet.Rollout)
}

const replicas = 4

func newCluster(clock fleet.Clock) *cluster {
	return &cluster{clock: clock, fields: map[string]string{"/image": `"v1"`}, updated: replicas, ready: replicas,
		pods: map[string]bool{"p1": true, "p2": true}, ending: map[string]int{}}
}

func (c *cluster) Rollout(context.Context, fleet.ObjectRef) (fleet.Rollout, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return fleet.Rollout{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read"}
	}
	if c.blind > 0 {
		c.blind--
		return fleet.Rollout{Object: object, Desired: replicas, Updated: replicas, UpdatedReady: replicas, Phase: fleet.RolloutUnseen}, nil
	}
	if c.fields["/paused"] != "true" && c.updated < replicas && (c.ready == c.updated || !c.broken) {
		c.updated++
	}
	if !c.broken {
		c.ready = c.updated
	}
	r := fleet.Rollout{Object: object, Desired: replicas, Updated: c.updated, UpdatedReady: c.ready, Phase: fleet.RolloutMoving,
		Why: fleet.Textf("%s of 4 updated", fleet.Int(c.updated))}
	for i, digest := range c.weights[:min(c.updated, len(c.weights))] {
		r.Manifests = append(r.Manifests, fleet.PodManifest{Pod: fmt.Sprintf("n%d", i), Updated: true, Digest: fleet.Label(digest)})
	}
	for i := range replicas {
		if i < c.updated {
			r.UpdatedPods = append(r.UpdatedPods, fmt.Sprintf("n%d", i))
		} else {
			r.OldPods = append(r.OldPods, fmt.Sprintf("o%d", i))
		}
	}
	switch {
	case c.broken && c.ready < c.updated:
		r.Phase, r.Never, r.Why = fleet.RolloutFailed, true, fleet.Text("p9 crashes: exit code 1")
	case c.fields["/paused"] == "true":
		r.Phase = fleet.RolloutPaused
	case c.updated == replicas:
		r.Phase, r.Why = fleet.RolloutDone, fleet.Safe{}
	}
	if c.tells != nil {
		c.tells(&r)
	}
	return r, nil
}

func (c *cluster) Draft(context.Context, fleet.Rollout, fleet.Want) (fleet.Draft, error) {
	return fleet.Draft{}, &fleet.Error{Kind: fleet.KindUnsupported, Op: "draft"}
}

func (c *cluster) May(context.Context, fleet.ObjectWrite) error { return nil }

func (c *cluster) Stand(_ context.Context, w fleet.ObjectWrite) (fleet.Standing, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stand(w), nil
}

func (c *cluster) stand(w fleet.ObjectWrite) fleet.Standing {
	if w.Verb == fleet.WriteEvict {
		if c.pods[w.Object.Name] {
			return fleet.StandsBefore
		}
		if c.ending[w.Object.Name]++; c.ending[w.Object.Name] < 4 {
			return fleet.StandsAfter // it takes its time to end
		}
		return fleet.StandsGone
	}
	if c.gone {
		return fleet.StandsGone
	}
	before, after := true, true
	for _, f := range w.Fields {
		now := fleet.JSON(c.fields[f.Path])
		before, after = before && now.Equal(f.Before), after && now.Equal(f.After)
	}
	switch {
	case after:
		return fleet.StandsAfter
	case before:
		return fleet.StandsBefore
	}
	return fleet.StandsForeign
}

func (c *cluster) Write(_ context.Context, w fleet.ObjectWrite, _ string, dry bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if dry {
		c.dry++
		if c.refuse == nil && w.Verb == fleet.WriteSet && c.stand(w) == fleet.StandsForeign {
			return &fleet.Error{Kind: fleet.KindConflict, Op: "write", Err: fmt.Errorf("it is %s; set by kubectl", c.fields[w.Fields[0].Path])}
		}
		return c.refuse
	}
	if w.Verb == fleet.WriteEvict {
		if c.blocked > 0 {
			c.blocked--
			return &fleet.Error{Kind: fleet.KindBlocked, Op: "evict", Err: fmt.Errorf("budget llm allows 0")}
		}
		delete(c.pods, w.Object.Name)
		c.writes = append(c.writes, "evict "+w.Object.Name)
		return nil
	}
	if c.stand(w) != fleet.StandsBefore {
		return &fleet.Error{Kind: fleet.KindConflict, Op: "write"}
	}
	applied, err := true, error(nil)
	if c.fail != nil {
		applied, err = c.fail(w)
	}
	if !applied {
		return err
	}
	for _, f := range w.Fields {
		if f.Before.Equal(f.After) {
			continue
		}
		c.writes = append(c.writes, f.Path+"="+string(f.After))
		if f.Path == "/image" {
			c.updated, c.ready = 0, 0
		}
		if len(f.After) == 0 {
			delete(c.fields, f.Path)
		} else {
			c.fields[f.Path] = string(f.After)
		}
	}
	if c.takes != nil {
		c.takes()
	}
	return err
}

// now tells what a field holds and which writes were made.
func (c *cluster) now(path string) (string, []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fields[path], slices.Clone(c.writes)
}

func (c *cluster) turn(knob func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	knob()
}

var object = fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "llama"}

func field(path, before, after string) fleet.Field {
	return fleet.Field{Path: path, Before: fleet.JSON(before), After: fleet.JSON(after)}
}

func setting(fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: object, Verb: fleet.WriteSet, Fields: fields, Text: fleet.Text("image v1 -> v2")}
}

// canaryDraft is an upgrade by pausing: one replica, then the rest.
func canaryDraft() fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{
		{Text: fleet.Text("1 of 4"), Writes: []fleet.ObjectWrite{setting(field("/image", `"v1"`, `"v2"`), field("/surge", "", "1"))},
			Until: fleet.Until{Updated: 1, Ready: 1}, Canary: true, Then: []fleet.ObjectWrite{setting(field("/paused", "", "true"))}},
		{Text: fleet.Text("all"), Writes: []fleet.ObjectWrite{setting(field("/paused", "true", ""), field("/surge", "1", ""))},
			Until: fleet.Until{Done: true}},
	}}
}

func drainDraft() fleet.Draft {
	evict := func(pod string) fleet.Stage {
		o := object
		o.Kind, o.Name = "Pod", pod
		return fleet.Stage{Text: fleet.Concat(fleet.Text("evict "), fleet.Label(pod)),
			Writes: []fleet.ObjectWrite{{Object: o, Verb: fleet.WriteEvict}}, Until: fleet.Until{Gone: true}}
	}
	return fleet.Draft{Stages: []fleet.Stage{{Text: fleet.Text("cordon"), Writes: []fleet.ObjectWrite{setting(field("/unschedulable", "", "true"))}},
		evict("p1"), evict("p2")}}
}

// workRig is a runner with a cluster.
func workRig(t *testing.T) (*rig, *cluster) {
	g := newRig(t)
	c := newCluster(g.clock)
	g.armWork(c, nil)
	return g, c
}

func (g *rig) armWork(c *cluster, probe func(string)) {
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Works = func(id fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) { return c, c, id == "east" }
		o.Probe = probe
	})
}

func (g *rig) workPlan(kind actions.Kind, d fleet.Draft) actions.Plan {
	g.t.Helper()
	in := actions.Intent{Kind: kind, Soak: 20 * time.Second, Work: &actions.WorkIntent{Object: object, Hold: 20 * time.Second, ByReadiness: true}}
	was := fleet.Rollout{Object: object, Desired: replicas, Phase: fleet.RolloutDone}
	p, err := plan.Work(in, was, d, nil, &fleet.Snapshot{Env: fleet.EnvDev, Mode: fleet.ModeLive, At: g.clock.Now()}, g.clock.Now())
	if err != nil {
		g.t.Fatal(err)
	}
	return p
}

func (g *rig) startWork(kind actions.Kind, d fleet.Draft) fleet.ChangeID {
	g.t.Helper()
	id, err := g.r.Start(g.workPlan(kind, d), actions.Approval{})
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

func TestAnUpgradeGoesByCanary(t *testing.T) {
	g, c := workRig(t)
	id := g.startWork(actions.KindUpgrade, canaryDraft())
	g.until(id, func(ch actions.Change) bool {
		return ch.Step == 1 && len(ch.Steps) == 1 && !ch.Steps[0].Verified.IsZero()
	})
	if paused, _ := c.now("/paused"); paused != "true" {
		t.Error("the canary is not paused")
	}
	end := g.until(id, in(actions.StateCommitted))
	image, writes := c.now("/image")
	want := []string{`/image="v2"`, "/surge=1", "/paused=true", "/paused=", "/surge="}
	if image != `"v2"` || !slices.Equal(writes, want) || c.dry != 3 {
		t.Errorf("%s, writes %q, %d rehearsals; %s", image, writes, c.dry, end.Why)
	}
	g.sound()
}

func TestAnUpgradeIsTakenBackAndUndone(t *testing.T) {
	g, c := workRig(t)
	id := g.startWork(actions.KindUpgrade, canaryDraft())
	g.until(id, func(ch actions.Change) bool { return len(ch.Steps) == 1 && !ch.Steps[0].Verified.IsZero() })
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateRolledBack))
	if fields, _ := json.Marshal(c.fields); string(fields) != `{"/image":"\"v1\""}` {
		t.Errorf("it holds %s", fields)
	}
	again := g.startWork(actions.KindUpgrade, canaryDraft())
	done := g.until(again, in(actions.StateCommitted))
	back, err := plan.Restore(&done)
	if err != nil {
		t.Fatal(err)
	}
	undo := g.startWork(actions.KindRestore, back)
	g.until(undo, in(actions.StateCommitted))
	if fields, _ := json.Marshal(c.fields); string(fields) != `{"/image":"\"v1\""}` {
		t.Errorf("undone, it holds %s", fields)
	}
	g.sound()
}

// A controller that is slow still counts all replicas as those of its newest version: paused then, no part would be made.
func TestWhatFollowsWaitsUntilTheWriteIsSeen(t *testing.T) {
	g, c := workRig(t)
	c.takes = func() {
		if c.fields["/paused"] == "" {
			c.blind = 3
		} else if c.updated == 0 {
			t.Errorf("paused before the part was made: %q", c.writes)
		}
	}
	id := g.startWork(actions.KindUpgrade, canaryDraft())
	g.until(id, in(actions.StateCommitted))
	g.sound()
}

func TestACanaryThatNeverServesIsTakenBack(t *testing.T) {
	g, c := workRig(t)
	c.broken = true
	id := g.startWork(actions.KindUpgrade, canaryDraft())
	back := g.until(id, in(actions.StateRollingBack))
	if !strings.Contains(back.Why.String(), "p9 crashes: exit code 1") {
		t.Error(back.Why)
	}
	c.turn(func() { c.broken = false })
	end := g.until(id, in(actions.StateRolledBack))
	if why := end.Why.String(); !strings.HasPrefix(why, "rolled back: it is as it was before (") || !strings.Contains(why, "p9 crashes: exit code 1") {
		t.Errorf("the journal does not keep why it was taken back: %s", why)
	}
	if image, _ := c.now("/image"); image != `"v1"` {
		t.Error(image)
	}
	g.sound()
}

// What new replicas publish of their weights is read again while they come: two models under one name are not left there.
func TestNewReplicasWithOtherWeightsAreTakenBack(t *testing.T) {
	g, c := workRig(t)
	c.weights = []string{"sha256:a", "sha256:a", "", "sha256:b"}
	id := g.startWork(actions.KindUpgrade, canaryDraft())
	g.until(id, func(ch actions.Change) bool { return ch.Step == 2 })
	g.until(id, in(actions.StateRolledBack))
	said := "rolling back: the new replicas do not serve the same model: n3 loaded weights sha256:b, n0 loaded sha256:a"
	files, _ := filepath.Glob(filepath.Join(g.state, "journal", "*"))
	if !slices.ContainsFunc(files, func(name string) bool {
		body, err := os.ReadFile(name)
		return err == nil && strings.Contains(string(body), said)
	}) {
		t.Errorf("none of %q says %q", files, said)
	}
	if image, _ := c.now("/image"); image != `"v1"` {
		t.Error(image)
	}
	g.sound()
	r := fleet.Rollout{Now: fleet.Version{Manifest: fleet.Text("sha256:a")}, Manifests: []fleet.PodManifest{{Pod: "old", Digest: fleet.Text("sha256:b")},
		{Pod: "n0", Updated: true}, {Pod: "n1", Updated: true, Digest: fleet.Text("sha256:a")}}}
	if why := otherWeights(&r); !why.IsEmpty() {
		t.Error(why)
	}
	r.Manifests = append(r.Manifests, fleet.PodManifest{Pod: "n2", Updated: true, Digest: fleet.Text("sha256:b")})
	if why := otherWeights(&r).String(); why != "n2 loaded weights sha256:b, the object asks for sha256:a" {
		t.Error(why)
	}
}

func TestWithoutFiguresACanaryWaitsForAPerson(t *testing.T) {
	g, c := workRig(t)
	p := g.workPlan(actions.KindUpgrade, canaryDraft())
	p.Intent.Work.ByReadiness = false
	id, err := g.r.Start(p, actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	held := g.until(id, in(actions.StateHeld))
	if !strings.Contains(held.Why.String(), "no replica of the new version is read") {
		t.Error(held.Why)
	}
	g.pass(time.Hour)
	if image, w := c.now("/paused"); image != "true" {
		t.Errorf("it went on by itself: %q", w)
	}
	if err := g.r.NextNow(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateCommitted))
}

func TestSomebodyElseEditsInMidRoll(t *testing.T) {
	g, c := workRig(t)
	id := g.startWork(actions.KindUpgrade, canaryDraft())
	g.until(id, func(ch actions.Change) bool { return len(ch.Steps) == 1 && !ch.Steps[0].Verified.IsZero() })
	c.turn(func() { c.fields["/surge"] = "3" })
	end := g.until(id, in(actions.StateUnknown))
	const threeWay = `"/surge" was (absent), meant 1; it is 3; set by kubectl`
	if surge, writes := c.now("/surge"); surge != "3" || len(writes) != 3 || !strings.Contains(end.Why.String(), "somebody else changed it") ||
		!strings.Contains(strings.ReplaceAll(end.Why.String(), `"/surge"`, "/surge"), strings.ReplaceAll(threeWay, `"/surge"`, "/surge")) {
		t.Errorf("%s, %q, %s", surge, writes, end.Why)
	}
	g.sound()
}

func TestAnObjectDeletedInMidRoll(t *testing.T) {
	g, c := workRig(t)
	id := g.startWork(actions.KindUpgrade, canaryDraft())
	g.until(id, func(ch actions.Change) bool { return len(ch.Steps) == 1 && !ch.Steps[0].Verified.IsZero() })
	c.turn(func() { c.gone = true })
	if end := g.until(id, in(actions.StateUnknown)); !strings.Contains(end.Why.String(), "not there any more") {
		t.Error(end.Why)
	}
}

func TestTheServerRefusesTheRehearsal(t *testing.T) {
	g, c := workRig(t)
	c.refuse = &fleet.Error{Kind: fleet.KindInvalid, Op: "write", Err: fmt.Errorf("webhook says no")}
	if _, err := g.r.Start(g.workPlan(actions.KindUpgrade, canaryDraft()), actions.Approval{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Error(err)
	}
	if _, w := c.now(""); len(w) > 0 || len(g.r.Book().Changes) != 0 {
		t.Errorf("written: %q", w)
	}
}

func TestADrainWaitsForItsBudgets(t *testing.T) {
	g, c := workRig(t)
	c.blocked = 3
	id := g.startWork(actions.KindDrain, drainDraft())
	g.until(id, in(actions.StateCommitted))
	if _, w := c.now(""); !slices.Equal(w, []string{"/unschedulable=true", "evict p1", "evict p2"}) {
		t.Errorf("%q", w)
	}
	g.sound()
}

func TestADrainThatNoBudgetAllowsIsHeldAndGivenUp(t *testing.T) {
	g, c := workRig(t)
	c.blocked = 1 << 30
	id := g.startWork(actions.KindDrain, drainDraft())
	held := g.until(id, in(actions.StateHeld))
	if !strings.Contains(held.Why.String(), "budget llm allows 0") {
		t.Error(held.Why)
	}
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateRolledBack))
	if v, _ := c.now("/unschedulable"); v != "" {
		t.Error("the node stays cordoned")
	}
}

func TestWhatBecomesOfAFailedStage(t *testing.T) {
	for _, x := range []struct {
		name    string
		kind    fleet.Kind
		applied bool
		times   int
		end     actions.State
	}{
		{"the answer is lost", fleet.KindTimeout, true, 1, actions.StateCommitted},
		{"it fails once", fleet.KindServer, false, 1, actions.StateCommitted},
		{"it is refused", fleet.KindAuth, false, 99, actions.StateAborted},
	} {
		t.Run(x.name, func(t *testing.T) {
			g, c := workRig(t)
			n := 0
			c.fail = func(fleet.ObjectWrite) (bool, error) {
				if n++; n > x.times {
					return true, nil
				}
				return x.applied, &fleet.Error{Kind: x.kind, Op: "write"}
			}
			id := g.startWork(actions.KindUpgrade, canaryDraft())
			end := g.until(id, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
			if end.State != x.end {
				t.Errorf("%s: %s", end.State, end.Why)
			}
			g.sound()
		})
	}
}

// TestAnUpgradeKilledAtAnyPoint kills the process between any two of its steps, and lets a fresh one go on, or go back.
func TestAnUpgradeKilledAtAnyPoint(t *testing.T) {
	for _, kind := range []actions.Kind{actions.KindUpgrade, actions.KindDrain} {
		draft := canaryDraft
		if kind == actions.KindDrain {
			draft = drainDraft
		}
		eachDeath(t, string(kind), 20, func(t *testing.T, k *killer) func(bool) {
			g := newRig(t)
			c := newCluster(g.clock)
			g.armWork(c, k.probe)
			g.tellErrand(g.workPlan(kind, draft()), k.dead)
			return func(undo bool) {
				g.armWork(c, nil)
				afterWork(t, g, c, kind, undo)
			}
		})
	}
}

// afterWork lets a fresh process find what the dead one left: the object is either as before or as planned.
func afterWork(t *testing.T, g *rig, c *cluster, kind actions.Kind, undo bool) {
	t.Helper()
	open := g.takeUp(undo)
	book := g.r.Book()
	done := len(book.Changes) > 0 && book.Changes[0].State == actions.StateCommitted
	fields, _ := json.Marshal(c.fields)
	want := `{"/image":"\"v1\""}`
	switch {
	case done && kind == actions.KindUpgrade:
		want = `{"/image":"\"v2\""}`
	case done:
		want = `{"/image":"\"v1\"","/unschedulable":"true"}`
	}
	if string(fields) != want {
		t.Fatalf("done %v, it holds %s", done, fields)
	}
	if open && done == undo {
		t.Fatalf("undo %v: %s (%s)", undo, book.Changes[0].State, book.Changes[0].Why)
	}
	seen := map[string]int{}
	for _, w := range c.writes {
		if seen[w]++; !undo && seen[w] > 1 {
			t.Fatalf("written twice: %q", c.writes)
		}
	}
	if open && len(book.Locks) != 0 {
		t.Fatalf("still locked: %+v", book.Locks)
	}
	g.sound()
}
