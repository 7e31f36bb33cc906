package registry

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

func TestWhatCanBeAskedPrompts(t *testing.T) {
	sources := []fleet.SourceSpec{{ID: "a", Kind: "vllm", URL: "http://10.0.0.1:8000/metrics"}, {ID: "b", Kind: "dcgm", URL: "http://10.0.0.1:9400"},
		{ID: "c", Kind: "sglang", From: "store"}, {ID: "d", Kind: "tgi", URL: "https://x", TLS: fleet.TLSSpec{Insecure: true}}}
	open := Set(Connectors()).Askers(func() []fleet.SourceSpec { return sources }, fleet.Deps{Clock: fleet.SystemClock{}})
	if a, err := open("a"); err != nil || a == nil {
		t.Error(a, err)
	}
	for id, want := range map[fleet.SourceID]string{"b": `no prompt can be sent by the connector "dcgm"`, "c": "no address of its own",
		"d": "an answer would prove nothing", "e": "no source reads it"} {
		if _, err := open(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	asks := map[string]bool{}
	for _, c := range Connectors() {
		asks[c.Kind] = c.NewAsker != nil
	}
	for _, kind := range []string{"vllm", "sglang", "trtllm", "tgi", "llamacpp"} {
		if !asks[kind] {
			t.Errorf("%s answers no prompt", kind)
		}
	}
}

// A prompt reaches an engine of the embedded fleet through the pod proxy of its cluster, whole and as a stream.
func TestAPromptGoesThroughThePodProxy(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := f.WriteKubeconfig(path); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = f.Drive(ctx, clock, 60, time.Millisecond) // until ctx ends
	}()
	defer func() { stop(); <-ended }()
	set := Set(Connectors())
	sources := f.ClusterSources(path)
	deps := set.Equip(fleet.Deps{Clock: fleet.SystemClock{}, Log: slog.New(slog.DiscardHandler), Secret: f.Secret}, sources)
	via := "kubernetes/" + string(sources[0].Subject.Cluster) + "/serving/b200-a-r1:8000"
	open := set.Askers(func() []fleet.SourceSpec {
		return []fleet.SourceSpec{{ID: "x", Kind: "vllm", URL: "http://b200-a-r1:8000", Via: via}}
	}, deps)
	by, err := open("x")
	if err != nil {
		t.Fatal(err)
	}
	list := f.Inventory().Golden
	list[1].Stream = true
	for i := range list {
		if found := golden.Ask(t.Context(), by, "llama-70b", &list[i]); found.Verdict != golden.Pass {
			t.Errorf("%s", found.Text())
		}
	}
	if found := golden.Ask(t.Context(), by, "other", &list[0]); found.Verdict != golden.Unclear || !found.Refused {
		t.Errorf("another model: %+v", found)
	}
}
