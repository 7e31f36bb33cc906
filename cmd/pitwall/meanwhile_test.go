package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// lines hands each line that is written to it on.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestWhatIsWaitedForIsSaid(t *testing.T) {
	said := make(lines, 1)
	stop := meanwhile(said, 0, func() string { return "reading" })
	if got := <-said; got != "pitwall: reading\n" {
		t.Errorf("%q", got)
	}
	stop()
	var b bytes.Buffer
	meanwhile(&b, time.Hour, func() string { return "reading" })()
	if b.Len() != 0 {
		t.Errorf("what was quick says %q", b.String())
	}
	if x := (&changeFlags{output: "text"}); x.listens(&b) {
		t.Error("a pipe is told")
	}
}

func TestWhatIsWaitedForInWords(t *testing.T) {
	s := &fleet.Snapshot{Sources: []fleet.SourceStatus{{Reads: 2}, {ErrKind: fleet.KindTimeout}, {}}}
	for want, x := range map[string]*changeFlags{
		"reading 3 sources, 1 answered, 1 did not":                                                          {objects: true},
		"reading 3 sources, 1 answered, 1 did not; rates need more than one reading, which takes up to 12s": {objects: true, ends: true},
		"reading 3 sources, 1 answered, 1 did not; the embedded fleet runs ahead until rates stand":         {demo: true},
	} {
		if got := x.waitsFor(s, warmTime); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (&changeFlags{}).waitsFor(nil, 0); !strings.Contains(got, "opening") {
		t.Error(got)
	}
}

// Where no replica ends nothing has to be known of how long requests take: a scale up is planned on one reading.
func TestAScaleUpWaitsForNoRates(t *testing.T) {
	s := &fleet.Snapshot{Sources: []fleet.SourceStatus{{Reads: 1, Subject: fleet.Subject{Pool: "p"}, Interval: 5 * time.Second}},
		Clusters: []*fleet.Cluster{{ID: "east", State: fleet.StateOK, At: time.Now(), Kinds: []fleet.KindWatch{{Synced: true}},
			Workloads: []*fleet.Workload{{Kind: "Deployment", Namespace: "llm", Name: "llama", Desired: 4}}}}}
	for count, want := range map[int]bool{3: false, 4: true, 5: true} {
		x := &workFlags{count: count, changeFlags: changeFlags{objects: true, ends: true}}
		x.grows = func(s *fleet.Snapshot) bool { return x.scalesUp(s, "Deployment/llm/llama") }
		if got := x.enough(s); got != want {
			t.Errorf("to %d replicas of 4: enough %v", count, got)
		}
	}
}
