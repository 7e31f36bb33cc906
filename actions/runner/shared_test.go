package runner

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/actions/plan"
	"pitwall/actions/shared/sharedtest"
	"pitwall/fleet"
)

const sharedLock = "Deployment llm/llama"

// bastion puts a runner of another machine on a rig: its own state directory, the same cluster.
func (g *rig) bastion(name string, c *cluster, s *sharedtest.Cluster, probe func(string)) *rig {
	g.t.Helper()
	other := *g
	if name != "a" {
		other.state = filepath.Join(g.state, name)
	}
	other.fresh(func(o *Options, _ *journal.Options) {
		o.Works = func(id fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) { return c, c, id == "east" }
		o.Sharers = func(id fleet.ClusterID) (fleet.SharedWriter, bool) { return s, id == "east" }
		o.Shared = map[fleet.ClusterID]fleet.SharedReader{"east": s}
		o.Digest = plan.Digest
		o.Probe = probe
		o.Actor.Host = "bastion-" + name
	})
	other.r.host = "bastion-" + name
	return &other
}

// sharing is a runner whose cluster is shared.
func sharing(t *testing.T) (*rig, *cluster, *sharedtest.Cluster) {
	g := newRig(t)
	c, s := newCluster(g.clock), sharedtest.New()
	return g.bastion("a", c, s, nil), c, s
}

// acting does something that waits for time to go by, from the first question about the shared lock on.
func (g *rig) acting(s *sharedtest.Cluster, do func() error) error {
	g.t.Helper()
	hold := g.clock.Task()
	free := sync.OnceFunc(hold.Done)
	s.SetFail(func(op string) error {
		if op == "lock" {
			free()
		}
		return nil
	})
	done := make(chan error, 1)
	go func() {
		defer free()
		done <- do()
	}()
	for range 600 {
		g.still()
		select {
		case err := <-done:
			s.SetFail(nil)
			return err
		default:
			g.pass(time.Second)
		}
	}
	g.t.Fatal("ten minutes later it waits still")
	return nil
}

// copied waits until the copies of all carried changes were tried.
func (g *rig) copied() {
	for _, k := range g.r.carriers() {
		k.copies.settle()
	}
}

func (g *rig) look() actions.Book {
	g.t.Helper()
	g.r.Look(g.t.Context())
	return g.r.Book()
}

func holderOf(s *sharedtest.Cluster) fleet.LockHolder {
	list, _ := s.Locks(nil) //nolint:staticcheck // it looks at no context
	for _, l := range list {
		if l.Name == sharedLock {
			return l.Holder
		}
	}
	return fleet.LockHolder{}
}

func copyOf(t *testing.T, s *sharedtest.Cluster, id fleet.ChangeID) fleet.ChangeCopy {
	t.Helper()
	c, err := s.Copy(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verifiedOnce(c actions.Change) bool { return len(c.Steps) == 1 && !c.Steps[0].Verified.IsZero() }

func TestAColleagueSeesAnOpenChangeAndItsLock(t *testing.T) {
	a, c, s := sharing(t)
	b := a.bastion("b", c, s, nil)
	id := a.startWork(actions.KindUpgrade, canaryDraft())
	a.until(id, verifiedOnce)
	a.copied()
	if book := b.look(); len(book.Open()) != 1 || book.Open()[0].Guard.Alive.OK {
		t.Fatalf("at first sight: %+v", book.Open())
	}
	a.pass(12 * time.Second)
	book := b.look()
	ch := book.Change(id)
	if ch == nil || ch.Copy == nil || !ch.Copy.Elsewhere || ch.Guard.Mine || ch.Guard.Alive != fleet.Some(true) || ch.Guard.Host != "bastion-a" {
		t.Fatalf("it is shown as %+v", ch)
	}
	if l := book.LockOn(ch.Plan.Lock()); l == nil || l.Mine || l.Change != id || l.Holder.Name != "mara" || !l.Expires.After(book.At) {
		t.Errorf("its lock: %+v", l)
	}
	if err := b.acting(s, func() error { return b.r.Resume(id) }); fleet.KindOf(err) != fleet.KindConflict ||
		!strings.Contains(err.Error(), "on bastion-a, for change "+string(id)) {
		t.Errorf("taking over what is carried: %v", err)
	}
	if mine := a.look(); len(mine.Changes) != 1 || mine.Changes[0].Copy == nil || mine.Changes[0].Copy.Elsewhere || len(mine.Locks) != 1 || !mine.Locks[0].Mine {
		t.Errorf("its own machine shows %+v, locks %+v", mine.Changes, mine.Locks)
	}
	a.until(id, in(actions.StateCommitted))
	if h := holderOf(s); h.Token != "" {
		t.Errorf("still locked: %+v", h)
	}
	if cp := copyOf(t, s, id); cp.Closed.IsZero() {
		t.Error("its copy is open")
	}
	if left := b.look(); len(left.Changes) != 0 {
		t.Errorf("still shown: %+v", left.Changes)
	}
	var reasons []string
	for _, n := range s.Notes() {
		reasons = append(reasons, n.Reason)
		if n.Object != object || n.Change != id || !strings.Contains(n.Text.String(), string(id)) {
			t.Errorf("note %+v", n)
		}
	}
	if !slices.Equal(reasons, []string{"ChangeStarted", "ChangeDone"}) {
		t.Errorf("told %q", reasons)
	}
	a.sound()
}

// TestAnUpgradeKilledAtAnyPointGoesOnElsewhere kills a process between any two of its steps, at each with a copy that is as
// new as the journal and with ones that are behind. Another machine goes on, or back, from the copy alone.
func TestAnUpgradeKilledAtAnyPointGoesOnElsewhere(t *testing.T) {
	for _, kind := range []actions.Kind{actions.KindUpgrade, actions.KindDrain} {
		draft := canaryDraft
		if kind == actions.KindDrain {
			draft = drainDraft
		}
		count := &killer{}
		base := newRig(t)
		world, s := newCluster(base.clock), sharedtest.New()
		a := base.bastion("a", world, s, count.probe)
		a.tellErrand(a.workPlan(kind, draft()), count.dead)
		if count.n < 20 {
			t.Fatalf("%s: only %d points", kind, count.n)
		}
		for at := 1; at <= count.n; at++ {
			copied := 1 << 30
			for _, behind := range []int{0, 1, 3, 6} {
				undo := (at+behind)%2 == 0
				limit := copied - behind
				if behind > 0 && limit < 1 {
					continue
				}
				name := fmt.Sprintf("%s, point %d, %d behind, undo %v", kind, at, behind, undo)
				t.Run(name, func(t *testing.T) {
					puts := killedElsewhere(t, kind, draft(), at, limit, undo)
					if behind == 0 {
						copied = puts
					}
				})
			}
		}
	}
}

// killedElsewhere lets a process die whose cluster takes so many copies, and another machine go on. It tells how many there
// were.
func killedElsewhere(t *testing.T, kind actions.Kind, draft fleet.Draft, at, limit int, undo bool) int {
	g := newRig(t)
	c, s := newCluster(g.clock), sharedtest.New()
	s.SetFail(func(op string) error {
		if op == "put copy" {
			if limit--; limit < 0 {
				return &fleet.Error{Kind: fleet.KindServer, Op: "copy", Err: errors.New("quota")}
			}
		}
		return nil
	})
	k := &killer{at: at}
	var a *rig
	a = g.bastion("a", c, s, func(point string) {
		a.copied() // so that each point has its copy
		k.probe(point)
	})
	a.tellErrand(a.workPlan(kind, draft), k.dead)
	a.still()
	s.SetFail(nil)
	puts := s.Puts()
	b := g.bastion("b", c, s, nil)
	book := b.look()
	if len(book.Open()) == 0 { // it was over, or no copy was made: its own machine goes on
		a = g.bastion("a", c, s, nil)
		finishOn(t, a, s, c, kind, undo)
		return puts
	}
	id := book.Open()[0].ID
	finishOn(t, b, s, c, kind, undo)
	// The first machine comes back and learns how it ended.
	a = g.bastion("a", c, s, nil)
	back := a.look()
	if ch := back.Change(id); ch == nil || !ch.State.Closed() {
		t.Fatalf("back on its own machine it is %+v", ch)
	}
	if kept, problems := journal.Load(a.state); len(problems) > 0 || len(kept) != 1 || !kept[0].State.Closed() {
		t.Fatalf("its own journal holds %+v, %v", kept, problems)
	}
	return puts
}

// finishOn is afterWork on a machine that waits for the lock of the dead one.
func finishOn(t *testing.T, g *rig, s *sharedtest.Cluster, c *cluster, kind actions.Kind, undo bool) {
	t.Helper()
	book := g.look()
	if open := book.Open(); len(open) > 0 {
		act := g.r.Resume
		if undo {
			act = g.r.RollBack
		}
		if err := g.acting(s, func() error { return act(open[0].ID) }); err != nil {
			t.Fatalf("in %q, step %d: %v", open[0].State, open[0].Step, err)
		}
		end := g.until(open[0].ID, func(c actions.Change) bool { return c.State.Closed() || c.State == actions.StateUnknown })
		if end.State == actions.StateUnknown {
			t.Fatalf("it ends unknown: %s", end.Why)
		}
		if done := end.State == actions.StateCommitted; done == undo {
			t.Fatalf("undo %v: %s (%s)", undo, end.State, end.Why)
		}
		if h := holderOf(s); h.Token != "" {
			t.Fatalf("still locked: %+v", h)
		}
	}
	afterWork(t, g, c, kind, undo)
}

// Where a value may not leave its machine, colleagues see that there is a change, and who has it.
func TestAPrivateChangeIsSharedAsASummary(t *testing.T) {
	a, c, s := sharing(t)
	b := a.bastion("b", c, s, nil)
	secret := fleet.Draft{Stages: []fleet.Stage{{Text: fleet.Text("all"), Writes: []fleet.ObjectWrite{
		setting(field("/spec/env/0/value", "", `"hf_topsecret"`), field("/image", `"v1"`, `"v2"`))}, Until: fleet.Until{Done: true}}}}
	id := a.startWork(actions.KindUpgrade, secret)
	a.until(id, in(actions.StateSoaking))
	a.copied()
	ch := a.change(id)
	if ch.Copy == nil || !ch.Copy.Summary || !strings.Contains(ch.Copy.Problem.String(), "literal value of an environment variable") {
		t.Errorf("its own machine says %+v", ch.Copy)
	}
	cp := copyOf(t, s, id)
	for _, n := range s.Notes() {
		cp.Summary = append(cp.Summary, n.Text.String()...)
	}
	if cp.Journal != nil || bytes.Contains(cp.Summary, []byte("topsecret")) {
		t.Errorf("shared: %s, %d bytes of journal", cp.Summary, len(cp.Journal))
	}
	if err := a.r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	book := b.look()
	if seen := book.Change(id); seen == nil || !seen.Copy.Summary || seen.Plan.Intent.Kind != actions.KindUpgrade || seen.Plan.Lock() != ch.Plan.Lock() {
		t.Fatalf("%+v", seen)
	}
	if err := b.r.Resume(id); fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "only bastion-a can carry it on") {
		t.Errorf("resumed elsewhere: %v", err)
	}
	a = a.bastion("a", c, s, nil)
	if err := a.acting(s, func() error { return a.r.RollBack(id) }); err != nil {
		t.Fatal(err)
	}
	a.until(id, in(actions.StateRolledBack))
	if left := b.look(); len(left.Changes) != 0 {
		t.Errorf("still shown: %+v", left.Changes)
	}
}

func TestASummaryOfALostMachineIsClosed(t *testing.T) {
	a, c, s := sharing(t)
	id := a.startWork(actions.KindUpgrade, canaryDraft())
	a.until(id, verifiedOnce)
	a.copied()
	if err := a.r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Edit(id, func(c *fleet.ChangeCopy) { c.Journal = nil })
	b := a.bastion("b", c, s, nil)
	if open := b.look(); len(open.Open()) != 1 {
		t.Fatal(open)
	}
	if err := b.acting(s, func() error { return b.r.Abandon(id, "the machine is gone") }); err != nil {
		t.Fatal(err)
	}
	if left := b.look(); len(left.Changes) != 0 || holderOf(s).Token != "" {
		t.Errorf("left: %+v, %+v", left.Changes, holderOf(s))
	}
}

func TestALockServiceThatIsAwayNeedsAnOverride(t *testing.T) {
	a, c, s := sharing(t)
	s.SetDown(&fleet.Error{Kind: fleet.KindAuth, Op: "lock", Err: errors.New("it lacks get on leases")})
	p := a.workPlan(actions.KindUpgrade, canaryDraft())
	if _, err := a.r.Start(p, actions.Approval{}); fleet.KindOf(err) != fleet.KindBlocked || !strings.Contains(err.Error(), "lacks get on leases") ||
		!strings.Contains(err.Error(), "override IL-20") {
		t.Fatalf("without an override: %v", err)
	}
	if book := a.look(); len(book.Changes) != 0 || len(book.Locks) != 0 || book.SharedIn("east").Err.IsEmpty() {
		t.Fatalf("left behind: %+v", book)
	}
	id, err := a.r.Start(p, actions.Approval{Overrides: []string{"IL-20"}})
	if err != nil {
		t.Fatal(err)
	}
	a.until(id, verifiedOnce)
	a.copied()
	ch := a.change(id)
	if ch.Copy == nil || !strings.Contains(ch.Copy.Problem.String(), "lacks get on leases") {
		t.Errorf("the change says %+v", ch.Copy)
	}
	s.SetDown(nil)
	a.pass(15 * time.Second)
	if ch = a.change(id); !ch.Copy.Problem.IsEmpty() || holderOf(s).Change != id || copyOf(t, s, id).Journal == nil {
		t.Errorf("afterwards %+v, lock %+v", ch.Copy, holderOf(s))
	}
	a.until(id, in(actions.StateCommitted))
	if image, _ := c.now("/image"); image != `"v2"` {
		t.Error(image)
	}
}

// A lock that cannot be renewed stops what goes forward, and nothing that goes back.
func TestALockInDoubtHoldsTheNextStage(t *testing.T) {
	a, c, s := sharing(t)
	id := a.startWork(actions.KindUpgrade, canaryDraft())
	a.until(id, verifiedOnce)
	a.copied()
	s.SetDown(&fleet.Error{Kind: fleet.KindServer, Op: "lock", Err: errors.New("etcd has no leader")})
	held := a.until(id, in(actions.StateHeld))
	if !strings.Contains(held.Why.String(), "not renewed for") || !strings.Contains(held.Why.String(), "etcd has no leader") {
		t.Error(held.Why)
	}
	a.pass(time.Hour)
	if paused, _ := c.now("/paused"); paused != "true" {
		t.Error("it went on")
	}
	if err := a.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	a.until(id, in(actions.StateRolledBack))
	if image, _ := c.now("/image"); image != `"v1"` {
		t.Error(image)
	}
}

func TestALockThatSomebodyTookStopsTheChange(t *testing.T) {
	a, c, s := sharing(t)
	id := a.startWork(actions.KindUpgrade, canaryDraft())
	a.until(id, verifiedOnce)
	a.copied()
	s.EditLock(sharedLock, func(l *fleet.SharedLock) {
		l.Holder = fleet.LockHolder{Token: "x", Name: "noah", Host: "bastion-b", PID: 9, Change: "c1-bb"}
	})
	end := a.until(id, in(actions.StateUnknown))
	if _, writes := c.now(""); slices.Contains(writes, "/paused=") || !strings.Contains(end.Why.String(), "held by noah (unverified), process 9 on bastion-b") {
		t.Errorf("%s; %q", end.Why, writes)
	}
	if holderOf(s).Token != "x" {
		t.Error("it gave back another's lock")
	}
}

// What a process that was cut off writes late does not hide what the one does that took its change over.
func TestALateCopyDoesNotWin(t *testing.T) {
	a, c, s := sharing(t)
	id := a.startWork(actions.KindUpgrade, canaryDraft())
	a.until(id, verifiedOnce)
	a.copied()
	theirs := "noah@bastion-b/9"
	s.Edit(id, func(c *fleet.ChangeCopy) { c.Origin = theirs })
	if err := a.r.Hold(id); err != nil {
		t.Fatal(err)
	}
	a.pass(2 * copyAgain)
	a.copied()
	if cp := copyOf(t, s, id); cp.Origin != theirs {
		t.Errorf("written over by %s", cp.Origin)
	}
	if ch := a.change(id); !strings.Contains(ch.Copy.Problem.String(), "another process wrote the copy") {
		t.Errorf("%+v", ch.Copy)
	}
	_ = c
}

func TestAPlanThatWasAlteredIsNotTakenOver(t *testing.T) {
	a, c, s := sharing(t)
	id := a.startWork(actions.KindUpgrade, canaryDraft())
	a.until(id, verifiedOnce)
	a.copied()
	if err := a.r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := a.bastion("b", c, s, nil)
	b.o.Digest = func(actions.Plan) string { return "another" }
	var err error
	if b.r, err = New(b.o); err != nil {
		t.Fatal(err)
	}
	b.r.host = "bastion-b"
	book := b.look()
	if ch := book.Change(id); ch == nil || !strings.Contains(ch.Copy.Problem.String(), "the digest differs") {
		t.Fatalf("%+v", ch)
	}
	if err := b.acting(s, func() error { return b.r.Resume(id) }); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Error(err)
	}
	if _, err := journal.Parse(id, []byte("{}\n")); err == nil {
		t.Error("an empty journal is read")
	}
}

func TestCopiesOfClosedChangesGo(t *testing.T) {
	a, _, s := sharing(t)
	id := a.startWork(actions.KindUpgrade, canaryDraft())
	a.until(id, in(actions.StateCommitted))
	a.look()
	if copyOf(t, s, id).Closed.IsZero() {
		t.Fatal("not closed")
	}
	a.pass(time.Minute)
	if err := a.clock.Advance(t.Context(), fleet.CopyKept-time.Hour); err != nil {
		t.Fatal(err)
	}
	a.look()
	copyOf(t, s, id)
	if err := a.clock.Advance(t.Context(), 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	a.look()
	if _, err := s.Copy(t.Context(), id); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("still there: %v", err)
	}
}

// A lock that ran out is taken over by a new change only where a person said so, and that is in the audit.
func TestALockThatRanOutNeedsAnOverride(t *testing.T) {
	a, _, s := sharing(t)
	s.EditLock(sharedLock, func(l *fleet.SharedLock) {
		l.Holder, l.Life = fleet.LockHolder{Token: "x", Name: "noah", Verified: true, Host: "bastion-b", PID: 9}, fleet.SharedLockLife
	})
	p := a.workPlan(actions.KindUpgrade, canaryDraft())
	err := a.acting(s, func() error { _, err := a.r.Start(p, actions.Approval{}); return err })
	if fleet.KindOf(err) != fleet.KindBlocked || !strings.Contains(err.Error(), "noah, process 9 on bastion-b") {
		t.Fatal(err)
	}
	s.EditLock(sharedLock, func(l *fleet.SharedLock) {
		l.Holder = fleet.LockHolder{Token: "y", Name: "noah", Verified: true, Host: "bastion-b", PID: 9}
	})
	var id fleet.ChangeID
	err = a.acting(s, func() (err error) { id, err = a.r.Start(p, actions.Approval{Overrides: []string{"IL-20"}}); return err })
	if err != nil {
		t.Fatal(err)
	}
	a.until(id, in(actions.StateCommitted))
	if !strings.Contains(audited(t, a), "lock taken over") {
		t.Error("the audit does not say whose lock was taken")
	}
	a.sound()
}

func audited(t *testing.T, g *rig) string {
	t.Helper()
	list, err := audit.Records(g.state)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintln(&b, r.Kind, r.Result)
	}
	return b.String()
}
