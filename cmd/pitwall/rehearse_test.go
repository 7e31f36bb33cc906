package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/fleet"
)

// untouched listens and counts who comes.
func untouched(t *testing.T) (address string, dialled *atomic.Int64) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dialled = &atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			dialled.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String(), dialled
}

func TestARehearsalTouchesNothingOfTheConfiguration(t *testing.T) {
	if raceDetector {
		t.Skip("it plays minutes of a fleet")
	}
	address, dialled := untouched(t)
	body, err := os.ReadFile(filepath.Join("testdata", "runbook.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	text := strings.ReplaceAll(string(body), "${NOBODY}", "http://"+address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "state")
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"runbook", "rehearse", "lose-own", "-o", "json", "--config", config, "--state-dir", state},
		console{out: &out, errs: &errs, environ: func(string) string { return "" }})
	var r actions.Rehearsal
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
	}
	if code != 0 || !r.OK || !r.Seen.OK || !r.ReadBack.OK {
		t.Fatalf("exit code %d: %s\n%s", code, errs.String(), out.String())
	}
	if n := dialled.Load(); n != 0 {
		t.Errorf("the endpoints of the configuration were dialled %d times", n)
	}
	ends := map[actions.FailoverStage]actions.RehearsedMove{}
	for _, m := range r.Moves {
		ends[m.Stage] = m
	}
	if m := ends[actions.StageLeave]; m.State != actions.StateCommitted || m.After["own"] != 0 || m.Before["own"] == 0 {
		t.Errorf("the load was not led away: %+v", r.Moves)
	}
	if m := ends[actions.StageWarm]; m.State != actions.StateCommitted || m.Object != "spare" {
		t.Errorf("the standby pool was not started: %+v", r.Moves)
	}
	if m := ends[actions.StageSettle]; m.State != actions.StateCommitted || m.After["spare"] == 0 {
		t.Errorf("there was no second stage: %+v", r.Moves)
	}
	if m := ends[actions.StageReturn]; m.State != actions.StateCommitted || m.After["own"] == 0 {
		t.Errorf("the load did not come back: %+v", r.Moves)
	}
	if len(r.Findings) == 0 || len(r.StandIns) < 3 {
		t.Errorf("%v %v", r.Findings, r.StandIns)
	}
	rehearsedRecord(t, state)
	for _, name := range []string{"journal", "locks"} { // no change of it may be taken for one of the fleet's
		if files, _ := filepath.Glob(filepath.Join(state, name, "*")); len(files) > 0 {
			t.Errorf("the fleet's own state directory has %v", files)
		}
	}
}

// rehearsedRecord wants one audit record of the rehearsal and nothing else.
func rehearsedRecord(t *testing.T, state string) {
	t.Helper()
	list, err := audit.Records(state)
	if err != nil || len(list) != 1 || list[0].Kind != audit.KindRehearsed || list[0].Context != "eu" || list[0].Result != "runbook lose-own: ok" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestTheConsoleWarnsOnceOfARunbookThatDoesNotFit(t *testing.T) {
	if raceDetector {
		t.Skip("it plays a fleet")
	}
	body, err := os.ReadFile(filepath.Join("testdata", "runbook.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	text := strings.ReplaceAll(string(body), "${NOBODY}", "http://127.0.0.1:1")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, _, err := declaredFleet(&flags{config: config}, console{environ: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	s, clock, err := openPlayed(context.Background(), &rehearseFlags{load: .2}, &fleet.Runbook{}, inv)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	ctx, stop := context.WithCancel(context.Background())
	wait := s.start(ctx)
	defer wait()
	defer stop()
	told := make(chan struct{})
	go func() {
		defer close(told)
		s.warnOfRunbooks(ctx)
	}()
	for over := false; !over; {
		select {
		case <-told:
			over = true
		default:
			if err := clock.Advance(ctx, time.Second); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := clock.Advance(ctx, time.Minute); err != nil {
		t.Fatal(err)
	}
	var warned []fleet.Event
	for _, e := range s.hub.Latest().Events {
		if strings.HasPrefix(e.Object.String(), "runbook ") {
			warned = append(warned, e)
		}
	}
	if len(warned) != 1 || warned[0].Level != fleet.LevelWarn || warned[0].Object.String() != "runbook wrong" ||
		!strings.Contains(warned[0].Text.String(), "there is no route gone; nobody is no other target") {
		t.Errorf("%+v", warned)
	}
}
