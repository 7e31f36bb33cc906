//go:build real

package real_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/internal/config"
)

// served is the embedded fleet as a server, with an operator of its own; several processes of his find the same world.
type served struct {
	program
	gateways []string
	key      string
}

func serve(t *testing.T) served {
	t.Helper()
	embedded, err := sim.Listen(context.Background(), sim.Options{Clock: fleet.SystemClock{}, Mode: fleet.ModeLive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = embedded.Close() })
	body, err := config.Write(embedded.Inventory())
	if err != nil {
		t.Fatal(err)
	}
	key, err := embedded.Secret(context.Background(), fleet.SecretRef{Env: sim.KeyName})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	write(t, path, body, 0o600)
	s := served{key: key.Reveal(), program: program{
		flags:   []string{"--config", path, "--state-dir", filepath.Join(dir, "state")},
		environ: []string{sim.KeyName + "=" + key.Reveal()}}}
	for _, name := range []string{"gw-1", "gw-2", "gw-3"} {
		s.gateways = append(s.gateways, embedded.URL(name))
	}
	return s
}

// inMidShift starts a shift of two steps and comes back when its first step holds everywhere.
func (s *served) inMidShift(t *testing.T) (*running, actions.Change) {
	t.Helper()
	p := s.start(t, slices.Concat([]string{"shift", "chat", "b200-a=40", "h100-b=50"}, pace, known)...)
	c := s.awaitChange(t, 3*time.Minute, "", "the first step is verified", func(c actions.Change) bool {
		if p.ended() {
			t.Fatalf("the shift ended early:\n%s", p.output())
		}
		return len(c.Steps) > 0 && !c.Steps[0].Verified.IsZero()
	})
	if len(c.Plan.Steps) != 2 || c.Step != 1 {
		t.Fatalf("at step %d of %d", c.Step, len(c.Plan.Steps))
	}
	return p, c
}

// holds asks the gateways themselves.
func (s *served) holds(t *testing.T, want fleet.Weights) {
	t.Helper()
	for _, url := range s.gateways {
		if got, err := weightsOf(url, s.key); err != nil || !got.Equal(want) {
			t.Errorf("%s holds %v, want %v; %v", url, got, want, err)
		}
	}
}

func TestSIGTERMLeavesAChangeThatCanBeResumed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p, c := s.inMidShift(t)
	p.signal(t, syscall.SIGTERM)
	if code := p.exit(t, 35*time.Second); code != 5 {
		t.Errorf("exit %d, want 5: still open", code)
	}
	left := s.change(t, c.ID)
	if left.State.Closed() || left.Step != 1 || left.Guard.Alive.Or(false) ||
		!strings.Contains(left.Why.String(), "resume") {
		t.Fatalf("left %s at step %d, guard %+v: %s", left.State, left.Step, left.Guard, left.Why)
	}
	s.holds(t, left.Plan.Steps[0].After)

	s.must(t, 0, "journal", "resume", string(c.ID))
	if done := s.change(t, c.ID); done.State != actions.StateCommitted || done.Step != 2 {
		t.Errorf("resumed, it is %s at step %d: %s", done.State, done.Step, done.Why)
	}
	s.holds(t, c.Plan.After)
	s.must(t, 0, "audit", "verify")
}

func TestSIGHUPGuardsTheStepInForceAndStartsNoOther(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p, c := s.inMidShift(t)
	p.signal(t, syscall.SIGHUP)
	c = s.awaitChange(t, 10*time.Second, c.ID, "the guard is detached",
		func(c actions.Change) bool { return c.Guard.Detached })
	if p.ended() || c.Guard.PID != p.cmd.Process.Pid {
		t.Fatalf("the guard is process %d, ended %v", c.Guard.PID, p.ended())
	}
	// Nobody would stop a further step now: it is five seconds and fifty requests away.
	if code := p.exit(t, 3*time.Minute); code != 5 && code != 0 {
		t.Errorf("exit %d", code)
	}
	left := s.change(t, c.ID)
	if left.State.Closed() || left.Step != 1 || !strings.Contains(left.Why.String(), "terminal was gone") {
		t.Fatalf("left %s at step %d: %s", left.State, left.Step, left.Why)
	}
	if soaked := left.Updated.Sub(left.Steps[0].Verified); soaked < left.Plan.Soak {
		t.Errorf("guarded for %s, the soak is %s", soaked, left.Plan.Soak)
	}
	s.holds(t, left.Plan.Steps[0].After)

	s.must(t, 4, "journal", "rollback", string(c.ID))
	s.holds(t, c.Plan.Before)
	s.must(t, 0, "audit", "verify")
}
