package lease

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

var (
	start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	mara  = actions.Actor{UID: 1001, Name: "mara", Verified: true}
)

// TestMain lets the test binary be a second operator: it takes the lock, says so, and holds it until its input ends.
func TestMain(m *testing.M) {
	if state := os.Getenv("LEASE_HOLD"); state != "" {
		l, err := Open(state, fleet.NewVirtualClock(start))
		if err == nil {
			_, err = l.Acquire("chat", actions.Actor{UID: 1002, Name: "noah", Verified: true}, "c7-aa")
		}
		fmt.Println("held", err)
		_, _ = io.ReadAll(os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func locks(t *testing.T, state string) (*Locks, *fleet.VirtualClock) {
	t.Helper()
	clock := fleet.NewVirtualClock(start)
	l, err := Open(state, clock)
	if err != nil {
		t.Fatal(err)
	}
	return l, clock
}

func take(t *testing.T, l *Locks, route fleet.RouteID) *Lease {
	t.Helper()
	s, err := l.Acquire(route, mara, "c1-aa")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOneHolderARoute(t *testing.T) {
	state := t.TempDir()
	a, _ := locks(t, state)
	b, _ := locks(t, state)
	s := take(t, a, "chat")
	if err := s.Verify(); err != nil {
		t.Fatal(err)
	}
	_, err := b.Acquire("chat", mara, "c2-bb")
	if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "mara") || !strings.Contains(err.Error(), "c1-aa") {
		t.Fatalf("second holder: %v", err)
	}
	take(t, b, "other")
	list := a.List()
	if len(list) != 2 || list[0].Route != "chat" || !list[0].Mine || list[1].Mine || list[0].Holder.Name != "mara" {
		t.Fatalf("%+v", list)
	}
	if err := s.Release(); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(); err == nil {
		t.Fatal("a released lock verifies")
	}
	if s := take(t, b, "chat"); !s.TakenFrom.IsEmpty() {
		t.Fatalf("a released lock was taken from %s", s.TakenFrom)
	}
}

func TestTwoOperators(t *testing.T) {
	state := t.TempDir()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "LEASE_HOLD="+state)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held <nil>\n" {
		t.Fatalf("the other operator says %q, %v", line, err)
	}
	l, clock := locks(t, state)
	_, err = l.Acquire("chat", mara, "c8-bb")
	if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), fmt.Sprintf("noah, process %d", other.Process.Pid)) {
		t.Fatalf("%v", err)
	}
	guard := actions.Guardian{PID: other.Process.Pid, Host: l.host}
	if alive := l.Alive("chat", guard); !alive.OK || !alive.V {
		t.Fatalf("the living guard reads as %+v", alive)
	}
	if err := clock.Advance(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if list := l.List(); len(list) != 1 || list[0].PID != other.Process.Pid {
		t.Fatalf("a lock that was not renewed but is held by the kernel: %+v", list)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	if list := l.List(); len(list) != 0 {
		t.Fatalf("a dead holder is listed: %+v", list)
	}
	if alive := l.Alive("chat", guard); !alive.OK || alive.V {
		t.Fatalf("the dead guard reads as %+v", alive)
	}
	s := take(t, l, "chat")
	if !strings.HasPrefix(s.TakenFrom.String(), "noah (process ") {
		t.Fatalf("taken from %q", s.TakenFrom)
	}
}

func TestALostLockIsNoticed(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"removed":  os.Remove,
		"replaced": func(p string) error { return os.Rename(p+".new", p) },
		"emptied":  func(p string) error { return os.Truncate(p, 0) },
		"garbage":  func(p string) error { return os.WriteFile(p, []byte("{"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			l, _ := locks(t, state)
			s := take(t, l, "chat")
			path := filepath.Join(state, "locks", fileName("chat"))
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path+".new", content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := lose(path); err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(); fleet.KindOf(err) != fleet.KindConflict {
				t.Fatalf("%v", err)
			}
			if err := s.Renew(); err == nil {
				t.Fatal("a lost lock was renewed")
			}
		})
	}
}

func TestRenewMovesTheExpiry(t *testing.T) {
	l, clock := locks(t, t.TempDir())
	s := take(t, l, "chat")
	if err := clock.Advance(context.Background(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.Renew(); err != nil {
		t.Fatal(err)
	}
	if got := l.List()[0].Expires; !got.Equal(start.Add(time.Minute + Life)) {
		t.Errorf("expires %v", got)
	}
	if err := s.Bind("c9-ff"); err != nil || l.List()[0].Change != "c9-ff" {
		t.Errorf("bound: %v %+v", err, l.List())
	}
}

func TestHostileRouteNamesStayInside(t *testing.T) {
	state := t.TempDir()
	l, _ := locks(t, state)
	for _, route := range []fleet.RouteID{"../../etc/passwd", "a/b", "", "\x1b[2J\x00", fleet.RouteID(strings.Repeat("x", 900))} {
		take(t, l, route)
	}
	if list := l.List(); len(list) != 5 {
		t.Fatalf("%d locks", len(list))
	}
	if _, err := l.Acquire(fleet.RouteID(strings.Repeat("y", 5000)), mara, ""); err == nil {
		t.Fatal("a name of 5000 bytes fits")
	}
}

func TestALinkIsRefused(t *testing.T) {
	state := t.TempDir()
	l, _ := locks(t, state)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, filepath.Join(state, "locks", fileName("chat"))); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Acquire("chat", mara, ""); err == nil {
		t.Fatal("a link was locked")
	}
	if b, _ := os.ReadFile(victim); string(b) != "keep" {
		t.Fatal("the victim was written")
	}
}

func TestScope(t *testing.T) {
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	l, _ := locks(t, private)
	if scope, _ := l.Scope(); scope.String() != "this user only" {
		t.Errorf("private: %q", scope)
	}
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o770); err != nil {
		t.Fatal(err)
	}
	l, _ = locks(t, shared)
	take(t, l, "chat")
	if scope, _ := l.Scope(); !scope.IsEmpty() {
		t.Errorf("shared: %q", scope)
	}
	if info, _ := os.Stat(filepath.Join(shared, "locks", fileName("chat"))); info.Mode().Perm() != 0o660 {
		t.Errorf("shared lock file: %v", info.Mode())
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(open, fleet.SystemClock{}); err == nil {
		t.Error("a directory that everybody may write was taken")
	}
}
