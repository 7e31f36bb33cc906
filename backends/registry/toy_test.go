package registry

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pitwall/backends"
	"pitwall/fleet"
)

// toyReader is a whole adapter: what a newcomer writes for a new system.
type toyReader struct{ spec fleet.SourceSpec }

func (toyReader) Read(context.Context) (fleet.Partial, error) {
	return fleet.Partial{Engines: []fleet.EngineReading{{Model: "toy", Running: fleet.Some(fleet.Count(3))}}}, nil
}

func toy() fleet.Connector {
	return fleet.Connector{Kind: "toy", Title: "Toy", Reads: "a number", Interval: 7 * time.Second,
		NewReader: func(spec fleet.SourceSpec, _ fleet.Deps) (fleet.Reader, error) { return toyReader{spec}, nil }}
}

func TestASecondConnectorIsOneFolderAndOneLine(t *testing.T) {
	set := Set(append(Connectors(), toy())) // the line
	if got := set.Interval("toy"); got != 7*time.Second {
		t.Fatalf("default interval: got %s", got)
	}
	inv := fleet.Inventory{
		Pools: []fleet.PoolSpec{{ID: "p", Engine: "toy", Model: "toy", Replicas: []fleet.ReplicaSpec{{ID: "r"}}}},
		Sources: []fleet.SourceSpec{
			{ID: "r", Kind: "toy", Interval: 7 * time.Second, Subject: fleet.Subject{Pool: "p", Replica: "r"}},
			{ID: "x", Kind: "nonesuch", Interval: 7 * time.Second},
		},
	}
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
	readers, problems := set.Readers(inv.Sources, fleet.Deps{Clock: clock})
	if len(readers) != 1 || fleet.KindOf(problems["x"]) != fleet.KindInvalid {
		t.Fatalf("readers %v, problems %v", readers, problems)
	}
	hub := backends.New(backends.Options{Inventory: inv, Readers: readers, Problems: problems, Clock: clock, Rand: rand.New(rand.NewPCG(1, 1))})
	ctx, cancel := context.WithCancel(context.Background())
	hold := clock.Task()
	done := make(chan struct{})
	go func() { hub.Run(ctx); close(done) }()
	if _, err := hub.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	hold.Done()
	if err := clock.Advance(ctx, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	snap := hub.Latest()
	cancel()
	<-done
	if got := snap.Pool("p").Load.Running; got != fleet.Some(fleet.Count(3)) {
		t.Errorf("running: got %v", got)
	}
	if got := snap.Source("x").Err.String(); got == "" {
		t.Error("a source without connector says nothing")
	}
}

func TestEveryConnectorSaysWhatItIs(t *testing.T) {
	kinds := map[string]bool{}
	for _, c := range Connectors() {
		if c.Kind == "" || c.Title == "" || c.Reads == "" || (c.NewReader == nil || c.Interval <= 0) && c.NewOrchestrator == nil {
			t.Errorf("connector %q is incomplete: %+v", c.Kind, c)
		}
		if (c.Writes == "") != (c.NewWriter == nil && c.NewSilencer == nil && c.NewObjectWriter == nil && c.NewOrchestrator == nil) {
			t.Errorf("connector %q claims to write %q but has a writer: %v", c.Kind, c.Writes, c.NewWriter != nil)
		}
		if kinds[c.Kind] {
			t.Errorf("kind %q appears twice", c.Kind)
		}
		kinds[c.Kind] = true
	}
}

// Orchestrators of a cluster have no source of their own: a configuration that names one as a kind is told which kinds there are.
func TestAnOrchestratorIsNoSource(t *testing.T) {
	known := map[string]string{}
	for _, c := range Connectors() {
		if c.NewOrchestrator == nil {
			continue
		}
		for _, k := range c.NewOrchestrator(fleet.Deps{}).Kinds() {
			at := k.Group + "/" + k.Version + "/" + k.Kind
			if other, ok := known[at]; ok || k.Version == "" || k.Resource == "" || k.Kind == "" {
				t.Errorf("%s of %s is incomplete, or also of %q", at, c.Kind, other)
			}
			known[at] = c.Kind
			if k.InCluster() != (c.NewObjectWriter == nil) {
				t.Errorf("%s of %s: an API of its own %v, in a cluster %v", at, c.Kind, c.NewObjectWriter != nil, k.InCluster())
			}
		}
		if c.NewReader != nil {
			continue // it has an API, and so a source, of its own
		}
		_, err := Set(Connectors()).Open(fleet.SourceSpec{ID: "x", Kind: c.Kind}, fleet.Deps{})
		if fleet.KindOf(err) != fleet.KindInvalid || strings.Contains(strings.SplitN(err.Error(), "there are", 2)[1], c.Kind) {
			t.Errorf("%s: %v", c.Kind, err)
		}
	}
	if len(known) < 6 {
		t.Errorf("only %v", known)
	}
}
