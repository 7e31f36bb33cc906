package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
)

// TestASilenceOfAFaultIsSetAndUndone: a fault of the embedded fleet fires, is silenced, and shows again.
func TestASilenceOfAFaultIsSetAndUndone(t *testing.T) {
	if raceDetector {
		t.Skip("the embedded fleet's minutes are too slow under the race detector")
	}
	var out bytes.Buffer
	c := console{out: &out, errs: &out, environ: func(string) string { return "" }}
	f := &flags{stateDir: t.TempDir()}
	x := &changeFlags{yes: true, output: formatJSON, demo: true, alerts: true,
		sim: demoOptions{seed: 1, speed: 60, env: "dev", faults: []string{"F05"}}}
	err := onFleet(context.Background(), f, c, x, func(ctx context.Context, s *session, d *desk.Desk, how *ending) error {
		fired := func(want func(fleet.Alert) bool) func(*fleet.Snapshot) bool {
			return func(snap *fleet.Snapshot) bool {
				for _, a := range snap.Alerts {
					if a.Origin == "alertmanager" && want(a) {
						return true
					}
				}
				return false
			}
		}
		shown := fired(func(a fleet.Alert) bool { return a.Silenced.IsEmpty() })
		hidden := fired(func(a fleet.Alert) bool { return !a.Silenced.IsEmpty() })
		s.warm = 10 * time.Minute
		s.watch(ctx, shown)
		if !shown(s.hub.Latest()) {
			t.Fatal("the fault fires nothing")
		}
		x.reason = "the fault is known"
		x.overrides = []string{"SL-01"}
		x.confirm = "alertmanager"
		id := change(ctx, t, s, d, c, x, how, actions.Intent{Kind: actions.KindSilence, Silence: &actions.SilenceIntent{
			Matchers: []fleet.Matcher{{Name: "cluster", Value: "demo"}}, Comment: "the fault is known"}})
		s.watch(ctx, hidden)
		snap := s.hub.Latest()
		if !hidden(snap) || len(snap.Silences) != 1 || snap.Silences[0].Hides == 0 {
			t.Errorf("alerts %+v, silences %+v", snap.Alerts, snap.Silences)
		}
		in, err := d.UndoIntent(id)
		if err != nil {
			return err
		}
		undo := change(ctx, t, s, d, c, x, how, in)
		s.watch(ctx, shown)
		book := d.Book()
		if !shown(s.hub.Latest()) || book.Change(id).Undone != undo {
			t.Errorf("after the undo: %+v, undone by %q", s.hub.Latest().Alerts, book.Change(id).Undone)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
}
