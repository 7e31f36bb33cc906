package runner

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// alerting is an alerting system: silences have new IDs, and end.
type alerting struct {
	mu     sync.Mutex
	clock  fleet.Clock
	list   []fleet.Silence
	posts  int
	ended  []string
	fail   func(post int) (applied bool, err error)
	silent bool
	hides  int
	file   string // where it lives when it must outlive the process
}

func (a *alerting) Matching(context.Context, []fleet.Matcher) ([]fleet.OutsideAlert, error) {
	return make([]fleet.OutsideAlert, a.hides), nil
}

func (a *alerting) Silence(_ context.Context, s fleet.Silence) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.posts++
	applied, err := true, error(nil)
	if a.fail != nil {
		applied, err = a.fail(a.posts)
	}
	if !applied {
		return "", err
	}
	s.ID = fmt.Sprintf("s-%d", a.posts)
	a.list = append(a.list, s)
	a.save()
	if err != nil {
		return "", err
	}
	return s.ID, nil
}

func (a *alerting) Silences(context.Context) ([]fleet.Silence, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.silent {
		return nil, &fleet.Error{Kind: fleet.KindUnreachable, Op: "list silences"}
	}
	return a.now(), nil
}

// hush makes the system answer nothing, or lets it answer again, whoever is asking.
func (a *alerting) hush(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.silent = on
}

func (a *alerting) now() []fleet.Silence {
	var out []fleet.Silence
	for _, s := range a.list {
		if !slices.Contains(a.ended, s.ID) && s.Until.After(a.clock.Now()) {
			out = append(out, s)
		}
	}
	return out
}

func (a *alerting) active() []fleet.Silence {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now()
}

func (a *alerting) Find(_ context.Context, id string) (fleet.Silence, error) {
	for _, s := range a.active() {
		if s.ID == id {
			return s, nil
		}
	}
	return fleet.Silence{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read the silence"}
}

func (a *alerting) Expire(_ context.Context, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = append(a.ended, id)
	a.save()
	return nil
}

// errandRig is a runner with an alerting system.
func errandRig(t *testing.T) (*rig, *alerting) { return errandRigIn(t, stateDir(t)) }

func errandRigIn(t *testing.T, state string) (*rig, *alerting) {
	g := newRigIn(t, state)
	a := &alerting{clock: g.clock, hides: 2}
	return g, a
}

// arm puts a new process on the rig that may write silences.
func (g *rig) arm(a *alerting, probe func(string)) {
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Silencers = func(id fleet.SourceID) (fleet.Silencer, bool) { return a, id == "am" }
		o.Probe = probe
	})
}

var downMatchers = []fleet.Matcher{{Name: "alertname", Value: "Down"}}

func (g *rig) silencePlan() actions.Plan {
	until := g.clock.Now().Add(time.Hour)
	return actions.Plan{Format: 1, Digest: "51e0ce00", Created: g.clock.Now(), Env: fleet.EnvDev, AfterHash: "a",
		Intent: actions.Intent{Kind: actions.KindSilence, Silence: &actions.SilenceIntent{Source: "am", Matchers: downMatchers}},
		Steps:  []actions.Step{{N: 1, AfterHash: "a"}},
		Silence: &actions.SilencePlan{Source: "am", Hides: 2, Worst: fleet.LevelWarn,
			Silence: fleet.Silence{Matchers: downMatchers, From: g.clock.Now(), Until: until, By: "mara", Comment: "disk swap"}}}
}

func (g *rig) expirePlan(id string) actions.Plan {
	p := g.silencePlan()
	p.Intent = actions.Intent{Kind: actions.KindExpire, Silence: &actions.SilenceIntent{Source: "am", ID: id}}
	p.Digest, p.Silence.Silence.ID = "e001e000", id
	return p
}

func TestASilenceIsWrittenReadBackAndClosed(t *testing.T) {
	g, a := errandRig(t)
	g.arm(a, nil)
	id, err := g.r.Start(g.silencePlan(), actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	c := g.until(id, in(actions.StateCommitted))
	list := a.active()
	if len(list) != 1 || list[0].Comment != "disk swap [pitwall "+string(id)+"]" || c.Steps[0].Silence != list[0].ID || c.Steps[0].Verified.IsZero() {
		t.Fatalf("holds %+v, the change says %+v", list, c.Steps)
	}
	if locks := g.r.Book().Locks; len(locks) != 0 {
		t.Errorf("still locked: %+v", locks)
	}
	end, err := g.r.Start(g.expirePlan(list[0].ID), actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	g.until(end, in(actions.StateCommitted))
	if left := a.active(); len(left) != 0 {
		t.Errorf("still there: %+v", left)
	}
	g.sound()
}

func TestAPlanThatWouldHideMoreIsStale(t *testing.T) {
	g, a := errandRig(t)
	g.arm(a, nil)
	a.hides = 3
	_, err := g.r.Start(g.silencePlan(), actions.Approval{})
	if fleet.KindOf(err) != fleet.KindConflict || a.posts != 0 || len(g.r.Book().Changes) != 0 {
		t.Errorf("%v, %d posts", err, a.posts)
	}
}

func TestWithoutSilencersNothingIsSilenced(t *testing.T) {
	g, _ := errandRig(t)
	g.fresh(nil)
	if _, err := g.r.Start(g.silencePlan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Error(err)
	}
}

func TestTwoSilencesOfOneSystemTakeTurns(t *testing.T) {
	g, a := errandRig(t)
	g.arm(a, nil)
	a.hush(true)
	id, err := g.r.Start(g.silencePlan(), actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.r.Start(g.silencePlan(), actions.Approval{}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("a second one began: %v", err)
	}
	a.hush(false)
	g.until(id, in(actions.StateCommitted))
}

func TestWhatBecomesOfAFailedWrite(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    fleet.Kind
		applied bool
		times   int
		end     actions.State
		posts   int
	}{
		{"the answer is lost", fleet.KindTimeout, true, 1, actions.StateCommitted, 1},
		{"it fails once", fleet.KindServer, false, 1, actions.StateCommitted, 2},
		{"it fails for good", fleet.KindServer, false, 9, actions.StateAborted, 3},
		{"it is refused", fleet.KindInvalid, false, 9, actions.StateAborted, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, a := errandRig(t)
			g.arm(a, nil)
			a.fail = func(post int) (bool, error) {
				if post > c.times {
					return true, nil
				}
				return c.applied, &fleet.Error{Kind: c.kind, Op: "silence"}
			}
			id, err := g.r.Start(g.silencePlan(), actions.Approval{})
			if err != nil {
				t.Fatal(err)
			}
			end := g.until(id, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
			want := 0
			if c.end == actions.StateCommitted {
				want = 1
			}
			if end.State != c.end || a.posts != c.posts || len(a.active()) != want {
				t.Errorf("%s (%s), %d posts, %d active", end.State, end.Why, a.posts, len(a.active()))
			}
			g.sound()
		})
	}
}

func TestAWriteThatArrivesTwiceLeavesOneSilence(t *testing.T) {
	g, a := errandRig(t)
	g.arm(a, nil)
	a.fail = func(post int) (bool, error) {
		if post == 1 {
			return false, &fleet.Error{Kind: fleet.KindTimeout, Op: "silence"}
		}
		late := a.list
		a.list = append(late, fleet.Silence{ID: "late", Until: g.clock.Now().Add(time.Hour),
			Comment: "disk swap [pitwall " + string(g.r.Book().Changes[0].ID) + "]"})
		return true, nil
	}
	id, err := g.r.Start(g.silencePlan(), actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateCommitted))
	if list := a.active(); len(list) != 1 {
		t.Errorf("%+v", list)
	}
}

// tellErrand lets an errand run to its end, or to its death.
func (g *rig) tellErrand(p actions.Plan, dead func() bool) {
	done := make(chan struct{})
	go func() { // a kill inside Start ends this goroutine
		defer close(done)
		if _, err := g.r.Start(p, actions.Approval{}); err != nil {
			g.t.Error(err)
		}
	}()
	<-done
	for range 60 {
		g.still()
		if book := g.r.Book(); dead() || len(book.Open()) == 0 {
			return
		}
		g.pass(2 * time.Second)
	}
	g.t.Error("the story has no end")
}

// TestAnErrandKilledAtAnyPoint kills the process between any two of its steps, and lets a fresh one go on, or go back.
func TestAnErrandKilledAtAnyPoint(t *testing.T) {
	for _, kind := range []actions.Kind{actions.KindSilence, actions.KindExpire} {
		plan := func(g *rig, a *alerting) actions.Plan {
			if kind == actions.KindSilence {
				return g.silencePlan()
			}
			a.list = []fleet.Silence{{ID: "old", Until: g.clock.Now().Add(time.Hour), Comment: "old"}}
			return g.expirePlan("old")
		}
		eachDeath(t, string(kind), 10, func(t *testing.T, k *killer) func(bool) {
			g, a := errandRig(t)
			g.arm(a, k.probe)
			g.tellErrand(plan(g, a), k.dead)
			return func(undo bool) {
				g.arm(a, nil)
				afterErrand(t, g, a, kind, undo)
			}
		})
	}
}

// afterErrand lets a fresh process find what the dead one left: no silence without a record, none twice.
func afterErrand(t *testing.T, g *rig, a *alerting, kind actions.Kind, undo bool) {
	t.Helper()
	open := g.takeUp(undo)
	book := g.r.Book()
	if kind == actions.KindExpire {
		done := len(book.Changes) > 0 && book.Changes[0].State == actions.StateCommitted
		if done != (len(a.active()) == 0) {
			t.Fatalf("changes %+v, active %+v", book.Changes, a.active())
		}
	} else {
		want := []string{}
		for _, c := range book.Changes {
			if c.State == actions.StateCommitted {
				want = append(want, c.Steps[0].Silence)
			}
		}
		var got []string
		for _, s := range a.active() {
			got = append(got, s.ID)
		}
		if !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Fatalf("the journal knows of %q, the system holds %q", want, got)
		}
		if undo && open && len(got) != 0 {
			t.Fatalf("rolled back and still there: %q", got)
		}
		if !undo && open && len(got) != 1 {
			t.Fatalf("resumed and not there: %s", book.Changes[0].Why)
		}
		if a.posts > 1 {
			t.Fatalf("written %d times", a.posts)
		}
	}
	if open && len(book.Locks) != 0 {
		t.Fatalf("still locked: %+v", book.Locks)
	}
	g.sound()
}

func TestASilenceThatSomebodyEndedIsSaid(t *testing.T) {
	g, a := errandRig(t)
	g.arm(a, func(point string) {
		if point == "after write 1" {
			a.ended = append(a.ended, "s-1")
		}
	})
	id, err := g.r.Start(g.silencePlan(), actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	if c := g.until(id, in(actions.StateUnknown)); !strings.Contains(c.Why.String(), "somebody else ended it") {
		t.Error(c.Why)
	}
}

func TestASilenceWhoseTimeIsOverIsNotWrittenAgain(t *testing.T) {
	g, a := errandRig(t)
	died := false
	g.arm(a, func(point string) {
		if died = point == "before write 1"; died {
			runtime.Goexit()
		}
	})
	g.tellErrand(g.silencePlan(), func() bool { return died })
	g.pass(2 * time.Hour)
	g.arm(a, nil)
	open := g.r.Book().Changes[0]
	if err := g.r.Resume(open.ID); err != nil {
		t.Fatal(err)
	}
	if c := g.until(open.ID, in(actions.StateAborted)); a.posts != 0 {
		t.Errorf("%s: %d posts", c.Why, a.posts)
	}
}
