package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/viewtest"
)

// tape is a past of an hour before the fleet's now, in which each moment has its own number of GPUs.
type tape struct {
	asked    []time.Duration // before now
	happened map[time.Duration]string
	err      error
}

func (x *tape) span() (from, to time.Time) {
	return viewtest.Now().Add(-time.Hour), viewtest.Now().Add(-2 * time.Second)
}

func (x *tape) Look(_ context.Context, at time.Time) (*fleet.Snapshot, time.Time, time.Time, error) {
	from, to := x.span()
	x.asked = append(x.asked, viewtest.Now().Sub(at))
	if x.err != nil {
		return nil, from, to, x.err
	}
	s := world()
	s.At = at.Truncate(time.Second)
	if s.At.Before(from) {
		s.At = from
	}
	s.Totals.GPUs = 1000 + int(viewtest.Now().Sub(s.At).Seconds())
	return s, from, to, nil
}

func (x *tape) Happened(_ context.Context, at time.Time, after bool) (when time.Time, what fleet.Safe, err error) {
	for ago, text := range x.happened {
		t := viewtest.Now().Add(-ago)
		if after && t.After(at) && (when.IsZero() || t.Before(when)) || !after && t.Before(at) && t.After(when) {
			when, what = t, fleet.Label(text)
		}
	}
	return when, what, x.err
}

func taped(t *testing.T) (*rig, *tape) {
	x := &tape{happened: map[time.Duration]string{10 * time.Minute: "openai fails", 30 * time.Minute: "b200-a lost a GPU"}}
	return newRig(t, world(), writable(), func(o *Options) { o.Past = x }), x
}

func (r *rig) wantAgo(d time.Duration) {
	r.Helper()
	if got := viewtest.Now().Sub(r.m.snap.At).Round(time.Second); got != d || r.m.past == nil {
		r.Errorf("the screen shows %v ago (in the past: %v), want %v", got, r.m.past != nil, d)
	}
}

func TestBackAndOnInTime(t *testing.T) {
	r, _ := taped(t)
	r.keys(">")
	r.wantNotice("this is now")
	r.keys("<")
	r.wantAgo(10 * time.Second)
	f := r.frame()
	for _, want := range []string{"PAST 10s ago", "|", "p now", viewtest.Now().Add(-10 * time.Second).Format("15:04:05Z")} {
		if !strings.Contains(f, want) {
			t.Errorf("no %q in\n%s", want, f)
		}
	}
	r.keys("<", "<", "{")
	r.wantAgo(5*time.Minute + 30*time.Second)
	r.keys("}", ">")
	r.wantAgo(20 * time.Second)
	latest := world()
	latest.At, latest.Gen = viewtest.Now().Add(5*time.Second), latest.Gen+1
	r.send(snapshotMsg{snap: latest})
	r.wantAgo(20 * time.Second)
	r.keys(">", ">")
	if r.m.past != nil || r.m.paused || r.m.snap != latest {
		t.Error("the end of the past is not now")
	}
	r.keys("<", "p")
	if r.m.past != nil || r.m.paused || r.m.snap != latest {
		t.Error("p does not go back to now")
	}
}

func TestNothingIsChangedInThePast(t *testing.T) {
	r, _ := taped(t)
	r.keys("2", "enter", "<")
	for _, key := range []string{"S", "F", "E", "Z", "X"} {
		r.keys(key)
		if r.m.scope() != ScopeScreens || r.m.past == nil {
			t.Fatalf("%s opens something", key)
		}
	}
	r.keys("S")
	r.wantNotice("this is the past")
	for _, line := range []string{"shift chat-default", "arm 30m", "scale x 3", "incident A", "lock"} {
		r.keys(":")
		r.typed(line)
		r.keys("enter")
		if !strings.Contains(r.frame(), "this is the past") {
			t.Errorf("%s: no refusal in\n%s", line, r.frame())
		}
		r.keys("esc")
	}
	r.keys("r")
	r.wantNotice("this is the past")
	if len(r.control.Calls()) != 0 {
		t.Errorf("the control was asked: %v", r.control.Calls())
	}
	r.keys("p", "S")
	if r.m.scope() != ScopePlan {
		t.Error("now plans again")
	}
}

func TestATimeOfDayAndADistance(t *testing.T) {
	r, x := taped(t)
	say := func(line string) {
		r.keys(":")
		r.typed(line)
		r.keys("enter")
	}
	say("at -15m")
	r.wantAgo(15 * time.Minute)
	say("at +5m")
	r.wantAgo(10 * time.Minute)
	say("at " + viewtest.Now().Add(-42*time.Minute).Format("15:04:05"))
	r.wantAgo(42 * time.Minute)
	say("at -3h")
	r.wantAgo(time.Hour)
	r.keys("<")
	r.wantNotice("begin of the recording")
	r.wantAgo(time.Hour)
	say("at noon")
	if !strings.Contains(r.frame(), "at takes a time") {
		t.Errorf("noon is taken:\n%s", r.frame())
	}
	r.keys("esc")
	say("at now")
	if r.m.past != nil {
		t.Error("now is in the past")
	}
	x.err = errors.New("it is damaged")
	r.keys("<")
	if r.m.past != nil || r.m.paused || !strings.Contains(r.frame(), "it is damaged") {
		t.Errorf("a past that cannot be read:\n%s", r.frame())
	}
}

func TestThePastIsPlayed(t *testing.T) {
	r, _ := taped(t)
	r.keys(":")
	r.typed("at -1m")
	r.keys("enter", ":")
	r.typed("speed 20")
	r.keys("enter")
	r.send(secondMsg{})
	r.send(secondMsg{})
	r.wantAgo(20 * time.Second)
	if !strings.Contains(r.frame(), "x20") {
		t.Errorf("its speed does not show:\n%s", r.frame())
	}
	r.send(secondMsg{})
	r.send(secondMsg{})
	r.wantAgo(2 * time.Second)
	r.wantNotice("end of the recording")
	if r.m.past.speed != 0 {
		t.Error("it plays on behind its end")
	}
}

func TestFromEventToEvent(t *testing.T) {
	r, _ := taped(t)
	r.keys("(")
	r.wantAgo(10 * time.Minute)
	r.wantNotice("openai fails")
	r.keys("(")
	r.wantAgo(30 * time.Minute)
	r.keys("(")
	r.wantNotice("nothing more is recorded")
	r.wantAgo(30 * time.Minute)
	r.keys(")")
	r.wantAgo(10 * time.Minute)
}

// A held key asks for the newest wish only, and an answer that comes after the way back is not shown.
func TestAHeldKey(t *testing.T) {
	r, x := taped(t)
	r.hold = true
	r.keys("<", "<", "<", "<", "<")
	if len(x.asked) != 0 {
		t.Fatal("the past was read in the loop")
	}
	r.release()
	r.wantAgo(50 * time.Second)
	if len(x.asked) != 2 {
		t.Errorf("asked %v times, want the first and the last wish", x.asked)
	}
	r.hold = true
	r.keys("<", "p")
	r.release()
	if r.m.past != nil || !r.m.snap.At.Equal(world().At) {
		t.Error("a late answer is shown")
	}
}

// Of a recording there is no now.
func TestARecordingIsLookedAt(t *testing.T) {
	x := &tape{}
	first := world()
	first.At, _ = x.span()
	r := newRig(t, first, writable(), func(o *Options) { o.Past, o.Still = x, true })
	r.wantAgo(time.Hour)
	if !strings.Contains(r.frame(), "RECORDING "+viewtest.Now().Format("2006-01-02")) {
		t.Errorf("it does not say so:\n%s", r.frame())
	}
	r.keys("p")
	r.send(secondMsg{})
	r.wantAgo(time.Hour - time.Second)
	r.keys("p")
	r.send(secondMsg{})
	r.wantAgo(time.Hour - time.Second)
	for range 14 {
		r.keys("}")
	}
	r.wantAgo(2 * time.Second)
	r.keys("2", "enter", "S")
	r.wantNotice("nothing of it can be changed")
}

// The journal of the past has what had begun, and no lock of now.
func TestThePastHasItsChanges(t *testing.T) {
	x := &tape{}
	book := viewtest.Book()
	old, young := book.Changes[0], book.Changes[0]
	old.Started, young.Started = viewtest.Now().Add(-30*time.Minute), viewtest.Now().Add(-time.Minute)
	book.Changes = []actions.Change{young, old}
	r := newRig(t, world(), book, func(o *Options) { o.Past = x })
	r.keys("{")
	if got := r.m.scene(r.m.now()).Book; len(got.Changes) != 1 || !got.Changes[0].Started.Equal(old.Started) || len(got.Locks) > 0 {
		t.Errorf("%d changes, %d locks", len(got.Changes), len(got.Locks))
	}
	r.keys("p")
	if got := r.m.scene(r.m.now()).Book; len(got.Changes) != 2 {
		t.Errorf("now there are %d changes", len(got.Changes))
	}
}
