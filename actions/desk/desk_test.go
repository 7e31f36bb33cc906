package desk

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/fleet"
)

// writer takes nothing; it only has to be there.
type writer struct{ fleet.RouteWriter }

type rig struct {
	*Desk
	made int // how often writers were constructed
}

func open(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{}
	o.Clock, o.Log, o.Context = fleet.NewVirtualClock(time.Unix(1_800_000_000, 0)), slog.New(slog.DiscardHandler), "prod-eu-1"
	o.Latest = func() *fleet.Snapshot { return &fleet.Snapshot{} }
	if o.State == "" {
		o.State = t.TempDir()
	}
	o.Writers = func() (map[fleet.GatewayID]fleet.RouteWriter, error) {
		r.made++
		return map[fleet.GatewayID]fleet.RouteWriter{"g": writer{}}, nil
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.Desk = d
	return r
}

func (r *rig) wants(t *testing.T, write bool, made int, why string) {
	t.Helper()
	a := r.Book().Access
	if a.Write != write || r.made != made || !strings.Contains(a.Why.String(), why) {
		t.Errorf("write %v after %d constructions (%s), want %v after %d (%s)", a.Write, r.made, a.Why, write, made, why)
	}
}

func TestWritersAreConstructedOnlyWhereWritingIsAllowed(t *testing.T) {
	open(t, Options{Env: fleet.EnvStage}).wants(t, true, 1, "")
	open(t, Options{Env: fleet.EnvProd}).wants(t, false, 0, "PROD opens read-only")
	open(t, Options{}).wants(t, false, 0, "PROD opens read-only")
	open(t, Options{Env: fleet.EnvProd, Write: true}).wants(t, true, 1, "")
	open(t, Options{Env: fleet.EnvStage, ReadOnly: true, Write: true}).wants(t, false, 0, "--read-only")
}

func TestArmingTakesTheTypedContextAndEndsByItself(t *testing.T) {
	r := open(t, Options{Env: fleet.EnvProd})
	if err := r.Arm(time.Hour, "prod"); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("another name: %v", err)
	}
	r.wants(t, false, 0, "PROD")
	if err := r.Arm(time.Hour, "prod-eu-1"); err != nil {
		t.Fatal(err)
	}
	r.wants(t, true, 1, "")
	if err := r.o.Clock.(*fleet.VirtualClock).Advance(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	r.wants(t, false, 1, "the armed time is over")
	if err := open(t, Options{ReadOnly: true}).Arm(time.Hour, "prod-eu-1"); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Errorf("--read-only was lifted: %v", err)
	}
}

func TestWithoutAStateDirectoryTheDeskWatchesAndRefusesEveryWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, Options{State: filepath.Join(file, "state"), Env: fleet.EnvStage, Write: true})
	r.wants(t, false, 0, "writing is disabled, watching goes on")
	_, started := r.Start(actions.Plan{}, actions.Approval{})
	for what, err := range map[string]error{
		"start": started, "hold": r.Hold("c1"), "release": r.Release("c1"), "next": r.NextNow("c1"), "roll back": r.RollBack("c1"),
		"resume": r.Resume("c1"), "abandon": r.Abandon("c1"), "arm": r.Arm(time.Hour, "prod-eu-1"), "incident": r.Incident("INC-1"),
	} {
		if fleet.KindOf(err) != fleet.KindReadOnly || !strings.Contains(err.Error(), "watching goes on") {
			t.Errorf("%s: %v", what, err)
		}
	}
	r.Lock()
	r.Detach()
	ctx := context.Background()
	if r.Stop(ctx) != nil || r.Wait(ctx) != nil {
		t.Error("there is nothing to wait for")
	}
	r.wants(t, false, 0, "watching goes on")
}

// A policy is written down before anything is judged by it; one that lowers nothing that there is opens no desk.
func TestThePolicyInForceIsAudited(t *testing.T) {
	state := t.TempDir()
	open(t, Options{State: state, Policy: []fleet.PolicyRule{{Interlock: "IL-22", LowerTo: "WARN", Reason: "we step by 20 since 2025"}}})
	records, err := audit.Records(state)
	if err != nil || len(records) != 1 || records[0].Kind != audit.KindPolicy || records[0].Context != "prod-eu-1" ||
		records[0].Result != "in force: IL-22 lowered to WARN: we step by 20 since 2025" {
		t.Errorf("%+v, %v", records, err)
	}
	none := t.TempDir()
	open(t, Options{State: none})
	if records, _ := audit.Records(none); len(records) != 0 {
		t.Errorf("without a policy: %+v", records)
	}
	_, err = New(Options{State: t.TempDir(), Clock: fleet.NewVirtualClock(time.Unix(1_800_000_000, 0)), Log: slog.New(slog.DiscardHandler),
		Latest: func() *fleet.Snapshot { return nil }, Policy: []fleet.PolicyRule{{Interlock: "IL-01", LowerTo: "WARN", Reason: "we know better"}}})
	if fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("a policy that lowers what is HARD: %v", err)
	}
}
