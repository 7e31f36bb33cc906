package main

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"pitwall/fleet"
)

// TestWhatCannotBeIsRefusedBeforeTheRatesStand: the warm-up is a day, and nothing else would end it.
func TestWhatCannotBeIsRefusedBeforeTheRatesStand(t *testing.T) {
	var out bytes.Buffer
	c := console{out: &out, errs: &out, environ: func(string) string { return "" }}
	s, err := openDemo(t.Context(), &flags{stateDir: t.TempDir()}, c, demoOptions{seed: 1, env: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	ctx, stop := context.WithCancel(t.Context())
	wait := s.start(ctx)
	defer wait()
	defer stop()
	s.warm = 24 * time.Hour
	s.settle(ctx, time.Minute)
	asked := 0
	want := &fleet.Error{Kind: fleet.KindNotFound, Op: "find the object"}
	err = s.watchUnless(ctx, func(*fleet.Snapshot) bool { return false }, func() error { asked++; return want })
	if !errors.Is(err, want) || asked != 1 {
		t.Errorf("asked %d times, got %v", asked, err)
	}
	asked = 0
	begin := s.clock.Now()
	err = s.watchUnless(ctx, func(*fleet.Snapshot) bool { return s.clock.Now().Sub(begin) > 2*time.Second }, func() error {
		asked++
		return &fleet.Error{Kind: fleet.KindStale, Op: "plan"} // a later reading may mend it
	})
	if err != nil || asked != 1 {
		t.Errorf("asked %d times, got %v", asked, err)
	}
}

// TestOnlyAFleetThatWasAllReadIsKnown: a name may stand in what was not read.
func TestOnlyAFleetThatWasAllReadIsKnown(t *testing.T) {
	read := fleet.SourceStatus{ID: "read", Reads: 1}
	cluster := fleet.Cluster{At: time.Unix(1, 0), State: fleet.StateOK, Kinds: []fleet.KindWatch{{Synced: true}}}
	for name, test := range map[string]struct {
		other fleet.SourceStatus
		spoil func(*fleet.Cluster)
		want  bool
	}{
		"all read":        {other: fleet.SourceStatus{Reads: 2}, want: true},
		"one unread":      {other: fleet.SourceStatus{}},
		"one fails":       {other: fleet.SourceStatus{Reads: 3, Failing: 1, ErrKind: fleet.KindTimeout}},
		"a bill unread":   {other: fleet.SourceStatus{Subject: fleet.Subject{Provider: "p", About: fleet.AboutBill}}, want: true},
		"no account":      {other: fleet.SourceStatus{Failing: 2, ErrKind: fleet.KindTimeout, Subject: fleet.Subject{Account: "a"}}, want: true},
		"one not opened":  {other: fleet.SourceStatus{ErrKind: fleet.KindInvalid}},
		"list unfinished": {other: fleet.SourceStatus{Reads: 1}, spoil: func(c *fleet.Cluster) { c.Kinds = []fleet.KindWatch{{}} }},
	} {
		k := cluster
		if test.spoil != nil {
			test.spoil(&k)
		}
		snap := &fleet.Snapshot{Sources: []fleet.SourceStatus{read, test.other}, Clusters: []*fleet.Cluster{&k}}
		if got := known(snap); got != test.want {
			t.Errorf("%s: known is %v", name, got)
		}
	}
}
