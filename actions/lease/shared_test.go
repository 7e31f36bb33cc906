package lease

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/shared/sharedtest"
	"pitwall/fleet"
)

const lockName = "Deployment llm/llama"

func wanted(c *sharedtest.Cluster, clock *fleet.VirtualClock, name string) Wanted {
	return Wanted{Store: c, Clock: strict{clock}, Name: lockName, Actor: actions.Actor{Name: name, Verified: true}, Host: "bastion-" + name, PID: 7,
		Change: "c7-aa"}
}

// claim takes a lock while time goes by.
func claim(t *testing.T, clock *fleet.VirtualClock, w Wanted) (*Shared, error) {
	t.Helper()
	type result struct {
		s   *Shared
		err error
	}
	done := make(chan result, 1)
	task := strict{clock}.Task()
	go func() {
		defer task.Done()
		s, err := w.Claim(context.Background(), task)
		done <- result{s, err}
	}()
	for range 600 {
		if err := clock.Advance(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		select {
		case r := <-done:
			if r.s != nil {
				t.Cleanup(r.s.Drop)
			}
			return r.s, r.err
		default:
		}
		if err := clock.Advance(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("ten minutes later the lock is neither taken nor refused")
	return nil, nil
}

func holder(c *sharedtest.Cluster) fleet.LockHolder {
	l, _ := c.Lock(context.Background(), lockName)
	return l.Holder
}

func TestASharedLockIsRenewedAndGivenBack(t *testing.T) {
	clock, c := fleet.NewVirtualClock(start), sharedtest.New()
	s, err := claim(t, clock, wanted(c, clock, "mara"))
	if err != nil || !s.TakenFrom.IsEmpty() {
		t.Fatal(err, s)
	}
	if h := holder(c); h.Name != "mara" || h.Host != "bastion-mara" || h.PID != 7 || h.Change != "c7-aa" || h.Token == "" {
		t.Errorf("it names %+v", h)
	}
	first, _ := c.Lock(t.Context(), lockName)
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	again, _ := c.Lock(t.Context(), lockName)
	if again.Version == first.Version || again.Renewed.Sub(first.Renewed) < 50*time.Second || s.Doubt() != nil || s.Verify() != nil {
		t.Errorf("a minute later %+v, doubt %v", again, s.Doubt())
	}
	task := strict{clock}.Task()
	defer task.Done()
	if err := s.Release(t.Context(), task); err != nil || holder(c).Token != "" {
		t.Errorf("%v, still %+v", err, holder(c))
	}
}

func TestALockThatIsRenewedIsNotTaken(t *testing.T) {
	clock, c := fleet.NewVirtualClock(start), sharedtest.New()
	if _, err := claim(t, clock, wanted(c, clock, "mara")); err != nil {
		t.Fatal(err)
	}
	_, err := claim(t, clock, wanted(c, clock, "noah"))
	if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "held by mara, process 7 on bastion-mara, for change c7-aa") {
		t.Errorf("noah gets %v", err)
	}
	if took := clock.Now().Sub(start); took > fleet.SharedLockRenew+fleet.SharedLockRetry {
		t.Errorf("it took %s to see a renewal", took)
	}
}

// A lock is taken over once its holder did not renew it for its life by the clock of who watches, whatever times it holds.
func TestALockThatRanOutIsTakenOver(t *testing.T) {
	clock, c := fleet.NewVirtualClock(start), sharedtest.New()
	dead, err := claim(t, clock, wanted(c, clock, "mara"))
	if err != nil {
		t.Fatal(err)
	}
	dead.Drop()
	c.EditLock(lockName, func(l *fleet.SharedLock) { l.Renewed = start.Add(24 * time.Hour) }) // its clock is wrong
	s, err := claim(t, clock, wanted(c, clock, "noah"))
	if err != nil {
		t.Fatal(err)
	}
	if took := clock.Now().Sub(start); took < fleet.SharedLockLife || took > fleet.SharedLockLife+2*fleet.SharedLockRetry {
		t.Errorf("taken over after %s", took)
	}
	if !strings.Contains(s.TakenFrom.String(), "mara, process 7 on bastion-mara, who did not renew it for 15s") {
		t.Errorf("taken from %q", s.TakenFrom)
	}
	// Who has watched it already need not wait again.
	s.Drop()
	w := wanted(c, clock, "olga")
	before := clock.Now()
	w.Since = func(fleet.SharedLock) (time.Time, bool) { return before.Add(-time.Minute), true }
	if _, err := claim(t, clock, w); err != nil || !clock.Now().Equal(before) {
		t.Errorf("%v after %s", err, clock.Now().Sub(before))
	}
}

// The holder whose lock was taken over learns it at his next renewal, and writes nothing over it.
func TestALockThatIsLost(t *testing.T) {
	clock, c := fleet.NewVirtualClock(start), sharedtest.New()
	s, err := claim(t, clock, wanted(c, clock, "mara"))
	if err != nil {
		t.Fatal(err)
	}
	c.EditLock(lockName, func(l *fleet.SharedLock) { l.Holder = fleet.LockHolder{Token: "x", Name: "noah", Host: "h2", PID: 9} })
	if err := clock.Advance(t.Context(), fleet.SharedLockRenew); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "process 9 on h2") || s.Doubt() == nil {
		t.Errorf("verify: %v", err)
	}
	task := strict{clock}.Task()
	defer task.Done()
	if err := s.Release(t.Context(), task); err != nil || holder(c).Token != "x" {
		t.Errorf("%v: it gave back what is another's: %+v", err, holder(c))
	}
}

// A hand on the labels of the lock, or an answer that was lost, moves its version and takes it from nobody.
func TestAVersionThatMovedIsNoLoss(t *testing.T) {
	clock, c := fleet.NewVirtualClock(start), sharedtest.New()
	s, err := claim(t, clock, wanted(c, clock, "mara"))
	if err != nil {
		t.Fatal(err)
	}
	c.EditLock(lockName, func(*fleet.SharedLock) {})
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if s.Verify() != nil || s.Doubt() != nil {
		t.Error(s.Verify(), s.Doubt())
	}
}

func TestALockServiceThatCannotBeAsked(t *testing.T) {
	clock, c := fleet.NewVirtualClock(start), sharedtest.New()
	away := &fleet.Error{Kind: fleet.KindUnreachable, Op: "lock", Err: errors.New("nothing listens")}
	c.SetDown(away)
	_, err := claim(t, clock, wanted(c, clock, "mara"))
	if fleet.KindOf(err) != fleet.KindUnreachable {
		t.Fatal(err)
	}
	s := wanted(c, clock, "mara").Pursue(err)
	t.Cleanup(s.Drop)
	if s.Verify() != nil || s.Doubt() == nil || !strings.Contains(s.Doubt().Error(), "nothing listens") {
		t.Errorf("verify %v, doubt %v", s.Verify(), s.Doubt())
	}
	c.SetDown(nil)
	if err := clock.Advance(t.Context(), fleet.SharedLockRetry); err != nil {
		t.Fatal(err)
	}
	if s.Doubt() != nil || holder(c).Name != "mara" {
		t.Errorf("still in doubt: %v", s.Doubt())
	}
	// Cut off for longer than its life, it is in doubt, and not lost.
	c.SetDown(away)
	if err := clock.Advance(t.Context(), fleet.SharedLockLife+fleet.SharedLockRenew); err != nil {
		t.Fatal(err)
	}
	if s.Verify() != nil || s.Doubt() == nil || !strings.Contains(s.Doubt().Error(), "was not renewed for") {
		t.Errorf("verify %v, doubt %v", s.Verify(), s.Doubt())
	}
}

// strict is a virtual clock on which asking takes no time, so that tests repeat exactly.
type strict struct{ *fleet.VirtualClock }

func (c strict) Task() fleet.Task { return strictTask{c.VirtualClock.Task()} }

type strictTask struct{ fleet.Task }

func (strictTask) Idle(ask func()) { ask() }
