package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
)

// TestUndoTakesBackWhatAShiftDid runs both commands on one embedded fleet: a new process would start a fresh one.
func TestUndoTakesBackWhatAShiftDid(t *testing.T) {
	if raceDetector {
		t.Skip("the embedded fleet's minutes are too slow under the race detector")
	}
	var out bytes.Buffer
	c := console{out: &out, errs: &out, environ: func(string) string { return "" }}
	f := &flags{stateDir: t.TempDir()}
	x := &changeFlags{yes: true, output: formatJSON, every: 20e9, soak: 60e9, demo: true,
		sim: demoOptions{seed: 1, speed: 120, env: "dev"}}
	err := onFleet(context.Background(), f, c, x, func(ctx context.Context, s *session, d *desk.Desk, how *ending) error {
		shift := change(ctx, t, s, d, c, x, how, actions.Intent{Kind: actions.KindShift, Route: "chat",
			Weights: fleet.Weights{"b200-a": 50, "h100-b": 40}})
		s.watch(ctx, hopeless)
		in, err := d.UndoIntent(shift)
		if err != nil {
			return err
		}
		undo := change(ctx, t, s, d, c, x, how, in)
		book := d.Book()
		if first := book.Change(shift); first.Undone != undo {
			t.Errorf("the shift was undone by %q, want %q", first.Undone, undo)
		}
		want := fleet.Weights{"b200-a": 60, "h100-b": 30, "openai": 10}
		if got := s.hub.Latest().Route("chat").Weights; !got.Equal(want) {
			t.Errorf("the gateway holds %v, want %v", got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
}

func change(ctx context.Context, t *testing.T, s *session, d *desk.Desk, c console, x *changeFlags, how *ending,
	in actions.Intent) fleet.ChangeID {
	t.Helper()
	out := c.out.(*bytes.Buffer)
	out.Reset()
	if err := s.change(ctx, d, in, c, x, how); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	var done outcome
	if err := json.Unmarshal(out.Bytes(), &done); err != nil {
		t.Fatalf("not one JSON document: %v", err)
	}
	if done.Change == nil || done.Change.State != actions.StateCommitted {
		t.Fatalf("not committed: %+v", done.Change)
	}
	return done.Change.ID
}
